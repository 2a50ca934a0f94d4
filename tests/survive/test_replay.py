"""A store is really restored from a backup: whom was erased since comes back, is noticed, and is erased again."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from calling import Caller
from company import NOW, USERS, USERS_DATA, Company, company, counts

from dsr.core.errors import SubjectNotFoundError, UsageError
from dsr.jobs import holds
from dsr.jobs.apply import apply
from dsr.jobs.covering import Wish
from dsr.jobs.doctor import Grade, examine
from dsr.jobs.replay import limits, plan_replay

TABLES = (
    USERS,
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)",
    "CREATE TABLE tickets (id BIGINT PRIMARY KEY, sender VARCHAR(50), made TIMESTAMP)",
)
DATA = (
    USERS_DATA
    + """\
  app.notes: {rule: notes, subject: user_id, start: made}
  app.tickets: {rule: notes, subject: {email: sender}, start: made, fields: {sender: contact.email}}
  logs.requests: {rule: notes, subject: user_id, start: at}
"""
)
LATER = NOW + timedelta(days=3)


@pytest.fixture
def shop(tmp_path: Path, database: str) -> Company:
    made = company(tmp_path / "co", database, TABLES, DATA, stores="  logs: {kind: logs, url: logs}\n")
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'ann@example.com'), (2, 'bo@example.com'), (3, 'cy@example.com')",
        "INSERT INTO notes VALUES (1, 1, '2026-11-01'), (2, 2, '2026-11-01'), (3, 3, '2026-11-01')",
        "INSERT INTO tickets VALUES (1, 'Guest@Example.com', '2026-11-01'), (2, 'bo@example.com', '2026-11-01')",
    )
    (made.folder / "logs").mkdir()
    lines = [json.dumps({"user_id": n, "at": "2026-11-01T00:00:00Z"}) for n in (1, 2, 3)]
    (made.folder / "logs" / "requests.jsonl").write_text("\n".join(lines) + "\n")
    return made


class Backup:
    """A copy of the company's stores, and of its state database where that is asked for."""

    def __init__(self, made: Company) -> None:
        self._made, self._copy = made, made.folder.parent / "backup"
        shutil.copytree(made.folder / "logs", self._copy / "logs")
        if made.url.startswith("sqlite"):
            shutil.copy(made.folder.parent / "app.db", self._copy / "app.db")
        else:
            self._admin(f'CREATE DATABASE "{self._name}_copy" TEMPLATE "{self._name}"')

    def restore(self) -> None:
        """Bring everything back as it was."""
        shutil.copytree(self._copy / "logs", self._made.folder / "logs", dirs_exist_ok=True)
        if self._made.url.startswith("sqlite"):
            shutil.copy(self._copy / "app.db", self._made.folder.parent / "app.db")
        else:
            self._admin(f'DROP DATABASE "{self._name}"')
            self._admin(f'CREATE DATABASE "{self._name}" TEMPLATE "{self._name}_copy"')

    @property
    def _name(self) -> str:
        return str(sa.make_url(self._made.url).database)

    def _admin(self, statement: str) -> None:
        engine = sa.create_engine(sa.make_url(self._made.url).set(database="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


def everything(made: Company) -> tuple[list[list[int]], list[int]]:
    tables = [[row[0] for row in made.rows(f"SELECT id FROM {name}")] for name in ("users", "notes", "tickets")]
    lines = (made.folder / "logs" / "requests.jsonl").read_text().splitlines()
    return tables, [json.loads(line)["user_id"] for line in lines]


WITHOUT_ANN_AND_GUEST = ([[2, 3], [2, 3], [2]], [2, 3])


def erased(shop: Company) -> Backup:
    """One was erased before the backup was made, two after it: one with an account, one who only wrote."""
    shop.run("INSERT INTO users (id, email) VALUES (9, 'old@example.com')")
    shop.erase(("user_id", "9"), now=NOW - timedelta(days=30))
    backup = Backup(shop)
    shop.erase(("email", "ann@example.com"))
    shop.erase(("email", "guest@example.com"))
    assert everything(shop) == WITHOUT_ANN_AND_GUEST
    return backup


def test_who_was_erased_since_the_backup_is_erased_again(shop: Company) -> None:
    backup = erased(shop)
    with shop.session(LATER) as session:
        assert not [one for one in examine(session).findings if "went back in time" in one.text]
    backup.restore()
    assert everything(shop) == ([[1, 2, 3], [1, 2, 3], [1, 2]], [1, 2, 3])
    with shop.session(LATER) as session:
        back = [one for one in examine(session).findings if "went back in time" in one.text]
        assert [(one.where, one.grade) for one in back] == [("app", Grade.TROUBLE)]
        plan = plan_replay(session, NOW - timedelta(days=1))
        assert len(plan.subjects) == 2
        applied = apply(session, plan.id)
        assert applied.exit_code == 0
    assert everything(shop) == WITHOUT_ANN_AND_GUEST
    with shop.session(LATER) as session:
        assert not [one for one in examine(session).findings if "went back in time" in one.text]
        with pytest.raises(SubjectNotFoundError):
            plan_replay(session, NOW - timedelta(days=1))


def test_a_hold_placed_since_survives_the_restore_and_the_replay(shop: Company) -> None:
    backup = erased(shop)
    with shop.session(LATER) as session:
        assert not holds.place(session, Wish("M-1", "a dispute", "a court", collections=("app.notes",))).pending
    backup.restore()
    with shop.session(LATER) as session:
        plan = plan_replay(session, NOW - timedelta(days=1))
        assert counts(plan, "app.notes") == {"hold": 1}
        apply(session, plan.id)
    assert everything(shop) == ([[1, 2, 3], [1, 2, 3], [2]], [2, 3])  # the account stays as a tombstone
    assert shop.rows("SELECT email FROM users WHERE id = 1") == [(None,)]


def test_only_a_logs_folder_came_back(shop: Company) -> None:
    backup = erased(shop)
    shutil.copytree(backup._copy / "logs", shop.folder / "logs", dirs_exist_ok=True)
    with shop.session(LATER) as session:
        apply(session, plan_replay(session, NOW - timedelta(days=1)).id)
    assert everything(shop) == WITHOUT_ANN_AND_GUEST


def test_the_list_expires_and_names_nobody(shop: Company) -> None:
    backup = erased(shop)
    backup.restore()
    for since, now in ((NOW + timedelta(hours=1), LATER), (NOW - timedelta(days=1), NOW + timedelta(days=400))):
        with shop.session(now) as session, pytest.raises(SubjectNotFoundError):
            plan_replay(session, since)
    with shop.session() as session, pytest.raises(UsageError):
        plan_replay(session, LATER)
    with shop.session() as session:
        rows = session.state._database._engine.connect().exec_driver_sql("SELECT * FROM dsr_suppressed").all()
        assert len(rows) >= 2
        assert all(len(row[0]) == 64 for row in rows)
        session.state.suppress((), NOW + timedelta(days=400), NOW)
        left = session.state._database._engine.connect().exec_driver_sql("SELECT * FROM dsr_suppressed").all()
        assert left == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_replay_at_the_command_line_asks_first(shop: Company, monkeypatch, capsys) -> None:
    backup = erased(shop)
    backup.restore()
    call = Caller(shop, monkeypatch, capsys)
    assert call("replay", "--since", "soon").code == 2
    assert call("replay", "--since", "2026-11-20").code == 5
    assert everything(shop)[0][0] == [1, 2, 3]
    planned = json.loads(call("replay", "--since", "2026-11-20", "--plan-only", "--json").out)
    people = str(len(planned["plan"]["subjects"]))
    done = call("replay", "--since", "2026-11-20", "--confirm", people, "--lang", "zh")
    assert done.code == 0, done.err
    assert everything(shop) == WITHOUT_ANN_AND_GUEST


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_replay_says_what_it_cannot_know(shop: Company, monkeypatch, capsys) -> None:
    """Rows that only an address leads to came back alone; and somebody new has the key of who was erased."""
    shop.run("INSERT INTO tickets VALUES (3, 'ann@example.com', '2026-11-01')")
    shop.erase(("user_id", "1"))
    call = Caller(shop, monkeypatch, capsys)
    shop.run("INSERT INTO tickets VALUES (3, 'ann@example.com', '2026-11-01')")
    none = call("replay", "--since", "2026-11-20", "--plan-only")
    assert none.code == 4
    assert "app.tickets: people with an account are found here only by their account" in none.err
    shop.erase(("email", "ann@example.com"))
    assert everything(shop)[0][2] == [1, 2]
    shop.run("INSERT INTO users (id, email) VALUES (1, 'new@example.com')")
    found = json.loads(call("replay", "--since", "2026-11-20", "--plan-only", "--json").out)
    assert any("given the key of an erased account" in one for one in found["remarks"])
    assert len(found["plan"]["subjects"]) == 1
    assert everything(shop)[0][0] == [1, 2, 3]


PARTS = "  app.lines: {part_of: app.notes, via: note_id}\n"
LINES = "CREATE TABLE lines (id BIGINT PRIMARY KEY, note_id BIGINT)"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_parts_come_back_with_what_they_are_parts_of_and_go_again(tmp_path: Path, database: str) -> None:
    """Nothing in them names the person: they are reached through the note, whose account is on the list."""
    made = company(tmp_path / "co", database, (*TABLES[:2], LINES), DATA.split("  app.tickets")[0] + PARTS)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'ann@example.com'), (2, 'bo@example.com')",
        "INSERT INTO notes VALUES (1, 1, '2026-11-01'), (2, 2, '2026-11-01')",
        "INSERT INTO lines VALUES (1, 1), (2, 2)",
    )
    made.erase(("user_id", "1"))
    made.run("INSERT INTO lines VALUES (1, 1)")
    with made.session(LATER) as session:
        assert "app.lines" in next(limits(session))
        with pytest.raises(SubjectNotFoundError):
            plan_replay(session, NOW - timedelta(days=1))
    made.run("INSERT INTO notes VALUES (1, 1, '2026-11-01')")
    with made.session(LATER) as session:
        assert apply(session, plan_replay(session, NOW - timedelta(days=1)).id).exit_code == 0
    assert [[row[0] for row in made.rows(f"SELECT id FROM {name}")] for name in ("users", "notes", "lines")] == [
        [2]
    ] * 3
