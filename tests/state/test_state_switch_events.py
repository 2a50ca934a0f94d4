"""The kill switch and the audit list."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from statekit import CANARY, NOON

from dsr.core.errors import StateError
from dsr.state.database import State
from dsr.state.events import Act, Event
from dsr.state.switch import Frozen


def test_purges_stay_frozen_until_somebody_thaws_them(state) -> None:
    assert state.frozen() is None
    assert not state.thaw("kim", NOON)
    assert state.freeze("lee", "audit", NOON) == Frozen("lee", "audit", NOON)
    assert state.freeze("kim", "other", NOON + timedelta(hours=1)) == Frozen("lee", "audit", NOON)
    assert state.frozen() == Frozen("lee", "audit", NOON)
    assert state.thaw("kim", NOON + timedelta(hours=2))
    assert state.frozen() is None
    state.freeze("kim", "again", NOON)
    assert state.frozen() == Frozen("kim", "again", NOON)


def test_events_are_listed_in_order_and_in_pages(state) -> None:
    state.record(Act.PLANNED, "lee", NOON, subject="S-0123abcd", plan="P-1", counts=(("delete", 4), ("hold", 0)))
    state.record(Act.HOLD_PLACED, "kim", NOON + timedelta(microseconds=1), hold="H-1")
    first = Event(1, NOON, Act.PLANNED, "lee", "S-0123abcd", "P-1", None, (("delete", 4), ("hold", 0)))
    second = Event(2, NOON + timedelta(microseconds=1), Act.HOLD_PLACED, "kim", hold="H-1")
    assert state.events() == (first, second)
    assert state.events(limit=1) == (first,)
    assert state.events(after=1) == (second,)
    assert state.events(after=2) == ()


def test_an_act_about_many_people_is_an_event_and_an_entry_for_each(state) -> None:
    people = [(f"S-{number:08x}", (("records", number),)) for number in range(100)]
    state.record(Act.FROZEN, "kim", NOON)
    begun = state.ledger_size()

    few = _statements(state, lambda: state.record_each(Act.EXPORTED, "lee", NOON, people[:10]))
    many = _statements(state, lambda: state.record_each(Act.EXPORTED, "lee", NOON, people[10:]))
    none = _statements(state, lambda: state.record_each(Act.EXPORTED, "lee", NOON, ()))

    assert many == few > none == 0
    assert [(event.subject, event.counts) for event in state.events()[1:]] == people
    entries = [json.loads(entry) for entry in state.ledger_entries(begun, 100)]
    assert [entry["counts"] for entry in entries] == [{"records": number} for number in range(100)]
    opened = [[one.commitment for one in state.openings(token)] for token, _ in people]
    assert opened == [[entry["subject"]] for entry in entries]


def _statements(state: State, act: Callable[[], None]) -> int:
    sent: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    engine = state._database._engine
    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)
    return len(sent)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": CANARY},
        {"subject": "S-0123abcdé"},
        {"subject": "S-0123abcd\n"},
        {"plan": CANARY},
        {"hold": CANARY},
        {"counts": ((CANARY, 1),)},
    ],
)
def test_an_event_takes_no_value_in_the_place_of_a_token_id_or_word(state, wrong: dict) -> None:
    with pytest.raises(StateError) as caught:
        state.record(Act.FOUND, "lee", NOON, **wrong)
    assert CANARY not in str(caught.value)
    assert state.events() == ()


def test_one_wrong_token_among_many_people_records_none_of_them(state) -> None:
    with pytest.raises(StateError):
        state.record_each(Act.EXPORTED, "lee", NOON, [("S-0123abcd", ()), (CANARY, ())])
    assert state.events() == ()


@pytest.mark.parametrize("change", ["UPDATE dsr_event SET actor = 'nobody'", "DELETE FROM dsr_event"])
def test_events_cannot_be_changed_or_taken_away(state, change: str) -> None:
    state.record(Act.FROZEN, "lee", NOON)
    with pytest.raises(StateError), state._database.write() as connection:
        connection.exec_driver_sql(change)
    assert [event.actor for event in state.events()] == ["lee"]


def test_an_event_that_cannot_be_read_is_one_clear_error(sqlite_state) -> None:
    with sqlite_state._database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO dsr_event (at, what, actor, counts) VALUES (1, 'unheard-of', 'x', '[]')"
        )
    with pytest.raises(StateError, match="an event cannot be read"):
        sqlite_state.events()
