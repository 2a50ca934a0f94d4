"""What every match of a pattern begins with, worked out from the pattern itself."""

import re
from re import _constants as what
from re import _parser as parser

MOST = 400  # different beginnings that are followed


def beginnings(form: str) -> set[str]:
    """The shortest beginnings, lower case; {""} where a match may begin with anything."""
    found = {one.lower() for one in _walk(parser.parse(form, re.ASCII))[0]}
    return {one for one in found if not any(other != one and one.startswith(other) for other in found)}


def _walk(nodes) -> tuple[set[str], bool]:
    """The beginnings so far, and whether all of the pattern was followed."""
    heads = {""}
    for kind, given in nodes:
        parts, whole, may_miss = _step(kind, given)
        if parts is None or len(heads) * len(parts) > MOST:
            return heads, False
        longer = {head + part for head in heads for part in parts}
        heads = heads | longer if may_miss else longer
        if not whole:
            return heads, False
    return heads, True


def _step(kind, given) -> tuple[set[str] | None, bool, bool]:
    if kind is what.LITERAL:
        return {chr(given)}, True, False
    if kind in (what.ASSERT, what.ASSERT_NOT):
        return {""}, True, False
    if kind is what.SUBPATTERN:
        return *_walk(given[3]), False
    if kind is what.BRANCH:
        each = [_walk(one) for one in given[1]]
        return {head for heads, _ in each for head in heads}, all(whole for _, whole in each), False
    if kind is what.IN:
        return _class(given), True, False
    if kind is what.MAX_REPEAT:
        fewest, most, inner = given
        heads, whole = _walk(inner)
        if not whole or (fewest, most) == (0, 1):
            return (heads if whole or fewest else {""}), whole, whole
        return (heads if fewest else {""}), False, False
    return None, False, False


def _class(given) -> set[str] | None:
    found: set[str] = set()
    for kind, one in given:
        if kind is what.LITERAL:
            found.add(chr(one))
        elif kind is what.RANGE and one[1] - one[0] <= 3:
            found |= {chr(code) for code in range(one[0], one[1] + 1)}
        else:
            return None
    return found if len(found) <= 6 else None
