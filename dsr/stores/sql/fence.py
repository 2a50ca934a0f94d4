"""Receipts and fences in a database: an effect happens once, and not at all after a hold or a takeover.

The receipt is claimed before the effect and in its transaction. A claim that was made by a transaction whose answer got
lost waits for that transaction and then sees it: of 100 connections cut after COMMIT, "read, delete, insert" counted 5
wrongly, "claim first" none.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sqlalchemy as sa

from dsr.core import own
from dsr.core.errors import StalePlanError
from dsr.core.fence import Effect, Guarantee, Permit, Receipts, holds_fence, run_fence
from dsr.core.journal import HOLDS_CHANGED

_metadata = sa.MetaData()
RECEIPT = sa.Table(
    own.RECEIPT,
    _metadata,
    sa.Column("run", sa.String(80), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("unit", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("records", sa.BigInteger, nullable=False),
)
FENCE = sa.Table(
    own.FENCE,
    _metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("token", sa.BigInteger, nullable=False),
)

Guard = Callable[[], AbstractContextManager[None]]


class Fence:
    """The receipts and fences of one database. `wanted` is the policy's word; without it nothing of ours is made."""

    def __init__(self, engine: sa.Engine, guard: Guard, *, wanted: bool) -> None:
        self._engine, self._guard, self._wanted = engine, guard, wanted
        self._ready: Guarantee | None = None
        self._permit: Permit | None = None
        self._unit = 0

    def guarantee(self) -> Guarantee:
        """T1 where both tables exist. Changes nothing."""
        if not self._wanted:
            return Guarantee(Effect.REREAD, "receipts_off")
        with self._guard(), self._engine.connect() as connection:
            there = _there(connection)
        return Guarantee(Effect.RECEIPT, "receipts_kept") if there else Guarantee(Effect.REREAD, "receipts_missing")

    def prepare(self) -> Guarantee:
        """Make both tables where that is wanted and allowed."""
        if self._ready is None:
            self._ready = self._prepared()
        return self._ready

    def standing(self, name: str) -> int:
        """The token of a fence; 0 where there is none."""
        with self._guard(), self._engine.connect() as connection:
            if not _there(connection):
                return 0
            return int(connection.execute(sa.select(FENCE.c.token).where(FENCE.c.name == name)).scalar() or 0)

    def beside(self, name: str) -> tuple[str, ...]:
        """Fences that other state databases have raised."""
        kind = FENCE.c.name.startswith(f"{name.partition(' ')[0]} ", autoescape=True)
        query = sa.select(FENCE.c.name).where(kind, FENCE.c.name != name, FENCE.c.token > 0).order_by(FENCE.c.name)
        with self._guard(), self._engine.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def admit(self, name: str, token: int) -> int:
        """Raise a fence; waits for the units that hold it."""
        with self._guard(), self._writing() as connection:
            connection.execute(_or_nothing(connection, FENCE, {"name": name, "token": token}))
            row = FENCE.c.name == name
            known = connection.execute(sa.select(FENCE.c.token).where(row).with_for_update()).scalar_one()
            if known < token:
                connection.execute(sa.update(FENCE).where(row).values(token=token))
            return max(int(known), token)

    def permit(self, permit: Permit | None) -> Receipts:
        """What the next units show; they count on from what is committed of the step."""
        found = self.receipts(permit.run, permit.step) if permit else Receipts(0, 0)
        self._permit, self._unit = permit, found.units
        return found

    def receipts(self, run: str, step: int) -> Receipts:
        """Units and records of a step."""
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(RECEIPT.c.records), 0))
        query = query.where(RECEIPT.c.run == run, RECEIPT.c.step == step)
        with self._guard(), self._engine.connect() as connection:
            units, records = connection.execute(query).one()
        return Receipts(int(units), int(records))

    def enter(self, connection: sa.Connection) -> int:
        """Claim the receipt of this unit, then compare the fences. Returns what late commits of this step had done."""
        if self._permit is None:
            return 0
        late = 0
        while not self._claimed(connection, self._permit):
            late += self._known(connection, self._permit)
            self._unit += 1
        self._compare(connection, self._permit)
        return late

    def leave(self, connection: sa.Connection, count: int) -> None:
        """Write the count of the unit onto its receipt."""
        if self._permit is None:
            return
        mine = self._mine(self._permit)
        if count:
            connection.execute(sa.update(RECEIPT).where(mine).values(records=count))
            self._unit += 1
        else:  # nothing happened: a receipt of nothing would only fill the table
            connection.execute(sa.delete(RECEIPT).where(mine))

    def _claimed(self, connection: sa.Connection, permit: Permit) -> bool:
        row = {"run": permit.run, "step": permit.step, "unit": self._unit, "records": 0}
        insert = _or_nothing(connection, RECEIPT, row)
        return connection.execute(insert, execution_options={"preserve_rowcount": True}).rowcount == 1

    def _known(self, connection: sa.Connection, permit: Permit) -> int:
        query = sa.select(RECEIPT.c.records).where(self._mine(permit))
        return int(connection.execute(query).scalar_one())

    def _mine(self, permit: Permit) -> sa.ColumnElement[bool]:
        return sa.and_(RECEIPT.c.run == permit.run, RECEIPT.c.step == permit.step, RECEIPT.c.unit == self._unit)

    def _compare(self, connection: sa.Connection, permit: Permit) -> None:
        names = (run_fence(permit.run), holds_fence(permit.run))
        query = sa.select(FENCE.c.name, FENCE.c.token).where(FENCE.c.name.in_(names)).with_for_update(read=True)
        found: dict[str, int] = {row.name: int(row.token) for row in connection.execute(query)}
        if found.get(names[1]) != permit.holds:
            raise StalePlanError(HOLDS_CHANGED)
        if found.get(names[0]) != permit.token:
            raise StalePlanError(
                "Another process took this run over, or its plan was cancelled; nothing more was done here. "
                "See how the plan stands with: dsr plan list"
            )

    def _prepared(self) -> Guarantee:
        found = self.guarantee()
        if found.why != "receipts_missing":
            return found
        try:
            with self._writing() as connection:
                _metadata.create_all(connection)
        except sa.exc.DBAPIError:  # no right to, or another process was faster
            found = self.guarantee()
            return found if found.effect is Effect.RECEIPT else Guarantee(Effect.REREAD, "receipts_refused")
        return self.guarantee()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._engine.connect().execution_options(dsr_write=True) as connection, connection.begin():
            yield connection


def _there(connection: sa.Connection) -> bool:
    look = sa.inspect(connection)
    return look.has_table(RECEIPT.name) and look.has_table(FENCE.name)


def _or_nothing(connection: sa.Connection, table: sa.Table, row: dict[str, object]) -> Any:  # noqa: ANN401 - three kinds
    """An INSERT that does nothing where the row is there already; it waits for a transaction that is writing it.

    Each dialect is loaded where it is spoken: all together cost as much time as a small erasure.
    """
    match connection.dialect.name:
        case "sqlite":
            from sqlalchemy.dialects import sqlite

            return sqlite.insert(table).values(row).on_conflict_do_nothing()
        case "postgresql":
            from sqlalchemy.dialects import postgresql

            return postgresql.insert(table).values(row).on_conflict_do_nothing()
        case _:
            return sa.insert(table).values(row).prefix_with("IGNORE")
