"""How keys are named: which collection a key belongs to, and which keys a predicate can select."""

from collections.abc import Iterable
from dataclasses import dataclass

from dsr.core.matching import Match
from dsr.core.model import canon
from dsr.core.select import And, OneOf, Or, Predicate, StartsWith

ROOT = "."
KEY = ("key",)
_GLOB = b"\\*?[]"


@dataclass(frozen=True, slots=True)
class Reach:
    """The keys of these names, and those that begin with one of the prefixes; no name begins with one."""

    names: frozenset[bytes] = frozenset()
    prefixes: frozenset[bytes] = frozenset()


def text_of(raw: bytes) -> str:
    """Bytes that are no UTF-8 stay what they were, as characters that no text has."""
    return raw.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes | None:
    """The bytes that `text_of` gives this text for; None when there are none."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None


def pattern(prefix: bytes) -> bytes:
    """The glob that matches every key with this beginning and no other."""
    return b"".join(b"\\" + bytes((c,)) if c in _GLOB else bytes((c,)) for c in prefix) + b"*"


class Names:
    """The naming of one store: a collection is what stands before the first separator."""

    def __init__(self, separator: str) -> None:
        self._text = separator
        self._mark = separator.encode()

    def collection(self, key: bytes) -> str:
        """A first part that is empty or a dot keeps its separator, to differ from the collection of plain keys."""
        head, mark, _ = key.partition(self._mark)
        if not mark:
            return ROOT
        return text_of(key[: len(head) + len(mark)] if head in (b"", b".") else head)

    def prefix(self, collection: str) -> bytes | None:
        """What the keys of the collection begin with; None when no key can belong to it."""
        if collection == ROOT:
            return b""
        whole = collection if collection in (self._text, ROOT + self._text) else collection + self._text
        raw = bytes_of(whole)
        return raw if raw is not None and self.collection(raw) == collection else None

    def belongs(self, key: bytes, prefix: bytes) -> bool:
        """Whether a key that begins with the prefix is of that prefix's collection."""
        return bool(prefix) or self._mark not in key


class Within:
    """Whether a key begins with one of many prefixes, in as many steps as they have lengths."""

    def __init__(self, prefixes: frozenset[bytes]) -> None:
        self._prefixes = prefixes
        self._lengths = sorted({len(prefix) for prefix in prefixes})
        self.common = _common(min(prefixes, default=b""), max(prefixes, default=b""))

    def __contains__(self, key: bytes) -> bool:
        return any(key[:length] in self._prefixes for length in self._lengths)


def reach(where: Predicate, prefix: bytes) -> Reach:
    """All keys of the collection that the predicate can select, and as few others as can be said beforehand."""
    found = _reach(where)
    if found is None:
        return Reach(prefixes=frozenset({prefix}))
    prefixes = frozenset(prefix + one for one in found.prefixes)
    within = Within(prefixes)
    return Reach(frozenset(name for one in found.names if (name := prefix + one) not in within), prefixes)


def _reach(where: Predicate) -> Reach | None:
    """None stands for the whole collection."""
    match where:
        case OneOf(fields, keys, Match.EXACT) if KEY in fields:
            return Reach(names=_raw(canon(key[fields.index(KEY)]) for key in keys))
        case StartsWith(field, prefixes) if field == KEY:
            return Reach(prefixes=_raw(prefixes))
        case And(parts):
            known = [found for found in map(_reach, parts) if found is not None]
            return min(known, key=lambda one: (len(one.prefixes) > 0, len(one.names)), default=None)
        case Or(parts):
            all_parts = [_reach(part) for part in parts]
            known = [found for found in all_parts if found is not None]
            if len(known) < len(all_parts):
                return None
            return Reach(
                frozenset().union(*(one.names for one in known)), frozenset().union(*(one.prefixes for one in known))
            )
        case _:
            return None


def _common(first: bytes, last: bytes) -> bytes:
    """How far the first and the last in order agree, all between them do."""
    length = next(
        (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[:length]


def _raw(texts: Iterable[str | None]) -> frozenset[bytes]:
    raws = (bytes_of(text) for text in texts if text is not None)
    return frozenset(raw for raw in raws if raw is not None)
