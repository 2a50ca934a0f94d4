"""Parts: the disjoint pieces of one entry under one scope, each with one disposition, before references are settled."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dsr.core.periods import Period
from dsr.core.plan import Disposition, Reason
from dsr.core.policy import Entry, Place, StartField, Totals
from dsr.core.select import Change, Everything, Linked, Predicate, Rewritten, Selection, both, either, negate

Slot = tuple[Place, int]
"""A collection and the number of an entry in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """`scope` says whose records (the entry's `where` included), `cond` which of them. Together they select."""

    place: Place
    entry: Entry | None
    disposition: Disposition
    scope: Predicate
    cond: Predicate
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...] = ()
    period: Period | None = None
    start: StartField | None = None
    ahead_of: Place | None = None  # done just before that collection's own parts
    totals: Totals | None = None  # kept of what is deleted

    @property
    def where(self) -> Predicate:
        """The whole predicate."""
        return both(self.scope, self.cond)

    @property
    def selection(self) -> Selection:
        """The records."""
        return Selection(self.place.collection, self.where)


def deleted(parts: Iterable[Part]) -> Predicate:
    """Everything that these parts delete."""
    return either(*(part.where for part in parts if part.disposition is Disposition.DELETE))


def deleted_here(parts: Iterable[Part]) -> Predicate:
    """The same for records known to be in scope: the links that lead to the person are left out."""
    gone = (part for part in parts if part.disposition is Disposition.DELETE)
    return either(*(both(part.entry.where if part.entry else Everything(), part.cond) for part in gone))


def held(parts: Iterable[Part]) -> Predicate:
    """Everything under a hold."""
    return either(*(part.where for part in parts if part.disposition is Disposition.HOLD))


def under(part: Part, entry: Entry, keys: tuple[tuple[str, ...], ...]) -> Predicate:
    """The children whose parent lies in a part."""
    link = entry.part_of
    if link is None:
        raise ValueError(f"{entry.name} is not part of another collection")
    store = None if link.to.store == entry.place.store else link.to.store
    return Linked(link.fields, part.selection, keys, store)


def rewriting(part: Part, disposition: Disposition, changes: tuple[Change, ...]) -> tuple[Part, Part]:
    """A part split by whether the changes are still to be made: the ones to rewrite, and the ones that have them."""
    done = Rewritten(changes)
    todo = replace(part, disposition=disposition, cond=both(part.cond, negate(done)), changes=changes)
    rest = replace(part, disposition=Disposition.RETAIN, cond=both(part.cond, done))
    return todo, rest
