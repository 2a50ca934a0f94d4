"""When things begin and end, in plain calendar arithmetic: what DESIGN says of dates, written without the engine."""

import calendar
import math
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dsr.core.clock import Clock, Unit
from dsr.core.model import Field, FieldType, canon
from dsr.core.periods import From, Period

NEVER = datetime.max.replace(tzinfo=UTC)
"""Stands for "the period does not end"."""


def moment(value: object, clock: Clock) -> datetime | None:
    """The stored date in UTC, at its latest reading; NEVER for such a mark, None where there is none."""
    if value is None or canon(value) in clock.missing:
        return None
    if canon(value) in clock.never:
        return NEVER
    if isinstance(value, int):
        seconds = value if clock.unit is Unit.EPOCH_SECONDS else value / 1000
        return datetime.fromtimestamp(seconds, UTC)
    if not isinstance(value, datetime):
        assert isinstance(value, date)
        value = datetime.combine(value, time.min)
    return max(value.replace(tzinfo=ZoneInfo(clock.zone), fold=fold).astimezone(UTC) for fold in (0, 1))


def end(start: datetime, period: Period, zone: str) -> datetime:
    """The first moment after the period: midnight after its last local day, or the event itself for no period."""
    if start is NEVER:
        return NEVER
    if not (period.years or period.months or period.days) and period.start is From.EVENT:
        return start
    day = start.astimezone(ZoneInfo(zone)).date()
    if period.start is From.YEAR_END:
        day = date(day.year, 12, 31)
    month = day.month - 1 + period.months
    year, month = day.year + period.years + month // 12, month % 12 + 1
    if day.day <= calendar.monthrange(year, month)[1]:
        day = date(year, month, day.day)
    else:  # the month has no such day: the day after its last one
        day = date(year, month, calendar.monthrange(year, month)[1]) + timedelta(days=1)
    day += timedelta(days=period.days + 1)
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def stored(instant: datetime, clock: Clock, column: Field | None) -> object:
    """The first value of a column that is not before the instant."""
    assert column is not None
    if clock.unit is not Unit.NATIVE:
        return math.ceil(instant.timestamp() * (1 if clock.unit is Unit.EPOCH_SECONDS else 1000))
    local = instant.astimezone(ZoneInfo(clock.zone)).replace(tzinfo=None)
    if column.type is FieldType.DATE:
        return local.date() + timedelta(days=0 if local.time() == time.min else 1)
    return local
