"""References: which rows must stay because retained rows need them, and which references are emptied.

A row that a remaining row of its own person still names becomes a tombstone. A reference in a remaining row that does
not say whose it is (`inviter_id`, `reply_to`) is emptied where the column allows it; otherwise the row it names stays.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from dsr.core.holds import Holds
from dsr.core.model import Key, Path
from dsr.core.plan import Disposition, Gap, Reason, Why
from dsr.core.policy import DirectLink, Entry, Link, Owner, Place, ViaLink
from dsr.core.select import (
    NOTHING,
    Everything,
    Linked,
    Not,
    OneOf,
    Predicate,
    Rewritten,
    Selection,
    both,
    either,
    is_nothing,
    key_at,
    negate,
)
from dsr.engine.circles import in_order
from dsr.engine.estate import Estate, Inbound
from dsr.engine.foreign import Foreign
from dsr.engine.holding import protected
from dsr.engine.parts import Part, deleted, deleted_here, held
from dsr.engine.rewriting import emptied, tombstone

_Way = tuple[Place, tuple[Path, ...], tuple[Path, ...]]


@dataclass(frozen=True, slots=True)
class Settled:
    """The parts with tombstones and emptied references, and what could not be done."""

    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...]


def inbound(estate: Estate, place: Place) -> tuple[Inbound, ...]:
    """All references to a collection from its own store: foreign keys, links of the policy, `refers`.

    What a foreign key says is so for every record; what the policy says of an entry, for that entry's records.
    """
    if not estate.inbound:  # in one go: asking every entry about every collection takes seconds
        estate.inbound.update(_inbound(estate))
    return estate.inbound[place]


def _inbound(estate: Estate) -> dict[Place, tuple[Inbound, ...]]:
    owning: dict[Place, dict[_Way, list[Predicate]]] = {place: {} for place in estate.live}
    loose: dict[Place, dict[_Way, list[Predicate]]] = {place: {} for place in estate.live}
    for entry in estate.entries():
        for place, fields, keys in _owning(estate, entry):
            owning[place].setdefault((entry.place, fields, keys), []).append(entry.where)
        for refers in entry.refers:
            if refers.to.place in loose and refers.to.place.store == entry.place.store:
                way = (entry.place, (refers.field,), (refers.to.path,))
                loose[refers.to.place].setdefault(way, []).append(entry.where)
    for child, collection in estate.live.items():
        for reference in collection.references:
            target = Place(child.store, reference.collection)
            if target in loose:
                fields, keys = (tuple((name,) for name in names) for names in (reference.fields, reference.keys))
                loose[target][child, fields, keys] = [Everything()]
    return {place: tuple(_ways(owning[place], loose[place])) for place in estate.live}


def _ways(owning: Mapping[_Way, list[Predicate]], loose: Mapping[_Way, list[Predicate]]) -> Iterator[Inbound]:
    for way, wheres in owning.items():
        yield Inbound(*way, True, either(*wheres))
    for way, wheres in loose.items():
        where = both(either(*wheres), negate(either(*owning.get(way, ()))))
        if not is_nothing(where):
            yield Inbound(*way, False, where)


def order(estate: Estate) -> tuple[Place, ...]:
    """Every live collection, referring ones before those they refer to, other stores before the anchors' stores."""
    places, before = _before(estate)
    soft, hard = set[tuple[Place, Place]](), set[tuple[Place, Place]]()
    for place in places:
        for one in inbound(estate, place):
            (hard if one.owning or not _can_empty(estate, one) else soft).add((one.child, place))
    return _sorted(places, before, soft - hard)


def needed_by(estate: Estate, place: Place) -> frozenset[Place]:
    """The collections that must not be touched while one is unfinished: those its records refer to, and so on."""
    places, before = _before(estate)
    found, todo = set[Place](), [place]
    while todo:
        now = todo.pop()
        fresh = {p for p in places if now in before[p]} - found
        found |= fresh
        todo.extend(fresh)
    return frozenset(found - {place}) | frozenset(anchor.ref.place for anchor in estate.policy.anchors)


def _before(estate: Estate) -> tuple[list[Place], dict[Place, set[Place]]]:
    """All collections, and for each the ones that must be dealt with before it."""
    anchors = {anchor.ref.place for anchor in estate.policy.anchors}
    home = {place.store for place in anchors}
    places = sorted(estate.live, key=lambda p: (p in anchors, p.store in home, p))
    before: dict[Place, set[Place]] = {place: set() for place in places}
    for place in places:
        for one in inbound(estate, place):
            before[place].add(one.child)
        for entry in estate.policy.entries_of(place):  # a child in another store goes before its parent
            for via in _vias(entry):
                if via.to in before:
                    before[via.to].add(place)
    for place in places:
        before[place].discard(place)
    return places, before


