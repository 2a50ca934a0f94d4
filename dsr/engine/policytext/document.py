"""The shape of the policy text before any markup: numbered sections of paragraphs, lists, tables and cards.

Every part has an item name that is the same in both languages; it becomes the anchor in Markdown and HTML.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of paragraphs."""

    points: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; the first cell names it."""

    item: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its column titles."""

    item: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A label of a card and what is said under it."""

    item: str
    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything about one thing, label by label."""

    item: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards one after another."""

    cards: tuple[Card, ...]


Block = Paragraph | Heading | Bullets | Table | Cards


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section."""

    item: str
    number: int
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole text in one language. `date` is for people, `day` the same in ISO 8601.

    `digest` names the bytes of the file that it was written from.
    """

    language: str
    tongue: str
    choose: str
    name: str
    title: str
    lead: str
    updated: str
    date: str
    day: str
    version_label: str
    version: str
    digest: str
    effective_label: str
    effective: str
    effective_day: str
    contents: str
    colon: str
    notes: tuple[Paragraph, ...]
    sections: tuple[Section, ...]
