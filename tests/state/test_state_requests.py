"""The register of requests at rest: nothing of a person in clear, every change in the ledger, old cases removed."""

import json
from datetime import timedelta

import pytest
from statekit import CANARY, NOON, Spot

from dsr.core.errors import UsageError
from dsr.core.regimes import Question, Right
from dsr.core.requests import Channel, Ending, Request, Requester, Said, Status
from dsr.state.database import State
from dsr.state.requests import Arrival, RequestAct


def arrival(state: State, email: str = CANARY, *rights: Right) -> Arrival:
    request = Request(
        id="",
        rights=rights or (Right.ACCESS,),
        regimes=("gdpr",),
        channel=Channel.EMAIL,
        language="en",
        requester=Requester.SELF,
        test=False,
        received_at=NOON,
        opened_at=NOON,
    )
    said = Said((("email", email),), contact=email, name="Canary Person", message=f"I am {email}", authority="deed 7")
    return Arrival(request, said, frozenset({state.request_tag("email", email)}))


def opened(state: State, email: str = CANARY, *rights: Right) -> Request:
    return state.open_requests((arrival(state, email, *rights),), "lee")[0]


def test_a_request_comes_back_as_it_was_written(state: State):
    made = opened(state, CANARY, Right.ACCESS, Right.ERASURE)
    assert made.id == "R-1"
    assert state.request("R-1") == made
    assert state.said("R-1") == arrival(state).said
    assert state.requests() == (made,) == state.requests(only_open=True)
    assert made.status is Status.INITIATED
    with pytest.raises(UsageError, match="no request R-2"):
        state.request("R-2")


def test_nothing_of_a_person_lies_in_clear(sqlite_state: State, sqlite_spot: Spot):
    opened(sqlite_state)
    sqlite_state.note_request("R-1", RequestAct.PROPOSED, "lee", word="excessive", note=f"because of {CANARY}")
    sqlite_state.remember_mapping("c" * 64, ((CANARY, "email"),))
    sqlite_state.close()
    found = b"".join(path.read_bytes() for path in sqlite_spot.file.parent.glob("state.db*"))
    assert b"R-1" in found
    for clear in (CANARY, "canary.person", "Canary Person", "deed 7"):
        assert clear.encode() not in found


def test_requests_about_one_person_find_each_other_under_the_key_alone(state: State):
    one, two = opened(state), opened(state)
    opened(state, "other@mail.example")
    assert state.requests_with([state.request_tag("email", CANARY)]) == (one.id, two.id)
    assert state.requests_with(state.tags_of("R-3")) == ("R-3",)
    assert state.requests_with([state.request_tag("phone", CANARY)]) == ()


def test_every_change_is_an_act_and_an_entry_without_words(state: State):
    opened(state)
    state.pose("R-1", Question.IDENTITY, NOON, "lee")
    assert state.request("R-1").status is Status.REQUIRES_ACTION
    state.answer("R-1", Question.IDENTITY, NOON + timedelta(days=2), "kim")
    state.note_request("R-1", RequestAct.PROPOSED, "lee", note=CANARY)
    assert [one.act for one in state.acts("R-1")] == ["opened", "asked", "answered", "proposed"]
    assert [one.note for one in state.acts("R-1")] == ["", "", "", CANARY]
    entries = [json.loads(one) for one in state.ledger_entries()]
    assert [(one["what"], one["request"], one["act"]) for one in entries] == [
        ("request", "R-1", act) for act in ("opened", "asked", "answered", "proposed")
    ]
    assert CANARY not in json.dumps(entries)
    assert entries[0]["actor"] == entries[1]["actor"] != entries[2]["actor"]
    assert len(entries[3]["digest"]) == 64


def test_a_closed_request_does_not_change(state: State):
    from dataclasses import replace

    made = replace(opened(state), closed_at=NOON, ending=Ending.FULFILLED, in_time=True)
    closed = state.change_request(made, RequestAct.CLOSED, "lee")
    assert (closed.status, closed.in_time, closed.open) == (Status.FULFILLED, True, False)
    before = list(state.ledger_entries())
    for change in (
        lambda: state.change_request(closed, RequestAct.CLOSED, "lee"),
        lambda: state.pose("R-1", Question.FEE, NOON, "lee"),
        lambda: state.say("R-1", Said()),
    ):
        with pytest.raises(UsageError, match="is closed"):
            change()
    assert list(state.ledger_entries()) == before


def test_a_question_is_answered_once_and_not_before_it_was_put(state: State):
    opened(state)
    with pytest.raises(UsageError, match="no such question"):
        state.answer("R-1", Question.FEE, NOON, "lee")
    state.pose("R-1", Question.FEE, NOON, "lee")
    with pytest.raises(UsageError, match="open already"):
        state.pose("R-1", Question.FEE, NOON, "lee")
    with pytest.raises(UsageError, match="before its question"):
        state.answer("R-1", Question.FEE, NOON - timedelta(days=1), "lee")
    state.answer("R-1", Question.FEE, NOON, "lee")
    state.pose("R-1", Question.FEE, NOON, "lee")
    assert len(state.request("R-1").questions) == 2


def test_what_is_past_its_period_goes_with_all_its_parts_and_the_rest_stays(state: State):
    from dataclasses import replace

    for number, days in ((1, 10), (2, 0), (3, None)):
        made = opened(state, f"{number}@mail.example")
        state.pose(made.id, Question.IDENTITY, NOON, "lee")
        if days is not None:
            made = replace(made, closed_at=NOON - timedelta(days=days), ending=Ending.FULFILLED)
            state.change_request(made, RequestAct.CLOSED, "lee")
    assert state.expired_requests(NOON) == 1
    assert state.expire_requests(NOON, "cron") == 1
    assert state.expire_requests(NOON, "cron") == 0
    assert [one.id for one in state.requests()] == ["R-2", "R-3"]
    with state._database.read() as connection:
        for table in ("question", "tag", "act"):
            query = f"SELECT count(*) FROM dsr_request_{table} WHERE request = 'R-1'"
            assert connection.exec_driver_sql(query).scalar_one() == 0
    last = json.loads(list(state.ledger_entries())[-1])
    assert (last["act"], last["counts"]) == ("expired", {"requests": 1})


def test_ten_thousand_requests_are_two_statements(sqlite_state: State):
    import sqlalchemy as sa

    state = sqlite_state
    state.open_requests(tuple(arrival(state, f"{number}@mail.example") for number in range(200)), "lee")
    seen: list[str] = []
    sa.event.listen(state._database._engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    assert len(state.requests()) == 200
    assert len([one for one in seen if one.startswith("SELECT")]) == 2
    seen.clear()
    assert len(state.requests(only_open=True)) == 200
    assert len([one for one in seen if one.startswith("SELECT")]) == 2


def test_a_batch_is_written_whole_or_not_at_all(state: State):
    good = arrival(state)
    bad = Arrival(good.request, good.said, frozenset({"x"}) | {None})  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"."):
        state.open_requests((good, bad), "lee")
    assert state.requests() == ()
