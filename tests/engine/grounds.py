"""Where a drawn world is laid down: memory stores, SQLite files, PostgreSQL databases."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import sqlalchemy as sa
from building import config
from generating import World
from sql_tables import lay_down

from dsr.core.store import Store
from dsr.stores.memory import MemoryStore
from dsr.stores.sql.store import SqlStore

Stores = Mapping[str, Store]


class Ground(Protocol):
    """Takes one world after the other. `unit` is how many records go at once."""

    def lay(self, world: World, unit: int = 1000) -> Stores:
        """The world's data, laid down afresh, in opened stores."""

    def again(self) -> Stores:
        """The same data, opened once more."""


class Memory:
    """Memory stores that enforce their references."""

    def __init__(self) -> None:
        self._stores: dict[str, MemoryStore] = {}

    def lay(self, world: World, unit: int = 1000) -> Stores:
        options = (("references", "enforce"), ("unit", str(unit)))
        self._stores = {one.name: MemoryStore(config(one.name, *options)) for one in world.policy.stores}
        for name, store in self._stores.items():
            for table in world.tables(name):
                store.put(table.collection, table.records)
        return self._stores

    def again(self) -> Stores:
        return self._stores


class Databases:
    """Tables with real keys, foreign keys and limits, each store in the database of its url."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls, self._unit = urls, 1000
        self._engines = {name: sa.create_engine(url) for name, url in urls.items()}
        self._opened: list[SqlStore] = []

    def lay(self, world: World, unit: int = 1000) -> Stores:
        self._close()
        self._unit = unit
        for name, engine in self._engines.items():
            lay_down(engine, world.tables(name))
        return self.again()

    def again(self) -> Stores:
        stores = {name: SqlStore(self._config(name, url)) for name, url in self._urls.items()}
        self._opened.extend(stores.values())
        return stores

    def close(self) -> None:
        """Leave the databases."""
        self._close()
        for engine in self._engines.values():
            engine.dispose()

    def _config(self, name: str, url: str):
        return replace(config(name, ("batch", str(self._unit))), kind="sql", url=url)

    def _close(self) -> None:
        while self._opened:
            self._opened.pop().close()
