"""Addresses inside JSON, among values that look like them; and few rows of many, found by an index."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsr.core.matching import Match
from dsr.core.policy import StoreConfig
from dsr.core.select import IsNull, Linked, Selection, matches, negate, one_of
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
    "null",
    None,
]
BROKEN = ['{"to": "ann@example.com"', ""]


@pytest.fixture(params=["sqlite", "json", "jsonb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'app.db'}" if sqlite else request.getfixturevalue("postgres_database")()
    (tmp_path / "app.db").touch()
    texts = [*FOUND, *OTHERS, *(BROKEN if sqlite else ())]
    engine = sa.create_engine(sa.make_url(url).set(drivername="sqlite" if sqlite else "postgresql+psycopg"))
    with engine.begin() as connection:
        kind = "JSON" if sqlite else request.param
        connection.exec_driver_sql("CREATE TABLE people (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(f"CREATE TABLE events (id INTEGER PRIMARY KEY, person INTEGER, payload {kind})")
        connection.exec_driver_sql("CREATE INDEX of_person ON events (person)")
        insert = sa.text(f"INSERT INTO events VALUES (:id, :person, CAST(:text AS {'TEXT' if sqlite else kind}))")
        connection.execute(insert, [{"id": n, "person": n % 3, "text": text} for n, text in enumerate(texts)])
        connection.execute(sa.text("INSERT INTO people VALUES (:id)"), [{"id": n} for n in range(3)])
    engine.dispose()
    made = SqlStore(StoreConfig("app", "sql", url, "UTC", (), "retention.yaml:1"))
    yield made
    made.close()


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


@pytest.mark.parametrize("path", [("payload",), ("payload", "to")], ids=len)
def test_nothing_is_null_in_either_form(store: SqlStore, path: tuple[str, ...]) -> None:
    everything = list(store.read(Selection("events")))
    for where in (IsNull(path), negate(IsNull(path))):
        found = {record.values["id"] for record in store.read(Selection("events", where))}
        assert found == {one.values["id"] for one in everything if matches(where, one, StoreLookup(store))}
        assert found


def test_few_rows_of_a_whole_table_are_found_by_its_index(store: SqlStore) -> None:
    ones = [Linked((("person",),), Selection("people", one_of(("id",), [n])), (("id",),)) for n in range(2)]
    plans: list[str] = []

    def explain(
        connection: sa.Connection, _cursor: object, statement: str, values: tuple[object, ...], *_: object
    ) -> None:
        if "FROM events" in statement and connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            plans.extend(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values))

    sa.event.listen(store._engine, "before_cursor_execute", explain)
    spans = store.poll(Selection("events"), [Question(one) for one in ones])

    assert [span.count for span in spans] == [store.count(Selection("events", one)) for one in ones]
    assert all(span.count for span in spans)
    assert plans or store._engine.dialect.name != "sqlite"
    assert not any(plan.startswith("SCAN events") for plan in plans)
