"""Decisions of people about what discovery asked: who, when, why, and on what evidence."""

from dataclasses import dataclass
from datetime import date
from enum import Enum


class Decided(Enum):
    """What somebody decided about a field that discovery asked about."""

    PERSONAL = "personal"  # it must be declared
    NOT_PERSONAL = "not_personal"
    IGNORE = "ignore"  # it may be personal, and is out of scope for the reason given


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of a person about one field; it holds while the evidence that it was made on is the same."""

    name: str  # store.collection.field
    decided: Decided
    by: str
    on: date
    reason: str
    evidence: str
    at: str
