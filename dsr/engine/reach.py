"""From people to records: the predicates that select a person's records in each collection.

`mine` are records of the person, `shared` those of several people. Third parties' records are in neither.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from dsr.core.model import Key, Path, canon
from dsr.core.policy import (
    DirectLink,
    Entry,
    IdentifierLink,
    KeyLink,
    Link,
    Owner,
    Place,
    Policy,
    ThroughLink,
    ViaLink,
)
from dsr.core.select import (
    NOTHING,
    Everything,
    IsNull,
    Linked,
    LinkedByMany,
    Not,
    OneOf,
    OwnerLink,
    Predicate,
    Selection,
    StartsWith,
    both,
    either,
    key_at,
    negate,
    one_of,
)
from dsr.core.subject import Subject, account_parts
from dsr.engine.circles import linked, vias
from dsr.engine.estate import Estate
from dsr.engine.foreign import Foreign

KEY: Path = ("key",)
"""The field that holds an object's name in object stores."""


class People(Protocol):
    """Whose records are meant: some persons, or all whose account satisfies something."""

    @property
    def several(self) -> bool:
        """Whether more than one person was found alone and is meant together with others now."""

    def by_anchor(self, fields: tuple[Path, ...], kind: str, here: Place) -> Predicate:
        """The records whose fields hold one of their account keys."""

    def values(self, identifier: str) -> frozenset[str]:
        """Their values of an identifier or account kind."""

    def others(self, entry: Entry) -> Predicate:
        """The records to which somebody else links too, where the entry's links count owners."""


@dataclass(frozen=True, slots=True)
class _Target:
    """A collection in a circle, as one of its links names its records."""

    place: Place
    keys: tuple[Path, ...]
    shared: bool

    @property
    def name(self) -> str:
        """Under which identifier a subject carries the keys."""
        keys = "+".join(".".join(path) for path in self.keys)
        return f"{self.place}.{keys} circle{' shared' if self.shared else ''}"

    @property
    def counted(self) -> str:
        """The same for keys of records that are shared because owners were counted, when one person was meant alone."""
        return f"{self.name}#counted"


