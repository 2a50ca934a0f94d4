"""Names of the file: `store.collection.field`, with quotes around parts that hold dots or spaces.

The collection is named as its store prints it and may hold dots; the longest one that `data:` declares wins.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsr.core.model import Path
from dsr.core.policy import FieldRef, Place
from dsr.engine.policyfile.nodes import Node
from dsr.engine.policyfile.problems import Problems, Spot, shown

_MOST_PARTS = 32


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a dotted name."""

    text: str
    quoted: bool


@dataclass(slots=True)
class Names:
    """What the file declares, for checking what it mentions."""

    problems: Problems
    stores: dict[str, str] = field(default_factory=dict)  # name → zone
    places: dict[Place, Spot] = field(default_factory=dict)
    without: set[Place] = field(default_factory=set)  # collections said to hold no personal data
    rules: frozenset[str] = frozenset()

    def declare(self, name: str, at: Spot) -> Place | None:
        """The collection that a key of `data:` names."""
        parts = split(name, f"collection {shown(name)}", at, self.problems)
        if parts is None:
            return None
        if len(parts) == 1:
            self.problems.add(at, f"collection {shown(name)} has no store before it. Write store.collection.")
            return None
        if parts[0].text not in self.stores:
            what = f"collection {shown(name)} names store {shown(parts[0].text)}, which is not configured"
            hint = "Add it under `stores:` or fix the name."
            self.problems.add(at, f"{what}; {self.problems.unknown(parts[0].text, self.stores)} {hint}")
            return None
        place = Place(parts[0].text, _joined(parts[1:]))
        if place in self.places:
            first = self.places[place]
            self.problems.add(at, f"collection {place} stands twice, first at {first}. Make one list of entries.")
            return None
        self.places[place] = at
        return place

    def ref(self, name: str, what: str, at: Spot, *, personal: bool = True) -> FieldRef | None:
        """The field of a declared collection that a text names."""
        parts = split(name, what, at, self.problems)
        if parts is None:
            return None
        found = self.find(parts)
        whole = Place(parts[0].text, _joined(parts[1:]))
        if whole in self.places and not parts[-1].quoted:
            other = f", or {_quoted_last(parts)} for a field of {found.place}" if found else ""
            verb = "is ambiguous: it also names a collection" if found else "names a collection, not a field"
            self.problems.add(at, f"{what} {shown(name)} {verb}. Add the field after a dot{other}.")
            return None
        if found is None:
            self._undeclared(name, what, at)
        elif personal:
            self._personal(found.place, what, at)
        return found

    def find(self, parts: tuple[Part, ...]) -> FieldRef | None:
        """The reference that dotted parts make, if a declared collection begins them."""
        for end in range(len(parts) - 1, 1, -1):
            place = Place(parts[0].text, _joined(parts[1:end]))
            if place in self.places:
                return FieldRef(place, tuple(part.text for part in parts[end:]))
        return None

    def place(self, name: str, what: str, at: Spot, *, personal: bool = True) -> Place | None:
        """The declared collection that a text names."""
        parts = split(name, what, at, self.problems)
        if parts is None:
            return None
        place = Place(parts[0].text, _joined(parts[1:]))
        if place not in self.places:
            self._undeclared(name, what, at)
            return None
        if personal:
            self._personal(place, what, at)
        return place

    def known_rule(self, name: str, what: str, at: Spot) -> None:
        """Note a rule that the file does not have."""
        if name and name not in self.rules:
            hint = "Add it under `rules:` or fix the name."
            self.problems.add(at, f"{what} names rule {shown(name)}; {self.problems.unknown(name, self.rules)} {hint}")

    def _undeclared(self, name: str, what: str, at: Spot) -> None:
        known = self.problems.unknown(name, self._place_names())
        hint = "Declare the collection under `data:` or fix the name."
        self.problems.add(at, f"{what} {shown(name)} begins with no declared collection; {known} {hint}")

    def _place_names(self) -> Iterator[str]:
        yield from (str(place) for place in sorted(self.places))

    def _personal(self, place: Place, what: str, at: Spot) -> None:
        if place in self.without:
            says = f"{self.places[place]} says that it holds no personal data"
            self.problems.add(at, f"{what} leads to {place}, but {says}. Change one of the two.")


def path(name: str, what: str, at: Spot, problems: Problems) -> Path:
    """A field of the record itself; further parts lead into JSON."""
    parts = split(name, what, at, problems)
    return tuple(part.text for part in parts) if parts else ()


def node_path(node: Node | None, made: str, what: str, problems: Problems) -> Path:
    """The same for a text that was converted already; no path where it is empty."""
    return path(made, what, node.at, problems) if made and node is not None else ()


def split(name: str, what: str, at: Spot, problems: Problems) -> tuple[Part, ...] | None:
    """The parts of a dotted name, or None with the problem noted."""
    try:
        return tuple(_parts(name))
    except ValueError as error:
        problems.add(at, f"{what}: the name {shown(name)} {error}.")
        return None


def _parts(name: str) -> Iterator[Part]:
    rest, count = name, 0
    while True:
        if rest.startswith('"'):
            part, rest = _quoted(rest)
        else:
            end = rest.find(".")
            part, rest = (Part(rest, False), "") if end < 0 else (Part(rest[:end], False), rest[end:])
            if not part.text or '"' in part.text or any(c.isspace() for c in part.text):
                raise ValueError('has an empty part, a space or a stray quote. Put odd parts in quotes: app."odd name"')
        yield part
        if not rest:
            return
        count += 1
        if count == _MOST_PARTS:
            raise ValueError(f"has more than {_MOST_PARTS} parts. Shorten it")
        if not rest.startswith("."):
            raise ValueError("goes on after a closing quote. Put a dot there")
        rest = rest[1:]


def _quoted(rest: str) -> tuple[Part, str]:
    made, at = "", 1
    while True:
        end = rest.find('"', at)
        if end < 0:
            raise ValueError("has a quote that does not end. Close it")
        made += rest[at:end]
        if rest[end + 1 : end + 2] != '"':
            break
        made, at = made + '"', end + 2  # a doubled quote stands for one
    if not made:
        raise ValueError("has an empty part. Name it")
    return Part(made, True), rest[end + 1 :]


def _joined(parts: tuple[Part, ...]) -> str:
    return ".".join(part.text for part in parts)


def _quoted_last(parts: tuple[Part, ...]) -> str:
    return f'{_joined(parts[:-1])}."{parts[-1].text}"'
