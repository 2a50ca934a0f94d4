"""What a conjunction says twice, said once: what lies before an instant is dated, and lies before every later one.

A purge asks for records that are due, dated, not dated in the future and not before any date the policy believes. Said
like that, SQLite takes each stored date apart five times, and PostgreSQL compares it nine times.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from dsr.core.clock import Clock, Unit
from dsr.core.model import FieldType, Path
from dsr.core.select import And, Before, Dated, Everything, Not, Or, Predicate, both, either, negate

_STORED = (FieldType.DATE, FieldType.DATETIME, FieldType.INSTANT)


@dataclass(frozen=True, slots=True)
class Within:
    """`Before(field, until)` and not `Before(field, since)`."""

    field: Path
    since: datetime
    until: datetime
    clock: Clock


def narrowed(parts: Iterable[Predicate]) -> list[Predicate | Within]:
    """Conditions that together hold for the very records for which the parts hold."""
    flat = list(_flat(parts))
    for due in _earliest(flat):
        flat = [due, *_flat(_given(part, due) for part in flat)]
    return list(_paired(flat))


def _flat(parts: Iterable[Predicate]) -> Iterator[Predicate]:
    for part in parts:
        if isinstance(part, And):
            yield from _flat(part.parts)
        elif not isinstance(part, Everything):
            yield part


def _earliest(parts: list[Predicate]) -> list[Before]:
    """Of every field and clock the condition that implies the others."""
    dues = [part for part in parts if isinstance(part, Before)]
    firsts = [due for due in dues if all(not _same(due, other) or _implies(due, other) for other in dues)]
    return [due for n, due in enumerate(firsts) if due not in firsts[:n]]


def _given(part: Predicate, due: Before) -> Predicate:
    """The part, where `due` is known to hold."""
    match part:
        case Dated(field, clock) if (field, clock) == (due.field, due.clock):
            return Everything()
        case Before() if _same(due, part) and _implies(due, part):
            return Everything()
        case And(parts):
            return both(*(_given(one, due) for one in parts))
        case Or(parts):
            return either(*(_given(one, due) for one in parts))
        case Not(inner):
            return negate(_given(inner, due))
        case _:
            return part


def _paired(parts: list[Predicate]) -> Iterator[Predicate | Within]:
    """The two ends of a window as one condition."""
    ends = [part for part in parts if isinstance(part, Before)]
    starts = [part.part for part in parts if isinstance(part, Not) and isinstance(part.part, Before)]
    pairs = [(end, start) for end in ends for start in starts if _same(end, start)]
    windows = {id(end): start for end, start in pairs}
    begun = {id(start) for start in windows.values()}
    for part in parts:
        if id(part) in windows and isinstance(part, Before):
            yield Within(part.field, windows[id(part)].instant, part.instant, part.clock)
        elif not (isinstance(part, Not) and id(part.part) in begun):
            yield part


def _same(one: Before, other: Before) -> bool:
    return (one.field, one.clock) == (other.field, other.clock)


def _implies(due: Before, later: Before) -> bool:
    """Whether no stored form has a value below the bound of `due` that is not below that of `later`."""
    kinds = _STORED if due.clock.unit is Unit.NATIVE else (FieldType.INTEGER,)
    bounds = [(due.clock.bound(due.instant, kind), due.clock.bound(later.instant, kind)) for kind in kinds]
    return all(first <= second for first, second in bounds)  # type: ignore[operator]
