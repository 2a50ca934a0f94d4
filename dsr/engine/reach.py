"""From people to records: the predicates that select a person's records in each collection.

`mine` are records of the person, `shared` those of several people. Third parties' records are in neither.
"""

from collections.abc import Iterable
from typing import Protocol

from dsr.core.model import Path
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
    OneOf,
    OwnerLink,
    Predicate,
    Selection,
    StartsWith,
    both,
    either,
    negate,
    one_of,
)
from dsr.core.subject import Subject
from dsr.engine.estate import Estate

KEY: Path = ("key",)
"""The field that holds an object's name in object stores."""


class People(Protocol):
    """Whose records are meant: some persons, or all whose account satisfies something."""

    def by_anchor(self, fields: tuple[Path, ...], kind: str, here: Place) -> Predicate:
        """The records whose fields hold one of their account keys."""

    def values(self, identifier: str) -> frozenset[str]:
        """Their values of an identifier or account kind."""

    def others(self, entry: Entry) -> Predicate:
        """The records to which somebody else links too, where the entry's links count owners."""


class Persons:
    """Named persons, found and frozen before anything is planned."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self.subjects = tuple(subjects)
        self._values: dict[str, frozenset[str]] = {}

    def by_anchor(self, fields: tuple[Path, ...], kind: str, here: Place) -> Predicate:
        """`OneOf` over their account keys."""
        return OneOf(fields, frozenset((key,) for key in self.values(kind)))

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


class Accounts:
    """Everybody whose account record satisfies a predicate, per kind of account. Identifiers lead to nobody."""

    def __init__(self, policy: Policy, where: dict[str, Predicate]) -> None:
        self._policy, self._where = policy, where

    def by_anchor(self, fields: tuple[Path, ...], kind: str, here: Place) -> Predicate:
        """A link to the account records."""
        where = self._where.get(kind, NOTHING)
        ref = self._policy.anchor(kind).ref
        if here == ref.place and fields == (ref.path,):
            return where
        store = None if ref.place.store == here.store else ref.place.store
        return Linked(fields, Selection(ref.place.collection, where), (ref.path,), store)

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

    def __init__(self, estate: Estate, people: People, closed: dict[Place, Predicate] | None = None) -> None:
        self._estate, self._people = estate, people
        self._closed = closed or {}  # collections in a cycle of links, already closed to a fixed point
        self._mine: dict[tuple[Place, int], Predicate] = {}
        self._path: list[Place] = []

    def mine(self, entry: Entry) -> Predicate:
        """The person's own records of the entry, its `where` included."""
        slot = (entry.place, entry.number)
        if slot not in self._mine:
            owned = self._links(entry, (Owner.SUBJECT, Owner.BY_LINKS), shared=False)
            made = both(entry.where, owned, negate(self._declared_shared(entry)), negate(self._people.others(entry)))
            if self._path:
                return made  # computed inside another collection's links: may be cut short by a cycle
            self._mine[slot] = made
        return self._mine[slot]

    def shared(self, entry: Entry) -> Predicate:
        """Records of the entry that are the person's and somebody else's too."""
        owned = self._links(entry, (Owner.SUBJECT, Owner.BY_LINKS), shared=False)
        counted = both(owned, self._people.others(entry))
        return both(entry.where, either(self._declared_shared(entry), counted))

    def third_party(self, entry: Entry) -> Predicate:
        """Records that a followed link reaches and that are somebody else's."""
        owned = self._links(entry, (Owner.SUBJECT, Owner.BY_LINKS, Owner.SHARED), shared=False)
        return both(entry.where, self._links(entry, (Owner.THIRD_PARTY,), shared=False), negate(owned))

    def collection(self, place: Place, *, shared: bool = False) -> Predicate:
        """The person's records of a collection, over all its entries."""
        if place in self._closed and not shared:
            return self._closed[place]
        if place in self._path:
            return NOTHING
        self._path.append(place)
        try:
            entries = self._estate.policy.entries_of(place)
            return either(*(self.shared(e) if shared else self.mine(e) for e in entries))
        finally:
            self._path.pop()

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
        source = Selection(via.to.collection, self.collection(via.to, shared=shared))
        store = None if via.to.store == entry.place.store else via.to.store
        made = Linked(via.fields, source, self.keys(via), store)
        return NOTHING if via.to not in self._estate.live else made

    def keys(self, via: ViaLink) -> tuple[Path, ...]:
        """The parent's key fields; its primary key where the policy gives none."""
        return via.keys or tuple((name,) for name in self._estate.collection(via.to).key)


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
