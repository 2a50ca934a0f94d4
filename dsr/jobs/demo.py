"""The demo: builds the sample company in a folder and tells the whole story with real commands."""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from dsr.bundled import sample_policy
from dsr.core.errors import DsrError, UsageError
from dsr.core.text import Text
from dsr.jobs.people import Asked, resolve
from dsr.jobs.sample.estate import MARKER, Built, Story, build
from dsr.jobs.session import Session

_REVIEWED = timedelta(days=180)
_OURS = (
    "demo",
    ".dsr",
    "package",
    "policy.en.html",
    "policy.zh.html",
    "policy.en.md",
    "policy.zh.md",
    "retention.yaml",
)


class Stage(Protocol):
    """Where the story is told."""

    def say(self, words: Text) -> None:
        """Tell what comes next."""

    def run(self, *arguments: str) -> int:
        """Print the command, run it as a user would, and give its exit code."""

    def session(self) -> Session:
        """A session on the demo's policy file."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the demo made, and what to open."""

    folder: str
    people: int
    open: tuple[str, ...]


def prepare(folder: Path, today: date, people: int = 3000) -> Built:
    """Make (or make again) the sample company; a folder with anything else in it is left alone."""
    marker = folder / MARKER
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise UsageError(f"{folder.name} holds something else than a demo. Name another folder with --folder.")
    folder.mkdir(parents=True, exist_ok=True)
    marker.touch()
    for name in _OURS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    shutil.copy(sample_policy(), folder / "retention.yaml")
    return build(folder / "demo", people=people, as_of=today)


def tell(stage: Stage, built: Built, folder: Path) -> Told:
    """The story, scene by scene. A command that ends otherwise than expected stops it."""
    story = built.story
    _scene(stage, _WORDS["map"], ("policy", "check"), ("discover",))
    _scene(stage, _WORDS["find"], ("find", "--email", story.customer))
    _scene(stage, _WORDS["export"], ("export", "--email", story.customer, *_KNOWN, "--unsealed", "package"))
    _scene(stage, _WORDS["plan"], ("delete", "--email", story.customer, *_KNOWN, "--plan-only"))
    _hold(stage, built)
    _erase(stage, story)
    _scene(stage, _WORDS["purge"], ("purge", "--plan-only"), ("purge",))
    _scene(
        stage,
        _WORDS["render"],
        ("policy", "render", "--lang", "en", "--format", "html", "--out", "policy.en.html"),
        ("policy", "render", "--lang", "zh", "--format", "html", "--out", "policy.zh.html"),
        ("report", "overview"),
    )
    opens = ("package/index.html", "policy.en.html", "policy.zh.html", "retention.yaml")
    return Told(str(folder), built.people, tuple(str(folder / name) for name in opens))


def _hold(stage: Stage, built: Built) -> None:
    story = built.story
    reason = ("--matter", "chargeback-118", "--reason", "The bank asks for evidence", "--authority", "Legal")
    review = ("--reviewer", "kim", "--review", str(built.as_of + _REVIEWED))
    stage.say(_WORDS["hold"])
    _expect(stage, 0, "hold", "place", *reason, *review, "--email", story.disputed)
    _expect(stage, 6, "delete", "--email", story.disputed, *_KNOWN, "--confirm", _token(stage, story.disputed))


def _erase(stage: Stage, story: Story) -> None:
    stage.say(_WORDS["erase"])
    token = _token(stage, story.customer)
    with stage.session() as session:
        (subject,) = resolve(session, (Asked((("email", story.customer),)),))
        number = len(session.state.plans()) + 1
    account = next(iter(sorted(subject.keys("user"))))
    _expect(stage, 0, "delete", "--email", story.customer, *_KNOWN, "--confirm", token)
    stage.say(_WORDS["verify"])
    _expect(stage, 0, "verify", f"P-{number}", "--email", story.customer, "--user-id", account)


def _token(stage: Stage, email: str) -> str:
    """The handle that a person at the terminal would read off the screen and type."""
    with stage.session() as session:
        (subject,) = resolve(session, (Asked((("email", email),)),))
    return subject.token


def _scene(stage: Stage, words: Text, *commands: tuple[str, ...]) -> None:
    stage.say(words)
    for command in commands:
        _expect(stage, 0, *command)


def _expect(stage: Stage, code: int, *arguments: str) -> None:
    found = stage.run(*arguments)
    if found != code:
        raise DsrError(f"dsr {arguments[0]} ended with {found}, not {code}: the demo stops here. Please report this.")


_KNOWN = ("--identity", "Known by phone")
"""Somebody of the company answers for who asks; the register keeps who that was."""
_WORDS = {
    "map": Text(
        "The policy file is checked, and compared with what the stores really hold.",
        "检查策略文件，并与各存储中的实际内容核对。",
    ),
    "find": Text(
        "A customer writes. Who is it, and where does anything about her lie?",
        "一位客户来信。她是谁？哪些地方有关于她的数据？",
    ),
    "export": Text("She asks for a copy. Everything goes into one folder.", "她要求一份副本。全部内容写入一个文件夹。"),
    "plan": Text(
        "She asks for deletion. First the plan: what goes, what must stay, by which law, until when.",
        "她要求删除。先看计划：删除什么、保留什么、依据哪条法律、保留到何时。",
    ),
    "hold": Text(
        "Another customer disputes a payment. A legal hold is placed, and a deletion then finds everything held.",
        "另一位客户对付款有争议。设置诉讼保留后，删除操作会发现全部数据均被保留。",
    ),
    "erase": Text(
        "The first customer's plan is applied. The handle is typed as confirmation; every step is checked afterwards.",
        "执行第一位客户的删除计划。输入代号以确认；每一步完成后都会核对。",
    ),
    "verify": Text(
        "A reviewer looks again, over new connections: nothing is left but what had to stay.",
        "审核人员通过新的连接再次查找：除必须保留的内容外，没有任何残留。",
    ),
    "purge": Text(
        "What cron does every night: everything whose period is over goes, under guards and holds.",
        "每晚的定时任务：保存期限届满的数据被删除，同时遵守保护限额与诉讼保留。",
    ),
    "render": Text(
        "The privacy policy is written from the same file, in both languages; then a reviewer's overview.",
        "隐私政策由同一文件生成，提供中英两种语言；最后是审核概览。",
    ),
}
