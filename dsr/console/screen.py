"""The screen: data goes to stdout, talk to stderr, and in JSON mode stdout carries exactly one document."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from getpass import getpass
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

from dsr.console.cells import Cell as Cell
from dsr.console.cells import Column as Column
from dsr.console.document import document
from dsr.console.messages import said
from dsr.console.streams import write
from dsr.console.visible import lines, visible
from dsr.console.words import Words
from dsr.core.errors import NotConfirmedError
from dsr.core.progress import Progress, Silent
from dsr.core.text import Text as Said

if TYPE_CHECKING:
    from dsr.console.paper import Paper

GOOD, WARN, BAD, DIM, BOLD = "green", "yellow", "red", "dim", "bold"


class Console:
    """Everything that is shown passes here and is made safe on the way.

    `zone` is the controller's: instants are shown in it.
    """

    def __init__(self, lang: str = "en", json: bool = False, zone: str = "UTC", width: int | None = None) -> None:
        """Write to the process's stdout and stderr, as they are now; a terminal's own width comes before `width`."""
        self.json = json
        self.zone = zone
        self.words = Words(lang)
        self._streams = sys.stdout, sys.stderr
        self._width = width
        self._remarks: list[str] = []

    @cached_property
    def _out(self) -> "Paper":
        return _paper(self._streams[0], self._width)

    @cached_property
    def _err(self) -> "Paper":
        return _paper(self._streams[1], self._width)

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
            self.raw(document(command, value, self._remarks) + "\n")
        return self.json

    def raw(self, text: str) -> None:
        """Data for stdout, byte for byte; nothing is wrapped, coloured or made safe."""
        write(sys.stdout, text)

    def line(self, text: str = "", style: str = "") -> None:
        """One line of data, wrapped at the screen's edge."""
        self._out.line(lines(text), style)

    def show(self, key: str, style: str = "", **values: object) -> None:
        """One line of data, in words."""
        self._out.line(self.words(key, **values), style)

    def told(self, text: str) -> str:
        """What an error, gap or finding says, in the language that is spoken."""
        return said(text, self.lang)

    def bullet(self, text: str, mark: str = "-", style: str = "") -> None:
        """One item of a list; further lines stand under the first."""
        self._out.bullet(mark, lines(text), style)

    def say(self, key: str, style: str = "", **values: object) -> None:
        """Talk, on stderr: what happens, what to do next."""
        if not self.json:
            self._err.line(self.words(key, **values), style)

    def remark(self, texts: Iterable[str]) -> None:
        """What must be known besides: talk, and in JSON mode a part of the document that follows."""
        for text in texts:
            self._remarks.append(self.told(text))
            if not self.json:
                self._err.bullet("!", lines(self._remarks[-1]), WARN)

    def facts(self, rows: Iterable[tuple[str | Said, object]]) -> None:
        """Names (in words, or keys under `head`) and values, one pair a line."""
        self._out.facts([(self._head(head), self._cell(value)) for head, value in rows])

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
        """A table; numbers stand right, long values fold and are never cut."""
        headed = [replace(column, head=self._head(column.head)) for column in columns]
        self._out.table(headed, ([self._cell(value) for value in row] for row in rows))

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
        return Silent() if self.json else self._err.bars(self.words)

    def confirm(self, expected: str, given: str | None, question: str, **values: object) -> None:
        """Ask for the subject's handle or the count, and go on only when it comes.

        `given` is what `--confirm` says. Raises NotConfirmedError, without a question where there is no terminal.
        """
        if given is None:
            if not self.attended:
                raise NotConfirmedError(self.words("confirm.missing", expected=expected))
            self._err.line(self.words(question, **values, expected=expected), BOLD, end=" ")
            given = sys.stdin.readline()
        if given.strip().replace(",", "") != expected.replace(",", ""):
            raise NotConfirmedError(self.words("confirm.differs", expected=expected))

    def ask(self, key: str, **values: object) -> str | None:
        """One line from the person at the terminal; None where there is none."""
        if self.json or not self.attended:
            return None
        self._err.line(self.words(key, **values), BOLD, end=" ")
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
        self._err.line(lines(self.told(message)), head=self.words("talk.error"))

    def _head(self, head: str | Said) -> str:
        return self.words(f"head.{head}") if isinstance(head, str) else visible(head.in_(self.lang))

    def _cell(self, value: object) -> Cell:
        """A value as text."""
        if isinstance(value, Cell):
            return replace(self._cell(value.value), style=value.style)
        if isinstance(value, bool):
            return Cell(self.words("talk.affirmed" if value else "talk.denied"))
        if isinstance(value, int):
            return Cell(f"{value:,}")
        if isinstance(value, datetime):
            return Cell(self.when(value))
        if isinstance(value, date):
            return Cell(value.isoformat())
        return Cell("" if value is None else "\n".join(visible(part) for part in str(value).split("\n")))


def _paper(stream: TextIO, width: int | None) -> "Paper":
    # JSON mode never draws, and rich costs a twentieth of a short command
    from dsr.console.paper import Paper

    return Paper(stream, width)
