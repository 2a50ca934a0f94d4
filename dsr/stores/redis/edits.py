"""What the server must be told to change fields of a value. Strings that hold JSON and hashes can be changed."""

import json
from decimal import Decimal
from typing import Any

from dsr.core.errors import UnsupportedError
from dsr.core.model import Path, canon
from dsr.core.select import Change
from dsr.stores.redis.names import bytes_of, text_of
from dsr.stores.redis.server import Command
from dsr.stores.redis.values import Entry

VALUE = "value"


class _LossyError(ValueError):
    """A number has more digits than could be written back."""


def edits(where: str, entry: Entry, key: str, changes: tuple[Change, ...]) -> list[Command]:
    """The commands that make the changes; the time at which the key ends stays.

    Raises UnsupportedError for a value that cannot hold them, naming the collection `where` and nothing else.
    """
    needed = [change for change in changes if _is_open(change, entry, key)]
    if any(change.field[0] != VALUE for change in needed):
        raise UnsupportedError(
            f"{where}: only `value` and what lies below it can be rewritten. Let the key be deleted."
        )
    if entry.type == "string":
        return [("SET", entry.key, _string(where, entry, key, needed), "KEEPTTL")] if needed else []
    if entry.type == "hash":
        return [_hash(where, entry, key, change) for change in needed]
    if needed:
        raise _unfit(where, f"a value of type {entry.type}")
    return []


def _string(where: str, entry: Entry, key: str, changes: list[Change]) -> bytes:
    text = text_of(entry.raw)
    whole: object = entry.value
    for change in changes:
        if len(change.field) == 1:
            made = canon(change.target(whole, (key,)))
            if made is None:
                raise _unfit(where, "a string, which cannot be without a value,")
            whole = text = made
        elif not isinstance(whole, dict):
            raise _unfit(where, "a string that holds no JSON object")
        else:
            text = _edited(where, text, change, key)
            whole = json.loads(text)
    raw = bytes_of(text)
    return raw if raw is not None else json.dumps(whole).encode()


def _edited(where: str, text: str, change: Change, key: str) -> str:
    try:
        found: dict[str, Any] = json.loads(text, parse_float=_exact)
    except _LossyError:
        raise _unfit(where, "a JSON object with a number of more digits than can be written back") from None
    _place(found, change.field[1:], change.target(_at(found, change.field[1:]), (key,)))
    separators = None if '": ' in text else (",", ":")
    return json.dumps(found, ensure_ascii=text.isascii(), separators=separators, default=canon)


def _hash(where: str, entry: Entry, key: str, change: Change) -> Command:
    """A hash without fields is gone; so is one whose last field becomes empty."""
    if len(change.field) != 2:
        raise _unfit(where, "a hash, which is neither text nor holds objects")
    name = bytes_of(change.field[1])
    if name is None:
        raise _unfit(where, "a hash with such a field name")
    target = change.target(_at(entry.value, change.field[1:]), (key,))
    if target is None:
        return ("HDEL", entry.key, name)
    text = canon(target)
    raw = None if text is None else bytes_of(text)
    if raw is None:
        raise _unfit(where, "a hash, whose fields are text")
    return ("HSET", entry.key, name, raw)


def _is_open(change: Change, entry: Entry, key: str) -> bool:
    if change.field[0] != VALUE:
        return True
    current = _at(entry.value, change.field[1:])
    target = change.target(current, (key,))
    if isinstance(current, dict | list) or isinstance(target, dict | list):
        return current != target
    return canon(current) != canon(target)


def _at(value: object, path: Path) -> object:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _place(inner: dict[str, Any], path: Path, target: object) -> None:
    """Objects on the way are made only where there is something to set."""
    for part in path[:-1]:
        below = inner.get(part)
        if not isinstance(below, dict):
            if target is None:
                return
            below = inner[part] = {}
        inner = below
    if target is None:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = target


def _exact(text: str) -> float:
    if Decimal(repr(float(text))) != Decimal(text):
        raise _LossyError
    return float(text)


def _unfit(where: str, what: str) -> UnsupportedError:
    return UnsupportedError(
        f"{where}: {what} cannot take this change. Let such keys be deleted, or have the application rewrite them."
    )
