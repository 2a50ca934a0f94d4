"""The register of plans: what was planned, what became of it, and taking a plan back."""

from dataclasses import dataclass, replace
from datetime import datetime

from dsr.core.journal import Run
from dsr.core.plan import Plan
from dsr.jobs.approving import ENDED, Standing, standing
from dsr.jobs.fences import changed, revoke
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.plans import PlanRow, PlanStatus


@dataclass(frozen=True, slots=True)
class RunShown:
    """One application: how many records it has changed, whatever became of the plan."""

    began_at: datetime
    finished_at: datetime | None
    changed: int


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan as it was saved, and where it stands. `missed`: stores that were not told that it was cancelled.

    `approvals` are of a plan that can still be applied.
    """

    plan: Plan
    status: PlanStatus
    missed: tuple[str, ...] = ()
    approvals: Standing | None = None
    runs: tuple[RunShown, ...] = ()


def all_plans(session: Session) -> tuple[PlanRow, ...]:
    """All plans, the oldest first."""
    return session.state.plans()


def show(session: Session, plan_id: str) -> PlanShown:
    """One plan, with its approvals and what was done under it."""
    state, plan = session.state, session.state.plan(plan_id)
    status = next(row.status for row in state.plans() if row.id == plan_id)
    broken_off = status in (PlanStatus.CANCELLED, PlanStatus.STALE)
    runs = ((run, _changed(session, run, broken_off=broken_off)) for run in state.runs(plan_id))
    return PlanShown(
        plan,
        status,
        approvals=None if status in ENDED else standing(session, plan),
        runs=tuple(RunShown(run.began_at, run.finished_at, changed) for run, changed in runs),
    )


def _changed(session: Session, run: Run, *, broken_off: bool) -> int:
    """Nobody settles any more what the journal of a run that was broken off may lack: its receipts are read.

    A store that was restored from a backup may have lost them.
    """
    noted = sum(row.effected for row in session.state.steps(run))
    return max(noted, sum(changed(session, run).values())) if broken_off else noted


def cancel(session: Session, plan_id: str) -> PlanShown:
    """Take a plan back: it can never be applied, and the identities of its subjects are removed."""
    running = [run for run in session.state.unfinished_runs() if run.plan == plan_id]
    session.state.set_status(plan_id, PlanStatus.CANCELLED)
    session.state.record(Act.CANCELLED, session.actor, session.now(), plan=plan_id)
    missed = dict.fromkeys(name for run in running for name in revoke(session, run))
    return replace(show(session, plan_id), missed=tuple(missed))
