"""Leases: one holder at a time for one thing, such as the erasure of one subject or one rule's purge.

A holder gives a sign of life while it works. One that gave none for long may lose its lease to whoever asks for that;
before its next unit of work it finds that out and stops.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from dsr.core.errors import DsrError, LockedError
from dsr.state import schema
from dsr.state.part import Part, clean, instant, micros, readable
from dsr.state.process import birth, gone, host

PATIENCE = timedelta(minutes=30)
"""Without a sign of life for so long a holder elsewhere counts as gone; no unit of work should take nearly that."""
_BEAT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds what since when. `mark` tells this holding from every other one, `seen` is the last sign of life."""

    name: str
    holder: str
    host: str
    pid: int
    birth: str
    since: datetime
    mark: str
    seen: datetime

    @property
    def machine(self) -> str:
        """The name of the machine."""
        return self.host.split("|")[0]

    def gone(self, now: datetime) -> bool:
        """Whether its holder is no more, or has given no sign of life for long."""
        return gone(self.host, self.pid, self.birth) or (self.host != host() and now - self.seen >= PATIENCE)


class Leases(Part):
    """The leases in force."""

    _mine: Lease | None = None

    @contextmanager
    def lease(self, name: str, holder: str) -> Iterator[Lease]:
        """Hold the lease for the length of the block. LockedError, naming the holder, when another has it.

        The lease of a process of this machine that is no more is taken over; that of a living one, our own
        included, never is.
        """
        before, mine = self._mine, self._take(name, holder)
        self._mine = mine
        try:
            yield mine
        except BaseException:
            with suppress(DsrError):  # what went wrong inside matters more than a lease that goes stale
                self._give_back(mine)
            raise
        finally:
            self._mine = before
        self._give_back(mine)

    def check_lease(self, connection: Connection) -> None:
        """Raises LockedError where the lease of this process, if it has one, was broken."""
        mine = self._mine
        if mine is not None and not any(one.mark == mine.mark for one in _leases(connection, mine.name)):
            raise LockedError(
                f"The lease of {mine.name} was broken by somebody while this run was at work; nothing more is done "
                "here. See who goes on with: dsr unlock"
            )

    def keep_lease(self) -> None:
        """A sign of life of the holder, at most once a minute."""
        mine, now = self._mine, self._clock()
        if mine is not None and now - mine.seen >= _BEAT:
            self._mine = replace(mine, seen=now)
            with self._database.write() as connection:
                alive = update(schema.counter).where(schema.counter.c.name == _alive(mine.mark))
                connection.execute(alive.values(value=micros(now)))

    def leases(self) -> tuple[Lease, ...]:
        """All leases in force, those of dead processes included."""
        with self._database.read() as connection:
            return tuple(_leases(connection))

    def break_leases(self) -> tuple[Lease, ...]:
        """Take away every lease whose holder is gone; which ones. Those of living holders stay."""
        with self._database.write() as connection:
            gone = tuple(one for one in _leases(connection) if one.gone(self._clock()))
            for one in gone:
                _remove(connection, one)
        return gone

    def _take(self, name: str, holder: str) -> Lease:
        pid = os.getpid()
        now = instant(micros(self._clock()))
        mine = Lease(name, clean(holder), host(), pid, birth(pid) or "", now, secrets.token_hex(16), now)
        with self._database.write() as connection:
            for other in _leases(connection, name):
                if not gone(other.host, other.pid, other.birth):
                    raise LockedError(_locked(other))
                _remove(connection, other)
            connection.execute(schema.counter.insert().values(name=_alive(mine.mark), value=micros(now)))
            connection.execute(
                schema.lease.insert().values(
                    name=name,
                    holder=mine.holder,
                    mark=mine.mark,
                    host=mine.host,
                    pid=pid,
                    birth=mine.birth,
                    since=micros(now),
                )
            )
        return mine

    def _give_back(self, mine: Lease) -> None:
        with self._database.write() as connection:
            _remove(connection, mine)


def _remove(connection: Connection, lease: Lease) -> None:
    connection.execute(delete(schema.lease).where(schema.lease.c.mark == lease.mark))
    connection.execute(delete(schema.counter).where(schema.counter.c.name == _alive(lease.mark)))


def _alive(mark: str) -> str:
    """The counter that holds the last sign of life."""
    return f"alive:{mark}"


def _leases(connection: Connection, name: str | None = None) -> Iterator[Lease]:
    table = schema.lease
    alive = schema.counter
    both = table.outerjoin(alive, alive.c.name == "alive:" + table.c.mark)
    query = select(table, alive.c.value.label("seen")).select_from(both).order_by(table.c.name)
    if name is not None:
        query = query.where(table.c.name == name)
    with readable("a lease"):
        for row in connection.execute(query):
            since, seen = instant(row.since), instant(row.since if row.seen is None else row.seen)
            yield Lease(row.name, row.holder, row.host, int(row.pid), row.birth, since, row.mark, seen)


def _locked(other: Lease) -> str:
    since, seen = (moment.isoformat(timespec="seconds") for moment in (other.since, other.seen))
    return (
        f"{other.name} is held by {other.holder} (process {other.pid} on {other.machine}) since {since}, last seen "
        f"{seen}. Try again when it has ended; if it is gone for good, run: dsr unlock"
    )
