"""What happens in the middle of a real command: a hold that another person places, a store that is lost."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa
from calling import Caller
from company import USERS, USERS_DATA, Company, company
from outage import Line, Moved, Wire
from test_unreachable import dsr

NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)"
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: made}\n"
MANY = 60


@pytest.fixture
def made(tmp_path, database) -> Company:
    """One person with many notes, which go in units of five."""
    found = company(tmp_path, database, (USERS, NOTES), DATA, rules=("zone: UTC}\n", "zone: UTC, batch: 5}\n"))
    rows = ", ".join(f"({id}, 1, '2020-01-01')" for id in range(MANY))
    found.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com')", f"INSERT INTO notes VALUES {rows}")
    return found


@contextmanager
def after_units(count: int, act: Callable[[], object]) -> Iterator[None]:
    """Act once when so many units of notes are committed."""
    units = 0

    def deleted(_connection, _cursor, statement, *_rest) -> None:
        nonlocal units
        units += "DELETE FROM" in statement and "notes" in statement

    def returned(*_given) -> None:
        nonlocal units
        if units >= count:
            units = -1000
            act()

    sa.event.listen(sa.Engine, "after_cursor_execute", deleted)
    sa.event.listen(sa.pool.Pool, "checkin", returned)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", deleted)
        sa.event.remove(sa.pool.Pool, "checkin", returned)


def left(made: Company) -> int:
    return made.rows("SELECT count(*) FROM notes")[0][0]


def test_a_hold_placed_between_two_batches_stops_the_command(made, monkeypatch, capsys):
    call = Caller(made, monkeypatch, capsys)
    token = json.loads(call("find", "--email", "a@example.com", "--json").out)["token"]
    seen: list[int] = []

    def place() -> None:
        said = ("--matter", "m", "--reason", "r", "--authority", "Legal")
        placing = dsr(made, "hold", "place", "--email", "a@example.com", *said)
        _, err = placing.communicate()
        assert placing.returncode == 0, err
        seen.append(left(made))

    with after_units(3, place):
        ran = call("delete", "--email", "a@example.com", "--confirm", token)
    assert (ran.code, "holds changed" in ran.err) == (9, True), ran
    assert 0 < seen[0] < MANY
    assert left(made) == seen[0]
    assert call("resume").code == 0  # the run has ended: what is left needs a new plan
    assert (left(made), made.rows("SELECT id FROM users")) == (seen[0], [(1,)])


def test_a_store_lost_in_the_middle_of_a_command_is_finished_by_resume(made, monkeypatch, capsys, tmp_path):
    postgres = made.url.startswith("postgres")
    line: Line = Wire(made.url) if postgres else Moved(tmp_path / "app.db", made.url)
    call = Caller(replace(made, env={"APP_URL": line.url}), monkeypatch, capsys)
    token = json.loads(call("find", "--email", "a@example.com", "--json").out)["token"]
    with after_units(3, line.cut):
        ran = call("delete", "--email", "a@example.com", "--confirm", token)
    assert ran.code == 75, ran
    assert "Traceback" not in ran.err
    line.mend()
    assert 0 < left(made) < MANY
    resumed = call("resume")
    assert resumed.code == 0, resumed
    assert (left(made), made.rows("SELECT id FROM users")) == (0, [])
    if isinstance(line, Wire):
        line.cut()
