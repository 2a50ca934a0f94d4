"""Which fields a predicate looks at: what it does not look at need not be asked for."""

from dsr.core.select import (
    And,
    Become,
    Before,
    Compare,
    Dated,
    Everything,
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


def heads(where: Predicate) -> frozenset[str]:
    """The names of the fields; of places inside a field, that field's."""
    match where:
        case Everything():
            return frozenset()
        case And(parts) | Or(parts):
            return frozenset().union(*map(heads, parts))
        case Not(part):
            return heads(part)
        case OneOf(fields) | Linked(fields) | LinkedByMany(fields):
            return frozenset(path[0] for path in fields)
        case StartsWith(field) | Before(field) | Dated(field) | Compare(field) | IsNull(field):
            return frozenset({field[0]})
        case Rewritten(changes):
            unique = {"key"} if any(change.become is Become.UNIQUE for change in changes) else set()
            return frozenset({change.field[0] for change in changes} | unique)
