"""A person whose every value is recognisable: none of them may turn up outside the stores and the package's content."""

import gzip
import json
import sqlite3
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from calling import Caller, Ran
from company import USERS, Company, company
from outage import Line, Moved, Wire

MARK = "zq7419"
MAIL = f"{MARK}.canary@example.com"
KEY = "741974197419"
DATA = """\
  app.users:
    {rule: account, subject: id, start: closed_at,
     fields: {email: contact.email, name: name, token: {category: credential, export: secret}}}
  app.notes: {rule: notes, subject: user_id, start: made, fields: {body: content.text}}
  app.invoices:
    {rule: tax, subject: user_id, start: issued, fields: {nickname: {category: name, rule: account}}}
  logs.requests: {rule: notes, subject: user_id, start: at, fields: {mail: contact.email}}
"""
TABLES = (
    USERS.replace("closed_at", "name TEXT, token TEXT, closed_at"),
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP, body TEXT)",
    "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users (id), issued TIMESTAMP, "
    "nickname TEXT CHECK (nickname IS NOT NULL))",
)


@pytest.fixture
def made(tmp_path: Path, database: str) -> Company:
    """A company in which everything of one person bears the mark, two others share an address, and a limit trips."""
    found = company(tmp_path, database, TABLES, DATA, stores="  logs: {kind: logs, url: logs}\n")
    found.run(
        f"INSERT INTO users (id, email, name, token) VALUES ({KEY}, '{MAIL}', 'Canary {MARK}', 'sk-{MARK}'), "
        f"(2, '{MARK}.two@example.com', '', ''), (3, '{MARK}.two@example.com', '', '')",
        f"INSERT INTO notes VALUES ({KEY}, {KEY}, '2026-11-01', 'by {MARK}'), (2, {KEY}, '2020-01-01', 'by {MARK}')",
        f"INSERT INTO invoices VALUES ({KEY}, {KEY}, '2026-03-03', 'Nick {MARK}')",
    )
    (tmp_path / "logs").mkdir()
    lines = [json.dumps({"user_id": int(KEY), "at": "2026-11-01T00:00:00Z", "mail": MAIL}), f'{{"mail": "{MAIL}"']
    (tmp_path / "logs" / "requests.jsonl").write_text("\n".join(lines) + "\n")
    return found


started: list[str] = []
"""What the audit hook saw of processes that were started; hooks cannot be taken away, so it stays and notes on."""


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.system"):
        started.append(repr(arguments))


@pytest.fixture(scope="module", autouse=True)
def _hooked() -> None:
    sys.addaudithook(_watch)


def clean(ran: Ran) -> None:
    """Nothing of the person was said, and the program knew what it did."""
    for text in (ran.out, ran.err):
        assert MARK not in text
        assert KEY not in text
        assert "Traceback" not in text
    assert ran.code != 1, ran.err


