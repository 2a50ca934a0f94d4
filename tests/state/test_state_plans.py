"""Plans come back exactly, move only forward, and are refused when anything in them was changed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statekit import NOON, person, plan_for, saved_plan

from dsr.core.errors import StalePlanError, StateError, UsageError
from dsr.core.holds import Hold, HoldScope
from dsr.core.plan import Disposition, Gap, Outcome, Plan, Reason, Step, Why, sealed
from dsr.core.subject import Subject
from dsr.state.documents import hold_from, hold_text, plan_from, plan_text, subject_from, subject_text
from dsr.state.plans import PlanRow, PlanStatus

TEXT = st.text(st.characters(), max_size=6)  # with lone surrogates, NUL and controls
MOMENT = st.datetimes(timezones=st.just(UTC))
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple)
WORDS = st.lists(TEXT, max_size=2).map(tuple)
REASONS = st.builds(Reason, st.sampled_from(Why), TEXT, TEXT, TEXT, st.none() | MOMENT, TEXT, TEXT)
STEPS = st.builds(
    Step,
    st.integers(0, 99),
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    st.sampled_from(Disposition),
    st.integers(0, 10**12),
    st.lists(REASONS, max_size=2).map(tuple),
    PAIRS,
    st.none() | MOMENT,
)
GAPS = st.builds(Gap, TEXT, TEXT, TEXT)
PLANS = st.builds(
    Plan,
    TEXT,
    st.sampled_from(["subject", "expired"]),
    WORDS,
    MOMENT,
    MOMENT,
    TEXT,
    st.integers(0, 10**6),
    PAIRS,
    st.lists(STEPS, max_size=2).map(tuple),
    st.lists(GAPS, max_size=1).map(tuple),
    WORDS,
).map(sealed)
KINDS = st.lists(st.tuples(TEXT, st.frozensets(TEXT, max_size=2)), max_size=2).map(tuple)
SUBJECTS = st.builds(Subject, TEXT, KINDS, KINDS, st.integers(0, 9))
SCOPES = st.builds(
    HoldScope, st.none() | st.lists(SUBJECTS, max_size=2).map(tuple), st.none() | WORDS, st.none() | WORDS
)
HOLDS = st.builds(
    Hold,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    SCOPES,
    TEXT,
    MOMENT,
    st.none() | st.dates(),
    st.none() | TEXT,
    st.none() | MOMENT,
    st.none() | TEXT,
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(PLANS)
def test_a_plan_comes_back_from_its_document_exactly(plan: Plan) -> None:
    text = plan_text(plan)
    assert text.isascii()
    assert plan_from(text) == plan


@QUICK
@given(SUBJECTS, HOLDS)
def test_subjects_and_holds_come_back_from_their_text_exactly(subject: Subject, hold: Hold) -> None:
    assert subject_from(subject_text(subject)) == subject
    assert hold_from(hold_text(hold)) == hold


def test_a_saved_plan_comes_back_with_its_people(state) -> None:
    people = (person(state, 2), person(state, 1))
    plan = saved_plan(state, *people)
    assert state.plan("P-1") == plan
    assert state.plan_subjects("P-1") == people
    calendar = saved_plan(state)
    assert state.plan_subjects(calendar.id) == ()
    assert state.plans() == (
        PlanRow("P-1", "subject", PlanStatus.OPEN, NOON, 2, 5),
        PlanRow("P-2", "expired", PlanStatus.OPEN, NOON, 0, 5),
    )


def test_plans_are_listed_by_number(state) -> None:
    for _ in range(11):
        saved_plan(state)
    assert [row.id for row in state.plans()] == [f"P-{number}" for number in range(1, 12)]


def test_a_plan_that_cannot_be_trusted_is_not_stored(state) -> None:
    one, two = person(state, 1), person(state, 2)
    good = plan_for("P-1", one)
    with pytest.raises(StateError, match="digest does not fit"):
        state.save_plan(replace(good, policy="another"), (one,))
    with pytest.raises(StateError, match="digest does not fit"):
        state.save_plan(replace(good, digest=""), (one,))
    for people in ((), (two,), (one, two), (one, one)):
        with pytest.raises(StateError, match="subjects are not the ones it names"):
            state.save_plan(good, people)
    state.save_plan(good, (one,))
    with pytest.raises(StateError, match="stored already"):
        state.save_plan(good, (one,))
    assert len(state.plans()) == 1


def test_an_unknown_plan_says_where_to_look(state) -> None:
    for act in (state.plan, state.plan_subjects, state.shred_plan, lambda id: state.set_status(id, PlanStatus.STALE)):
        with pytest.raises(UsageError, match=r"there is no plan P-9\. List the plans with: dsr plan list"):
            act("P-9")


def edits() -> list[tuple[str, object]]:
    """Every place in the stored document, with another value for it."""
    found: list[tuple[str, object]] = []

    def walk(value: object, path: tuple[object, ...]) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, (*path, key))
        elif isinstance(value, list):
            for at, inner in enumerate(value):
                walk(inner, (*path, at))
            found.append((json.dumps(path), [*value, *value[:1]] if value else ["more"]))
        elif isinstance(value, bool):
            found.append((json.dumps(path), not value))
        elif isinstance(value, int):
            found.append((json.dumps(path), value + 1))
            found.append((json.dumps(path), str(value)))
        elif isinstance(value, str) and value[:4].isdigit() and "T" in value:
            found.append((json.dumps(path), (datetime.fromisoformat(value) + timedelta(days=1)).isoformat()))
        else:
            found.append((json.dumps(path), f"{value}x"))

    walk(json.loads(plan_text(plan_for("P-1"))), ())
    return [*found, ('["added"]', 1)]


@pytest.mark.parametrize(("path", "value"), edits())
def test_any_change_to_the_stored_document_is_refused(sqlite_state, path: str, value: object) -> None:
    saved_plan(sqlite_state)
    rewrite(sqlite_state, tuple(json.loads(path)), value)
    with pytest.raises(StateError, match="plan P-1 cannot be read, it is damaged"):
        sqlite_state.plan("P-1")


def rewrite(state, path: tuple[object, ...], value: object) -> None:
    with state._database.write() as connection:
        data = json.loads(connection.exec_driver_sql("SELECT document FROM dsr_plan").scalar_one())
        inner = data
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = value
        connection.exec_driver_sql("UPDATE dsr_plan SET document = ?", (json.dumps(data),))


def test_a_plan_put_in_the_place_of_another_is_refused(sqlite_state) -> None:
    saved_plan(sqlite_state)
    saved_plan(sqlite_state)
    with sqlite_state._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE dsr_plan SET document = (SELECT document FROM dsr_plan WHERE id = 'P-2') WHERE id = 'P-1'"
        )
    with pytest.raises(StateError, match="plan P-1 cannot be read"):
        sqlite_state.plan("P-1")


def test_a_missing_or_swapped_subject_of_a_plan_is_noticed(sqlite_state) -> None:
    state = sqlite_state
    plan = saved_plan(state, person(state, 1), person(state, 2))
    with state._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE dsr_plan_subject SET sealed = (SELECT sealed FROM dsr_plan_subject WHERE position = 1)"
        )
    with pytest.raises(StateError, match="cannot be opened"):
        state.plan_subjects(plan.id)
    with state._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM dsr_plan_subject WHERE position = 1")
    with pytest.raises(StateError, match="some of its subjects are missing"):
        state.plan_subjects(plan.id)


OPEN, APPLYING, APPLIED, PARTIAL, STALE, CANCELLED = PlanStatus
ALLOWED = {
    OPEN: {APPLYING, STALE, CANCELLED},
    APPLYING: {APPLIED, PARTIAL, STALE, CANCELLED},
    PARTIAL: {APPLYING, STALE, CANCELLED},
    APPLIED: set(),
    STALE: set(),
    CANCELLED: set(),
}
ROUTES = {
    OPEN: (),
    APPLYING: (APPLYING,),
    APPLIED: (APPLYING, APPLIED),
    PARTIAL: (APPLYING, PARTIAL),
    STALE: (STALE,),
    CANCELLED: (CANCELLED,),
}


@pytest.mark.parametrize("before", PlanStatus)
def test_only_the_listed_changes_of_status_are_possible(state, before: PlanStatus) -> None:
    for after in PlanStatus:
        plan = saved_plan(state)
        for status in ROUTES[before]:
            state.set_status(plan.id, status)
        if after in ALLOWED[before] | {before}:
            state.set_status(plan.id, after)
            assert state.plans()[-1].status is after
        else:
            refusal = StalePlanError if not ALLOWED[before] else UsageError
            with pytest.raises(refusal, match=f"is {before.value} and cannot become {after.value}"):
                state.set_status(plan.id, after)
            assert state.plans()[-1].status is before


def test_a_cancelled_plan_stops_the_worker_that_wakes_up_late(state) -> None:
    plan = saved_plan(state)
    run = state.begin_run(plan.id, ((1, 4), (2, 1)))
    state.step_started(run, 1)
    state.set_status(plan.id, CANCELLED)
    assert state.unfinished_runs() == ()
    for act in (
        lambda: state.unit_done(run, 1, 3),
        lambda: state.step_started(run, 2),
        lambda: state.step_finished(run, 1, Outcome.REMOVED, 3),
        lambda: state.finish_run(run, Outcome.REMOVED),
    ):
        with pytest.raises(StalePlanError, match="was ended meanwhile"):
            act()
    with pytest.raises(StalePlanError, match="cancelled and cannot become applying"):
        state.begin_run(plan.id, ((1, 4), (2, 1)))
    assert [(row.units, row.count) for row in state.steps(run)] == [(1, 3), (0, 0)]


def test_an_instant_in_another_zone_is_the_same_plan(state) -> None:
    east = timezone(timedelta(hours=8))
    plan = plan_for("P-1")
    moved = sealed(replace(plan, as_of=plan.as_of.astimezone(east), made_at=plan.made_at.astimezone(east)))
    assert moved.digest == plan.digest
    state.save_plan(moved, ())
    assert state.plan("P-1") == plan
