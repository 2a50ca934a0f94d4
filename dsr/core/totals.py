"""Adding up: records that go leave totals of their groups behind, and no group of too few people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from dsr.core.matching import Match
from dsr.core.model import Field, FieldType, Path


class Grain(Enum):
    """The calendar unit of a group, by which the start date of a record is cut."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"

    def first(self, day: date) -> date:
        """The first day of the unit that holds the day."""
        match self:
            case Grain.DAY:
                return day
            case Grain.MONTH:
                return day.replace(day=1)
            case Grain.YEAR:
                return day.replace(month=1, day=1)

    def written(self, first: date, field: Field | None) -> object:
        """How a field of that type names the unit: 2026-11, or 202611, or the date of its first day."""
        text = first.isoformat()[: {Grain.DAY: 10, Grain.MONTH: 7, Grain.YEAR: 4}[self]]
        kind = FieldType.UNKNOWN if field is None else field.type
        if kind is FieldType.DATE:
            return first
        return int(text.replace("-", "")) if kind in (FieldType.INTEGER, FieldType.NUMBER) else text

    def end(self, instant: datetime, zone: str) -> datetime:
        """The instant at which the unit that holds `instant` has ended, in the zone's own calendar."""
        day = self.first(instant.astimezone(ZoneInfo(zone)).date())
        following = self.first(day + timedelta(days={Grain.DAY: 1, Grain.MONTH: 31, Grain.YEAR: 366}[self]))
        return datetime.combine(following, time.min, ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the records, and the field of the totals into which its value or its sum goes."""

    source: Path
    into: str


@dataclass(frozen=True, slots=True)
class Who:
    """The field that names a record's person, for counting people. `nobody` are values that name none."""

    field: Path
    match: Match
    nobody: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tally:
    """How records are added up into the collection `into`: `fixed` values and `groups` make the key of a total.

    A group of fewer than `k` people is not written; with `k` None every group is.
    """

    into: str
    fixed: tuple[tuple[str, object], ...]
    groups: tuple[Column, ...]
    sums: tuple[Column, ...]
    count: str
    k: int | None
    who: Who | None


@dataclass(frozen=True, slots=True)
class Total:
    """One group: the key fields of the totals with their values, and what is added to the other fields."""

    key: tuple[tuple[str, object], ...]
    added: tuple[tuple[str, int | Decimal], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Written with totals whose records go afterwards, from another store: these have been added for `plan`.

    `source` names the entry, `cutoff` is the instant before which its records had to lie.
    """

    source: str
    plan: str
    cutoff: datetime


def enough(people: int, k: int | None) -> bool:
    """Whether a group is large enough to be written."""
    return k is None or people >= k


def additions(tally: Tally, records: int, sums: tuple[int | Decimal, ...]) -> tuple[tuple[str, int | Decimal], ...]:
    """What a group adds, by field of the totals."""
    return tuple(_added(tally, records, sums))


def _added(tally: Tally, records: int, sums: tuple[int | Decimal, ...]) -> Iterator[tuple[str, int | Decimal]]:
    for column, value in zip(tally.sums, sums, strict=True):
        yield column.into, value
    if tally.count:
        yield tally.count, records
