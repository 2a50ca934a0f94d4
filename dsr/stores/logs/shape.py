"""What the two ways of writing records (JSON lines, CSV) have in common: finding, reading and changing records."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from dsr.core.select import Change

Span = tuple[int, int]
"""Where a record starts and ends in a block, its line ending included."""

BOM = b"\xef\xbb\xbf"


class UnreadableError(Exception):
    """The bytes are no record; the argument says why, without their content."""


class Shape(Protocol):
    """How records lie in a block of bytes. A block begins and ends between two records."""

    def start(self, block: bytes) -> int:
        """Where the first record of the file begins: after byte order mark and header."""

    def cut(self, buffer: bytearray, size: int) -> int:
        """Where the last complete record ends in the first `size` bytes; 0 when there is none."""

    def spans(self, block: bytes, start: int) -> Iterator[Span]:
        """All records from `start`, in order."""

    def parse(self, raw: bytes) -> Mapping[str, object] | None:
        """The record's values, None for an empty line; raises UnreadableError."""

    def edited(self, raw: bytes, changes: tuple[Change, ...]) -> bytes:
        """The record with the fields changed and all else as it was."""
