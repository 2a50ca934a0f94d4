"""A report as data: facts, notes, tables and charts, in both languages. Every format is written from this shape.

Codes (`Word.code`, keys of columns and facts) never change with the language; texts are what a person reads.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol

from dsr.core.text import Text

_WIDE = 8
"""With more columns than these a table leaves out for people what says nothing."""


class Level(Enum):
    """How a value or a note is meant."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Word:
    """A code of ours with its words."""

    code: str
    text: Text


One = None | bool | int | Decimal | str | date | datetime | Text | Word
Value = One | tuple[One, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and how it is meant."""

    value: Value
    level: Level = Level.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its heading, and whether it holds numbers."""

    key: str
    head: Text
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `empty` is said where it has no rows. `cards`: too wide for rows, so each is shown as a block."""

    key: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: Text
    cards: bool = False

    @property
    def told(self) -> tuple[int, ...]:
        """The columns that people are shown: of a wide table not those that hold nothing, or nothing but zeros."""
        every = range(len(self.columns))
        if len(self.columns) <= _WIDE:
            return tuple(every)
        return tuple(at for at in every if at == 0 or any(row[at].value for row in self.rows))


@dataclass(frozen=True, slots=True)
class Fact:
    """A single value with its heading."""

    key: str
    head: Text
    cell: Cell


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence: how figures are meant, or what has to be done."""

    level: Level
    text: Text


class Shape(Enum):
    """How a chart is drawn."""

    BARS = "bars"  # one horizontal bar a label, its parts side by side
    COLUMNS = "columns"  # one upright column a label, for what happens over time


@dataclass(frozen=True, slots=True)
class Series:
    """One figure for every label of a chart."""

    key: str
    name: Text
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of figures that also stand in a table."""

    key: str
    title: Text
    shape: Shape
    labels: tuple[Text, ...]
    series: tuple[Series, ...]

    @property
    def drawn(self) -> bool:
        """Whether there is anything to draw."""
        return any(value for one in self.series for value in one.values)


@dataclass(frozen=True, slots=True)
class Report:
    """One report at one moment. `zone` is the controller's, in which instants are shown."""

    name: str
    title: Text
    lead: Text
    company: Text
    at: datetime
    zone: str
    facts: tuple[Fact, ...]
    notes: tuple[Note, ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()

    def table(self, key: str) -> Table | None:
        """The table of that key."""
        return next((one for one in self.tables if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Written:
    """A report as text, and the file that it was written to, if any. `others` are tables that the text leaves out."""

    report: str
    form: str
    text: str
    out: str | None
    others: tuple[str, ...] = ()


class Speech(Protocol):
    """Both languages of what the program says elsewhere, too."""

    def sentence(self, english: str) -> Text:
        """A gap's or error's sentence."""

    def word(self, group: str, name: str) -> Word:
        """A code of the program with its words."""
