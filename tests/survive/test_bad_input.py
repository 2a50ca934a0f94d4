"""Bad input of any kind: one clear message with what to do next, the right exit code, and nothing changed."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from calling import Caller
from company import USERS, USERS_DATA, Company, company

NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)"
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: made}\n"
HOLD = ("hold", "place", "--matter", "m", "--reason", "r", "--authority", "a")
LONG = "é" * 300
NEXT = re.compile(
    r"\b(Give|Name|See|Check|Say|Find|List|Ask|Look|Did you mean|Known|Active holds|must be|takes|needs)\b"
)
"""What tells a person what to do: an imperative, or what would have been right."""

INPUTS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (2, ("fnd",)),
    (2, ("find",)),
    (2, ("find", "--emial", "x@example.com")),
    (2, ("find", "--email", "")),
    (2, ("find", "--email", "a@example.com", "--lang", "fr")),
    (2, ("find", "--id", "email")),
    (2, ("find", "--id", "shoe_size=43")),
    (4, ("find", "--email", "nobody@example.com")),
    (4, ("find", "--email", f"{LONG}@example.com")),
    (4, ("find", "--email", "\ud800@example.com")),
    (4, ("find", "--email", "' OR 1=1 --")),
    (4, ("find", "--email", "two@example.com")),
    (4, ("find", "--user-id", "1; DROP TABLE users")),
    (4, ("find", "--subject", "S-00000000")),
    (2, ("find", "--from", "no-such-file")),
    (2, ("find", "--from", ".")),
    (2, ("find", "--from", "binary")),
    (2, ("find", "--from", "empty")),
    (2, ("find", "--email", "a@example.com", "--policy", "no-such-file.yaml")),
    (4, ("export", "--email", "nobody@example.com", "--unsealed", "p")),
    (2, ("export", "--email", "a@example.com", "--unsealed", "binary")),
    (2, ("export", "--email", "a@example.com", "--unsealed", "binary/p")),
    (2, ("export", "--email", "a@example.com", "--recipient", "age1nonsense")),
    (2, ("delete",)),
    (5, ("delete", "--email", "a@example.com")),
    (5, ("delete", "--email", "a@example.com", "--confirm", "yes")),
    (5, ("delete", "--email", "a@example.com", "--confirm", "")),
    (2, ("delete", "--email", "a@example.com", "--as-of", "tomorrow")),
    (2, ("delete", "--email", "a@example.com", "--as-of", "2026-02-30")),
    (2, ("apply",)),
    (2, ("apply", "P-99", "--confirm", "S-0")),
    (2, ("apply", "../P-1", "--confirm", "S-0")),
    (2, ("plan", "show", "P-99")),
    (2, ("plan", "cancel", "P-99", "--reason", "r")),
    (2, ("resume", "P-99")),
    (2, HOLD),
    (2, ("hold", "place", "--email", "a@example.com")),
    (2, (*HOLD, "--rule", "no-such-rule")),
    (2, (*HOLD, "--collection", "app.nothing")),
    (2, ("hold", "show", "H-99")),
    (2, ("hold", "release", "H-99", "--reason", "r")),
    (2, ("purge", "--as-of", "never")),
    (5, ("purge", "--confirm", "12")),
    (2, ("explain", "app.nothing")),
    (4, ("explain", "app.notes", "--key", "999")),
    (2, ("explain", "app.notes", "--key", "1", "--key", "2")),
    (2, ("verify", "no-such-file")),
    (2, ("policy", "diff", "no-such-file.yaml")),
    (2, ("policy", "render", "--format", "docx")),
    (2, ("init", "app")),
    (2, ("request", "show", "R-99")),
)

POLICIES: tuple[tuple[str, bytes | Callable[[bytes], bytes], int], ...] = (
    ("empty", b"", 3),
    ("no yaml", b"{{{", 3),
    ("no text", b"\xff\xfe\x00", 3),
    ("a list", b"- a\n- b\n", 3),
    ("a key twice", lambda text: text + b"version: 1\n", 3),
    ("an unknown key", lambda text: text + b"verzion: 1\n", 3),
    ("an anchor of YAML", lambda text: text.replace(b"CN", b"&a CN"), 3),
    ("a period without unit", lambda text: text.replace(b"P30D", b"30"), 3),
    ("an unknown rule", lambda text: text.replace(b"rule: notes", b"rule: noets"), 3),
    ("an unknown kind of store", lambda text: text.replace(b"kind: sql", b"kind: paper"), 3),
    ("an unset variable", lambda text: text.replace(b"APP_URL", b"NO_SUCH_URL"), 3),
)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """One company for all: whatever is said to it, nothing of it changes."""
    folder = tmp_path_factory.mktemp("company")
    url = f"sqlite:///{folder / 'app.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_server")
    else:
        (folder / "app.db").touch()
    found = company(folder, url, (USERS, NOTES), DATA)
    found.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'two@example.com'), (3, 'two@example.com')",
        "INSERT INTO notes VALUES (1, 1, '2020-01-01'), (2, NULL, '2026-11-01')",
    )
    (folder / "binary").write_bytes(b"\x00\xff\xfe")
    (folder / "empty").write_bytes(b"")
    yield found
    found.run("DROP TABLE notes", "DROP TABLE users")


def everything(made: Company) -> tuple:
    """All data, the policy, and what lies in the folder beside the program's own."""
    rows = (made.rows("SELECT * FROM users"), made.rows("SELECT * FROM notes"), made.policy.read_bytes())
    return *rows, sorted(path.name for path in made.folder.iterdir() if not path.name.startswith((".", "app.db")))


@pytest.fixture
def call(made: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Caller]:
    before = everything(made)
    yield Caller(made, monkeypatch, capsys)
    assert everything(made) == before


@pytest.mark.parametrize(
    ("code", "arguments"), INPUTS, ids=lambda one: "-".join(one)[:40] if isinstance(one, tuple) else None
)
def test_bad_input_is_refused_with_a_message_and_its_exit_code(made: Company, call: Caller, code, arguments):
    ran = call(*arguments)
    assert ran.code == code, ran
    assert len(ran.err.strip()) > 20
    assert ran.err.count("Error:") == 1
    assert NEXT.search(" ".join(ran.err.split())), ran.err
    assert "Traceback" not in ran.err + ran.out


@pytest.mark.parametrize(("text", "code"), [one[1:] for one in POLICIES], ids=[one[0] for one in POLICIES])
def test_a_bad_policy_file_is_refused_and_nothing_is_done(made: Company, call: Caller, text, code):
    good = made.policy.read_bytes()
    made.policy.write_bytes(text if isinstance(text, bytes) else text(good))
    try:
        for arguments in (("purge",), ("policy", "check")):
            ran = call(*arguments)
            assert ran.code == code, ran
            assert "retention.yaml" in ran.err + ran.out
            assert "Traceback" not in ran.err
    finally:
        made.policy.write_bytes(good)


def test_a_state_database_that_is_none_is_refused_and_left_as_it_is(tmp_path: Path, database, monkeypatch, capsys):
    made = company(tmp_path, database, (USERS, NOTES), DATA)
    made.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com')")
    (tmp_path / ".dsr").mkdir(mode=0o700)
    (tmp_path / ".dsr" / "state.db").write_bytes(b"not a database" * 100)
    ran = Caller(made, monkeypatch, capsys)("delete", "--email", "a@example.com", "--plan-only")
    assert ran.code == 12, ran
    assert "Traceback" not in ran.err
    assert (tmp_path / ".dsr" / "state.db").read_bytes() == b"not a database" * 100
    assert made.rows("SELECT id FROM users") == [(1,)]
