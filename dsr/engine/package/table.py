"""One collection of one person on its way to disk: JSON lines, their CSV twin, and the first records for the page."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dsr.core.policy import Place
from dsr.engine.package.fields import OTHERS
from dsr.engine.package.folder import Folder
from dsr.engine.package.text import as_text, csv_row, json_lines

_BLOCK = 1 << 16


@dataclass(slots=True)
class Output:
    """One growing file: bytes are gathered and written in blocks."""

    folder: Folder
    path: str
    rows: int = 0
    changed: int = 0  # cells that a spreadsheet could have run, or that held signs that hide
    _blocks: list[bytes] = field(default_factory=list)
    _size: int = 0

    def write(self, data: bytes) -> None:
        """Take the bytes; they reach the disk by the block."""
        self._blocks.append(data)
        self._size += len(data)
        if self._size >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
        if self._blocks:
            self.folder.append(self.path, b"".join(self._blocks))
            self._blocks.clear()
            self._size = 0


class Lines(Output):
    """A file of JSON lines."""

    def add(self, records: list[Mapping[str, object]]) -> None:
        """Write the records, one line each."""
        self.rows += len(records)
        self.write(json_lines(records))


class Tagged(Lines):
    """One collection's part of a file that all collections share: every line says what it is of."""

    def __init__(self, shared: Output, place: Place) -> None:
        super().__init__(shared.folder, str(place))
        self._shared, self._place = shared, place

    def add(self, records: list[Mapping[str, object]]) -> None:
        """Write the records, one line each."""
        store, collection = self._place.store, self._place.collection
        self.rows += len(records)
        tagged = [{"store": store, "collection": collection, "record": record} for record in records]
        self._shared.write(json_lines(tagged))


class Sheet(Output):
    """A CSV file for spreadsheets: UTF-8 with a mark so that Chinese opens right, lines end as RFC 4180 says."""

    def __init__(self, folder: Folder, path: str, columns: tuple[str, ...]) -> None:
        super().__init__(folder, path)
        self._columns = columns
        self._known = frozenset(columns)
        self._parts: list[str] = []
        self._row = csv.writer(_Sink(self._parts.append)).writerow
        self._parts.append("\ufeff")
        self._cells(columns)

    def add(self, records: list[Mapping[str, object]]) -> None:
        """Write the records, one row each."""
        rest = self._columns[-1:] == (OTHERS,)
        named = self._columns[:-1] if rest else self._columns
        for record in records:
            cells = [record.get(name) for name in named]
            if rest:
                more = {name: value for name, value in record.items() if name not in self._known}
                cells.append(as_text(more) if more else None)
            self._cells(cells)
        self.rows += len(records)
        self._send()

    def put(self, *cells: object) -> None:
        """Write one row of a list of ours."""
        self._cells(cells)
        self.rows += 1
        self._send()

    def _cells(self, values: Iterable[object]) -> None:
        row, changed = csv_row(values)
        self.changed += changed
        self._row(row)

    def _send(self) -> None:
        self.write("".join(self._parts).encode())
        self._parts.clear()


@dataclass(frozen=True, slots=True)
class _Sink:
    write: Callable[[str], None]
