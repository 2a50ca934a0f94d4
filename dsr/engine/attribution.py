"""Whose a record is, told from the record itself: apart in a batch, and a second time for one person alone.

Records of a person reach their package by the same links that select them, read backwards.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from dsr.core.matching import Match
from dsr.core.model import Path, Record, canon
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
from dsr.core.select import key_at
from dsr.core.subject import Subject, account_key
from dsr.engine.estate import Estate
from dsr.engine.reach import frozen_name

Tokens = frozenset[str]
_NOBODY: Tokens = frozenset()
_Keys = tuple[str, ...]
_OWNING = (Owner.SUBJECT, Owner.BY_LINKS)
_Collection = tuple[Place, tuple[Path, ...]]  # a collection, and the fields by which children name its records


@dataclass(frozen=True, slots=True)
class _Owners:
    """Whose a record is; a shared one is nobody's own."""

    tokens: Tokens = _NOBODY
    shared: bool = False

    @property
    def own(self) -> Tokens:
        return _NOBODY if self.shared else self.tokens

    def __or__(self, other: "_Owners") -> "_Owners":
        if self is other or other is _NONE:
            return self
        return other if self is _NONE else _Owners(self.tokens | other.tokens, self.shared or other.shared)


_NONE = _Owners()


@dataclass(frozen=True, slots=True)
class _Open:
    """A record that was given to the only person asked for, and whose parents have not been seen yet."""

    entry: str
    parents: tuple[tuple[_Collection, _Keys], ...]
    names: tuple[tuple[_Collection, _Keys], ...]


class Attribution:
    """Tells the people of a batch apart. Where several are asked for, parents must be passed before their children."""

    def __init__(self, estate: Estate, subjects: Iterable[Subject]) -> None:
        self._estate, self._policy = estate, estate.policy
        self._all = frozenset(subject.token for subject in subjects)
        self._people: dict[str, dict[str, _Owners]] = defaultdict(dict)
        for subject in subjects:
            for name, values in (*subject.anchors, *subject.identifiers):
                for value in values:
                    known = self._people[name].get(value, _NONE).tokens
                    self._people[name][value] = _Owners(known | {subject.token})
        self._parents: dict[_Collection, dict[_Keys, _Owners]] = {
            (via.to, self._keys(via)): {} for entry in estate.entries() for via in vias(entry)
        }
        self._by_place: dict[Place, list[_Collection]] = defaultdict(list)
        for one in self._parents:
            self._by_place[one[0]].append(one)
        self._open: list[_Open] = []

    def whose(self, entry: Entry, record: Record) -> Tokens:
        """The people of the batch to whom the record belongs; remembered where children may ask for it."""
        found = self._found(entry, record)
        named = self._by_place.get(entry.place, ())
        names = [(one, key) for one in named if (key := key_at(record, one[1])) is not None]
        if found.tokens or found.shared:
            for one, key in names:
                self._parents[one][key] = self._parents[one].get(key, _NONE) | found
        elif len(self._all) == 1:
            self._open.append(_Open(entry.name, tuple(self._named(entry, record)), tuple(names)))
            return self._all
        else:
            self._open.append(_Open(entry.name, (), ()))
        return found.own

    def foreign(self, unread: Set[Place] = frozenset()) -> tuple[str, ...]:
        """The entries of which a record turned out to be nobody's; below an unread collection that cannot be said."""
        left, before = self._open, -1
        while len(left) != before:
            before, rest = len(left), []
            for one in left:
                if any(key in self._parents[at] for at, key in one.parents):
                    for at, key in one.names:
                        self._parents[at][key] = _Owners(self._all)
                else:
                    rest.append(one)
            left = rest
        return tuple(dict.fromkeys(one.entry for one in left if not any(at[0] in unread for at, _ in one.parents)))

    def _named(self, entry: Entry, record: Record) -> Iterator[tuple[_Collection, _Keys]]:
        """The parents that the record names by links that make it somebody's own."""
        links = (link.how for link in entry.links if link.owner in _OWNING and isinstance(link.how, ViaLink))
        for via in links if entry.part_of is None else (entry.part_of,):
            if (key := key_at(record, via.fields)) is not None:
                yield (via.to, self._keys(via)), key

    def _found(self, entry: Entry, record: Record) -> _Owners:
        if entry.part_of is not None:
            return self._of_parent(entry.part_of, record)
        found = _NONE
        for link in entry.links:
            if link.owner in _OWNING:
                found |= self._of_link(entry, link, record)
        return found

    def _of_link(self, entry: Entry, link: Link, record: Record) -> _Owners:
        match link.how:
            case DirectLink(fields, anchor):
                key = key_at(record, fields)
                return self._owner(anchor, None if key is None else account_key(key), link)
            case IdentifierLink(identifier, field):
                declared = self._policy.identifier(identifier)
                how = declared.match if declared else Match.EXACT
                return self._owner(identifier, record.at(field), link, how)
            case ViaLink():
                return self._of_parent(link.how, record)
            case ThroughLink(fields):
                found = self._owner(frozen_name(entry), record.at(fields[0]), link)
                several = link.owner is Owner.BY_LINKS and len(found.tokens) > 1
                return _Owners(found.tokens, shared=True) if several else found
            case KeyLink(before, identifier, after, whole):
                value = _inside(canon(record.at(("key",))) or "", before, after, whole=whole)
                return self._people[identifier].get(value, _NONE) if value is not None else _NONE

    def _owner(self, name: str, value: object, link: Link, match: Match = Match.EXACT) -> _Owners:
        text = canon(value)
        if text is None or text in link.none:
            return _NONE
        return self._people[name].get(match.fold(text), _NONE)

    def _of_parent(self, via: ViaLink, record: Record) -> _Owners:
        key = key_at(record, via.fields)
        return _NONE if key is None else self._parents[via.to, self._keys(via)].get(key, _NONE)

    def _keys(self, via: ViaLink) -> tuple[Path, ...]:
        if via.keys or via.to not in self._estate.live:
            return via.keys
        return tuple((name,) for name in self._estate.collection(via.to).key)


def vias(entry: Entry) -> Iterable[ViaLink]:
    """The links of an entry to a parent."""
    if entry.part_of is not None:
        yield entry.part_of
    for link in entry.links:
        if isinstance(link.how, ViaLink):
            yield link.how


def separable(policy: Policy, order: tuple[Place, ...]) -> bool:
    """Whether a batch can be told apart in one pass: parents come before children everywhere, and no record is shared
    by one link and somebody's own by another, for then it depends on who else was asked for.
    """
    rank = {place: number for number, place in enumerate(order)}
    return not any(_mixed(entry) for entry in policy.entries) and all(
        rank.get(via.to, -1) < rank.get(entry.place, 0) for entry in policy.entries for via in vias(entry)
    )


def _mixed(entry: Entry) -> bool:
    owners = [link.owner for link in entry.links if link.owner is not Owner.THIRD_PARTY]
    return len(owners) > 1 and any(owner is not Owner.SUBJECT for owner in owners)


def _inside(key: str, before: str, after: str, *, whole: bool) -> str | None:
    if not key.startswith(before):
        return None
    rest = key[len(before) :]
    if whole:
        return rest[: len(rest) - len(after)] if rest.endswith(after) else None
    end = rest.find(after)
    return rest[:end] if end > 0 else None
