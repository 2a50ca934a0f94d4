"""What SQLite takes for a date is what a record's own value is read as, whatever was put into the column."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dsr.core.clock import Clock
from dsr.core.policy import StoreConfig
from dsr.core.select import Before, Dated, Selection, negate
from dsr.core.store import Store
from dsr.stores.memory import MemoryStore
from dsr.stores.sql.store import SqlStore

VALUES = [
    "2024-01-31", "2024-01-31 10:00:00", "2024-01-31 10:00:00.123456", "2024-01-31T10:00:00Z", "20240131", "2024-W05-3",
    "2024-02-30", "2023-02-29 10:00:00", "0000-01-01", "0000-01-01 00:00:00", "2024-01-31 ", "2024-1-31", "never", "",
    b"2024-01-31", b"2024-01-31 10:00:00", b"never", 20240131, 2024, 2024.5, 0, -1, None, "9999-12-31 23:59:59",
    "2024W053", "2024W05", "2024-01-31 24:00:00", "2024-01-31 25:00:00", "2024-13-01 10:00:00", "2024-00-10 10:00:00",
    "2024-01-00 10:00:00", "2024-02-30 10:00:00", "2024-01-31 10:00:00+05:00", "2024-01-31 10:00:00.12345Z",
    "2024-01-31 10:00:00.1+0100", "20240131T100000", "2024-02-01 00:00:00+23:59", "2024-02-05 00:00:00", "2023-12-31",
    "2024-12-30", "2024-12-31 23:00:00", "2025-W01-1", "2025W011", "20250101", "20231231", "2023-W52-7", "2023W527",
]  # fmt: skip
EDGES = [datetime(2024, 1, 31, 9, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 12, 27, tzinfo=UTC),
         datetime(2024, 12, 30, 12, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)]  # fmt: skip


def ids(store: Store, selection: Selection) -> set[object]:
    return {record.values["id"] for record in store.read(selection)}


@pytest.mark.parametrize("declared", ["TEXT", "DATETIME", "BLOB", ""])
def test_dates_in_a_column_of_any_type_mean_what_the_record_says(tmp_path: Path, declared: str) -> None:
    file = sqlite3.connect(tmp_path / "app.db")
    file.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, at {declared})")
    file.executemany("INSERT INTO t (at) VALUES (?)", [(value,) for value in VALUES])
    file.commit()
    file.close()
    store = SqlStore(StoreConfig("app", "sql", f"sqlite:///{tmp_path / 'app.db'}", "UTC", (), "retention.yaml:1"))
    clock = Clock()
    oracle = MemoryStore(StoreConfig("app", "memory", "", "UTC", (), "retention.yaml:1"))
    (table,) = store.collections()
    oracle.put(table, [dict(record.values) for record in store.read(Selection("t"))])
    for where in (Dated(("at",), clock), *(Before(("at",), edge, clock) for edge in EDGES)):
        for asked in (where, negate(where)):
            selection = Selection("t", asked)
            assert ids(store, selection) == ids(oracle, selection)
    assert store.span(Selection("t"), ("at",), clock) == oracle.span(Selection("t"), ("at",), clock)
    assert store.count(Selection("t", Dated(("at",), clock))) > 5
    store.close()
