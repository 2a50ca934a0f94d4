"""How a stored value reads as an instant: naive local times, epoch numbers, dates, texts, marks for "never".

Everything is read at its latest: an act that cannot be undone must not happen an hour early because a clock went back.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from dsr.core.model import FieldType, canon

_DAY = timedelta(days=1)
_EPOCH = datetime.fromtimestamp(0, UTC)
_FIRST, _END = -62_135_596_800, 253_402_300_800  # the seconds of the years 1 to 9999
_NEAR = timedelta(hours=4)  # no zone moves its clock by more at once, the date line apart


class Unit(Enum):
    """What the stored number or text counts."""

    NATIVE = "native"  # a date or datetime of the store, or ISO 8601 text
    EPOCH_SECONDS = "epoch_seconds"
    EPOCH_MILLIS = "epoch_millis"


@dataclass(frozen=True, slots=True)
class Clock:
    """The reading rule of one start field. `zone` is that of naive times and plain dates (IANA name).

    `missing` lists stored values that mean "no date", `never` those that mean "does not end"; both as canonical text.
    """

    unit: Unit = Unit.NATIVE
    zone: str = "UTC"
    missing: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def read(self, value: object) -> datetime | None:
        """The instant in UTC, or None when the value names none (absent, unreadable, `missing`, `never`)."""
        text = canon(value)
        if text is None or text in self.missing or text in self.never:
            return None
        if self.unit is Unit.NATIVE:
            return _from_native(value, self.zone)
        number = self._epoch(value)
        if number is None:
            return None
        return _EPOCH + timedelta(microseconds=int(number * (1_000_000 // self._scale)))

    def before(self, value: object, instant: datetime) -> bool:
        """Whether the stored value lies before the instant. This, in stored form, is the meaning of `Before`."""
        text = canon(value)
        if text is None or text in self.missing or text in self.never:
            return False
        if self.unit is not Unit.NATIVE:
            number = self._epoch(value)
            return number is not None and number < self.bound(instant, FieldType.INTEGER)  # type: ignore[operator]
        stored = _parse(value) if isinstance(value, str) else value
        if isinstance(stored, datetime):
            if stored.tzinfo is not None:
                return _to_utc(stored) < instant
            return stored < self.bound(instant, FieldType.DATETIME)  # type: ignore[operator]
        return isinstance(stored, date) and stored < self.bound(instant, FieldType.DATE)  # type: ignore[operator]

    def bound(self, instant: datetime, stored_as: FieldType) -> int | date | datetime:
        """The smallest stored value that is *not* before `instant`; `value < bound` is what Before means.

        Epoch units give a whole number (a stored fraction counts as the whole number below it), DATE a date,
        INSTANT an aware UTC datetime, everything else a naive local datetime.
        """
        if self.unit is not Unit.NATIVE:
            micros = (instant - _EPOCH) // timedelta(microseconds=1)
            return -(-micros * self._scale // 1_000_000)
        if stored_as is FieldType.INSTANT:
            return instant.astimezone(UTC)
        local = _wall_bound(instant, ZoneInfo(self.zone))
        if stored_as is FieldType.DATE:
            return local.date() if local.time() == time.min else local.date() + _DAY
        return local

    @property
    def _scale(self) -> int:
        return 1 if self.unit is Unit.EPOCH_SECONDS else 1000

    def _epoch(self, value: object) -> Decimal | None:
        """The number, when the calendar holds it: a mark such as -2^63 is no date and makes nothing expire."""
        number = _as_number(value)
        if number is None or not _FIRST * self._scale <= number < _END * self._scale:
            return None
        return number


UTC_CLOCK = Clock()
"""Native values; naive ones are UTC."""


def _wall_bound(instant: datetime, zone: ZoneInfo) -> datetime:
    """The wall time below which every stored wall time, read at its latest, lies before `instant`."""
    wall = instant.astimezone(zone).replace(tzinfo=None)
    low, high = instant - _NEAR, instant + _NEAR
    before, after = _offset(low, zone), _offset(high, zone)
    if before == after:
        return wall
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if _offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    turn = high.replace(microsecond=0).replace(tzinfo=None)
    instant_naive = instant.astimezone(UTC).replace(tzinfo=None)
    if after < before and instant_naive < turn:  # clocks go back: the repeated hour reads as its second pass
        return min(wall, turn + after)
    if after > before and turn <= instant_naive < turn + (after - before):  # clocks go forward: the skipped hour
        return turn + before
    return wall


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def _from_native(value: object, zone: str) -> datetime | None:
    if isinstance(value, str):
        value = _parse(value)
    if isinstance(value, datetime):
        return _to_utc(value) if value.tzinfo else _latest(value, zone)
    if isinstance(value, date):
        return _latest(datetime.combine(value, time.min), zone)
    return None


def _parse(text: str) -> datetime | date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def _latest(naive: datetime, zone: str) -> datetime:
    tz = ZoneInfo(zone)
    first, second = (_to_utc(naive.replace(tzinfo=tz, fold=f)) for f in (0, 1))
    return max(first, second)


def _to_utc(aware: datetime) -> datetime:
    """The instant in UTC; the first or last that a calendar holds where the offset leads out of it."""
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if aware.year == 1 else datetime.max.replace(tzinfo=UTC)


def _as_number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal | str):
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            return None
        return number if number.is_finite() else None
    return None
