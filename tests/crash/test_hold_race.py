"""A hold is placed while another process purges: what it covers and is there when it returns stays there."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from company import USERS, USERS_DATA, Company, company
from racing import applied_meanwhile

from dsr.jobs import holds
from dsr.jobs.covering import Wish
from dsr.jobs.purge import plan_purge

MANY = 240
NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP, state VARCHAR(9))"
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: made, fields: {state: none}}\n"
SCOPES = {
    "state = 'open'": Wish("M-1", "a dispute", "a court", collections=("app.notes",), where="{state: open}"),
    "id IS NOT NULL": Wish("M-1", "a dispute", "a court", rules=("notes",)),
}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("receipts", [True, False])
def test_nothing_in_scope_disappears_after_the_acknowledgement(
    kind: str, receipts: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dice, between = random.Random(f"{kind}{receipts}"), 0
    for number in range(12):  # a fast machine may have purged everything before the hold comes
        if number >= 4 and between:
            break
        url = _database(kind, tmp_path / f"{number}.db", request)
        made = _laid(tmp_path / str(number), url, receipts=receipts)
        condition, wish = dice.choice(list(SCOPES.items()))
        query = f"SELECT id FROM notes WHERE {condition}"
        with made.session() as session:
            plan = plan_purge(session).id
        late = dice.randrange(MANY)
        with applied_meanwhile(made, plan), made.session() as session:
            while made.rows("SELECT count(*) FROM notes")[0][0] > MANY - late:
                pass
            shown = holds.place(session, wish)
            assert not shown.pending
            there = made.rows(query)
        assert made.rows(query) == there
        between += 0 < len(made.rows("SELECT id FROM notes")) < MANY
    assert between > 0


def _database(kind: str, file: Path, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        file.touch()
        return f"sqlite:///{file}"
    make: Callable[[], str] = request.getfixturevalue("postgres_database")
    return make()


def _laid(folder: Path, url: str, *, receipts: bool) -> Company:
    option = "zone: UTC, batch: 2" + ("}" if receipts else ", receipts: 0}")
    made = company(folder, url, (USERS, NOTES), DATA, rules=("zone: UTC}", option))
    rows = ", ".join(f"({n}, 1, '2020-01-01', '{'open' if n % 3 else 'done'}')" for n in range(MANY))
    made.run("INSERT INTO users VALUES (1, 'ann@example.com', NULL)", f"INSERT INTO notes VALUES {rows}")
    return made
