"""Conditions on a record's own fields as JSON data, and back: what a hold's `where` can say."""

from typing import Any

from dsr.core.model import canon
from dsr.core.select import And, Compare, Everything, IsNull, Not, OneOf, Op, Or, Predicate


def condition_data(where: Predicate) -> list[object]:
    """The condition as nested lists, an operator first."""
    match where:
        case Everything():
            return ["all"]
        case And(parts):
            return ["and", *map(condition_data, parts)]
        case Or(parts):
            return ["or", *map(condition_data, parts)]
        case Not(part):
            return ["not", condition_data(part)]
        case IsNull(field):
            return ["null", list(field)]
        case Compare(field, op, value):
            return ["compare", list(field), op.value, value]
        case OneOf((field,), keys):
            return ["one_of", list(field), *sorted(str(canon(key[0])) for key in keys)]
    raise ValueError(f"{type(where).__name__} is no condition on a record's own fields")


def condition_from(data: list[Any]) -> Predicate:
    """The condition again. Raises ValueError where it is none."""
    match data:
        case ["all"]:
            return Everything()
        case ["and", *parts]:
            return And(tuple(condition_from(part) for part in parts))
        case ["or", *parts]:
            return Or(tuple(condition_from(part) for part in parts))
        case ["not", part]:
            return Not(condition_from(part))
        case ["null", field]:
            return IsNull(tuple(field))
        case ["compare", field, op, value]:
            return Compare(tuple(field), Op(op), value)
        case ["one_of", field, *values]:
            return OneOf((tuple(field),), frozenset((value,) for value in values))
    raise ValueError("no condition")
