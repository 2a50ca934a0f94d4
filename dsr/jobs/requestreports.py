"""The register of requests and its figures as reports: a line a request (11 CCR § 7101), figures by right (§ 7102)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from dsr.core.report import Cell, Chart, Fact, Level, Report, Shape, Speech, Value, Word
from dsr.engine import regimes
from dsr.engine.glossary import Group
from dsr.engine.package.terms import Terms
from dsr.engine.reporting.making import Maker, bad
from dsr.jobs.metrics import Figures, Registered, metrics, register
from dsr.jobs.requests import Line, listing
from dsr.jobs.session import Session

_LINE = (
    *("request", "received", "rights", "channel", "laws", "requester", "state", "due", "#days_left", "answered"),
    *("ground", "#days", "extended", "in_time"),
)
_STANDING = ("overdue", "open", "late", "in_time", "ended")
_DRAWN = _STANDING[:4]
_SPANS = {"past": (-(10**6), -1), "week": (0, 7), "fortnight": (8, 14), "month": (15, 30), "more": (31, 10**6)}
_FIGURES = ("received", "fulfilled", "partial", "refused", "withdrawn", "open", "extended", "in_time", "timed")
_DAYS = ("median_days", "mean_days", "p95_days", "oldest_open_days")
_PARTS = ("fulfilled", "partial", "refused", "open")


def register_report(session: Session, speech: Speech) -> Report:
    """Every request but the tests; it names nobody."""
    make, found = Maker("register"), register(session)
    ahead = {one.request.id: one for one in listing(session).lines}
    standing = tuple(_standing(found, ahead))
    lines = (_line(make, speech, one, ahead.get(one.request)) for one in found)
    return make.report(
        session.policy,
        session.now(),
        facts=(
            make.fact("requests", len(found)),
            make.fact("open", sum(one.answered is None for one in found)),
            make.fact("overdue", bad(sum(one.late for one in ahead.values()))),
            make.fact("late", bad(sum(one.in_time is False for one in found))),
        ),
        notes=(make.note(Level.PLAIN, "nobody"), make.note(Level.PLAIN, "each"), make.note(Level.PLAIN, "next")),
        tables=(
            make.table("register", make.columns(*_LINE), lines),
            make.table(
                "standing",
                make.columns("right", *(f"#{name}" for name in _STANDING)),
                ((speech.word("right", right), *counts) for right, counts in standing),
            ),
        ),
        charts=(_by_right(make, speech, standing), _by_days(make, ahead.values())),
    )


def _standing(found: tuple[Registered, ...], ahead: Mapping[str, Line]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """How the requests for each right stand, in the order of `_STANDING`."""
    for right in sorted({right for one in found for right in one.rights}):
        kinds = Counter(_kind(one, ahead.get(one.request)) for one in found if right in one.rights)
        yield right, tuple(kinds[name] for name in _STANDING)


def _kind(one: Registered, ahead: Line | None) -> str:
    if ahead is not None:
        return "overdue" if ahead.late else "open"
    return "ended" if one.in_time is None else "in_time" if one.in_time else "late"


def _by_right(make: Maker, speech: Speech, standing: tuple[tuple[str, tuple[int, ...]], ...]) -> Chart:
    labels = (speech.word("right", right).text for right, _ in standing)
    series = ((name, [counts[_STANDING.index(name)] for _, counts in standing]) for name in _DRAWN)
    return make.chart("standing", Shape.BARS, labels, *series)


def _by_days(make: Maker, ahead: Iterable[Line]) -> Chart:
    """Open requests by how long there is until the next date of a law."""
    left = [one.days_left for one in ahead if one.days_left is not None]
    counts = [sum(low <= days <= high for days in left) for low, high in _SPANS.values()]
    return make.chart("days", Shape.BARS, (make.word(f"span.{name}") for name in _SPANS), ("open", counts))


def metrics_report(session: Session, speech: Speech, since: date | None = None, until: date | None = None) -> Report:
    """The figures of the requests that were received from `since` to `until`."""
    make, found = Maker("metrics"), metrics(session, since, until)
    columns = make.columns("right", "law", *(f"#{name}" for name in (*_FIGURES, "share", *_DAYS)))
    rows = (_figures(make, speech, one) for one in found.figures)
    return make.report(
        session.policy,
        session.now(),
        facts=_span(make, found.since, found.until),
        notes=(make.note(Level.PLAIN, "counted"), make.note(Level.PLAIN, "days")),
        tables=(make.table("metrics", columns, rows),),
        charts=(_chart(make, speech, found.figures),),
    )


def _line(make: Maker, speech: Speech, one: Registered, ahead: Line | None) -> tuple[Value | Cell, ...]:
    late = Level.BAD if one.in_time is False else Level.PLAIN
    passed = Level.BAD if ahead is not None and ahead.late else Level.PLAIN
    return (
        one.request,
        one.received,
        tuple(speech.word("right", right) for right in one.rights),
        speech.word("channel", one.channel),
        tuple(_law(make, name) for name in one.regimes),
        speech.word("requester", one.requester),
        speech.word("request_status", one.ending),
        Cell(None if ahead is None or ahead.next is None else ahead.next.due, passed),
        Cell(None if ahead is None else ahead.days_left, passed),
        one.answered,
        _ground(one),
        one.days,
        one.extended,
        Cell(one.in_time, late),
    )


def _ground(one: Registered) -> Word | None:
    """The ground of a refusal, in the words of the first law: a refusal takes one that every law knows."""
    known = next((found for name in one.regimes if (found := regimes.regime(name).ground(one.ground))), None)
    return Word(one.ground, known.title if known is not None else Terms.name(one.ground)) if one.ground else None


def _figures(make: Maker, speech: Speech, one: Figures) -> tuple[Value | Cell, ...]:
    counts = (getattr(one, name) for name in _FIGURES)
    days = (getattr(one, name) for name in _DAYS)
    share = f"{100 * one.in_time / one.timed:.1f} %" if one.timed else None
    level = Level.BAD if one.in_time < one.timed else Level.GOOD if one.timed else Level.PLAIN
    numbers = (None if value is None else Decimal(f"{value:g}") for value in days)
    return (speech.word("right", one.right), _law(make, one.regime), *counts, Cell(share, level), *numbers)


def _law(make: Maker, name: str) -> Word:
    return Word(name, make.terms.term(Group.REGIME, name))


def _span(make: Maker, since: date | None, until: date | None) -> Iterator[Fact]:
    if since is not None:
        yield make.fact("since", since)
    if until is not None:
        yield make.fact("until", until)


def _chart(make: Maker, speech: Speech, found: tuple[Figures, ...]) -> Chart:
    labels = [(speech.word("right", one.right).text, _law(make, one.regime).text) for one in found]
    named = (make.word("label", right=right, law=law) for right, law in labels)
    series = ((name, [getattr(one, name) for one in found]) for name in _PARTS)
    return make.chart("answers", Shape.BARS, named, *series)
