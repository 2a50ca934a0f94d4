"""Tokens, sealing, and what is left of a person on disk."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statekit import CANARY, NOON, Spot, hold_over, person, saved_plan

from dsr.core.errors import StateError
from dsr.core.plan import Outcome
from dsr.core.subject import Subject
from dsr.state.plans import PlanStatus
from dsr.state.sealing import Seal
from dsr.state.subjects import token

SEAL = Seal(bytes(range(32)))
VALUES = st.frozensets(st.text(st.characters(), max_size=5), max_size=3)  # lone surrogates too
KINDS = st.lists(st.tuples(st.sampled_from(["user", "email", "phone"]), VALUES), max_size=3)


@given(KINDS, KINDS, st.randoms())
def test_the_token_is_the_same_in_whatever_order_the_content_comes(anchors, identifiers, random) -> None:
    made = token(SEAL, anchors, identifiers)
    other_anchors, other_identifiers = list(anchors), list(identifiers)
    random.shuffle(other_anchors)
    random.shuffle(other_identifiers)
    assert token(SEAL, other_anchors, [*other_identifiers, ("empty", frozenset())]) == made
    assert len(made) == 10
    assert made.startswith("S-")
    assert set(made[2:]) <= set("0123456789abcdef")


@given(KINDS, KINDS)
def test_other_content_another_kind_or_another_key_gives_another_token(anchors, identifiers) -> None:
    made = token(SEAL, anchors, identifiers)
    assert token(SEAL, [*anchors, ("user", frozenset({"one-more"}))], identifiers) != made
    assert token(Seal(bytes(32)), anchors, identifiers) != made
    if any(values for _, values in anchors):
        assert token(SEAL, [], [*identifiers, *anchors]) != made


def test_the_token_tells_values_apart_that_read_the_same_when_joined() -> None:
    def made(*values: str) -> str:
        return token(SEAL, [], [("email", frozenset(values))])

    assert len({made("a,b"), made("a", "b"), made('a","b'), made("0"), made(""), made("05"), made("5")}) == 7


@given(st.binary(max_size=50))
def test_what_is_sealed_opens_in_its_place_only(plain: bytes) -> None:
    sealed = SEAL.close(plain, "subject S-1")
    assert SEAL.open(sealed, "subject S-1") == plain
    assert SEAL.close(plain, "subject S-1") != sealed
    for seal, place in ((SEAL, "subject S-2"), (Seal(bytes(32)), "subject S-1")):
        with pytest.raises(StateError, match="cannot be opened"):
            seal.open(sealed, place)


@pytest.mark.parametrize("damage", [None, 7, b"bytes", "", "AAAA", "not base64 ☃", "A" * 40])
def test_a_damaged_sealed_value_is_one_clear_error(damage: object) -> None:
    with pytest.raises(StateError, match="cannot be opened"):
        SEAL.open(damage, "here")


def test_every_changed_byte_of_a_sealed_value_is_noticed() -> None:
    raw = base64.b64decode(SEAL.close(b"value", "here"))
    for at in range(len(raw)):
        changed = base64.b64encode(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]).decode()
        with pytest.raises(StateError):
            SEAL.open(changed, "here")


def test_subjects_are_remembered_replaced_and_forgotten(state) -> None:
    one, two = person(state, 1), person(state, 2)
    hostile = Subject(
        state.token([], [("email", frozenset({"\ud800", "", "0"}))]), (), (("email", frozenset({"\ud800", "", "0"})),)
    )
    state.remember([one, two, hostile])
    assert [state.subject(each.token) for each in (one, two, hostile)] == [one, two, hostile]
    more = Subject(one.token, one.anchors, one.identifiers, stops=9)
    state.remember([more])
    assert state.subject(one.token) == more
    state.forget([one.token, "S-00000000"])
    assert state.subject(one.token) is None
    assert state.subject(two.token) == two


def test_two_people_with_one_token_are_never_confused(state) -> None:
    first, second = collision(state)
    state.remember([first])
    with pytest.raises(StateError, match="handle of another person"):
        state.remember([second])
    assert state.subject(first.token) == first


def collision(state) -> tuple[Subject, Subject]:
    """Two people whose contents hash to one token: 32 bits give such a pair after some 80,000 tries."""
    seen: dict[str, int] = {}
    number = 0
    while (made := state.token([("user", frozenset({str(number)}))], [])) not in seen:
        seen[made] = number
        number += 1
    one, two = (Subject(made, (("user", frozenset({str(n)})),), ()) for n in (seen[made], number))
    return one, two


def test_no_value_of_a_person_is_readable_on_disk(sqlite_spot: Spot) -> None:
    with sqlite_spot.open() as state:
        one = person(state)
        state.remember([one])
        state.place(hold_over("H-1", one))
        saved_plan(state, one)
        on_disk = b"".join(file.read_bytes() for file in sqlite_spot.file.parent.iterdir())
    assert one.token.encode() in on_disk
    assert CANARY.encode() not in on_disk
    assert b"dispute about an order" not in on_disk
    assert b"0-old" not in on_disk


@pytest.mark.parametrize("how", ["applied", "cancelled", "stale", "shredded"])
def test_nothing_sealed_is_left_of_a_plans_people_at_its_end(sqlite_spot: Spot, how: str) -> None:
    with sqlite_spot.open() as state:
        one = person(state)
        plan = saved_plan(state, one)
        with state._database.read() as connection:
            sealed = connection.exec_driver_sql("SELECT sealed FROM dsr_plan_subject").scalar_one()
        assert sealed.encode() in everything(sqlite_spot)
        match how:
            case "applied":
                run = state.begin_run(plan.id, ((1, 4),))
                state.step_finished(run, 1, Outcome.ABSENT, 0)
                state.finish_run(run, Outcome.REMOVED)
            case "shredded":
                state.shred_plan(plan.id)
            case _:
                state.set_status(plan.id, PlanStatus(how))
        assert sealed.encode()[:64] not in everything(sqlite_spot)
        assert sealed.encode()[-64:] not in everything(sqlite_spot)
        with pytest.raises(StateError, match="make a new plan from their identifiers"):
            state.plan_subjects(plan.id)
        assert state.plan(plan.id) == plan


def everything(spot: Spot) -> bytes:
    return b"".join(file.read_bytes() for file in spot.file.parent.glob("state.db*"))


def test_an_error_shows_no_value(sqlite_spot: Spot) -> None:
    with sqlite_spot.open() as state:
        one = person(state)
        state.remember([one])
        plan = saved_plan(state, one)
        with state._database.write() as connection:
            connection.exec_driver_sql("UPDATE dsr_subject SET sealed = substr(sealed, 5)")
            connection.exec_driver_sql("UPDATE dsr_plan_subject SET position = 1")
        for act in (lambda: state.subject(one.token), lambda: state.plan_subjects(plan.id)):
            with pytest.raises(StateError) as caught:
                act()
            assert CANARY not in str(caught.value)
            assert caught.value.__cause__ is None


def test_naive_times_are_refused(state) -> None:
    with pytest.raises(StateError, match="time without a zone"):
        state.freeze("lee", "check", NOON.replace(tzinfo=None))
