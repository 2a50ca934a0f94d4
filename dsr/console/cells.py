"""What tables are made of."""

from dataclasses import dataclass

from dsr.core.text import Text as Said


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
