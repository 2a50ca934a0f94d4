"""Applying a plan, and going on after an interruption. A plan that no longer fits is refused before any effect."""

from dataclasses import dataclass

from dsr.core.errors import LockedError, StalePlanError, StoreUnreachableError, UsageError
from dsr.core.plan import Disposition, Gap, Outcome, Plan, Reason, unanswered
from dsr.engine import guards
from dsr.engine.counting import Counter, together
from dsr.engine.draft import Scope
from dsr.engine.executor import Executor, Result, overall
from dsr.engine.planner import Planned, Planner
from dsr.jobs import approving, certifying
from dsr.jobs.fences import mark
from dsr.jobs.held import holds_now
from dsr.jobs.session import Session
from dsr.jobs.suppressing import remembered_until
from dsr.state.events import Act
from dsr.state.plans import PlanStatus

_ENDED = (PlanStatus.APPLIED, PlanStatus.STALE, PlanStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one step."""

    number: int
    entry: str
    disposition: Disposition
    outcome: Outcome
    count: int
    detail: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan. `gaps` are those of the plan: with any, nothing is called complete."""

    plan: str
    subjects: tuple[str, ...]
    outcome: Outcome
    steps: tuple[StepResult, ...]
    gaps: tuple[Gap, ...]

    @property
    def exit_code(self) -> int:
        """0 done, 6 everything held, 7 partial, 75 waiting (DESIGN: exit codes)."""
        if self.outcome in (Outcome.PENDING, Outcome.UNKNOWN):
            return 75
        if not self.outcome.settled:
            return 7
        if self.gaps:
            return 75 if unanswered(self.gaps) else 7
        touched = [step for step in self.steps if step.count]
        return 6 if touched and all(step.outcome is Outcome.HELD for step in touched) else 0

    def count(self, outcome: Outcome) -> int:
        """Records with that outcome."""
        return sum(step.count for step in self.steps if step.outcome is outcome)


def check(session: Session, plan_id: str) -> Plan:
    """The plan, if it can still be applied: neither ended nor expired, and made from what is there now."""
    plan = session.state.plan(plan_id)
    status = _status(session, plan_id)
    if status in _ENDED:
        raise StalePlanError(f"Plan {plan_id} is {status.value} and is not applied again. Make a new plan.")
    if status is PlanStatus.OPEN and session.now() >= plan.made_at + approving.PLAN_LASTS:
        session.state.set_status(plan.id, PlanStatus.STALE)
        raise StalePlanError(f"Plan {plan.id} has expired: it was made on {plan.made_at:%Y-%m-%d}. Make a new plan.")
    if plan.scope == "expired" and plan.as_of <= session.now():
        from dsr.jobs.freezing import protect  # with all that handles requests and places holds

        protect(session)
    _fits(session, plan)
    return plan


def apply(session: Session, plan_id: str, *, recount: bool = True) -> Applied:
    """Do what the plan says, and check it. `recount` compares the counts first; leave it out right after planning."""
    plan = check(session, plan_id)
    status = _status(session, plan_id)
    begun = [run.began_at for run in session.state.unfinished_runs() if run.plan == plan_id]
    approving.require(session, plan, begun[0] if begun else session.now())
    certifying.ready(session)
    planned = _planned(session, plan)
    if status is PlanStatus.OPEN:  # later the collections are smaller, and the same records a larger part of them
        limits = session.policy.purge_guards if plan.scope == "expired" else session.policy.request_guards
        guards.check(plan, limits, session.estate)
    if recount:
        _recount(session, planned)
    with session.state.lease("apply", session.actor):
        return _run(session, planned)


def _status(session: Session, plan_id: str) -> PlanStatus:
    return next(row.status for row in session.state.plans() if row.id == plan_id)


def resume(session: Session, plan_id: str | None = None) -> tuple[Applied, ...]:
    """Go on with one plan, or with every run that was interrupted or ended partially.

    A plan that went stale meanwhile does not keep the others waiting; it is named when they are done.
    """
    if plan_id is not None:
        return (apply(session, plan_id, recount=False),)
    open_ = [row.id for row in session.state.plans() if row.status in (PlanStatus.APPLYING, PlanStatus.PARTIAL)]
    done: list[Applied] = []
    stale: list[StalePlanError] = []
    for one in open_:
        try:
            done.append(apply(session, one, recount=False))
        except StalePlanError as error:
            stale.append(error)
    if stale:
        raise stale[0]
    return tuple(done)


def _planned(session: Session, plan: Plan) -> Planned:
    """The works of the plan: those of a moment ago where it was made in this session, else made again."""
    if session.planned is not None and session.planned.plan == plan:
        return session.planned
    if plan.scope == "rectification":
        session.state.set_status(plan.id, PlanStatus.STALE)
        raise StalePlanError(
            f"Plan {plan.id} is a rectification, whose value is kept nowhere. Give it again: dsr request rectify."
        )
    planner = Planner(session.estate, _scope(session, plan), holds_now(session), plan.as_of)
    return planner.again(plan)


def _scope(session: Session, plan: Plan) -> Scope:
    if plan.scope == "expired":
        return Scope()
    return Scope(session.state.plan_subjects(plan.id), frozenset(plan.rules) if plan.scope == "objection" else None)


def _fits(session: Session, plan: Plan) -> None:
    """Refuse a plan that is rehearsed, frozen, or made from something else than what is there now."""
    if plan.as_of > session.now():
        raise UsageError(
            f"Plan {plan.id} is a rehearsal for a future date and cannot be applied. Plan without --as-of."
        )
    frozen = session.state.frozen()
    if plan.scope == "expired" and frozen is not None:
        raise LockedError(f"Purges are frozen by {frozen.by} ({frozen.reason}). Thaw them first: dsr purge thaw.")
    changed = _changes(session, plan)
    if changed:
        session.state.set_status(plan.id, PlanStatus.STALE)
        session.state.record(Act.REFUSED, session.actor, session.now(), plan=plan.id)
        raise StalePlanError(f"Plan {plan.id} is stale: {changed} changed since it was made. Make a new plan.")


def _changes(session: Session, plan: Plan) -> str:
    if plan.policy != session.policy.digest:
        return "the policy"
    if plan.holds != session.state.generation():
        return "the register of holds"
    lost = [gap for gap in session.estate.gaps if gap.kind == "unreachable"]
    planned_without = {gap.where for gap in plan.gaps if gap.kind == "unreachable"}
    for gap in lost:
        if gap.where not in planned_without:
            raise StoreUnreachableError(f"{gap.text} Nothing was done; try again when the store answers.")
    now = dict(session.estate.fingerprints())
    differing = [store for store, print_ in plan.schema if now.get(store) != print_]
    return f"the schema of {', '.join(differing)}" if differing else ""


def _recount(session: Session, planned: Planned) -> None:
    counter = Counter(session.estate)
    acting = [work for work in planned.works if work.step.disposition.acts]
    for numbers in together([work.part for work in acting]):
        works = [acting[number] for number in numbers]
        for work, count in zip(works, counter.numbers([work.part for work in works]), strict=True):
            if count > work.step.ceiling:
                session.state.set_status(planned.plan.id, PlanStatus.STALE)
                raise StalePlanError(
                    f"Plan {planned.plan.id} is stale: {work.step.entry} now has {count} records where the plan saw "
                    f"{work.step.count}. Nothing was done. Make a new plan."
                )


def _run(session: Session, planned: Planned) -> Applied:
    plan = planned.plan
    run = session.state.begin_run(plan.id, tuple((work.step.number, work.step.count) for work in planned.works))
    mark(session, run)
    if plan.scope == "subject":
        whom = session.state.plan_subjects(plan.id)
        session.state.suppress(whom, session.now(), remembered_until(session))
    executor = Executor(session.estate, session.open_stores(), session.state, session.progress)
    try:
        results = executor.apply(planned, run)
    except StalePlanError:
        session.state.set_status(plan.id, PlanStatus.STALE)
        session.state.record(Act.REFUSED, session.actor, session.now(), plan=plan.id)
        raise
    outcome = overall(results)
    if outcome not in (Outcome.PENDING, Outcome.UNKNOWN):
        session.state.finish_run(run, outcome)
        certifying.issue(session)
    applied = Applied(plan.id, plan.subjects, outcome, tuple(_result(r) for r in results), plan.gaps)
    counts = tuple((o.value, applied.count(o)) for o in Outcome if applied.count(o))
    act = Act.PURGED if plan.scope == "expired" else Act.APPLIED
    session.state.record(act, session.actor, session.now(), plan=plan.id, counts=counts)
    return applied


def _result(result: Result) -> StepResult:
    step = result.work.step
    return StepResult(
        step.number, step.entry, step.disposition, result.outcome, result.count, result.detail, step.reasons
    )