class Persons:
    """Named persons, found and frozen before anything is planned."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self.subjects = tuple(subjects)
        self._values: dict[str, frozenset[str]] = {}

    @property
    def several(self) -> bool:
        """Whether there are more than one."""
        return len(self.subjects) > 1

    def by_anchor(self, fields: tuple[Path, ...], kind: str, here: Place) -> Predicate:
        """`OneOf` over their account keys."""
        return OneOf(fields, frozenset(account_parts(key, len(fields)) for key in self.values(kind)))

    def values(self, identifier: str) -> frozenset[str]:
        """All their values, of accounts as of identifiers."""
        if identifier not in self._values:
            sets = [*(s.keys(identifier) for s in self.subjects), *(s.values(identifier) for s in self.subjects)]
            self._values[identifier] = frozenset().union(*sets)
        return self._values[identifier]

    def others(self, entry: Entry) -> Predicate:
        """Somebody who is none of them links to the record: what two of them share is theirs when both are meant."""
        return either(
            *(
                Linked(how.fields, Selection(how.through.collection, both(how.where, self._not_theirs(how))), how.keys)
                for how in _counted(entry)
            )
        )

    def _not_theirs(self, how: ThroughLink) -> Predicate:
        return both(negate(IsNull(how.owner)), negate(one_of(how.owner, self.values(how.anchor))))


class _Uncounted:
    """The same people where nobody counts owners."""

    several = False

    def __init__(self, people: People) -> None:
        self.by_anchor, self.values = people.by_anchor, people.values

    def others(self, entry: Entry) -> Predicate:
        """Nobody."""
        return NOTHING


class Accounts:
    """Everybody whose account record satisfies a predicate, per kind of account. Identifiers lead to nobody."""

    several = False

    def __init__(self, policy: Policy, where: dict[str, Predicate]) -> None:
        self._policy, self._where = policy, where

    def by_anchor(self, fields: tuple[Path, ...], kind: str, here: Place) -> Predicate:
        """A link to the account records."""
        where = self._where.get(kind, NOTHING)
        anchor = self._policy.anchor(kind)
        place = anchor.ref.place
        if here == place and fields == anchor.paths:
            return where
        store = None if place.store == here.store else place.store
        return Linked(fields, Selection(place.collection, where), anchor.paths, store)

    def values(self, identifier: str) -> frozenset[str]:
        """None."""
        return frozenset()

    def others(self, entry: Entry) -> Predicate:
        """Several accounts link to the record."""
        return by_many(entry)


def frozen_name(entry: Entry) -> str:
    """Under which identifier a subject carries the keys of an entry's records that are reached through other rows.

    They are frozen when the person is found: the erasure changes those very rows.
    """
    return entry.name


class Reach:
    """Builds the predicates of one scope, each entry once."""

    def __init__(self, estate: Estate, people: People) -> None:
        self._estate, self._people = estate, people
        self._mine: dict[tuple[Place, int], Predicate] = {}
        self._circles = linked(estate.policy)
        self._closing: set[Place] = set()
        self._closed: dict[_Target, set[Key]] = {}

    def mine(self, entry: Entry) -> Predicate:
        """The person's own records of the entry, its `where` included."""
        slot = (entry.place, entry.number)
        if slot not in self._mine:
            self._close(entry.place)
            made = self._owned(entry)
            if entry.place in self._closing:
                return made
            self._mine[slot] = made
        return self._mine[slot]

    def _owned(self, entry: Entry) -> Predicate:
        owned = self._links(entry, (Owner.SUBJECT, Owner.BY_LINKS), shared=False)
        return both(entry.where, owned, negate(self._declared_shared(entry)), negate(self._people.others(entry)))

    def shared(self, entry: Entry) -> Predicate:
        """Records of the entry that are the person's and somebody else's too."""
        self._close(entry.place)
        owned = self._links(entry, (Owner.SUBJECT, Owner.BY_LINKS), shared=False)
        counted = both(owned, self._people.others(entry))
        return both(entry.where, either(self._declared_shared(entry), counted))

    def third_party(self, entry: Entry) -> Predicate:
        """Records that a followed link reaches and that are somebody else's."""
        owned = self._links(entry, (Owner.SUBJECT, Owner.BY_LINKS), shared=False)
        nearer = either(owned, self._declared_shared(entry))
        return both(entry.where, self._links(entry, (Owner.THIRD_PARTY,), shared=False), negate(nearer))

    def collection(self, place: Place, *, shared: bool = False) -> Predicate:
        """The person's records of a collection, over all its entries."""
        entries = self._estate.policy.entries_of(place)
        return either(*(self.shared(e) if shared else self.mine(e) for e in entries))

    def frozen(self) -> Iterator[tuple[str, frozenset[str]]]:
        """The keys by which records in circles of links are reached, under the names that a subject carries them by."""
        for place in self._circles:
            self._close(place)
        counts = any(_counted(entry) for place in self._circles for entry in self._estate.policy.entries_of(place))
        declared = Reach(self._estate, _Uncounted(self._people)) if counts else self
        for target, keys in self._closed.items():
            declared._close(target.place)
            said = keys & declared._closed[target] if target.shared else keys
            yield target.name, _texts(said)
            yield target.counted, _texts(keys - said)

    # circles ----------------------------------------------------------------------------------------------------

    def _close(self, place: Place) -> None:
        """Follow a circle of links to its end. What is reached is remembered by key: an erasure cuts the circle."""
        circle = self._circles.get(place, frozenset())
        if not circle or circle & self._closing or any(target.place in circle for target in self._closed):
            return
        self._closing |= circle
        try:
            targets = [_Target(via.to, self.keys(via), shared) for via, shared in self._inner(circle)]
            growing = True
            while growing:  # what turns out to be shared is nobody's own, nor what was reached through it
                self._closed |= {target: self._known(target) for target in targets if not target.shared}
                for target in targets:
                    self._closed.setdefault(target, self._known(target))
                growing = self._grown(circle, shared=True)
                self._grown(circle, shared=False)
                growing = self._grown(circle, shared=True) or growing
        finally:
            self._closing -= circle

    def _inner(self, circle: frozenset[Place]) -> Iterator[tuple[ViaLink, bool]]:
        for entry in self._estate.entries():
            for via in vias(entry) if entry.place in circle else ():
                if via.to in circle and via.to in self._estate.live:
                    yield from ((via, True), (via, False))

    def _known(self, target: _Target) -> set[Key]:
        """What was reached when each person was found. What two of them share is theirs when both are meant."""
        counted = self._keys(replace(target, shared=True).counted)
        if target.shared and self._people.several:
            counted = self._still_shared(target, counted)
        return self._keys(target.name) | (counted if target.shared or self._people.several else set())

    def _keys(self, name: str) -> set[Key]:
        return {tuple(json.loads(text)) for text in self._people.values(name)}

    def _still_shared(self, target: _Target, keys: set[Key]) -> set[Key]:
        entries = self._estate.policy.entries_of(target.place)
        where = either(*(both(entry.where, self._people.others(entry)) for entry in entries))
        chosen = Selection(target.place.collection, both(OneOf(target.keys, frozenset(keys)), where))
        return set(self._read(target, chosen)) if keys else set()

    def _read(self, target: _Target, selection: Selection) -> Iterator[Key]:
        for piece in Foreign(self._estate.stores, self._estate.live).expand(selection, target.place.store):
            for record in self._estate.stores[target.place.store].read(piece, target.keys):
                key = key_at(record, target.keys)
                if key is not None:
                    yield key

    def _grown(self, circle: frozenset[Place], *, shared: bool) -> bool:
        """Steps until nothing new is reached; whether anything was."""
        grown = False
        while self._grow(circle, shared=shared):
            grown = True
        return grown

    def _grow(self, circle: frozenset[Place], *, shared: bool) -> bool:
        """One step further; whether it led anywhere."""
        grown = False
        wanted = [(t, keys) for t, keys in self._closed.items() if t.place in circle and t.shared is shared]
        for target, keys in wanted:
            where = self.collection(target.place, shared=shared)
            before = len(keys)
            keys.update(self._read(target, Selection(target.place.collection, where)))
            grown = grown or len(keys) > before
        return grown

    def _declared_shared(self, entry: Entry) -> Predicate:
        explicit = self._links(entry, (Owner.SHARED,), shared=False)
        return either(explicit, self._links(entry, (Owner.SUBJECT, Owner.BY_LINKS), shared=True))

    def _links(self, entry: Entry, owners: tuple[Owner, ...], *, shared: bool) -> Predicate:
        """The union of the links; with `shared`, only what hangs under shared parents."""
        if entry.part_of is not None:
            wanted = Owner.SUBJECT in owners
            return self._via(entry, entry.part_of, shared=shared) if wanted else NOTHING
        made = []
        for link in entry.links:
            if link.owner in owners and (not shared or isinstance(link.how, ViaLink)):
                made.append(both(self._link(entry, link, shared=shared), _somebody(link)))
        return either(*made)

    def _link(self, entry: Entry, link: Link, *, shared: bool) -> Predicate:
        match link.how:
            case DirectLink(fields, anchor):
                return self._people.by_anchor(fields, anchor, entry.place)
            case ViaLink():
                return self._via(entry, link.how, shared=shared)
            case IdentifierLink(identifier, field):
                declared = self._estate.policy.identifier(identifier)
                values = self._people.values(identifier)
                return one_of(field, values, declared.match) if declared else one_of(field, values)
            case KeyLink(before, identifier, after, whole):
                names = frozenset(f"{before}{value}{after}" for value in self._people.values(identifier))
                return one_of(KEY, names) if whole else StartsWith(KEY, names)
            case ThroughLink(fields):
                return one_of(fields[0], self._people.values(frozen_name(entry)))

    def _via(self, entry: Entry, via: ViaLink, *, shared: bool) -> Predicate:
        if via.to not in self._estate.live:
            return NOTHING
        if via.to in self._circles.get(entry.place, ()):
            keys = self._closed.get(_Target(via.to, self.keys(via), shared), set())
            # never "nothing": a plan has the same parts whatever the data
            return OneOf(via.fields, frozenset(keys)) if keys else Not(Everything())
        source = Selection(via.to.collection, self.collection(via.to, shared=shared))
        store = None if via.to.store == entry.place.store else via.to.store
        return Linked(via.fields, source, self.keys(via), store)

    def keys(self, via: ViaLink) -> tuple[Path, ...]:
        """The parent's key fields; its primary key where the policy gives none."""
        return via.keys or tuple((name,) for name in self._estate.collection(via.to).key)


def _texts(keys: set[Key]) -> frozenset[str]:
    return frozenset(json.dumps([canon(part) for part in key]) for key in keys)


def _somebody(link: Link) -> Predicate:
    if not link.none:
        return Everything()
    fields: tuple[Path, ...] = ()
    match link.how:
        case DirectLink(found, _) | ViaLink(found, _, _):
            fields = found
        case IdentifierLink(_, field):
            fields = (field,)
        case _:
            return Everything()
    return negate(either(*(one_of(field, link.none) for field in fields)))


def by_many(entry: Entry) -> Predicate:
    """Whether several people link to a record, for links that count owners."""
    counted = _counted(entry)
    if not counted:
        return NOTHING
    sources = tuple(OwnerLink(Selection(how.through.collection, how.where), how.keys, how.owner) for how in counted)
    return LinkedByMany(counted[0].fields, sources)


def _counted(entry: Entry) -> list[ThroughLink]:
    return [link.how for link in entry.links if link.owner is Owner.BY_LINKS and isinstance(link.how, ThroughLink)]


def through_links(entry: Entry) -> tuple[ThroughLink, ...]:
    """The links of an entry that lead through another collection's rows."""
    return tuple(link.how for link in entry.links if isinstance(link.how, ThroughLink))
