"""Leases that were left behind: who holds what, and taking away what nobody holds any more."""

from dataclasses import dataclass
from datetime import datetime

from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.leases import PATIENCE, Lease


@dataclass(frozen=True, slots=True)
class Held:
    """One lease. `broken` says that it was taken away; `free_at` is when a silent holder elsewhere counts as gone."""

    name: str
    holder: str
    machine: str
    process: int
    since: datetime
    seen: datetime
    free_at: datetime
    broken: bool


@dataclass(frozen=True, slots=True)
class Unlocked:
    """All leases that were found."""

    leases: tuple[Held, ...]

    @property
    def exit_code(self) -> int:
        """12 while somebody holds one, else 0."""
        return 12 if any(not lease.broken for lease in self.leases) else 0


def unlock(session: Session) -> Unlocked:
    """Break the leases of holders that are gone. Those of living ones are only named."""
    broken = session.state.break_leases()
    if broken:
        session.state.record(Act.UNLOCKED, session.actor, session.now(), counts=(("leases", len(broken)),))
    found = [_held(lease, broken=True) for lease in broken]
    return Unlocked((*found, *(_held(lease, broken=False) for lease in session.state.leases())))


def _held(one: Lease, *, broken: bool) -> Held:
    return Held(one.name, one.holder, one.machine, one.pid, one.since, one.seen, one.seen + PATIENCE, broken)
