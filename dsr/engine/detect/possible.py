"""Which forms may stand in a text at all: cheap questions that spare most forms the reading of it.

With the extra `[fast]` hyperscan is asked for each form, without the look-arounds and the check; what it lets through
is read with the form itself, so both ways find the same (a property test holds them against each other).
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dsr.engine.detect import starts
from dsr.engine.detect.patterns import LEFT, RIGHT, Pattern, patterns

_WORTH = 500  # characters from which asking a machine first is faster than reading
_UNLIKE = re.compile(r"[^\x00-\x7f]|\\[usSwWdD]|\[\^|(?<!\\)\.(?=[{*+])")
"""What makes a form one of characters: a machine reads bytes."""


def inside(folded: str) -> Iterator[Pattern]:
    """The patterns that may find something in a folded text, in their order."""
    data = folded.encode("utf-8", "replace") if len(folded) >= _WORTH else None
    lowered = folded.lower()
    gates: dict[str, bool] = {}
    for pattern in patterns():
        if pattern.gate not in gates:
            gates[pattern.gate] = any(one in folded for one in pattern.gate)
        if pattern.inside is None or not gates[pattern.gate]:
            continue
        if pattern.beside and not any(word in lowered for word in pattern.beside):
            continue
        machine = _inside(pattern) if data is not None else None
        if machine is None or data is None or machine.finds(data):
            yield pattern


def whole(values: Sequence[str]) -> Iterator[Pattern]:
    """The patterns that may fit one of a few folded values from end to end, in their order."""
    rows = "\n".join(values)
    data = rows.encode("utf-8", "replace")
    for pattern in patterns():
        machine = _whole(pattern)
        if machine is None:
            if pattern.row.search(rows) is not None:
                yield pattern
        elif machine.finds(data):
            yield pattern


@lru_cache(maxsize=256)
def _inside(pattern: Pattern) -> starts.Alarm | None:
    left, right = (r"\b" if pattern.left == LEFT else ""), (r"\b" if pattern.right == RIGHT else "")
    return _alarm(pattern, f"{left}(?:{pattern.form}){right}")


@lru_cache(maxsize=256)
def _whole(pattern: Pattern) -> starts.Alarm | None:
    return _alarm(pattern, f"^(?:{pattern.form})$")


def _alarm(pattern: Pattern, form: str) -> starts.Alarm | None:
    return None if _UNLIKE.search(pattern.form) else starts.alarm(form)
