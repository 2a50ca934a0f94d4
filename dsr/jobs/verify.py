"""Verifying an applied plan: look for the person again, over new connections, and compare with what the plan kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from dsr.core.errors import UsageError
from dsr.core.levels import Shown
from dsr.core.plan import Disposition, Plan, Why
from dsr.core.progress import Silent
from dsr.core.subject import Subject
from dsr.engine.draft import Scope
from dsr.engine.estate import survey
from dsr.engine.planner import Planner
from dsr.jobs.held import holds_now
from dsr.jobs.people import Asked, resolve
from dsr.jobs.scrub import Probed, probe
from dsr.jobs.session import Session
from dsr.jobs.sweep import Swept, sweep, wanted
from dsr.state.events import Act
from dsr.state.levels import Showing
from dsr.state.plans import PlanStatus


@dataclass(frozen=True, slots=True)
class Check:
    """One entry: records still to be removed or rewritten, and records kept, then and now."""

    entry: str
    left: int
    kept_then: int
    kept_now: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `level` is L1 when nothing was left: absent on re-discovery."""

    plan: str
    subjects: tuple[str, ...]
    checks: tuple[Check, ...]
    swept: tuple[Swept, ...] = ()
    probed: Probed | None = None

    @property
    def clean(self) -> bool:
        """Whether nothing is left that the plan said would go."""
        return all(check.left == 0 for check in self.checks) and not any(one.outside or one.blind for one in self.swept)

    @property
    def level(self) -> str:
        """L0 or L1; L2 when the bytes of every store's files were seen too and hold nothing (DESIGN: levels)."""
        if not self.clean:
            return "L0"
        probes = self.probed.stores if self.probed is not None and not self.probed.short else ()
        return "L2" if probes and all(one.level == "L2" for one in probes) else "L1"

    @property
    def exit_code(self) -> int:
        """0 clean, 7 something is left, be it only in the bytes of a file."""
        traces = self.probed is not None and any(one.found for one in self.probed.stores)
        return 0 if self.clean and not traces else 7


def verify(
    session: Session, plan_id: str, asked: Iterable[Asked] = (), *, deep: bool = False, raw: bool = False
) -> Verified:
    """Search again by the identifiers given: the plan itself forgot them when it was applied.

    With `deep` every record of every store is looked through, declared or not: clean then means that nothing stands
    outside what the map leads to and the plan kept. With `raw` the bytes of the stores' files are looked through.
    """
    plan, named, began = session.state.plan(plan_id), tuple(asked), session.now()
    row = next(row for row in session.state.plans() if row.id == plan_id)
    if plan.scope == "rectification":
        raise UsageError(f"Plan {plan_id} corrected a field; that was checked when it was applied.")
    if plan.scope != "expired" and not named:
        text = "The plan forgot the identifiers" if row.status is PlanStatus.APPLIED else f"It is {row.status.value}"
        raise UsageError(f"{text}; name the person to look for, for example with --email.")
    subjects = resolve(session, named) if plan.scope != "expired" else None
    swept = tuple(_swept(session, named, subjects)) if deep and subjects else ()
    if raw and subjects is None:
        raise UsageError("--bytes looks for a person's values, and this plan is about none.")
    probed = probe(session, _values(session, named, subjects)) if raw and subjects else None
    tokens = tuple(subject.token for subject in subjects or ())
    verified = Verified(plan_id, tokens, _checks(session, plan, subjects), swept, probed)
    if probed is not None and verified.clean and not probed.short and len(named) >= len(plan.subjects):
        session.state.show(_showings(probed, plan_id, began), session.actor)
    counts = (("left", sum(check.left for check in verified.checks)),)
    session.state.record(Act.VERIFIED, session.actor, session.now(), plan=plan_id, counts=counts)
    return verified


def _showings(probed: Probed, plan: str, at: datetime) -> Iterator[Showing]:
    for one in probed.stores:
        if one.level == "L2":
            yield Showing(one.store, at, Shown.BYTES, plan, probed.values)


def _values(session: Session, named: tuple[Asked, ...], subjects: tuple[Subject, ...]) -> Iterator[str]:
    """What stands for the people: what was typed, and every identifier and account key that was found with it."""
    estate = survey(session.policy, session.open_stores())
    yield from (value for asked in named for _, value in asked.values)
    yield from (one.value for subject in subjects for one in wanted(estate, subject))


def _swept(session: Session, named: tuple[Asked, ...], subjects: tuple[Subject, ...]) -> Iterator[Swept]:
    estate = survey(session.policy, session.open_stores())
    given = [value for asked in named for value in asked.values]
    for subject in subjects:
        yield sweep(estate, subject, wanted(estate, subject, given if len(subjects) == 1 else ()))


def _checks(session: Session, plan: Plan, subjects: tuple[Subject, ...] | None) -> tuple[Check, ...]:
    estate = survey(session.policy, session.open_stores())
    scope = Scope(subjects, frozenset(plan.rules) or None)
    again = Planner(estate, scope, holds_now(session), plan.as_of).plan(plan.id, session.now(), Silent())
    entries = dict.fromkeys([step.entry for step in plan.steps] + [step.entry for step in again.plan.steps])
    checks = (Check(e, _left(again.plan, e), _kept(plan, e), _kept(again.plan, e)) for e in entries)
    return tuple(check for check in checks if check.left or check.kept_then or check.kept_now)


def _left(plan: Plan, entry: str) -> int:
    return sum(step.count for step in plan.steps if step.entry == entry and step.disposition.acts)


def _kept(plan: Plan, entry: str) -> int:
    kept = (Disposition.RETAIN, Disposition.HOLD, Disposition.REWRITE, Disposition.ANONYMISE)
    theirs = (s for s in plan.steps if s.entry == entry and s.reasons[0].why not in (Why.SHARED, Why.THIRD_PARTY))
    return sum(step.count for step in theirs if step.disposition in kept)
