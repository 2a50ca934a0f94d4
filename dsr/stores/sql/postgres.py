"""PostgreSQL: typed columns keep their indexes, sets of keys travel as one array."""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from dsr.core.clock import Clock, Unit
from dsr.core.errors import UnsupportedError
from dsr.core.matching import PHONE_NOISE, Match
from dsr.core.model import FieldType, canon, coerce
from dsr.stores.sql import isotext
from dsr.stores.sql.dialect import Dates, Dialect, Expr, Native, Operand, bind, sendable
from dsr.stores.sql.tables import Spot

fn = sa.func
_INTEGERS = {"int2": 2**15, "int4": 2**31, "int8": 2**63}
_ARRAYS = {
    "text": "text", "varchar": "text", "name": "text", "bpchar": "bpchar", "int2": "int2", "int4": "int4",
    "int8": "int8", "numeric": "numeric", "float4": "float4", "float8": "float8", "bool": "bool", "date": "date",
    "timestamp": "timestamp", "timestamptz": "timestamptz", "uuid": "uuid", "bytea": "bytea",
}  # fmt: skip
_EPOCH_RANGE = (-62_135_596_800, 253_402_300_800)
_FIRST, _END = "0001-01-01", "10000-01-01"
_INTEGER_TEXT = r"^(0|-?[1-9]\d{0,17})$"
_UUID_TEXT = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def cast(value: Expr, name: str) -> Expr:
    """A cast to a type of the database."""
    made: Expr = sa.cast(value, Native(name))
    return made


def _as_text(expr: Expr) -> Expr:
    return cast(expr, "text")


