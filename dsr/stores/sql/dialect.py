"""What the compiler asks of a database: comparisons that mean what `matches` means, in that database's SQL."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from dsr.core.clock import Clock
from dsr.core.matching import Match
from dsr.core.model import FieldType, Key, canon
from dsr.core.select import Op
from dsr.stores.sql.tables import Spot

Expr = sa.ColumnElement[Any]
Row = tuple[object, ...]
Encode = Callable[[str], tuple[object, ...]]
_FEW = 2_000


class Native(sa.types.UserDefinedType[Any]):
    """A type of the database by its own name, for casts; values pass unchanged."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: object) -> str:
        """The name as SQL has it."""
        return self.name


AS_IS = Native("")
"""The type of parameters that go to the driver as they are, whatever they are compared with."""


class Worded(sa.sql.functions.FunctionElement[Any]):
    """SQL in fixed words in which {0}, {1} … stand for expressions; in brackets where it is a condition.

    Made of SQLAlchemy's own parts, the same text takes ten times as long to build, and as long again to be written.
    """

    name = "worded"
    _traverse_internals = [  # noqa: RUF012 - what SQLAlchemy tells two of them apart by
        *sa.sql.functions.FunctionElement._traverse_internals,
        ("words", sa.sql.visitors.InternalTraversal.dp_string),
    ]

    def __init__(self, words: str, *parts: Expr) -> None:
        super().__init__(*parts)
        self.words = words


