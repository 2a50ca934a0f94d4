"""Whose a record is, when several people are exported in one pass over each collection.

Records of a person reach their package by the same links that select them, read backwards.
"""

from collections import defaultdict
from collections.abc import Iterable

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


class Attribution:
    """Tells the people of a batch apart. Parents must be passed to `whose` before their children."""

    def __init__(self, estate: Estate, subjects: Iterable[Subject]) -> None:
        self._estate, self._policy = estate, estate.policy
        self._all = frozenset(subject.token for subject in subjects)
        self._owners: dict[str, dict[str, Tokens]] = defaultdict(dict)
        for subject in subjects:
            for name, values in (*subject.anchors, *subject.identifiers):
                for value in values:
                    known = self._owners[name].get(value, _NOBODY)
                    self._owners[name][value] = known | {subject.token}
        self._parents: dict[tuple[Place, tuple[Path, ...]], dict[_Keys, Tokens]] = {
            (via.to, self._keys(via)): {} for entry in estate.entries() for via in vias(entry)
        }

    def whose(self, entry: Entry, record: Record) -> Tokens:
        """The people of the batch to whom the record belongs; remembered where children may ask for it."""
        found = self._all if len(self._all) == 1 else self._found(entry, record)
        if len(self._all) > 1 and found:
            for (place, fields), known in self._parents.items():
                if place == entry.place and (key := key_at(record, fields)) is not None:
                    known[key] = known.get(key, _NOBODY) | found
        return found

    def _found(self, entry: Entry, record: Record) -> Tokens:
        if entry.part_of is not None:
            return self._of_parent(entry.part_of, record)
        found = _NOBODY
        for link in entry.links:
            if link.owner in (Owner.SUBJECT, Owner.BY_LINKS):
                found |= self._of_link(entry, link, record)
        return found

    def _of_link(self, entry: Entry, link: Link, record: Record) -> Tokens:
        match link.how:
            case DirectLink(fields, anchor):
                key = key_at(record, fields)
                return self._owner(anchor, None if key is None else account_key(key), link)
            case IdentifierLink(identifier, field):
                declared = self._policy.identifier(identifier)
                return self._owner(identifier, record.at(field), link, declared.match if declared else Match.EXACT)
            case ViaLink():
                return self._of_parent(link.how, record)
            case ThroughLink(fields):
                tokens = self._owner(frozen_name(entry), record.at(fields[0]), link)
                return tokens if link.owner is Owner.SUBJECT or len(tokens) == 1 else _NOBODY  # shared: listed only
            case KeyLink(before, identifier, after, whole):
                value = _inside(canon(record.at(("key",))) or "", before, after, whole=whole)
                return self._owners[identifier].get(value, _NOBODY) if value is not None else _NOBODY

    def _owner(self, name: str, value: object, link: Link, match: Match = Match.EXACT) -> Tokens:
        text = canon(value)
        if text is None or text in link.none:
            return _NOBODY
        return self._owners[name].get(match.fold(text), _NOBODY)

    def _of_parent(self, via: ViaLink, record: Record) -> Tokens:
        key = key_at(record, via.fields)
        return _NOBODY if key is None else self._parents[via.to, self._keys(via)].get(key, _NOBODY)

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
    """Whether parents come before children everywhere, so that a batch can be told apart in one pass."""
    rank = {place: number for number, place in enumerate(order)}
    return all(rank.get(via.to, -1) < rank.get(entry.place, 0) for entry in policy.entries for via in vias(entry))


def _inside(key: str, before: str, after: str, *, whole: bool) -> str | None:
    if not key.startswith(before):
        return None
    rest = key[len(before) :]
    if whole:
        return rest[: len(rest) - len(after)] if rest.endswith(after) else None
    end = rest.find(after)
    return rest[:end] if end > 0 else None
