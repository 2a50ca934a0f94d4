"""Predicates as SQL conditions. NULL counts as "no": only `Not` has to say so, and it does with IS NOT TRUE."""

from decimal import Decimal
from math import ceil, floor
from typing import Any

import sqlalchemy as sa

from dsr.core.clock import Clock
from dsr.core.matching import Match
from dsr.core.model import FieldType, Key, Path, canon
from dsr.core.narrow import Within, narrowed
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
    both,
)
from dsr.stores.sql.dialect import Dialect, Expr, bind, compared, sendable
from dsr.stores.sql.tables import Schema, Spot, TableInfo

_Slot = tuple[Selection, tuple[Path, ...], tuple[tuple[bool, FieldType], ...]]
"""Linked keys: where from, which fields, and the forms they are compared with."""


class Compiler:
    """Turns predicates over the tables of one database into conditions."""

    def __init__(self, schema: Schema, dialect: Dialect, *, keep: bool = False) -> None:
        """With `keep` the linked keys are read from tables that are filled first, each from those before it."""
        self._schema = schema
        self._dialect = dialect
        self._queries: dict[_Slot, sa.FromClause] = {}
        self._keep = keep
        self.kept: list[tuple[sa.TableClause, sa.Select[Any]]] = []

    @property
    def named(self) -> int:
        """How many sets of linked keys there are."""
        return len(self._queries)

    def selected(self, selection: Selection) -> tuple[TableInfo, Expr]:
        """The table of a selection and its condition there."""
        info = self._schema.table(selection.collection)
        return info, self.where(selection.where, info, info.table)

    def where(
        self, predicate: Predicate, info: TableInfo, source: sa.FromClause, near: Predicate | None = None
    ) -> Expr:
        """The condition of a predicate over a table or an alias of it. Only rows that satisfy `near` matter."""
        match predicate:
            case Everything():
                return sa.true()
            case And(parts):
                return self._together(narrowed(parts), info, source, near)
            case Or(parts):
                return sa.or_(sa.false(), *(self.where(part, info, source, near) for part in parts))
            case Not(part):
                return self._not(self.where(part, info, source, near))
            case Linked(fields, _, keys):
                inner = self._narrowed(predicate, info, near)
                return self._linked(self._spots(fields, info, source), source, inner, keys)
            case LinkedByMany(fields, sources):
                return self._many_owners(self._spots(fields, info, source), source, sources)
            case Rewritten(changes):
                return sa.and_(sa.true(), *(self.made(change, info, source) for change in changes))
            case _:
                return self._simple(predicate, info, source)

    def _together(
        self, parts: list[Predicate | Within], info: TableInfo, source: sa.FromClause, near: Predicate | None
    ) -> Expr:
        few = few_of(And(tuple(part for part in parts if not isinstance(part, Within)))) or near
        made = (
            self._within(part, info, source)
            if isinstance(part, Within)
            else self.where(part, info, source, None if part is few else few)
            for part in parts
        )
        return sa.and_(sa.true(), *made)

    def _within(self, window: Within, info: TableInfo, source: sa.FromClause) -> Expr:
        spot = info.spot(source, window.field)
        if spot.nothing:
            return sa.false()
        inside = self._dialect.within(spot, window.since, window.until, window.clock)
        return sa.and_(inside, self.unmarked(spot, window.clock))

    def _narrowed(self, link: Linked, info: TableInfo, near: Predicate | None) -> Selection:
        """The linked records, or of very many only those that the few near rows link to: an IN would read them all."""
        inner = link.source
        if near is None or not self._dialect.links_by_in or few_of(inner.where) is not None:
            return inner
        names = {path[0] for path in link.keys if len(path) == 1}
        indexes = self._schema.table(inner.collection).collection.indexes
        if len(names) < len(link.keys) or not any(set(index[: len(names)]) == names for index in indexes):
            return inner
        back = Linked(link.keys, Selection(info.collection.name, near), link.fields)
        return Selection(inner.collection, both(back, inner.where))

    def _simple(self, predicate: Predicate, info: TableInfo, source: sa.FromClause) -> Expr:
        """A condition on the record's own fields."""
        match predicate:
            case OneOf(fields, keys, how):
                return self._one_of(self._spots(fields, info, source), keys, how)
            case StartsWith(field, prefixes):
                text = self._dialect.text_of(info.spot(source, field))
                fit = sorted(prefix for prefix in prefixes if sendable(prefix))
                return sa.or_(sa.false(), *(self._dialect.starts_with(text, prefix) for prefix in fit))
            case Before(field, instant, clock):
                spot = info.spot(source, field)
                if spot.nothing:
                    return sa.false()
                return sa.and_(self._dialect.before(spot, instant, clock), self.unmarked(spot, clock))
            case Dated(field, clock):
                return self.dated(info.spot(source, field), clock)
            case Compare(field, op, value):
                return self._compare(info.spot(source, field), op, value)
            case IsNull(field):
                spot = info.spot(source, field)
                return sa.true() if spot.nothing else self._dialect.is_null(spot)
            case _:
                raise TypeError(f"not a predicate: {type(predicate).__name__}")

    def dated(self, spot: Spot, clock: Clock) -> Expr:
        """Whether the value reads as an instant."""
        if spot.nothing:
            return sa.false()
        return sa.and_(self._dialect.dated(spot, clock), self.unmarked(spot, clock))

    def unmarked(self, spot: Spot, clock: Clock) -> Expr:
        """Whether the value is not one of those that mean "no date" or "never"."""
        marks = clock.missing | clock.never
        return self._not(self._dialect.one_of([spot], [(mark,) for mark in marks])) if marks else sa.true()

    def made(self, change: Change, info: TableInfo, source: sa.FromClause) -> Expr:
        """Whether the record has the change already."""
        spot = info.spot(source, change.field)
        empty = sa.true() if spot.nothing else self._dialect.is_null(spot)
        if change.become is Become.UNIQUE:
            target = self.unique(change, info, source)
            return sa.and_(sa.true(), self._dialect.text_of(spot) == target)
        if change.become is Become.EMPTY or change.value is None:
            return sa.true() if change.become is Become.VALUE_IF_EMPTY else empty
        if change.become is Become.VALUE_IF_EMPTY:
            return self._not(empty)
        if isinstance(change.value, dict | list):
            return sa.false() if spot.nothing else self._dialect.json_equal(spot, change.value)
        return self._dialect.one_of([spot], [(change.value,)])

    def unique(self, change: Change, info: TableInfo, source: sa.FromClause) -> Expr:
        """The fixed value followed by the record's key."""
        parts: list[Expr] = [bind(str(change.value))]
        for place, name in enumerate(info.collection.key):
            if place:
                parts.append(bind("-"))
            parts.append(sa.func.coalesce(self._dialect.text_of(info.spot(source, (name,))), bind("None")))
        return self._dialect.concat(parts)

    def _not(self, condition: Expr) -> Expr:
        """Two-valued: what is not true is false, NULL included."""
        if isinstance(condition, sa.sql.elements.True_):
            return sa.false()
        if isinstance(condition, sa.sql.elements.False_):
            return sa.true()
        if isinstance(condition, sa.Exists):
            return sa.not_(condition)
        return sa.sql.elements.Grouping(condition).op("IS NOT")(sa.literal_column("TRUE"))

    def _spots(self, fields: tuple[Path, ...], info: TableInfo, source: sa.FromClause) -> list[Spot]:
        return [info.spot(source, field) for field in fields]

    def _one_of(self, spots: list[Spot], keys: frozenset[Key], how: Match) -> Expr:
        if how is Match.EXACT:
            return self._dialect.one_of(spots, keys)
        (spot,) = spots
        folded = {how.fold(text) for (value,) in keys if (text := canon(value)) is not None}
        return sa.false() if spot.nothing else self._dialect.folded_in(spot, folded, how)

    def _compare(self, spot: Spot, op: Op, value: float | str) -> Expr:
        if spot.nothing:
            return sa.false()
        if isinstance(value, str):
            text = self._dialect.plain_text(spot)
            return compared(text, op, value) if text is not None and sendable(value) else sa.false()
        number = self._dialect.number(spot)
        if number is None:
            return sa.false()
        if spot.plain and spot.field.type is FieldType.INTEGER and isinstance(value, float):
            # whole bounds keep the comparison in the column's own type, so that its index serves
            value = floor(value) if op in (Op.LE, Op.GT) else ceil(value)
        exact = Decimal(value) if isinstance(value, float) and self._dialect.decimals(spot) else value
        return compared(number, op, exact)

    def _linked(self, mine: list[Spot], source: sa.FromClause, inner: Selection, keys: tuple[Path, ...]) -> Expr:
        info = self._schema.table(inner.collection)
        other = info.table.alias()
        theirs = self._spots(keys, info, other)
        if any(spot.nothing for spot in (*mine, *theirs)):
            return sa.false()
        pairs = [pair for a, b in zip(mine, theirs, strict=True) for pair in self._dialect.links(a, b)]
        if self._dialect.links_by_in:
            left = pairs[0][0] if len(pairs) == 1 else sa.tuple_(*(a for a, _ in pairs))
            slot = (inner, keys, tuple((spot.plain, spot.field.type) for spot in mine))
            return left.in_(sa.select(*self._named(slot, info, other, [b for _, b in pairs]).c))
        condition = self.where(inner.where, info, other)
        one: sa.Select[Any] = (
            sa.select(sa.literal_column("1")).select_from(other).where(*(a == b for a, b in pairs), condition)
        )
        return sa.exists(one.correlate(source))

    def _named(self, slot: _Slot, info: TableInfo, other: sa.FromClause, keys: list[Expr]) -> sa.FromClause:
        """The linked keys as a named query. What is asked twice in a statement is computed once, and statements stay
        flat: SQLite's parser gives up ("parser stack overflow") at some dozen nested brackets.
        """
        if slot not in self._queries:
            condition = self.where(slot[0].where, info, other)
            query = sa.select(*(key.label(f"k{n}") for n, key in enumerate(keys)))
            filled = query.where(condition, *(key.is_not(None) for key in keys))
            name = f"linked_{len(self._queries)}"
            if self._keep:
                table = sa.table(name, *(sa.column(f"k{n}") for n in range(len(keys))), schema="temp")
                self.kept.append((table, filled))
            self._queries[slot] = table if self._keep else filled.cte(name)
        return self._queries[slot]

    def _many_owners(self, mine: list[Spot], source: sa.FromClause, sources: tuple[OwnerLink, ...]) -> Expr:
        """More than one owner among the linked records, counted over all sources together."""
        parts = []
        for link in sources:
            info = self._schema.table(link.source.collection)
            other = info.table.alias()
            theirs, owner = self._spots(link.keys, info, other), info.spot(other, link.owner)
            if owner.nothing or any(spot.nothing for spot in (*mine, *theirs)):
                continue
            pairs = [pair for a, b in zip(mine, theirs, strict=True) for pair in self._dialect.links(a, b)]
            texts = [self._dialect.text_of(spot) for spot in theirs]
            where = self.where(link.source.where, info, other)
            named = [text.label(f"k{n}") for n, text in enumerate(texts)]
            query = sa.select(self._dialect.text_of(owner).label("owner"), *named).select_from(other).where(where)
            parts.append(query.where(*(a == b for a, b in pairs)).correlate(source) if self._dialect.lateral else query)
        if not parts:
            return sa.false()
        found = sa.union_all(*parts).subquery()
        owners = sa.func.count(sa.distinct(found.c.owner))
        if self._dialect.lateral:
            return sa.select(owners).select_from(found).scalar_subquery() > sa.literal_column("1")
        groups = [found.c[f"k{n}"] for n in range(len(mine))]
        many = sa.select(*groups).group_by(*groups).having(owners > sa.literal_column("1"))
        left = [self._dialect.text_of(spot) for spot in mine]
        return (left[0] if len(left) == 1 else sa.tuple_(*left)).in_(many)


def few_of(where: Predicate) -> Predicate | None:
    """The part of a condition by which an index finds few rows, if it has one."""
    parts = where.parts if isinstance(where, And) else (where,)
    return next((part for part in parts if isinstance(part, OneOf | Linked | StartsWith)), None)


def is_few(where: Predicate) -> bool:
    """Whether an index finds the rows, link by link."""
    few = few_of(where)
    return is_few(few.source.where) if isinstance(few, Linked) else few is not None
