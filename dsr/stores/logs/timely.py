"""Which lines can hold a date before an instant: the date is found behind its name and judged by its hour.

A line is held back only when its date stands once, at the top level, before any inner object, in a common form.
"""

import json
import re
from collections.abc import Callable

from dsr.core.clock import Unit
from dsr.core.model import FieldType
from dsr.core.select import And, Before, Predicate


def timely(where: Predicate) -> Callable[[bytes], list[int]] | None:
    """The positions of lines that may be early enough; None when the predicate asks no such thing of every record."""
    match where:
        case Before(field) if len(field) == 1 and field[0].isascii() and field[0].isprintable():
            return _Timely(where).positions
        case And(parts):
            return next((find for find in map(timely, parts) if find is not None), None)
        case _:
            return None


class _Timely:
    def __init__(self, before: Before) -> None:
        self._before = before
        self._name = json.dumps(before.field[0]).encode()
        head = rb"\{[^{}\\]*?" + re.escape(self._name) + rb": ?"
        self._native = before.clock.unit is Unit.NATIVE
        if self._native:
            hour, rest, zone = (
                rb'"(\d{4}-\d\d-\d\d[T ]\d\d)',
                rb":[0-5]\d:[0-5]\d(?:\.\d{1,6})?",
                rb'(Z|[+-]\d\d:\d\d|)"',
            )
            self._line = re.compile(head + hour + rest + zone)
        else:
            self._line = re.compile(head + rb"(-?\d{1,18})(?=[,}])")
            self._bound = before.clock.bound(before.instant, FieldType.INTEGER)
        self._hours: dict[tuple[bytes | str, ...], bool] = {}

    def positions(self, block: bytes) -> list[int]:
        """Where lines begin that must be read."""
        lines = block.split(b"\n")
        once = block.count(self._name) == len(lines) - (not lines[-1])
        escapes = b"\\" in block
        found: list[int] = []
        at = 0
        for line in lines:
            if line:
                match = self._line.match(line) if once and not (escapes and b"\\" in line) else None
                if match is None or self._may_be_before(match.groups()):
                    found.append(at)
            at += len(line) + 1
        return found

    def _may_be_before(self, groups: tuple[bytes | str, ...]) -> bool:
        if not self._native:
            return int(groups[0]) < self._bound  # type: ignore[operator]
        known = self._hours.get(groups)
        if known is None:
            if len(self._hours) > 100_000:  # eleven years of hours
                self._hours.clear()
            hour, zone = (bytes(part).decode() for part in groups)  # type: ignore[arg-type]
            known = self._before.clock.before(f"{hour}:00:00{zone}", self._before.instant)
            self._hours[groups] = known
        return known
