"""What is past its limit: first one cheap statement a collection, then, where that finds something, what a purge finds.

Empty shells are not among it, even those that nothing needs any more: to tell them from the others takes every
collection that refers to them, and the next purge does it anyway.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby

from dsr.core.errors import StoreUnreachableError
from dsr.core.holds import Holds
from dsr.core.policy import Entry, Place
from dsr.core.select import Rewritten, both, negate
from dsr.engine.bounds import Bounds, shell
from dsr.engine.counting import Counter
from dsr.engine.draft import Draft, Scope
from dsr.engine.estate import Estate
from dsr.engine.foreign import Foreign
from dsr.engine.parts import Part
from dsr.engine.references import settle

Slot = tuple[Place, int]


@dataclass(frozen=True, slots=True)
class Surviving:
    """What is past its limit, by rule: how many records, and the earliest start among them where one field has it."""

    rule: str
    store: str
    collection: str
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Survivors:
    """All of it, and the stores that did not answer."""

    found: tuple[Surviving, ...]
    unseen: frozenset[str]


class Watch:
    """Looks at one estate under the holds of one moment, as of one date."""

    def __init__(self, estate: Estate, holds: Holds, as_of: datetime) -> None:
        self._estate, self._holds, self._as_of = estate, holds, as_of
        self._bounds, self._counter = Bounds(estate, as_of), Counter(estate)
        self._foreign = Foreign(estate.stores, estate.live)

    def survivors(self, among: Container[Slot] | None = None, *, dated: bool = True) -> Survivors:
        """Everything past its limit, or what is so among some entries; `dated`: with the earliest start."""
        found: list[Surviving] = []
        unseen = {gap.where for gap in self._estate.gaps if gap.kind == "unreachable"}
        for slot, acting in self._acting.items():
            place, _ = slot
            if place.store in unseen or (among is not None and slot not in among):
                continue
            try:
                if self._bounds.reached(acting):
                    found.extend(self._dated(part) if dated else self._plain(part) for part in self._exact(acting))
            except StoreUnreachableError:
                unseen.add(place.store)
        return Survivors(tuple(one for one in found if one.count), frozenset(unseen))

    def reached(self, entry: Entry, by: datetime) -> int:
        """How many records at most will be past their limit by then; raises StoreUnreachableError."""
        bounds = self._bounds if by == self._as_of else Bounds(self._estate, by)
        return bounds.count(entry, self._acting.get((entry.place, entry.number), ()))

    @cached_property
    def _acting(self) -> Mapping[Slot, list[Part]]:
        """What a purge would do, by entry; emptied references between records belong to no period."""
        settled = settle(self._estate, self._drafted, self._holds, self._as_of)
        return _by_slot(settled.parts)

    @cached_property
    def _drafted(self) -> dict[Place, list[Part]]:
        return Draft(self._estate, Scope(), self._holds, self._as_of).parts()

    def _exact(self, acting: list[Part]) -> list[Part]:
        """The parts to count: where empty shells are known by their look, nothing else about references matters."""
        shells = [negate(Rewritten(part.changes)) for part in acting if shell(part)]
        if not shells:
            return acting
        drafted = _by_slot(self._drafted[acting[0].place])[_slot(acting[0])]
        return [replace(part, cond=both(part.cond, *shells)) for part in drafted]

    def _plain(self, part: Part) -> Surviving:
        place = part.place
        count = self._counter.plain(place.store, part.selection)
        return Surviving(part.reasons[0].rule, place.store, place.collection, count, None)

    def _dated(self, part: Part) -> Surviving:
        store, count, oldest, start = self._estate.stores[part.place.store], 0, None, part.start
        for piece in self._foreign.expand(part.selection, part.place.store):
            if start is None:
                count += store.count(piece)
                continue
            span = store.span(piece, start.path, start.clock)
            count += span.count
            oldest = min((one for one in (oldest, span.first) if one is not None), default=None)
        return Surviving(part.reasons[0].rule, part.place.store, part.place.collection, count, oldest)


def _by_slot(parts: Iterable[Part]) -> Mapping[Slot, list[Part]]:
    acting = sorted((part for part in parts if part.disposition.acts and part.entry is not None), key=_slot)
    return {slot: list(group) for slot, group in groupby(acting, key=_slot)}


def _slot(part: Part) -> Slot:
    return part.place, part.entry.number if part.entry is not None else -1
