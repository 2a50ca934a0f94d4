"""Whole worlds for the property tests: schema, policy, data, people, holds, all small and all drawn by hypothesis."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from building import AT, NOW, place, policy, ref, text
from hypothesis import strategies as st
from sql_tables import Table
from telling import telling

from dsr.core.clock import Clock, Unit
from dsr.core.model import Collection, Field, FieldType, OnDelete, Path, Reference
from dsr.core.periods import From, Period
from dsr.core.policy import (
    Code,
    DirectLink,
    Duty,
    End,
    Entry,
    Export,
    FieldRef,
    FieldRule,
    IdentifierLink,
    Link,
    NoPersonalData,
    Owner,
    Place,
    Policy,
    Refers,
    Rule,
    Start,
    StartField,
    ThroughLink,
    ViaLink,
)
from dsr.core.select import Everything, IsNull, Predicate, negate, one_of
from dsr.engine.circles import circles

T = TypeVar("T")
Values = dict[str, object]

INTS = (1, 2, 0, -1, 7)
TEXTS = ("a", "b", "", "0", "'%é")
PAIRS = ((1, 1), (1, 0), (0, 0), (-1, 2))
KINDS = ("a", "b", "c", None)
EMAILS = ("a@example.com", "b@example.com", " A@Example.COM", "c@example.com", "", " ", None)
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York")
PERIODS = ("P0D", "P30D", "P1M", "P1Y", "P10Y")
MOMENTS = (
    datetime(2000, 2, 29, 12),
    datetime(2015, 12, 31, 23, 30),
    datetime(2016, 1, 1, 0, 30),
    datetime(2025, 11, 22, 23, 59),
    datetime(2025, 11, 23, 8),
    datetime(2026, 10, 22, 22),
    datetime(2026, 10, 24, 0),
    datetime(2026, 10, 25, 2, 30),  # an hour that Berlin has twice
    datetime(2026, 11, 23, 11, 59),
    datetime(2026, 11, 23, 12),
    datetime(2030, 1, 1),
)


@dataclass(frozen=True, slots=True)
class Cover:
    """A hold before its people are looked up: their accounts, rules, collections, and the rest; None means any."""

    accounts: tuple[str, ...] | None
    rules: tuple[str, ...] | None
    collections: tuple[str, ...] | None
    fields: tuple[FieldRef, ...] | None = None
    where: Predicate | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class World:
    """One drawn case. Without `asked` it is a purge."""

    policy: Policy
    collections: Mapping[Place, Collection]
    rows: Mapping[Place, tuple[Values, ...]]
    asked: tuple[tuple[str, str], ...]
    holds: tuple[Cover, ...]
    restricted: tuple[str, ...]
    as_of: datetime = NOW

    def __repr__(self) -> str:
        return "\n  ".join(["World", *telling(self)])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints."""
        printer.text(repr(self))

    def tables(self, store: str) -> list[Table]:
        """The data of one store."""
        return [Table(one, self.rows[place]) for place, one in self.collections.items() if place.store == store]


@dataclass(slots=True)
class Column:
    """A reference by value, with or without a foreign key."""

    names: tuple[str, ...]
    to: "Shape"
    nullable: bool
    key: OnDelete | None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Its fields."""
        return tuple((name,) for name in self.names)

    @property
    def keys(self) -> tuple[Path, ...]:
        """The fields it points to."""
        return tuple((name,) for name in self.to.key)


@dataclass(slots=True)
class Shape:
    """A collection in the making."""

    name: str
    store: str
    number: int
    key: tuple[str, ...]
    types: tuple[FieldType, ...]
    columns: list[Column]
    fields: dict[str, Field]
    clocks: dict[str, Clock]
    uniques: tuple[tuple[str, ...], ...] = ()

    @property
    def place(self) -> Place:
        """Where it lies."""
        return Place(self.store, self.name)


class Dice:
    """Short words for drawing. Everything shrinks to the first choice and to "no"."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def one(self, *choices: T) -> T:
        """One of them."""
        return self._draw(st.sampled_from(choices))

    def some(self, choices: tuple[T, ...], most: int, least: int = 0) -> list[T]:
        """A few different ones."""
        most = min(most, len(choices))
        return self._draw(st.lists(st.sampled_from(choices), min_size=min(least, most), max_size=most, unique=True))

    def often(self, tenths: int) -> bool:
        """Yes in about so many cases of ten."""
        return self._draw(st.integers(0, 9)) >= 10 - tenths


