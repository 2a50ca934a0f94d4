"""Who is meant: from the given identifiers to accounts, from accounts to all identifiers, to a fixed point.

A value that leads to accounts of several people is a stop: it is found, counted, and not followed. All people of a
batch are resolved together, one query per field and round.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dsr.core.matching import Match
from dsr.core.model import Path, Record, canon
from dsr.core.policy import (
    DirectLink,
    Entry,
    FieldRef,
    Identifier,
    Place,
    ThroughLink,
    ViaLink,
)
from dsr.core.select import OneOf, Predicate, Selection, both, either, key_at, one_of
from dsr.core.subject import Subject, account_key, account_parts
from dsr.engine.circles import linked
from dsr.engine.derived import Derived, Value
from dsr.engine.estate import Estate
from dsr.engine.reach import Persons, Reach, frozen_name, through_links

Account = tuple[str, str]
"""Kind of anchor and key (canonical text)."""
Tokens = Callable[[Iterable[Account], Iterable[Value]], str]
_CHUNK = 5_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """What was said of one person: values per identifier. `merge` confirms that several accounts are one person."""

    given: tuple[Value, ...]
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The person found, or the accounts among which somebody must choose."""

    ask: Ask
    subject: Subject | None
    candidates: tuple[Account, ...] = ()


@dataclass(slots=True)
class _Person:
    ask: Ask
    accounts: set[Account] = field(default_factory=set)
    values: set[Value] = field(default_factory=set)
    stops: set[Value] = field(default_factory=set)
    candidates: set[Account] = field(default_factory=set)
    seen_accounts: set[Account] = field(default_factory=set)
    seen_values: set[Value] = field(default_factory=set)


