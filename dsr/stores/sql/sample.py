"""Some rows of a table from its beginning, its end and places chosen at random, without reading the rest."""

import random
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from dsr.core.model import FieldType, Record
from dsr.stores.sql import read
from dsr.stores.sql.dialect import Dialect
from dsr.stores.sql.tables import TableInfo

_PLACES = 16  # random places; a few rows from each
_HEX = "0123456789abcdefghijklmnopqrstuvwxyz"


def sample(connection: sa.Connection, info: TableInfo, dialect: Dialect, count: int) -> Iterator[Record]:
    """The rows, each once where the table has a key of one column."""
    names, columns, readers = read.columns(info, None, dialect)
    query = sa.select(*columns).select_from(info.table)
    key = _key(info)
    if key is None:
        yield from read.stream(connection, query.limit(count), info.collection.name, names, readers)
        return
    third = max(1, count // 3)
    seen: set[object] = set()
    statements = [query.order_by(key).limit(third), query.order_by(key.desc()).limit(third)]
    statements += [
        query.where(key >= place).order_by(key).limit(max(1, third // _PLACES))
        for place in _places(connection, info, key)
    ]
    name = info.collection.key[0]
    for statement in statements:
        for record in read.stream(connection, statement, info.collection.name, names, readers):
            at = record.values.get(name)
            if not isinstance(at, dict | list) and at not in seen:
                seen.add(at)
                yield record


def _key(info: TableInfo) -> "sa.ColumnElement[Any] | None":
    if len(info.collection.key) != 1:
        return None
    found: sa.ColumnElement[Any] = info.table.c[info.collection.key[0]]
    return found


def _places(connection: sa.Connection, info: TableInfo, key: "sa.ColumnElement[Any]") -> list[object]:
    """Key values at random between the first and the last one."""
    field = info.collection.field(info.collection.key[0])
    kind = field.type if field is not None else FieldType.UNKNOWN
    chance = random.SystemRandom()
    if kind is FieldType.INTEGER:
        first, last = connection.execute(sa.select(sa.func.min(key), sa.func.max(key))).one()
        if not isinstance(first, int) or not isinstance(last, int):
            return []
        return [chance.randint(first, last) for _ in range(_PLACES)]
    if kind is FieldType.TEXT:
        return [chance.choice(_HEX) + chance.choice(_HEX) for _ in range(_PLACES)]
    return []
