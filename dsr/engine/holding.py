"""Holds as predicates: which records of an entry, or of a whole collection, a hold protects."""

from dsr.core.holds import Holds, HoldScope
from dsr.core.policy import Entry, Place, ViaLink
from dsr.core.select import NOTHING, Everything, Linked, Predicate, Selection, both, either
from dsr.engine.estate import Estate
from dsr.engine.reach import Persons, Reach


def held_by(estate: Estate, entry: Entry, scope: HoldScope) -> Predicate:
    """The records of an entry that a hold's scope covers; a part is covered with its parent, or by its own name."""
    named = scope.collections is None or str(entry.place) in scope.collections
    ruled = Everything() if scope.rules is None else under_rules(estate, entry, frozenset(scope.rules))
    alone = both(_of(estate, entry, scope), ruled) if named else NOTHING
    if scope.collections is None or entry.part_of is None:
        return alone
    parents = (held_by(estate, parent, scope) for parent in estate.policy.entries_of(entry.part_of.to))
    return either(alone, both(entry.where, _parted(estate, entry, entry.part_of, either(*parents))))


def under_rules(estate: Estate, entry: Entry, rules: frozenset[str]) -> Predicate:
    """The records of an entry that one of the rules governs; a part is governed by its parent's."""
    if entry.part_of is None:
        return Everything() if entry.rule in rules else NOTHING
    parents = estate.policy.entries_of(entry.part_of.to)
    governed = (both(parent.where, under_rules(estate, parent, rules)) for parent in parents)
    return _parted(estate, entry, entry.part_of, either(*governed))


def _parted(estate: Estate, entry: Entry, via: ViaLink, parents: Predicate) -> Predicate:
    if via.to not in estate.live:
        return NOTHING
    keys = via.keys or tuple((name,) for name in estate.collection(via.to).key)
    store = None if via.to.store == entry.place.store else via.to.store
    return Linked(via.fields, Selection(via.to.collection, parents), keys, store)


def protected(estate: Estate, holds: Holds, place: Place) -> Predicate:
    """Everything in a collection that any active hold covers, whoever it belongs to, and rows that no entry takes."""
    entries = estate.policy.entries_of(place)
    for scope in (hold.scope for hold in holds.active):
        if scope.subjects is None and scope.rules is None and str(place) in (scope.collections or (str(place),)):
            return Everything()
    return either(*(held_by(estate, entry, hold.scope) for hold in holds.active for entry in entries))


def _of(estate: Estate, entry: Entry, scope: HoldScope) -> Predicate:
    if scope.subjects is None:
        return entry.where
    reach = Reach(estate, Persons(scope.subjects))
    return either(reach.mine(entry), reach.shared(entry))
