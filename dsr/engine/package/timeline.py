"""Bars that show until when each kind of data is kept, on one scale from the day of the package on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dsr.engine.package.report import Category

_SHORTEST = 1.5  # percent: what ends soon is still seen


@dataclass(frozen=True, slots=True)
class Bar:
    """Percent of the scale: until the end by the rule, then what an erasure would leave. `open` has no known end."""

    own: float
    kept: float
    open: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """One bar for each kind of data, and the year in which the scale ends; no bars where nothing has a known end."""

    bars: tuple[Bar, ...]
    first: int
    last: int


def timeline(categories: Iterable[Category], today: date) -> Timeline:
    """The bars in the order of the categories."""
    found = tuple(categories)
    ends = [end for one in found for end in (one.until, *(kept.until for kept in one.kept)) if end is not None]
    if not ends:
        return Timeline((), today.year, today.year)
    last = max(*ends, today).year
    days = (date(last, 12, 31) - today).days or 1
    return Timeline(tuple(_bar(one, today, days) for one in found), today.year, last)


def _bar(one: Category, today: date, days: int) -> Bar:
    def share(end: date) -> float:
        return round(max(_SHORTEST, min(100.0, 100 * (end - today).days / days)), 2)

    kept = max((share(kept.until) for kept in one.kept if kept.until is not None), default=0.0)
    if one.by_request:
        return Bar(100.0, 0.0, open=True)
    own = share(one.until) if one.until is not None else 0.0
    return Bar(own, round(max(0.0, kept - own), 2), open=False)
