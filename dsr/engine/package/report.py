"""What the package tells besides the records: how long, why, what was left out, where we looked."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from dsr.core.policy import Place, Policy, Rule
from dsr.core.text import Text
from dsr.engine.package.parts import SealedFile
from dsr.engine.package.terms import Terms


class SearchResult(Enum):
    """How the search of one collection ended. The last two make a package incomplete."""

    FOUND = "found"
    EMPTY = "empty"
    FAILED = "failed"
    NOT_SEARCHED = "not_searched"


@dataclass(frozen=True, slots=True)
class Kept:
    """What would stay if the person asked for deletion: until when, why (one of the codes, or a hold), by which law."""

    until: date | None
    why: Text
    code: str
    cite: Text | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something that exists and is not in the copy: what and how many, why, and what the person can do."""

    place: Place
    field: str  # "" for whole records and contents of files
    category: str
    code: str
    count: int
    reason: Text
    law: Text | None
    remedy: Text


def others_law(policy: Policy, terms: Terms) -> Text | None:
    """The law by which other people's data stays out of copies, where the policy knows one."""
    return terms.word("others_law") if {"gdpr", "uk"} & set(policy.controller.regimes) else None


@dataclass(frozen=True, slots=True)
class Searched:
    """One collection that was looked into, or was not and why."""

    place: Place
    result: SearchResult
    records: int
    at: datetime
    note: str


@dataclass(slots=True)
class Category:
    """What was found under one rule, while it is being counted."""

    rule: Rule
    records: int = 0
    until: date | None = None
    by_request: bool = False  # some of it has no end that could be computed
    kept: list[Kept] = field(default_factory=list)
    places: dict[Place, None] = field(default_factory=dict)
    fields: dict[str, None] = field(default_factory=dict)

    def ends(self, until: date | None, kept: tuple[Kept, ...]) -> None:
        """Take note of one end: the latest counts."""
        if until is None:
            self.by_request = True
        elif self.until is None or until > self.until:
            self.until = until
        self.kept.extend(one for one in kept if one not in self.kept)


@dataclass(frozen=True, slots=True)
class Finished:
    """A whole package. `complete` is false when some place could not be searched.

    `folder` is the folder, or the sealed file, of which `sealed` lists the parts.
    """

    folder: str
    token: str
    complete: bool
    records: int
    files: int
    size: int
    withheld: int
    changed_cells: int
    sealed: tuple[SealedFile, ...] = ()
