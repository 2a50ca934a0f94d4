"""The report on holds: the register, what each saves, when it is reviewed, and the proof that nothing under it went."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dsr.core.errors import EvidenceError
from dsr.core.holds import Hold
from dsr.core.plan import Disposition
from dsr.core.report import Cell, Chart, Fact, Level, Note, Report, Shape, Speech, Table, Value, Word
from dsr.core.text import Text
from dsr.engine.counting import Counter
from dsr.engine.draft import Scope
from dsr.engine.package.terms import Terms
from dsr.engine.planner import Planner
from dsr.engine.reporting.making import Maker
from dsr.engine.sparing import Spared, Standing, acknowledged, generations, spared
from dsr.jobs.holds import HoldShown, shown
from dsr.jobs.ledger import LedgerVerified, verify
from dsr.jobs.session import Session
from dsr.state.events import Act, Event

_KEYS = (
    *("hold", "matter", "state", "reason", "authority", "people", "rules", "collections", "bounds", "placed", "by"),
    *("review", "reviewer", "then", "now", "saved", "acknowledged", "runs", "unknowing", "proof"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One hold: what it protects now, what of that would be gone without it, what was counted when it was placed.

    `pressed`: when the stores acknowledged it, where they did so only when it was made known again.
    """

    shown: HoldShown
    saved: int
    counts: Mapping[str, int]
    pressed: datetime | None
    spared: Spared

    @property
    def hold(self) -> Hold:
        """The hold."""
        return self.shown.hold


def holds(session: Session, speech: Speech) -> Report:
    """Every hold, the released ones too."""
    now = session.now()
    return _Page(session, speech, now, tuple(_lines(session, now))).report()


def _lines(session: Session, now: datetime) -> Iterator[Line]:
    every = session.state.all_holds()
    acts, pressed = _acknowledged(session)
    saved = _saved(session, now)
    runs = session.state.changed(min((one.placed_at for one in every), default=now))
    born = generations(every)
    for hold in every:
        counts = acts.get(hold.id, {})
        proof = spared(hold, born[hold.id], counts, runs)
        yield Line(shown(session, hold), saved.get(hold.id, 0), counts, pressed.get(hold.id), proof)


def _acknowledged(session: Session) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, datetime]]:
    """What was counted when each hold was placed, or, where a store did not answer then, when all of them first did."""
    found: dict[str, dict[str, int]] = {}
    pressed: dict[str, datetime] = {}
    for one in (*_acts(session, Act.HOLD_PLACED), *_acts(session, Act.HOLD_PRESSED)):
        if one.hold is None:
            continue
        before = found.get(one.hold, {})
        if one.what is Act.HOLD_PLACED or not acknowledged(before):
            found[one.hold] = before | dict(one.counts)
        if one.what is Act.HOLD_PRESSED and not acknowledged(before) and acknowledged(found[one.hold]):
            pressed[one.hold] = one.at
    return found, pressed


def _acts(session: Session, what: Act) -> Iterator[Event]:
    after = 0
    while events := session.state.events(after, what=what):
        after = events[-1].id
        yield from events


def _saved(session: Session, now: datetime) -> Mapping[str, int]:
    """Records past their limit that are there for a hold's sake alone, by the hold that decides."""
    parts = Planner(session.estate, Scope(), session.state.holds(), now).parts()
    counter, found = Counter(session.estate), dict[str, int]()
    for part in parts:
        hold = part.reasons[0].hold
        if part.disposition is Disposition.HOLD and hold:
            found[hold] = found.get(hold, 0) + counter.plain(part.place.store, part.selection)
    return found


