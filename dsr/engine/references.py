"""References: which rows must stay because retained rows need them, and which references are emptied.

A row that a remaining row of its own person still names becomes a tombstone. A reference in a remaining row that does
not say whose it is (`inviter_id`, `reply_to`) is emptied where the column allows it; otherwise the row it names stays.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dsr.core.holds import Holds
from dsr.core.model import Key
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
    mentions,
    negate,
)
from dsr.engine.circles import in_order
from dsr.engine.estate import Estate, Inbound
from dsr.engine.foreign import Foreign
from dsr.engine.holding import protected
from dsr.engine.ordering import against, can_empty, inbound, order, refuses, sought
from dsr.engine.parts import Part, deleted, deleted_here, held
from dsr.engine.rewriting import emptied, tombstone


@dataclass(frozen=True, slots=True)
class Knot:
    """Records of `place`, `doomed` as they are, that come before the doomed ones by which they are `named`: the store
    would refuse to delete them, or the others would not be found again.
    """

    place: Place
    child: Place
    doomed: Predicate
    named: Predicate

    @property
    def binds(self) -> Predicate:
        """Which records have to stay."""
        return both(self.doomed, self.named) if self.child == self.place else self.named

    @property
    def selection(self) -> Selection:
        """The records."""
        return Selection(self.place.collection, both(self.doomed, self.named))


@dataclass(frozen=True, slots=True)
class Settled:
    """The parts with tombstones and emptied references, and what could not be done."""

    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...]
    knots: tuple[Knot, ...]


def settle(estate: Estate, parts: Mapping[Place, list[Part]], holds: Holds, as_of: datetime) -> Settled:
    """Split what is deleted into what can go and what must stay as a tombstone; add the emptying of references."""
    done: dict[Place, list[Part]] = {place: list(found) for place, found in parts.items()}
    blocked: dict[Place, Predicate] = {}
    gaps: list[Gap] = []
    knots: list[Knot] = []
    ranks = {place: rank for rank, place in enumerate(order(estate))}
    edges = {place: [one for one in inbound(estate, place) if _binds(estate, one, holds)] for place in ranks}
    losing = [place for place in ranks if _deletes(done.get(place, []))]
    for circle in in_order({place: {one.child for one in edges[place]} for place in ranks}):
        doomed = [place for place in circle if _deletes(done.get(place, []))]
        tied = [_knot(one, p, done) for p in doomed for one in against(estate, p, ranks) if one.child in losing]
        tied += [_knot(one, p, done) for p in doomed for one in sought(estate, p, ranks) if _is_sought(one, p, done)]
        tied += [knot for place in doomed for knot in _own_knots(estate, place, done[place])]
        found = {
            place: either(
                *_blockers(estate, place, done, blocked, holds), *(knot.binds for knot in tied if knot.place == place)
            )
            for place in doomed
        }
        knots += tied
        inner = {p: [one for one in edges[p] if one.child in doomed and not _cuttable(estate, one)] for p in doomed}
        if any(inner.values()):
            found = _closed(estate, Circle(found, inner, {p: deleted(done[p]) for p in doomed}))
        blocked |= found
        for place in doomed:
            done[place] = [one for part in done[place] for one in _split(estate, part, blocked[place], as_of, gaps)]
    made: list[Part] = []
    for place in ranks:
        if _deletes(parts.get(place, ())):
            made.extend(_emptyings(estate, place, done, holds, ranks))
        made.extend(done.get(place, []))
    return Settled(tuple(made), tuple(gaps), tuple(knots))


@dataclass(frozen=True, slots=True)
class Circle:
    """Collections that refer to each other in a circle, or one to itself: what is known to be `blocked` before the
    circle is followed, the references inside it, and what each is to lose.
    """

    blocked: Mapping[Place, Predicate]
    inner: Mapping[Place, list[Inbound]]
    doomed: Mapping[Place, Predicate]


def _closed(estate: Estate, circle: Circle) -> dict[Place, Predicate]:
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


def _knot(one: Inbound, place: Place, done: Mapping[Place, list[Part]]) -> Knot:
    naming = Selection(one.child.collection, both(one.where, deleted(done[one.child])))
    store = None if one.child.store == place.store else one.child.store
    return Knot(place, one.child, deleted(done[place]), Linked(one.keys, naming, one.fields, store))


def _deletes(parts: Iterable[Part]) -> bool:
    return any(part.disposition is Disposition.DELETE for part in parts)


def _is_sought(one: Inbound, place: Place, done: Mapping[Place, list[Part]]) -> bool:
    """Whether what goes later is chosen by a look at the collection."""
    gone = (part for part in done.get(one.child, []) if part.disposition is Disposition.DELETE)
    return any(mentions(part.where, place.collection) for part in gone)


def _own_knots(estate: Estate, place: Place, parts: Iterable[Part]) -> Iterator[Knot]:
    """Records that others of their collection name, where these go in a later step."""
    gone = [part for part in parts if part.disposition is Disposition.DELETE]
    for one in inbound(estate, place) if len(gone) > 1 else ():
        if one.child == place and not _cuttable(estate, one) and refuses(estate, place, one):
            for number, part in enumerate(gone[:-1], start=1):
                later = Selection(place.collection, both(one.where, deleted(gone[number:])))
                yield Knot(place, place, part.where, Linked(one.keys, later, one.fields))


def _cuttable(estate: Estate, one: Inbound) -> bool:
    return not one.owning and can_empty(estate, one)


def _unspared(parts: Iterable[Part]) -> Predicate:
    """What goes, or becomes a tombstone, whatever holds say."""
    return either(*(part.where for part in parts if any(reason.why is Why.PROHIBITED for reason in part.reasons)))


def _binds(estate: Estate, one: Inbound, holds: Holds) -> bool:
    """Whether a row that stays can keep the row it names by this reference."""
    return not _cuttable(estate, one) or not is_nothing(protected(estate, holds, one.child))


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
        elif can_empty(estate, one):
            stays = both(protected(estate, holds, one.child), negate(either(deleted(parts), _unspared(parts))))
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
        if one.owning or not changes or is_nothing(gone) or not can_empty(estate, one):
            continue
        points = Linked(one.fields, Selection(place.collection, gone), one.keys)
        parts = done.get(one.child, [])
        apart = one.child == place and sum(p.disposition is Disposition.DELETE for p in parts) > 1
        together = ranks[one.child] <= ranks[place] and not (apart and refuses(estate, place, one))
        earlier = deleted(parts) if together else NOTHING
        spared = both(protected(estate, holds, one.child), negate(_unspared(parts)))
        where = both(one.where, negate(earlier), negate(spared))
        reason = Reason(Why.REFERS, note=f"names a deleted record of {place}")
        yield Part(one.child, None, Disposition.REWRITE, points, where, (reason,), changes, ahead_of=place)
