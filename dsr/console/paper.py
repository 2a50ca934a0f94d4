"""Drawing for people: lines, lists and tables on one stream, wrapped and coloured as that stream allows."""

import re
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich import box
from rich.console import Console as Rich
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dsr.console.bars import Bars
from dsr.console.cells import Cell, Column
from dsr.console.grid import filled, widths
from dsr.console.helping import wide, wrapped
from dsr.console.streams import stop_listening
from dsr.console.words import Words
from dsr.core.progress import Progress, Silent

_INDENT = 2
_TIME = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?")
PIPE_WIDTH = 120
"""How wide tables are where no terminal says otherwise."""


class _Screen(Rich):
    """A stream as rich writes to it; a reader that goes away does not end the program."""

    def on_broken_pipe(self) -> None:
        """Called by rich when nobody reads any more."""
        stop_listening(self.file)


class Paper:
    """One stream. What comes here is text, in words and safe to show."""

    def __init__(self, stream: TextIO, width: int | None) -> None:
        # rich itself heeds NO_COLOR and TERM=dumb, and colours terminals only.
        fixed = None if stream.isatty() else width or PIPE_WIDTH
        self._screen = _Screen(file=stream, markup=False, emoji=False, highlight=False, width=fixed)

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it."""
        return self._screen.is_terminal

    def line(self, text: str, style: str = "", *, head: str = "", end: str = "\n") -> None:
        """One line. In a pipe or a log it stays one, whatever its length."""
        shown = Text.assemble((head, "bold red"), text) if head else Text(text, style)
        self._screen.print(shown, end=end, soft_wrap=not self.is_terminal)

    def bullet(self, mark: str, text: str, style: str) -> None:
        """One item of a list."""
        grid = Table.grid(padding=(0, 1))
        grid.add_column(style=style)
        grid.add_column(overflow="fold")
        grid.add_row(f"  {mark}", _folded(Cell(text), self._screen.width - _INDENT - wide(mark) - 2))
        self._put(grid)

    def facts(self, rows: Iterable[tuple[str, Cell]]) -> None:
        """Names and cells, one pair a line."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, cell in rows:
            grid.add_row(name, _text(cell))
        self._indented(grid)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
        """A table with these headings, without the columns that hold nothing.

        Words stay whole: a screen that is too narrow for that shows each row as a block of lines.
        """
        cells = [list(row) for row in rows]
        shown = filled([[str(cell.value) for cell in row] for row in cells], len(columns))
        used = [columns[place] for place in shown]
        cells = [[row[place] for place in shown] for row in cells]
        texts = [[str(column.head), *(str(row[n].value) for row in cells)] for n, column in enumerate(used)]
        fixed = [column.number or _times(found) for column, (_, *found) in zip(used, texts, strict=True)]
        found = widths(texts, fixed, self._screen.width - _INDENT)
        self._indented(_blocks(used, cells) if found is None else _table(used, cells, found))

    def bars(self, words: Words) -> Progress:
        """Bars where a person waits, nobody elsewhere."""
        return Bars(self._screen, words) if self.is_terminal else Silent()

    def _indented(self, made: Table) -> None:
        self._put(Padding(made, (0, 0, 0, _INDENT), expand=False))

    def _put(self, made: Table | Padding) -> None:
        """Draw it; what no terminal shows has no blanks at the ends of its lines."""
        if self.is_terminal:
            self._screen.print(made)
            return
        with self._screen.capture() as drawn:
            self._screen.print(made)
        self._screen.out("\n".join(line.rstrip(" ") for line in drawn.get().splitlines()), highlight=False)


def _times(texts: Iterable[str]) -> bool:
    """Whether nothing but times stands there: a day and its hour stay on one line."""
    return all(_TIME.fullmatch(text) for text in texts if text)


def _text(cell: Cell) -> Text:
    return Text(str(cell.value), cell.style)


def _table(columns: Sequence[Column], cells: list[list[Cell]], room: list[int]) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column, width in zip(columns, room, strict=True):
        head = _folded(Cell(column.head), width)
        made.add_column(
            head, justify="right" if column.number else "left", overflow="fold", style=column.style, width=width
        )
    for row in cells:
        made.add_row(*(_folded(cell, width) for cell, width in zip(row, room, strict=True)))
    return made


def _blocks(columns: Sequence[Column], cells: list[list[Cell]]) -> Table:
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for number, row in enumerate(cells):
        if number:
            made.add_row()
        for column, cell in zip(columns, row, strict=True):
            if cell.value:
                made.add_row(str(column.head), _text(cell))
    return made


def _folded(cell: Cell, width: int) -> Text:
    parts = str(cell.value).split("\n")
    folded = (line for part in parts for line in ([part] if wide(part) <= width else wrapped(part, width)))
    return Text("\n".join(folded), cell.style)
