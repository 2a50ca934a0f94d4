"""What folders and buckets have in common: objects listed by the beginning of their keys, and removed in batches."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dsr.core.matching import Match
from dsr.core.model import canon
from dsr.core.select import And, OneOf, Or, Predicate, StartsWith

KEY = ("key",)


@dataclass(frozen=True, slots=True)
class Bound:
    """A part of a listing: keys that begin with the text, or the one key that equals it.

    `shallow` leaves out keys with a further slash.
    """

    text: str
    exact: bool = False
    shallow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One key. `version` is the newest that can be read; `versions` are all that must go, delete markers included."""

    key: str
    size: int
    modified: datetime
    etag: str | None = None
    version: str | None = None
    versions: tuple[str | None, ...] = (None,)


@dataclass(slots=True)
class Refusals:
    """How many objects (or versions) a place would not remove, by its reason; and which keys of the last batch."""

    counts: dict[str, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def add(self, reason: str, key: str) -> None:
        """One more."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        self.keys.add(key)


class Place(Protocol):
    """A folder or a bucket. Keys are whole, below the root that the policy names."""

    versioned: bool

    def prefixes(self) -> Iterator[str]:
        """The first parts of keys, each with its slash; "" when there are keys without a slash."""

    def listing(self, bound: Bound) -> Iterator[Entry]:
        """The objects inside the bound, each once."""

    def remove(self, entries: list[Entry], refusals: Refusals) -> None:
        """Remove the objects with all their versions."""

    def left(self, bound: Bound, entries: list[Entry]) -> set[str]:
        """The keys of those objects, all from inside the bound, that are still there."""

    def content(self, key: str, version: str | None) -> Iterator[bytes]:
        """The object's bytes."""

    def close(self) -> None:
        """Give back connections."""


def bounds(where: Predicate, prefix: str, *, shallow: bool) -> tuple[Bound, ...]:
    """The smallest parts of a collection that hold everything the predicate selects."""
    found = _bounds(where)
    if found is None:
        return (Bound(prefix, shallow=shallow),)
    return tuple(Bound(prefix + bound.text, bound.exact, shallow) for bound in found)


def _bounds(where: Predicate) -> tuple[Bound, ...] | None:
    """None stands for the whole collection."""
    match where:
        case OneOf(fields, keys, Match.EXACT) if KEY in fields:
            texts = (canon(key[fields.index(KEY)]) for key in keys)
            return _least(Bound(text, exact=True) for text in texts if text is not None)
        case StartsWith(field, prefixes) if field == KEY:
            return _least(Bound(text) for text in prefixes)
        case And(parts):
            known = [found for found in map(_bounds, parts) if found is not None]
            return min(known, key=len, default=None)
        case Or(parts):
            all_parts = [_bounds(part) for part in parts]
            if any(found is None for found in all_parts):
                return None
            return _least(bound for found in all_parts if found is not None for bound in found)
        case _:
            return None


def _least(found: "Iterator[Bound]") -> tuple[Bound, ...]:
    """Without bounds that lie inside another, so that no object is listed twice."""
    kept: list[Bound] = []
    for bound in sorted(set(found), key=lambda bound: (bound.text, bound.exact)):
        inside = kept and not kept[-1].exact and bound.text.startswith(kept[-1].text)
        if not inside:
            kept.append(bound)
    return tuple(kept)
