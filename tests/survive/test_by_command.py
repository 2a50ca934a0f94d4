"""What goes wrong around real commands: a message, the right exit code, nothing lost."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from calling import Caller, Ran
from company import USERS, USERS_DATA, Company, company
from outage import Line, Moved, Wire

NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP, body TEXT)"
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: made, fields: {body: content.text}}\n"
HOLD = ("hold", "place", "--email", "a@example.com", "--matter", "m", "--reason", "r", "--authority", "a")
SURROGATE, ESCAPE, MARKUP = "\ud800", "\x1b[2J", "<script>alert(1)</script>"
HOSTILE = (MARKUP, '=HYPERLINK("http://evil.example")', f"{ESCAPE}red", "../../../etc/passwd", "é" * 150)


@pytest.fixture
def made(tmp_path: Path, database: str) -> Company:
    found = company(tmp_path, database, (USERS, NOTES), DATA)
    found.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        "INSERT INTO notes VALUES (1, 1, '2026-11-01', 'one'), (2, 2, '2026-11-01', 'two')",
    )
    return found


@pytest.fixture
def call(made: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Caller:
    return Caller(made, monkeypatch, capsys)


def planned(call: Caller) -> tuple[str, str]:
    """A plan, and the handle that confirms it."""
    token = json.loads(call("find", "--email", "a@example.com", "--json").out)["token"]
    assert call("delete", "--email", "a@example.com", "--plan-only").code == 0
    return "P-1", token


def untouched(made: Company) -> None:
    assert made.rows("SELECT id FROM users") == [(1,), (2,)]
    assert made.rows("SELECT id FROM notes") == [(1,), (2,)]


def said(ran: Ran, code: int, words: str) -> None:
    """One message with the words, that exit code, and no more."""
    assert ran.code == code, ran
    assert words in ran.err.replace("\n", " "), ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("change", "words"),
    [("hold", "holds changed"), ("policy", "the policy changed"), ("column", "the schema of app changed")],
)
def test_what_changed_since_the_plan_ends_apply_with_9(made, call, change, words):
    plan, token = planned(call)
    if change == "hold":
        assert call(*HOLD).code == 0
    elif change == "policy":
        made.policy.write_text(made.policy.read_text().replace("P1Y", "P2Y"))
    else:
        made.run("ALTER TABLE notes ADD COLUMN more TEXT")
    refused = call("apply", plan, "--confirm", token)
    said(refused, 9, words)
    assert refused.out == ""  # nobody reads a plan to learn that it is stale
    untouched(made)


def test_a_store_that_is_away_at_plan_or_apply_ends_with_75_and_is_tried_again(made, monkeypatch, capsys, tmp_path):
    postgres = made.url.startswith("postgres")
    line: Line = Wire(made.url) if postgres else Moved(tmp_path / "app.db", made.url)
    call = Caller(replace(made, env={"APP_URL": line.url}), monkeypatch, capsys)
    plan, token = planned(call)
    line.cut()
    said(call("delete", "--email", "a@example.com", "--plan-only"), 75, "app")
    said(call("apply", plan, "--confirm", token), 75, "app")
    line.mend()
    untouched(made)
    assert call("apply", plan, "--confirm", token).code == 0
    assert made.rows("SELECT id FROM users") == [(2,)]
    if isinstance(line, Wire):
        line.cut()


# hostile values ---------------------------------------------------------------------------------------------------


def texts(folder: Path) -> Iterator[str]:
    """All files of a package as text."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.read_text(encoding="utf-8")


def test_hostile_values_are_values_in_an_export(tmp_path, database, monkeypatch, capsys):
    made = company(
        tmp_path,
        database,
        (USERS, NOTES),
        DATA + "  logs.requests: {rule: notes, subject: user_id, start: at, fields: {page: usage.endpoint}}\n",
        stores="  logs: {kind: logs, url: logs}\n",
    )
    made.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com')")
    made.run(*(f"INSERT INTO notes VALUES ({n}, 1, '2026-11-01', '{text}')" for n, text in enumerate(HOSTILE)))
    (tmp_path / "logs").mkdir()
    lines = [json.dumps({"user_id": 1, "at": "2026-11-01T00:00:00Z", "page": text}) for text in (SURROGATE, *HOSTILE)]
    (tmp_path / "logs" / "requests.jsonl").write_text("\n".join(lines) + "\n")
    ran = Caller(made, monkeypatch, capsys)("export", "--email", "a@example.com", "--unsealed", "package")
    assert ran.code == 0, ran.err
    folder = tmp_path / "package"
    assert all(path.resolve().is_relative_to(folder) and len(path.name) < 100 for path in folder.rglob("*"))
    for text in (*texts(folder), ran.out, ran.err):
        assert "\x1b" not in text
    assert MARKUP not in (folder / "index.html").read_text()
    for name in ("data/app/notes", "data/logs/requests"):
        csv = (folder / f"{name}.csv").read_text(encoding="utf-8")
        assert not [line for line in csv.splitlines() if line.startswith(("=", '"=')) or ",=" in line or ',"=' in line]
        bodies = {
            value for line in (folder / f"{name}.jsonl").read_text().splitlines() for value in json.loads(line).values()
        }
        assert set(HOSTILE) <= bodies
    assert SURROGATE in bodies


def test_hostile_values_are_text_on_the_screen(made, call):
    made.run(f'CREATE TABLE "x{ESCAPE}[red]y" (id BIGINT PRIMARY KEY, "{MARKUP}=1" TEXT)')
    hold = ("hold", "place", "--email", "a@example.com", "--authority", "a", "--matter", f"m{ESCAPE}[bold]")
    assert call(*hold, "--reason", f"{MARKUP}{ESCAPE}[/]{'é' * 300}").code == 0
    shown = [call(*one) for one in (("hold", "list"), ("hold", "show", "H-1"), ("discover",), ("policy", "check"))]
    shown.append(call("find", "--email", f"{ESCAPE}{SURROGATE}@example.com"))
    shown.append(call("explain", f"app.x{ESCAPE}"))
    for ran in shown:
        assert ran.code != 1, ran
        assert "Traceback" not in ran.err
        assert "\x1b" not in ran.out + ran.err
    assert "[bold]" in shown[0].out
    assert "[red]" in shown[2].out + shown[2].err


# a full disk ------------------------------------------------------------------------------------------------------


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to let any file grow past the size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("form", ["--unsealed", "--out"])
def test_a_disk_that_fills_up_while_exporting_leaves_nothing_half_written(made, call, tmp_path, form):
    made.run(*(f"INSERT INTO notes VALUES ({n}, 1, '2026-11-01', '{f'{n}' * 10000}')" for n in range(100, 200)))
    where = "package" if form == "--unsealed" else "package.age"
    more = (form, where) if form == "--unsealed" else (form, where, "--passphrase-file", "words.txt")
    assert call("find", "--email", "a@example.com").code == 0
    with files_of_at_most(1_000_000):
        ran = call("export", "--email", "a@example.com", *more)
    said(ran, 75, "ree space")
    assert [p.name for p in tmp_path.iterdir() if "package" in p.name] == []
    assert call("export", "--email", "a@example.com", *more).code == 0
    assert len(made.rows("SELECT id FROM notes")) == 102
