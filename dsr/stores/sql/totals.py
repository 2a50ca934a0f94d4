"""Totals in a database: added up and deleted in one transaction, or added with a mark for another store's records."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from dsr.core import own
from dsr.core.errors import GuardError, UnknownOutcomeError, UnsupportedError
from dsr.core.matching import Match
from dsr.core.model import FieldType, canon
from dsr.core.store import Unit
from dsr.core.totals import Column, Mark, Tally, Total, Who, additions, enough
from dsr.stores.sql.dialect import Dialect, Expr
from dsr.stores.sql.fence import Fence
from dsr.stores.sql.tables import TableInfo

MARKS = sa.Table(
    own.TOTALS,
    sa.MetaData(),
    sa.Column("source", sa.String(400), primary_key=True),
    sa.Column("plan", sa.String(64), nullable=False),
    sa.Column("cutoff", sa.String(40), nullable=False),
)
_SNAPSHOT = {"postgresql": "REPEATABLE READ", "mysql": "SERIALIZABLE", "mariadb": "SERIALIZABLE"}
"""Under these what was counted is exactly what is deleted; SQLite has one writer at a time."""


class Totals:
    """Keeps totals in one database. `guard` reports the driver's errors as ours."""

    def __init__(self, engine: sa.Engine, dialect: Dialect, guard: Callable[[], Any], fence: Fence) -> None:
        self._engine, self._dialect, self._guard, self._fence = engine, dialect, guard, fence

    def aggregate(
        self, source: TableInfo, condition: Expr, target: TableInfo, tally: Tally, ceiling: int
    ) -> Iterator[Unit]:
        """Add up what the condition selects, and delete it."""
        key = [source.spot(source.table, column.source) for column in tally.groups]
        readers = [self._dialect.reader(spot) for spot in key]
        named = [self._dialect.readable(spot) for spot in key]
        counts: list[Expr] = [sa.func.count(), self._people(source, tally.who)]
        sums = [self._sum(source, column) for column in tally.sums]
        query = sa.select(*counts, *sums, *named).select_from(source.table).where(condition).group_by(*named)
        done = 0
        with self._transaction() as connection:
            self._fence.enter(connection)
            for count, people, *rest in connection.execute(query).all():
                done += int(count)
                if not enough(int(people), tally.k):
                    continue
                values = [
                    read(v) if read and v is not None else v for read, v in zip(readers, rest[len(sums) :], strict=True)
                ]
                added = additions(tally, int(count), tuple(_number(value) for value in rest[: len(sums)]))
                total_key = (*tally.fixed, *zip((column.into for column in tally.groups), values, strict=True))
                self._add(connection, target, Total(total_key, added))
            if done > ceiling:
                raise GuardError(
                    f"{target.collection.name}: more records are selected than the limit of {ceiling}. Nothing was "
                    "added up. Look at the plan again, then raise the limit or make a new plan."
                )
            gone = connection.execute(sa.delete(source.table).where(condition)).rowcount
            if gone not in (done, -1):
                raise UnknownOutcomeError(f"{source.collection.name}: other records were deleted than added up.")
            self._fence.leave(connection, done)
        if done:
            yield Unit(done)

    def marked(self, source: str) -> Mark | None:
        """The mark of a source, if the table is there and holds one."""
        with self._guard(), self._engine.connect() as connection:
            if not sa.inspect(connection).has_table(MARKS.name):
                return None
            row = connection.execute(sa.select(MARKS).where(MARKS.c.source == source)).one_or_none()
        return None if row is None else Mark(row.source, row.plan, datetime.fromisoformat(row.cutoff))

    def add(self, target: TableInfo, totals: Iterable[Total], mark: Mark) -> None:
        """Everything in one transaction, the mark included."""
        with self._guard(), self._engine.connect() as connection, connection.begin():
            MARKS.create(connection, checkfirst=True)
        with self._transaction() as connection:
            connection.execute(sa.delete(MARKS).where(MARKS.c.source == mark.source))
            cutoff = mark.cutoff.astimezone(UTC).isoformat()
            connection.execute(sa.insert(MARKS).values(source=mark.source, plan=mark.plan, cutoff=cutoff))
            for total in totals:
                self._add(connection, target, total)

    def unmark(self, source: str) -> None:
        """Take the mark away."""
        with self._transaction() as connection:
            connection.execute(sa.delete(MARKS).where(MARKS.c.source == source))

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        options: dict[str, Any] = {"dsr_write": True}
        level = _SNAPSHOT.get(self._engine.dialect.name)
        if level is not None:
            options["isolation_level"] = level
        with self._guard(), self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def _people(self, info: TableInfo, who: Who | None) -> Expr:
        if who is None:
            return sa.literal_column("0")
        spot = info.spot(info.table, who.field)
        text = self._dialect.text_of(spot)
        if who.match is not Match.EXACT:
            text = self._dialect.fold(text, who.match)
        nobody = self._dialect.one_of([spot], [(mark,) for mark in who.nobody]) if who.nobody else sa.false()
        return sa.func.count(sa.distinct(sa.case((nobody, sa.null()), else_=text)))

    def _sum(self, info: TableInfo, column: Column) -> Expr:
        number = self._dialect.number(info.spot(info.table, column.source))
        if number is None:
            raise UnsupportedError(f"{info.collection.name}.{'.'.join(column.source)} is no number and has no sum.")
        return sa.func.coalesce(sa.func.sum(number), 0)

    def _add(self, connection: sa.Connection, target: TableInfo, total: Total) -> None:
        """To the row of the group, or as its first row. A group without a name in a field that needs one is left out
        unless the field can hold the empty text.
        """
        table = target.table
        key: dict[str, Expr | None] = {}
        for name, value in total.key:
            field = target.collection.field(name)
            if value is None and field is not None and not field.nullable:
                if field.type is not FieldType.TEXT:
                    return
                value = ""  # the name that such a table has for "none"
            key[name] = None if canon(value) is None else self._stored(target, name, value)
        here = [table.c[name].is_(None) if value is None else table.c[name] == value for name, value in key.items()]
        grown = {table.c[n]: sa.func.coalesce(table.c[n], 0) + self._stored(target, n, v) for n, v in total.added}
        if connection.execute(sa.update(table).where(sa.and_(sa.true(), *here)).values(grown)).rowcount:
            return
        values: dict[Any, Any] = {table.c[name]: sa.null() if value is None else value for name, value in key.items()}
        values |= {table.c[name]: self._stored(target, name, value) for name, value in total.added}
        connection.execute(sa.insert(table).values(values))

    def _stored(self, target: TableInfo, name: str, value: object) -> Expr:
        return self._dialect.stored(target.spot(target.table, (name,)), value)


def _number(value: object) -> int | Decimal:
    number = value if isinstance(value, int | Decimal) else Decimal(repr(value))
    return int(number) if number == int(number) else number
