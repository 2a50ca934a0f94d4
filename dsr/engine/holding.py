"""Holds as predicates: which records of an entry, or of a whole collection, a hold protects."""

from dsr.core.holds import Holds, HoldScope
from dsr.core.policy import Entry, Place
from dsr.core.select import NOTHING, Linked, Predicate, Selection, both, either
from dsr.engine.estate import Estate
from dsr.engine.reach import Persons, Reach


def held_by(estate: Estate, entry: Entry, scope: HoldScope) -> Predicate:
    """The records of an entry that a hold's scope covers; a part is covered with its parent, or by its own name."""
    named = scope.collections is None or str(entry.place) in scope.collections
    if entry.part_of is None:
        ruled = scope.rules is None or entry.rule in scope.rules
        return _of(estate, entry, scope) if named and ruled else NOTHING
    alone = _of(estate, entry, scope) if scope.collections is not None and named else NOTHING
    via = entry.part_of
    if via.to not in estate.live:
        return alone
    parents = either(*(held_by(estate, parent, scope) for parent in estate.policy.entries_of(via.to)))
    keys = via.keys or tuple((name,) for name in estate.collection(via.to).key)
    store = None if via.to.store == entry.place.store else via.to.store
    with_parent = Linked(via.fields, Selection(via.to.collection, parents), keys, store)
    return either(alone, both(entry.where, with_parent))


def protected(estate: Estate, holds: Holds, place: Place) -> Predicate:
    """Everything in a collection that any active hold covers, whoever it belongs to."""
    entries = estate.policy.entries_of(place)
    return either(*(held_by(estate, entry, hold.scope) for hold in holds.active for entry in entries))


def _of(estate: Estate, entry: Entry, scope: HoldScope) -> Predicate:
    if scope.subjects is None:
        return entry.where
    reach = Reach(estate, Persons(scope.subjects))
    return either(reach.mine(entry), reach.shared(entry))
