"""The overview: what a reviewer looks at first. It reads, and writes nothing."""

from dataclasses import dataclass
from datetime import date, datetime

from dsr.core.plan import Disposition, Gap, Plan, Why
from dsr.core.progress import Progress
from dsr.engine.draft import Scope
from dsr.engine.planner import Planner
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.plans import PlanRow, PlanStatus

_OPEN = (PlanStatus.OPEN, PlanStatus.APPLYING, PlanStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule by the calendar: records past its limit now, and those kept beyond it, with a reason each."""

    rule: str
    overdue: int
    held: int
    by_duty: int
    undated: int
    future: int


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One active hold."""

    id: str
    matter: str
    placed_at: datetime
    review_on: date | None
    review_due: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of everything at one moment."""

    at: datetime
    rules: tuple[RuleLine, ...]
    holds: tuple[HoldLine, ...]
    plans: tuple[PlanRow, ...]
    interrupted: tuple[str, ...]
    last_purge: datetime | None
    frozen: str
    gaps: tuple[Gap, ...]


def overview(session: Session) -> Overview:
    """What is overdue, held, open, interrupted or undeclared."""
    now = session.now()
    plan = _calendar(session, now, session.progress)
    frozen = session.state.frozen()
    holds = session.state.holds().active
    return Overview(
        at=now,
        rules=tuple(
            _line(plan, rule.name) for rule in session.policy.rules if rule.keep_at_most or rule.must_not_exist
        ),
        holds=tuple(
            HoldLine(h.id, h.matter, h.placed_at, h.review_on, h.review_on is not None and h.review_on <= now.date())
            for h in holds
        ),
        plans=tuple(row for row in session.state.plans() if row.status in _OPEN),
        interrupted=tuple(run.plan for run in session.state.unfinished_runs()),
        last_purge=_last_purge(session),
        frozen=f"{frozen.by}: {frozen.reason}" if frozen else "",
        gaps=plan.gaps,
    )


def _calendar(session: Session, now: datetime, progress: Progress) -> Plan:
    """What a purge would find now; the plan is not saved."""
    planner = Planner(session.estate, Scope(), session.state.holds(), now)
    return planner.plan("P-0", now, progress, session.gaps).plan


def _line(plan: Plan, rule: str) -> RuleLine:
    steps = [step for step in plan.steps if step.rule == rule]
    duties = (Why.LEGAL, Why.TAX, Why.PAYMENT, Why.SECURITY, Why.DISPUTE)

    def total(*why: Why) -> int:
        return sum(step.count for step in steps if step.reasons[0].why in why)

    return RuleLine(
        rule,
        sum(step.count for step in steps if step.disposition.acts),
        sum(step.count for step in steps if step.disposition is Disposition.HOLD),
        total(*duties),
        total(Why.NO_START),
        total(Why.FUTURE_START),
    )


def _last_purge(session: Session) -> datetime | None:
    last, after = None, 0
    while events := session.state.events(after=after):
        after = events[-1].id
        last = next((e.at for e in reversed(events) if e.what is Act.PURGED), last)
    return last
