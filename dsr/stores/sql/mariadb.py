"""MariaDB and MySQL: collations fold case and accents, so texts are compared once by index and once by bytes."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from dsr.core.clock import Clock, Unit
from dsr.core.errors import UnsupportedError
from dsr.core.matching import PHONE_NOISE, Match
from dsr.core.model import FieldType, Path, canon, coerce
from dsr.stores.sql import isotext
from dsr.stores.sql.dialect import Dates, Dialect, Expr, Operand, bind, sendable
from dsr.stores.sql.sqlite_functions import strict_json
from dsr.stores.sql.tables import Spot

fn = sa.func
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_INT64 = range(-(2**63), 2**64)
_EPOCH_RANGE = (-62_135_596_800, 253_402_300_800)
_INTEGER_TEXT = r"^(0|-?[1-9][0-9]{0,17})\z"
_DATES = frozenset({FieldType.DATE, FieldType.DATETIME, FieldType.INSTANT})
_FLOATS = ("float:", "double:")


def _cast(expr: Expr, name: str) -> Expr:
    """CAST by hand: SQLAlchemy leaves out those to types it does not know."""
    return sa.sql.functions.Function("CAST", expr.op("AS")(sa.literal_column(name)), type_=sa.types.NullType())


def _binary(expr: Expr) -> Expr:
    """The bytes of a text in UTF-8."""
    return _cast(_convert(expr), "BINARY")


def _convert(expr: Expr) -> Expr:
    return fn.convert(expr.op("USING")(sa.literal_column("utf8mb4")))


def _chars(expr: Expr) -> Expr:
    return _cast(expr, "CHAR")


class MariaDialect(Dialect):
    """MariaDB 10.6 or newer, MySQL 8.0.17 or newer. Canonical texts are byte strings in UTF-8."""

    name = "mysql"
    lateral = False

    def operand(self, spot: Spot) -> Operand:
        """The bare column, with its bytes beside it where it is text."""
        kind = spot.field.type
        if not spot.plain or kind is FieldType.UNKNOWN or spot.base.startswith(_FLOATS):
            return Operand(self.text_of(spot), _text, "")
        if kind is FieldType.TEXT:
            return Operand(spot.column, _text, "", exact=_binary(spot.column))
        return Operand(spot.column, _typed(kind), "")

    def member(self, exprs: Sequence[Expr], kinds: Sequence[str], rows: list[tuple[object, ...]]) -> Expr:
        """An IN list that the driver writes out; from a thousand values on the server makes it a table itself."""
        if len(exprs) == 1:
            return exprs[0].op("IN", is_comparison=True)(bind(tuple(row[0] for row in rows)))
        return sa.tuple_(*exprs).op("IN", is_comparison=True)(bind(tuple(rows)))

    def text_of(self, spot: Spot) -> Expr:
        """Canonical text, type by type."""
        if spot.nothing:
            return sa.null()
        if not spot.plain:
            kind, text = self._json_parts(spot)
            return sa.case(
                (kind.in_(["STRING", "BOOLEAN"]), _binary(text)), (kind.in_(_JSON_NUMBERS), _number_text(_chars(text)))
            )
        column = spot.column
        match spot.field.type:
            case FieldType.TEXT:
                return _binary(column)
            case FieldType.NUMBER:
                return _number_text(_chars(column))
            case FieldType.BINARY:
                return _binary(fn.lower(fn.hex(column)))
            case FieldType.DATETIME | FieldType.INSTANT:
                short, long = (fn.date_format(column, bind(f"%Y-%m-%d %H:%i:%s{end}")) for end in ("", ".%f"))
                return _binary(sa.case((fn.microsecond(column) == 0, short), else_=long))
            case _:
                return _binary(_chars(column))

    def plain_text(self, spot: Spot) -> Expr | None:
        """Text by its bytes, which is by code point."""
        if not spot.plain:
            kind, text = self._json_parts(spot)
            return sa.case((kind == "STRING", _binary(text)))
        return self.text_of(spot) if spot.field.type in (FieldType.TEXT, FieldType.UNKNOWN) else None

    def number(self, spot: Spot) -> Expr | None:
        """A number; decimals inside JSON."""
        if not spot.plain:
            kind, text = self._json_parts(spot)
            return sa.case((kind.in_(_JSON_NUMBERS), _cast(_chars(text), "DECIMAL(65,30)")))
        return spot.column if spot.field.type in (FieldType.INTEGER, FieldType.NUMBER) else None

    def decimals(self, spot: Spot) -> bool:
        """Everything but binary floats."""
        return not spot.base.startswith(_FLOATS)

    def fold(self, text: Expr, match: Match) -> Expr:
        """Byte by byte, because lower() would fold other alphabets too."""
        if match is Match.EMAIL:
            text = fn.trim(sa.literal_column("BOTH ' '").op("FROM")(text))
            for letter in _UPPER:
                text = fn.replace(text, bind(letter.encode()), bind(letter.lower().encode()))
        for noise in PHONE_NOISE if match is Match.PHONE else "":
            text = fn.replace(text, bind(noise.encode()), bind(b""))
        return text

    def starts_with(self, text: Expr, prefix: str) -> Expr:
        """By bytes."""
        raw = prefix.encode()
        return fn.left(text, len(raw)) == bind(raw)

    def is_null(self, spot: Spot) -> Expr:
        """JSON null is nothing too."""
        if spot.plain:
            return spot.column.is_(None)
        kind, _ = self._json_parts(spot)
        return sa.or_(kind.is_(None), kind == "NULL")

    def links(self, mine: Spot, theirs: Spot) -> list[tuple[Expr, Expr]]:
        """Columns of one type and collation compare as they are; texts by their bytes as well."""
        a, b = (spot.field.type if spot.plain else FieldType.JSON for spot in (mine, theirs))
        if a is b and a is FieldType.TEXT:
            exact = [(_binary(mine.column), _binary(theirs.column))]
            same = mine.base.partition(":")[2] == theirs.base.partition(":")[2]
            return [(mine.column, theirs.column), *exact] if same else exact
        if a is b and a in (FieldType.INTEGER, FieldType.BINARY, FieldType.DATE, FieldType.DATETIME):
            return [(mine.column, theirs.column)]
        other = self.text_of(theirs)
        if a is FieldType.INTEGER:
            whole: Expr = sa.case((other.op("REGEXP")(bind(_INTEGER_TEXT)), _cast(other, "SIGNED")))
            return [(mine.column, whole)]
        return [(self.text_of(mine), other)]

    def json_equal(self, spot: Spot, value: object) -> Expr:
        """Compared whatever the order of keys."""
        extracted = fn.json_extract(spot.column, bind(_json_path(spot.path)))
        return fn.json_contains(extracted, bind(json.dumps(value))).op("AND")(
            fn.json_contains(bind(json.dumps(value)), extracted)
        )

    def dates(self, spot: Spot, clock: Clock) -> list[Dates]:
        """The column itself where it has a date type; families of texts otherwise."""
        kind = spot.field.type if spot.plain else FieldType.UNKNOWN
        if clock.unit is not Unit.NATIVE:
            return self._epochs(spot, clock)
        if kind in _DATES:
            least = bind("0001-01-01")  # 0000-00-00 is no date
            return [Dates(spot.column, kind, spot.column >= least, _in_utc(kind), least)]
        text = self.plain_text(spot)
        if text is None:
            return []
        return [
            Dates(made, stored_as, made.is_not(None), _in_utc(stored_as))
            for stored_as, made in (
                (FieldType.DATE, _if(text, isotext.DAY, _cast(text, "DATE"))),
                (FieldType.DATETIME, _if(text, isotext.NAIVE, _moment(text, bind(15)))),
                (FieldType.INSTANT, _if(text, isotext.AWARE, _aware(text))),
            )
        ]

    def concat(self, parts: Any) -> Expr:  # noqa: ANN401 - as in the base
        """`||` is a logical OR here."""
        return fn.concat(*parts)

    def stored(self, spot: Spot, value: object) -> Expr:
        """As the column's type has it."""
        if spot.field.type is FieldType.JSON:
            return bind(json.dumps(value))
        made = coerce(value, spot.field.type)
        if made is None and spot.field.type in _DATES:
            made = canon(value)
        if made is None:
            raise UnsupportedError(
                f"Column {spot.field.name!r} ({spot.field.native}) cannot hold the value the policy writes into it."
            )
        return bind(made)

    def written(self, spot: Spot, text: Expr) -> Expr:
        """Bytes back to text."""
        return _convert(text)

    def json_changed(self, column: Expr, spot: Spot, value: Expr | None) -> Expr:
        """JSON_REMOVE and JSON_SET; objects missing on the way are made where a value is to be set."""
        path = bind(_json_path(spot.path))
        if value is None:
            return fn.json_remove(column, path)
        column = sa.case((fn.json_type(column) == "OBJECT", column), else_=bind("{}"))
        for depth in range(1, len(spot.path)):
            upper = bind(_json_path(spot.path[:depth]))
            made = fn.json_set(column, upper, self.json_value({}))
            is_object = fn.json_type(fn.json_extract(column, upper)) == "OBJECT"
            column = sa.case((is_object, column), else_=made)
        return fn.json_set(column, path, value)

    def fenced(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """By a limit that limits nothing."""
        return query.limit(sa.literal_column(str(2**63 - 1)))

    def json_value(self, value: object) -> Expr:
        """Taken out of a document, which keeps its type."""
        return fn.json_extract(bind(json.dumps(value)), bind("$"))

    def reader(self, spot: Spot) -> Callable[[Any], object] | None:
        """JSON comes as text, TIMESTAMP without its zone."""
        return {FieldType.JSON: _json, FieldType.INSTANT: _in_utc(FieldType.INSTANT)}.get(spot.field.type)

    def readable(self, spot: Spot) -> Expr:
        """Types this program has no word for are read as the database writes them."""
        return _chars(spot.column).label(spot.field.name) if spot.field.type is FieldType.UNKNOWN else spot.column

    def _json_parts(self, spot: Spot) -> tuple[Expr, Expr]:
        value = fn.json_extract(spot.column, bind(_json_path(spot.path)))
        return fn.json_type(value), fn.json_unquote(value)

    def _epochs(self, spot: Spot, clock: Clock) -> list[Dates]:
        low, high = (edge * (1 if clock.unit is Unit.EPOCH_SECONDS else 1000) for edge in _EPOCH_RANGE)
        number, text = self.number(spot), self.plain_text(spot)
        found = [number] if number is not None else []
        if text is not None:
            found.append(_if(text, isotext.NUMBER, _cast(text, "DECIMAL(65,30)")))
        return [
            Dates(value, FieldType.INTEGER, sa.and_(value >= low, value < high), least=bind(low)) for value in found
        ]


_JSON_NUMBERS = ["INTEGER", "DOUBLE", "DECIMAL", "UNSIGNED INTEGER"]


def _json_path(path: Path) -> str:
    if any('"' in part or "\\" in part or not sendable(part) for part in path):
        raise UnsupportedError("A path into JSON has a part with a quotation mark, which MariaDB cannot address.")
    return "$" + "".join(f'."{part}"' for part in path)


def _number_text(text: Expr) -> Expr:
    """Without exponent, trailing zeros and negative zero."""
    long = _chars(_cast(text, "DECIMAL(65,30)"))
    text = sa.case((text.op("REGEXP")(bind("e")), long), else_=text)
    cut = fn.trim(
        sa.literal_column("TRAILING '.'").op("FROM")(fn.trim(sa.literal_column("TRAILING '0'").op("FROM")(text)))
    )
    plain = sa.case((fn.instr(text, ".") > 0, cut), else_=text)
    return _binary(sa.case((plain == "-0", bind("0")), else_=plain))


def _if(text: Expr, pattern: str, made: Expr) -> Expr:
    """The made value for texts of one form. `$` would also match before a line break at the end."""
    return sa.case((text.op("REGEXP")(bind(pattern.removesuffix("$") + r"\z")), made))


def _moment(text: Expr, length: Expr) -> Expr:
    """A datetime from date, any separator and time, cut to microseconds."""
    clockface = fn.replace(fn.substr(text, 12, length), ",", ".")
    return _cast(fn.concat(fn.left(text, 10), bind(" "), clockface), "DATETIME(6)")


def _aware(text: Expr) -> Expr:
    """In UTC; CONVERT_TZ would leave years after 2038 as they are."""
    zone = fn.regexp_substr(text, bind(r"(Z|[+-][0-9:]{2,5})\z"))
    local = _moment(text, fn.least(15, fn.length(text) - 11 - fn.length(zone)))
    hours = _cast(fn.substr(zone, 2, 2), "SIGNED") * 60
    rest = sa.case((fn.length(zone) > 3, _cast(fn.right(zone, 2), "SIGNED")), else_=0)
    minutes = sa.case((zone == "Z", 0), (fn.left(zone, 1) == "-", hours + rest), else_=0 - (hours + rest))
    return fn.timestampadd(sa.literal_column("MINUTE"), minutes, local)


def _text(text: str) -> tuple[object, ...]:
    return (text,) if sendable(text) else ()


def _typed(kind: FieldType) -> Callable[[str], tuple[object, ...]]:
    def encode(text: str) -> tuple[object, ...]:
        made = coerce(text, kind) if len(text) < 1_000 else None
        if made is None:
            return (text,) if kind in _DATES and text in ("0000-00-00", "0000-00-00 00:00:00") else ()
        if kind is FieldType.INTEGER and int(str(made)) not in _INT64:
            return ()
        return (made.astimezone(UTC).replace(tzinfo=None) if isinstance(made, datetime) and made.tzinfo else made,)

    return encode


def _in_utc(kind: FieldType) -> Callable[[Any], object]:
    def mark(value: object) -> object:
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

    return mark if kind is FieldType.INSTANT else _as_it_is


def _as_it_is(value: object) -> object:
    return value


def _json(value: object) -> object:
    try:
        return strict_json(value) if isinstance(value, str | bytes) else value
    except ValueError:
        return value
