"""Planning: an erasure for named people, or a purge by the calendar. Both only write a plan down."""

from collections.abc import Iterable
from datetime import datetime

from dsr.core.errors import LockedError, SubjectNotFoundError
from dsr.core.plan import Plan
from dsr.core.policy import Guards
from dsr.core.subject import Subject
from dsr.engine import guards
from dsr.engine.draft import Scope
from dsr.engine.planner import Planned, Planner
from dsr.jobs.people import Asked, resolve
from dsr.jobs.session import Session
from dsr.state.events import Act


def plan_erasure(
    session: Session, asked: Iterable[Asked], *, merge: bool = False, as_of: datetime | None = None
) -> Plan:
    """The plan that erases these people, saved under an id. Raises SubjectNotFoundError when nothing is theirs."""
    subjects = resolve(session, asked, merge=merge)
    planned = _plan(session, Scope(subjects), subjects, as_of, session.policy.request_guards)
    if not any(step.count for step in planned.plan.steps) and planned.plan.complete:
        raise SubjectNotFoundError("No record belongs to these identifiers. Answer that nothing is held.")
    return _saved(session, planned, subjects, session.policy.request_guards)


def plan_purge(session: Session, *, as_of: datetime | None = None) -> Plan:
    """The plan that ends everything whose period is over, saved under an id."""
    frozen = session.state.frozen()
    if frozen is not None:
        raise LockedError(f"Purges are frozen by {frozen.by} ({frozen.reason}). Thaw them first: dsr purge thaw.")
    planned = _plan(session, Scope(), (), as_of, session.policy.purge_guards)
    return _saved(session, planned, (), session.policy.purge_guards)


def _plan(
    session: Session, scope: Scope, subjects: tuple[Subject, ...], as_of: datetime | None, limits: Guards
) -> Planned:
    now = session.now()
    planner = Planner(session.estate, scope, session.state.holds(), as_of or now)
    return planner.plan(session.state.next_plan_id(), now, session.progress, session.gaps)


def _saved(session: Session, planned: Planned, subjects: tuple[Subject, ...], limits: Guards) -> Plan:
    plan = planned.plan
    session.state.save_plan(plan, subjects)
    counts = tuple((disposition, number) for disposition, number in _sums(plan).items())
    session.state.record(Act.PLANNED, session.actor, plan.made_at, plan=plan.id, counts=counts)
    guards.check(plan, limits, session.estate)
    return plan


def _sums(plan: Plan) -> dict[str, int]:
    sums: dict[str, int] = {}
    for step in plan.steps:
        sums[step.disposition.value] = sums.get(step.disposition.value, 0) + step.count
    return sums
