"""Planning an erasure for named people; it only writes a plan down."""

from collections.abc import Iterable
from datetime import datetime

from dsr.core.errors import SubjectNotFoundError
from dsr.core.plan import Plan
from dsr.engine.draft import Scope
from dsr.jobs.people import Asked, nobody, resolve
from dsr.jobs.planning import planned_now, saved
from dsr.jobs.session import Session


def plan_erasure(
    session: Session, asked: Iterable[Asked], *, merge: bool = False, as_of: datetime | None = None
) -> Plan:
    """The plan that erases these people, saved under an id. Raises SubjectNotFoundError when nothing is theirs."""
    subjects = resolve(session, asked, merge=merge)
    planned = planned_now(session, Scope(subjects), as_of)
    if not any(step.count for step in planned.plan.steps) and planned.plan.complete:
        raise SubjectNotFoundError(nobody(session))
    return saved(session, planned, subjects, session.policy.request_guards)
