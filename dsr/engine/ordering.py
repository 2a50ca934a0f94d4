"""The order in which collections are dealt with: those whose records name others go before the ones that they name.

Where that leads round in a circle the order has to go against some references: against such as give way, if there are.
"""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from dsr.core.model import OnDelete, Path
from dsr.core.policy import DirectLink, Entry, Place
from dsr.core.select import Everything, Predicate, both, either, is_nothing, negate
from dsr.engine.circles import linked, vias
from dsr.engine.estate import Estate, Inbound
from dsr.engine.rewriting import emptied

_Pair = tuple[Place, Place]  # a collection, and the one that its records name
_Way = tuple[Place, tuple[Path, ...], tuple[Path, ...]]


def order(estate: Estate) -> tuple[Place, ...]:
    """Every live collection, referring ones before those they refer to, other stores before the anchors' stores."""
    places, before = _before(estate)
    named = [(place, one) for place in places for one in inbound(estate, place)]
    looks = [(place, one) for place in places for one in _looks(estate, place)]
    hard = {(one.child, place) for place, one in named if one.owning or not can_empty(estate, one)}
    firm = {(one.child, place) for place, one in named if not _gives_way(estate, place, one)}
    links = {(one.child, place) for place, one in looks if one.owning}
    dates = {(one.child, place) for place, one in looks if not one.owning}
    soft = {(one.child, place) for place, one in named} - hard - links
    yielding = {(child, place) for place in places for child in before[place]} - firm - links
    _with_cascades(before, {(one.child, p) for p, one in named if OnDelete.CASCADE in _on_delete(estate, p, one)})
    return _sorted(places, before, (soft - dates, yielding - dates, soft | yielding))


def against(estate: Estate, place: Place, ranks: Mapping[Place, int]) -> Iterator[Inbound]:
    """The references to a collection from one that comes later and cannot be made to let go of it before."""
    for one in inbound(estate, place):
        if ranks[one.child] > ranks[place] and not _gives_way(estate, place, one):
            yield one


def sought(estate: Estate, place: Place, ranks: Mapping[Place, int]) -> Iterator[Inbound]:
    """The references by which records that come later are still looked for: without the collection's they are lost."""
    return (one for one in _looks(estate, place) if ranks[one.child] > ranks[place])


def refuses(estate: Estate, place: Place, one: Inbound) -> bool:
    """Whether the store refuses to delete a record while this reference names it."""
    return bool(_on_delete(estate, place, one) & {OnDelete.REFUSE, OnDelete.NOTHING})


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


def inbound(estate: Estate, place: Place) -> tuple[Inbound, ...]:
    """All references to a collection from its own store: foreign keys, links of the policy, `refers`.

    What a foreign key says is so for every record; what the policy says of an entry, for that entry's records.
    """
    if not estate.inbound:  # in one go: asking every entry about every collection takes seconds
        estate.inbound.update(_inbound(estate))
    return estate.inbound[place]


def can_empty(estate: Estate, one: Inbound) -> bool:
    """Undeclared collections are never written to: their references keep the row they name."""
    known = any(n.place == one.child for n in estate.policy.none) or estate.policy.entries_of(one.child)
    return bool(known) and bool(emptied(tuple(path[0] for path in one.fields), estate.collection(one.child)))


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


def _owning(estate: Estate, entry: Entry) -> Iterator[tuple[Place, tuple[Path, ...], tuple[Path, ...]]]:
    """The live collections of the same store that an entry's links lead to, with both ends of each link."""
    for via in vias(entry):
        if via.to in estate.live and via.to.store == entry.place.store:
            yield via.to, via.fields, via.keys or tuple((name,) for name in estate.collection(via.to).key)
    for link in entry.links:
        if isinstance(link.how, DirectLink):
            anchor = estate.policy.anchor(link.how.anchor)
            place = anchor.ref.place
            itself = entry.place == place and link.how.fields == anchor.paths
            if place in estate.live and place.store == entry.place.store and not itself:
                yield place, link.how.fields, anchor.paths