class _Page:
    """The parts of the report."""

    def __init__(self, session: Session, speech: Speech, now: datetime, lines: tuple[Line, ...]) -> None:
        self._session, self._speech, self._now, self._lines = session, speech, now, lines
        self._make = Maker("holds")
        self._titles: Mapping[str, Text] = {rule.name: rule.title for rule in session.policy.rules}

    def report(self) -> Report:
        """All of it."""
        rows = (self._line(one) for one in self._lines)
        return self._make.report(
            self._session.policy,
            self._now,
            facts=self._facts(),
            notes=self._notes(),
            tables=(self._make.table("holds", self._make.columns(*_KEYS), rows, cards=True), self._covered()),
            charts=(self._chart(),),
        )

    def _facts(self) -> Iterator[Fact]:
        active = [one for one in self._lines if one.hold.active]
        yield self._make.fact("active", len(active))
        yield self._make.fact("now", sum(one.shown.records for one in active))
        yield self._make.fact("saved", sum(one.saved for one in active))
        due = sum(self._due(one.hold) for one in active)
        yield self._make.fact("reviews", Cell(due, Level.BAD if due else Level.PLAIN))

    def _notes(self) -> Iterator[Note]:
        broken = [one.hold.id for one in self._lines if one.spared.standing is Standing.BROKEN]
        for id in broken:
            yield self._make.note(Level.BAD, "broken", hold=id)
        if self._lines and all(one.spared.standing is Standing.PROVEN for one in self._lines):
            yield self._make.note(Level.GOOD, "proven")
        yield self._ledger()
        yield self._make.note(Level.PLAIN, "proof")
        yield self._make.note(Level.PLAIN, "saved")

    def _ledger(self) -> Note:
        try:
            found: LedgerVerified = verify(self._session)
        except EvidenceError as error:
            return Note(Level.BAD, self._speech.sentence(str(error)))
        return self._make.note(Level.GOOD, "ledger", size=found.size, root=found.root[:16])

    def _line(self, one: Line) -> tuple[Value | Cell, ...]:
        hold, scope, make = one.hold, one.hold.scope, self._make
        state = "active" if hold.active else "released"
        due = Level.BAD if self._due(hold) else Level.PLAIN
        proof = one.spared.standing
        return (
            hold.id,
            hold.matter,
            Word(state, make.word(f"state.{state}")),
            self._speech.sentence(hold.reason),
            hold.authority,
            None if scope.subjects is None else len(scope.subjects),
            None if scope.rules is None else tuple(Word(rule, self._title(rule)) for rule in scope.rules),
            scope.collections,
            self._bounds(one),
            hold.placed_at,
            hold.placed_by,
            Cell(hold.review_on, due),
            hold.reviewer,
            one.counts.get("held"),
            one.shown.records if hold.active else None,
            one.saved if hold.active else None,
            self._answered(one),
            *self._runs(one.spared),
            Cell(Word(proof.value, make.word(f"proof.{proof.value}")), _LEVELS[proof]),
        )

    def _answered(self, one: Line) -> Text | None:
        """How many stores acknowledged the hold, and when."""
        placed, stores = one.counts.get("acknowledged"), one.counts.get("stores", 0)
        if placed is None:
            return None
        if one.pressed is None:
            return self._make.word("acknowledged", placed=placed, stores=stores)
        zone = ZoneInfo(self._session.policy.controller.timezone)
        day = one.pressed.astimezone(zone).date().isoformat()
        return self._make.word("pressed", placed=placed, stores=stores, day=day)

    def _runs(self, one: Spared) -> tuple[Text, Text]:
        """Runs since the hold was placed, and what those changed that did not know it."""
        make = self._make
        runs = make.word("runs", runs=one.runs, knowing=one.knowing) if one.runs else make.word("no_runs")
        if not one.unknowing:
            return runs, make.word("no_changes")
        return runs, make.word("changed", unknowing=one.unknowing, allowed=one.allowed)

    def _bounds(self, one: Line) -> Value:
        """Fields, conditions and dates that narrow the hold; of conditions only the fields are named."""
        scope = one.hold.scope
        days = (self._make.word(word, day=at.date().isoformat()) for word, at in _dates(scope.since, scope.until))
        return (*(str(field) for field in scope.fields or ()), *one.shown.conditions, *days) or None

    def _covered(self) -> Table:
        rows = ((one.hold.id, part.entry, part.count) for one in self._lines for part in one.shown.covered)
        return self._make.table("covered", self._make.columns("hold", "collections", "#now"), rows)

    def _chart(self) -> Chart:
        active = [one for one in self._lines if one.hold.active]
        labels = (Terms.name(f"{one.hold.id} {one.hold.matter}") for one in active)
        others = [one.shown.records - min(one.saved, one.shown.records) for one in active]
        return self._make.chart("kept", Shape.BARS, labels, ("saved", [one.saved for one in active]), ("young", others))

    def _title(self, rule: str) -> Text:
        return self._titles.get(rule, Terms.name(rule))

    def _due(self, hold: Hold) -> bool:
        return hold.active and hold.review_on is not None and hold.review_on <= self._now.date()


def _dates(since: datetime | None, until: datetime | None) -> Iterator[tuple[str, datetime]]:
    for word, at in (("since", since), ("until", until)):
        if at is not None:
            yield word, at


_LEVELS = {
    Standing.PROVEN: Level.GOOD,
    Standing.UNRECORDED: Level.WARN,
    Standing.UNACKNOWLEDGED: Level.WARN,
    Standing.BROKEN: Level.BAD,
}
