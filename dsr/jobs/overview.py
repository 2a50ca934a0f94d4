"""The overview: what a reviewer opens on Monday. What is due, overdue, held, failing, unproven; it writes nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dsr.core.errors import StoreUnreachableError
from dsr.core.plan import Gap
from dsr.core.report import Cell, Chart, Fact, Level, Note, Report, Shape, Speech, Table, Value, Word
from dsr.engine.evidence import Proof, deadline
from dsr.engine.overdue import Slot, Survivors, Watch
from dsr.engine.reporting.making import Maker, bad
from dsr.jobs.evidence import Evidence, judged
from dsr.jobs.requests import Line, Listed, listing
from dsr.jobs.session import Session
from dsr.state.plans import PlanRow, PlanStatus

SOON = timedelta(days=7)
MOST = 50
"""How many requests are listed; the register has them all."""

_OPEN = (PlanStatus.OPEN, PlanStatus.APPLYING, PlanStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class Due:
    """Records by rule: past their limit, and reaching it within a week. `gaps`: stores that did not answer.

    `late`: what was past its limit already when a run had to have come.
    """

    overdue: Counter[str]
    soon: Counter[str]
    late: Survivors
    gaps: tuple[Gap, ...]


def overview(session: Session, speech: Speech) -> Report:
    """Everything at one moment."""
    now = session.now()
    due = _due(session, now)
    return _Page(session, speech, now, due, judged(session, due.late)).report()


def _due(session: Session, now: datetime) -> Due:
    """One statement a collection, and others only where something is due or about to be."""
    policy, holds = session.policy, session.state.holds()
    watch = Watch(session.estate, holds, now)
    soon, late, lost = Counter[str](), set[Slot](), dict[str, Gap]()
    for entry in session.estate.entries():
        place = entry.place
        if place.store in lost:
            continue
        try:
            near = watch.reached(entry, now + SOON)
            over = watch.reached(entry, now) if near else 0
        except StoreUnreachableError as error:
            lost[place.store] = Gap("unreachable", place.store, str(error))
            continue
        soon[entry.rule] += near - over
        if over or any(field.rule for field in entry.fields):
            late.add((place, entry.number))
    found = watch.survivors(late, dated=False)
    overdue = Counter[str]()
    for one in found.found:
        overdue[one.rule] += one.count
    by = deadline(policy.deletion, now, policy.controller.timezone)
    then = found if by == now else Watch(session.estate, holds, by).survivors(late, dated=False)
    return Due(overdue, soon, then, tuple(lost.values()))


class _Page:
    """The parts of the report."""

    def __init__(self, session: Session, speech: Speech, now: datetime, due: Due, found: Evidence) -> None:
        self._session, self._speech, self._now = session, speech, now
        self._due, self._proofs = due, found.proofs
        self._make = Maker("overview")
        self._requests: Listed = listing(session)
        self._gaps = tuple(dict.fromkeys((*session.estate.gaps, *session.gaps, *due.gaps)))

    def report(self) -> Report:
        """All of it."""
        return self._make.report(
            self._session.policy,
            self._now,
            facts=self._facts(),
            notes=self._notes(),
            tables=(self._rules(), self._asked(), self._holds(), self._plans(), self._failing()),
            charts=(self._chart(),),
        )

    def _facts(self) -> Iterator[Fact]:
        make, state = self._make, self._session.state
        last = max((one.last for one in self._proofs if one.last is not None), default=None)
        yield make.fact("last_purge", last if last is not None else Cell(make.word("never"), Level.BAD))
        yield make.fact("overdue", bad(self._due.overdue.total()))
        yield make.fact("soon", self._due.soon.total())
        yield make.fact("unproven", bad(sum(not one.proven for one in self._proofs)))
        yield make.fact("holds", len(state.holds().active))
        yield make.fact("requests", len(self._requests.lines))
        yield make.fact("late", bad(self._requests.late))
        yield make.fact("failing", bad(len(self._gaps)))

    def _notes(self) -> Iterator[Note]:
        make, state = self._make, self._session.state
        frozen = state.frozen()
        if frozen is not None:
            yield make.note(Level.WARN, "frozen", by=frozen.by, reason=frozen.reason)
        for run in state.unfinished_runs():
            yield make.note(Level.BAD, "interrupted", plan=run.plan)
        if not self._gaps:
            yield make.note(Level.GOOD, "complete")
        if self._proofs and all(one.proven for one in self._proofs):
            yield make.note(Level.GOOD, "proven")
        yield make.note(Level.PLAIN, "overdue")
        yield make.note(Level.PLAIN, "proof")

    def _rules(self) -> Table:
        rows = (self._rule(one) for one in self._proofs)
        columns = self._make.columns("rule", "#overdue", "#soon", "proof", "last_run")
        return self._make.table("rules", columns, rows)

    def _rule(self, one: Proof) -> tuple[Value | Cell, ...]:
        doubts = tuple(self._doubt(doubt.value) for doubt in one.doubts)
        proof = Cell(doubts, Level.BAD) if doubts else Cell(self._doubt("proven"), Level.GOOD)
        overdue = bad(self._due.overdue[one.rule])
        return Word(one.rule, one.title), overdue, self._due.soon[one.rule], proof, one.last

    def _doubt(self, code: str) -> Word:
        return Word(code, self._make.word(f"doubt.{code}"))

    def _asked(self) -> Table:
        columns = self._make.columns("request", "rights", "state", "next", "due", "#days_left")
        rows = (self._request(one) for one in self._requests.lines[:MOST] if one.next is not None)
        return self._make.table("requests", columns, rows)

    def _request(self, one: Line) -> tuple[Value | Cell, ...]:
        left, word = one.days_left, self._speech.word
        level = Level.PLAIN if left is None or left > SOON.days else Level.BAD if left < 0 else Level.WARN
        return (
            one.request.id,
            tuple(word("right", right.value) for right in one.request.rights),
            word("request_status", one.status.value),
            None if one.next is None else word("event", one.next.event.value),
            Cell(None if one.next is None else one.next.due, level),
            Cell(left, level),
        )

    def _holds(self) -> Table:
        today = self._now.date()
        rows = (
            (
                one.id,
                one.matter,
                one.authority,
                one.placed_at,
                Cell(one.review_on, Level.BAD if one.review_on is not None and one.review_on <= today else Level.PLAIN),
            )
            for one in self._session.state.holds().active
        )
        return self._make.table("holds", self._make.columns("hold", "matter", "authority", "placed", "review"), rows)

    def _plans(self) -> Table:
        found = (row for row in self._session.state.plans() if row.status in _OPEN and row.acting)
        columns = self._make.columns("plan", "state", "kind", "#people", "#acting", "made")
        return self._make.table("plans", columns, (self._plan(row) for row in found))

    def _plan(self, row: PlanRow) -> tuple[Value | Cell, ...]:
        word = self._speech.word
        level = Level.WARN if row.status is PlanStatus.PARTIAL else Level.PLAIN
        state = Cell(word("status", row.status.value), level)
        return row.id, state, word("scope", row.scope), row.subjects or None, row.acting, row.made_at

    def _failing(self) -> Table:
        rows = ((Cell(one.where, Level.BAD), self._speech.sentence(one.text)) for one in self._gaps)
        return self._make.table("failing", self._make.columns("where", "what"), rows)

    def _chart(self) -> Chart:
        shown = [one for one in self._proofs if self._due.overdue[one.rule] or self._due.soon[one.rule]]
        return self._make.chart(
            "due",
            Shape.BARS,
            (one.title for one in shown),
            ("overdue", [self._due.overdue[one.rule] for one in shown]),
            ("soon", [self._due.soon[one.rule] for one in shown]),
        )
