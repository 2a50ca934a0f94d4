"""What a store holds, described the same way for every kind: collections, fields, keys, links, records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

Path = tuple[str, ...]
"""A field, or a place inside a JSON field: ("payload", "customer", "email")."""

_LONGEST = 5000
"""Zeros up to which a number is written out."""
_PLAIN = 10**15
"""Up to here a float holds every whole number."""

Scalar = str | int | float | bool | bytes | Decimal | date | datetime | UUID
Key = tuple[object, ...]
"""The values of a composite or simple key, in the order of its fields."""


class FieldType(Enum):
    """The type of a field, as far as comparing and rewriting need it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"  # without a zone
    INSTANT = "instant"  # with a zone
    UUID = "uuid"
    JSON = "json"
    BINARY = "binary"
    UNKNOWN = "unknown"  # anything may stand here: fields of logs, values inside JSON


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a collection. `max_length` counts characters; None means no limit. `comment` is what the store's
    owners wrote beside it.
    """

    name: str
    type: FieldType = FieldType.UNKNOWN
    nullable: bool = True
    max_length: int | None = None
    native: str = ""
    generated: bool = False
    comment: str = ""


class OnDelete(Enum):
    """What the store itself does to referring records when the record they refer to goes."""

    REFUSE = "refuse"
    CASCADE = "cascade"
    EMPTY = "empty"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `fields` of this collection hold the `keys` of `collection` in the same store."""

    fields: tuple[str, ...]
    collection: str
    keys: tuple[str, ...]
    on_delete: OnDelete = OnDelete.REFUSE


@dataclass(frozen=True, slots=True)
class Collection:
    """A table, log stream or prefix. `key` is empty where records have none.

    `indexes` lists the field tuples of complete (not partial) indexes, the key included.
    """

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    open: bool = False  # records may hold fields that are not listed (logs)

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    def type_of(self, path: Path) -> FieldType:
        """The type found at a path; inside JSON and in open collections it is unknown."""
        found = self.field(path[0])
        return found.type if found is not None and len(path) == 1 else FieldType.UNKNOWN


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read: JSON fields are parsed, instants keep the form the store gives."""

    collection: str
    values: Mapping[str, object] = field(default_factory=dict)

    def at(self, path: Path) -> object:
        """The value at a path; None where any part of the path is missing."""
        value: object = self.values
        for part in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)
        return value


def canon(value: object) -> str | None:
    """The text form in which values of different types are compared; None for "no value".

    5, 5.0, Decimal("5.00") and "5" are one value; "05" is another. Lists and objects have no form of their own.
    """
    if value is None or isinstance(value, Mapping | list | tuple):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, int):
        return str(value) if -_PLAIN < value < _PLAIN else _number(Decimal(value))
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        try:
            naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        except OverflowError:  # its offset leads out of the calendar: it equals only itself
            naive = value
        return naive.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def _number(value: float | Decimal) -> str:
    if isinstance(value, float) and -_PLAIN < value < _PLAIN and value.is_integer():
        return str(int(value))
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite():
        return str(exact)
    sign, digits, exponent = exact.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    if not text:
        return "0"
    exponent = int(exponent) + len(digits) - len(text)
    if abs(exponent) > _LONGEST:  # a number that a billion zeros would spell
        return f"{'-' * sign}{text}e{exponent}"
    return format(Decimal((sign, tuple(map(int, text)), exponent)), "f")


def coerce(value: object, to: FieldType) -> object | None:
    """The value in a field's own type, or None when no value of that type compares equal to it.

    A key "05" is not the number 5 and yields None for INTEGER: such a value can match no record.
    """
    text = canon(value)
    if text is None:
        return None
    made = _convert(text, to)
    return made if made is not None and canon(made) == text else None


def _convert(text: str, to: FieldType) -> object | None:
    try:
        match to:
            case FieldType.INTEGER:
                return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() else None
            case FieldType.NUMBER:
                return Decimal(text)
            case FieldType.BOOLEAN:
                return {"true": True, "false": False}.get(text)
            case FieldType.UUID:
                return UUID(text)
            case FieldType.DATE:
                return date.fromisoformat(text)
            case FieldType.DATETIME | FieldType.INSTANT:
                made = datetime.fromisoformat(text)
                return made.replace(tzinfo=UTC) if to is FieldType.INSTANT and made.tzinfo is None else made
            case FieldType.BINARY:
                return bytes.fromhex(text)
            case FieldType.JSON:
                return None
            case _:
                return text
    except (ValueError, ArithmeticError):
        return None
