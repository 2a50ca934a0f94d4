"""Predicates as Python functions: what `matches` means, with sets instead of loops, for stores that read records."""

from collections.abc import Callable

from dsr.core.matching import Match
from dsr.core.model import Key, Path, Record, canon
from dsr.core.select import (
    And,
    Everything,
    Linked,
    LinkedByMany,
    Lookup,
    Not,
    OneOf,
    Or,
    OwnerLink,
    Predicate,
    key_at,
    matches,
)

Test = Callable[[Record], bool]


def resolved(where: Predicate, lookup: Lookup) -> Predicate:
    """The predicate with every link replaced by the keys that it leads to."""
    match where:
        case And(parts):
            return And(tuple(resolved(part, lookup) for part in parts))
        case Or(parts):
            return Or(tuple(resolved(part, lookup) for part in parts))
        case Not(part):
            return Not(resolved(part, lookup))
        case Linked(fields, source, keys):
            found = (key_at(record, keys) for record in lookup.records(source))
            return OneOf(fields, frozenset(key for key in found if key is not None))
        case _:
            return where


def compiled(where: Predicate, lookup: Lookup) -> Test:
    """The predicate as a function of one record; links are read once, here."""
    match where:
        case Everything():
            return lambda record: True
        case And(parts):
            tests = tuple(compiled(part, lookup) for part in parts)
            return lambda record: all(test(record) for test in tests)
        case Or(parts):
            some = tuple(compiled(part, lookup) for part in parts)
            return lambda record: any(test(record) for test in some)
        case Not(part):
            inner = compiled(part, lookup)
            return lambda record: not inner(record)
        case OneOf(fields, keys, match):
            wanted = {folded(key, match) for key in keys} - {None}
            return lambda record: key_at(record, fields, match) in wanted
        case Linked():
            return compiled(resolved(where, lookup), lookup)
        case LinkedByMany(fields, sources):
            return _linked_by_many(fields, sources, lookup)
        case _:
            return lambda record: matches(where, record, lookup)


def folded(key: Key, match: Match) -> tuple[str, ...] | None:
    """The key as it is compared; None when a part is absent."""
    texts = tuple(canon(part) for part in key)
    whole = tuple(match.fold(text) for text in texts if text is not None)
    return whole if len(whole) == len(texts) else None


def _linked_by_many(fields: tuple[Path, ...], sources: tuple[OwnerLink, ...], lookup: Lookup) -> Test:
    owners: dict[tuple[str, ...], set[str]] = {}
    for link in sources:
        for other in lookup.records(link.source):
            key, owner = key_at(other, link.keys), canon(other.at(link.owner))
            if key is not None and owner is not None:
                known = owners.setdefault(key, set())
                if len(known) < 2:  # the question is only whether there are several
                    known.add(owner)
    return lambda record: len(owners.get(key_at(record, fields) or (), ())) > 1