def settle(estate: Estate, parts: Mapping[Place, list[Part]], holds: Holds, as_of: datetime) -> Settled:
    """Split what is deleted into what can go and what must stay as a tombstone; add the emptying of references."""
    done: dict[Place, list[Part]] = {place: list(found) for place, found in parts.items()}
    blocked: dict[Place, Predicate] = {}
    gaps: list[Gap] = []
    ranks = {place: rank for rank, place in enumerate(order(estate))}
    edges = {place: [one for one in inbound(estate, place) if _binds(estate, one, holds)] for place in ranks}
    for circle in in_order({place: {one.child for one in edges[place]} for place in ranks}):
        doomed = [place for place in circle if _deletes(done.get(place, []))]
        found = {place: either(*_blockers(estate, place, done, blocked, holds)) for place in doomed}
        inner = {place: [one for one in edges[place] if one.child in doomed] for place in doomed}
        if any(inner.values()):
            found = _closed(estate, Circle(found, inner, {p: deleted(done[p]) for p in doomed}), holds)
        blocked |= found
        for place in doomed:
            done[place] = [one for part in done[place] for one in _split(estate, part, blocked[place], as_of, gaps)]
    made: list[Part] = []
    for place in ranks:
        if _deletes(parts.get(place, ())):
            made.extend(_emptyings(estate, place, done, holds, ranks))
        made.extend(done.get(place, []))
    return Settled(tuple(made), tuple(gaps))


@dataclass(frozen=True, slots=True)
class Circle:
    """Collections that refer to each other in a circle, or one to itself: what is known to be `blocked` before the
    circle is followed, the references inside it, and what each is to lose.
    """

    blocked: Mapping[Place, Predicate]
    inner: Mapping[Place, list[Inbound]]
    doomed: Mapping[Place, Predicate]


def _closed(estate: Estate, circle: Circle, holds: Holds) -> dict[Place, Predicate]:
    """Follow the circle to its end: a row that stays needs the rows that it names, and so on.

    The named keys are read from the store, round by round; there are as many as tombstones in the circle.
    """
    named: dict[Inbound, set[Key]] = {one: set() for ones in circle.inner.values() for one in ones}
    foreign = Foreign(estate.stores, estate.live)
    grown = True
    while grown:
        grown = False
        for one, keys in named.items():
            stays = both(circle.doomed[one.child], _blocked(circle, one.child, named), one.where)
            if not one.owning and _can_empty(estate, one):
                stays = both(stays, protected(estate, holds, one.child))
            before = len(keys)
            for piece in foreign.expand(Selection(one.child.collection, stays), one.child.store):
                for record in estate.stores[one.child.store].read(piece, one.fields):
                    key = key_at(record, one.fields)
                    if key is not None:
                        keys.add(key)
            grown = grown or len(keys) > before
    return {place: _blocked(circle, place, named) for place in circle.blocked}


def _blocked(circle: Circle, place: Place, named: Mapping[Inbound, set[Key]]) -> Predicate:
    inside = (
        # never "nothing": a plan has the same parts whatever the data
        OneOf(one.keys, frozenset(named[one])) if named[one] else Not(Everything())
        for one in circle.inner[place]
    )
    return either(circle.blocked[place], *inside)


def _deletes(parts: Iterable[Part]) -> bool:
    return any(part.disposition is Disposition.DELETE for part in parts)


def _binds(estate: Estate, one: Inbound, holds: Holds) -> bool:
    """Whether a row that stays can keep the row it names by this reference."""
    return one.owning or not _can_empty(estate, one) or not is_nothing(protected(estate, holds, one.child))


def _sorted(places: list[Place], before: dict[Place, set[Place]], soft: set[tuple[Place, Place]]) -> tuple[Place, ...]:
    """Topological, stable. A cycle is cut at a reference that can be emptied, if it has one."""
    while True:
        try:
            sorter = TopologicalSorter({place: sorted(before[place]) for place in places})
            return tuple(sorter.static_order())
        except CycleError as error:
            cycle: list[Place] = error.args[1]
            edges = list(pairwise(cycle))
            child, parent = next((edge for edge in edges if edge in soft), edges[0])
            before[parent].discard(child)


def _owning(estate: Estate, entry: Entry) -> Iterator[tuple[Place, tuple[Path, ...], tuple[Path, ...]]]:
    """The live collections of the same store that an entry's links lead to, with both ends of each link."""
    for via in _vias(entry):
        if via.to in estate.live and via.to.store == entry.place.store:
            yield via.to, via.fields, via.keys or tuple((name,) for name in estate.collection(via.to).key)
    for link in entry.links:
        if isinstance(link.how, DirectLink):
            anchor = estate.policy.anchor(link.how.anchor)
            place = anchor.ref.place
            itself = entry.place == place and link.how.fields == anchor.paths
            if place in estate.live and place.store == entry.place.store and not itself:
                yield place, link.how.fields, anchor.paths


