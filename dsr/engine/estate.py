"""The live estate: the opened stores, what they hold now, and what of the policy's map is really there."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dsr.core.errors import StoreUnreachableError
from dsr.core.model import Collection, FieldType, Path, Record
from dsr.core.plan import Gap
from dsr.core.policy import Entry, Place, Policy, ViaLink
from dsr.core.select import Predicate, Selection
from dsr.core.store import Store


@dataclass(frozen=True, slots=True)
class Inbound:
    """A reference from `child` (its `fields`) to `keys` of a collection of the same store.

    `owning` references say whose the child's record is. It counts where `where` holds (one entry of several).
    """

    child: Place
    fields: tuple[Path, ...]
    keys: tuple[Path, ...]
    owning: bool
    where: Predicate


@dataclass(frozen=True, slots=True)
class Estate:
    """Stores by name, live collections by place, and the gaps found while looking.

    `inbound` and `looks` are what `ordering` found, kept because every step of planning asks again.
    """

    policy: Policy
    stores: Mapping[str, Store]
    live: Mapping[Place, Collection]
    gaps: tuple[Gap, ...]
    inbound: dict[Place, tuple[Inbound, ...]] = field(default_factory=dict, compare=False, repr=False)
    looks: dict[Place, tuple[Inbound, ...]] = field(default_factory=dict, compare=False, repr=False)

    def entries(self) -> Iterator[Entry]:
        """The entries whose collection is really there, with `part_of` resolved."""
        for entry in self.policy.entries:
            if entry.place in self.live:
                yield entry

    def collection(self, place: Place) -> Collection:
        """The live collection."""
        return self.live[place]

    def type_of(self, place: Place, path: Path) -> FieldType:
        """The type at a path of a live collection."""
        return self.live[place].type_of(path)

    def fingerprints(self) -> tuple[tuple[str, str], ...]:
        """A digest of every store's schema. Fields of open collections (logs) come and go and do not count."""
        return tuple((name, self._fingerprint(name)) for name in sorted(self.stores))

    def _fingerprint(self, store: str) -> str:
        shape = [
            [
                place.collection,
                [] if c.open else [[f.name, f.type.value, f.nullable, f.max_length] for f in c.fields],
                list(c.key),
                [[list(r.fields), r.collection, list(r.keys), r.on_delete.value] for r in c.references],
                [list(u) for u in c.uniques],
            ]
            for place, c in sorted(self.live.items())
            if place.store == store
        ]
        return hashlib.sha256(json.dumps(shape).encode()).hexdigest()


def survey(policy: Policy, stores: Mapping[str, Store]) -> Estate:
    """Look at every store. One that does not answer becomes a gap, as does a collection that is not there."""
    live: dict[Place, Collection] = {}
    gaps: list[Gap] = []
    for name, store in stores.items():
        try:
            live |= {Place(name, c.name): c for c in store.collections()}
        except StoreUnreachableError as error:
            gaps.append(Gap("unreachable", name, str(error)))
    lost = {gap.where for gap in gaps}
    for place in dict.fromkeys(entry.place for entry in policy.entries):
        if place not in live and place.store not in lost:
            gaps.append(Gap("vanished", str(place), "The policy names it, the store does not have it. Fix `data:`."))
    estate = Estate(policy, stores, live, tuple(gaps))
    return _with_parents(estate)


def _with_parents(estate: Estate) -> Estate:
    """Resolve `part_of` and `via` without fields by the foreign key to the parent."""
    entries: list[Entry] = []
    gaps = list(estate.gaps)
    for entry in estate.policy.entries:
        if entry.part_of is None or entry.place not in estate.live:
            entries.append(entry)
            continue
        link = _resolved(entry.part_of, estate.live[entry.place], estate)
        if link is None:
            text = f"No single foreign key leads to {entry.part_of.to}. Say `via:` at {entry.at}."
            gaps.append(Gap("ambiguous", str(entry.place), text))
        else:
            entries.append(replace(entry, part_of=link))
    policy = replace(estate.policy, entries=tuple(entries))
    return Estate(policy, estate.stores, estate.live, tuple(gaps))


def _resolved(link: ViaLink, collection: Collection, estate: Estate) -> ViaLink | None:
    if link.fields and link.keys:
        return link
    parent = estate.live.get(link.to)
    found = [r for r in collection.references if r.collection == link.to.collection]
    if link.fields:
        names = tuple(path[0] for path in link.fields)
        found = [r for r in found if r.fields == names]
        if not found and parent is not None and len(parent.key) == len(link.fields):
            return replace(link, keys=tuple((name,) for name in parent.key))
    if len(found) != 1:
        return None
    fields, keys = found[0].fields, found[0].keys
    return ViaLink(tuple((name,) for name in fields), link.to, tuple((name,) for name in keys))


class StoreLookup:
    """Follows links for `matches` by asking a store; for single records, not for bulk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = {c.name: c.key for c in store.collections()}

    def records(self, selection: Selection) -> Iterable[Record]:
        """The records of the selection."""
        return self._store.read(selection)

    def key_of(self, collection: str) -> tuple[str, ...]:
        """The key fields."""
        return self._keys[collection]
