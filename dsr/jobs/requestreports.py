"""The register of requests and its figures as reports: a line a request (11 CCR § 7101), figures by right (§ 7102)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from dsr.core.report import Cell, Chart, Fact, Level, Report, Shape, Speech, Value, Word
from dsr.engine import regimes
from dsr.engine.glossary import Group
from dsr.engine.package.terms import Terms
from dsr.engine.reporting.making import Maker, bad
from dsr.jobs.metrics import Figures, Registered, metrics, register
from dsr.jobs.session import Session

_LINE = ("request", "received", "rights", "channel", "laws", "requester", "state", "answered", "ground", "#days")
_FIGURES = ("received", "fulfilled", "partial", "refused", "withdrawn", "open", "extended", "in_time", "timed")
_DAYS = ("median_days", "mean_days", "p95_days", "oldest_open_days")
_PARTS = ("fulfilled", "partial", "refused", "open")


def register_report(session: Session, speech: Speech) -> Report:
    """Every request but the tests; it names nobody."""
    make, found = Maker("register"), register(session)
    rows = (_line(make, speech, one) for one in found)
    return make.report(
        session.policy,
        session.now(),
        facts=(
            make.fact("requests", len(found)),
            make.fact("open", sum(one.answered is None for one in found)),
            make.fact("late", bad(sum(one.in_time is False for one in found))),
        ),
        notes=(make.note(Level.PLAIN, "nobody"),),
        tables=(make.table("register", make.columns(*_LINE, "extended", "in_time"), rows),),
    )


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


def _line(make: Maker, speech: Speech, one: Registered) -> tuple[Value | Cell, ...]:
    late = Level.BAD if one.in_time is False else Level.PLAIN
    return (
        one.request,
        one.received,
        tuple(speech.word("right", right) for right in one.rights),
        speech.word("channel", one.channel),
        tuple(_law(make, name) for name in one.regimes),
        speech.word("requester", one.requester),
        speech.word("request_status", one.ending),
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
