"""Conditions on a record's own fields: values, lists, null, order comparisons, `not`."""

import math
from decimal import Decimal

from dsr.core.errors import UsageError
from dsr.core.model import Path, canon
from dsr.core.select import Compare, Everything, IsNull, Op, Predicate, both, either, negate, one_of
from dsr.engine.policyfile.convert import mapping
from dsr.engine.policyfile.names import path
from dsr.engine.policyfile.nodes import Map, Node, Scalar, Seq, is_core, is_number, read
from dsr.engine.policyfile.problems import Problems, shown

_OPS = {op.value: op for op in Op}
_LONGEST_NUMBER = 40


def condition(node: Node, what: str, problems: Problems) -> Predicate:
    """A mapping of fields to what must hold there; all of them must."""
    pairs = mapping(node, what, problems)
    if isinstance(node, Map) and not pairs:
        problems.add(node.at, f"{what} is empty. Write {{field: value}}, or take the key out.")
    made: list[Predicate] = []
    for pair in pairs:
        where = path(pair.name, what, pair.key.at, problems)
        if where:
            made.append(_field(where, pair.value, f"{what}: {shown(pair.name)}", problems))
    return both(*made)


def condition_of(text: str) -> Predicate:
    """A condition that stands alone, `{status: open}`. UsageError where it is none; what was given is not repeated."""
    problems = Problems()
    root = read(text.encode("utf-8", "surrogateescape"), "--where", problems)
    made = Everything() if root is None else condition(root, "--where", problems)
    if problems:
        raise UsageError(
            "--where is not a condition as the policy file writes them. "
            "Examples: {status: open}, {amount: {gt: 100}}, {closed_at: null}, {kind: {not: [a, b]}}."
        )
    return made


def equal(node: Node, what: str, problems: Problems) -> str | None:
    """The canonical text of a value to be compared for equality; None with the problem noted.

    A plain number must stand as it compares: 007 could be a number or a code, and the two are different values.
    """
    if not isinstance(node, Scalar):
        problems.add(node.at, f"{what} holds a list or mapping where one value belongs.")
        return None
    if node.null:
        problems.add(node.at, f"{what} holds null among values. Write null alone, or '' for the empty text.")
        return None
    if not is_core(node):
        return node.text
    number = _number(node, what, problems) if is_number(node) else None
    made = canon(number) if is_number(node) else node.text.lower()
    if made is not None and made != node.text:
        hint = f"Write {made[:40]}, or {shown(node.text)}."
        problems.add(node.at, f"{what} holds {node.text[:40]}, which can be read in two ways. {hint}")
    return made


def equals(items: tuple[Node, ...], what: str, problems: Problems) -> frozenset[str]:
    """The canonical texts of several values."""
    made = (equal(item, what, problems) for item in items)
    return frozenset(one for one in made if one is not None)


def _field(field: Path, node: Node, what: str, problems: Problems) -> Predicate:
    match node:
        case Scalar() if node.null:
            return IsNull(field)
        case Scalar():
            one = equal(node, what, problems)
            return Everything() if one is None else one_of(field, [one])
        case Seq(items):
            return _listed(field, items, node, what, problems)
    if not node.pairs:
        problems.add(node.at, f"{what} is empty. Write a value, a list, null or {{lt: 5}}.")
    return both(*(_operator(field, pair.name, pair.value, what, problems) for pair in node.pairs))


def _listed(field: Path, items: tuple[Node, ...], node: Node, what: str, problems: Problems) -> Predicate:
    if not items:
        problems.add(node.at, f"{what} is an empty list, which no record matches. Fill it, or take it out.")
    values = tuple(item for item in items if not (isinstance(item, Scalar) and item.null))
    absent = [IsNull(field)] if len(values) < len(items) else []
    given = equals(values, what, problems)
    return either(*([one_of(field, given)] if given else []), *absent)


def _operator(field: Path, name: str, node: Node, what: str, problems: Problems) -> Predicate:
    if name == "not":
        return negate(_field(field, node, f"{what} not", problems))
    if name not in _OPS:
        dots = "A field inside JSON is written with dots: payload.kind."
        problems.add(
            node.at, f"{what} has no comparison {shown(name)}; {problems.unknown(name, (*_OPS, 'not'))} {dots}"
        )
        return Everything()
    value = _ordered(node, f"{what} {name}", problems)
    return Everything() if value is None else Compare(field, _OPS[name], value)


def _ordered(node: Node, what: str, problems: Problems) -> int | float | str | None:
    if not isinstance(node, Scalar) or (is_core(node) and not is_number(node)):
        problems.add(node.at, f"{what} needs one number or text. Write it after the colon.")
        return None
    return _number(node, what, problems) if is_number(node) else node.text


def _number(node: Scalar, what: str, problems: Problems) -> int | float | None:
    text = node.text
    if len(text) <= _LONGEST_NUMBER:
        if text[:2] in ("0x", "0o"):
            return int(text, 0)
        exact = Decimal(text)
        if not set(text) & set(".eE"):
            return int(exact)
        if math.isfinite(float(exact)):
            return float(exact)
    problems.add(node.at, f"{what} holds a number that is too long. Put it in quotes if it is a text.")
    return None