def _looks(estate: Estate, place: Place) -> tuple[Inbound, ...]:
    """How records elsewhere are found, or dated, by way of a collection's records: they go first, or are lost.

    Links in a circle are left out, for their keys are remembered; those of parts never are. Dates in records that name
    the dated one are left out as well: these go first whatever follows.
    """
    if not estate.looks:
        kept = linked(estate.policy)
        found: dict[Place, list[Inbound]] = {one: [] for one in estate.live}
        for entry in estate.entries():
            for to, one in _looking(estate, entry, kept.get(entry.place, frozenset())):
                found[to].append(one)
        estate.looks.update({to: tuple(ones) for to, ones in found.items()})
    return estate.looks[place]


def _looking(estate: Estate, entry: Entry, kept: frozenset[Place]) -> Iterator[tuple[Place, Inbound]]:
    others = estate.live.keys() - {entry.place}
    for via in vias(entry):
        if via.to in others and (via == entry.part_of or via.to not in kept):
            keys = via.keys or tuple((name,) for name in estate.collection(via.to).key)
            one = Inbound(entry.place, via.fields, keys, True, entry.where)
            if not _goes_along(estate, via.to, one):
                yield via.to, one
    for part in entry.start.parts if entry.start else ():
        if part.source in others and not _is_key(estate, entry.place, part.fields):
            one = Inbound(entry.place, part.fields, part.keys, False, entry.where)
            if can_empty(estate, one) or not _goes_along(estate, part.source, one):
                yield part.source, one


def _is_key(estate: Estate, place: Place, fields: tuple[Path, ...]) -> bool:
    keys = {tuple((name,) for name in estate.collection(place).key)}
    return fields in keys | {anchor.paths for anchor in estate.policy.anchors if anchor.ref.place == place}


def _goes_along(estate: Estate, place: Place, one: Inbound) -> bool:
    return one.child.store == place.store and _on_delete(estate, place, one) == {OnDelete.CASCADE}


def _before(estate: Estate) -> tuple[list[Place], dict[Place, set[Place]]]:
    """All collections, and for each the ones that must be dealt with before it."""
    anchors = {anchor.ref.place for anchor in estate.policy.anchors}
    home = {place.store for place in anchors}
    places = sorted(estate.live, key=lambda p: (p in anchors, p.store in home, p))
    before: dict[Place, set[Place]] = {place: set() for place in places}
    for place in places:
        for one in (*inbound(estate, place), *_looks(estate, place)):
            before[place].add(one.child)
        for entry in estate.policy.entries_of(place):  # a child in another store goes before its parent
            for via in vias(entry):
                if via.to in before:
                    before[via.to].add(place)
    for place in places:
        before[place].discard(place)
    return places, before


def _gives_way(estate: Estate, place: Place, one: Inbound) -> bool:
    """Whether a record that is to go as well lets the one that it names go first, and is still found afterwards."""
    if not one.owning and can_empty(estate, one):
        return True
    keys = _on_delete(estate, place, one)
    if keys:
        return keys == {OnDelete.CASCADE}
    hangs = any(
        via.to == place and via.fields == one.fields for e in estate.policy.entries_of(one.child) for via in vias(e)
    )
    return not hangs or place in linked(estate.policy).get(one.child, ())


def _on_delete(estate: Estate, place: Place, one: Inbound) -> set[OnDelete]:
    """What the store does at the reference, if it knows it as a foreign key."""
    names = tuple(path[0] for path in one.fields)
    return {
        reference.on_delete
        for reference in estate.collection(one.child).references
        if (reference.collection, reference.fields) == (place.collection, names)
    }


def _with_cascades(before: dict[Place, set[Place]], cascades: set[_Pair]) -> None:
    """A record goes with the one that it hangs on by a cascade: what goes before it goes before that one too."""
    grown = True
    while grown:
        grown = False
        for child, parent in cascades:
            more = before[child] - before[parent] - {child, parent}
            before[parent] |= more
            grown = grown or bool(more)


def _sorted(places: list[Place], before: dict[Place, set[Place]], cuts: tuple[set[_Pair], ...]) -> tuple[Place, ...]:
    """Topological, stable. A circle is cut at a reference that can be emptied, else at one that gives way otherwise,
    else at one by which records are only dated.
    """
    while True:
        try:
            sorter = TopologicalSorter({place: sorted(before[place]) for place in places})
            return tuple(sorter.static_order())
        except CycleError as error:
            cycle: list[Place] = error.args[1]
            edges = list(pairwise(cycle))
            weak = [*(edge for cut in cuts for edge in edges if edge in cut), *edges]
            child, parent = weak[0]
            before[parent].discard(child)