class PostgresDialect(Dialect):
    """PostgreSQL 14 or newer."""

    name = "postgresql"

    def operand(self, spot: Spot) -> Operand:
        """The bare column for the types whose equality is that of their text."""
        kind = _ARRAYS.get(spot.base)
        if not spot.plain or kind is None:
            return Operand(self.text_of(spot), _text, "text")
        if kind in ("text", "bpchar"):
            # blanks at the end of a char(n) mean nothing to PostgreSQL and are not read
            return Operand(spot.column, _text if kind == "text" else _trimmed, kind)
        return Operand(spot.column, _typed(spot.base, spot.field.type), kind)

    def member(self, exprs: Sequence[Expr], kinds: Sequence[str], rows: list[tuple[object, ...]]) -> Expr:
        """One array for each column."""
        arrays = [cast(bind([row[n] for row in rows]), f"{kind}[]") for n, kind in enumerate(kinds)]
        if len(exprs) == 1:
            return exprs[0].op("=", is_comparison=True)(fn.any(arrays[0]))
        listed = fn.unnest(*arrays).table_valued(*(f"k{n}" for n in range(len(exprs)))).render_derived()
        return sa.tuple_(*exprs).in_(sa.select(*listed.c))

    def text_of(self, spot: Spot) -> Expr:
        """Canonical text, type by type."""
        if spot.nothing:
            return sa.null()
        if not spot.plain:
            value = self._json(spot)
            text = _json_text(value)
            number = _as_text(fn.trim_scale(cast(text, "numeric")))
            return sa.case({"string": text, "boolean": text, "number": number}, value=fn.jsonb_typeof(value))
        column = spot.column
        if spot.base == "bpchar":
            return _as_text(column)
        if spot.field.type is FieldType.NUMBER:
            return _as_text(fn.trim_scale(cast(_as_text(column), "numeric")))
        if spot.field.type is FieldType.BINARY:
            return fn.encode(column, "hex")
        if spot.field.type in (FieldType.DATETIME, FieldType.INSTANT):
            return _moment_text(column, spot.field.type)
        if spot.field.type in (FieldType.UNKNOWN, FieldType.TEXT) and spot.base not in _ARRAYS:
            return fn.format(bind("%s"), column) if spot.base != "citext" else _as_text(column)
        return column if spot.base == "text" else _as_text(column)

    def plain_text(self, spot: Spot) -> Expr | None:
        """Text by code point, whatever the collation."""
        if not spot.plain:
            value = self._json(spot)
            text: Expr = sa.case((fn.jsonb_typeof(value) == "string", _json_text(value)))
            return text.collate("C")
        if spot.field.type in (FieldType.TEXT, FieldType.UNKNOWN):
            return self.readable_text(spot).collate("C")
        return None

    def number(self, spot: Spot) -> Expr | None:
        """A number; numerics inside JSON."""
        if not spot.plain:
            value = self._json(spot)
            return sa.case((fn.jsonb_typeof(value) == "number", cast(_json_text(value), "numeric")))
        return spot.column if spot.field.type in (FieldType.INTEGER, FieldType.NUMBER) else None

    def decimals(self, spot: Spot) -> bool:
        """Everything but binary floats."""
        return spot.base not in ("float4", "float8")

    def fold(self, text: Expr, match: Match) -> Expr:
        """In the C collation lower() changes ASCII letters only."""
        if match is Match.EMAIL:
            return fn.lower(fn.btrim(text, " ").collate("C"))
        return fn.translate(text, PHONE_NOISE, "") if match is Match.PHONE else text

    def starts_with(self, text: Expr, prefix: str) -> Expr:
        """By bytes."""
        return fn.starts_with(text, cast(bind(prefix), "text"))

    def is_null(self, spot: Spot) -> Expr:
        """JSON null is nothing too."""
        if spot.plain:
            return spot.column.is_(None)
        kind = _kind(spot)
        return sa.or_(kind.is_(None), kind == "null")

    def links(self, mine: Spot, theirs: Spot) -> list[tuple[Expr, Expr]]:
        """Columns of one type compare as they are; otherwise the other side is cast to the type of this one."""
        a, b = (spot.base if spot.plain else "" for spot in (mine, theirs))
        if a and b and (a in _INTEGERS) == (b in _INTEGERS) and _family(a) == _family(b):
            return [(mine.column, theirs.column)]
        other = self.text_of(theirs)
        if _family(a) == "text":
            return [(mine.column, other)]
        if a in _INTEGERS:
            whole: Expr = sa.case((other.op("~")(bind(_INTEGER_TEXT)), cast(other, "int8")))
            return [(mine.column, whole)]
        if a == "uuid":
            made: Expr = sa.case((other.op("~")(bind(_UUID_TEXT)), cast(other, "uuid")))
            return [(mine.column, made)]
        return [(self.text_of(mine), other)]

    def json_equal(self, spot: Spot, value: object) -> Expr:
        """Compared as jsonb."""
        return self._json(spot) == cast(bind(json.dumps(value)), "jsonb")

    def dates(self, spot: Spot, clock: Clock) -> list[Dates]:
        """The column itself where it has a date type; families of texts otherwise."""
        kind = spot.field.type if spot.plain else FieldType.UNKNOWN
        if clock.unit is not Unit.NATIVE:
            return self._epochs(spot, clock)
        if kind in (FieldType.DATE, FieldType.DATETIME, FieldType.INSTANT):
            # infinity and dates before Christ have no reading
            low, high = (cast(sa.literal_column(f"'{edge}'"), spot.base) for edge in (_FIRST, _END))
            return [Dates(spot.column, kind, sa.and_(spot.column >= low, spot.column < high), least=low)]
        text = self.plain_text(spot)
        if text is None:
            return []
        return [
            Dates(made, stored_as, made.is_not(None))
            for stored_as, made in (
                (FieldType.DATE, _if(text, isotext.DAY, cast(text, "date"))),
                (FieldType.DATETIME, _if(text, isotext.NAIVE, _naive(text))),
                (FieldType.INSTANT, _if(text, isotext.AWARE, _aware(text))),
            )
        ]

    def stored(self, spot: Spot, value: object) -> Expr:
        """Cast to the column's type, without its length: what is too long must fail, not be cut."""
        if spot.field.type is FieldType.JSON:
            return cast(bind(json.dumps(value)), spot.base)
        if spot.field.type in (FieldType.UNKNOWN, FieldType.TEXT):
            return self.written(spot, cast(bind(canon(value)), "text"))
        made = coerce(value, spot.field.type)
        if made is None:
            raise UnsupportedError(
                f"Column {spot.field.name!r} ({spot.field.native}) cannot hold the value the policy writes into it."
            )
        return cast(bind(made), spot.base)

    def written(self, spot: Spot, text: Expr) -> Expr:
        """Texts of other types by their input function."""
        if spot.base in ("enum", "[]") or (spot.field.type is not FieldType.TEXT):
            return cast(text, spot.field.native)
        return cast(text, "text" if spot.base != "bpchar" else "bpchar")

    def json_changed(self, column: Expr, spot: Spot, value: Expr | None) -> Expr:
        """#- and jsonb_set; objects missing on the way are made where a value is to be set."""
        column = cast(column, "jsonb")
        path = cast(bind(list(spot.path)), "text[]")
        if value is None:
            kept: Expr = sa.case((fn.jsonb_typeof(column) == "object", column.op("#-")(path)), else_=column)
            return cast(kept, spot.base)
        column = sa.case((fn.jsonb_typeof(column) == "object", column), else_=cast(bind("{}"), "jsonb"))
        for depth in range(1, len(spot.path)):
            upper = cast(bind(list(spot.path[:depth])), "text[]")
            made = fn.jsonb_set(column, upper, cast(bind("{}"), "jsonb"))
            column = sa.case((fn.jsonb_typeof(column.op("#>")(upper)) == "object", column), else_=made)
        return cast(fn.jsonb_set(column, path, fn.to_jsonb(value)), spot.base)

    def fenced(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """By a limit that limits nothing."""
        return query.offset(sa.literal_column("0"))

    def json_value(self, value: object) -> Expr:
        """Parsed from text."""
        return cast(bind(json.dumps(value)), "jsonb")

    def reader(self, spot: Spot) -> Callable[[Any], object] | None:
        """Blanks at the end of a char(n) are padding."""
        return _strip if spot.base == "bpchar" else None

    def readable(self, spot: Spot) -> Expr:
        """Types this program has no word for are read as the database writes them."""
        if spot.field.type is FieldType.UNKNOWN or spot.base == "enum":
            return self.readable_text(spot).label(spot.field.name)
        return spot.column

    def readable_text(self, spot: Spot) -> Expr:
        """The column as the database writes it."""
        if spot.base in _ARRAYS or spot.base == "citext":
            return _as_text(spot.column)
        return sa.case((spot.column.is_not(None), fn.format(bind("%s"), spot.column)))

    def inside(self, spot: Spot) -> tuple[Expr, Expr]:
        """From the column in its own form: a cast to jsonb takes longer than reading it."""
        return spot.column.op("#>>")(cast(bind(list(spot.path)), "text[]")), _kind(spot) == "string"

    def _json(self, spot: Spot) -> Expr:
        column = cast(spot.column, "jsonb") if spot.base != "jsonb" else spot.column
        return column.op("#>")(cast(bind(list(spot.path)), "text[]")) if spot.path else column

    def _epochs(self, spot: Spot, clock: Clock) -> list[Dates]:
        low, high = (edge * (1 if clock.unit is Unit.EPOCH_SECONDS else 1000) for edge in _EPOCH_RANGE)
        number, text = self.number(spot), self.plain_text(spot)
        found = [number] if number is not None else []
        if text is not None:
            found.append(_if(text, isotext.NUMBER, cast(text, "numeric")))
        return [
            Dates(value, FieldType.INTEGER, sa.and_(value >= low, value < high), least=bind(low)) for value in found
        ]


def _family(base: str) -> str:
    if base in _INTEGERS:
        return "integer"
    if base in ("text", "varchar", "name"):
        return "text"
    return base if base in _ARRAYS and base != "bpchar" else ""


def _kind(spot: Spot) -> Expr:
    """What kind of JSON stands there, without a cast that would read all of it."""
    value = spot.column.op("#>")(cast(bind(list(spot.path)), "text[]")) if spot.path else spot.column
    return fn.jsonb_typeof(value) if spot.base == "jsonb" else fn.json_typeof(value)


def _json_text(value: Expr) -> Expr:
    return value.op("#>>")(cast(sa.literal_column("'{}'"), "text[]"))


def _moment_text(column: Expr, kind: FieldType) -> Expr:
    if kind is FieldType.INSTANT:
        column = column.op("AT TIME ZONE")(sa.literal_column("'UTC'"))
    whole = fn.to_char(column, "YYYY-MM-DD HH24:MI:SS")
    return sa.case(
        (fn.date_trunc("second", column) == column, whole), else_=fn.to_char(column, "YYYY-MM-DD HH24:MI:SS.US")
    )


def _if(text: Expr, pattern: str, made: Expr) -> Expr:
    """The made value for texts of one form; CASE, because a cast of another form would fail."""
    return sa.case((text.op("~")(bind(pattern)), made))


def _naive(text: Expr) -> Expr:
    """A timestamp from date, any separator and time, cut to microseconds."""
    day, rest = fn.substr(text, 1, 10), fn.replace(fn.substr(text, 12, 15), ",", ".")
    return cast(day.op("||")(bind(" ")).op("||")(rest), "timestamp")


def _aware(text: Expr) -> Expr:
    """The same with the zone behind it."""
    clockface = fn.replace(fn.substring(text, isotext.CLOCKFACE), ",", ".")
    zone = fn.substring(text, isotext.ZONE)
    day = fn.substr(text, 1, 10)
    return cast(day.op("||")(bind(" ")).op("||")(clockface).op("||")(zone), "timestamptz")


def _text(text: str) -> tuple[object, ...]:
    return (text,) if sendable(text) else ()


def _trimmed(text: str) -> tuple[object, ...]:
    return (text,) if sendable(text) and not text.endswith(" ") else ()


@lru_cache
def _typed(base: str, field_type: FieldType) -> Callable[[str], tuple[object, ...]]:
    def encode(text: str) -> tuple[object, ...]:
        made = coerce(text, field_type) if len(text) < 1_000 else None
        if made is None:
            return ()
        if base in _INTEGERS:
            return (made,) if -_INTEGERS[base] <= int(str(made)) < _INTEGERS[base] else ()
        if base in ("float4", "float8"):
            number = float(str(made))
            return (number,) if canon(number) == text else ()
        return (made,)

    return encode


def _strip(value: str) -> str:
    return value.rstrip(" ")
