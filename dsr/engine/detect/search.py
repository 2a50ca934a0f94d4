"""Searching texts for all identifiers of people in one pass: as they are, and in the forms in which systems write them.

Matches stand at token boundaries. What is too short to mean anybody in running text (short numbers, names of two
characters, network addresses) is only believed in a field that is called so.
"""

import base64
import hashlib
import ipaddress
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from urllib.parse import quote

from dsr.engine.detect.fold import fold, lower
from dsr.engine.detect.starts import literals

_SHORTEST = 6  # characters of a number or word that may be searched in running text
_SHORTEST_HAN = 3
_MOST_QUICK = 20_000  # texts that hyperscan is made for; beyond that making it takes longer than it saves
_WORTH = 2_000  # characters from which it is worth its call
_HAN = re.compile("[\u3400-\u9fff]")
_DIGITS = re.compile(r"\+?[0-9][0-9 ().-]{5,}[0-9]")
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_WORDLIKE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_MAILLIKE = _WORDLIKE | frozenset(".%+-")


class Form(NamedTuple):
    """One way in which a value may be written. `level`: L0 as it is, L1 the same value, L2 needs a person's look."""

    text: str
    how: str  # "plain", "encoded", "hash"
    level: str


class Hit(NamedTuple):
    """A match: whose, by which identifier, written how."""

    start: int
    end: int
    person: int
    identifier: str
    how: str
    level: str


@dataclass(frozen=True, slots=True)
class _Needle:
    person: int
    identifier: str
    how: str
    level: str
    mail: bool


class Wanted(NamedTuple):
    """One identifier value of one person, by the number of the person."""

    person: int
    identifier: str
    value: str


class _Machine(Protocol):
    def find_matches_as_indexes(self, haystack: str, overlapping: bool = False) -> list[tuple[int, int, int]]:
        """Pattern number, start and end of each match."""


def scoped(value: str) -> bool:
    """Whether the value is believed only in a field that is called so."""
    text = value.strip()
    if _HAN.search(text):
        return len(text) < _SHORTEST_HAN
    if len(text) < _SHORTEST or (text.isalpha() and len(text) < 2 * _SHORTEST):
        return True
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def forms(value: str) -> tuple[Form, ...]:
    """All ways in which systems write a value, each once, the plainest first."""
    plain = fold(value.strip()).translate(_LOWER)
    made = {plain: Form(plain, "plain", "L0")}

    def add(text: str, how: str, level: str) -> None:
        low = text.translate(_LOWER)
        if len(low) >= _SHORTEST and low not in made:
            made[low] = Form(low, how, level)

    add(quote(plain, safe=""), "encoded", "L1")
    add(plain.encode("ascii", "backslashreplace").decode(), "encoded", "L1")
    add(base64.b64encode(value.strip().encode()).decode().rstrip("="), "encoded", "L1")
    if _DIGITS.fullmatch(plain):
        number = re.sub("[^0-9]", "", plain)
        for text in {
            number,
            f"+{number}",
            f"00{number}",
            number[2:] if len(number) == 13 and number[:2] == "86" else number,
        }:
            add(text, "plain", "L1")
        local = number[-11:]
        if len(number) in (11, 13) and local[0] == "1":
            for gap in ("-", " "):
                add(gap.join((local[:3], local[3:7], local[7:])), "plain", "L1")
    for source in dict.fromkeys((value.strip(), plain)):
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, source.encode("utf-8", "surrogatepass"), usedforsecurity=False)
            add(digest.hexdigest(), "hash", "L1")
            add(base64.b64encode(digest.digest()).decode().rstrip("="), "hash", "L1")
    return tuple(made.values())


class Search:
    """Finds the wanted values in texts, all in one pass."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._needles: dict[str, list[_Needle]] = defaultdict(list)
        self._scoped: dict[str, list[Wanted]] = defaultdict(list)
        for one in wanted:
            if scoped(one.value):
                self._scoped[fold(one.value.strip()).translate(_LOWER)].append(one)
                continue
            for form in forms(one.value):
                mail = "@" in form.text
                self._needles[form.text].append(_Needle(one.person, one.identifier, form.how, form.level, mail))
        self._texts = sorted(self._needles)
        self._find = _finder(self._texts)

    def hits(self, text: str) -> list[Hit]:
        """The matches in a running text, in order."""
        folded = fold(text)
        found = []
        for number, start, end in self._find(folded):
            needles = self._needles[self._texts[number]]
            for needle in needles:
                if _apart(folded, start, end, _MAILLIKE if needle.mail else _WORDLIKE):
                    found.append(Hit(start, end, needle.person, needle.identifier, needle.how, needle.level))
        return sorted(found)

    def field(self, value: str) -> list[Hit]:
        """The matches of a whole field that is called so: here short values count too."""
        low = fold(value.strip()).translate(_LOWER)
        return [Hit(0, len(value), one.person, one.identifier, "plain", "L0") for one in self._scoped.get(low, ())]


def _apart(text: str, start: int, end: int, inner: frozenset[str]) -> bool:
    """Whether nothing touches the match that would make it part of a longer value."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before in inner and before:
        return False
    if not after or after not in inner:
        return True
    # a full stop or dash that ends a sentence is no part of an address
    return (after in ".-%+" and text[end + 1 : end + 2] not in _WORDLIKE) or (
        not text[end + 1 : end + 2] and after in ".-"
    )


def _finder(texts: list[str]) -> Callable[[str], Iterator[tuple[int, int, int]]]:
    """A search for lower-case texts in folded text of any case: number, start and end of every match."""
    if not texts:
        return lambda text: iter(())
    slow = _one_machine(texts)
    quick = literals(texts) if len(texts) <= _MOST_QUICK else None
    if quick is None:
        return slow
    foreign = [number for number, text in enumerate(texts) if not text.isascii()]
    rest = _one_machine([texts[number] for number in foreign]) if foreign else None

    def each(text: str) -> Iterator[tuple[int, int, int]]:
        if len(text) < _WORTH:
            yield from slow(text)
            return
        yield from quick(text)
        if rest is not None and not text.isascii():
            yield from ((foreign[place], start, end) for place, start, end in rest(text))

    return each


def _one_machine(texts: list[str]) -> Callable[[str], Iterator[tuple[int, int, int]]]:
    machine = _machine(texts)
    if machine is not None:
        return lambda text: iter(machine.find_matches_as_indexes(lower(text), overlapping=True))
    numbers = {text: number for number, text in enumerate(texts)}
    ahead = re.compile("(?=(" + "|".join(map(re.escape, sorted(texts, key=len, reverse=True))) + "))")
    sizes = sorted({len(text) for text in texts})

    def one_by_one(text: str) -> Iterator[tuple[int, int, int]]:
        for match in ahead.finditer(lower(text)):
            start = match.start()
            longest = match[1]
            for size in sizes:
                if size <= len(longest) and (number := numbers.get(longest[:size])) is not None:
                    yield number, start, start + size

    return one_by_one


def _machine(texts: list[str]) -> _Machine | None:
    try:
        from ahocorasick_rs import AhoCorasick
    except ImportError:
        return None
    made: _Machine = AhoCorasick(texts)
    return made
