"""Values as text: JSON lines that are faithful, CSV cells that no spreadsheet runs, and text that hides nothing."""

import base64
import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum

_SPACES = r"[\s\u200b-\u200d\u2060\ufeff]*"
_LEADERS = "[=+\\-@＝＋－＠﹢﹣﹦﹫]"  # OWASP's list, and the forms that spreadsheets fold to them
_FORMULA = re.compile(rf"^{_SPACES}(?:[\t\r\n]|{_LEADERS})")
_INNER = re.compile(rf"([;\t]){_SPACES}(?={_LEADERS})")  # where ";" or TAB separates cells, a second cell begins here
_HARMLESS = re.compile(r"(?:[A-Za-z0-9!-*,./:<>?\[\]^-~\u3400-\u9fff][ -:<-~\u3400-\u9fff]*)?").fullmatch
_LONG = 1 << 64
# Controls but TAB and LF, C1, marks that turn the writing direction, line separators, invisible marks, surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_DEEPEST = 100
_CUT = secrets.token_hex(16)  # stands between records; no value can hold it, so splitting there is safe


def json_lines(records: Sequence[Mapping[str, object]]) -> bytes:
    """The records as JSON, one object per line; every character that could act on a terminal is escaped.

    All go through the encoder at once: it costs half of encoding them one by one.
    """
    parts: list[object] = [_CUT] * (2 * len(records) - 1)
    parts[::2] = records
    try:
        text = _encode(parts)[1:-1].replace(f',"{_CUT}",', "\n")
    except (ValueError, TypeError, RecursionError):
        text = "\n".join(_line(record) for record in records)
    return to_bytes(text + "\n")


def json_text(value: object) -> str:
    """One value as JSON text."""
    return to_bytes(_line(value)).decode()


def to_bytes(text: str) -> bytes:
    """JSON text in UTF-8, with what must not stand there bare as escapes; lone surrogates become their escapes too."""
    if text.isascii() and "\x7f" not in text:
        return text.encode("ascii")
    return _IN_JSON.sub(_escape, text).encode("utf-8", "backslashreplace")


def document(value: object) -> bytes:
    """A JSON document that a person can read as well."""
    return to_bytes(json.dumps(value, ensure_ascii=False, indent=2, default=plain) + "\n")


def plain(value: object) -> object:
    """The JSON form of a value that JSON has no form for: numbers as text, instants in ISO 8601, bytes in base64."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Enum):
        return value.value
    return str(value)  # Decimal, UUID, durations, network addresses, ranges


def csv_row(values: Iterable[object]) -> tuple[list[object], int]:
    """The cells of one row as the csv module takes them, and how many had to be changed."""
    row: list[object] = []
    changed = 0
    for value in values:
        # Nearly all cells are one of these three, which need no second look.
        if (
            (isinstance(value, str) and _HARMLESS(value))
            or value is None
            or (type(value) is int and -_LONG < value < _LONG)
        ):
            row.append(value)
        else:
            text, differs = csv_cell(value)
            row.append(text)
            changed += differs
    return row, changed


def csv_cell(value: object) -> tuple[str, bool]:
    """The cell, and whether text in it had to be changed. Typed numbers stay numbers."""
    if value is None:
        return "", False
    if isinstance(value, bool):
        return ("true" if value else "false"), False
    if isinstance(value, int | float | Decimal):
        return str(_number(value)), False
    text = value if isinstance(value, str) else as_text(value)
    safe = visible(_INNER.sub(r"\1'", text))
    if _FORMULA.match(text):
        safe = f"'{safe}"
    return safe, safe != text


def as_text(value: object) -> str:
    """One value as text; what has parts becomes JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return json_text(value)
    return str(plain(value))


def visible(text: str) -> str:
    """The text with every character that hides or acts shown as a sign: ESC as ␛, U+202E as ⟨U+202E⟩."""
    return _HIDDEN.sub(_sign, text) if _HIDDEN.search(text) else text


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _number(value: float | Decimal) -> object:
    # Python refuses to print whole numbers of more than 4300 digits; Decimal prints any.
    return Decimal(value) if isinstance(value, int) and value.bit_length() > 10_000 else value


def _line(value: object) -> str:
    try:
        return _encode(value)
    except (ValueError, TypeError, RecursionError):
        return _encode(_tame(value, 0))


def _tame(value: object, depth: int) -> object:
    """The value with whatever the encoder refuses put as text: NaN, odd keys, endless digits, endless depth."""
    if depth > _DEEPEST and isinstance(value, Mapping | list | tuple | set | frozenset):
        return f"(nested more than {_DEEPEST} levels deep)"
    if isinstance(value, Mapping):
        return {str(key): _tame(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_tame(one, depth + 1) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        made = _number(value)
        return str(made) if isinstance(made, Decimal) else value
    return value


_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=plain
).encode
