"""CSV with a header: cells by RFC 4180, quoted line ends included. An empty cell is no value, `""` is an empty text."""

import re
from collections.abc import Iterator, Mapping

from dsr.core.errors import UnsupportedError
from dsr.core.model import canon
from dsr.core.select import Change
from dsr.stores.logs.shape import BOM, Span, UnreadableError

_SEPARATORS = b",;\t|"
_ENDINGS = b"\r\n"


class Rows:
    """One file: the separator is the commonest of `,;` tab and `|` in the header."""

    def __init__(self) -> None:
        self.columns: tuple[str, ...] = ()
        self.separator = b","
        self._compile()

    def start(self, block: bytes) -> int:
        """After byte order mark and header, which are read here."""
        begin = len(BOM) if block.startswith(BOM) else 0
        first = block[begin : block.find(b"\n", begin) + 1 or len(block)]
        self.separator = max((_SEPARATORS[i : i + 1] for i in range(len(_SEPARATORS))), key=first.count)
        self._compile()
        found = self._record.match(block, begin)
        end = found.end() if found else begin + len(first)
        try:
            cells = self._cells(block[begin:end])
        except UnreadableError:
            return begin
        self.columns = tuple(cell or "" for cell in cells)
        return end

    def cut(self, buffer: bytearray, size: int) -> int:
        """After the last record whose line ending is not inside quotes."""
        if buffer.find(b'"', 0, size) < 0:
            return buffer.rfind(b"\n", 0, size) + 1
        end = 0
        while (found := self._record.match(buffer, end, size)) and found.group().endswith(b"\n"):
            end = found.end()
        return end

    def spans(self, block: bytes, start: int) -> Iterator[Span]:
        """Record by record; a line whose quotes do not close is a record of its own."""
        size = len(block)
        while start < size:
            found = self._record.match(block, start)
            end = found.end() if found else block.find(b"\n", start) + 1 or size
            yield start, end
            start = end

    def parse(self, raw: bytes) -> Mapping[str, object] | None:
        """Column by column, as text."""
        if not raw.strip(_ENDINGS):
            return None
        cells = self._cells(raw)
        if len(cells) != len(self.columns):
            raise UnreadableError("not as many cells as the header")
        return dict(zip(self.columns, cells, strict=True))

    def edited(self, raw: bytes, changes: tuple[Change, ...]) -> bytes:
        """The row with the cells replaced."""
        for change in changes:
            raw = self._changed(raw, change)
        return raw

    def _changed(self, raw: bytes, change: Change) -> bytes:
        values = self.parse(raw) or {}
        name = change.field[0]
        target = change.target(values.get(name) if len(change.field) == 1 else None, ())
        if len(change.field) > 1 or name not in self.columns:
            if target is None:
                return raw
            raise UnsupportedError(
                "A CSV log has no column for a field that the policy wants to write. Drop the field."
            )
        number = max(i for i, column in enumerate(self.columns) if column == name)
        start, end = self._places(raw)[number]
        return raw[:start] + self._encoded(target) + raw[end:]

    def _encoded(self, value: object) -> bytes:
        text = canon(value)
        if text is None:
            return b'""' if len(self.columns) == 1 else b""
        raw = text.encode(errors="surrogatepass")
        if not raw or any(mark in raw for mark in (b'"', b"\r", b"\n", self.separator)):
            return b'"' + raw.replace(b'"', b'""') + b'"'
        return raw

    def _places(self, raw: bytes) -> list[Span]:
        """Where the cells lie, quotes included."""
        places: list[Span] = []
        at = 0
        while found := self._cell.match(raw, at):
            places.append((at, found.end()))
            if raw[found.end() : found.end() + 1] != self.separator:
                break
            at = found.end() + 1
        rest = raw[places[-1][1] :] if places else raw
        if rest.strip(_ENDINGS):
            raise UnreadableError("quotes do not close")
        return places

    def _cells(self, raw: bytes) -> list[str | None]:
        try:
            return [_decoded(raw[start:end]) for start, end in self._places(raw)]
        except UnicodeDecodeError as error:
            raise UnreadableError("not UTF-8") from error

    def _compile(self) -> None:
        mark = re.escape(self.separator)
        cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\r\n' + mark + rb"][^\r\n" + mark + rb"]*+|)"
        self._cell = re.compile(cell)
        self._record = re.compile(cell + b"(?:" + mark + cell + rb")*+(?:\r?\n|\Z)")


def _decoded(cell: bytes) -> str | None:
    if cell.startswith(b'"'):
        return cell[1:-1].replace(b'""', b'"').decode()
    return cell.decode() if cell else None
