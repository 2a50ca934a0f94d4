"""What reaches a screen: safe, in the chosen language, and in JSON mode one document."""

import ast
import io
import json
import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import pytest

from dsr.console.document import document
from dsr.console.policy import show_check
from dsr.console.screen import Column, Console
from dsr.console.streams import flush
from dsr.console.visible import lines, visible
from dsr.console.words import LANGUAGES, Words, table
from dsr.core.errors import NotConfirmedError
from dsr.core.plan import Disposition, Outcome, Why
from dsr.core.subject import Subject
from dsr.jobs.policy import Checked
from dsr.state.plans import PlanStatus

PROGRAM = Path(__file__).resolve().parents[2] / "dsr"
SPOKEN_BY_NAME = {
    "act",
    "become",
    "channel",
    "count",
    "declared",
    "delay",
    "disposition",
    "ending",
    "event",
    "mark",
    "mode",
    "notice",
    "outcome",
    "proof",
    "question",
    "request_status",
    "requester",
    "right",
    "role",
    "scope",
    "standing",
    "step",
    "status",
    "why",
    "work",
    "written",
}
HOSTILE = "\x1b[31mred\x9b2J\u202eevil\u200b\ud800\x07end"


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Found:
    name: str
    at: datetime
    kinds: frozenset[Colour]
    schema: str = "nothing"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_terminal(monkeypatch: pytest.MonkeyPatch, typed: str = "") -> Terminal:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    monkeypatch.setenv("TERM", "xterm-256color")
    return screen


def test_every_word_is_said_in_both_languages_with_the_same_values():
    for key, forms in table().items():
        assert set(forms) - {"one"} == set(LANGUAGES), key
        filled = [set(re.findall(r"\{(\w+)", form)) for language, form in forms.items() if language != "one"]
        assert filled[0] == filled[1], key
        assert all(form.strip() for form in forms.values()), key


