"""The calendar: planning a purge, and the switch that stops all purges."""

from datetime import datetime

from dsr.core.errors import LockedError, UsageError
from dsr.core.plan import Plan
from dsr.engine.draft import Scope
from dsr.jobs.planning import planned_now, saved
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.switch import Frozen


def plan_purge(session: Session, *, as_of: datetime | None = None) -> Plan:
    """The plan that ends everything whose period is over, saved under an id. Raises LockedError while frozen."""
    frozen = session.state.frozen()
    if frozen is not None:
        raise LockedError(f"Purges are frozen by {frozen.by} ({frozen.reason}). Thaw them first: dsr purge thaw.")
    return saved(session, planned_now(session, Scope(), as_of), (), session.policy.purge_guards)


def freeze(session: Session, reason: str) -> Frozen:
    """Stop all purges until somebody thaws them. Erasures that people asked for go on."""
    if not reason.strip():
        raise UsageError("Say why purges are frozen: --reason.")
    frozen = session.state.freeze(session.actor, reason, session.now())
    session.state.record(Act.FROZEN, session.actor, session.now())
    return frozen


def thaw(session: Session) -> bool:
    """Let purges run again; whether they were frozen."""
    thawed = session.state.thaw(session.actor, session.now())
    if thawed:
        session.state.record(Act.THAWED, session.actor, session.now())
    return thawed
