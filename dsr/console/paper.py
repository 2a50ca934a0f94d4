"""Drawing for people: lines, lists and tables on one stream, wrapped and coloured as that stream allows."""

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich import box
from rich.console import Console as Rich
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dsr.console.bars import Bars
from dsr.console.cells import Cell, Column
from dsr.console.streams import stop_listening
from dsr.console.words import Words
from dsr.core.progress import Progress, Silent

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
        wide = None if stream.isatty() else width or PIPE_WIDTH
        self._screen = _Screen(file=stream, markup=False, emoji=False, highlight=False, width=wide)

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
        grid.add_row(f"  {mark}", Text(text))
        self._screen.print(grid)

    def facts(self, rows: Iterable[tuple[str, Cell]]) -> None:
        """Names and cells, one pair a line."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, cell in rows:
            grid.add_row(name, _text(cell))
        self._indented(grid)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
        """A table with these headings."""
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for column in columns:
            made.add_column(
                Text(str(column.head)),
                justify="right" if column.number else "left",
                no_wrap=column.number,
                overflow="fold",
                style=column.style,
            )
        for row in rows:
            made.add_row(*map(_text, row))
        self._indented(made)

    def bars(self, words: Words) -> Progress:
        """Bars where a person waits, nobody elsewhere."""
        return Bars(self._screen, words) if self.is_terminal else Silent()

    def _indented(self, made: Table) -> None:
        self._screen.print(Padding(made, (0, 0, 0, 2), expand=False))


def _text(cell: Cell) -> Text:
    return Text(str(cell.value), cell.style)
