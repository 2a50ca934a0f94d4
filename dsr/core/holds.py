"""Legal holds: what may not be disposed of while a matter is open."""

from dataclasses import dataclass
from datetime import date, datetime

from dsr.core.subject import Subject


@dataclass(frozen=True, slots=True)
class HoldScope:
    """What a hold covers: the intersection of what is given. None means "any".

    A scope with neither subject, rules nor collections covers everything.
    """

    subjects: tuple[Subject, ...] | None = None
    rules: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None  # "app.orders"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold of a matter. It is active until `released_at` is set; `review_on` never releases it."""

    id: str
    matter: str
    reason: str
    authority: str
    scope: HoldScope
    placed_by: str
    placed_at: datetime
    review_on: date | None = None
    released_by: str | None = None
    released_at: datetime | None = None
    release_reason: str | None = None

    @property
    def active(self) -> bool:
        """Whether it still protects."""
        return self.released_at is None


@dataclass(frozen=True, slots=True)
class Holds:
    """All active holds, and the register's generation: it grows with every placing and release."""

    generation: int
    active: tuple[Hold, ...] = ()
