"""The facts of a world as the oracle sees them: whose a record is, which holds cover it, when its period begins.

It is written from DESIGN's words (sections 4 and 5) and shares nothing with the engine but the types of the policy.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from generating import Cover, Values, World
from oracle_time import NEVER, moment

from dsr.core.model import canon
from dsr.core.policy import (
    DirectLink,
    Entry,
    IdentifierLink,
    Link,
    Owner,
    Place,
    Rule,
    StartField,
    ThroughLink,
    ViaLink,
)
from dsr.core.select import And, Everything, IsNull, Not, OneOf, Or, Predicate

OWNING = (Owner.SUBJECT, Owner.BY_LINKS)


@dataclass(frozen=True, slots=True)
class Row:
    """One record: where, and which of the rows there."""

    place: Place
    number: int


@dataclass(frozen=True, slots=True)
class Person:
    """Accounts and addresses of the people who are meant, taken together."""

    accounts: frozenset[str]
    emails: frozenset[str]
    through: bool = True  # whether records that others' rows point to are followed


def folded(value: object) -> str | None:
    """An address as people compare them."""
    return None if value is None else str(value).strip(" ").lower()


def holds_true(where: Predicate, values: Values) -> bool:
    """The conditions that entries and duties carry: values of a field, and their negation."""
    match where:
        case Everything():
            return True
        case And(parts):
            return all(holds_true(part, values) for part in parts)
        case Or(parts):
            return any(holds_true(part, values) for part in parts)
        case Not(part):
            return not holds_true(part, values)
        case OneOf(fields, keys):
            found = canon(values[fields[0][0]])
            return found is not None and any(found == canon(key[0]) for key in keys)
        case IsNull((name,)):
            return values[name] is None
        case _:
            raise AssertionError(where)


class Facts:
    """Answers questions about single records, each by walking over the raw data."""

    def __init__(self, world: World) -> None:
        self.world, self.policy = world, world.policy
        self.zone = self.policy.controller.timezone
        self.rows = [Row(place, n) for place, rows in world.rows.items() for n in range(len(rows))]
        self.entry = {row: self._entry_of(row) for row in self.rows}

    # the data ---------------------------------------------------------------------------------------------------

    def values(self, row: Row) -> Values:
        return self.world.rows[row.place][row.number]

    def at(self, row: Row, names: tuple[tuple[str, ...], ...]) -> tuple[str, ...] | None:
        found = [canon(self.values(row)[name[0]]) for name in names]
        return None if None in found else tuple(text for text in found if text is not None)

    def of(self, place: Place) -> Iterator[Row]:
        return (row for row in self.rows if row.place == place)

    def named(self, row: Row, fields: tuple[tuple[str, ...], ...], to: Place, keys: tuple) -> list[Row]:
        """The records that a reference by value names."""
        mine = self.at(row, fields)
        return [] if mine is None else [other for other in self.of(to) if self.at(other, keys) == mine]

    def _entry_of(self, row: Row) -> Entry | None:
        found = [e for e in self.policy.entries_of(row.place) if holds_true(e.where, self.values(row))]
        assert len(found) < 2
        return found[0] if found else None

    # people -----------------------------------------------------------------------------------------------------

    def person(self, *asks: tuple[str, str]) -> Person:
        """Each asked one: accounts by key or address, then all addresses of these accounts that are theirs alone."""
        accounts: set[str] = set()
        emails: set[str] = set()
        for kind, given in asks:
            mine = {given} if kind == "user_id" else self._holders(folded(given))
            theirs = {a for a in self._addresses(mine) if self._holders(a) <= mine}
            accounts |= mine
            emails |= theirs if kind == "user_id" else theirs | {folded(given) or ""}
        return Person(frozenset(accounts), frozenset(emails - {""}))

    def _pairs(self) -> Iterator[tuple[str, str]]:
        identifier = self.policy.identifier("email")
        for ref in identifier.refs if identifier else ():
            for row in self.of(ref.place):
                entry, address = self.entry[row], folded(self.values(row)[ref.path[0]])
                for link in entry.links if entry else ():
                    assert isinstance(link.how, DirectLink)
                    account = self.at(row, link.how.fields)
                    if account is not None and address:
                        yield account[0], address

    def _holders(self, address: str | None) -> set[str]:
        return {account for account, one in self._pairs() if one == address}

    def _addresses(self, accounts: set[str]) -> set[str]:
        return {address for account, address in self._pairs() if account in accounts}

    def belonging(self, person: Person) -> tuple[set[Row], set[Row], set[Row]]:
        """The person's own records, the shared ones, and those of third parties."""
        mine: set[Row] = set()
        shared: set[Row] = set()
        while True:
            now_shared = self._shared(person, mine)
            now_mine = self._mine(person, now_shared)
            if (now_mine, now_shared) == (mine, shared):
                break
            mine, shared = now_mine, now_shared
        others = {
            row
            for row in self.rows
            if row not in mine | shared and self._reached(row, person, mine, (Owner.THIRD_PARTY,))
        }
        return mine, shared, others

    def _mine(self, person: Person, shared: set[Row]) -> set[Row]:
        mine: set[Row] = set()
        while True:
            more = {row for row in self.rows if row not in mine | shared and self._reached(row, person, mine, OWNING)}
            if not more:
                return mine
            mine |= more

    def _shared(self, person: Person, mine: set[Row]) -> set[Row]:
        shared: set[Row] = set()
        while True:
            more = set()
            for row in self.rows:
                said = self._reached(row, person, mine, (Owner.SHARED,))
                under = self._under(row, shared)
                counted = self._by_links(row, person) and self._reached(row, person, mine, OWNING)
                if row not in shared and (said or under or counted):
                    more.add(row)
            if not more:
                return shared
            shared |= more

    def _by_links(self, row: Row, person: Person) -> bool:
        """Where owners are counted: somebody links to the record who is not meant."""
        entry = self.entry[row]
        counted = [n for n in entry.links if n.owner is Owner.BY_LINKS] if entry else []
        owners = {owner for link in counted for owner in self._through(row, link.how)}
        if not person.through:
            return len(owners) > 1
        return bool(owners - person.accounts)

    def _through(self, row: Row, how: object) -> Iterator[str]:
        assert isinstance(how, ThroughLink)
        for other in self.of(how.through):
            if holds_true(how.where, self.values(other)) and self.at(other, how.keys) == self.at(row, how.fields):
                yield from self.at(other, (how.owner,)) or ()

    def _under(self, row: Row, parents: set[Row]) -> bool:
        entry = self.entry[row]
        hows = [(entry.part_of, frozenset[str]())] if entry and entry.part_of else []
        hows += [(n.how, n.none) for n in entry.links if isinstance(n.how, ViaLink) and _owned(n)] if entry else []
        return any(
            parent in parents
            for how, none in hows
            if not none & set(self.at(row, how.fields) or ())
            for parent in self.named(row, how.fields, how.to, how.keys)
        )

    def _reached(self, row: Row, person: Person, mine: set[Row], owners: tuple[Owner, ...]) -> bool:
        entry = self.entry[row]
        if entry is None:
            return False
        if entry.part_of is not None:
            how = entry.part_of
            return Owner.SUBJECT in owners and any(p in mine for p in self.named(row, how.fields, how.to, how.keys))
        return any(self._linked(row, link, person, mine) for link in entry.links if link.owner in owners)

    def _linked(self, row: Row, link: Link, person: Person, mine: set[Row]) -> bool:
        match link.how:
            case DirectLink(fields):
                found = self.at(row, fields)
                return found is not None and found[0] in person.accounts and found[0] not in link.none
            case ViaLink(fields, to, keys):
                found = self.at(row, fields)
                nobody = found is None or any(part in link.none for part in found)
                return not nobody and any(p in mine for p in self.named(row, fields, to, keys))
            case IdentifierLink(_, path):
                return folded(self.values(row)[path[0]]) in person.emails
            case ThroughLink():
                return person.through and bool(set(self._through(row, link.how)) & person.accounts)
            case _:
                raise AssertionError(link.how)

    # roots and holds --------------------------------------------------------------------------------------------

    def root(self, row: Row) -> Row | None:
        """The record whose rule counts: the row itself, or what it is part of. None where that is not there."""
        entry = self.entry[row]
        if entry is None:
            return None
        if entry.part_of is None:
            return row
        parents = self.named(row, entry.part_of.fields, entry.part_of.to, entry.part_of.keys)
        return self.root(parents[0]) if parents else None

    def rule_of(self, row: Row) -> Rule | None:
        root = self.root(row)
        entry = self.entry[root] if root else None
        return self.policy.rule(entry.rule) if entry else None

    def covered(self, row: Row, cover: Cover, belonging: set[Row]) -> bool:
        """A hold covers a record, or what the record is part of; everything given must fit."""
        entry, rule = self.entry[row], self.rule_of(row)
        named = cover.collections is None or str(row.place) in cover.collections
        named = named and self._said(row, cover) and self._in_window(row, cover)
        ruled = cover.rules is None or (rule is not None and rule.name in cover.rules)
        if named and ruled and (cover.accounts is None or row in belonging):
            return True
        if entry is None or entry.part_of is None:
            return False
        parents = self.named(row, entry.part_of.fields, entry.part_of.to, entry.part_of.keys)
        return any(self.covered(parent, cover, belonging) for parent in parents)

    def _said(self, row: Row, cover: Cover) -> bool:
        """What a hold says of the record's own fields: one of those named is filled, and the condition is true."""
        values = self.values(row)
        filled = [one for one in cover.fields or () if one.place == row.place and values[one.path[0]] is not None]
        return (cover.fields is None or bool(filled)) and (cover.where is None or holds_true(cover.where, values))

    def _in_window(self, row: Row, cover: Cover) -> bool:
        """Undated records are inside, and a day is added at both ends."""
        root = self.root(row)
        start = self.start(root) if root else None
        if start is None or start is NEVER:
            return True
        early = cover.since is not None and start < cover.since - timedelta(days=1)
        return not early and (cover.until is None or start < cover.until + timedelta(days=1))

    def protected(self, *, alone: bool = False) -> set[Row]:
        """Everything that some hold covers; `alone`, that one which names collections covers, as it names this one."""
        found = self._all_covered(self.world.holds)
        if not alone:
            return found
        named = [c for c in self.world.holds if c.collections is not None or c.fields is not None]
        return {row for cover in named for row in self._all_covered((cover,)) if self._names(cover, row)}

    def _names(self, cover: Cover, row: Row) -> bool:
        named = cover.collections is None or str(row.place) in cover.collections
        return named and (cover.fields is None or any(one.place == row.place for one in cover.fields))

    def restricted(self) -> set[Row]:
        """Everything that is kept because the person restricted it."""
        return self._all_covered((Cover(self.world.restricted, None, None),) if self.world.restricted else ())

    def _all_covered(self, covers: Iterable[Cover]) -> set[Row]:
        found: set[Row] = set()
        for cover in covers:
            belonging = self.theirs(*(cover.accounts or ()))
            found |= {row for row in self.rows if self.covered(row, cover, belonging)}
        return found

    def theirs(self, *accounts: str) -> set[Row]:
        """Everything that is these people's, alone or with others."""
        mine, shared, _ = self.belonging(self.person(*(("user_id", account) for account in accounts)))
        return mine | shared

    def by_accounts(self, accounts: frozenset[str]) -> set[Row]:
        """Everything that hangs on these accounts' records."""
        there = frozenset(str(canon(self.values(row)["id"])) for row in self.rows if row.place.collection == "users")
        return self.belonging(Person(accounts & there, frozenset(), False))[0]

    # dates ------------------------------------------------------------------------------------------------------

    def start(self, row: Row) -> datetime | None:
        """When the record's period begins: None for no date, NEVER for one that does not end."""
        entry = self.entry[row]
        if entry is None or entry.start is None:
            return None
        found = [date for part in entry.start.parts if (date := self._start(row, part)) is not None]
        return None if not found else max(found) if entry.start.latest else min(found)

    def _start(self, row: Row, part: StartField) -> datetime | None:
        if part.source is None:
            return moment(self.values(row)[part.path[0]], part.clock)
        sources = self.named(row, part.fields, part.source, part.keys)
        dates = [moment(self.values(source)[part.path[0]], part.clock) for source in sources]
        return max((date for date in dates if date is not None), default=None)


def _owned(link: Link) -> bool:
    return link.owner in OWNING
