"""The register of plans: what was planned, what became of it, and taking a plan back."""

from dataclasses import dataclass, replace

from dsr.core.plan import Plan
from dsr.jobs.fences import revoke
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.plans import PlanRow, PlanStatus


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan as it was saved, and where it stands. `missed`: stores that were not told that it was cancelled."""

    plan: Plan
    status: PlanStatus
    missed: tuple[str, ...] = ()


def all_plans(session: Session) -> tuple[PlanRow, ...]:
    """All plans, the oldest first."""
    return session.state.plans()


def show(session: Session, plan_id: str) -> PlanShown:
    """One plan."""
    plan = session.state.plan(plan_id)
    return PlanShown(plan, next(row.status for row in session.state.plans() if row.id == plan_id))


def cancel(session: Session, plan_id: str) -> PlanShown:
    """Take a plan back: it can never be applied, and the identities of its subjects are removed."""
    running = [run for run in session.state.unfinished_runs() if run.plan == plan_id]
    session.state.set_status(plan_id, PlanStatus.CANCELLED)
    session.state.record(Act.CANCELLED, session.actor, session.now(), plan=plan_id)
    missed = dict.fromkeys(name for run in running for name in revoke(session, run))
    return replace(show(session, plan_id), missed=tuple(missed))
