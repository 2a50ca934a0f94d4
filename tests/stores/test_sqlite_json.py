"""Addresses inside JSON in SQLite, among values that look like them."""

import json
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsr.core.matching import Match
from dsr.core.policy import StoreConfig
from dsr.core.select import Linked, Selection, matches, negate, one_of
from dsr.core.store import Question
from dsr.engine.estate import StoreLookup
from dsr.stores.sql.store import SqlStore

ANN = "ann@example.com"
FOUND = [
    json.dumps({"to": ANN}),
    json.dumps({"to": "  Ann@Example.COM "}),
    '{"to": "ann\\u0040example.com"}',
]
OTHERS = [
    json.dumps({"to": [ANN]}),
    json.dumps({"to": {"ann@example.com": 1}}),
    json.dumps({"to": "joann@example.com"}),
    json.dumps({"to": "5"}),
    json.dumps({"to": 5}),
    json.dumps({"to": 5.0}),
    json.dumps({"to": True}),
    json.dumps({"to": None}),
    json.dumps({"other": ANN}),
    json.dumps(ANN),
    '{"to": "ann@example.com"',
    "",
    None,
]


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    file = sqlite3.connect(tmp_path / "app.db")
    file.execute("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    file.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, person INTEGER, payload JSON)")
    file.execute("CREATE INDEX of_person ON events (person)")
    rows = [(n, n % 3, text) for n, text in enumerate([*FOUND, *OTHERS])]
    file.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
    file.executemany("INSERT INTO people VALUES (?)", [(n,) for n in range(3)])
    file.commit()
    file.close()
    return SqlStore(StoreConfig("app", "sql", f"sqlite:///{tmp_path / 'app.db'}", "UTC", (), "retention.yaml:1"))


@pytest.mark.parametrize("more", [(), ("5",), ("true",), tuple(f"u{n}@example.com" for n in range(50))], ids=len)
@pytest.mark.parametrize("match", [Match.EMAIL, Match.PHONE, Match.EXACT])
def test_only_a_text_is_an_address(store: SqlStore, match: Match, more: tuple[str, ...]) -> None:
    where = one_of(("payload", "to"), [ANN, *more], match)
    lookup = StoreLookup(store)
    everything = list(store.read(Selection("events")))

    for one in (where, negate(where)):
        found = {record.values["id"] for record in store.read(Selection("events", one))}
        assert found == {record.values["id"] for record in everything if matches(one, record, lookup)}
    if match is Match.EMAIL and not more:
        assert store.count(Selection("events", where)) == len(FOUND)


def test_few_rows_of_a_whole_table_are_found_by_its_index(store: SqlStore) -> None:
    ones = [Linked((("person",),), Selection("people", one_of(("id",), [n])), (("id",),)) for n in range(2)]
    plans: list[str] = []

    def explain(
        connection: sa.Connection, _cursor: object, statement: str, values: tuple[object, ...], *_: object
    ) -> None:
        if "events" in statement:
            driver = connection.connection.driver_connection
            plans.extend(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values))

    sa.event.listen(store._engine, "before_cursor_execute", explain)
    spans = store.poll(Selection("events"), [Question(one) for one in ones])

    assert [span.count for span in spans] == [store.count(Selection("events", one)) for one in ones] == [6, 5]
    assert plans
    assert not any(plan.startswith("SCAN events") for plan in plans)
