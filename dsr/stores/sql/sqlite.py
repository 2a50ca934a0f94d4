"""SQLite: columns hold values of any type, dates are text, so comparisons look at the stored value itself."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any

import sqlalchemy as sa

from dsr.core.clock import Clock, Unit
from dsr.core.errors import UnsupportedError
from dsr.core.matching import PHONE_NOISE, Match
from dsr.core.model import FieldType, Path, canon, coerce
from dsr.stores.sql.dialect import Dates, Dialect, Expr, Operand, Worded, bind, sendable
from dsr.stores.sql.sqlite_functions import EPOCH, micros, numeric_form, strict_json
from dsr.stores.sql.tables import Spot

fn = sa.func
_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_SECOND = f"{_DAY} [0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
_DECIMALS = ".[0-9][0-9][0-9][0-9][0-9][0-9]"
_FIRST = "0001-"  # the bare year would be a number beside a column of numeric affinity, and sort below every text
_USUAL = (
    f"((({{0}}) GLOB '{_SECOND}{_DECIMALS}' OR ({{0}}) GLOB '{_SECOND}') AND ({{0}}) >= '{_FIRST}'"
    " AND substr({0}, 12, 2) < '24' AND CASE WHEN substr({0}, 9, 2) BETWEEN '01' AND '28'"
    " AND substr({0}, 6, 2) BETWEEN '01' AND '12' THEN 1"
    " ELSE datetime(substr({0}, 1, 19), '+0 days') = substr({0}, 1, 19) END)"
)
"""`YYYY-MM-DD HH:MM:SS[.ffffff]`, and a moment that exists: SQLite turns 30 February into March, and is slow to look.