class Resolver:
    """Resolves asks against one estate."""

    def __init__(self, estate: Estate, token: Tokens) -> None:
        self._estate, self._token = estate, token
        self._identifiers = {i.name: i for i in estate.policy.identifiers}
        self._round = bool(linked(estate.policy))

    def resolve(self, asks: Iterable[Ask]) -> tuple[Answer, ...]:
        """One answer for each ask, in order."""
        people = [_Person(ask, values={self._fold(v) for v in ask.given}) for ask in asks]
        first = True
        while True:
            wanted = {v for p in people for v in p.values - p.seen_values - p.stops}
            fresh = {a for p in people for a in p.accounts - p.seen_accounts}
            if not wanted and not fresh:
                break
            owners = self._owners(wanted)
            for person in people:
                self._follow(person, owners, given=first)
            fresh = {a for p in people for a in p.accounts - p.seen_accounts}
            found = self._values(fresh)
            for person in people:
                for account in person.accounts - person.seen_accounts:
                    person.values |= found[account]
                    person.seen_accounts.add(account)
            first = False
        derived = Derived(self._estate, (person.values for person in people))
        return tuple(self._answer(person, derived) for person in people)

    def _follow(self, person: _Person, owners: dict[Value, set[Account]], *, given: bool) -> None:
        for value in person.values - person.seen_values:
            accounts = owners.get(value, set())
            if given and (len(accounts) < 2 or person.ask.merge):
                person.accounts |= accounts
            elif given:
                person.candidates |= accounts
            elif accounts - person.accounts:
                person.stops.add(value)
            person.seen_values.add(value)
        person.values -= person.stops
        if given and not person.ask.merge and len(person.accounts | person.candidates) > 1:
            person.candidates |= person.accounts  # several accounts: somebody must say that they are one person
            person.accounts.clear()

    def _answer(self, person: _Person, derived: "Derived") -> Answer:
        if person.candidates:
            return Answer(person.ask, None, tuple(sorted(person.candidates)))
        anchors: dict[str, set[str]] = defaultdict(set)
        for kind, key in person.accounts:
            anchors[kind].add(key)
        identifiers: dict[str, set[str]] = defaultdict(set)
        made, shared = derived.of(person.values - person.stops)
        for name, text in (person.values - person.stops - shared) | made:
            identifiers[name].add(text)
        token = self._token(person.accounts, person.values if not person.accounts else ())
        for name, keys in self._frozen(anchors):
            if keys:
                identifiers[name] |= keys
        subject = Subject(token, _sorted(anchors), _sorted(identifiers), len(person.stops | shared))
        if self._round:
            circles = tuple((name, keys) for name, keys in Reach(self._estate, Persons((subject,))).frozen() if keys)
            subject = replace(subject, identifiers=tuple(sorted((*subject.identifiers, *circles))))
        return Answer(person.ask, subject)

    def _fold(self, value: Value) -> Value:
        declared = self._identifiers.get(value[0])
        return (value[0], declared.match.fold(value[1]) if declared else value[1])

    def _owners(self, values: set[Value]) -> dict[Value, set[Account]]:
        """Which accounts each value leads to, over every field that holds its identifier."""
        owners: dict[Value, set[Account]] = defaultdict(set)
        for name, identifier in self._identifiers.items():
            texts = {text for kind, text in values if kind == name}
            for ref in identifier.refs if texts else ():
                for text, account in self._pairs(ref, identifier.match, texts):
                    owners[name, text].add(account)
        for anchor in self._estate.policy.anchors:
            alone = not anchor.more  # a part of a key is nobody's account
            names = {i.name for i in self._identifiers.values() if alone and anchor.ref in i.refs} | {anchor.kind}
            for name, text in values:  # an account key means that account, even where its record is gone already
                if name in names:
                    owners[name, text].add((anchor.kind, text))
        return owners

    def _pairs(self, ref: FieldRef, match: Match, texts: set[str]) -> Iterator[tuple[str, Account]]:
        if ref.place not in self._estate.live:
            return
        for chunk in _chunks(texts):
            where = one_of(ref.path, chunk, match)
            for record, account in self._accounts_of(ref.place, where, (ref.path,)):
                text = canon(record.at(ref.path))
                if text is not None:
                    yield match.fold(text), account

    def _values(self, accounts: set[Account]) -> dict[Account, set[Value]]:
        """All identifier values that the accounts hold anywhere."""
        values: dict[Account, set[Value]] = defaultdict(set)
        for identifier in self._identifiers.values():
            for ref in identifier.refs:
                for account, text in self._held(ref, identifier, accounts):
                    values[account].add((identifier.name, text))
        return values

    def _held(self, ref: FieldRef, identifier: Identifier, accounts: set[Account]) -> Iterator[tuple[Account, str]]:
        if ref.place not in self._estate.live:
            return
        for chunk in _chunks(accounts):
            where = self._owned_by(ref.place, set(chunk))
            for record, account in self._accounts_of(ref.place, where, (ref.path,)):
                text = identifier.match.fold(canon(record.at(ref.path)) or "")
                if text and account in accounts:
                    yield account, text

    def _owned_by(self, place: Place, accounts: set[Account]) -> Predicate:
        parts: list[Predicate] = []
        for entry in self._estate.policy.entries_of(place):
            for link in entry.links:
                if isinstance(link.how, DirectLink):
                    fields = link.how.fields
                    keys = (account_parts(key, len(fields)) for kind, key in accounts if kind == link.how.anchor)
                    parts.append(both(entry.where, OneOf(fields, frozenset(keys))))
        return either(*parts)

    def _accounts_of(
        self, place: Place, where: Predicate, fields: tuple[Path, ...]
    ) -> Iterator[tuple[Record, Account]]:
        """The selected records with the account each directly belongs to, one hop over a parent at the most."""
        store = self._estate.stores[place.store]
        for entry in self._estate.policy.entries_of(place):
            for how in (link.how for link in entry.links):
                if isinstance(how, DirectLink):
                    chosen = Selection(place.collection, both(entry.where, where))
                    for record in store.read(chosen, (*fields, *how.fields)):
                        key = key_at(record, how.fields)
                        if key is not None:
                            yield record, (how.anchor, account_key(key))
                elif isinstance(how, ViaLink):
                    yield from self._over_parent(entry, how, where, fields)

    def _over_parent(
        self, entry: Entry, via: ViaLink, where: Predicate, fields: tuple[Path, ...]
    ) -> Iterator[tuple[Record, Account]]:
        if via.to == entry.place or not via.keys:
            return
        store = self._estate.stores[entry.place.store]
        children = list(store.read(Selection(entry.place.collection, both(entry.where, where)), (*fields, *via.fields)))
        keys = frozenset(tuple(child.at(path) for path in via.fields) for child in children)  # as many as values asked
        owners: dict[tuple[str | None, ...], Account] = {}
        for parent, account in self._accounts_of(via.to, OneOf(via.keys, keys), via.keys):
            owners[tuple(canon(parent.at(path)) for path in via.keys)] = account
        for child in children:
            found = owners.get(tuple(canon(child.at(path)) for path in via.fields))
            if found is not None:
                yield child, found

    def _frozen(self, anchors: dict[str, set[str]]) -> Iterator[tuple[str, set[str]]]:
        """Keys of records that are reached only through rows which an erasure itself changes."""
        for entry in self._estate.entries():
            for how in through_links(entry):
                yield frozen_name(entry), set(self._through(how, anchors.get(how.anchor, set())))

    def _through(self, how: ThroughLink, accounts: set[str]) -> Iterator[str]:
        if how.through not in self._estate.live:
            return
        store = self._estate.stores[how.through.store]
        where = both(how.where, one_of(how.owner, accounts))
        for record in store.read(Selection(how.through.collection, where), (*how.keys, how.owner)):
            text = canon(record.at(how.keys[0]))
            if text is not None:
                yield text


def _sorted(found: dict[str, set[str]]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((name, frozenset(values)) for name, values in sorted(found.items()))


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    ordered = list(items)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