@st.composite
def worlds(draw: Any, *, purge: bool | None = None, far: int = 1) -> World:
    """A world. `far`: how many collections of ten lie in a second store."""
    dice = Dice(draw)
    shapes = _shapes(dice, far)
    rules = tuple(_rule(dice, name) for name in ("account", "r1", "r2")[: dice.one(1, 2, 3)])
    entries: list[Entry] = []
    none: list[str] = []
    for shape in shapes:
        said = 0 if shape.number == 0 or not dice.often(1) else dice.one(1, 2)
        if said == 1:
            none.append(str(shape.place))
        elif said == 0:
            entries.extend(_entries(dice, shape, shapes, rules, entries))
    emails = ["app.users.email", *_old_addresses(dice, shapes, entries)]
    made = policy(rules, tuple(entries), emails=tuple(emails), zone=dice.one(*ZONES), stores=("app", "far"))
    made = replace(made, none=tuple(NoPersonalData(place(n), text("none"), AT) for n in none))
    rows = _rows(dice, shapes, entries)
    accounts = [str(row["id"]) for row in rows[shapes[0].place]]
    people = (*accounts, "99")
    asks: list[tuple[str, str]] = []
    if not (dice.often(4) if purge is None else purge):
        asks = [("user_id", key) for key in dice.some(people, 2, 1)]
        if dice.often(2):
            asks.append(("email", dice.one("a@example.com", "guest@example.com")))
    holds = tuple(_cover(dice, people, rules, shapes) for _ in range(dice.one(0, 0, 1, 2)))
    restricted = tuple(dice.some(people, 1)) if dice.often(2) else ()
    tables = {shape.place: _table(shape) for shape in shapes}
    return World(made, tables, rows, tuple(asks), holds, restricted)


# schema ---------------------------------------------------------------------------------------------------------------


def _shapes(dice: Dice, far: int) -> list[Shape]:
    count = dice.one(2, 3, 1, 4, 5)
    shapes: list[Shape] = []
    for number in range(count):
        away = number > 0 and dice.often(far)
        kind = dice.one("int", "text") if number == 0 else dice.one("int", "text", "pair", "int", "none")
        names, types = {
            "int": (("id",), (FieldType.INTEGER,)),
            "text": (("id",), (FieldType.TEXT,)),
            "pair": (("k1", "k2"), (FieldType.INTEGER, FieldType.INTEGER)),
            "none": ((), ()),
        }[kind]
        name = f"c{number}" if number else "users"
        shapes.append(Shape(name, "far" if away else "app", number, names, types, [], {}, {}))
    for shape in shapes:
        _columns(dice, shape, shapes)
    return shapes


def _columns(dice: Dice, shape: Shape, shapes: list[Shape]) -> None:
    for name, kind in zip(shape.key, shape.types, strict=True):
        shape.fields[name] = Field(name, kind, False, 40 if kind is FieldType.TEXT else None)
    wanted = dice.one(0, 1, 1) if shape.number == 0 else dice.one(1, 2, 1, 3)
    for number in range(wanted):
        to = shapes[0] if shape.number and number == 0 and dice.often(6) else dice.one(*shapes)
        if not to.key:
            continue
        names = tuple(f"l{number}{letter}" for letter in "ab"[: len(to.key)])
        nullable = not dice.often(4)
        same = to.store == shape.store
        actions = (OnDelete.REFUSE, OnDelete.CASCADE, *((OnDelete.EMPTY,) if nullable else ()))
        key = dice.one(*actions) if same and dice.often(6) else None
        shape.columns.append(Column(names, to, nullable, key))
        for column, kind in zip(names, to.types, strict=True):
            shape.fields[column] = Field(column, kind, nullable, 40 if kind is FieldType.TEXT else None)
    shape.fields["kind"] = Field("kind", FieldType.TEXT, True, 40)
    for name in ("at", "seen")[: dice.one(1, 2)]:
        kind, clock = _clock(dice)
        shape.clocks[name] = clock
        shape.fields[name] = Field(name, kind, not dice.often(2))
    shape.fields["email"] = Field("email", FieldType.TEXT, True, 40)
    shape.fields["body"] = Field("body", FieldType.TEXT, not dice.often(4), 200)
    if shape.key and dice.often(3):
        shape.fields["nick"] = Field("nick", FieldType.TEXT, False, 90)
        shape.uniques = (("nick",),)


