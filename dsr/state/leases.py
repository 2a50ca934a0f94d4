"""Leases: one holder at a time for one thing, such as the erasure of one subject or one rule's purge."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, select

from dsr.core.errors import DsrError, LockedError
from dsr.state import schema
from dsr.state.part import Part, clean, instant, micros, readable


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds what since when. `mark` tells this holding from every other one."""

    name: str
    holder: str
    host: str
    pid: int
    birth: str
    since: datetime
    mark: str


class Leases(Part):
    """The leases in force."""

    @contextmanager
    def lease(self, name: str, holder: str) -> Iterator[Lease]:
        """Hold the lease for the length of the block. LockedError, naming the holder, when another has it.

        The lease of a process of this machine that is no more is taken over; that of a living one, our own
        included, never is.
        """
        mine = self._take(name, holder)
        try:
            yield mine
        except BaseException:
            with suppress(DsrError):  # what went wrong inside matters more than a lease that goes stale
                self._give_back(mine)
            raise
        self._give_back(mine)

    def leases(self) -> tuple[Lease, ...]:
        """All leases in force, those of dead processes included."""
        with self._database.read() as connection:
            return tuple(_leases(connection))

    def break_lease(self, name: str) -> None:
        """Take a lease away whoever holds it: for a machine that is gone for good."""
        with self._database.write() as connection:
            connection.execute(delete(schema.lease).where(schema.lease.c.name == name))

    def _take(self, name: str, holder: str) -> Lease:
        pid = os.getpid()
        now = instant(micros(self._clock()))
        mine = Lease(name, clean(holder), _host(), pid, _birth(pid) or "", now, secrets.token_hex(16))
        with self._database.write() as connection:
            for other in _leases(connection, name):
                if not _dead(other):
                    raise LockedError(_locked(other))
                connection.execute(delete(schema.lease).where(schema.lease.c.mark == other.mark))
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
            connection.execute(delete(schema.lease).where(schema.lease.c.mark == mine.mark))


def _leases(connection: Connection, name: str | None = None) -> Iterator[Lease]:
    table = schema.lease
    query = select(table).order_by(table.c.name)
    if name is not None:
        query = query.where(table.c.name == name)
    with readable("a lease"):
        for row in connection.execute(query):
            yield Lease(row.name, row.holder, row.host, int(row.pid), row.birth, instant(row.since), row.mark)


def _locked(other: Lease) -> str:
    away = "" if other.host == _host() else " If that machine is gone for good, break the lease first."
    return (
        f"{other.name} is held by {other.holder} (process {other.pid} on {other.host.split('|')[0]}) since "
        f"{other.since.isoformat(timespec='seconds')}. Try again when it has ended.{away}"
    )


def _dead(other: Lease) -> bool:
    """Whether the holder is known to be no more. On another host, or in another container, that is not known."""
    if other.host != _host():
        return False
    if other.birth:
        return _birth(other.pid) != other.birth
    try:
        os.kill(other.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _host() -> str:
    """Names the machine and the space in which its process ids count: containers may share a host name."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        space = ""
    return f"{socket.gethostname()}|{space}"


def _birth(pid: int) -> str | None:
    """The boot and the tick at which the process began, so that a reused id is not taken for it; None if it is gone.

    A dead process that its parent has not yet collected is gone. Empty where the system does not tell.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{boot}|{fields[19]}"
