"""Selections: predicates over one collection, as data. `matches` defines what they mean; stores compile them.

Logic is two-valued: a comparison with an absent value is false, and `Not` of it is true (SQL's NULL is not ours).
Values compare by their canonical text (`dsr.core.model.canon`), so 5 and "5" are equal and "05" is neither.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol

from dsr.core.clock import UTC_CLOCK, Clock
from dsr.core.matching import Match
from dsr.core.model import Key, Path, Record, canon


class Op(Enum):
    """An order comparison. Numbers compare with numbers, text with text by code point; anything else is false.

    A stored NaN lies above every number, as in PostgreSQL.
    """

    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


@dataclass(frozen=True, slots=True)
class Everything:
    """Every record."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The values at `fields`, taken together, are one of `keys`. No keys select nothing.

    `match` other than EXACT needs a single field and folds both sides.
    """

    fields: tuple[Path, ...]
    keys: frozenset[Key]
    match: Match = Match.EXACT


@dataclass(frozen=True, slots=True)
class StartsWith:
    """The canonical text at `field` starts with one of `prefixes`."""

    field: Path
    prefixes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Before:
    """The instant stored at `field` lies before `instant`, as `clock` reads it (see `Clock.before`)."""

    field: Path
    instant: datetime
    clock: Clock = UTC_CLOCK


@dataclass(frozen=True, slots=True)
class Dated:
    """The value at `field` reads as an instant: present, readable, neither `missing` nor `never`."""

    field: Path
    clock: Clock = UTC_CLOCK


@dataclass(frozen=True, slots=True)
class Compare:
    """An order comparison with a fixed number or text."""

    field: Path
    op: Op
    value: int | float | str


@dataclass(frozen=True, slots=True)
class IsNull:
    """Nothing stands at `field`: SQL NULL, JSON null, or no such key."""

    field: Path


@dataclass(frozen=True, slots=True)
class Linked:
    """Some record of `source` holds at `keys` the same values as this one at `fields`; absent values link to nothing.

    `store` names another store when the source lies there; the engine turns such a link into `OneOf` before any
    store sees it.
    """

    fields: tuple[Path, ...]
    source: "Selection"
    keys: tuple[Path, ...]
    store: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedByMany:
    """More than one distinct value stands at `owner` in the records of `sources` that link to this record."""

    fields: tuple[Path, ...]
    sources: tuple["OwnerLink", ...]


@dataclass(frozen=True, slots=True)
class OwnerLink:
    """One way to reach owners: records of `source` whose `keys` equal this record's fields name one at `owner`."""

    source: "Selection"
    keys: tuple[Path, ...]
    owner: Path


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Every change has already been made to the record."""

    changes: tuple["Change", ...]


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; no parts hold for every record."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds; no parts hold for no record."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Predicate"


Predicate = (
    Everything
    | OneOf
    | StartsWith
    | Before
    | Dated
    | Compare
    | IsNull
    | Linked
    | LinkedByMany
    | Rewritten
    | And
    | Or
    | Not
)


@dataclass(frozen=True, slots=True)
class Selection:
    """The records of one collection for which a predicate holds."""

    collection: str
    where: Predicate = Everything()


class Become(Enum):
    """What a rewritten field becomes."""

    EMPTY = "empty"  # NULL, or no such key
    VALUE = "value"  # a fixed value
    UNIQUE = "unique"  # `value` followed by the record's own key, for fields that must differ
    VALUE_IF_EMPTY = "value_if_empty"  # a fixed value where there is none yet; others stay


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a rewrite."""

    field: Path
    become: Become = Become.EMPTY
    value: object = dataclasses.field(default=None, hash=False)  # objects and lists have no hash

    def target(self, current: object, key: Key) -> object:
        """What the field holds afterwards."""
        match self.become:
            case Become.EMPTY:
                return None
            case Become.VALUE:
                return self.value
            case Become.UNIQUE:
                return f"{self.value}{'-'.join(str(canon(part)) for part in key)}"
            case Become.VALUE_IF_EMPTY:
                return self.value if current is None else current


class Lookup(Protocol):
    """What `matches` needs to follow links: the records of another selection, and the key of a collection."""

    def records(self, selection: Selection) -> Iterable[Record]:
        """All records of the selection."""

    def key_of(self, collection: str) -> tuple[str, ...]:
        """The key fields of a collection."""


NOTHING = Or(())
"""Selects no record."""


def one_of(field: Path, values: Iterable[object], match: Match = Match.EXACT) -> OneOf:
    """`OneOf` over a single field."""
    return OneOf((field,), frozenset((value,) for value in values), match)


def both(*parts: Predicate) -> Predicate:
    """`And`, flattened and simplified."""
    flat: list[Predicate] = []
    for part in parts:
        if isinstance(part, And):
            flat.extend(part.parts)
        elif not isinstance(part, Everything):
            flat.append(part)
    if any(is_nothing(part) for part in flat):
        return NOTHING
    return flat[0] if len(flat) == 1 else And(tuple(flat)) if flat else Everything()


