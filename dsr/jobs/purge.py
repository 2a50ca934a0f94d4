"""The calendar: planning a purge, and the switch that stops all purges."""

from datetime import datetime

from dsr.core.casework import REGISTER
from dsr.core.errors import LockedError, UsageError
from dsr.core.plan import Plan
from dsr.engine.draft import Scope
from dsr.jobs.freezing import protect
from dsr.jobs.planning import planned_now, saved
from dsr.jobs.restricting import refresh
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.switch import Frozen


def plan_purge(session: Session, *, as_of: datetime | None = None) -> Plan:
    """The plan that ends everything whose period is over, saved under an id. Raises LockedError while frozen."""
    _running(session)
    if as_of is None:
        protect(session)
        refresh(session)
    return saved(session, planned_now(session, Scope(), as_of), (), session.policy.purge_guards)


def register_over(session: Session) -> int:
    """How many closed requests are past the register's own period."""
    return session.state.expired_requests(_cutoff(session))


def purge_register(session: Session) -> int:
    """Remove the closed requests whose own period is over; how many there were. Raises LockedError while frozen."""
    _running(session)
    if not register_over(session):
        return 0
    with session.state.lease("apply", session.actor):
        return session.state.expire_requests(_cutoff(session), session.actor)


def _cutoff(session: Session) -> datetime:
    """What was closed before this instant is past the period: it ends with a day where the company is."""
    casework = session.policy.casework
    keep = casework.keep if casework is not None else REGISTER
    return keep.cutoff(session.now(), session.policy.controller.timezone)


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


def _running(session: Session) -> None:
    frozen = session.state.frozen()
    if frozen is not None:
        raise LockedError(f"Purges are frozen by {frozen.by} ({frozen.reason}). Thaw them first: dsr purge thaw.")
