"""A letter before any markup: a subject, then paragraphs and lists, all in one language."""

from dataclasses import dataclass
from datetime import date

from dsr.core.letters import Kind
from dsr.core.regimes import Pause, Regime
from dsr.core.text import Text


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept: which kind of record, how many, why, under which citation, until which day."""

    title: Text
    count: int
    why: str
    cite: Text
    until: date | None


@dataclass(frozen=True, slots=True)
class Gone:
    """What was erased, by kind of record. `emptied`: the record stays without what names the person."""

    title: Text
    count: int
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A recipient, and how it stands with the notice to it."""

    name: str
    contact: str
    state: str
    within: Text | None = None  # how long it may take to delete


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a letter may say. Nothing in it identifies a person."""

    kind: Kind
    request: str
    language: str
    name: Text
    contact: str
    today: date
    received: date
    rights: tuple[str, ...]
    regimes: tuple[Regime, ...]
    due: date | None = None
    delay: str = ""
    ground: str = ""
    reason: str = ""
    kept: tuple[Kept, ...] = ()
    gone: tuple[Gone, ...] = ()
    copies: Text | None = None
    recipients: tuple[Told, ...] = ()
    recipient: str = ""
    hiding: str = ""
    silent: bool = False  # something stays of which nothing may be said
    fetch_by: date | None = None
    corrected: tuple[Text, ...] = ()
    purposes: tuple[Text, ...] = ()
    restricted: tuple[Text, ...] = ()
    acts: tuple[str, ...] = ()  # what a recipient is told of: erasure, objection, restriction, rectification
    searched: tuple[str, ...] = ()
    balance: Text | None = None  # what becomes of money that is left

    @property
    def pauses(self) -> tuple[tuple[Regime, Pause], ...]:
        """What an open question about identity does under each law."""
        found = ((law, pause) for law in self.regimes for pause in law.pauses)
        return tuple((law, pause) for law, pause in found if pause.question.value == "identity")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list under a title."""

    title: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """The whole letter."""

    language: str
    subject: str
    date: str
    greeting: str
    parts: tuple[Paragraph | Points, ...]
    sign: str
