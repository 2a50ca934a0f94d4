"""SQLite deletes by ranges of row numbers where the selected rows lie close together: none stays, and no other goes."""

import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dsr.core.policy import StoreConfig
from dsr.core.select import And, Before, Dated, Linked, Not, Selection
from dsr.stores.sql import units
from dsr.stores.sql.store import SqlStore

COUNT = 3_000
DUE = And((Before(("at",), datetime(2024, 1, 1, tzinfo=UTC)), Dated(("at",))))
LAYOUTS = {
    "the oldest come first": lambda n, dice: n < COUNT // 3,
    "in the middle": lambda n, dice: COUNT // 3 < n < COUNT // 2,
    "everywhere": lambda n, dice: dice.random() < 0.6,
    "close together, and one alone at each end": lambda n, dice: n in (0, COUNT - 1) or 900 < n < 1_400,
    "all": lambda n, dice: True,
    "hardly any": lambda n, dice: n % 40 == 0,
}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    made.execute("CREATE TABLE logs (id INTEGER PRIMARY KEY, at TEXT)")
    made.execute("CREATE INDEX logs_at ON logs (at)")
    made.execute("CREATE TABLE held (id INTEGER PRIMARY KEY)")
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path, outside: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
    monkeypatch.setattr(units, "_PROBED", 5)
    url = f"sqlite:///{tmp_path / 'app.db'}"
    made = SqlStore(StoreConfig("app", "sql", url, "UTC", (("batch", "50"),), "retention.yaml:1"))
    yield made
    made.close()


def fill(connection: sqlite3.Connection, layout: str, start: int = 0) -> set[int]:
    dice = random.Random(7)
    due = {n + start for n in range(COUNT) if LAYOUTS[layout](n, dice)}
    every = range(start, start + COUNT)
    rows = [(n, f"202{3 if n in due else 5}-0{dice.randint(1, 9)}-01 10:00:00") for n in every]
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO logs VALUES (?, ?)", rows)
    connection.execute("COMMIT")
    return due


def left(connection: sqlite3.Connection) -> set[int]:
    return {number for (number,) in connection.execute("SELECT id FROM logs")}


@pytest.mark.parametrize("start", [0, -1_500, 2**62])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_exactly_the_due_rows_go(store: SqlStore, outside: sqlite3.Connection, layout: str, start: int) -> None:
    due = fill(outside, layout, start)
    found = [unit.count for unit in store.delete(Selection("logs", DUE), COUNT)]
    assert sum(found) == len(due)
    assert len(found) > 1
    assert max(found) <= 50
    assert left(outside) == set(range(start, start + COUNT)) - due


def test_what_changes_between_two_units_is_seen(store: SqlStore, outside: sqlite3.Connection) -> None:
    due = fill(outside, "in the middle")
    held = Not(Linked((("id",),), Selection("held"), (("id",),)))
    running = store.delete(Selection("logs", And((DUE, held))), 2 * COUNT)
    next(running)
    renewed, kept = sorted(due & left(outside))[-2:]
    outside.execute("UPDATE logs SET at = '2025-06-01 10:00:00' WHERE id = ?", (renewed,))
    outside.execute("INSERT INTO held VALUES (?)", (kept,))
    outside.execute("INSERT INTO logs VALUES (?, '2023-01-01 10:00:00')", (COUNT,))
    list(running)
    assert left(outside) == (set(range(COUNT)) - due) | {renewed, kept}


def test_what_comes_behind_the_walk_goes_too(store: SqlStore, outside: sqlite3.Connection) -> None:
    fill(outside, "all")
    running = store.delete(Selection("logs", DUE), 2 * COUNT)
    next(running)
    outside.execute("INSERT INTO logs VALUES (10, '2023-01-01 10:00:00')")  # behind the walk
    list(running)
    assert left(outside) == set()