def _clock(dice: Dice) -> tuple[FieldType, Clock]:
    zone = dice.one(*ZONES)
    kind = dice.one(FieldType.DATETIME, FieldType.INTEGER, FieldType.DATE)
    if dice.often(4):
        return kind, Clock(Unit.EPOCH_SECONDS if kind is FieldType.INTEGER else Unit.NATIVE, zone)
    if kind is FieldType.INTEGER:
        unit = dice.one(Unit.EPOCH_SECONDS, Unit.EPOCH_MILLIS)
        return kind, Clock(unit, zone, frozenset({"0"}), frozenset({"-1"}))
    never = frozenset({"9999-12-31 00:00:00", "9999-12-31"})
    return kind, Clock(Unit.NATIVE, zone, frozenset({"1970-01-01 00:00:00", "1970-01-01"}), never)


def _table(shape: Shape) -> Collection:
    references = tuple(Reference(c.names, c.to.name, c.to.key, c.key) for c in shape.columns if c.key is not None)
    return Collection(shape.name, tuple(shape.fields.values()), shape.key, references, shape.uniques)


# policy ---------------------------------------------------------------------------------------------------------------


def _rule(dice: Dice, name: str) -> Rule:
    most = Period.parse(dice.one(*PERIODS), dice.one(From.EVENT, From.YEAR_END)) if dice.often(7) else None
    duties = tuple(
        Duty(
            Period.parse(dice.one(*PERIODS[1:]), dice.one(From.EVENT, From.YEAR_END)),
            code,
            text("a law"),
            one_of(("kind",), dice.some(("a", "b", "c"), 2, 1)) if dice.often(3) else Everything(),
            None,
            AT,
        )
        for code in (Code.TAX, Code.SECURITY)[: dice.one(0, 0, 1, 2)]
    )
    then = dice.one(End.DELETE, End.DELETE, End.ANONYMISE)
    asked = dice.one(then, End.DELETE, End.ANONYMISE, End.RETAIN)
    return Rule(name, text(name), (), (), None, duties, most, then, asked, dice.often(1), AT)


def _entries(dice: Dice, shape: Shape, shapes: list[Shape], rules: tuple[Rule, ...], known: list[Entry]) -> list[Entry]:
    parents = [c for c in shape.columns if c.to.number < shape.number and any(e.place == c.to.place for e in known)]
    wheres: tuple[Predicate, ...] = (Everything(),)
    if dice.often(3):
        first = one_of(("kind",), dice.some(("a", "b"), 2, 1))
        left = one_of(("kind",), ("c",))
        wheres = dice.one((first,), (first, left), (first, negate(first)))
    made = []
    for number, where in enumerate(wheres):
        part = dice.one(*parents) if parents and dice.often(3) else None
        used: list[Column] = [part] if part else []
        links = () if part else _links(dice, shape, shapes, used)
        refers = tuple(
            Refers(c.paths[0], ref(f"{c.to.place}.{c.to.key[0]}"), AT)
            for c in shape.columns
            if c not in used and len(c.names) == 1 and c.nullable and dice.often(5)
        )
        made.append(
            Entry(
                shape.place,
                number,
                where,
                "" if part else dice.one(*rules).name,
                links,
                None if part else _start(dice, shape),
                _field_rules(dice, shape, rules),
                ViaLink(part.paths, part.to.place, part.keys) if part else None,
                refers,
                AT,
            )
        )
    return made


def _links(dice: Dice, shape: Shape, shapes: list[Shape], used: list[Column]) -> tuple[Link, ...]:
    links: list[Link] = []
    if shape.number == 0:
        return (Link(DirectLink((("id",),), "user"), Owner.SUBJECT, frozenset(), AT),)
    for column in shape.columns:
        forward = column.to.number >= shape.number
        owner = Owner.SUBJECT if forward or dice.often(7) else dice.one(Owner.THIRD_PARTY, Owner.SHARED)
        if not dice.often(8):
            continue
        used.append(column)
        none = frozenset({dice.one("0", "")}) if dice.often(1) else frozenset()
        if column.to.number == 0:
            links.append(Link(DirectLink(column.paths, "user"), owner, none, AT))
        else:
            links.append(Link(ViaLink(column.paths, column.to.place, column.keys), owner, none, AT))
    if dice.often(2):
        owner = dice.one(Owner.SUBJECT, Owner.SHARED)
        links.append(Link(IdentifierLink("email", ("email",)), owner, frozenset(), AT))
    for other in shapes if len(shape.key) == 1 else ():
        links.extend(_through(dice, shape, other, shapes[0]))
    return tuple(links)


