"""Functions the SQLite connection lends to SQL, so that rare forms mean there exactly what they mean here."""

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite

from dsr.core.clock import Clock
from dsr.core.model import canon

EPOCH = datetime.fromtimestamp(0, UTC)
_NUMBER = re.compile(r"[ \t\n\v\f\r]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \t\n\v\f\r]*", re.ASCII)


def micros(instant: datetime) -> int:
    """Microseconds since 1970."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def numeric_form(text: str | None) -> int | float | str | None:
    """What a column of numeric affinity holds where its canonical text is `text`; None where it can hold no such."""
    if text is None or _NUMBER.fullmatch(text) is None:
        return text
    if re.fullmatch(r"0|-?[1-9]\d{0,17}", text, re.ASCII):
        return int(text)
    number = float(text)
    if not isfinite(number) or canon(number) != text:
        return None
    return int(number) if number == int(number) and -(2**63) <= number < 2**63 else number


def lend(connection: sqlite3.Connection) -> None:
    """Make the functions known to a connection."""
    for name, count, function in (
        ("dsr_canon", 1, canon),
        ("dsr_numeric_form", 1, numeric_form),
        ("dsr_number", 1, _number),
        ("dsr_before", 3, _before),
        ("dsr_read", 2, _read),
        ("dsr_json_equal", 2, _json_equal),
    ):
        connection.create_function(name, count, function, deterministic=True)


def strict_json(text: str | bytes) -> object:
    """JSON as the standard has it: NaN and Infinity are no values."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> object:
    raise ValueError(name)


def _number(text: str | None) -> int | float | None:
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= 2**62:
        return None
    return int(number) if number == int(number) else float(number)


@lru_cache(maxsize=64)
def _clock(zone: str) -> Clock:
    return Clock(zone=zone)


@lru_cache(maxsize=64)
def _instant(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def _before(text: str, at: int, zone: str) -> bool:
    return _clock(zone).before(text, _instant(at))


def _read(text: str, zone: str) -> int | None:
    found = _clock(zone).read(text)
    return None if found is None else micros(found)


def _json_equal(left: str | None, right: str) -> bool:
    return left is not None and json.loads(left) == json.loads(right)