@compiles(Worded)
def _write_words(made: Worded, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - a dialect's own compiler
    options.pop("add_to_result_map", None)
    return made.words.format(*(compiler.process(part, **options) for part in made.clauses))


def bind(value: object) -> Expr:
    """A parameter that goes to the driver as it is."""
    return sa.bindparam(None, value, type_=AS_IS, unique=True)


def sendable(text: str) -> bool:
    """Whether a database can hold the text: NUL and lone surrogates match nothing."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


@dataclass(frozen=True, slots=True)
class Operand:
    """How a spot takes part in comparisons with fixed values.

    `encode` gives the values equal to a canonical text as `expr` holds them, none when nothing can be equal. Where
    `expr` finds more than is equal (a collation), `exact` is the text to compare again.
    """

    expr: Expr
    encode: Encode
    kind: str
    exact: Expr | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """One family of dates at a spot: `expr` is NULL for others and grows with time.

    `bounded` are the values of `expr` that read as an instant; `stored_as` chooses the bound; `decode` turns a value
    of `expr` into one that a clock reads.
    """

    expr: Expr
    stored_as: FieldType
    bounded: Expr
    decode: Callable[[Any], object] = lambda value: value
    least: Expr | None = None  # values below it are no dates


class Dialect(ABC):
    """One database family."""

    name: str
    links_by_in = False  # Linked as IN over a list that is made once, else as EXISTS
    locks_rows = True  # SELECT … FOR UPDATE
    lateral = True  # a subquery inside FROM may look at the outer row

    @abstractmethod
    def operand(self, spot: Spot) -> Operand:
        """How the spot compares with fixed values, using its index where it can."""

    @abstractmethod
    def text_of(self, spot: Spot) -> Expr:
        """The canonical text; NULL where there is none."""

    @abstractmethod
    def plain_text(self, spot: Spot) -> Expr | None:
        """The value where it is text (not where it only can be shown as text), compared by code point."""

    @abstractmethod
    def number(self, spot: Spot) -> Expr | None:
        """The value where it is a number."""

    @abstractmethod
    def member(self, exprs: Sequence[Expr], kinds: Sequence[str], rows: list[tuple[object, ...]]) -> Expr:
        """Whether the expressions, taken together, are one of the rows."""

    @abstractmethod
    def fold(self, text: Expr, match: Match) -> Expr:
        """What `Match.fold` does, for a text expression."""

    @abstractmethod
    def starts_with(self, text: Expr, prefix: str) -> Expr:
        """Whether the text begins with the prefix."""

    @abstractmethod
    def dates(self, spot: Spot, clock: Clock) -> list[Dates]:
        """The families of dates that may stand at the spot."""

    @abstractmethod
    def is_null(self, spot: Spot) -> Expr:
        """Whether nothing stands at the spot."""

    @abstractmethod
    def links(self, mine: Spot, theirs: Spot) -> list[tuple[Expr, Expr]]:
        """Pairs that are all equal where the canonical texts are; indexes on `mine` stay usable."""

    @abstractmethod
    def json_equal(self, spot: Spot, value: object) -> Expr:
        """Whether the JSON value at the spot equals an object or list."""

    @abstractmethod
    def stored(self, spot: Spot, value: object) -> Expr:
        """A value to write into the column; raises UnsupportedError where it does not fit."""

    @abstractmethod
    def json_changed(self, column: Expr, spot: Spot, value: Expr | None) -> Expr:
        """The JSON column with a JSON value set at the spot's path, or with the path removed where `value` is None."""

    @abstractmethod
    def fenced(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """The query as one that is not merged into the query around it: each of its columns is computed once a row."""

    @abstractmethod
    def json_value(self, value: object) -> Expr:
        """A fixed value as JSON, for `json_changed`."""

    def written(self, spot: Spot, text: Expr) -> Expr:
        """A text made by SQL, in the type of the column it is written to."""
        return text

    def reader(self, spot: Spot) -> "Callable[[Any], object] | None":
        """How a value as the driver gives it becomes that of a record; None where it is one already."""
        return None

    def readable(self, spot: Spot) -> Expr:
        """The column as it is selected for reading."""
        return spot.column

    def dated(self, spot: Spot, clock: Clock) -> Expr:
        """`Dated`, without the marks for "missing" and "never"."""
        return sa.or_(sa.false(), *(family.bounded for family in self.dates(spot, clock)))

    def before(self, spot: Spot, instant: datetime, clock: Clock) -> Expr:
        """`Before`, without the marks for "missing" and "never"."""
        parts = [
            sa.and_(
                d.expr < bind(clock.bound(instant, d.stored_as)), sa.true() if d.least is None else d.expr >= d.least
            )
            for d in self.dates(spot, clock)
        ]
        return sa.or_(sa.false(), *parts)

    def within(self, spot: Spot, since: datetime, until: datetime, clock: Clock) -> Expr:
        """`Before` the end and not before the beginning, without the marks for "missing" and "never".

        A value is a date of one family only, and what is not before an instant is not below the least date.
        """
        parts = [
            sa.and_(d.expr < bind(clock.bound(until, d.stored_as)), d.expr >= bind(clock.bound(since, d.stored_as)))
            for d in self.dates(spot, clock)
        ]
        return sa.or_(sa.false(), *parts)

    def concat(self, parts: Iterable[Expr]) -> Expr:
        """Texts one after the other."""
        first, *rest = parts
        for part in rest:
            first = first.op("||")(part)
        return first

    def one_of(self, spots: Sequence[Spot], keys: Iterable[Key]) -> Expr:
        """Whether the canonical texts at the spots are one of the keys."""
        if any(spot.nothing for spot in spots):
            return sa.false()
        operands = [self.operand(spot) for spot in spots]
        few = isinstance(keys, frozenset) and len(keys) <= _FEW
        encode = _remembered if few else _encoded
        texts, rows = encode(keys, tuple(o.encode for o in operands))  # type: ignore[arg-type]
        found = self._among([o.expr for o in operands], [o.kind for o in operands], rows)
        if all(o.exact is None for o in operands):
            return found
        again = [i for i, o in enumerate(operands) if o.exact is not None]
        exact = [e for o in operands if (e := o.exact) is not None]
        sent = {tuple(row[i] for i in again) for row in texts if all(_sendable(row[i]) for i in again)}
        return sa.and_(found, self._among(exact, ["text"] * len(exact), list(sent)))

    def folded_in(self, spot: Spot, folded: Iterable[str], match: Match) -> Expr:
        """Whether the folded canonical text is one of the (folded) values.

        Only a text can be equal to a value with an @: of JSON, the kind is asked for where it would be equal.
        """
        values = list(folded)
        if not spot.path or not values or not all("@" in value for value in values):
            return self.text_in(self.fold(self.text_of(spot), match), values)
        text, is_text = self.inside(spot)
        return Worded("CASE WHEN {0} THEN {1} END", self.text_in(self.fold(text, match), values), is_text)

    def inside(self, spot: Spot) -> tuple[Expr, Expr]:
        """What stands at a path into JSON as text, if need be of any kind, and whether it is a text."""
        return self.text_of(spot), sa.true()

    def decimals(self, spot: Spot) -> bool:
        """Whether the spot's numbers compare exactly with decimal numbers."""
        return False

    def text_in(self, text: Expr, values: Iterable[str]) -> Expr:
        """Whether a text expression is exactly one of the values."""
        return self._among([text], ["text"], [(value,) for value in values if sendable(value)])

    def _among(self, exprs: Sequence[Expr], kinds: Sequence[str], rows: list[tuple[object, ...]]) -> Expr:
        return self.member(exprs, kinds, rows) if rows else sa.false()


def _encoded(keys: Iterable[Key], encode: tuple[Encode, ...]) -> tuple[list[tuple[str | None, ...]], list[Row]]:
    """The canonical texts of the keys, and the rows of stored values that equal them."""
    texts = [row for row in {tuple(canon(part) for part in key) for key in keys} if _complete(row)]
    rows: list[Row] = []
    for row in texts:
        encoded = [one(text) if text is not None else () for one, text in zip(encode, row, strict=True)]
        rows.extend(product(*encoded))
    return texts, rows


# one plan asks for the same few people some fifty times
_remembered = lru_cache(maxsize=64)(_encoded)


def _complete(row: tuple[str | None, ...]) -> bool:
    return all(part is not None for part in row)


def _sendable(text: str | None) -> bool:
    return text is not None and sendable(text)


def compared(expr: Expr, op: Op, value: object) -> Expr:
    """An order comparison in SQL."""
    right = value if isinstance(value, sa.ColumnElement) else bind(value)
    return {Op.LT: expr < right, Op.LE: expr <= right, Op.GT: expr > right, Op.GE: expr >= right}[op]
