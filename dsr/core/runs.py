"""A run of the calendar as evidence."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Purged:
    """One purge that ran, or found nothing to do. `removed` counts records by rule.

    `unfinished` are rules with steps that did not come to their end, `blind` stores that could not be looked at.
    """

    plan: str
    at: datetime
    removed: tuple[tuple[str, int], ...]
    unfinished: frozenset[str]
    blind: frozenset[str]

    def covers(self, rule: str, stores: frozenset[str]) -> bool:
        """Whether it is a successful run for a rule whose records lie in these stores."""
        return rule not in self.unfinished and not self.blind & stores


@dataclass(frozen=True, slots=True)
class Changed:
    """A run of any plan, and how many records it changed. `holds`: the generation of holds that its plan knew."""

    plan: str
    scope: str
    run: int
    began_at: datetime
    finished_at: datetime | None
    holds: int
    records: int
