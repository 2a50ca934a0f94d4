"""Proves that two conditions never hold for the same record, field by field; what it cannot prove it denies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from dsr.core.matching import Match
from dsr.core.model import Path
from dsr.core.select import And, Compare, IsNull, Not, OneOf, Op, Or, Predicate

Bound = tuple[Op, int | float | str]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may stand at one field: nothing (`null`), or a value that meets every limit.

    `only` None means any value; `fails` are comparisons that must not hold.
    """

    null: bool = True
    value: bool = True
    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()
    bounds: tuple[Bound, ...] = ()
    fails: tuple[Bound, ...] = ()

    def also(self, other: "Allowed") -> "Allowed":
        """What both allow."""
        if self.only is None or other.only is None:
            only = other.only if self.only is None else self.only
        else:
            only = self.only & other.only
        return Allowed(
            self.null and other.null,
            self.value and other.value,
            only,
            self.but | other.but,
            self.bounds + other.bounds,
            self.fails + other.fails,
        )

    @property
    def possible(self) -> bool:
        """Whether something can stand there, as far as is known."""
        return self.null or (self.value and self._value_possible())

    def _value_possible(self) -> bool:
        if self.only is not None:
            return any(self._fits(text) for text in self.only - self.but)
        if set(self.bounds) & set(self.fails):
            return False
        texts = [value for _, value in self.bounds if isinstance(value, str)]
        if texts and len(texts) < len(self.bounds):
            return False  # a number in one comparison, a text in another: no value is both
        return _between(self.bounds)

    def _fits(self, text: str) -> bool:
        return all(_may(text, bound) for bound in self.bounds) and not any(_must(text, bound) for bound in self.fails)


Shape: TypeAlias = Mapping[Path, Allowed]
"""A condition, field by field."""


def disjoint(first: Shape, second: Shape) -> bool:
    """Whether it is certain that no record meets both."""
    return any(not first[field].also(second[field]).possible for field in first.keys() & second.keys())


def shape(where: Predicate) -> Shape:
    """What a condition allows at each field that it looks at; more than it says, never less."""
    made: dict[Path, Allowed] = {}
    for part in where.parts if isinstance(where, And) else (where,):
        for field, allowed in _single(part):
            made[field] = made[field].also(allowed) if field in made else allowed
    return made


def _single(part: Predicate) -> Iterator[tuple[Path, Allowed]]:
    match part:
        case OneOf(fields=(field,), keys=keys, match=Match.EXACT):
            yield field, Allowed(null=False, only=frozenset(str(key[0]) for key in keys))
        case IsNull(field):
            yield field, Allowed(value=False)
        case Compare(field, op, value):
            yield field, Allowed(null=False, bounds=((op, value),))
        case Or((OneOf() as values, IsNull(field))) if values.fields == (field,):
            yield from ((found, replace(allowed, null=True)) for found, allowed in _single(values))
        case Not(inner):
            yield from _negated(inner)


def _negated(inner: Predicate) -> Iterator[tuple[Path, Allowed]]:
    match inner:
        case OneOf(fields=(field,), keys=keys, match=Match.EXACT):
            yield field, Allowed(but=frozenset(str(key[0]) for key in keys))
        case IsNull(field):
            yield field, Allowed(null=False)
        case Compare(field, op, value):
            yield field, Allowed(fails=((op, value),))
        case Or((OneOf() as values, IsNull(field))) if values.fields == (field,):
            yield from ((found, replace(allowed, null=False)) for found, allowed in _negated(values))


def _between(bounds: tuple[Bound, ...]) -> bool:
    """Whether some value lies within all of them; they are all numbers or all texts."""
    lows = [(value, op is Op.GT) for op, value in bounds if op in (Op.GT, Op.GE)]
    highs = [(value, op is Op.LT) for op, value in bounds if op in (Op.LT, Op.LE)]
    pairs = ((low, high, strict or also) for low, strict in lows for high, also in highs)
    return not any(_less(high, low) or (strict and not _less(low, high)) for low, high, strict in pairs)


def _less(one: Decimal | float | str, other: Decimal | float | str) -> bool:
    return bool(one < other)  # type: ignore[operator]  # the caller never mixes texts and numbers


def _may(text: str, bound: Bound) -> bool:
    """Whether a value of that canonical text, of whatever type, may meet the comparison."""
    op, value = bound
    if isinstance(value, str):
        return _holds(text, op, value)
    number = _as_number(text)
    return number is not None and (number.is_nan() or _holds(number, op, value))


def _must(text: str, bound: Bound) -> bool:
    """Whether every value of that canonical text meets it; a text that looks like a number may be either."""
    op, value = bound
    return isinstance(value, str) and _as_number(text) is None and _holds(text, op, value)


def _holds(found: Decimal | str, op: Op, value: int | float | str) -> bool:
    less, same = _less(found, value), found == value
    return {Op.LT: less, Op.LE: less or same, Op.GT: not less and not same, Op.GE: not less}[op]


def _as_number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except ArithmeticError:
        return None
