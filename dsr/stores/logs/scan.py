"""A pass over one file: blocks of whole records, the hits in each, and notes on what could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from dsr.core.model import Record
from dsr.stores.filters import Test
from dsr.stores.logs.codec import Read
from dsr.stores.logs.jsonl import JsonLines
from dsr.stores.logs.names import Form, LogFile
from dsr.stores.logs.rows import Rows
from dsr.stores.logs.shape import Shape, Span, UnreadableError
from dsr.stores.logs.sieve import Find

BLOCK = 1 << 22
LONGEST = 1 << 24  # a longer record is not read: memory must stay flat whatever a file holds
_SHOWN = 5


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
    line: int  # how many line endings come before it in the file
    endings: int  # how many are in it


@dataclass(slots=True)
class Notes:
    """What a pass found wrong in one file: how many records for each reason, and the first lines."""

    counts: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    damage: str = ""
    linked: bool = False

    def clear(self) -> None:
        """Forget everything: the file is read again from its start."""
        self.counts, self.lines, self.damage, self.linked = {}, {}, "", False

    def add(self, reason: str, line: int) -> None:
        """One more record, which begins on that line (from 1)."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        shown = self.lines.setdefault(reason, [])
        if len(shown) < _SHOWN:
            shown.append(line)

    def texts(self, name: str) -> Iterator[str]:
        """The notes as sentences, without any content."""
        for reason, count in self.counts.items():
            lines = ", ".join(str(line) for line in self.lines[reason])
            more = ", …" if count > len(self.lines[reason]) else ""
            yield f"{name}: {count} records cannot be read, {reason} (line {lines}{more}); they stay as they are"
        if self.linked:
            yield f"{name}: has a second name (hard link), which keeps the old content; look for copies of the logs"
        if self.damage:
            yield f"{name}: the compressed data {self.damage}; what lies behind cannot be read, the file stays as it is"


def shape_of(file: LogFile) -> Shape:
    """How the file's records are written."""
    return Rows() if file.form is Form.CSV else JsonLines()


def blocks(read: Read, shape: Shape, notes: Notes) -> Iterator[Block]:
    """The file in blocks of about BLOCK bytes. Nothing is left out: the blocks joined are the file."""
    held, line, first, skipping, final = b"", 0, True, False, False
    while not final:
        data = read(BLOCK)
        final = not data
        buffer = held + data if held else data
        held = b""
        if skipping and buffer:
            end = buffer.find(b"\n") + 1
            skipping = not end
            piece, buffer = (buffer[:end], buffer[end:]) if end else (buffer, b"")
            yield Block(piece, len(piece), line, int(not skipping))
            line += not skipping
        start = shape.start(buffer) if first and buffer else 0
        end = len(buffer) if final else shape.cut(buffer)
        if not end and len(buffer) > LONGEST:
            end = buffer.rfind(b"\n") + 1
            skipping = not end
        if skipping and buffer:
            notes.add("longer than 16 MiB", line + 1)
            yield Block(buffer, len(buffer), line, 0)
            first = False
        elif end:
            endings = buffer.count(b"\n", 0, end)
            yield Block(buffer[:end] if end < len(buffer) else buffer, min(start, end), line, endings)
            line += endings
            first, held = False, buffer[end:]
        else:
            held = buffer


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
                self._notes.add(str(error), block.line + block.data.count(b"\n", 0, start) + 1)
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
    data, start = block.data, block.start
    inner = block.endings - data.endswith(b"\n")
    tidy = data.startswith(b"{", start) and data.endswith((b"}\n", b"}")) and data.count(b'}\n{"') == inner
    if tidy and _is_text(data):
        return []
    lines = (data[start:] if start else data).split(b"\n")
    if not lines[-1]:
        lines.pop()
    found: list[int] = []
    at = start
    for line in lines:
        if not (line.startswith(b"{") and line.rstrip(b"\r").endswith(b"}") and _is_text(line)):
            found.append(at)
        at += len(line) + 1
    return found


def _is_text(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