def said() -> tuple[set[str], set[str]]:
    """The texts that stand in the code that speaks, and the beginnings of those that are put together there."""
    whole, begun = set(), set()
    for path in [*(PROGRAM / "console").rglob("*.py"), *(PROGRAM / "cli").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
    return whole, begun


def test_every_word_that_the_code_says_exists():
    groups = {key.split(".")[0] for key in table()}
    keys = {text for text in said()[0] if re.fullmatch(r"[a-z_]+\.[a-z_]*[a-z]", text) and text.split(".")[0] in groups}
    assert len(keys) > 10
    assert keys - set(table()) - {"certificate.json"} == set()  # the name of a file


def test_every_word_is_said_somewhere():
    whole, begun = said()
    prefixes = tuple(text for text in begun if "." in text and text != "head.")
    heads = {f"head.{text}" for text in whole}
    unused = {key for key in set(table()) - whole - heads if not key.startswith(prefixes)}
    assert {key for key in unused if key.split(".")[0] not in SPOKEN_BY_NAME} == set()


@pytest.mark.parametrize(
    ("group", "names"), [("disposition", Disposition), ("outcome", Outcome), ("why", Why), ("status", PlanStatus)]
)
def test_every_answer_of_the_engine_has_words(group: str, names: type[Enum]):
    assert [one.value for one in names if f"{group}.{one.value}" not in table()] == []


def test_every_stretch_of_work_has_words():
    begun = re.compile(r'progress\.begin\("(\w+)"')
    named = {key for path in PROGRAM.rglob("*.py") for key in begun.findall(path.read_text(encoding="utf-8"))}
    assert "plan" in named
    assert {f"work.{key}" for key in named} - set(table()) == set()


def test_hostile_characters_are_spelt_out():
    assert visible(HOSTILE) == r"\x1b[31mred\x9b2J\u202eevil\u200b\ud800\x07end"
    assert visible("a\nb\tc") == r"a\x0ab\x09c"
    assert lines("a\nb\tc\r") == "a\nb\tc\\x0d"
    assert visible("发票 é 😀") == "发票 é 😀"


def test_every_way_to_the_screen_makes_values_safe(capsys: pytest.CaptureFixture[str]):
    console = Console()
    console.line(HOSTILE)
    console.bullet(HOSTILE)
    console.show("plan.note", text=HOSTILE)
    console.say("plan.note", text=HOSTILE)
    console.facts([("where", HOSTILE)])
    console.table([Column("where")], [[HOSTILE]])
    console.error("bug", HOSTILE, 1)
    seen = capsys.readouterr()
    assert "\x1b" not in seen.out + seen.err
    assert seen.out.count(r"\u202eevil") == 5
    assert seen.err.count(r"\u202eevil") == 2


def test_markup_in_values_is_shown_not_obeyed(capsys: pytest.CaptureFixture[str]):
    Console().table([Column("where")], [["[bold]x[/bold] :smile:"]])
    assert "[bold]x[/bold] :smile:" in capsys.readouterr().out


def test_a_json_document_is_faithful_and_safe_to_print():
    text = document("find", {"name": HOSTILE, "zh": "发票"})
    assert json.loads(text) == {"schema": "dsr/find/1", "name": HOSTILE, "zh": "发票"}
    assert "发票" in text
    assert not set(text) & {"\x1b", "\x9b", "\u202e", "\u200b", "\ud800", "\x07"}


def test_a_json_document_names_its_schema_first_and_keeps_the_names_of_the_code():
    made = json.loads(document("find", Found("a", datetime(2026, 11, 24, 8, tzinfo=UTC), frozenset([Colour.RED]))))
    assert list(made) == ["schema", "name", "at", "kinds"]
    assert made == {"schema": "dsr/find/1", "name": "a", "at": "2026-11-24T08:00:00+00:00", "kinds": ["red"]}


def test_a_subject_in_a_json_document_is_its_token():
    subject = Subject("S-1", (("user", frozenset({"7"})),), (("email", frozenset({"ada@example.org"})),))
    assert json.loads(document("hold", {"subjects": (subject,)})) == {"schema": "dsr/hold/1", "subjects": ["S-1"]}


def test_in_json_mode_an_error_is_the_document_and_talk_is_silent(capsys: pytest.CaptureFixture[str]):
    console = Console(lang="zh", json=True)
    console.say("plan.complete")
    console.error("stale_plan", "made anew", 9)
    seen = capsys.readouterr()
    assert json.loads(seen.out) == {"schema": "dsr/error/1", "error": "stale_plan", "message": "made anew", "exit": 9}
    assert seen.err == ""


def test_colour_is_for_terminals_only_and_no_color_is_respected(monkeypatch: pytest.MonkeyPatch):
    screen = at_terminal(monkeypatch)
    Console().say("plan.complete", style="green")
    assert "\x1b[32m" in screen.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = at_terminal(monkeypatch)
    Console().say("plan.complete", style="green")
    assert "\x1b[32m" not in plain.getvalue()


def test_chinese_columns_stand_in_line(capsys: pytest.CaptureFixture[str]):
    from rich.cells import cell_len

    Console(lang="zh").table([Column("where"), Column("records", number=True)], [["发票", 12], ["a", 1234]])
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert len({cell_len(line) for line in shown if line.endswith(("12", "1,234"))}) == 1


def test_long_values_fold_and_are_never_cut(capsys: pytest.CaptureFixture[str]):
    Console(width=40).table([Column("where"), Column("records", number=True)], [["x" * 100, 5]])
    out = capsys.readouterr().out
    assert out.count("x") == 100
    assert max(map(len, out.splitlines())) <= 40


def test_a_line_in_a_pipe_stays_one_line(capsys: pytest.CaptureFixture[str]):
    Console(width=40).error("policy", "word " * 50, 3)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_one_has_a_singular():
    assert Words("en")("plan.incomplete", count=1) == "Not complete: 1 gap"
    assert Words("en")("plan.incomplete", count=1200) == "Not complete: 1,200 gaps"


def test_instants_are_shown_in_the_controllers_zone():
    instant = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
    assert Console(zone="Asia/Shanghai").when(instant) == "2027-01-01 01:30"
    assert Console(zone="Asia/Shanghai").day(instant) == "2027-01-01"


def test_without_a_terminal_a_destructive_command_is_refused():
    with pytest.raises(NotConfirmedError, match="--confirm S-1"):
        Console().confirm("S-1", None, "confirm.apply", count=3)


@pytest.mark.parametrize("given", ["", "y", "yes", "S-2", "s-1"])
def test_only_the_very_handle_confirms(given: str):
    with pytest.raises(NotConfirmedError):
        Console().confirm("S-1", given, "confirm.apply", count=3)


def test_a_count_may_be_given_as_it_is_shown():
    Console().confirm("1234", "1,234", "confirm.apply", count=3)


def test_a_terminal_is_asked_for_the_handle(monkeypatch: pytest.MonkeyPatch):
    screen = at_terminal(monkeypatch, "S-1\n")
    Console().confirm("S-1", None, "confirm.apply", count=3)
    assert "S-1" in screen.getvalue()
    at_terminal(monkeypatch, "\n")
    with pytest.raises(NotConfirmedError):
        Console().confirm("S-1", None, "confirm.apply", count=3)


def test_progress_is_drawn_for_people_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    for console in (Console(), Console(json=True)):
        progress = console.progress()
        progress.begin("count", 10)
        progress.advance(10)
        progress.end()
    assert capsys.readouterr().err == ""
    screen = at_terminal(monkeypatch)
    progress = Console().progress()
    progress.begin("count", 10)
    progress.advance(10)
    progress.begin("apply", None)
    progress.end()
    assert "10/10" in screen.getvalue()


def test_a_reader_that_goes_away_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        monkeypatch.setattr("sys.stdout", gone)
        console = Console()
        console.line("x" * 100_000)
        console.raw("x" * 100_000)
        flush()


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "proven by the runs of the purge"), ("zh", "均有到期清理的运行记录证明")]
)
def test_a_check_with_evidence_says_that_everything_is_proven(capsys: pytest.CaptureFixture[str], lang: str, said: str):
    sound = Checked("retention.yaml", "0" * 64, 1, 1, 1, True, (), (), (), (), (), proof=True)
    for one, expected in (
        (sound, True),
        (replace(sound, proof=False), False),
        (replace(sound, problems=("x",)), False),
    ):
        show_check(Console(lang), one)
        flush()
        assert (said in capsys.readouterr().out) is expected
