"""From records to columns: the values at every field, and at every path inside JSON."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dsr.core.model import Collection, Field, FieldType, Path, canon

ANY = "*"
"""Stands in a path for keys that are data themselves (numbers, identifiers)."""
_MOST_PATHS = 500  # in one collection
_MOST_VALUES = 1_000  # different values of a column that are looked at
_DEPTH = 8
_DATA_KEY = re.compile(r"[0-9]+|[0-9a-fA-F-]{16,}|.*[@/ ].*|.{60,}")
_JSON = re.compile(r"\s*[\[{]")


@dataclass(slots=True)
class Values:
    """What was seen at one path. `parsed` counts texts that are JSON, `broken` those that only begin like it."""

    path: Path
    field: Field
    texts: list[str | None]
    parsed: int = 0
    broken: int = 0


def columns(collection: Collection, records: Iterable[Mapping[str, object]]) -> tuple[tuple[Values, ...], int]:
    """The columns of a sample, those of the schema first, and how many records there were."""
    found: dict[Path, Values] = {(one.name,): Values((one.name,), one, []) for one in collection.fields}
    count = 0
    for record in records:
        count += 1
        for name, value in record.items():
            kind = collection.field(name) or Field(name)
            _note(found, (name,), kind, value)
    return tuple(found.values()), count


def _note(found: dict[Path, Values], path: Path, kind: Field, value: object) -> None:
    known = found.get(path)
    if known is None:
        if len(found) >= _MOST_PATHS:
            return
        known = found[path] = Values(path, kind, [])
    if isinstance(value, str) and kind.type is not FieldType.INTEGER and _JSON.match(value):
        try:
            value = json.loads(value)
            known.parsed += 1
        except (ValueError, RecursionError):
            known.broken += 1
    if isinstance(value, Mapping | list | tuple):
        for part, inner in _inner(value):
            if len(path) < _DEPTH:
                _note(found, (*path, part) if part else path, Field(part or path[-1]), inner)
        return
    if len(known.texts) < _MOST_VALUES:
        known.texts.append(_text(value))


def _inner(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield (ANY if _DATA_KEY.fullmatch(str(name)) else str(name)), inner
            if _DATA_KEY.fullmatch(str(name)) and not str(name).isdigit():
                yield ANY, str(name)
    elif isinstance(value, list | tuple):
        for inner in value[:50]:
            yield "", inner


def _text(value: object) -> str | None:
    if isinstance(value, bytes | bytearray | memoryview):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return bytes(value).hex()
    return canon(value)
