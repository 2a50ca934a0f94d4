"""The screen: data goes to stdout, talk to stderr, and in JSON mode stdout carries exactly one document."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from getpass import getpass
from typing import TextIO
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console as Rich
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dsr.console.bars import Bars
from dsr.console.document import document
from dsr.console.messages import said
from dsr.console.streams import stop_listening, write
from dsr.console.visible import lines, visible
from dsr.console.words import Words
from dsr.core.errors import NotConfirmedError
from dsr.core.progress import Progress, Silent
from dsr.core.text import Text as Said

PIPE_WIDTH = 120
"""How wide tables are where no terminal says otherwise."""

GOOD, WARN, BAD, DIM, BOLD = "green", "yellow", "red", "dim", "bold"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, or the key of that under `head`, and whether it holds numbers."""

    head: str | Said
    number: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with a style of its own."""

    value: object
    style: str = ""


class _Screen(Rich):
    """A stream as rich writes to it; a reader that goes away does not end the program."""

    def on_broken_pipe(self) -> None:
        """Called by rich when nobody reads any more."""
        stop_listening(self.file)


class Console:
    """Everything that is shown passes here and is made safe on the way.

    `zone` is the controller's: instants are shown in it.
    """

    def __init__(self, lang: str = "en", json: bool = False, zone: str = "UTC", width: int | None = None) -> None:
        """Write to the process's stdout and stderr, as they are now; a terminal's own width comes before `width`."""
        self.json = json
        self.zone = zone
        self.words = Words(lang)
        self._out = _screen(sys.stdout, width)
        self._err = _screen(sys.stderr, width)

    @property
    def lang(self) -> str:
        """The language that is spoken."""
        return self.words.lang

    @property
    def attended(self) -> bool:
        """Whether a person sits at a terminal and can be asked."""
        return sys.stdin.isatty() and self._err.is_terminal

    def result(self, command: str, value: object) -> bool:
        """In JSON mode, writes the result as the one document and says True: there is nothing more to show."""
        if self.json:
            self.raw(document(command, value) + "\n")
        return self.json

    def raw(self, text: str) -> None:
        """Data for stdout, byte for byte; nothing is wrapped, coloured or made safe."""
        write(sys.stdout, text)

    def line(self, text: str = "", style: str = "") -> None:
        """One line of data, wrapped at the screen's edge."""
        self._print(self._out, Text(lines(text), style))

    def show(self, key: str, style: str = "", **values: object) -> None:
        """One line of data, in words."""
        self._print(self._out, Text(self.words(key, **values), style))

    def told(self, text: str) -> str:
        """What an error, gap or finding says, in the language that is spoken."""
        return said(text, self.lang)

    def bullet(self, text: str, mark: str = "-", style: str = "") -> None:
        """One item of a list; further lines stand under the first."""
        grid = Table.grid(padding=(0, 1))
        grid.add_column(style=style)
        grid.add_column(overflow="fold")
        grid.add_row(f"  {mark}", Text(lines(text)))
        self._print(self._out, grid)

    def say(self, key: str, style: str = "", **values: object) -> None:
        """Talk, on stderr: what happens, what to do next."""
        if not self.json:
            self._print(self._err, Text(self.words(key, **values), style))

    def facts(self, rows: Iterable[tuple[str | Said, object]]) -> None:
        """Names (in words, or keys under `head`) and values, one pair a line."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style=DIM, no_wrap=True)
        grid.add_column(overflow="fold")
        for head, value in rows:
            grid.add_row(self._head(head), self._cell(value))
        self._print(self._out, Padding(grid, (0, 0, 0, 2), expand=False))

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
        """A table; numbers stand right, long values fold and are never cut."""
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style=BOLD)
        for column in columns:
            made.add_column(
                Text(self._head(column.head)),
                justify="right" if column.number else "left",
                no_wrap=column.number,
                overflow="fold",
                style=column.style,
            )
        for row in rows:
            made.add_row(*(self._cell(value) for value in row))
        self._print(self._out, Padding(made, (0, 0, 0, 2), expand=False))

    def when(self, instant: datetime | None) -> str:
        """An instant in the controller's zone, to the minute."""
        if instant is None:
            return ""
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return aware.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M")

    def day(self, instant: datetime | None) -> str:
        """The day of an instant in the controller's zone."""
        return self.when(instant)[:10]

    def kept_until(self, until: datetime | None) -> str:
        """The last day on which something is kept, in the controller's zone."""
        return self.day(None if until is None else until - timedelta(microseconds=1))

    def progress(self) -> Progress:
        """Bars where a person waits, nobody elsewhere."""
        return Bars(self._err, self.words) if self._err.is_terminal and not self.json else Silent()

    def confirm(self, expected: str, given: str | None, question: str, **values: object) -> None:
        """Ask for the subject's handle or the count, and go on only when it comes.

        `given` is what `--confirm` says. Raises NotConfirmedError, without a question where there is no terminal.
        """
        if given is None:
            if not self.attended:
                raise NotConfirmedError(self.words("confirm.missing", expected=expected))
            self._print(self._err, Text(self.words(question, **values, expected=expected), BOLD), end=" ")
            given = sys.stdin.readline()
        if given.strip().replace(",", "") != expected.replace(",", ""):
            raise NotConfirmedError(self.words("confirm.differs", expected=expected))

    def ask(self, key: str, **values: object) -> str | None:
        """One line from the person at the terminal; None where there is none."""
        if self.json or not self.attended:
            return None
        self._print(self._err, Text(self.words(key, **values), BOLD), end=" ")
        return sys.stdin.readline().strip() or None

    def secret(self, key: str, **values: object) -> str | None:
        """What the person at the terminal types unseen; None where there is none."""
        if self.json or not self.attended:
            return None
        return getpass(f"{self.words(key, **values)} ", sys.stderr) or None

    def error(self, kind: str, message: str, code: int) -> None:
        """An error, on stderr; in JSON mode as the one document on stdout."""
        if self.json:
            self.raw(document("error", {"error": kind, "message": self.told(message), "exit": code}) + "\n")
            return
        self._print(self._err, Text.assemble((self.words("talk.error"), "bold red"), lines(self.told(message))))

    def _head(self, head: str | Said) -> str:
        return self.words(f"head.{head}") if isinstance(head, str) else visible(head.in_(self.lang))

    def _cell(self, value: object) -> Text:
        if isinstance(value, Cell):
            made = self._cell(value.value)
            made.stylize(value.style)
            return made
        if isinstance(value, bool):
            return Text(self.words("talk.affirmed" if value else "talk.denied"))
        if isinstance(value, int):
            return Text(f"{value:,}")
        if isinstance(value, datetime):
            return Text(self.when(value))
        if isinstance(value, date):
            return Text(value.isoformat())
        return Text("" if value is None else "\n".join(visible(part) for part in str(value).split("\n")))

    def _print(self, screen: Rich, shown: object, end: str = "\n") -> None:
        # A line in a pipe or a log stays one line, whatever its length.
        whole = isinstance(shown, Text) and not screen.is_terminal
        screen.print(shown, end=end, soft_wrap=whole)


def _screen(stream: TextIO, width: int | None) -> Rich:
    # rich itself heeds NO_COLOR and TERM=dumb, and colours terminals only.
    wide = None if stream.isatty() else width or PIPE_WIDTH
    return _Screen(file=stream, markup=False, emoji=False, highlight=False, width=wide)
