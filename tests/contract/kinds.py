"""One builder per store kind for the contract test. A new kind adds itself to `KINDS`.

A builder is given the running test and a folder, is filled once with tables, and gives the opened store. What a kind
cannot hold it says in `types` and `never`, with the reason a person would accept.
"""

import itertools
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
import redis_tables
import sqlalchemy as sa
from sql_tables import Table, lay_down

from dsr.core.model import FieldType, canon
from dsr.core.policy import StoreConfig
from dsr.core.store import Store
from dsr.stores.logs.store import LogStore
from dsr.stores.memory import MemoryStore
from dsr.stores.redis.store import RedisStore
from dsr.stores.sql.store import SqlStore

_numbers = itertools.count()
EVERY_TYPE = frozenset(FieldType) - {FieldType.UNKNOWN}


class Filler(Protocol):
    """Lays tables down in a fresh place and opens the store there; may be called many times in one test."""

    def __call__(self, tables: Sequence[Table]) -> Store: ...


@dataclass(frozen=True)
class Kind:
    """A store kind in the contract. `never` maps a topic ("links", "rewrite", "path rewrite") to the reason.

    `builder` gets pytest's request (for server fixtures) and a temporary folder.
    """

    name: str
    builder: Callable[[pytest.FixtureRequest, Path], Filler]
    types: frozenset[FieldType] = EVERY_TYPE
    never: Mapping[str, str] = field(default_factory=dict)


def config(kind: str, url: str, **options: str) -> StoreConfig:
    """A store configuration as the loader would make it."""
    return StoreConfig("app", kind, url, "UTC", tuple(options.items()), "retention.yaml:1")


def memory(request: pytest.FixtureRequest, folder: Path) -> Filler:
    def fill(tables: Sequence[Table]) -> Store:
        store = MemoryStore(config("memory", "", unit="3"))
        for table in tables:
            store.put(table.collection, table.records)
        return store

    return fill


def sqlite(request: pytest.FixtureRequest, folder: Path) -> Filler:
    def fill(tables: Sequence[Table]) -> Store:
        file = folder / f"{next(_numbers)}.db"
        sqlite3.connect(file).close()
        return _filled(f"sqlite:///{file}", tables, batch=3)

    return fill


def postgres(request: pytest.FixtureRequest, folder: Path) -> Filler:
    url = request.getfixturevalue("postgres_url")
    return lambda tables: _filled(url, tables, batch=3)


def mariadb(request: pytest.FixtureRequest, folder: Path) -> Filler:
    url = request.getfixturevalue("mariadb_url")
    return lambda tables: _filled(url, tables, batch=3)


def _filled(url: str, tables: Sequence[Table], batch: int) -> Store:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    lay_down(engine, tables)
    engine.dispose()
    return SqlStore(config("sql", url, batch=str(batch)))


def json_lines(request: pytest.FixtureRequest, folder: Path) -> Filler:
    def fill(tables: Sequence[Table]) -> Store:
        place = folder / str(next(_numbers))
        place.mkdir()
        for table in tables:
            lines = [json.dumps(record, default=float) for record in table.records]
            for part in (0, 1):  # two files of one stream
                text = "".join(f"{line}\n" for line in lines[part::2])
                (place / f"{table.collection.name}.jsonl.{part}").write_text(text, encoding="utf-8")
        return LogStore(config("logs", str(place)))

    return fill


def csv_rows(request: pytest.FixtureRequest, folder: Path) -> Filler:
    def cell(value: object) -> str:
        return "" if value is None else '"' + str(canon(value)).replace('"', '""') + '"'

    def fill(tables: Sequence[Table]) -> Store:
        place = folder / str(next(_numbers))
        place.mkdir()
        for table in tables:
            rows = [",".join(f.name for f in table.collection.fields)]
            rows += [",".join(map(cell, record.values())) for record in table.records]
            (place / f"{table.collection.name}.csv").write_text("\n".join(rows), encoding="utf-8")
        return LogStore(config("logs", str(place)))

    return fill


def redis_strings(request: pytest.FixtureRequest, folder: Path) -> Filler:
    return _redis(request, hashes=False)


def redis_hashes(request: pytest.FixtureRequest, folder: Path) -> Filler:
    return _redis(request, hashes=True)


def _redis(request: pytest.FixtureRequest, *, hashes: bool) -> Filler:
    server = request.getfixturevalue("redis_server")

    def fill(tables: Sequence[Table]) -> Store:
        redis_tables.lay_down(server.client, tables, hashes=hashes)
        return redis_tables.AsTables(RedisStore(config("redis", server.url, **dict(server.options))), tables)

    return fill


JSON_TYPES = frozenset({FieldType.TEXT, FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN, FieldType.JSON})
KINDS = [
    Kind("memory", memory),
    Kind("sqlite", sqlite),
    Kind("json lines", json_lines, JSON_TYPES),
    Kind("csv", csv_rows, JSON_TYPES - {FieldType.JSON}, {"rewrite": "a number written to a cell reads back as text"}),
    Kind("postgres", postgres),
    Kind("mariadb", mariadb),
    Kind("redis strings", redis_strings, JSON_TYPES),
    Kind(
        "redis hashes",
        redis_hashes,
        JSON_TYPES - {FieldType.JSON},
        {"rewrite": "a number written to a field of a hash reads back as text"},
    ),
]
