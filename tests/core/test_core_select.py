"""What every predicate means, as a truth table, absent values included."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.core.clock import Clock, Unit
from dsr.core.matching import Match
from dsr.core.model import Path, Record, canon
from dsr.core.select import (
    NOTHING,
    And,
    Become,
    Before,
    Change,
    Compare,
    Dated,
    Everything,
    IsNull,
    Linked,
    LinkedByMany,
    Not,
    OneOf,
    Op,
    Or,
    OwnerLink,
    Predicate,
    Rewritten,
    Selection,
    StartsWith,
    both,
    either,
    is_nothing,
    matches,
    negate,
    one_of,
)

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
NANS = (float("nan"), Decimal("NaN"), Decimal("sNaN"))
A, B, NESTED = ("a",), ("b",), ("a", "x", "y")


class Tables:
    """Records by collection: what links are followed through."""

    def __init__(self, **tables: list[dict[str, object]]) -> None:
        self._tables = tables

    def records(self, selection: Selection) -> Iterable[Record]:
        rows = (Record(selection.collection, row) for row in self._tables[selection.collection])
        return [row for row in rows if matches(selection.where, row, self)]

    def key_of(self, collection: str) -> tuple[str, ...]:
        return ("id",)


EMPTY = Tables()


def holds(where: Predicate, values: dict[str, object], lookup: Tables = EMPTY) -> bool:
    return matches(where, Record("t", values), lookup)


@pytest.mark.parametrize(
    ("where", "value", "expected"),
    [
        (one_of(A, [5]), 5, True),
        (one_of(A, [5]), "5", True),
        (one_of(A, ["5"]), 5.0, True),
        (one_of(A, [5]), "05", False),
        (one_of(A, [0]), 0, True),
        (one_of(A, [0]), False, False),
        (one_of(A, [0]), "", False),
        (one_of(A, [0]), None, False),
        (one_of(A, [""]), "", True),
        (one_of(A, [""]), None, False),
        (one_of(A, [-1, 7]), 7, True),
        (one_of(A, [True]), "true", True),
        (one_of(A, [True]), 1, False),
        (one_of(A, [None]), None, False),
        (one_of(A, [None, 5]), 5, True),
        (one_of(A, []), 5, False),
        (one_of(A, []), None, False),
        (one_of(A, ["x@mail.example"]), "X@mail.example", False),
        (one_of(A, ["x@mail.example"], Match.EMAIL), " X@Mail.Example", True),
        (one_of(A, ["X@mail.example"], Match.EMAIL), "x@mail.example", True),
        (one_of(A, ["+49 30"], Match.PHONE), "+4930", True),
        (one_of(A, [""], Match.EMAIL), None, False),
        (one_of(NESTED, [5]), {"x": {"y": "5"}}, True),
        (one_of(NESTED, [5]), {"x": {}}, False),
        (one_of(NESTED, [5]), {"x": [5]}, False),
        (one_of(NESTED, [5]), "text", False),
        (StartsWith(A, frozenset({"u/5/"})), "u/5/a.png", True),
        (StartsWith(A, frozenset({"u/5/"})), "u/55/a.png", False),
        (StartsWith(A, frozenset({"5"})), 51, True),
        (StartsWith(A, frozenset({""})), "", True),
        (StartsWith(A, frozenset({""})), None, False),
        (StartsWith(A, frozenset()), "x", False),
        (Before(A, NOON), "2026-03-15 11:59:59", True),
        (Before(A, NOON), "2026-03-15 12:00:00", False),
        (Before(A, NOON), date(2026, 3, 15), True),
        (Before(A, NOON), None, False),
        (Before(A, NOON), "soon", False),
        (Before(A, NOON, Clock(Unit.EPOCH_SECONDS)), 0, True),
        (Before(A, NOON, Clock(Unit.EPOCH_SECONDS, missing=frozenset({"0"}))), 0, False),
        (Dated(A), "2026-03-15", True),
        (Dated(A), None, False),
        (Dated(A), "soon", False),
        (Dated(A, Clock(never=frozenset({"9999-12-31"}))), "9999-12-31", False),
        (Dated(A, Clock(Unit.EPOCH_MILLIS)), -(2**63), False),
        (Compare(A, Op.LT, 5), 4, True),
        (Compare(A, Op.LT, 5), 5, False),
        (Compare(A, Op.LE, 5), 5.0, True),
        (Compare(A, Op.GT, 5), Decimal("5.01"), True),
        (Compare(A, Op.GE, 5), 5, True),
        (Compare(A, Op.GE, 5), "6", False),
        (Compare(A, Op.LT, 5), True, False),
        (Compare(A, Op.LT, 5), None, False),
        (Compare(A, Op.GE, 5), None, False),
        (Compare(A, Op.LT, "b"), "a", True),
        (Compare(A, Op.LT, "b"), "B", True),  # by code point
        (Compare(A, Op.GE, "b"), "B", False),
        (Compare(A, Op.LT, "9"), 5, False),
        *((Compare(A, op, 5), nan, op in (Op.GT, Op.GE)) for op in Op for nan in NANS),
        (IsNull(A), None, True),
        (IsNull(A), "", False),
        (IsNull(A), 0, False),
        (IsNull(NESTED), {"x": {}}, True),
        (IsNull(NESTED), {"x": {"y": None}}, True),
        (IsNull(NESTED), {"x": {"y": []}}, False),
        (Everything(), None, True),
        (And(()), None, True),
        (Or(()), None, False),
        (NOTHING, 5, False),
        (And((one_of(A, [5]), Not(IsNull(A)))), 5, True),
        (And((one_of(A, [5]), IsNull(A))), 5, False),
        (Or((one_of(A, [5]), IsNull(A))), None, True),
        (Or((one_of(A, [5]), IsNull(A))), 6, False),
    ],
)
def test_the_meaning_of_a_predicate_and_of_its_opposite(where: Predicate, value: object, expected: bool) -> None:
    """Logic is two-valued: whatever the value, `Not` is the opposite, of an absent one too."""
    assert holds(where, {"a": value}) is expected
    assert holds(Not(where), {"a": value}) is not expected
    assert holds(negate(where), {"a": value}) is not expected
    assert holds(Not(Not(where)), {"a": value}) is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"a": 0, "b": 5}, True),
        ({"a": "0", "b": "5"}, True),
        ({"a": "", "b": 0}, True),
        ({"a": 5, "b": 0}, False),
        ({"a": 0, "b": None}, False),
        ({"a": 0}, False),
        ({}, False),
    ],
)
def test_a_composite_key_matches_whole_and_a_part_of_zero_is_a_value(values: dict, expected: bool) -> None:
    where = OneOf((A, B), frozenset({(0, 5), ("", 0), (0, None)}))
    assert holds(where, values) is expected
    assert holds(Not(where), values) is not expected


PARENTS = Tables(
    p=[{"id": 1, "who": 7}, {"id": 2, "who": 7}, {"id": None, "who": 7}, {"id": 3, "who": 8}, {"id": "", "who": 7}],
    q=[{"x": 0, "y": 1, "who": 7}, {"x": 0, "y": None, "who": 7}],
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"a": 1}, True), ({"a": "2"}, True), ({"a": ""}, True), ({"a": 3}, False), ({"a": None}, False), ({}, False)],
)
def test_a_link_holds_for_equal_present_values_only(values: dict, expected: bool) -> None:
    where = Linked((A,), Selection("p", one_of(("who",), [7])), (("id",),))
    assert holds(where, values, PARENTS) is expected
    assert holds(Not(where), values, PARENTS) is not expected


def test_a_composite_link_needs_every_part() -> None:
    where = Linked((A, B), Selection("q"), (("x",), ("y",)))
    assert holds(where, {"a": "0", "b": 1.0}, PARENTS)
    assert not holds(where, {"a": 0, "b": None}, PARENTS)
    assert not holds(where, {"a": 1, "b": 0}, PARENTS)


def test_a_link_through_a_link_and_to_nothing() -> None:
    tables = Tables(child=[{"id": 9, "parent": 1}], p=[{"id": 1, "who": 7}])
    inner = Linked((("parent",),), Selection("p", one_of(("who",), [7])), (("id",),))
    assert holds(Linked((A,), Selection("child", inner), (("id",),)), {"a": 9}, tables)
    assert not holds(Linked((A,), Selection("child", NOTHING), (("id",),)), {"a": 9}, tables)


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        ([], False),
        ([7], False),
        ([7, 7], False),
        ([7, "7", 7.0], False),
        ([7, 8], True),
        ([7, None], False),
        ([None, None], False),
        ([0, ""], True),
        ([7, [1]], False),
    ],
)
def test_a_record_is_shared_when_two_different_owners_link_to_it(owners: list[object], expected: bool) -> None:
    half = len(owners) // 2
    tables = Tables(
        p=[{"address": 5, "who": who} for who in owners[:half]] + [{"address": 6, "who": 99}],
        q=[{"place": "5", "owner": who} for who in owners[half:]] + [{"place": None, "owner": 98}],
    )
    links = (
        OwnerLink(Selection("p"), (("address",),), ("who",)),
        OwnerLink(Selection("q"), (("place",),), ("owner",)),
    )
    assert holds(LinkedByMany((A,), links), {"a": 5}, tables) is expected
    assert not holds(LinkedByMany((A,), links), {"a": None}, tables)


@pytest.mark.parametrize(
    ("change", "values", "made"),
    [
        (Change(A), {"a": None}, True),
        (Change(A), {}, True),
        (Change(A), {"a": ""}, False),
        (Change(A, Become.VALUE, "gone"), {"a": "gone"}, True),
        (Change(A, Become.VALUE, "gone"), {"a": None}, False),
        (Change(A, Become.VALUE, ""), {"a": None}, False),
        (Change(A, Become.VALUE, 0), {"a": "0"}, True),
        (Change(A, Become.VALUE, {}), {"a": {}}, True),
        (Change(A, Become.VALUE, {}), {"a": None}, False),
        (Change(A, Become.VALUE, []), {"a": ["x"]}, False),
        (Change(A, Become.UNIQUE, "gone-"), {"id": 0, "a": "gone-0"}, True),
        (Change(A, Become.UNIQUE, "gone-"), {"id": 1, "a": "gone-0"}, False),
        (Change(A, Become.VALUE_IF_EMPTY, "now"), {"a": "then"}, True),
        (Change(A, Become.VALUE_IF_EMPTY, "now"), {"a": ""}, True),
        (Change(A, Become.VALUE_IF_EMPTY, "now"), {"a": None}, False),
        (Change(NESTED), {"a": {"x": {}}}, True),
        (Change(NESTED), {"a": {"x": {"y": 1}}}, False),
    ],
)
def test_when_a_change_is_made(change: Change, values: dict, made: bool) -> None:
    assert holds(Rewritten((change,)), values) is made
    assert holds(Not(Rewritten((change,))), values) is not made
    assert holds(Rewritten(()), values)
    assert not holds(Rewritten((change, Change(("id",), Become.VALUE, "never"))), values)


ATOMS = st.sampled_from(
    [
        Everything(),
        NOTHING,
        one_of(A, [1]),
        one_of(B, [1]),
        one_of(A, []),
        IsNull(A),
        Compare(B, Op.LT, 2),
        StartsWith(A, frozenset()),
        Linked((A,), Selection("p", NOTHING), (("id",),)),
        Linked((A,), Selection("p"), (("id",),)),
    ]
)
TREES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple).map(And)
        | st.lists(inner, max_size=3).map(tuple).map(Or)
        | inner.map(Not)
    ),
    max_leaves=8,
)
ROWS = st.fixed_dictionaries({"a": st.sampled_from([None, 0, 1, "1", 3]), "b": st.sampled_from([None, 0, 1, 2, "x"])})


@given(st.lists(TREES, max_size=3), ROWS)
def test_simplifying_changes_no_meaning(parts: list[Predicate], values: dict) -> None:
    each = [holds(part, values, PARENTS) for part in parts]
    assert holds(both(*parts), values, PARENTS) is all(each)
    assert holds(either(*parts), values, PARENTS) is any(each)
    for part, one in zip(parts, each, strict=True):
        assert holds(negate(part), values, PARENTS) is not one
        assert not (is_nothing(part) and one)
    assert not (is_nothing(both(*parts)) and all(each))
    assert not (is_nothing(either(*parts)) and any(each))


@given(
    st.lists(st.sampled_from([0, 1, "", "0", "1", None, 0.0, True]), max_size=4), st.sampled_from([0, "", None, "1"])
)
def test_one_of_is_membership_by_canonical_text(keys: list[object], value: object) -> None:
    texts = {canon(key) for key in keys} - {None}
    assert holds(one_of(A, keys), {"a": value}) is (canon(value) in texts)


def test_a_path_leads_nowhere_through_what_is_no_object() -> None:
    path: Path = ("a", "b")
    for value in (None, 5, "text", [{"b": 1}], {"c": 1}):
        assert Record("t", {"a": value}).at(path) is None
    assert Record("t", {"a": {"b": 0}}).at(path) == 0
