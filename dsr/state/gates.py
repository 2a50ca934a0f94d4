"""Gates and fences, seen from here: which unit is at work in which store, and how far each store's fence was raised.

A store without fences cannot refuse a unit by itself; there whoever places a hold waits until no gate is open.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from dsr.core.errors import StalePlanError
from dsr.core.journal import HOLDS_CHANGED, Run
from dsr.state import schema
from dsr.state.part import Part, instant, micros, readable
from dsr.state.process import birth, gone, host


@dataclass(frozen=True, slots=True)
class OpenGate:
    """A unit that is at work: of which run, in which store, knowing holds up to which generation, since when.

    `lost`: its process is no more, so whether it acted must be read.
    """

    run: int
    step: int
    store: str
    holds: int
    since: datetime
    lost: bool


class Gates(Part):
    """Units at work in stores without fences, and what is remembered of stores that have them."""

    def unit_begins(self, run: Run, number: int, store: str, holds: int) -> None:
        """Open the run's gate, unless the holds or the run are no longer what the worker knows."""
        pid = os.getpid()
        with self._database.write() as connection:
            known = connection.execute(
                select(schema.run.c.token, schema.run.c.outcome).where(schema.run.c.id == run.id)
            ).one_or_none()
            if known is None or known.outcome is not None or known.token != run.token:
                raise StalePlanError(
                    f"run {run.id} of plan {run.plan} was ended, or taken over by another process; nothing more is "
                    f"done here. See how the plan stands with: dsr plan show {run.plan}"
                )
            if schema.current_number(connection, schema.GENERATION) != holds:
                raise StalePlanError(HOLDS_CHANGED)
            close_gate(connection, run.id)
            connection.execute(
                schema.gate.insert().values(
                    run=run.id,
                    step=number,
                    store=store,
                    holds=holds,
                    host=host(),
                    pid=pid,
                    birth=birth(pid) or "",
                    since=micros(self._clock()),
                )
            )

    def unit_ends(self, run: Run) -> None:
        """Close the run's gate."""
        with self._database.write() as connection:
            close_gate(connection, run.id)

    def open_gates(self, before: int) -> tuple[OpenGate, ...]:
        """Units at work that know of fewer generations of the hold register than `before`."""
        table = schema.gate
        with self._database.read() as connection, readable("a gate"):
            rows = connection.execute(select(table).where(table.c.holds < before).order_by(table.c.run)).all()
            return tuple(
                OpenGate(r.run, r.step, r.store, r.holds, instant(r.since), gone(r.host, int(r.pid), r.birth))
                for r in rows
            )

    def instance(self) -> str:
        """What tells this state database from every other one in the stores' fences."""
        with self._database.read() as connection:
            return schema.instance_of(connection)

    def next_token(self) -> int:
        """A token above all that were given before."""
        with self._database.write() as connection:
            return schema.next_number(connection, schema.TOKEN)

    def acknowledged(self, stores: Iterable[str], token: int) -> None:
        """These stores acknowledged a fence at that token."""
        table = schema.seen
        with self._database.write() as connection:
            for store in stores:
                row = table.c.store == store
                if connection.execute(update(table).where(row).values(token=token)).rowcount == 0:
                    connection.execute(table.insert().values(store=store, token=token))

    def fences_seen(self) -> tuple[tuple[str, int], ...]:
        """Each store with the highest token that it acknowledged."""
        with self._database.read() as connection:
            return tuple((row.store, int(row.token)) for row in connection.execute(select(schema.seen)))


def close_gate(connection: Connection, run: int) -> None:
    """Close the gate of a run, in the caller's transaction."""
    connection.execute(delete(schema.gate).where(schema.gate.c.run == run))
