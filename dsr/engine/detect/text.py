"""Identifiers in running text: where they stand and of what kind they are. Names of people are not looked for here."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from dsr.engine.detect import phones, possible
from dsr.engine.detect.checks import Check
from dsr.engine.detect.fold import fold
from dsr.engine.detect.kinds import kinds
from dsr.engine.detect.patterns import Pattern, patterns

_BEFORE, _AFTER = 60, 40
_SHORTEST = 12
_DIGIT = re.compile("[0-9]")


class Finding(NamedTuple):
    """One find: its place in the text, end exclusive."""

    start: int
    end: int
    kind: str


def find(text: str) -> list[Finding]:
    """Every find in the text, in order; where two overlap, the one that says more stays."""
    folded = fold(text)
    found = [one for pattern in possible.inside(folded) for one in _of(pattern, folded)]
    if _DIGIT.search(folded) is not None:
        found.extend(Finding(start, end, "phone") for start, end in phones.spans(folded))
    return settled(found)


def of_kind(kind: str, folded: str) -> Iterator[Finding]:
    """What looks like one kind in a folded text, whatever else it may be."""
    return (one for pattern in patterns() if pattern.kind == kind for one in _of(pattern, folded))


def settled(found: list[Finding]) -> list[Finding]:
    """The finds without those that overlap a find of a kind that says more, or a longer one of the same rank."""
    if len(found) < 2:
        return found
    known = kinds()
    kept: list[Finding] = []
    for one in sorted(found, key=lambda f: (known[f.kind].rank, f.start - f.end)):
        at = bisect_left(kept, one)
        if (at == 0 or kept[at - 1].end <= one.start) and (at == len(kept) or one.end <= kept[at].start):
            kept.insert(at, one)
    return kept


def _of(pattern: Pattern, folded: str) -> Iterator[Finding]:
    if pattern.inside is None or not any(one in folded for one in pattern.gate):
        return
    for match in pattern.inside.finditer(folded):
        start, end = match.span()
        if pattern.check is not None and not pattern.check(match[0]):
            end = _shorter(pattern.check, match[0]) + start
            if end == start:
                continue
        if pattern.near is None or _near(pattern, folded, start, end):
            yield Finding(start, end, pattern.kind)


def _shorter(check: Check, value: str) -> int:
    """How many characters of a value in groups pass without its last group or two (words that follow); 0 for none."""
    for _ in range(2):
        value = value[: max(value.rfind(" "), 0)]
        if len(value) > _SHORTEST and check(value):
            return len(value)
    return 0


def _near(pattern: Pattern, folded: str, start: int, end: int) -> bool:
    assert pattern.near is not None  # noqa: S101 - asked only where there is one
    around = f"{folded[max(0, start - _BEFORE) : start]} {folded[end : end + _AFTER]}"
    return pattern.near.search(around.lower()) is not None
