"""One difference between two policy files, as people are told it."""

from dataclasses import dataclass
from enum import Enum

from dsr.core.text import Text


class Kind(Enum):
    """What differs."""

    CONTROLLER = "controller"
    RULE_ADDED = "rule_added"
    RULE_REMOVED = "rule_removed"
    RULE_WORDS = "rule_words"
    PURPOSE = "purpose"
    BASIS = "basis"
    SHORTER = "shorter"
    LONGER = "longer"
    PERIOD = "period"  # stated otherwise, or shorter for some dates and longer for others
    DUTY_ADDED = "duty_added"
    DUTY_REMOVED = "duty_removed"
    DUTY_CHANGED = "duty_changed"
    END = "end"
    COLLECTION_ADDED = "collection_added"
    COLLECTION_REMOVED = "collection_removed"
    COLLECTION_RULE = "collection_rule"
    COLLECTION_REACH = "collection_reach"
    FIELD_ADDED = "field_added"
    FIELD_REMOVED = "field_removed"
    FIELD_CHANGED = "field_changed"
    IDENTITY = "identity"
    STORE = "store"
    NOTICE = "notice"
    DELETION = "deletion"
    RECIPIENT_ADDED = "recipient_added"
    RECIPIENT_REMOVED = "recipient_removed"
    RECIPIENT_CHANGED = "recipient_changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its kind, the rule, entry, field or recipient it is about, and what to tell a person."""

    kind: Kind
    subject: str
    text: Text
    widens: bool