def _vias(entry: Entry) -> Iterator[ViaLink]:
    if entry.part_of is not None:
        yield entry.part_of
    for link in entry.links:
        if isinstance(link.how, ViaLink):
            yield link.how


def _blockers(
    estate: Estate,
    place: Place,
    done: Mapping[Place, list[Part]],
    blocked: Mapping[Place, Predicate],
    holds: Holds,
) -> Iterator[Predicate]:
    """Predicates over the collection: some row that stays names this one."""
    for one in inbound(estate, place):
        parts = done.get(one.child, [])
        if one.owning:
            stays = _staying(estate, one, place, parts, blocked)
        elif _can_empty(estate, one):
            stays = both(protected(estate, holds, one.child), negate(deleted(parts)))
        else:
            stays = negate(deleted(parts))
        stays = both(one.where, stays)
        if not is_nothing(stays):
            yield Linked(one.keys, Selection(one.child.collection, stays), one.fields)


def _staying(
    estate: Estate, one: Inbound, place: Place, parts: list[Part], blocked: Mapping[Place, Predicate]
) -> Predicate:
    entries = estate.policy.entries_of(one.child)
    if len(entries) == 1 and isinstance(entries[0].where, Everything) and _hangs(entries[0], one, place):
        alone = [p for p in parts if all(reason.why is not Why.PART_OF for reason in p.reasons)]
        return either(blocked.get(one.child, NOTHING), held(alone))  # else its fate is the parent's
    simple = all(len(e.links) == 1 and _plain(e.links[0], one) for e in entries)
    return negate(deleted_here(parts) if simple and entries else deleted(parts))


def _hangs(entry: Entry, one: Inbound, place: Place) -> bool:
    return entry.part_of is not None and entry.part_of.to == place and entry.part_of.fields == one.fields


def _plain(link: Link, one: Inbound) -> bool:
    how = link.how
    fields = how.fields if isinstance(how, DirectLink | ViaLink) else None
    return link.owner is Owner.SUBJECT and not link.none and fields == one.fields


def _can_empty(estate: Estate, one: Inbound) -> bool:
    """Undeclared collections are never written to: their references keep the row they name."""
    known = any(n.place == one.child for n in estate.policy.none) or estate.policy.entries_of(one.child)
    return bool(known) and bool(emptied(tuple(path[0] for path in one.fields), estate.collection(one.child)))


def _split(estate: Estate, part: Part, blocked: Predicate, as_of: datetime, gaps: list[Gap]) -> Iterator[Part]:
    if part.disposition is not Disposition.DELETE or is_nothing(blocked):
        yield part
        return
    yield replace(part, cond=both(part.cond, negate(blocked)))
    reason = Reason(Why.REFERENCED, part.reasons[0].rule)
    stays = replace(part, cond=both(part.cond, blocked), reasons=(reason, *part.reasons))
    if part.entry is None:
        yield replace(stays, disposition=Disposition.RETAIN)
        return
    account = any(anchor.ref.place == part.place for anchor in estate.policy.anchors)
    found = tombstone(
        part.entry, estate.collection(part.place), as_of if account else None, _needed(estate, part.place)
    )
    gaps.extend(Gap("unsupported", part.entry.name, problem) for problem in found.problems)
    done = Rewritten(found.changes)
    yield replace(stays, disposition=Disposition.REWRITE, cond=both(stays.cond, negate(done)), changes=found.changes)
    yield replace(stays, disposition=Disposition.RETAIN, cond=both(stays.cond, done))


def _needed(estate: Estate, place: Place) -> frozenset[str]:
    """The fields of a collection by which other records find it, or with which their periods begin."""
    names = {path[0] for one in inbound(estate, place) for path in one.keys}
    for entry in estate.entries():
        for part in entry.start.parts if entry.start else ():
            if part.source == place:
                names |= {part.path[0], *(path[0] for path in part.keys)}
    return frozenset(names)


def _emptyings(
    estate: Estate, place: Place, done: Mapping[Place, list[Part]], holds: Holds, ranks: Mapping[Place, int]
) -> Iterator[Part]:
    """References to deleted rows, emptied before these go: in rows that stay, and in rows that go later."""
    gone = deleted(done[place])
    for one in inbound(estate, place):
        changes = emptied(tuple(path[0] for path in one.fields), estate.collection(one.child))
        if one.owning or not changes or is_nothing(gone) or not _can_empty(estate, one):
            continue
        points = Linked(one.fields, Selection(place.collection, gone), one.keys)
        earlier = deleted(done.get(one.child, [])) if ranks[one.child] <= ranks[place] else NOTHING
        where = both(one.where, negate(earlier), negate(protected(estate, holds, one.child)))
        reason = Reason(Why.REFERS, note=f"names a deleted record of {place}")
        yield Part(one.child, None, Disposition.REWRITE, points, where, (reason,), changes, ahead_of=place)
