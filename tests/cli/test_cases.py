"""Scenarios of data protection law through the real commands: `tests/cases/*.yaml`, one story each.

A step is a command with its exit code; `says` and `silent` are what its words hold and do not. TOKEN stands for what
the app signs after the person signed in to the account again, CODE for what lies in the outbox, HANDLE for the person.
`policy` lists what is written otherwise in the policy file; `scenarios` are the situations of law that a case shows.
`reads` and `lacks` are what files hold and do not; `killed_without` kills the program once there are no such rows.
`dies` names a file and a folder: once a command has removed the file, the folder is no longer where it was.
"""

import hashlib
import json
import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from clikit import POLICY, Dsr, count
from test_verification import SECTION, token

from dsr.cli.main import main
from dsr.jobs import session as sessions

SCENARIOS = 40
CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.yaml"))


def test_every_scenario_has_its_case():
    shown = {
        number for path in CASES for number in yaml.safe_load(path.read_text(encoding="utf-8")).get("scenarios", ())
    }
    assert shown == set(range(1, SCENARIOS + 1))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, dsr: Dsr, shop: Path, monkeypatch: pytest.MonkeyPatch):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    now = [datetime(2026, 11, 24, 9, tzinfo=UTC)]
    monkeypatch.setattr(sessions.Session.__init__, "__defaults__", (lambda: now[-1],))
    policy = POLICY + SECTION
    for old, new in case.get("policy", ()):
        assert old in policy, old
        policy = policy.replace(old, new)
    (shop / "retention.yaml").write_text(policy, encoding="utf-8")
    for step in case["steps"]:
        if "at" in step:
            now.append(datetime.fromisoformat(step["at"]))
        if "as" in step:
            monkeypatch.setenv("DSR_ACTOR", step["as"])
        for old, new in step.get("rewrite", ()):
            assert old in policy, old
            policy = policy.replace(old, new)
            (shop / "retention.yaml").write_text(policy, encoding="utf-8")
        for name in step.get("write", ()):
            (shop / name).parent.mkdir(parents=True, exist_ok=True)
            (shop / name).write_text("a drawing", encoding="utf-8")
        if "move" in step:
            (shop / step["move"][0]).rename(shop / step["move"][1])
        if "killed_without" in step:
            _killed([_filled(word, dsr, shop, now[-1]) for word in step["run"]], shop, step["killed_without"])
        elif "run" in step:
            args = [_filled(word, dsr, shop, now[-1]) for word in step["run"]]
            with _dying(*(shop / name for name in step["dies"])) if "dies" in step else nullcontext():
                ran = dsr(*args)
            assert ran.code == step.get("exit", 0), (step, ran.out, ran.err)
            for part in step.get("says", ()):
                assert part in ran.out + ran.err, (step, ran.out, ran.err)
            for part in step.get("silent", ()):
                assert part not in ran.out + ran.err, step
        if "sql" in step:
            _executed(shop, step["sql"])
        if "overwrite" in step:
            (shop / step["overwrite"]).write_text("something else", encoding="utf-8")
        for key, wanted in (("reads", True), ("lacks", False)):
            for name, parts in step.get(key, {}).items():
                text = (shop / name).read_text(encoding="utf-8")
                assert [part in text for part in parts] == [wanted] * len(parts), (step, text)
        for name, there in step.get("files", {}).items():
            assert (shop / name).exists() is there, step
        for table, rows in step.get("rows", {}).items():
            assert count(shop, table) == rows, step


def _executed(shop: Path, script: str) -> None:
    base = sqlite3.connect(shop / "app.db")
    hashed = re.sub(r"SHA\((.+?)\)", lambda found: hashlib.sha256(found[1].encode()).hexdigest(), script)
    base.executescript(hashed)
    base.close()


def _killed(args: list[str], shop: Path, table: str) -> None:
    """Run the program in a process that dies once these rows are gone, as a machine does: nothing runs after that."""
    child = os.fork()
    if not child:

        @sa.event.listens_for(sa.Engine, "commit")
        def look(_connection: sa.Connection) -> None:
            if not count(shop, table):
                os.kill(os.getpid(), signal.SIGKILL)

        main(args)
        os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


@contextmanager
def _dying(file: Path, folder: Path) -> Iterator[None]:
    """Take the folder away at the first commit after which the file is gone, while the program goes on."""
    assert file.exists()

    def look(_connection: sa.Connection) -> None:
        if not file.exists() and folder.exists():
            folder.rename(folder.with_name("away"))

    sa.event.listen(sa.Engine, "commit", look)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "commit", look)
    assert not folder.exists()


def _filled(word: str, dsr: Dsr, shop: Path, now: datetime) -> str:
    if found := re.fullmatch(r"TOKEN (R-\d+) (\d+)", word):
        return token(found[1], found[2], until=now + timedelta(minutes=5))
    if word == "CODE":
        (message,) = (shop / "outbox").glob("*.eml")
        return re.search(r"\d{8}", message.read_text().partition("\n\n")[2])[0]
    if found := re.fullmatch(r"HANDLE (R-\d+)", word):
        return json.loads(dsr("request", "show", found[1], "--json").out)["request"]["subject"]
    return word
