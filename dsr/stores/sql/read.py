"""Reading rows as records: raw tuples in pages, so that memory stays flat however many there are."""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from dsr.core.model import Path, Record
from dsr.stores.sql.dialect import Dialect, Expr
from dsr.stores.sql.tables import TableInfo

_PAGE = 2_000

Reader = Callable[[Any], object]


def columns(
    info: TableInfo, fields: tuple[Path, ...] | None, dialect: Dialect
) -> tuple[list[str], list[Expr], list[tuple[str, Reader]]]:
    """Names, expressions and the readers of those columns whose stored form is not yet the value."""
    wanted = None if fields is None else {path[0] for path in fields}
    if wanted is not None:
        for name in sorted(wanted):
            info.spot(info.table, (name,))  # raises for a column that is not there
    found = [field for field in info.collection.fields if wanted is None or field.name in wanted]
    spots = [info.spot(info.table, (field.name,)) for field in found]
    readers = [(s.field.name, reader) for s in spots if (reader := dialect.reader(s)) is not None]
    return [field.name for field in found], [dialect.readable(spot) for spot in spots], readers


def stream(
    connection: sa.Connection,
    statement: sa.Select[Any],
    collection: str,
    names: list[str],
    readers: list[tuple[str, Reader]],
) -> Iterator[Record]:
    """The rows of a statement as records."""
    result = connection.execution_options(stream_results=True, max_row_buffer=_PAGE).execute(statement)
    try:
        for page in result.partitions(_PAGE):
            for row in page:
                values: dict[str, object] = dict(zip(names, row, strict=False))
                for name, reader in readers:
                    value = values[name]
                    if value is not None:
                        values[name] = reader(value)
                yield Record(collection, values)
    finally:
        result.close()
