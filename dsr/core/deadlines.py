"""By when to answer: every date is computed from receipt, questions and calendar, and tells how it came about.

An extension counts from the original start, never from the first due date: 31 January gives 30 April, not 28 April.
"""

import calendar as months
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Protocol

from dsr.core.regimes import Cite, Effect, Event, Question, Regime, Right, Span, Term

_DAY = timedelta(days=1)


class Calendar(Protocol):
    """The working days of a place. `version` says which data they come from."""

    @property
    def name(self) -> str:
        """The place, such as DE-BE."""
        ...

    @property
    def version(self) -> str:
        """Which data it is."""
        ...

    def off(self, day: date) -> str | None:
        """Why nobody works that day (the holiday's name, or "weekend"); None for a working day."""
        ...

    def known(self, year: int) -> bool:
        """Whether the days off of that year have been announced."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the person: open until it is answered. Days are local to the controller."""

    question: Question
    on: date
    answered: date | None = None


class How(Enum):
    """One step on the way to a date."""

    RECEIVED = "received"
    STARTS = "starts"  # the answer to a question is the start
    TOO_LATE = "too_late"  # the question came too late to stop the clock
    COUNTED = "counted"
    LAST_OF_MONTH = "last_of_month"  # the month does not have that day
    EXCLUDED = "excluded"  # days while a question was open
    ROLLED = "rolled"
    UNANNOUNCED = "unannounced"  # the days off of that year are not known yet


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the day that it led to, a number and a word where it has them."""

    how: How
    day: date
    count: int = 0
    word: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """One date with all that it was made from. While `waiting` the clock stands and the date moves on."""

    regime: str
    term: str
    event: Event
    due: date
    waiting: bool
    calendar: str
    version: str
    cite: Cite
    steps: tuple[Step, ...]


def deadlines(
    regime: Regime, right: Right, received: date, asked: Iterable[Asked], calendar: Calendar, today: date
) -> tuple[Deadline, ...]:
    """Every date that the law sets for the request, in the order of the events."""
    questions = tuple(asked)
    found = (regime.term(right, event) for event in Event)
    return tuple(_deadline(regime, term, received, questions, calendar, today) for term in found if term is not None)


def due(all_dates: Iterable[Deadline], *, extended: bool) -> Deadline | None:
    """The date by which the answer must be there: the earliest over all laws, each extended where that is possible."""
    last: dict[str, Deadline] = {}
    for one in all_dates:
        if one.event is Event.ANSWER or (extended and one.event is Event.EXTENDED):
            last[one.regime] = one  # EXTENDED follows ANSWER
    return min(last.values(), key=lambda one: one.due, default=None)


def _deadline(
    regime: Regime, term: Term, received: date, asked: tuple[Asked, ...], calendar: Calendar, today: date
) -> Deadline:
    if term.event is Event.ACKNOWLEDGE:  # receipt is confirmed whatever is still to be asked
        asked = ()
    steps = [Step(How.RECEIVED, received)]
    start, waits = _start(regime, received, asked, today, steps)
    day = _counted(term.span, start, calendar, steps)
    excluded, still = _excluded(regime, received, start, asked, today, steps)
    if excluded:
        day += excluded * _DAY
        steps.append(Step(How.EXCLUDED, day, excluded))
    if term.rolls:
        day = _rolled(day, calendar, steps)
    if (term.rolls or term.span.working_days is not None) and not calendar.known(day.year):
        steps.append(Step(How.UNANNOUNCED, day, day.year))
    name, version = calendar.name, calendar.version
    return Deadline(regime.name, term.id, term.event, day, waits or still, name, version, term.cite, tuple(steps))


def _start(
    regime: Regime, received: date, asked: tuple[Asked, ...], today: date, steps: list[Step]
) -> tuple[date, bool]:
    start, waits = received, False
    for one in asked:
        pause = regime.pause(one.question)
        if pause is None or pause.effect is not Effect.STARTS_WITH_ANSWER:
            continue
        waits = waits or one.answered is None
        answered = max(today, one.on) if one.answered is None else one.answered
        if answered > start:
            start = answered
            steps.append(Step(How.STARTS, start, word=one.question.value))
    return start, waits


def _excluded(
    regime: Regime, received: date, start: date, asked: tuple[Asked, ...], today: date, steps: list[Step]
) -> tuple[int, bool]:
    """How many days do not count (a day on which two questions were open does so once), and whether one still is."""
    days: set[date] = set()
    still = False
    for one in asked:
        pause = regime.pause(one.question)
        if pause is None or pause.effect is not Effect.EXCLUDES_DAYS:
            continue
        if pause.within is not None and (one.on - received).days > pause.within:
            steps.append(Step(How.TOO_LATE, one.on, pause.within, one.question.value))
            continue
        still = still or one.answered is None
        until = today if one.answered is None else one.answered
        first = max(one.on, start)
        days.update(first + number * _DAY for number in range((until - first).days))
    return len(days), still


def _counted(span: Span, start: date, calendar: Calendar, steps: list[Step]) -> date:
    if span.months is not None:
        return _months_on(start, span.months, steps)
    if span.days is not None:
        day = start + span.days * _DAY
        steps.append(Step(How.COUNTED, day, span.days, "days"))
        return day
    day, left = start, span.working_days or 0
    while left:
        day += _DAY
        left -= calendar.off(day) is None
    steps.append(Step(How.COUNTED, day, span.working_days or 0, "working_days"))
    return day


def _months_on(start: date, count: int, steps: list[Step]) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    last = months.monthrange(year, month + 1)[1]
    day = date(year, month + 1, min(start.day, last))
    steps.append(Step(How.COUNTED, day, count, "months"))
    if start.day > last:
        steps.append(Step(How.LAST_OF_MONTH, day, start.day))
    return day


def _rolled(day: date, calendar: Calendar, steps: list[Step]) -> date:
    while (why := calendar.off(day)) is not None:
        day += _DAY
        steps.append(Step(How.ROLLED, day, word=why))
    return day
