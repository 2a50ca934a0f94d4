"""Totals of records that go: what can be added up is checked with the plan, and done by the store or across stores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from dsr.core.errors import UnsupportedError
from dsr.core.matching import Match
from dsr.core.model import Collection, FieldType, Path, Record, canon
from dsr.core.policy import DirectLink, Entry, IdentifierLink, Place, StartField, Totals
from dsr.core.select import Before, Selection, both, negate
from dsr.core.store import Aggregates, Store, Unit
from dsr.core.totals import Column, Grain, Mark, Tally, Total, Who, additions, enough
from dsr.engine.estate import Estate
from dsr.engine.foreign import Foreign
from dsr.engine.starting import local

_MOST_GROUPS = 100_000
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_MAY_BE_NUMBERS = (*_NUMBERS, FieldType.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Adding:
    """How the records of one step are added up. `cutoff` is the instant before which they lie."""

    totals: Totals
    entry: Entry
    start: StartField | None
    who: Who | None
    cutoff: datetime

    @property
    def source(self) -> str:
        """Under which name the target store remembers what it has added."""
        return f"{self.entry.name} {self.entry.rule}"


def adding(estate: Estate, entry: Entry, totals: Totals, cutoff: datetime) -> Adding:
    """The addition of one entry's records."""
    return Adding(totals, entry, local(entry), _who(estate, entry), cutoff)


def problems(estate: Estate, entry: Entry, totals: Totals) -> tuple[str, ...]:
    """Why the records cannot be added up, in words; none where they can."""
    target = estate.live.get(totals.into)
    if target is None:
        return (f"{totals.into}, into which totals go, is not there. Create it, or fix `into:` at {totals.at}.",)
    found = list(_target_problems(target, totals))
    found += _source_problems(estate, entry, totals)
    if not isinstance(estate.stores[totals.into.store], Aggregates):
        found.append(f"The store of {totals.into} cannot keep totals. Name a table of a database in `into:`.")
    return tuple(found)


def _target_problems(target: Collection, totals: Totals) -> Iterator[str]:
    key = tuple(column.into for column in totals.groups) + ((totals.period,) if totals.period else ())
    numbers = tuple(column.into for column in totals.sums) + ((totals.count,) if totals.count else ())
    for name in (*key, *numbers):
        if target.field(name) is None:
            yield f"{totals.into} has no field {name}. Add it, or fix `aggregate:` at {totals.at}."
    for name in numbers:
        kind = target.field(name)
        if kind is not None and kind.type not in _NUMBERS:
            yield f"{totals.into}.{name} is of type {kind.type.value}; totals are numbers."
    if all(target.field(name) for name in key) and set(key) not in [set(u) for u in (target.key, *target.uniques)]:
        listed = ", ".join(key)
        yield f"{totals.into} may hold a group twice. Give it a primary key or a unique constraint over {listed}."


def _source_problems(estate: Estate, entry: Entry, totals: Totals) -> Iterator[str]:
    collection = estate.collection(entry.place)
    at_home = own(estate, entry.place, totals)
    for column in (*totals.groups, *totals.sums):
        name = ".".join(column.source)
        if collection.field(column.source[0]) is None and not collection.open:
            yield f"{entry.name} has no field {name}. Fix `aggregate:` at {totals.at}."
        elif at_home and len(column.source) > 1:
            yield f"{entry.name}: {name} lies inside JSON. Name a whole column in `aggregate:` at {totals.at}."
    for column in totals.sums:
        if collection.type_of(column.source) not in _MAY_BE_NUMBERS:
            yield f"{entry.name}.{'.'.join(column.source)} is no number and has no sum."
    if totals.grain is not None and local(entry) is None:
        yield f"{entry.name} has no `start` in a field of its own, so its {totals.grain.value} is not known."
    if totals.k > 1 and _who(estate, entry) is None:
        yield (
            f"{entry.name} names its person in no field of its own, so the people of a group cannot be counted. "
            f"Link it by a field, or say `k: 1` at {totals.at}."
        )


def own(estate: Estate, place: Place, totals: Totals) -> bool:
    """Whether the store of the records keeps the totals too, so that one transaction does both."""
    return place.store == totals.into.store and isinstance(estate.stores[place.store], Aggregates)


def _who(estate: Estate, entry: Entry) -> Who | None:
    for link in entry.links:
        match link.how:
            case DirectLink((only,)):
                return Who(only, Match.EXACT, link.none)
            case IdentifierLink(name, one):
                declared = estate.policy.identifier(name)
                return Who(one, declared.match if declared else Match.EXACT, link.none | {""})
    return None


