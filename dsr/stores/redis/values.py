"""Keys as records: what the server says of each, and what its value reads as."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from dsr.core.errors import TransientError
from dsr.stores.redis.names import text_of
from dsr.stores.redis.server import Command, Server, WrongTypeError

_EPOCH = datetime.fromtimestamp(0, UTC)
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
_ROOM = 4 << 20  # bytes of values asked for at once, unless a single one is larger
_TRIES = 100

# The end of a key is asked for as "in so many milliseconds" (PEXPIRETIME needs Redis 7): clock and answer must be of
# the same millisecond, or the same key would end at another time whenever it is read.
_HEADS = b"""
local sizes = {string='STRLEN', hash='HLEN', list='LLEN', set='SCARD', zset='ZCARD', stream='XLEN'}
local found = {}
for at, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  local ends, size = -1, 0
  if kind ~= 'none' then
    repeat
      local before = redis.call('TIME')
      ends = redis.call('PTTL', key)
      local after = redis.call('TIME')
      local same = before[1] == after[1] and math.floor(before[2] / 1000) == math.floor(after[2] / 1000)
      if same and ends >= 0 then ends = before[1] * 1000 + math.floor(before[2] / 1000) + ends end
    until same or ends < 0
    if sizes[kind] then size = redis.call(sizes[kind], key) end
  end
  found[at] = {kind, ends, size}
end
return found
"""


@dataclass(frozen=True, slots=True)
class Form:
    """How the values of one type are asked for and read; `item` is about how many bytes one of its size takes."""

    ask: Callable[[bytes], Command]
    read: Callable[[Any], object]
    item: int = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One key as it was read; `raw` is the value as the server gave it, `clear` whether it could be understood, `size`
    about how many bytes it takes.
    """

    key: bytes
    type: str
    expires: datetime | None
    value: object = None
    raw: Any = None
    clear: bool = True
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Head:
    key: bytes
    type: str
    ends: int
    size: int


def looked_up(server: Server, keys: list[bytes], *, values: bool) -> Iterator[Entry]:
    """Those of the keys that exist, in order."""
    for _ in range(_TRIES):
        try:
            if not keys:
                return
            heads = [head for head in _heads(server, keys) if head.type != "none"]
            if not values:
                yield from (Entry(head.key, head.type, _expires(head.ends), size=_weight(head)) for head in heads)
                return
            for part in _parts(heads):
                entries = _read(server, part)
                keys = keys[keys.index(part[-1].key) + 1 :]
                yield from entries
            return
        except WrongTypeError:  # a key was given another type between the two questions
            continue
    raise TransientError(
        f"Store {server.name!r}: a key keeps changing its type while it is read. Run the command again."
    )


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object that the text spells, or None."""
    if not text.lstrip(" \t\r\n").startswith("{"):
        return None
    try:
        return json.loads(text)  # type: ignore[no-any-return] # it begins like an object
    except (ValueError, RecursionError):
        return None


def _heads(server: Server, keys: list[bytes]) -> Iterator[_Head]:
    (answers,) = server.ask(("EVAL", _HEADS, len(keys), *keys))
    for key, (kind, ends, size) in zip(keys, answers, strict=True):
        yield _Head(key, text_of(kind), ends, size)


def _parts(heads: list[_Head]) -> Iterator[list[_Head]]:
    """Runs of keys whose values together have a bounded size, where each single one has."""
    rest = iter(heads)
    for first in rest:
        part, room = [first], _ROOM - _weight(first)
        while room > 0 and (more := next(rest, None)) is not None:
            part.append(more)
            room -= _weight(more)
        yield part


def _weight(head: _Head) -> int:
    form = FORMS.get(head.type)
    return 0 if form is None else head.size * form.item


def _read(server: Server, heads: list[_Head]) -> list[Entry]:
    known = [head for head in heads if head.type in FORMS]
    answers = iter(server.ask(*(FORMS[head.type].ask(head.key) for head in known))) if known else iter(())
    found: list[Entry] = []  # at most a part
    for head in heads:
        form = FORMS.get(head.type)
        if form is None:
            found.append(Entry(head.key, head.type, _expires(head.ends), clear=False))
            continue
        (raw,) = islice(answers, 1)
        if raw is None or (raw == [] and head.type != "stream"):  # only streams can be there and empty
            continue  # gone between the two questions
        value = form.read(raw)
        clear = not (isinstance(value, str) and value.lstrip(" \t\r\n").startswith("{"))
        found.append(Entry(head.key, head.type, _expires(head.ends), value, raw, clear, _weight(head)))
    return found


def _expires(ends: int) -> datetime | None:
    return None if ends < 0 else _EPOCH + timedelta(milliseconds=min(ends, _LAST))


def _string(raw: bytes) -> object:
    text = text_of(raw)
    found = object_in(text)
    return text if found is None else found


def _hash(raw: list[bytes]) -> dict[str, str]:
    return {text_of(name): text_of(value) for name, value in _pairs(raw)}


def _zset(raw: list[bytes]) -> list[dict[str, object]]:
    return [{"member": text_of(member), "score": _score(score)} for member, score in _pairs(raw)]


def _score(raw: bytes) -> object:
    number = float(raw)
    return number if math.isfinite(number) else text_of(raw)


def _stream(raw: list[Any]) -> list[dict[str, object]]:
    return [{"id": text_of(number), "fields": _hash(fields)} for number, fields in raw]


def _pairs(raw: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(raw[::2], raw[1::2], strict=True)


FORMS = {
    "string": Form(lambda key: ("GET", key), _string, item=1),
    "hash": Form(lambda key: ("HGETALL", key), _hash),
    "list": Form(lambda key: ("LRANGE", key, 0, -1), lambda raw: [text_of(item) for item in raw]),
    "set": Form(lambda key: ("SMEMBERS", key), lambda raw: sorted(map(text_of, raw))),
    "zset": Form(lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"), _zset),
    "stream": Form(lambda key: ("XRANGE", key, "-", "+"), _stream, item=256),
}
