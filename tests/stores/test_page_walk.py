"""PostgreSQL deletes page by page where the selected rows lie close together: none of them stays, and no other goes."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from dsr.core.policy import StoreConfig
from dsr.core.select import And, Before, Dated, Linked, Not, Predicate, Selection, one_of
from dsr.stores.sql import units
from dsr.stores.sql.store import SqlStore

DUE = datetime(2024, 1, 1, tzinfo=UTC)
COUNT = 2_400  # of four to a page
LAYOUTS = {
    "the oldest come first": lambda n, dice: n < COUNT // 3,
    "in the middle": lambda n, dice: COUNT // 3 < n < COUNT // 2,
    "everywhere": lambda n, dice: dice.random() < 0.6,
    "close together, and one alone at each end": lambda n, dice: n in (0, COUNT - 1) or 900 < n < 1_400,
    "all": lambda n, dice: True,
    "hardly any": lambda n, dice: n % 40 == 0,
}


@pytest.fixture
def store(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
    monkeypatch.setattr(units, "_STEP", 10)
    made = SqlStore(StoreConfig("app", "sql", postgres_url, "UTC", (("batch", "40"),), "retention.yaml:1"))
    yield made
    made.close()


@pytest.fixture
def outside(postgres_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE logs (id int PRIMARY KEY, at timestamp, kept int, filler text)"))
        connection.execute(sa.text("ALTER TABLE logs ALTER filler SET STORAGE PLAIN"))
        connection.execute(sa.text("CREATE INDEX ON logs (at)"))
        connection.execute(sa.text("CREATE TABLE held (id int PRIMARY KEY)"))
        yield connection
    engine.dispose()


def fill(connection: sa.Connection, layout: str) -> set[int]:
    dice = random.Random(7)
    due = {n for n in range(COUNT) if LAYOUTS[layout](n, dice)}
    rows = [{"id": n, "at": f"202{3 if n in due else 5}-0{dice.randint(1, 9)}-01"} for n in range(COUNT)]
    put = "INSERT INTO logs VALUES (:id, CAST(:at AS timestamp), 0, repeat('x', 1900))"
    connection.execute(sa.text(put), rows)
    connection.execute(sa.text("ANALYZE logs"))
    return due


def purge_of(store: SqlStore, *more: Predicate) -> Selection:
    """As a purge asks for them."""
    dated = Dated(("at",))
    now = Not(And((dated, Not(Before(("at",), datetime(2026, 1, 1, tzinfo=UTC))))))
    name = next(one.name for one in store.collections() if one.name.endswith("logs"))
    return Selection(name, And((Before(("at",), DUE), dated, now, *more)))


def left(connection: sa.Connection) -> set[int]:
    return set(connection.execute(sa.text("SELECT id FROM logs")).scalars())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_exactly_the_due_rows_go(store: SqlStore, outside: sa.Connection, layout: str) -> None:
    due = fill(outside, layout)
    found = [unit.count for unit in store.delete(purge_of(store), COUNT)]
    assert sum(found) == len(due)
    assert len(found) > 1
    assert max(found) <= 8 * 40
    assert left(outside) == set(range(COUNT)) - due


def test_pages_are_walked(store: SqlStore, outside: sa.Connection) -> None:
    said: list[str] = []
    fill(outside, "the oldest come first")

    @sa.event.listens_for(sa.Engine, "before_cursor_execute")
    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    try:
        list(store.delete(purge_of(store), COUNT))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    assert sum("ctid >= " in statement and statement.startswith("DELETE") for statement in said) > 3


def test_what_changes_between_two_units_is_seen(store: SqlStore, outside: sa.Connection) -> None:
    due = fill(outside, "in the middle")
    running = store.delete(purge_of(store), 2 * COUNT)
    next(running)
    rest = sorted(due & left(outside))
    renewed, moved = rest[-50], rest[-80]
    outside.execute(sa.text("UPDATE logs SET at = '2025-06-01' WHERE id = :id"), {"id": renewed})
    outside.execute(sa.text("UPDATE logs SET kept = 1 WHERE id = :id"), {"id": moved})  # goes to another page
    outside.execute(sa.text("INSERT INTO logs VALUES (:id, '2023-01-01', 0, '')"), {"id": COUNT})
    list(running)
    assert left(outside) == (set(range(COUNT)) - due) | {renewed}


def test_what_is_looked_up_elsewhere_is_looked_up_again(store: SqlStore, outside: sa.Connection) -> None:
    due = fill(outside, "the oldest come first")
    held = next(one.name for one in store.collections() if one.name.endswith("held"))
    free = Not(Linked((("id",),), Selection(held), (("id",),)))
    running = store.delete(purge_of(store, free), COUNT)
    next(running)
    last = max(due & left(outside))
    outside.execute(sa.text("INSERT INTO held VALUES (:id)"), {"id": last})
    list(running)
    assert left(outside) == (set(range(COUNT)) - due) | {last}


def test_few_rows_by_an_index_are_no_walk(store: SqlStore, outside: sa.Connection) -> None:
    fill(outside, "all")
    (name,) = [one.name for one in store.collections() if one.name.endswith("logs")]
    chosen = range(0, COUNT, 20)
    list(store.delete(Selection(name, one_of(("id",), chosen)), COUNT))
    assert left(outside) == set(range(COUNT)) - set(chosen)