def _through(dice: Dice, shape: Shape, other: Shape, users: Shape) -> list[Link]:
    named = [c for c in other.columns if c.to is shape and other.store == shape.store]
    owners = ["id"] if other is users else [c.names[0] for c in other.columns if c.to is users]
    if not named or not owners or other is shape or not dice.often(6):
        return []
    where = one_of(("kind",), ("a", "b")) if dice.often(2) else Everything()
    how = ThroughLink((shape.key,), other.place, where, (named[0].paths[0],), (owners[0],), "user")
    return [Link(how, dice.one(Owner.BY_LINKS, Owner.BY_LINKS, Owner.SUBJECT), frozenset(), AT)]


def _start(dice: Dice, shape: Shape) -> Start | None:
    parts = [StartField((name,), clock) for name, clock in shape.clocks.items()]
    for column in shape.columns:
        if column.to.store == shape.store and dice.often(3):
            name, clock = next(iter(column.to.clocks.items()), (None, None))
            if name is not None and clock is not None and column.to is not shape:
                parts.append(StartField((name,), clock, column.paths, column.to.place, column.keys))
    chosen = dice.some(tuple(range(len(parts))), 2)
    return Start(tuple(parts[n] for n in chosen), not dice.often(3)) if chosen else None


def _field_rules(dice: Dice, shape: Shape, rules: tuple[Rule, ...]) -> tuple[FieldRule, ...]:
    made = []
    for name in ("body", "email", "nick"):
        if name in shape.fields and dice.often(6):
            own = dice.one(None, *(rule.name for rule in rules))
            keep = dice.often(1)
            become = "gone" if name == "body" and not keep and dice.often(2) else None
            made.append(FieldRule((name,), "contact", None if keep else own, Export.PLAIN, keep, become, AT))
    return tuple(made)


def _old_addresses(dice: Dice, shapes: list[Shape], entries: list[Entry]) -> list[str]:
    """Another collection that holds addresses of accounts: one that belongs directly to one account."""
    found = []
    for shape in shapes[1:]:
        mine = [e for e in entries if e.place == shape.place]
        plain = len(mine) == 1 and len(mine[0].links) == 1 and isinstance(mine[0].links[0].how, DirectLink)
        if plain and mine[0].links[0].owner is Owner.SUBJECT and not mine[0].links[0].none and dice.often(3):
            found.append(f"{shape.place}.email")
    return found


def _cover(dice: Dice, people: tuple[str, ...], rules: tuple[Rule, ...], shapes: list[Shape]) -> Cover:
    accounts = tuple(dice.some(people, 2, 1)) if dice.often(6) else None
    names = tuple(dice.some(tuple(r.name for r in rules), 2, 1)) if dice.often(3) else None
    places = tuple(dice.some(tuple(str(s.place) for s in shapes), 2, 1)) if dice.often(4) else None
    fields = None
    if dice.often(2):
        there = tuple(FieldRef(s.place, (name,)) for s in shapes for name in ("kind", "email", "body"))
        fields = tuple(dice.some(there, 2, 1))
    where = None
    if (places or fields) and dice.often(3):
        where = one_of(("kind",), dice.some(("a", "b", "c"), 2, 1))
        where = dice.one(where, negate(where), IsNull(("kind",)))
    edges = (datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 10, 23, 16, tzinfo=UTC), NOW)
    bounded = dice.often(3)
    since = dice.one(None, *edges) if bounded else None
    until = dice.one(*edges) if bounded and (since is None or dice.often(5)) else None
    return Cover(accounts, names, places, fields, where, since, until)


# data -----------------------------------------------------------------------------------------------------------------