def either(*parts: Predicate) -> Predicate:
    """`Or`, flattened and simplified."""
    flat: list[Predicate] = []
    for part in parts:
        if isinstance(part, Or):
            flat.extend(part.parts)
        else:
            flat.append(part)
    flat = [part for part in flat if not is_nothing(part)]
    if any(isinstance(part, Everything) for part in flat):
        return Everything()
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negate(part: Predicate) -> Predicate:
    """`Not`, simplified."""
    if isinstance(part, Not):
        return part.part
    if isinstance(part, Everything):
        return NOTHING
    return Everything() if is_nothing(part) else Not(part)


def is_nothing(part: Predicate) -> bool:
    """Whether the predicate is known, without looking at any record, to select none."""
    if isinstance(part, Or):
        return all(is_nothing(one) for one in part.parts)
    if isinstance(part, And):
        return any(is_nothing(one) for one in part.parts)
    if isinstance(part, OneOf):
        return not part.keys
    if isinstance(part, StartsWith):
        return not part.prefixes
    return isinstance(part, Linked) and is_nothing(part.source.where)


def mentions(where: Predicate, collection: str) -> bool:
    """Whether the predicate looks into records of the collection, so that changing those may change what it selects."""
    match where:
        case And(parts) | Or(parts):
            return any(mentions(part, collection) for part in parts)
        case Not(part):
            return mentions(part, collection)
        case Linked(source=source):
            return source.collection == collection or mentions(source.where, collection)
        case LinkedByMany(sources=sources):
            return any(s.source.collection == collection or mentions(s.source.where, collection) for s in sources)
        case _:
            return False


def matches(where: Predicate, record: Record, lookup: Lookup) -> bool:
    """Whether the predicate holds for the record. This function is the meaning of every predicate."""
    match where:
        case Everything():
            return True
        case And(parts):
            return all(matches(part, record, lookup) for part in parts)
        case Or(parts):
            return any(matches(part, record, lookup) for part in parts)
        case Not(part):
            return not matches(part, record, lookup)
        case OneOf(fields, keys, match):
            found = key_at(record, fields, match)
            return found is not None and any(found == _folded(key, match) for key in keys)
        case StartsWith(field, prefixes):
            text = canon(record.at(field))
            return text is not None and text.startswith(tuple(prefixes))
        case Before(field, instant, clock):
            return clock.before(record.at(field), instant)
        case Dated(field, clock):
            return clock.read(record.at(field)) is not None
        case Compare(field, op, value):
            return _ordered(record.at(field), op, value)
        case IsNull(field):
            return record.at(field) is None
        case Linked(fields, source, keys):
            mine = key_at(record, fields)
            return mine is not None and any(key_at(other, keys) == mine for other in lookup.records(source))
        case LinkedByMany(fields, sources):
            return len(_owners(record, fields, sources, lookup)) > 1
        case Rewritten(changes):
            key = tuple(record.values.get(name) for name in lookup.key_of(record.collection))
            return all(_is_made(change, record, key) for change in changes)


def key_at(record: Record, fields: tuple[Path, ...], match: Match = Match.EXACT) -> tuple[str, ...] | None:
    """The canonical (and folded) values at the fields; None when any of them is absent."""
    return _folded(tuple(record.at(field) for field in fields), match)


def _folded(key: Key, match: Match) -> tuple[str, ...] | None:
    texts = tuple(canon(value) for value in key)
    if any(text is None for text in texts):
        return None
    return tuple(match.fold(text) for text in texts if text is not None)


def _ordered(found: object, op: Op, value: object) -> bool:
    numbers = isinstance(value, int | float) and not isinstance(value, bool)
    if numbers != (_is_number(found)) or (not numbers and not isinstance(found, str)):
        return False
    if isinstance(found, Decimal) and found.is_nan():
        found = math.nan  # the decimal one refuses to be compared
    less, same = found < value, found == value  # type: ignore[operator]
    return bool({Op.LT: less, Op.LE: less or same, Op.GT: not less and not same, Op.GE: not less}[op])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _owners(record: Record, fields: tuple[Path, ...], sources: tuple[OwnerLink, ...], lookup: Lookup) -> set[str]:
    mine = key_at(record, fields)
    if mine is None:
        return set()
    return {
        owner
        for link in sources
        for other in lookup.records(link.source)
        if key_at(other, link.keys) == mine and (owner := canon(other.at(link.owner))) is not None
    }


def _is_made(change: Change, record: Record, key: Key) -> bool:
    current = record.at(change.field)
    target = change.target(current, key)
    if isinstance(target, Mapping | list) or isinstance(current, Mapping | list):
        return current == target
    return canon(current) == canon(target)
