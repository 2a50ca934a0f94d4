"""Legal holds: what may not be disposed of while a matter is open."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from dsr.core.policy import FieldRef, Place
from dsr.core.select import Predicate
from dsr.core.subject import Subject


class HoldKind(Enum):
    """What stands behind a hold."""

    MATTER = "matter"  # a dispute or a proceeding
    COPY = "copy"  # people wait for a copy of what would go
    RESTRICTION = "restriction"  # the person's own right (GDPR Art. 18)


@dataclass(frozen=True, slots=True)
class HoldScope:
    """What a hold covers: the intersection of what is given. None means "any"; a scope with nothing covers everything.

    `fields` cover the records in which one of them holds a value, `where` those for which it is true, both in the
    collections that are named. `since` (inclusive) and `until` (exclusive) bound the date from which an entry counts
    its period; a record without a usable date is inside.
    """

    subjects: tuple[Subject, ...] | None = None
    rules: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None  # "app.orders"
    fields: tuple[FieldRef, ...] | None = None
    where: Predicate | None = field(default=None, repr=False)  # its values may be somebody's
    since: datetime | None = None
    until: datetime | None = None

    @property
    def narrow(self) -> bool:
        """Whether it names collections."""
        return self.collections is not None or self.fields is not None

    def names(self, place: Place) -> bool:
        """Whether the collection is one of those named, or none is."""
        named = self.collections is None or str(place) in self.collections
        return named and (self.fields is None or any(one.place == place for one in self.fields))


@dataclass(frozen=True, slots=True)
class Grounded:
    """By which ground of which law the records are kept although their erasure may be asked for."""

    regime: str
    ground: str


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold of a matter. It is active until `released_at` is set; `review_on` never releases it.

    `reviewer` is who looks at it then: somebody else than who placed it.
    """

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
    reviewer: str | None = None
    grounds: tuple[Grounded, ...] = ()
    kind: HoldKind = HoldKind.MATTER
    disclose: bool = True  # whether the person may learn of it

    @property
    def active(self) -> bool:
        """Whether it still protects."""
        return self.released_at is None


@dataclass(frozen=True, slots=True)
class Holds:
    """All active holds, and the register's generation: it grows with every placing and release."""

    generation: int
    active: tuple[Hold, ...] = ()