def traces(folder: Path) -> Iterator[str]:
    """Where a mark lies in what the program wrote: its database with all side files, and the names of other files."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if MARK in name or KEY in name:
            yield name
        if path.is_file() and name.startswith(".dsr/"):
            held = path.read_bytes()
            if MARK.encode() in held or KEY.encode() in held:
                yield name


def token_of(ran: Ran) -> str:
    return json.loads(ran.out)["token"]


def test_a_whole_story_leaves_no_trace_of_the_person(made, monkeypatch, capsys):
    call = Caller(made, monkeypatch, capsys)
    token = token_of(call("find", "--email", MAIL, "--json"))
    expected = {
        ("find", "--email", MAIL.upper()): 0,
        ("find", "--user-id", KEY, "--lang", "zh"): 0,
        ("export", "--email", MAIL, "--unsealed", "package"): 7,
        ("export", "--user-id", KEY, "--data", "--unsealed", "data", "--json"): 7,
        ("delete", "--email", MAIL, "--plan-only"): 7,
        ("delete", "--email", MAIL, "--plan-only", "--json"): 7,
        ("hold", "place", "--email", MAIL, "--matter", "m", "--reason", "r", "--authority", "a"): 0,
        ("hold", "list"): 0,
        ("hold", "show", "H-1", "--json"): 0,
        ("apply", "P-1", "--confirm", token): 9,
        ("hold", "release", "H-1", "--reason", "over"): 0,
        ("explain", "app.notes", "--key", KEY): 0,
        ("explain", "app.invoices", "--key", KEY, "--request", "--json"): 0,
        ("purge", "--plan-only"): 7,
        ("delete", "--email", MAIL, "--confirm", token): 7,
        ("delete", "--email", MAIL, "--confirm", token, "--json"): 7,
        ("plan", "list"): 0,
        ("plan", "show", "P-2"): 0,
        ("verify", "P-4", "--email", MAIL): 7,
        ("purge",): 7,
        ("resume",): 7,
        ("report", "overview"): 0,
        ("report", "ropa"): 0,
        ("report", "retention"): 0,
        ("report", "holds", "--json"): 0,
        ("report", "register"): 0,
        ("report", "audit", "--out", "a.zip"): 0,
        ("ledger", "verify"): 0,
        ("unlock",): 0,
        ("plan", "cancel", "P-1"): 9,
        ("policy", "render"): 0,
        ("policy", "schema"): 0,
        ("policy", "check"): 3,  # the small company's page lacks what the laws want said
        ("doctor",): 0,
        ("discover",): 75,  # a line that nobody can read was not looked into
        ("init", f"app={made.url}", "--out", "drafted.yaml"): 0,
    }
    seen = {}
    for arguments in expected:
        ran = call(*arguments)
        clean(ran)
        seen[arguments] = ran.code
    assert seen == expected
    assert MARK in (made.folder / "package" / "index.html").read_text(encoding="utf-8")  # it was there to be found
    with zipfile.ZipFile(made.folder / "a.zip") as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    assert len(files) > 10
    assert [name for name, held in files.items() if MARK.encode() in held or KEY.encode() in held] == []
    assert list(traces(made.folder)) == []
    assert not [one for one in started if MARK in one or KEY in one]


def test_the_state_database_opens_only_with_its_key(made, monkeypatch, capsys):
    call = Caller(made, monkeypatch, capsys)
    clean(call("delete", "--email", MAIL, "--plan-only"))
    base = sqlite3.connect(made.folder / ".dsr" / "state.db")
    dump = "\n".join(base.iterdump())
    base.close()
    assert "S-" in dump
    assert MARK not in dump
    assert KEY not in dump


WRONG = (
    ("find", MAIL),
    ("find", "--emial", MAIL),
    ("find", f"--emial={MAIL}"),
    ("find", "--id", MAIL),
    ("find", "--id", f"phone={MARK}"),
    ("find", "--user-id", f"{KEY}0"),
    ("find", "--email", f"{MARK}.nobody@example.com"),
    ("find", "--email", f"{MARK}.two@example.com"),
    ("find", "--subject", MAIL),
    ("find", "--from", "people.txt"),
    ("export", "--email", f"{MARK}.nobody@example.com", "--unsealed", "p"),
    ("delete", "--email", MAIL),
    ("delete", "--email", MAIL, "--confirm", MAIL),
    ("delete", "--email", MAIL, "--as-of", MAIL),
    ("hold", "place", "--email", MAIL, "--matter", "m"),
    ("hold", "place", "--rule", MAIL, "--matter", "m", "--reason", "r", "--authority", "a"),
    ("hold", "show", MAIL),
    ("hold", "release", MAIL, "--reason", "r"),
    ("plan", "show", MAIL),
    ("apply", MAIL),
    ("resume", MAIL),
    ("verify", MAIL, "--email", MAIL),
    ("explain", MAIL),
    ("explain", "app.notes", "--key", f"{KEY}0"),
    ("explain", "app.notes", "--key", KEY, "--key", KEY),
    ("explain", "app.notes", "--key", MAIL),
    ("policy", "diff", MAIL),
    ("request", "show", MAIL),
    ("request", "open", "--email", MAIL, "--kind", MAIL),
    ("report", MAIL),
    ("plan", "cancel", MAIL),
    ("unlock", MAIL),
    (MAIL,),
)


@pytest.mark.parametrize("debug", ["", "1"], ids=["plain", "debug"])
def test_no_mistake_at_the_command_line_repeats_what_was_typed(made, monkeypatch, capsys, debug):
    call = Caller(made, monkeypatch, capsys)
    monkeypatch.setenv("DSR_DEBUG", debug)
    (made.folder / "people.txt").write_text(f"{MAIL}\nname {MARK}\n")
    for arguments in WRONG:
        ran = call(*arguments)
        assert ran.code in (2, 3, 4, 5), (arguments, ran)
        clean(ran)
    assert list(traces(made.folder)) == []


def test_no_outage_says_whose_data_was_at_hand(made, monkeypatch, capsys, tmp_path):
    postgres = made.url.startswith("postgres")
    line: Line = Wire(made.url) if postgres else Moved(tmp_path / "app.db", made.url)
    monkeypatch.setenv("DSR_DEBUG", "1")
    call = Caller(replace(made, env={"APP_URL": line.url}), monkeypatch, capsys)
    monkeypatch.setenv("DSR_DEBUG", "1")
    token = token_of(call("find", "--email", MAIL, "--json"))
    clean(call("delete", "--email", MAIL, "--plan-only"))
    line.cut()
    for arguments in (
        ("find", "--email", MAIL),
        ("export", "--email", MAIL, "--unsealed", "package"),
        ("delete", "--email", MAIL, "--confirm", token),
        ("apply", "P-1", "--confirm", token),
        ("hold", "place", "--email", MAIL, "--matter", "m", "--reason", "r", "--authority", "a"),
    ):
        ran = call(*arguments)
        clean(ran)
        assert (arguments, ran.code) == (arguments, 75)
    line.mend()
    broken = gzip.compress(f'{{"mail": "{MAIL}"}}\n'.encode() * 50)[:-12]
    (made.folder / "logs" / "requests.jsonl.1.gz").write_bytes(broken)
    made.run("ALTER TABLE notes RENAME TO letters")
    clean(call("delete", "--email", MAIL, "--confirm", token))
    clean(call("export", "--email", MAIL, "--unsealed", "package"))
    assert list(traces(made.folder)) == []
    if isinstance(line, Wire):
        line.cut()
