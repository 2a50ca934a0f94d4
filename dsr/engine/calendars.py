"""The days off of a place: public holidays from the library `holidays`, make-up days from `policies/calendars/`."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.engine.policyfile.convert import day as read_day
from dsr.engine.policyfile.convert import form, mapping, sequence, text
from dsr.engine.policyfile.nodes import Node, read
from dsr.engine.policyfile.problems import Problems, Spot, shown

if TYPE_CHECKING:
    from holidays import HolidayBase

WEEKENDS = "weekends"
"""The calendar without holidays: for a controller outside the places whose holidays the law counts."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Announced:
    """What was ordered for one year: weekend days that are worked, weekdays that are off."""

    worked: frozenset[date]
    off: frozenset[date]


@dataclass(frozen=True, slots=True)
class Holidays:
    """A place's calendar."""

    name: str
    version: str
    _public: "HolidayBase | None"
    _years: tuple[tuple[int, Announced], ...]

    def off(self, day: date) -> str | None:
        """The holiday, "weekend", or None for a working day."""
        announced = dict(self._years).get(day.year)
        if announced is not None and day in announced.worked:
            return None
        if day.weekday() >= _SATURDAY:
            return "weekend"
        if announced is not None:
            return self._name(day) or "day off" if day in announced.off else None
        return self._name(day)

    def known(self, year: int) -> bool:
        """Whether the days off of that year are announced; where no make-up days are ordered they always are."""
        return not self._years or year in dict(self._years)

    def _name(self, day: date) -> str | None:
        return None if self._public is None else self._public.get(day)


@cache
def calendar(name: str) -> Holidays:
    """The calendar of a country (DE), of a region in it (DE-BE), or of weekends alone.

    Raises PolicyError where there is none.
    """
    if name == WEEKENDS:
        return Holidays(name, WEEKENDS, None, ())
    import holidays  # 0.2 s: only when a date is computed

    country, _, region = name.partition("-")
    try:
        made = holidays.country_holidays(country, subdiv=region or None, language="en_US")
    except NotImplementedError:
        raise PolicyError(
            f"There is no calendar {shown(name)}. Write a country such as DE, or one with its region such as DE-BE."
        ) from None
    years = _announced(country)
    number = version("holidays")
    newest = f" + {name} {max(year for year, _ in years)}" if years else ""
    return Holidays(name, f"holidays {number}{newest}", made, years)


def _announced(country: str) -> tuple[tuple[int, Announced], ...]:
    path = folder("policies") / "calendars" / f"{country.lower()}.yaml"
    return parse(path.read_bytes(), f"calendars/{path.name}") if path.is_file() else ()


def parse(source: bytes, file: str) -> tuple[tuple[int, Announced], ...]:
    """The make-up days of a file, by year; raises PolicyError with every problem."""
    problems = Problems()
    root = read(source, file, problems)
    if root is None:
        raise PolicyError(problems.lines([file]))
    parts = form(root, "the calendar", ("calendar", "years"), problems, Spot(file, 1))
    text(parts.need("calendar"), parts.label("calendar"), problems)
    node = parts.need("years")
    made = []
    for pair in () if node is None else mapping(node, parts.label("years"), problems):
        year = form(pair.value, f"year {shown(pair.name)}", ("worked", "off", "source", "verified_on"), problems)
        text(year.need("source"), year.label("source"), problems)
        read_day(year.need("verified_on"), year.label("verified_on"), problems)
        number = int(pair.name) if pair.name.isdecimal() else 0
        days = [_days(year.need(one), year.label(one), number, problems) for one in ("worked", "off")]
        made.append((number, Announced(*days)))
    if problems:
        raise PolicyError(problems.lines([file]))
    return tuple(made)


def _days(node: Node | None, what: str, year: int, problems: Problems) -> frozenset[date]:
    if node is None:
        return frozenset()
    found = [(read_day(one, what, problems), one.at) for one in sequence(node, what, problems)]
    for one, at in found:
        if one is not None and one.year != year:
            problems.add(at, f"{what}: {one} is not a day of that year. Move it, or correct it.")
    return frozenset(one for one, _ in found if one is not None)
