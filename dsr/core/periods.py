"""Calendar periods: ISO 8601 durations counted in the controller's zone, from the event or from the end of its year.

A record is kept to the end of the local day on which its period ends, and a day that the month does not have
(29 February, the 31st) counts as the day after: the latest reading, since the act cannot be undone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from zoneinfo import ZoneInfo

_FORM = re.compile(r"P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", re.ASCII)
_DAY = timedelta(days=1)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for "no end that a calendar can hold"."""


class From(Enum):
    """Where counting begins."""

    EVENT = "event"
    YEAR_END = "year_end"


@dataclass(frozen=True, slots=True)
class Period:
    """Years, months and days of the calendar; weeks are held as days. Zero means "ends with the event"."""

    years: int = 0
    months: int = 0
    days: int = 0
    start: From = From.EVENT

    @classmethod
    def parse(cls, text: str, start: From = From.EVENT) -> "Period":
        """Read an ISO 8601 duration of whole days or longer, such as P10Y, P6M, P2W, P30D.

        Raises ValueError for anything else: a bare number, a time part, a fraction.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a calendar period")
        years, months, weeks, days = (int(part or 0) for part in found.groups())
        if years > 1000 or months > 12_000 or weeks > 52_000 or days > 366_000:
            raise ValueError(f"{text!r} is longer than 1000 years")
        return cls(years, months, weeks * 7 + days, start)

    def __str__(self) -> str:
        parts = ((self.years, "Y"), (self.months, "M"), (self.days, "D"))
        return "P" + ("".join(f"{n}{unit}" for n, unit in parts if n) or "0D")

    @property
    def zero(self) -> bool:
        """Whether the period ends with the event itself."""
        return not (self.years or self.months or self.days) and self.start is From.EVENT

    def until(self, event: datetime, zone: str) -> datetime:
        """The first instant (UTC) at which a record of that event is no longer kept."""
        if self.zero:
            return event.astimezone(UTC)
        last = _last_day(self, event.astimezone(ZoneInfo(zone)).date())
        return FAR if last is None else _midnight(last + _DAY, zone)

    def cutoff(self, as_of: datetime, zone: str) -> datetime:
        """The instant (UTC) such that exactly the events before it have `until(event) <= as_of`."""
        if self.zero:
            return as_of.astimezone(UTC) + timedelta(microseconds=1)
        return _first_kept(self, as_of.astimezone(UTC), zone)


@lru_cache(maxsize=256)
def _first_kept(period: Period, as_of: datetime, zone: str) -> datetime:
    """The midnight of the first day that is still kept; `until` grows with the event's day."""
    low, high = date(1, 1, 2), as_of.astimezone(ZoneInfo(zone)).date() + 2 * _DAY
    while low < high:
        middle = low + (high - low) // 2
        last = _last_day(period, middle)
        if last is None or _midnight(last + _DAY, zone) > as_of:
            high = middle
        else:
            low = middle + _DAY
    return _midnight(low, zone)


def _last_day(period: Period, day: date) -> date | None:
    if period.start is From.YEAR_END:
        day = date(day.year, 12, 31)
    months = day.year * 12 + day.month - 1 + period.years * 12 + period.months
    year, month = divmod(months, 12)
    try:
        first = date(year, month + 1, 1)
        following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
        moved = min(first + timedelta(days=day.day - 1), following)
        made = moved + timedelta(days=period.days)
    except (ValueError, OverflowError):
        return None
    return made if made.year < FAR.year else None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def last_day(until: datetime, zone: str) -> date | None:
    """The last local day on which a record with that `until` is kept; None for no end."""
    if until >= FAR:
        return None
    return (until - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
