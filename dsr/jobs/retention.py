"""The retention report: rule by store, the oldest record against its limit, what is overdue, and what comes next."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from dsr.core.report import Cell, Chart, Fact, Level, Note, Report, Shape, Table, Value, Word
from dsr.core.runs import Purged
from dsr.core.text import Text
from dsr.engine.evidence import LOOK_BACK
from dsr.engine.package.terms import Terms
from dsr.engine.reporting.making import Maker, bad
from dsr.engine.standing import WEEKS, Standing, Standings, standings
from dsr.jobs.session import Session

_DAYS = WEEKS * 7


@dataclass(frozen=True, slots=True)
class Forecast:
    """One rule: what reaches its limit a day, what purges remove a day, and when a backlog is gone at that pace."""

    rule: str
    backlog: int
    arrivals: float
    removed: float
    clears: datetime | None
    word: str  # none, clears, grows, stopped


def retention(session: Session) -> Report:
    """How every period stands now."""
    now = session.now()
    found = standings(session.estate, session.state.holds(), now)
    purges = session.state.purges(now - LOOK_BACK)
    return _Page(session, now, found, forecasts(found.found, purges, now)).report()


def forecasts(found: tuple[Standing, ...], purges: tuple[Purged, ...], now: datetime) -> tuple[Forecast, ...]:
    """The forecast of every rule that has records anywhere."""
    return tuple(_forecast(rule, found, purges, now) for rule in dict.fromkeys(one.rule for one in found))


def _forecast(rule: str, found: tuple[Standing, ...], purges: tuple[Purged, ...], now: datetime) -> Forecast:
    mine = [one for one in found if one.rule == rule]
    backlog = sum(one.overdue for one in mine)
    arrivals = sum(sum(one.weeks) for one in mine) / _DAYS
    done = [dict(one.removed).get(rule, 0) for one in purges if rule not in one.unfinished]
    days = max((now - purges[0].at) / timedelta(days=1), 1.0) if purges else 1.0
    removed = sum(done) / days
    if not backlog:
        return Forecast(rule, 0, arrivals, removed, None, "none")
    if not sum(done):
        return Forecast(rule, backlog, arrivals, removed, None, "stopped")
    if removed <= arrivals:
        return Forecast(rule, backlog, arrivals, removed, None, "grows")
    left = timedelta(days=min(backlog / (removed - arrivals), 36_500))
    return Forecast(rule, backlog, arrivals, removed, now + left, "clears")


class _Page:
    """The parts of the report."""

    def __init__(self, session: Session, now: datetime, found: Standings, ahead: tuple[Forecast, ...]) -> None:
        self._session, self._now, self._found, self._ahead = session, now, found, ahead
        self._zone = ZoneInfo(session.policy.controller.timezone)
        self._make = Maker("retention")
        self._titles: Mapping[str, Text] = {rule.name: rule.title for rule in session.policy.rules}

    def report(self) -> Report:
        """All of it."""
        return self._make.report(
            self._session.policy,
            self._now,
            facts=self._facts(),
            notes=self._notes(),
            tables=(self._standing(), self._forecast()),
            charts=(self._overdue(), self._coming()),
        )

    def _facts(self) -> Iterator[Fact]:
        found = self._found.found
        yield self._make.fact("records", sum(one.records for one in found))
        yield self._make.fact("overdue", bad(sum(one.overdue for one in found)))
        yield self._make.fact("held", sum(one.held for one in found))
        yield self._make.fact("by_duty", sum(one.by_duty for one in found))
        yield self._make.fact("undated", sum(one.undated for one in found))
        yield self._make.fact("doubtful", bad(sum(one.doubtful for one in found)))

    def _notes(self) -> Iterator[Note]:
        for store in sorted(self._found.unseen):
            yield self._make.note(Level.BAD, "unseen", store=store)
        if any(one.doubtful for one in self._found.found):
            yield self._make.note(Level.WARN, "doubtful")
        yield self._make.note(Level.PLAIN, "undated")
        yield self._make.note(Level.PLAIN, "limit")
        yield self._make.note(Level.PLAIN, "forecast", days=LOOK_BACK.days, ahead=_DAYS)

    def _standing(self) -> Table:
        keys = ("rule", "where", "#records", "oldest", "limit", "#overdue", "oldest_overdue", "#held", "#by_duty")
        columns = self._make.columns(*keys, "#undated", "#doubtful", "#shells")
        rows = (self._line(one) for one in sorted(self._found.found, key=lambda one: -one.overdue))
        return self._make.table("standing", columns, rows)

    def _line(self, one: Standing) -> tuple[Value | Cell, ...]:
        doubtful = Cell(one.doubtful, Level.WARN if one.doubtful else Level.PLAIN)
        head = (self._title(one.rule), f"{one.store}.{one.collection}", one.records)
        dates = (self._day(one.oldest), self._day(one.limit), bad(one.overdue), self._day(one.oldest_overdue))
        return (*head, *dates, one.held, one.by_duty, one.undated, doubtful, one.shells)

    def _forecast(self) -> Table:
        columns = self._make.columns("rule", "#backlog", "#arrivals", "#removed", "outlook", "clears")
        rows = (
            (
                self._title(one.rule),
                bad(one.backlog),
                Decimal(f"{one.arrivals:.1f}"),
                Decimal(f"{one.removed:.1f}"),
                Cell(Word(one.word, self._make.word(f"outlook.{one.word}")), _LEVELS[one.word]),
                self._day(one.clears),
            )
            for one in self._ahead
        )
        return self._make.table("forecast", columns, rows)

    def _overdue(self) -> Chart:
        sums = {
            rule: [sum(getattr(one, kind) for one in self._found.found if one.rule == rule) for kind in _KINDS]
            for rule in dict.fromkeys(one.rule for one in self._found.found)
        }
        shown = {rule: values for rule, values in sums.items() if any(values)}
        series = ((kind, [values[at] for values in shown.values()]) for at, kind in enumerate(_KINDS))
        return self._make.chart("overdue", Shape.BARS, (self._titles[rule] for rule in shown), *series)

    def _coming(self) -> Chart:
        weeks = [sum(one.weeks[at] for one in self._found.found if one.weeks) for at in range(WEEKS)]
        starts = [(self._now + timedelta(days=7 * at)).astimezone(self._zone).date().isoformat() for at in range(WEEKS)]
        return self._make.chart("coming", Shape.COLUMNS, map(Terms.name, starts), ("ending", weeks))

    def _title(self, rule: str) -> Word:
        return Word(rule, self._titles[rule])

    def _day(self, instant: datetime | None) -> Value:
        return None if instant is None else instant.astimezone(self._zone).date()


_KINDS = ("overdue", "held", "by_duty", "doubtful")
_LEVELS = {"none": Level.GOOD, "clears": Level.WARN, "grows": Level.BAD, "stopped": Level.BAD}
