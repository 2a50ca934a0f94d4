"""Questions with very many links: SQLite would plan them for seconds, so the linked keys are kept beside first."""

import sqlite3
from pathlib import Path

from dsr.core.model import Collection, Field, FieldType
from dsr.core.policy import StoreConfig
from dsr.core.select import Linked, Predicate, Selection, either, negate, one_of
from dsr.core.store import Question
from dsr.stores.memory import MemoryStore
from dsr.stores.sql.store import SqlStore

ROWS = [{"id": n, "up": n // 2, "name": f"n{n % 7}"} for n in range(1, 200)]
TREE = Collection(
    "tree",
    (Field("id", FieldType.INTEGER, nullable=False), Field("up", FieldType.INTEGER), Field("name", FieldType.TEXT)),
    key=("id",),
)


def linked(depth: int, number: int) -> Predicate:
    """Rows under rows under … those of one name."""
    inner = one_of(("name",), [f"n{number}"]) if depth == 0 else linked(depth - 1, number)
    return Linked((("up",),), Selection("tree", either(inner, one_of(("id",), [number]))), (("id",),))


def stores(folder: Path) -> tuple[SqlStore, MemoryStore]:
    file = sqlite3.connect(folder / "app.db")
    file.execute("CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER, name TEXT)")
    file.executemany("INSERT INTO tree VALUES (:id, :up, :name)", ROWS)
    file.commit()
    file.close()
    plain = MemoryStore(StoreConfig("app", "memory", "", "UTC", (), "retention.yaml:1"))
    plain.put(TREE, ROWS)
    return SqlStore(StoreConfig("app", "sql", f"sqlite:///{folder / 'app.db'}", "UTC", (), "retention.yaml:1")), plain


def test_very_many_links_select_what_they_mean(tmp_path: Path) -> None:
    store, oracle = stores(tmp_path)
    parts = [linked(depth, number) for depth in range(6) for number in range(6)]
    for where in (either(*parts), negate(either(*parts[::2])), either(*(negate(part) for part in parts[:9]))):
        selection = Selection("tree", where)
        assert store.count(selection) == oracle.count(selection)
    everything, questions = Selection("tree"), tuple(Question(part) for part in parts)
    found = [span.count for span in store.poll(everything, questions)]
    assert found == [oracle.count(Selection("tree", part)) for part in parts]
    assert len(set(found)) > 3
    assert store.poll(everything, questions) == store.poll(everything, questions)  # nothing is left of the first
    store.close()
