"""What planning an erasure and planning a purge share: make the plan, save it, hold it against the guards."""

from datetime import datetime

from dsr.core.plan import Plan
from dsr.core.policy import Guards
from dsr.core.subject import Subject
from dsr.engine import guards
from dsr.engine.draft import Scope
from dsr.engine.planner import Planned, Planner
from dsr.jobs.held import holds_now
from dsr.jobs.session import Session
from dsr.state.events import Act


def planned_now(session: Session, scope: Scope, as_of: datetime | None) -> Planned:
    """A plan under the holds of now, with a new id; `as_of` rehearses another date."""
    now = session.now()
    planner = Planner(session.estate, scope, holds_now(session), as_of or now)
    return planner.plan(session.state.next_plan_id(), now, session.progress, session.gaps)


def saved(session: Session, planned: Planned, subjects: tuple[Subject, ...], limits: Guards) -> Plan:
    """Save the plan and record it. Raises GuardError where it would change too much; the plan can still be read."""
    plan = planned.plan
    session.state.save_plan(plan, subjects)
    session.planned = planned
    sums: dict[str, int] = {}
    for step in plan.steps:
        sums[step.disposition.value] = sums.get(step.disposition.value, 0) + step.count
    session.state.record(Act.PLANNED, session.actor, plan.made_at, plan=plan.id, counts=tuple(sums.items()))
    guards.check(plan, limits, session.estate)
    return plan
