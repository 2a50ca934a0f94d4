"""The register of holds: whole or not at all."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from statekit import NOON, hold_over, person

from dsr.core.errors import StateError, UsageError
from dsr.core.holds import Hold, Holds, HoldScope


def test_holds_are_placed_and_released_and_each_change_raises_the_generation(state) -> None:
    assert (state.holds(), state.generation()) == (Holds(0), 0)
    one = person(state)
    first, second = hold_over(state.next_hold_id(), one), hold_over(state.next_hold_id())
    assert (first.id, second.id) == ("H-1", "H-2")
    state.place(first)
    assert (state.holds(), state.generation()) == (Holds(1, (first,)), 1)
    state.place(second)
    assert (state.holds(), state.generation()) == (Holds(2, (first, second)), 2)
    later = NOON + timedelta(days=1)
    state.release("H-1", "kim", later, "settled")
    released = replace(first, released_by="kim", released_at=later, release_reason="settled")
    assert (state.holds(), state.generation()) == (Holds(3, (second,)), 3)
    assert state.all_holds() == (released, second)
    assert [(one["what"], one["hold"], one["version"]) for one in map(json.loads, state.ledger_entries())] == [
        ("hold_placed", "H-1", 1),
        ("hold_placed", "H-2", 2),
        ("hold_released", "H-1", 3),
    ]


@pytest.mark.parametrize(
    "scope",
    [HoldScope(), HoldScope(subjects=()), HoldScope(rules=()), HoldScope(rules=("a", "b"), collections=("app.x",))],
)
def test_every_scope_comes_back_exactly_so_that_none_stays_apart_from_nothing(state, scope: HoldScope) -> None:
    hold = Hold("H-1", "案件", "reason", "authority", scope, "lee", NOON)
    state.place(hold)
    assert state.holds().active == (hold,)


def test_holds_come_in_the_order_of_their_numbers(state) -> None:
    for number in (10, 9, 1):
        state.place(hold_over(f"H-{number}"))
    assert [hold.id for hold in state.holds().active] == ["H-1", "H-9", "H-10"]


def test_wrong_changes_are_refused_and_change_nothing(state) -> None:
    state.place(hold_over("H-1"))
    with pytest.raises(UsageError, match="H-1 is in the register already"):
        state.place(hold_over("H-1"))
    with pytest.raises(UsageError, match="cannot be placed"):
        state.place(replace(hold_over("H-2"), released_at=NOON))
    with pytest.raises(UsageError, match=r"H-7 is not in the register\. Active holds: H-1\."):
        state.release("H-7", "kim", NOON, "why")
    assert state.generation() == 1
    state.release("H-1", "kim", NOON, "why")
    with pytest.raises(UsageError, match=r"H-1 is released already\. Active holds: none\."):
        state.release("H-1", "lee", NOON, "again")
    assert state.all_holds()[0].released_by == "kim"
    assert state.generation() == 2


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE dsr_hold SET sealed = substr(sealed, 1, 20) WHERE id = 'H-1'", "hold H-1 cannot be opened"),
        ("UPDATE dsr_hold SET sealed = (SELECT sealed FROM dsr_hold WHERE id = 'H-2')", "hold H-1 cannot be opened"),
        ("UPDATE dsr_hold SET id = 'H-9' WHERE id = 'H-1'", "hold H-9 cannot be opened"),
        ("DELETE FROM dsr_hold WHERE id = 'H-1'", "register of holds is incomplete"),
        ("DELETE FROM dsr_hold", "register of holds is incomplete"),
        ("UPDATE dsr_counter SET value = value - 1 WHERE name = 'holds-generation'", "register of holds is incomplete"),
        ("DELETE FROM dsr_counter", "counter 'holds-generation' is missing or damaged"),
        ("DROP TABLE dsr_hold", "Nothing is deleted without it"),
    ],
)
def test_a_register_that_cannot_be_read_whole_gives_no_holds_at_all(state, damage: str, says: str) -> None:
    state.place(hold_over("H-1"))
    state.place(hold_over("H-2"))
    with state._database.write() as connection:
        connection.exec_driver_sql(damage)
    for act in (
        state.holds,
        state.all_holds,
        lambda: state.place(hold_over("H-3")),
        lambda: state.release("H-2", "kim", NOON, "why"),
    ):
        with pytest.raises(StateError, match=says):
            act()


def test_a_released_hold_whose_generation_is_lost_counts_as_missing(state) -> None:
    state.place(hold_over("H-1"))
    state.release("H-1", "kim", NOON, "why")
    with state._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM dsr_hold")
    with pytest.raises(StateError, match="incomplete"):
        state.holds()
