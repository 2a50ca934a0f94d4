"""Walking over predicates and entries: the fields they name, the links into other stores they hold."""

from collections.abc import Iterator

from dsr.core.model import Path
from dsr.core.policy import DirectLink, Entry, IdentifierLink, KeyLink, ThroughLink, ViaLink
from dsr.core.select import (
    And,
    Before,
    Compare,
    Dated,
    IsNull,
    Linked,
    LinkedByMany,
    Not,
    OneOf,
    Or,
    Predicate,
    Rewritten,
    StartsWith,
)


def paths(where: Predicate) -> Iterator[Path]:
    """The fields of the record itself that a predicate looks at."""
    match where:
        case And(parts) | Or(parts):
            for part in parts:
                yield from paths(part)
        case Not(part):
            yield from paths(part)
        case OneOf(fields) | Linked(fields) | LinkedByMany(fields):
            yield from fields
        case StartsWith(field) | Before(field) | Dated(field) | Compare(field) | IsNull(field):
            yield field
        case Rewritten(changes):
            yield from (change.field for change in changes)
        case _:
            return


def crosses(where: Predicate) -> bool:
    """Whether a link into another store stands anywhere in the predicate."""
    match where:
        case And(parts) | Or(parts):
            return any(crosses(part) for part in parts)
        case Not(part):
            return crosses(part)
        case Linked(_, source, _, store):
            return store is not None or crosses(source.where)
        case _:
            return False


def named(entry: Entry) -> Iterator[Path]:
    """The fields that an entry itself names."""
    yield from paths(entry.where)
    yield from (one.path for one in entry.fields)
    for refers in entry.refers:
        yield refers.field
    if entry.part_of is not None:
        yield from entry.part_of.fields
    for part in entry.start.parts if entry.start else ():
        yield from part.fields
        if part.source is None:
            yield part.path
    for link in entry.links:
        match link.how:
            case DirectLink(fields) | ViaLink(fields) | ThroughLink(fields):
                yield from fields
            case IdentifierLink(_, field):
                yield field
            case KeyLink():
                yield ("key",)
