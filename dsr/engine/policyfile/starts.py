"""The `start:` of an entry: the field, the linked field, or the latest or earliest of several, with its clock."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from dsr.core.clock import Clock, Unit
from dsr.core.model import Path
from dsr.core.policy import DirectLink, FieldRef, Link, Place, Start, StartField, ViaLink
from dsr.engine.policyfile.convert import Form, choice, day, form, sequence, text, zone
from dsr.engine.policyfile.links import keys_of, paths, same_number
from dsr.engine.policyfile.names import Names, split
from dsr.engine.policyfile.nodes import Map, Node, Scalar, Seq
from dsr.engine.policyfile.problems import Problems, shown
from dsr.engine.policyfile.where import equals

_CLOCK = ("unit", "zone", "missing", "never")
_FORM = (*_CLOCK, "plausible")
PLAUSIBLE = date(1971, 1, 1)
"""The first date that is believed where the policy names none: zero in an epoch unit is not."""
_SEVERAL = ("latest", "earliest")
Way = tuple[str, tuple[Path, ...]]
"""A kind of account, and the fields that name one of it."""


class Starts:
    """Reads start forms; `links` are those of all entries, for dates found by the same person."""

    def __init__(self, names: Names, links: Mapping[Place, Sequence[tuple[Link, ...]]]) -> None:
        self._names, self._links = names, links
        self._problems: Problems = names.problems
        self._quiet = replace(names, problems=Problems())  # what is wrong is told when the entry itself is read
        self._clocks: dict[FieldRef, set[Clock]] = defaultdict(set)

    def note(self, node: Node | None, place: Place) -> None:
        """Remember how an entry reads its own dates: a reference from elsewhere reads them the same way."""
        several = [listed for name in _SEVERAL if isinstance(node, Map) and (listed := node.get(name)) is not None]
        for item in several[0].items if several and isinstance(several[0], Seq) else (node,):
            made = None if item is None else Starts(self._quiet, {})._one(item, place, ())
            if made is not None and made.source is None:
                self._clocks[FieldRef(place, made.path)].add(made.clock)

    def read(self, node: Node | None, place: Place, mine: tuple[Link, ...]) -> Start | None:
        """The start of an entry of that collection whose own links are `mine`."""
        if node is None:
            return None
        several = next((name for name in _SEVERAL if isinstance(node, Map) and node.get(name) is not None), None)
        if several is None:
            made = self._one(node, place, mine)
            return None if made is None else Start((made,))
        parts = form(node, "`start`", (several,), self._problems)
        listed = parts.get(several)
        items = sequence(listed, parts.label(several), self._problems) if listed is not None else ()
        found = [self._one(item, place, mine) for item in items]
        return Start(tuple(one for one in found if one is not None), several == "latest")

    def _one(self, node: Node, place: Place, mine: tuple[Link, ...]) -> StartField | None:
        if isinstance(node, Map) and node.get("via") is not None:
            return self._linked(form(node, "`start`", ("via", "field", "to", *_FORM), self._problems), place)
        if isinstance(node, Map) and any(node.get(name) is not None for name in _SEVERAL):
            self._problems.add(node.at, "`latest` and `earliest` do not stand inside one another. Use one list.")
            return None
        if isinstance(node, Scalar):
            return self._named(node, Form((), node.at, "`start`", self._problems), place, mine)
        parts = form(node, "`start`", ("field", *_FORM), self._problems)
        field = parts.need("field") if isinstance(node, Map) else None
        return None if field is None else self._named(field, parts, place, mine)

    def _named(self, node: Node, clock: Form, place: Place, mine: tuple[Link, ...]) -> StartField | None:
        """A field of the record, or of a collection that the same person's link leads to."""
        name = text(node, "`start`", self._problems)
        parts = split(name, "`start`", node.at, self._problems) if name else None
        if parts is None:
            return None
        if len(parts) < 2 or parts[0].quoted or parts[0].text not in self._names.stores:
            own = tuple(part.text for part in parts)
            return StartField(own, self._clock(clock, place), plausible=self._plausible(clock))
        ref = self._names.ref(name, "`start`", node.at)
        if ref is None:
            return None
        if ref.place == place:
            return StartField(ref.path, self._clock(clock, place), plausible=self._plausible(clock))
        way = self._way(node, ref.place, mine)
        if way is None:
            return None
        fields, keys = way
        other = self._other_clock(clock, ref)
        return StartField(ref.path, other, fields, ref.place, keys, self._plausible(clock))

    def _way(
        self, node: Node, other: Place, mine: tuple[Link, ...]
    ) -> tuple[tuple[Path, ...], tuple[Path, ...]] | None:
        here = dict(way for link in mine for way in _ways(link))
        there = {way for links in self._links.get(other, ()) for link in links for way in _ways(link)}
        both = {(here[kind], keys) for kind, keys in there if kind in here and len(here[kind]) == len(keys)}
        if len(both) == 1:
            return both.pop()
        named = shown(node.text) if isinstance(node, Scalar) else ""
        reason = "several fields name the person" if both else "the two are not both linked to an account directly"
        hint = "Say the way: {via: own_field, field: store.collection.date, to: store.collection.key}."
        self._problems.add(node.at, f"`start` {named} cannot be found by the person: {reason}. {hint}")
        return None

    def _linked(self, parts: Form, place: Place) -> StartField | None:
        fields = paths(parts.get("via"), parts.label("via"), self._problems)
        node = parts.need("field")
        name = text(node, parts.label("field"), self._problems)
        ref = self._names.ref(name, parts.label("field"), node.at, personal=False) if name and node else None
        to = keys_of(parts.get("to"), parts.label("to"), self._names, personal=False)
        if ref is None:
            return None
        if to is not None:
            same_number(fields, to[1], parts, self._problems)
            if to[0] != ref.place:
                what = f"`start` takes its date from {ref.place} but links to {to[0]}"
                self._problems.add(parts.at, f"{what}. Name one collection in both.")
        clock = self._other_clock(parts, ref)
        plausible = self._plausible(parts)
        return StartField(ref.path, clock, fields, ref.place, to[1] if to else (), plausible) if fields else None

    def _other_clock(self, parts: Form, ref: FieldRef) -> Clock:
        """As said here, else as the other collection's own `start` reads the field."""
        known = self._clocks.get(ref, set())
        if not known or any(parts.has(name) for name in _CLOCK):
            return self._clock(parts, ref.place)
        if len(known) > 1:
            what = f"`start` {shown(str(ref))} is read in several ways by the entries of {ref.place}"
            self._problems.add(parts.at, f"{what}. Say here how: {{field: …, unit: …, zone: …}}.")
        return next(iter(known))

    def _clock(self, parts: Form, place: Place) -> Clock:
        unit = choice(parts.get("unit"), parts.label("unit"), Unit, Unit.NATIVE, self._problems)
        local = zone(parts.get("zone"), parts.label("zone"), self._names.stores[place.store], self._problems)
        missing, never = (self._marks(parts, name) for name in ("missing", "never"))
        if missing & never:
            self._problems.add(parts.at, "`missing` and `never` name the same value. Keep it in one of them.")
        return Clock(unit, local, missing, never)

    def _plausible(self, parts: Form) -> datetime | None:
        """The first moment that is believed to be a date; `any` believes all."""
        node = parts.get("plausible")
        if isinstance(node, Scalar) and node.text == "any":
            return None
        first = PLAUSIBLE if node is None else day(node, parts.label("plausible"), self._problems)
        return datetime.combine(first or PLAUSIBLE, time.min, UTC)

    def _marks(self, parts: Form, name: str) -> frozenset[str]:
        node = parts.get(name)
        if node is None:
            return frozenset()
        return equals(sequence(node, parts.label(name), self._problems), parts.label(name), self._problems)


def _ways(link: Link) -> list[Way]:
    match link.how:
        case DirectLink(fields, anchor):
            return [(anchor, fields)]
        case ViaLink(fields, to, ()):  # the composite key of an account
            return [(str(to), fields)]
        case _:
            return []
