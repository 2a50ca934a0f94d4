"""The first records of one collection, as cells for the page: bounded in number and in size."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from markupsafe import Markup

from dsr.core.clock import Clock
from dsr.core.text import Text
from dsr.engine.package.cells import Cells, title_of
from dsr.engine.package.terms import Terms, both
from dsr.engine.package.text import visible

MOST = 200
"""How many records of a collection the page shows; the files have them all."""

_ROOM = 256 * 1024  # characters of one collection, whatever its records hold
_NOTHING, _DASH = Markup(""), Markup("—")
_ROW, _END_ROW, _END_CELL = Markup("<tr>"), Markup("</tr>\n"), Markup("</td>")
_LIST, _END_LIST = Markup('<dl class="record">'), Markup("</dl></li>\n")
_FIELD, _WIDE = Markup("<div><dt>"), Markup('<div class="wide"><dt>')
_TO_VALUE, _END_FIELD = Markup('</dt><dd class="value" translate="no">'), Markup("</dd></div>\n")
_BROAD = 160  # characters of a value that takes the whole width
_FEW = 7  # columns that a table can show side by side


class Layout(Enum):
    """How records are shown."""

    ONE = "one"
    TABLE = "table"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True)
class Head:
    """A field's heading; `en` and `zh` stand before each value where a narrow screen shows blocks."""

    name: str
    head: Markup
    en: str
    zh: str


@dataclass(slots=True)
class Sample:
    """Takes records until it is full."""

    cells: Cells
    clocks: Mapping[str, Clock]
    rows: list[dict[str, Markup]] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    _room: int = _ROOM

    def add(self, records: Iterable[Mapping[str, object]]) -> None:
        """Show as many of the records as there is room for."""
        for record in records:
            if len(self.rows) >= MOST or self._room <= 0:
                return
            self._take(record)

    def _take(self, record: Mapping[str, object]) -> None:
        row = {
            name: self.cells.cell(value, self.clocks.get(name)) for name, value in record.items() if value is not None
        }
        self.names |= dict.fromkeys(row)
        self._room -= sum(map(len, row.values()))
        self.rows.append(row)

    def heads(self, order: tuple[str, ...], titles: Mapping[str, Text]) -> tuple[Head, ...]:
        """The fields that some shown record has, in the order of the collection."""
        known = [name for name in order if name in self.names]
        more = [name for name in self.names if name not in order]
        return tuple(_head(name, titles.get(name)) for name in (*known, *more))

    def table_rows(self, heads: tuple[Head, ...]) -> Iterator[Markup]:
        """The rows of a table; made here because a sandboxed template takes ten times as long for every cell."""
        opened = [
            (head.name, Markup('<td class="value" data-en="{}" data-zh="{}" translate="no">').format(head.en, head.zh))
            for head in heads
        ]
        for row in self.rows:
            yield _ROW + _NOTHING.join(start + row.get(name, _DASH) + _END_CELL for name, start in opened) + _END_ROW

    def blocks(self, heads: tuple[Head, ...], terms: Terms) -> Iterator[Markup]:
        """One block for each record, of the fields that it has."""
        for number, row in enumerate(self.rows, 1):
            yield Markup("<li><h4>{}</h4>").format(both(terms.word("record_number", number=number))) + _LIST
            for head in heads:
                value = row.get(head.name)
                if value is not None:
                    yield (_WIDE if len(value) > _BROAD else _FIELD) + head.head + _TO_VALUE + value + _END_FIELD
            yield _END_LIST

    @property
    def layout(self) -> Layout:
        """One record reads best as a list of its fields, wide records as blocks, the rest as a table."""
        if len(self.rows) == 1:
            return Layout.ONE
        return Layout.TABLE if len(self.names) <= _FEW else Layout.BLOCKS


def _head(name: str, words: Text | None) -> Head:
    own = visible(name[:80])
    return Head(name, title_of(name, words), words.en if words else own, words.zh if words else own)
