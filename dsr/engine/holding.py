"""Holds as predicates: which records of an entry, or of a whole collection, a hold protects."""

from datetime import timedelta

from dsr.core.holds import Holds, HoldScope
from dsr.core.policy import Entry, Place, ViaLink
from dsr.core.select import NOTHING, Everything, IsNull, Linked, Predicate, Selection, both, either, negate
from dsr.engine.estate import Estate
from dsr.engine.reach import Persons, Reach
from dsr.engine.starting import Starting

_EDGE = timedelta(days=1)
"""What lies on the edge of a window is inside: a plain date has no hour, a naive time no zone."""


def held_by(estate: Estate, entry: Entry, scope: HoldScope) -> Predicate:
    """The records of an entry that a hold's scope covers; a part is covered with its parent, or by its own name."""
    alone: Predicate = NOTHING
    if scope.names(entry.place):
        ruled = Everything() if scope.rules is None else under_rules(estate, entry, frozenset(scope.rules))
        alone = both(_of(estate, entry, scope), ruled, _said(scope, entry.place), _in_window(estate, entry, scope))
    if not scope.narrow or entry.part_of is None:
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


def protected(estate: Estate, holds: Holds, place: Place) -> Predicate:
    """Everything in a collection that any active hold covers, whoever it belongs to, and rows that no entry takes."""
    return either(*(_covered(estate, hold.scope, place) for hold in holds.active))


def _covered(estate: Estate, scope: HoldScope, place: Place) -> Predicate:
    entries = estate.policy.entries_of(place)
    known = either(*(held_by(estate, entry, scope) for entry in entries))
    if scope.subjects is not None or scope.rules is not None or not scope.names(place):
        return known
    said = _said(scope, place)
    if isinstance(said, Everything) and scope.since is None and scope.until is None:
        return Everything()
    return either(known, both(said, negate(either(*(entry.where for entry in entries)))))


def _parted(estate: Estate, entry: Entry, via: ViaLink, parents: Predicate) -> Predicate:
    if via.to not in estate.live:
        return NOTHING
    keys = via.keys or tuple((name,) for name in estate.collection(via.to).key)
    store = None if via.to.store == entry.place.store else via.to.store
    return Linked(via.fields, Selection(via.to.collection, parents), keys, store)


def _of(estate: Estate, entry: Entry, scope: HoldScope) -> Predicate:
    if scope.subjects is None:
        return entry.where
    reach = Reach(estate, Persons(scope.subjects))
    return either(reach.mine(entry), reach.shared(entry))


def _said(scope: HoldScope, place: Place) -> Predicate:
    """What the scope says of a record's own fields."""
    filled = [negate(IsNull(one.path)) for one in scope.fields or () if one.place == place]
    return both(scope.where or Everything(), either(*filled) if scope.fields is not None else Everything())


def _in_window(estate: Estate, entry: Entry, scope: HoldScope) -> Predicate:
    """The records whose date lies in the window, or has none; a part has its parent's date."""
    if scope.since is None and scope.until is None:
        return Everything()
    if entry.part_of is not None:
        parents = estate.policy.entries_of(entry.part_of.to)
        outside = (both(parent.where, negate(_in_window(estate, parent, scope))) for parent in parents)
        return negate(_parted(estate, entry, entry.part_of, either(*outside)))
    starting = Starting(estate, entry)
    early = NOTHING if scope.since is None else starting.before(scope.since - _EDGE)
    if scope.until is None:
        return negate(early)
    return both(negate(early), either(starting.before(scope.until + _EDGE), negate(starting.dated())))
