"""Rows of several people that an index gives person by person, in more windows than one: none is passed over."""

import random
import sqlite3
from pathlib import Path

import pytest

from dsr.core.policy import StoreConfig
from dsr.core.select import OneOf, Selection
from dsr.stores.sql import units
from dsr.stores.sql.store import SqlStore


@pytest.mark.parametrize("window", [1, 7, 40, 10_000])
def test_no_row_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int):
    monkeypatch.setattr(units, "_WINDOW", window)
    path = tmp_path / "app.db"
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER)")
    base.execute("CREATE INDEX notes_user ON notes (user_id)")
    dice = random.Random(7)
    base.executemany("INSERT INTO notes VALUES (?, ?)", [(n, dice.randrange(5)) for n in range(300)])
    mine = base.execute("SELECT count(*) FROM notes WHERE user_id IN (1, 3, 4)").fetchone()[0]
    base.commit()
    base.close()
    store = SqlStore(StoreConfig("app", "sql", f"sqlite:///{path}", "UTC", (("batch", "5"),), "retention.yaml:1"))
    mine_alone = OneOf((("user_id",),), frozenset({(1,), (3,), (4,)}))
    done = sum(unit.count for unit in store.delete(Selection("notes", mine_alone), 1_000))
    left = store.count(Selection("notes"))
    store.close()
    assert (done, left) == (mine, 300 - mine)