class Totalling:
    """Adds up and deletes the records of steps."""

    def __init__(self, estate: Estate) -> None:
        self._estate, self._zone = estate, estate.policy.controller.timezone
        self._foreign = Foreign(estate.stores, estate.live)

    def units(self, place: Place, selection: Selection, add: Adding, plan: str, ceiling: int) -> Iterator[Unit]:
        """The units of a step. `plan` is the digest by which an interrupted addition is known again."""
        wrong = problems(self._estate, add.entry, add.totals)
        target = self._estate.stores[add.totals.into.store]
        if wrong or not isinstance(target, Aggregates):
            raise UnsupportedError(" ".join(wrong))
        if own(self._estate, place, add.totals):
            yield from self._at_home(target, selection, add, ceiling)
        else:
            yield from self._across(self._estate.stores[place.store], target, selection, add, plan, ceiling)

    def _at_home(self, store: Aggregates, selection: Selection, add: Adding, ceiling: int) -> Iterator[Unit]:
        """One transaction for each calendar unit: whole groups, so that the smallest number is judged on all of it."""
        place = Place(add.entry.place.store, selection.collection)
        for piece in self._foreign.expand(selection, place.store):
            for tally, part in self._cut(piece, add):
                for unit in store.aggregate(part, tally, ceiling):
                    ceiling -= unit.count
                    yield unit

    def _cut(self, selection: Selection, add: Adding) -> Iterator[tuple[Tally, Selection]]:
        start, grain = add.start, add.totals.grain
        if start is None or grain is None:
            yield _tally(add, ()), selection
            return
        opened = self._estate.stores[add.entry.place.store]
        field_ = self._estate.collection(add.totals.into).field(add.totals.period)
        rest = selection
        while (first := opened.span(rest, start.path, start.clock).first) is not None:
            end = Before(start.path, grain.end(first, self._zone), start.clock)
            day = grain.first(first.astimezone(ZoneInfo(self._zone)).date())
            fixed = ((add.totals.period, grain.written(day, field_)),)
            yield _tally(add, fixed), Selection(rest.collection, both(rest.where, end))
            rest = Selection(rest.collection, both(rest.where, negate(end)))

    def _across(
        self, source: Store, target: Aggregates, selection: Selection, add: Adding, plan: str, ceiling: int
    ) -> Iterator[Unit]:
        """Totals first, with a mark in their own transaction; then the records go; then the mark.

        Whoever finds a mark of this plan only deletes. A mark of another plan means that it was interrupted and its
        records, all before its cut-off, were added by it: only later ones are added now.
        """
        pieces = tuple(self._foreign.expand(selection, source.name))
        mark = target.marked(add.source)
        if mark is None or mark.plan != plan:
            counted = _Sums(add, self._zone, self._estate.collection(add.totals.into))
            for piece in pieces:
                for record in source.read(_later(piece, add, mark), counted.fields):
                    counted.take(record)
            target.add(add.totals.into.collection, counted.totals(), Mark(add.source, plan, add.cutoff))
        for piece in pieces:
            for unit in source.delete(piece, ceiling):
                ceiling -= unit.count
                yield unit
        target.unmark(add.source)


def _later(piece: Selection, add: Adding, mark: Mark | None) -> Selection:
    if mark is None or add.start is None:
        return piece
    known = Before(add.start.path, mark.cutoff, add.start.clock)
    return Selection(piece.collection, both(piece.where, negate(known)))


def _tally(add: Adding, fixed: tuple[tuple[str, object], ...]) -> Tally:
    totals = add.totals
    k = totals.k if totals.k > 1 else None
    return Tally(totals.into.collection, fixed, totals.groups, totals.sums, totals.count, k, add.who)


@dataclass(slots=True)
class _Group:
    """`people` are remembered up to the smallest number that is asked for."""

    key: tuple[tuple[str, object], ...]
    records: int = 0
    people: set[str] = field(default_factory=set)
    sums: list[int | Decimal] = field(default_factory=list)


class _Sums:
    """Adds up record by record."""

    def __init__(self, add: Adding, zone: str, target: Collection) -> None:
        self._add, self._zone, self._target = add, zone, target
        self._tally = _tally(add, ())
        self._groups: dict[tuple[str | None, ...], _Group] = {}

    @property
    def fields(self) -> tuple[Path, ...]:
        """What has to be read."""
        own_ = [column.source for column in (*self._add.totals.groups, *self._add.totals.sums)]
        who = [self._add.who.field] if self._add.who else []
        return (*own_, *who, *([self._add.start.path] if self._add.start else []))

    def take(self, record: Record) -> None:
        """Count one record."""
        key = tuple(self._key(record))
        group = self._groups.setdefault(tuple(canon(value) for _, value in key), _Group(key))
        if len(self._groups) > _MOST_GROUPS:
            raise UnsupportedError(
                f"{self._add.entry.name}: `by:` makes more than {_MOST_GROUPS} groups. Name coarser fields at "
                f"{self._add.totals.at}."
            )
        group.records += 1
        group.sums = _added(group.sums, self._add.totals.sums, record)
        who = self._add.who
        if who is not None and len(group.people) < self._add.totals.k:
            person = canon(record.at(who.field))
            if person is not None and person not in who.nobody:
                group.people.add(who.match.fold(person))

    def totals(self) -> Iterator[Total]:
        """The groups that are large enough."""
        for group in self._groups.values():
            if enough(len(group.people), self._tally.k):
                yield Total(group.key, additions(self._tally, group.records, tuple(group.sums)))

    def _key(self, record: Record) -> Iterator[tuple[str, object]]:
        totals, start = self._add.totals, self._add.start
        if totals.grain is not None and start is not None:
            instant = start.clock.read(record.at(start.path))
            yield totals.period, None if instant is None else self._unit(totals.grain, instant)
        for column in totals.groups:
            value = record.at(column.source)
            yield column.into, None if canon(value) is None else value

    def _unit(self, grain: Grain, instant: datetime) -> object:
        day = grain.first(instant.astimezone(ZoneInfo(self._zone)).date())
        return grain.written(day, self._target.field(self._add.totals.period))


def _added(sums: list[int | Decimal], columns: tuple[Column, ...], record: Record) -> list[int | Decimal]:
    values = [_number(record.at(column.source)) for column in columns]
    return [a + b for a, b in zip(sums, values, strict=True)] if sums else values


def _number(value: object) -> int | Decimal:
    """What a value adds; texts that spell no number, and no value, add nothing."""
    text = None if isinstance(value, bool | bytes | Mapping) else canon(value)
    try:
        number = Decimal(text or "0")
    except InvalidOperation:
        return 0
    if not number.is_finite():
        return 0
    return int(number) if number == number.to_integral_value() else number
