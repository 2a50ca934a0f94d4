"""A pass over one file: blocks of whole records, the hits in each, and notes on what could not be read."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from dsr.core.model import Record
from dsr.stores.filters import Test
from dsr.stores.logs.codec import DamagedError, Fill, reader
from dsr.stores.logs.jsonl import JsonLines
from dsr.stores.logs.names import Form, LogFile
from dsr.stores.logs.rows import Rows
from dsr.stores.logs.shape import Shape, Span, UnreadableError
from dsr.stores.logs.sieve import Find
from dsr.stores.logs.swap import opened_for_reading

BLOCK = 1 << 18  # small enough that every look at it after the first finds it in the processor's cache
LONGEST = 1 << 24  # a longer record is not read: memory must stay flat whatever a file holds
_SHOWN = 5
_EDGE = re.compile(rb"\n(?:(?<!\}\n)(?<!\}\r\n)|(?!\{))")  # between two lines that are not both objects by their ends


class Hit(NamedTuple):
    """A selected record and where it stands in its block."""

    start: int
    end: int
    record: Record


class Wanted(NamedTuple):
    """What is looked for: the test that decides, and the search that spares reading most lines, if there is one."""

    test: Test
    find: Find | None


class Block(NamedTuple):
    """Whole records from `start` on; what lies before is no record (byte order mark, header, part of a giant)."""

    data: bytes
    start: int
    place: int  # how many plain bytes come before it in the file


@dataclass(slots=True)
class Notes:
    """What a pass found wrong in one file: how many records for each reason, and where the first of them begin."""

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)  # by place
    damage: str = ""
    linked: bool = False

    def clear(self) -> None:
        """Forget everything: the file is read again from its start."""
        self.counts, self.places, self.lines, self.damage, self.linked = {}, {}, {}, "", False

    def add(self, reason: str, place: int) -> None:
        """One more record, which begins after so many plain bytes."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        shown = self.places.setdefault(reason, [])
        if len(shown) < _SHOWN:
            shown.append(place)

    def number(self, file: LogFile) -> None:
        """Find the numbers of the lines. Nobody counts lines as long as all can be read."""
        waiting = sorted({place for places in self.places.values() for place in places}, reverse=True)
        if not waiting:
            return
        buffer, line, at = bytearray(BLOCK), 1, 0
        with opened_for_reading(file) as source, memoryview(buffer) as view, suppress(DamagedError):
            fill = reader(source, file.packing)
            while waiting and (size := fill(view)):
                while waiting and waiting[-1] < at + size:
                    place = waiting.pop()
                    self.lines[place] = line + buffer.count(b"\n", 0, place - at)
                line, at = line + buffer.count(b"\n", 0, size), at + size

    def texts(self, name: str) -> Iterator[str]:
        """The notes as sentences, without any content."""
        for reason, count in self.counts.items():
            lines = ", ".join(str(self.lines[place]) for place in self.places[reason] if place in self.lines)
            more = ", …" if count > len(self.places[reason]) else ""
            where = f" (line {lines}{more})" if lines else ""
            yield f"{name}: {count} records cannot be read, {reason}{where}; they stay as they are"
        if self.linked:
            yield f"{name}: has a second name (hard link), which keeps the old content; look for copies of the logs"
        if self.damage:
            yield f"{name}: the compressed data {self.damage}; what lies behind cannot be read, the file stays as it is"


def shape_of(file: LogFile) -> Shape:
    """How the file's records are written."""
    return Rows() if file.form is Form.CSV else JsonLines()


def blocks(fill: Fill, shape: Shape, notes: Notes) -> Iterator[Block]:
    """The file in blocks of about BLOCK bytes. Nothing is left out: the blocks joined are the file."""
    buffer, held, place = bytearray(BLOCK), 0, 0
    first, skipping, final = True, False, False
    while not final:
        if len(buffer) < held + BLOCK:
            buffer.extend(bytes(len(buffer)))
        with memoryview(buffer) as view, view[held : held + BLOCK] as free:
            size = held + fill(free)
        final = size == held
        if skipping and size:
            end = buffer.find(b"\n", 0, size) + 1
            skipping, end = not end, end or size
            yield _block(buffer, end, end, place)
            size, place = _shifted(buffer, end, size), place + end
        start = shape.start(bytes(buffer[:size])) if first and size else 0
        end = size if final else shape.cut(buffer, size)
        if not end and size > LONGEST:
            end = buffer.rfind(b"\n", 0, size) + 1
            skipping, end = not end, end or size
            if skipping:
                notes.add("longer than 16 MiB", place)
        if end:
            yield _block(buffer, end, end if skipping else min(start, end), place)
            first = False
        held, place = _shifted(buffer, end, size), place + end


def _block(buffer: bytearray, end: int, start: int, place: int) -> Block:
    with memoryview(buffer) as view:
        return Block(bytes(view[:end]), start, place)


def _shifted(buffer: bytearray, end: int, size: int) -> int:
    """Move what lies behind `end` to the front; how much that is."""
    if end:
        buffer[: size - end] = buffer[end:size]
    return size - end


class Scanner:
    """Finds the selected records of one file, block by block."""

    def __init__(self, file: LogFile, shape: Shape, wanted: Wanted, notes: Notes) -> None:
        self._collection, self._shape, self._test, self._notes = file.collection, shape, wanted.test, notes
        self._find = wanted.find if file.form is Form.JSON else None

    def hits(self, block: Block) -> Iterator[Hit]:
        """The selected records of the block, in order. Records that cannot be read are noted."""
        for start, end in self._worth_reading(block):
            raw = block.data[start:end]
            try:
                values = self._shape.parse(raw)
            except UnreadableError as error:
                self._notes.add(str(error), block.place + start)
                continue
            if values is not None:
                record = Record(self._collection, values)
                if self._test(record):
                    yield Hit(start, end, record)

    def _worth_reading(self, block: Block) -> Iterator[Span]:
        if self._find is None or block.start >= len(block.data):
            return self._shape.spans(block.data, block.start)
        return _lines(block.data, block.start, sorted([*self._find(block.data), *suspects(block)]))


def _lines(data: bytes, start: int, positions: list[int]) -> Iterator[Span]:
    """The lines that hold the positions, each once."""
    done = start
    for at in positions:
        if at < done:
            continue
        begin = max(data.rfind(b"\n", 0, at) + 1, start)
        done = data.find(b"\n", at) + 1 or len(data)
        yield begin, done


def suspects(block: Block) -> list[int]:
    """Where lines stand that are no JSON objects by their ends, or no UTF-8: a sieve must not hide them."""
    data, start, last = block.data, block.start, len(block.data) - 1
    if not _is_text(data):
        return [at for at, _ in JsonLines().spans(data, start)]
    found = [] if data.startswith(b"{", start) else [start]
    if not data.endswith((b"}\n", b"}", b"}\r\n")):
        found.append(last)
    for edge in _EDGE.finditer(data, start, last):
        found += edge.span()
    return found


def _is_text(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
