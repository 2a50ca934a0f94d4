"""A relational database as a store."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path as FilePath
from typing import Any

import sqlalchemy as sa

from dsr.core.clock import Clock
from dsr.core.fence import Guarantee, Permit, Receipts
from dsr.core.model import Collection, Path, Record
from dsr.core.policy import StoreConfig
from dsr.core.select import Change, Everything, Not, Rewritten, Selection, both, mentions
from dsr.core.store import Allowance, Hiding, Question, Restricted, Scrubbed, Span, Traits, Unit
from dsr.core.totals import Mark, Tally, Total
from dsr.stores.sql import read
from dsr.stores.sql.compile import Compiler, is_few
from dsr.stores.sql.connect import engine_of, settings_of
from dsr.stores.sql.delete import delete
from dsr.stores.sql.families import Family, family_of
from dsr.stores.sql.faults import reported
from dsr.stores.sql.fence import Fence
from dsr.stores.sql.grants import statements
from dsr.stores.sql.poll import Poll
from dsr.stores.sql.restrict import Restriction
from dsr.stores.sql.rewrite import assignments
from dsr.stores.sql.sample import sample
from dsr.stores.sql.scrub import files, scrub
from dsr.stores.sql.tables import Schema, with_json, without_ours
from dsr.stores.sql.totals import Totals
from dsr.stores.sql.units import Job, Statement, Worker, units, whole

_MANY_LINKS = 24
"""SQLite copies a named query into every place that asks for it: with 138 of them planning took 5 seconds."""


class SqlStore:
    """SQLite, PostgreSQL, MariaDB or MySQL. It connects at first use; the tables are read once and kept until
    `collections` is asked again.
    """

    def __init__(self, config: StoreConfig) -> None:
        self._settings = settings_of(config)
        self._engine = engine_of(config, self._settings)
        # a transaction around one reading statement is two more messages
        one = {} if self._engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        self._single = self._engine.execution_options(**one)
        self._family: Family = family_of(self._engine.dialect.name)
        self._dialect = self._family.dialect
        self._schema: Schema | None = None
        self._fence = Fence(self._engine, lambda: self._reported(None), wanted=self._settings.receipts)
        self._restriction = Restriction(self._engine, self._compiler, lambda: self._reported(None))
        self._inside = config.inside
        self.name = config.name
        self.traits = Traits(keys_at_once=200_000, residue=self._family.residue)

    def collections(self) -> Iterable[Collection]:
        """All tables, as they are now; views, system tables and our own are left out."""
        self._schema = self._reflect()
        return tuple(info.collection for info in self._schema.tables.values())

    def count(self, selection: Selection) -> int:
        """How many rows are selected."""
        compiler = self._compiler()
        info, where = compiler.selected(selection)
        if compiler.named > _MANY_LINKS:
            return self.poll(selection, (Question(Everything()),))[0].count
        query = sa.select(sa.func.count()).select_from(info.table).where(where)
        with self._reported(selection), self._single.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def span(self, selection: Selection, field: Path, clock: Clock) -> Span:
        """Count and range in one statement."""
        return self.poll(selection, (Question(Everything(), field, clock),))[0]

    def poll(self, selection: Selection, questions: Sequence[Question]) -> tuple[Span, ...]:
        """All in one statement, or, where SQLite would need seconds to plan that, over tables of linked keys.

        Few rows of a whole table are asked for one by one: together they would need all its rows to be read.
        """
        if isinstance(selection.where, Everything) and all(is_few(one.where) for one in questions):
            return tuple(self._few(Selection(selection.collection, one.where), one) for one in questions)
        compiler = self._compiler()
        poll = Poll(compiler, self._dialect, selection, questions)
        if self._engine.dialect.name != "sqlite" or compiler.named <= _MANY_LINKS:
            with self._reported(selection), self._single.connect() as connection:
                return poll.run(connection)
        poll = Poll(self._compiler(keep=True), self._dialect, selection, questions)
        with self._reported(selection), self._engine.connect() as connection, connection.begin() as transaction:
            found = poll.run(connection)
            transaction.rollback()
        return found

    def _few(self, selection: Selection, question: Question) -> Span:
        if question.field is None:
            return Span(self.count(selection), 0, None, None)
        return self.span(selection, question.field, question.clock)

    def read(self, selection: Selection, fields: tuple[Path, ...] | None = None) -> Iterator[Record]:
        """The selected rows in pages."""
        info, where = self._compiler().selected(selection)
        names, columns, readers = read.columns(info, fields, self._dialect)
        query = sa.select(*columns).select_from(info.table).where(where)
        with self._reported(selection), self._engine.connect() as connection:
            yield from read.stream(connection, query, selection.collection, names, readers)

    def sample(self, collection: str, count: int) -> Iterator[Record]:
        """Rows from the beginning, the end and random places, by the key."""
        info, _ = self._compiler().selected(Selection(collection))
        with self._reported(Selection(collection)), self._engine.connect() as connection:
            yield from sample(connection, info, self._dialect, count)

    def delete(self, selection: Selection, ceiling: int) -> Iterator[Unit]:
        """Delete in units, each one transaction."""
        info, where = self._compiler().selected(selection)

        def statement(condition: sa.ColumnElement[bool]) -> Statement:
            return sa.delete(info.table).where(condition)

        worker = self._worker(selection, ceiling)
        yield from delete(worker, self._dialect, Job(info, where, statement), selection, self._settings.batch)
        self._settle()

    def rewrite(self, selection: Selection, changes: tuple[Change, ...], ceiling: int) -> Iterator[Unit]:
        """Update in units the rows that do not have the changes yet."""
        compiler = self._compiler()
        pending = Selection(selection.collection, both(selection.where, Not(Rewritten(changes))))
        info, where = compiler.selected(pending)
        values: dict[Any, Any] = assignments(compiler, self._dialect, info, changes)

        def statement(condition: sa.ColumnElement[bool]) -> Statement:
            return sa.update(info.table).where(condition).values(values)

        worker, job = self._worker(selection, ceiling), Job(info, where, statement)
        sees_itself = mentions(selection.where, selection.collection)
        yield from whole(worker, job) if sees_itself else units(worker, job, self._settings.batch)
        self._settle()

    def aggregate(self, selection: Selection, tally: Tally, ceiling: int) -> Iterator[Unit]:
        """Add up and delete, in one transaction."""
        info, where = self._compiler().selected(selection)
        target = self._compiler().selected(Selection(tally.into))[0]
        yield from self._totals(selection).aggregate(info, where, target, tally, ceiling)
        self._settle()

    def marked(self, source: str) -> Mark | None:
        """The mark of a source in the database."""
        return self._totals(None).marked(source)

    def add(self, into: str, totals: Iterable[Total], mark: Mark) -> None:
        """Add totals and their mark, in one transaction."""
        selection = Selection(into)
        self._totals(selection).add(self._compiler().selected(selection)[0], totals, mark)

    def unmark(self, source: str) -> None:
        """Take the mark away."""
        self._totals(None).unmark(source)

    def guarantee(self) -> Guarantee:
        """T1 where receipts and fences may be kept beside the data, T2 elsewhere."""
        return self._fence.guarantee()

    def prepare(self) -> Guarantee:
        """Make the tables for that where they are wanted and allowed."""
        return self._fence.prepare()

    def standing(self, name: str) -> int:
        """The token of a fence."""
        return self._fence.standing(name)

    def beside(self, name: str) -> tuple[str, ...]:
        """Fences that other state databases have raised."""
        return self._fence.beside(name)

    def admit(self, name: str, token: int) -> int:
        """Raise a fence after the units that are in flight."""
        return self._fence.admit(name, token)

    def permit(self, permit: Permit | None) -> Receipts:
        """What every unit shows from now on."""
        return self._fence.permit(permit)

    def receipts(self, run: str, step: int) -> Receipts:
        """What is committed of a step."""
        return self._fence.receipts(run, step)

    def grants(self, allowed: Iterable[Allowance]) -> str:
        """Roles for this database, as SQL."""
        self._schema = self._schema or self._reflect()
        return statements(self._engine, self._schema, allowed)

    @property
    def hiding(self) -> Hiding:
        """A row policy in PostgreSQL, a view elsewhere."""
        return self._restriction.hiding

    def restrict(self, mark: str, selections: Sequence[Selection]) -> tuple[Restricted, ...]:
        """Keep readers away from the selected rows."""
        return self._restriction.restrict(mark, selections)

    def lift(self, mark: str) -> None:
        """Show again what only this mark hides."""
        self._restriction.lift(mark)

    def scrub(self, *, whole: bool) -> Scrubbed:
        """Vacuum; see `scrub` for what that reaches in each database."""
        tables = [table.collection.name for table in self._reflect().tables.values()]
        with self._reported(None):
            return scrub(self._engine, tables, whole=whole)

    def files(self) -> tuple[FilePath, ...]:
        """SQLite's file with its logs; PostgreSQL's folder where it is on this machine and may be read."""
        with self._reported(None):
            return files(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _compiler(self, *, keep: bool = False) -> Compiler:
        if self._schema is None:
            self._schema = self._reflect()
        return Compiler(self._schema, self._dialect, keep=keep)

    def _reflect(self) -> Schema:
        with self._reported(None), self._engine.connect() as connection:
            tables = without_ours(self._family.reflect(connection))
        if self._family.text_as_json:
            tables = [with_json(info, self._inside) for info in tables]
        return Schema({info.collection.name: info for info in tables}, self.name)

    def _worker(self, selection: Selection, ceiling: int) -> Worker:
        what = f"{self.name}.{selection.collection}"
        return Worker(self._engine, ceiling, what, lambda: self._reported(selection, acting=True), self._fence)

    def _totals(self, selection: Selection | None) -> Totals:
        return Totals(self._engine, self._dialect, lambda: self._reported(selection, acting=True), self._fence)

    def _reported(self, selection: Selection | None, *, acting: bool = False) -> AbstractContextManager[None]:
        what = self.name if selection is None else f"{self.name}.{selection.collection}"
        driver_error: type[BaseException] = self._engine.dialect.dbapi.Error  # type: ignore[union-attr]
        return reported(self.name, what, driver_error, acting=acting)

    def _settle(self) -> None:
        """Let SQLite move what was deleted out of its write-ahead log, so that no copy stays there."""
        if self._family.settle is None:
            return
        with self._reported(None), self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute(self._family.settle)