Only texts are below '24' or equal to what datetime() and date() give: a number has no such form, a BLOB is above all.
"""
_SHAPE = (
    f"(({{0}}) GLOB '????-??-?? ??:??:??{_DECIMALS}' OR ({{0}}) GLOB '????-??-?? ??:??:??')"
    " AND substr({0}, 12, 2) < '24'"
)
"""Told sooner than the usual form: what looks like this and has it not has no reading at all."""
_ONE_DAY = f"(({{0}}) GLOB '{_DAY}' AND date({{0}}, '+0 days') = ({{0}}) AND ({{0}}) >= '{_FIRST}')"
_IS_TEXT = "typeof({0}) = 'text'"
_UNUSUAL = (
    f"CASE WHEN {_SHAPE} THEN NULL WHEN ({{0}}) GLOB '{_DAY}' THEN NULL WHEN {_IS_TEXT} THEN dsr_read({{0}}, {{1}}) END"
)
_DATED = f"({_USUAL} OR {_ONE_DAY} OR {_IS_TEXT} AND dsr_read({{0}}, {{1}}) IS NOT NULL)"
_BEFORE = (
    "(({0}) < {1} AND (({0}) < {6} OR ({0}) >= {7})"
    f" AND CASE WHEN {_USUAL} THEN ({{0}}) < {{2}} WHEN {_ONE_DAY} THEN ({{0}}) < {{3}}"
    f" WHEN {_IS_TEXT} THEN dsr_before({{0}}, {{4}}, {{5}}) END)"
)
_WITHIN = (
    "(({0}) < {1} AND (({0}) < {6} OR ({0}) >= {7})"
    f" AND CASE WHEN {_USUAL} THEN ({{0}}) < {{2}} AND ({{0}}) >= {{8}}"
    f" WHEN {_ONE_DAY} THEN ({{0}}) < {{3}} AND ({{0}}) >= {{9}}"
    f" WHEN {_IS_TEXT} THEN dsr_before({{0}}, {{4}}, {{5}}) AND NOT dsr_before({{0}}, {{10}}, {{5}}) END)"
)
_STORED = (
    "CASE typeof({{0}}) WHEN 'text' THEN {{0}} WHEN 'integer' THEN {} WHEN 'null' THEN NULL ELSE dsr_canon({{0}}) END"
)
_TEXT = _STORED.format("CAST({0} AS TEXT)")
_BOOLEAN_TEXT = _STORED.format("CASE {0} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE CAST({0} AS TEXT) END")
_LISTED = "(({0}) IN (SELECT value FROM json_each({1})))"
_JSON_TYPE = "CASE WHEN json_valid({0}) = 1 THEN json_type({0}, {1}) END"
_JSON_VALUE = "CASE WHEN json_valid({0}) = 1 THEN json_extract({0}, {1}) END"
_NUMERIC = frozenset({FieldType.INTEGER, FieldType.NUMBER, FieldType.DATE, FieldType.DATETIME, FieldType.BOOLEAN})
_FEW = 30  # above that many rows, one JSON parameter carries them all
_INT64 = range(-(2**63), 2**63)
_EPOCH_RANGE = (-62_135_596_800, 253_402_300_800)


def _case(*whens: tuple[Expr, Expr], default: Expr | None = None) -> Expr:
    return sa.case(*whens, else_=default)


class SqliteDialect(Dialect):
    """SQLite 3.38 or newer."""

    name = "sqlite"
    locks_rows = False
    links_by_in = True  # an uncorrelated IN can drive an index; EXISTS is evaluated row by row

    def operand(self, spot: Spot) -> Operand:
        """The bare column where possible."""
        if not spot.plain:
            return Operand(self._json_value(spot), _any_form, "")
        column = spot.column.collate("BINARY")
        if spot.field.type is FieldType.BOOLEAN:
            return Operand(column, _boolean_form, "")
        if spot.field.type in _NUMERIC:
            return Operand(column, _numeric_form, "")
        if spot.field.type is FieldType.TEXT:
            return Operand(column, _text_form, "")
        return Operand(column, _binary_form, "")

    def member(self, exprs: Sequence[Expr], kinds: Sequence[str], rows: list[tuple[object, ...]]) -> Expr:
        """An IN list, or one JSON parameter."""
        if len(rows) > _FEW and any(isinstance(value, bytes) for row in rows for value in row):
            return sa.or_(*(self.member(exprs, kinds, rows[n : n + _FEW]) for n in range(0, len(rows), _FEW)))
        left = exprs[0] if len(exprs) == 1 else sa.tuple_(*exprs)
        if len(rows) <= _FEW:
            if len(exprs) == 1:
                return left == bind(rows[0][0]) if len(rows) == 1 else left.in_([bind(row[0]) for row in rows])
            ands = (sa.and_(*(e == bind(v) for e, v in zip(exprs, row, strict=True))) for row in rows)
            return sa.or_(*ands)
        if len(exprs) == 1:
            return Worded(_LISTED, left, bind(json.dumps([row[0] for row in rows])))
        each = fn.json_each(bind(json.dumps(rows))).table_valued("value")
        parts = [fn.json_extract(each.c.value, bind(f"$[{n}]")) for n in range(len(exprs))]
        return left.in_(sa.select(*parts))

    def text_of(self, spot: Spot) -> Expr:
        """Numbers are written by the same function that defines canonical text."""
        if spot.nothing:
            return sa.null()
        if spot.plain:
            return _text_of_stored(spot.column, boolean=spot.field.type is FieldType.BOOLEAN)
        kind, value = self._json_parts(spot)
        text = sa.case(
            {"text": value, "integer": sa.cast(value, sa.Text), "true": bind("true"), "false": bind("false")},
            value=kind,
            else_=_case((kind == "real", fn.dsr_canon(value))),
        )
        if spot.path:
            return text
        return _case((fn.json_valid(spot.column) == 1, text), default=_text_of_stored(spot.column, boolean=False))

    def plain_text(self, spot: Spot) -> Expr | None:
        """Text where text is stored."""
        if spot.plain:
            return _case((fn.typeof(spot.column) == "text", spot.column)).collate("BINARY")
        kind, value = self._json_parts(spot)
        text = _case((kind == "text", value))
        if not spot.path:
            text = _case((fn.json_valid(spot.column) == 1, text), default=spot.column)
        return text.collate("BINARY")

    def number(self, spot: Spot) -> Expr | None:
        """A number where one is stored; the 0 and 1 of a BOOLEAN column are no numbers."""
        if not spot.plain:
            kind, value = self._json_parts(spot)
            return _case((kind.in_(["integer", "real"]), value))
        is_number: Expr = fn.typeof(spot.column).in_(["integer", "real"])
        if spot.field.type is FieldType.BOOLEAN:
            is_number = sa.and_(is_number, spot.column.not_in([0, 1]))
        return _case((is_number, spot.column))

    def fold(self, text: Expr, match: Match) -> Expr:
        """SQLite's lower() changes ASCII letters only, which is what folding means."""
        if match is Match.EMAIL:
            return fn.lower(fn.trim(text, bind(" ")))
        for noise in PHONE_NOISE if match is Match.PHONE else "":
            text = fn.replace(text, bind(noise), bind(""))
        return text

    def inside(self, spot: Spot) -> tuple[Expr, Expr]:
        """Where a value was read, it is known to be JSON."""
        path = bind(_json_path(spot.path))
        return Worded(_JSON_VALUE, spot.column, path), Worded("(json_type({0}, {1}) = 'text')", spot.column, path)

    def starts_with(self, text: Expr, prefix: str) -> Expr:
        """By characters, not by LIKE, which folds case."""
        return fn.substr(text, 1, len(prefix)) == bind(prefix)

    def is_null(self, spot: Spot) -> Expr:
        """JSON null is nothing too."""
        if spot.plain:
            return spot.column.is_(None)
        kind, _ = self._json_parts(spot)
        none = kind == "null"
        return sa.or_(kind.is_(None), none) if spot.path else sa.or_(spot.column.is_(None), none)

    def links(self, mine: Spot, theirs: Spot) -> list[tuple[Expr, Expr]]:
        """Columns of one affinity compare as they are; otherwise the other side takes the form of this one."""
        if mine.plain and mine.field.type is FieldType.TEXT:
            other = theirs.plain and theirs.field.type is FieldType.TEXT
            return [(mine.column.collate("BINARY"), theirs.column if other else self.text_of(theirs))]
        numeric = _NUMERIC - {FieldType.BOOLEAN}
        if mine.plain and mine.field.type in numeric:
            same = theirs.plain and theirs.field.type in numeric
            column = mine.column.collate("BINARY")
            return [(column, theirs.column if same else fn.dsr_numeric_form(self.text_of(theirs)))]
        return [(self.text_of(mine), self.text_of(theirs))]

    def json_equal(self, spot: Spot, value: object) -> Expr:
        """Compared as parsed values."""
        kind, extracted = self._json_parts(spot)
        return _case((kind.in_(["object", "array"]), fn.dsr_json_equal(extracted, bind(json.dumps(value)))))

    def dates(self, spot: Spot, clock: Clock) -> list[Dates]:
        """Numbers for epochs; for texts the usual form as it stands, all other forms read one by one."""
        if clock.unit is not Unit.NATIVE:
            return self._epochs(spot, clock)
        text = self._dated_text(spot)
        if text is None:
            return []
        unusual = Worded(_UNUSUAL, text, bind(clock.zone))
        return [
            Dates(Worded(f"CASE WHEN {_USUAL} THEN {{0}} END", text), FieldType.DATETIME, sa.true()),
            Dates(Worded(f"CASE WHEN {_ONE_DAY} THEN {{0}} END", text), FieldType.DATE, sa.true()),
            Dates(unusual, FieldType.INSTANT, sa.true(), lambda n: EPOCH + timedelta(microseconds=n)),
        ]

    def dated(self, spot: Spot, clock: Clock) -> Expr:
        """Texts of the usual form are not read one by one."""
        text = self._dated_text(spot)
        if clock.unit is not Unit.NATIVE or text is None:
            return super().dated(spot, clock)
        return Worded(_DATED, text, bind(clock.zone))

    def before(self, spot: Spot, instant: datetime, clock: Clock) -> Expr:
        """For texts an index finds the candidates, and only those are looked at."""
        text = self._dated_text(spot)
        if clock.unit is not Unit.NATIVE or text is None:
            return super().before(spot, instant, clock)
        return Worded(_BEFORE, text, *(bind(value) for value in _given(instant, clock)))

    def within(self, spot: Spot, since: datetime, until: datetime, clock: Clock) -> Expr:
        """Each text is taken apart once for both ends."""
        text = self._dated_text(spot)
        if clock.unit is not Unit.NATIVE or text is None:
            return super().within(spot, since, until, clock)
        ends = (*_given(until, clock), *_forms(since, clock), micros(since))
        return Worded(_WITHIN, text, *(bind(value) for value in ends))

    def _dated_text(self, spot: Spot) -> Expr | None:
        """The column as it is (conditions on it ask for text themselves), or the text inside JSON."""
        if spot.field.type is FieldType.BOOLEAN:
            return None
        return spot.column.collate("BINARY") if spot.plain else self.plain_text(spot)

    def _epochs(self, spot: Spot, clock: Clock) -> list[Dates]:
        if spot.field.type is FieldType.BOOLEAN:
            return []
        scale = 1 if clock.unit is Unit.EPOCH_SECONDS else 1000
        low, high = (edge * scale for edge in _EPOCH_RANGE)
        if spot.plain and spot.field.type in _NUMERIC:
            column = spot.column  # texts sort above all numbers, so the bound keeps them out
            return [Dates(column, FieldType.INTEGER, sa.and_(column >= low, column < high), least=bind(low))]
        number, text = self.number(spot), self.plain_text(spot)
        value = fn.coalesce(number, fn.dsr_number(text))
        return [Dates(value, FieldType.INTEGER, sa.and_(value >= low, value < high), least=bind(low))]

    def stored(self, spot: Spot, value: object) -> Expr:
        """Dates as ISO text, objects as JSON text."""
        if spot.field.type is FieldType.JSON:
            return bind(json.dumps(value))
        made = coerce(value, spot.field.type)
        if made is None and spot.field.type in (FieldType.DATE, FieldType.DATETIME):
            made = canon(value)
        if made is None:
            raise UnsupportedError(
                f"Column {spot.field.name!r} ({spot.field.native}) cannot hold the value the policy writes into it."
            )
        if isinstance(made, date):
            return bind(str(canon(made)))
        return bind(made if isinstance(made, int | float | str | bytes) else float(str(made)))

    def reader(self, spot: Spot) -> Callable[[Any], object] | None:
        """BOOLEAN columns hold 0 and 1, JSON columns text."""
        return _READERS.get(spot.field.type)

    def json_changed(self, column: Expr, spot: Spot, value: Expr | None) -> Expr:
        """json_remove and json_set; objects missing on the way are made where a value is to be set."""
        if value is None:
            path = bind(_json_path(spot.path))
            return _case((fn.json_valid(column) == 1, fn.json_remove(column, path)), default=column)
        column = _case((fn.json_type(column, bind("$")) == "object", column), default=bind("{}"))
        for depth in range(1, len(spot.path)):
            upper = bind(_json_path(spot.path[:depth]))
            made = fn.json_set(column, upper, fn.json(bind("{}")))
            column = _case((fn.json_type(column, upper) == "object", column), default=made)
        return fn.json_set(column, bind(_json_path(spot.path)), value)

    def fenced(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """By a limit that limits nothing."""
        return query.limit(sa.literal_column("-1"))

    def json_value(self, value: object) -> Expr:
        """Parsed from text, so that true and objects stay what they are."""
        return fn.json(bind(json.dumps(value)))

    def _json_parts(self, spot: Spot) -> tuple[Expr, Expr]:
        """The JSON type and value at the spot; NULL where the text is no JSON."""
        path = bind(_json_path(spot.path))
        return Worded(_JSON_TYPE, spot.column, path), Worded(_JSON_VALUE, spot.column, path)

    def _json_value(self, spot: Spot) -> Expr:
        kind, value = self._json_parts(spot)
        none = sa.null()
        scalar = sa.case(
            {"true": bind("true"), "false": bind("false"), "object": none, "array": none}, value=kind, else_=value
        )
        return scalar if spot.path else _case((fn.json_valid(spot.column) == 1, scalar), default=spot.column)


def _forms(instant: datetime, clock: Clock) -> tuple[str, str]:
    """The bound of times and that of plain days, as they are stored."""
    usual, day = (clock.bound(instant, kind) for kind in (FieldType.DATETIME, FieldType.DATE))
    return _iso(usual), str(day)


def _given(instant: datetime, clock: Clock) -> tuple[object, ...]:
    """What `_BEFORE` asks for.

    Any ISO text that can lie before the instant, in whatever zone, begins with a year up to that of its week and sorts
    below "YYYYX": basic (20240131), extended or a week date. Of them an extended one begins with a day before `late`;
    all the others of that year, and of the next, sort from "YYYY-A".
    """
    late = instant + timedelta(days=3)
    last_year = max(late.year, late.isocalendar().year)
    edges = (f"{last_year:04d}X", str(late.date()), f"{late.year:04d}-A")
    return (edges[0], *_forms(instant, clock), micros(instant), clock.zone, *edges[1:])


def _json_path(path: Path) -> str:
    if any('"' in part or not sendable(part) for part in path):
        raise UnsupportedError("A path into JSON has a part with a quotation mark, which SQLite cannot address.")
    return "$" + "".join(f'."{part}"' for part in path)


def _text_of_stored(column: Expr, *, boolean: bool) -> Expr:
    return Worded(_BOOLEAN_TEXT if boolean else _TEXT, column)


def _iso(moment: object) -> str:
    """The shortest text that sorts with stored texts of any number of decimals."""
    text = str(moment)
    return text.rstrip("0") if "." in text else text


def _text_form(text: str) -> tuple[object, ...]:
    return (text,) if sendable(text) else ()


def _numeric_form(text: str) -> tuple[object, ...]:
    found = numeric_form(text)
    return () if found is None or (isinstance(found, str) and not sendable(found)) else (found,)


def _boolean_form(text: str) -> tuple[object, ...]:
    marks: dict[str, tuple[object, ...]] = {"true": (1, "true"), "false": (0, "false"), "0": (), "1": ()}
    return marks[text] if text in marks else _numeric_form(text)


def _any_form(text: str) -> tuple[object, ...]:
    """In a column without affinity, or inside JSON, a text and a number of the same form are both equal to the key."""
    forms: tuple[object, ...] = (text,) if sendable(text) else ()
    number = coerce(text, FieldType.NUMBER)
    if number is not None and isfinite(number):  # type: ignore[arg-type]
        found = numeric_form(text)
        forms = forms if found is None or isinstance(found, str) else (*forms, found)
    return forms


def _binary_form(text: str) -> tuple[object, ...]:
    raw = coerce(text, FieldType.BINARY)
    return _any_form(text) if raw is None else (*_any_form(text), raw)


def _boolean(value: object) -> object:
    return bool(value) if value in (0, 1) else value


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return strict_json(value)
    except ValueError:
        return value


_READERS: dict[FieldType, Callable[[Any], object]] = {FieldType.BOOLEAN: _boolean, FieldType.JSON: _json}
