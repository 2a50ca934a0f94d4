"""Generated records and predicates for the contract test: few values, chosen to collide and to be misread."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st
from kinds import Kind, Table

from dsr.core.clock import Clock, Unit
from dsr.core.matching import Match
from dsr.core.model import Collection, Field, FieldType, Record
from dsr.core.select import (
    And,
    Become,
    Before,
    Change,
    Compare,
    Dated,
    Everything,
    IsNull,
    Linked,
    LinkedByMany,
    Not,
    OneOf,
    Op,
    Or,
    OwnerLink,
    Predicate,
    Rewritten,
    Selection,
    StartsWith,
    one_of,
)
from dsr.core.store import Question

_T = FieldType
TEXTS = [
    "", "a", "A", "a ", " a", "é", "É", "e\u0301", "5", "05", "5.0", "0", "-3", "true", "x%_\\'\"", "a\nb", "日本",
    "\U0001f600",
    "Ann@Example.example", " ann@example.example ", "ÄNN@example.example", "+49 (1) 2-3", "4912\u00a03",
]  # fmt: skip
INTS = [0, 1, 2, 5, -3, 2**31, -(2**40), 1_711_846_800, 1_711_846_800_000]
NUMBERS = [Decimal(text) for text in ("0", "5", "5.5", "-3.25", "1000000", "1711846800.5")]
DAYS = [
    date(2024, 3, 31),
    date(2024, 3, 30),
    date(2024, 2, 29),
    date(2024, 10, 27),
    date(2011, 12, 31),
    date(1969, 7, 20),
]
TIMES = [
    datetime(2024, 3, 31, 1, 59, 59), datetime(2024, 3, 31, 3, 0), datetime(2024, 10, 27, 2, 30),
    datetime(2024, 10, 27, 2, 30, 0, 250000), datetime(2024, 10, 27, 3, 0), datetime(2024, 2, 29, 0, 0),
    datetime(2024, 3, 30, 16, 0), datetime(1969, 12, 31, 23, 59, 59, 999999),
]  # fmt: skip
INSTANTS = [moment.replace(tzinfo=UTC) for moment in TIMES if moment.year >= 1970] + [  # MariaDB begins there
    datetime(2024, 3, 31, 1, 0, tzinfo=UTC), datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
    datetime(2024, 10, 27, 1, 30, tzinfo=timezone(timedelta(hours=8))), datetime(2024, 12, 30, 12, tzinfo=UTC),
]  # fmt: skip
DATE_TEXTS = [
    "2024-03-31", "2024-10-27 02:30:00", "2024-10-27T02:30:00.25", "2024-10-27T00:30:00Z", "2024-03-31T09:00:00+08:00",
    "2024-03-31 01:59:59.999999", "2023-02-30", "2023-02-29 10:00:00", "0000-00-00", "-1", "never", "",
    "2024-02-29T00:00", "1711846800", "2024-03-31 25:00:00", "2024-10-27T00:30:00-0330", "2024-03-31T09:00+08",
]  # fmt: skip
ZONES = ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York", "Pacific/Apia"]
UUIDS = [UUID(int=0), UUID("12345678-1234-5678-1234-567812345678")]
BYTES = [b"", b"a", b"\x00\xff"]
SCALARS = [None, True, False, 0, 5, -3, 5.5, "", "a", "5", "05", "true", "Ann@Example.example", "2024-10-27T00:30:00Z"]
HOSTILE = ["\ud800", "a\0b", "' OR 1=1 --", "[1]", "9" * 40]

PEOPLE = Collection(
    "people",
    (
        Field("id", _T.INTEGER, nullable=False), Field("name", _T.TEXT), Field("age", _T.INTEGER),
        Field("score", _T.NUMBER), Field("active", _T.BOOLEAN), Field("born", _T.DATE), Field("seen", _T.DATETIME),
        Field("made", _T.INSTANT), Field("told", _T.TEXT), Field("extra", _T.JSON), Field("raw", _T.BINARY),
        Field("token", _T.UUID), Field("boss", _T.INTEGER),
    ),
    key=("id",),
    indexes=(("name",), ("seen",), ("boss",)),
)  # fmt: skip
ORDERS = Collection(
    "orders",
    (Field("n", _T.INTEGER, nullable=False), Field("part", _T.TEXT, nullable=False), Field("person", _T.INTEGER),
     Field("by_text", _T.TEXT), Field("placed", _T.DATETIME)),
    key=("n", "part"),
    indexes=(("person",),),
)  # fmt: skip
TAGS = Collection("tags", (Field("label", _T.TEXT), Field("person", _T.INTEGER)))
WORLD = (PEOPLE, ORDERS, TAGS)
_PLACES = {
    "people": {f.name: f.type for f in PEOPLE.fields},
    "orders": {f.name: f.type for f in ORDERS.fields},
    "tags": {f.name: f.type for f in TAGS.fields},
}
_POOL = {
    _T.TEXT: TEXTS, _T.INTEGER: INTS, _T.NUMBER: NUMBERS, _T.BOOLEAN: [True, False], _T.DATE: DAYS, _T.DATETIME: TIMES,
    _T.INSTANT: INSTANTS, _T.UUID: UUIDS, _T.BINARY: BYTES,
}  # fmt: skip


@st.composite
def tables(draw: st.DrawFn, kind: Kind) -> list[Table]:
    """The three collections, as far as the kind has their types, each with a few records."""
    made = []
    for collection in WORLD:
        fields = tuple(f for f in collection.fields if f.type in kind.types or f.name in collection.key)
        kept = Collection(collection.name, fields, key=collection.key, indexes=collection.indexes)
        rows = draw(st.lists(st.fixed_dictionaries({f.name: _values(f) for f in fields}), max_size=8))
        unique = {tuple(row[name] for name in kept.key) or n: row for n, row in enumerate(rows)}
        made.append(Table(kept, list(unique.values())))
    return made


def _values(field: Field) -> st.SearchStrategy[object]:
    if field.name == "told":
        pool: st.SearchStrategy[object] = st.sampled_from(DATE_TEXTS)
    elif field.type is _T.JSON:
        inner = st.sampled_from([*SCALARS, [], {}])
        whole = st.fixed_dictionaries(
            {}, optional={"a": inner, "c": st.fixed_dictionaries({}, optional={"mail": inner}) | inner}
        )
        pool = whole | st.sampled_from(["text", 5, True, [1]])
    elif field.name in ("id", "boss", "person", "n"):
        pool = st.sampled_from([0, 1, 2, 5, -3])
    elif field.name == "part":
        pool = st.sampled_from(["", "0", "a", "A"])
    elif field.name == "by_text":
        pool = st.sampled_from(["0", "1", "05", "5", "-3", "x", ""])
    else:
        pool = st.sampled_from(_POOL[field.type])
    return pool if not field.nullable else st.none() | pool


def selections(tables: list[Table], kind: Kind, depth: int = 3) -> st.SearchStrategy[Selection]:
    """A predicate over one of the collections."""
    return st.sampled_from([t.collection for t in tables]).flatmap(
        lambda c: predicates(c, tables, kind, depth).map(lambda where: Selection(c.name, where))
    )


def predicates(collection: Collection, tables: list[Table], kind: Kind, depth: int) -> st.SearchStrategy[Predicate]:
    """Any predicate over the collection, links nested `depth` deep."""
    leaves = _leaf(collection)
    if depth and "links" not in kind.never:
        leaves = leaves | _linked(collection, tables, kind, depth - 1)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts)))
            | st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts)))
            | inner.map(Not)
        ),
        max_leaves=4,
    )


def narrowed(tables: list[Table], kind: Kind) -> st.SearchStrategy[Selection]:
    """Few records by what an index finds, and among them those whose links lead to many: to indexed keys."""
    if "links" in kind.never:
        return selections(tables, kind)
    known = {table.collection.name: table.collection for table in tables}
    people, orders = known["people"], known["orders"]
    ways = [
        (people, "id", "orders", "person"),
        (orders, "person", "people", "boss"),
        (people, "boss", "people", "boss"),
    ]
    ways += [(people, "name", "people", "name"), (orders, "by_text", "orders", "person")]

    def over(way: tuple[Collection, str, str, str]) -> st.SearchStrategy[Selection]:
        here, field, there, key = way
        few = st.lists(keys() | st.sampled_from([0, 1, 2, 5, -3]), min_size=1, max_size=4).map(
            lambda values: one_of((field,), values)
        )
        many = _leaf(known[there]).map(Not) | st.just(Everything())
        link = many.map(lambda where: Linked(((field,),), Selection(there, where), ((key,),)))
        kept = link | link.map(Not) | st.tuples(link, _leaf(here)).map(Or)
        return st.tuples(few, kept, _leaf(here)).map(lambda parts: Selection(here.name, And(parts)))

    return st.sampled_from(ways).flatmap(over)


@st.composite
def windows(draw: st.DrawFn, tables: list[Table]) -> Selection:
    """What a purge asks of one date several times over: due, dated, not in the future, not too long ago."""
    collection = draw(st.sampled_from([t.collection for t in tables]))
    path, clock = draw(paths(collection)), draw(clocks())
    due, dated = st.builds(Before, st.just(path), moments(), st.just(clock)), Dated(path, clock)
    late = due.map(lambda one: And((dated, Not(one))))
    one = due | due.map(Not) | st.just(dated) | late.map(Not) | st.tuples(due, _leaf(collection)).map(Or) | late
    parts = draw(st.lists(one, min_size=1, max_size=4))
    return Selection(
        collection.name, And((draw(due), And(tuple(parts)), *draw(st.lists(_leaf(collection), max_size=1))))
    )


@st.composite
def polls(draw: st.DrawFn, tables: list[Table], kind: Kind) -> tuple[Selection, list[Question]]:
    """A scope, and questions that share conditions, as those of a plan do."""
    scope = draw(selections(tables, kind, depth=1) | narrowed(tables, kind))
    collection = next(t.collection for t in tables if t.collection.name == scope.collection)
    shared = draw(st.lists(predicates(collection, tables, kind, 1), min_size=1, max_size=3))
    some = st.lists(st.sampled_from(shared) | st.sampled_from(shared).map(Not), max_size=3).map(tuple)
    date = st.tuples(paths(collection), clocks())
    asked = st.tuples(some.map(And) | some.map(Or), st.none() | date)
    drawn = draw(st.lists(asked, min_size=1, max_size=5))
    return scope, [Question(where) if at is None else Question(where, *at) for where, at in drawn]


def paths(collection: Collection) -> st.SearchStrategy[tuple[str, ...]]:
    """A field, or a place inside a JSON field."""
    found = [(f.name,) for f in collection.fields]
    if collection.field("extra"):
        found += [("extra", "a"), ("extra", "c", "mail"), ("extra", "a", "b")]
    return st.sampled_from(found)


def keys() -> st.SearchStrategy[object]:
    """Values of any type, near those in the records."""
    numbers = [float(n) for n in NUMBERS]
    return st.sampled_from(
        [
            *TEXTS,
            *INTS,
            *NUMBERS,
            *numbers,
            *DAYS,
            *TIMES,
            *INSTANTS,
            *DATE_TEXTS,
            *UUIDS,
            *map(str, UUIDS),
            *BYTES,
            True,
            False,
            None,
            *HOSTILE,
        ]
    )


def clocks() -> st.SearchStrategy[Clock]:
    """Every unit and zone, with marks."""
    marks = st.frozensets(
        st.sampled_from(["0000-00-00", "-1", "0", "2024-10-27 02:30:00", "2024-03-31", "5"]), max_size=2
    )
    return st.builds(Clock, st.sampled_from(Unit), st.sampled_from(ZONES), marks, marks)


def moments() -> st.SearchStrategy[datetime]:
    """Instants on, just before and just after the dates in the records."""
    shifts = st.sampled_from(
        [timedelta(0), timedelta(microseconds=1), -timedelta(microseconds=1), timedelta(hours=8), timedelta(days=370)]
    )
    return st.builds(lambda a, b: a + b, st.sampled_from(INSTANTS), shifts)


def _leaf(collection: Collection) -> st.SearchStrategy[Predicate]:
    path = paths(collection)
    single = st.builds(lambda f, k: OneOf((f,), frozenset((v,) for v in k)), path, st.lists(keys(), max_size=6))
    folded = st.builds(
        lambda f, k, m: OneOf((f,), frozenset((v,) for v in k), m),
        path, st.lists(st.sampled_from([*TEXTS, 5, None]), max_size=4), st.sampled_from([Match.EMAIL, Match.PHONE]),
    )  # fmt: skip
    pairs = st.builds(
        lambda f, g, k: OneOf((f, g), frozenset(k)), path, path, st.lists(st.tuples(keys(), keys()), max_size=6)
    )
    return (
        st.just(Everything())
        | single
        | folded
        | pairs
        | st.builds(
            StartsWith,
            path,
            st.frozensets(st.sampled_from(["", "a", "A", "5", "-", "2024", "\ud800", "%", "tr"]), max_size=2),
        )
        | st.builds(Before, path, moments(), clocks())
        | st.builds(Dated, path, clocks())
        | st.builds(
            Compare, path, st.sampled_from(Op), st.sampled_from([0, 5, -3, 5.5, 5.25, 1e12, "", "a", "A", "é", "5"])
        )
        | st.builds(IsNull, path)
        | changes(collection).map(Rewritten)
    )


def changes(collection: Collection) -> st.SearchStrategy[tuple[Change, ...]]:
    """Changes of fields outside the key that every kind can make."""
    texts = [(f.name,) for f in collection.fields if f.type is _T.TEXT and f.name not in collection.key]
    empty = [(f.name,) for f in collection.fields if f.name not in collection.key]
    ints = [(f.name,) for f in collection.fields if f.type is _T.INTEGER and f.name not in collection.key]
    if collection.field("extra"):
        empty += [("extra", "a"), ("extra", "c", "mail")]
    one = st.builds(Change, st.sampled_from(empty))
    fixed = st.sampled_from(["gone", "", "a", "A", None])
    if texts:
        one = one | st.builds(Change, st.sampled_from(texts), st.sampled_from(Become), fixed)
    if ints:
        one = one | st.builds(Change, st.sampled_from(ints), st.just(Become.VALUE), st.sampled_from([0, 7]))
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda change: change.field[0]).map(tuple)


def _linked(collection: Collection, tables: list[Table], kind: Kind, depth: int) -> st.SearchStrategy[Predicate]:
    def to(other: Collection) -> st.SearchStrategy[Predicate]:
        where = predicates(other, tables, kind, depth).map(lambda found: Selection(other.name, found))
        one = st.builds(lambda f, s, k: Linked((f,), s, (k,)), paths(collection), where, paths(other))
        two = st.builds(
            lambda f, g, s, k, m: Linked((f, g), s, (k, m)),
            paths(collection),
            paths(collection),
            where,
            paths(other),
            paths(other),
        )
        link = st.builds(lambda s, k, o: OwnerLink(s, (k,), o), where, paths(other), paths(other))
        many = st.builds(lambda f, a: LinkedByMany((f,), tuple(a)), paths(collection), st.lists(link, max_size=2))
        return one | two | many

    return st.sampled_from([table.collection for table in tables]).flatmap(to)


def shown(records: list[Record]) -> list[str]:
    """Records in a form that compares and sorts whatever their values."""
    return sorted(repr(sorted(record.values.items())) for record in records)
