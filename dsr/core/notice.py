"""What a published notice says beside rules and recipients: people, authorities, safeguards, versions, deletion."""

from dataclasses import dataclass
from datetime import date

from dsr.core.periods import Period
from dsr.core.text import Text


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody to turn to: a representative, an officer, an authority. `regime` is the law that names it, or empty."""

    regime: str
    name: Text
    contact: str
    at: str


@dataclass(frozen=True, slots=True)
class Automated:
    """A decision that software makes about people: what, on what grounds, with what effect, who reviews it."""

    name: str
    what: Text
    logic: Text
    effect: Text
    review: Text
    at: str


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A category of sensitive data: why it is needed, and what processing it means for the person."""

    category: str
    why: Text
    effect: Text
    at: str


@dataclass(frozen=True, slots=True)
class Minors:
    """Up to which age a guardian has to agree, and what is done about children's data."""

    age: int
    what: Text
    at: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A safeguard that is really in place."""

    name: str
    what: Text
    at: str


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: its number, its day, the day from which it holds, and what changed for people."""

    number: str
    day: date
    effective: date
    changes: Text
    at: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The `notice:` section. None means that nothing was said; an empty tuple says that there is nothing of the kind.

    Versions stand oldest first; the last is the one that is published.
    """

    address: Text | None = None
    officer: Party | None = None
    representatives: tuple[Party, ...] = ()
    authorities: tuple[Party, ...] = ()
    automated: tuple[Automated, ...] | None = None
    sensitive: tuple[Sensitive, ...] | None = None
    minors: Minors | None = None
    measures: tuple[Measure, ...] = ()
    balance: Text | None = None
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """What is promised of the deletion itself: a run at least `every`, and copies elsewhere gone within `copies`."""

    every: Period
    copies: Period
    at: str