def _rows(dice: Dice, shapes: list[Shape], entries: list[Entry]) -> dict[Place, tuple[Values, ...]]:
    rows: dict[str, list[Values]] = {}
    for shape in shapes:
        if shape.key:
            pool: tuple[tuple[object, ...], ...] = PAIRS
            if len(shape.key) == 1:
                pool = tuple((v,) for v in (INTS if shape.types[0] is FieldType.INTEGER else TEXTS))
            keys = dice.some(pool, 4, 1 if shape.number == 0 else 0)
            rows[shape.name] = [dict(zip(shape.key, key, strict=True)) for key in keys]
        else:
            rows[shape.name] = [{} for _ in range(dice.one(0, 1, 2, 3))]
    _drop_impossible(shapes, rows, entries)
    for shape in shapes:
        for number, row in enumerate(rows[shape.name]):
            for column in shape.columns:
                row.update(zip(column.names, _target(dice, column, rows[column.to.name]), strict=True))
            row["kind"] = dice.one(*KINDS)
            for name in shape.clocks:
                row[name] = _moment(dice, shape.fields[name], shape.clocks[name])
            row["email"] = dice.one(*EMAILS)
            row["body"] = dice.one("hello", "")
            if "nick" in shape.fields:
                row["nick"] = f"nick{number}"
    return {shape.place: tuple(rows[shape.name]) for shape in shapes}


def _drop_impossible(shapes: list[Shape], rows: dict[str, list[Values]], entries: list[Entry]) -> None:
    """Rows whose reference must not be empty and has nothing to name cannot be there. Rows of two collections that no
    order deletes (`tests/survive/test_circles.py` has them) are left out.
    """
    for name, circle in circles(_firm(shapes, entries)).items():
        if len(circle) > 1:
            rows[name].clear()
    while True:
        bad = [
            shape
            for shape in shapes
            for c in shape.columns
            if c.key is not None and not c.nullable and rows[shape.name] and not rows[c.to.name]
        ]
        if not bad:
            return
        for shape in bad:
            rows[shape.name].clear()


def _firm(shapes: list[Shape], entries: list[Entry]) -> dict[str, set[str]]:
    """The references that neither are emptied, nor end by a cascade, nor may be cut because keys are remembered."""
    hows = [(e.place, how) for e in entries for how in (e.part_of, *(link.how for link in e.links))]
    hanging = {(place, how.fields, how.to) for place, how in hows if isinstance(how, ViaLink)}
    owning = hanging | {(place, how.fields, shapes[0].place) for place, how in hows if isinstance(how, DirectLink)}
    remembered = circles({s.place: {to for place, _, to in hanging if place == s.place} for s in shapes})
    firm: dict[str, set[str]] = {shape.name: set() for shape in shapes}
    for shape in shapes:
        for one in shape.columns:
            said = (shape.place, one.paths, one.to.place)
            if one.key is None:
                stays = said in hanging and one.to.place not in remembered.get(shape.place, ())
            else:
                stays = one.key is not OnDelete.CASCADE and (said in owning or not one.nullable)
            if stays:
                firm[shape.name].add(one.to.name)
    return firm


def _target(dice: Dice, column: Column, there: list[Values]) -> tuple[object, ...]:
    pool: list[tuple[object, ...]] = [tuple(row[name] for name in column.to.key) for row in there]
    if column.nullable:
        pool.append((None,) * len(column.names))
        if len(column.names) > 1 and column.key is None:
            pool.append((None, 0))
    if column.key is None:
        pool.append(tuple("nobody" if t is FieldType.TEXT else 99 for t in column.to.types))
    return dice.one(*pool)


def _moment(dice: Dice, field: Field, clock: Clock) -> object:
    marks: list[object] = [None] if field.nullable else []
    numbers: list[object]
    if clock.unit is not Unit.NATIVE:
        scale = 1 if clock.unit is Unit.EPOCH_SECONDS else 1000
        numbers = [int(m.replace(tzinfo=UTC).timestamp()) * scale for m in MOMENTS]
        return dice.one(*numbers, *((0, -1) if clock.missing else ()), *marks)
    if field.type is FieldType.DATE:
        days = [m.date() for m in MOMENTS]
        said = (date(1970, 1, 1), date(9999, 12, 31)) if clock.missing else ()
        return dice.one(*days, *said, *marks)
    meant = (datetime(1970, 1, 1), datetime(9999, 12, 31)) if clock.missing else ()
    return dice.one(*MOMENTS, *meant, *marks)
