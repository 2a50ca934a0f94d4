r"""Which lines of a block can hold a wanted value at all, found by searching the bytes instead of reading every line.

A sieve may let through lines that do not match; it never holds back one that does. What makes that true:
- A JSON text stands in the file as itself, or with an escape. Escapes of ASCII begin with `\u00`, all begin with a
  backslash, so lines with such an escape pass.
- A number can be written in many ways. Numbers are therefore looked for behind their field's name, and what stands
  there in any but the plain form passes.
- Values compared without regard to case are looked for in a lower-cased block; where case is ignored at all, it is
  that of ASCII, which changes no other byte of UTF-8.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from dsr.core.matching import Match
from dsr.core.select import And, OneOf, Or, Predicate
from dsr.stores.filters import folded
from dsr.stores.logs.timely import timely

Find = Callable[[bytes], list[int]]
"""The positions in a block (whole JSON lines) that are inside a line worth reading; any order."""

_WORDS = frozenset({"true", "false", "NaN", "Infinity", "-Infinity"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FEW = 16  # patterns that are searched one by one where no automaton is installed


@dataclass(frozen=True, slots=True)
class _Needle:
    """Values of one field, folded, of which a matching record must hold one."""

    name: str
    values: frozenset[str]
    match: Match


def sieve(where: Predicate) -> Find | None:
    """A search for the lines that can match; None when every line must be read."""
    needles = _needles(where)
    if needles is None:
        return timely(where)
    finds = [find for needle in needles for find in _finds(needle)]
    return lambda block: [at for find in finds for at in find(block)]


def _needles(where: Predicate) -> tuple[_Needle, ...] | None:
    match where:
        case OneOf(fields, keys, match) if match is not Match.PHONE:
            wanted = [key for key in (folded(key, match) for key in keys) if key is not None]
            values = frozenset(key[0] for key in wanted)
            plain = values.isdisjoint(_WORDS) and (match is Match.EXACT or not any(map(_NUMBER.fullmatch, values)))
            return (
                (_Needle(fields[0][-1], values, match),)
                if plain and ("" not in values or match is Match.EXACT)
                else None
            )
        case And(parts):
            found = [needles for needles in map(_needles, parts) if needles is not None]
            return min(found, key=lambda needles: sum(len(n.values) for n in needles), default=None)
        case Or(parts):
            all_parts = [_needles(part) for part in parts]
            if any(needles is None for needles in all_parts):
                return None
            return tuple(needle for needles in all_parts if needles is not None for needle in needles)
        case _:
            return None


def _finds(needle: _Needle) -> Iterator[Find]:
    yield _escapes(needle)
    automaton = _automaton_class()
    numbers = frozenset(value for value in needle.values if _NUMBER.fullmatch(value))
    words = frozenset(value for value in needle.values - numbers if _is_plain(value))
    if numbers or (automaton is None and len(words) > _FEW):
        yield _behind_name(needle, numbers if automaton else needle.values)
    if words and (automaton is not None or len(words) <= _FEW):
        yield _anywhere(words, needle.match, automaton)


def _escapes(needle: _Needle) -> Find:
    """Lines in which an escape may stand for a character of the values or of the field's name."""
    texts = (*needle.values, needle.name)
    if not all(_is_plain(text) for text in texts):
        mark = b"\\"
    elif all(text.isascii() for text in texts):
        mark = b"\\u00"
    else:
        mark = b"\\u"
    return lambda block: list(_each(block, mark)) if b"\\" in block else []


def _is_plain(text: str) -> bool:
    """Whether the text stands in JSON as it is (or as an escape that begins with u)."""
    return not any(c in '"\\/' or c < " " or "\ud800" <= c <= "\udfff" for c in text)


def _anywhere(words: frozenset[str], match: Match, automaton: "Callable[[list[bytes]], _Automaton] | None") -> Find:
    # Folded values may have spaces around them. A quote in front would cost half the speed: every line is full of them.
    quote = '"' if match is Match.EXACT else ""
    patterns = [f"{word}{quote}".encode() for word in sorted(words)]
    lower = match is not Match.EXACT
    if automaton is None:

        def one_by_one(block: bytes) -> list[int]:
            text = block.lower() if lower else block
            return [at for one in patterns for at in _each(text, one)]

        return one_by_one
    machine = automaton(patterns)
    return lambda block: [at for _, at, _ in machine.find_matches_as_indexes(block.lower() if lower else block)]


def _behind_name(needle: _Needle, values: frozenset[str]) -> Find:
    """Lines in which one of the values, or anything that is not plainly another value, stands behind the name."""
    name = re.escape(json.dumps(needle.name, ensure_ascii=False).encode(errors="surrogatepass"))
    value = re.compile(name + rb'(?:: ?(?:"([^"\\\n]*)"|(-?\d+)(?=[,}\]\r\n ])))?')
    wanted = {text.encode(errors="surrogatepass") for text in values}
    fold = needle.match is not Match.EXACT

    def find(block: bytes) -> list[int]:
        hits: list[int] = []
        for found in value.finditer(block):
            text = found[found.lastindex] if found.lastindex else None
            if text is None or text == b"-0" or (text.strip(b" ").lower() if fold else text) in wanted:
                hits.append(found.start())
        return hits

    return find


def _each(block: bytes, mark: bytes) -> Iterator[int]:
    at = block.find(mark)
    while at >= 0:
        yield at
        following = block.find(b"\n", at)
        at = block.find(mark, following) if following >= 0 else -1


class _Automaton(Protocol):
    """What is used of the driver's class."""

    def find_matches_as_indexes(self, haystack: bytes) -> list[tuple[int, int, int]]:
        """Pattern number, start and end of each match."""


def _automaton_class() -> Callable[[list[bytes]], _Automaton] | None:
    try:
        from ahocorasick_rs import BytesAhoCorasick
    except ImportError:
        return None
    made: Callable[[list[bytes]], _Automaton] = BytesAhoCorasick
    return made
