"""The journal: all steps before the first effect, resumed on the same path, settled once."""

import inspect
from dataclasses import replace

import pytest
from statekit import NOON, person, saved_plan

from dsr.core.errors import StalePlanError, StateError
from dsr.core.journal import Journal as JournalProtocol
from dsr.core.journal import Run, StepRow, StepState
from dsr.core.plan import Outcome
from dsr.state.plans import PlanStatus

STEPS = ((1, 4), (2, 1), (3, 7))


def test_all_steps_are_there_before_anything_happens(state) -> None:
    plan = saved_plan(state)
    run = state.begin_run(plan.id, STEPS)
    assert run == Run(run.id, plan.id, NOON, key=f"{state.instance()}/{run.id}", token=1)
    assert state.steps(run) == (StepRow(1, 4), StepRow(2, 1), StepRow(3, 7))
    assert state.unfinished_runs() == (run,)
    assert state.plans()[0].status is PlanStatus.APPLYING


def test_a_run_from_beginning_to_end(state) -> None:
    plan = saved_plan(state, person(state))
    run = state.begin_run(plan.id, STEPS)
    state.step_started(run, 1)
    state.unit_done(run, 1, 3)
    assert state.steps(run)[0] == StepRow(1, 4, StepState.STARTED, 1, 3, effected=3)
    state.unit_done(run, 1, 0)
    state.unit_done(run, 1, 1)
    state.step_finished(run, 1, Outcome.REMOVED, 4)
    state.step_finished(run, 2, Outcome.REWRITTEN, 1, "users")
    state.step_finished(run, 3, Outcome.RETAINED, 7)
    ended = state.finish_run(run, Outcome.REMOVED)
    assert ended == replace(run, finished_at=NOON, outcome=Outcome.REMOVED, entry=state.ledger_size() - 1)
    assert state.steps(run) == (
        StepRow(1, 4, StepState.FINISHED, 3, 4, Outcome.REMOVED, effected=4),
        StepRow(2, 1, StepState.FINISHED, 0, 1, Outcome.REWRITTEN, "users"),
        StepRow(3, 7, StepState.FINISHED, 0, 7, Outcome.RETAINED),
    )
    assert state.unfinished_runs() == ()
    assert state.plans()[0].status is PlanStatus.APPLIED
    assert state.finish_run(run, Outcome.REMOVED) == ended
    with pytest.raises(StalePlanError):
        state.begin_run(plan.id, STEPS)


def test_what_receipts_say_replaces_what_was_counted(state) -> None:
    plan = saved_plan(state)
    run = state.begin_run(plan.id, STEPS)
    state.step_started(run, 1)
    state.unit_done(run, 1, 3)
    state.step_settled(run, 1, units=2, count=4)
    assert state.steps(run)[0] == StepRow(1, 4, StepState.STARTED, 2, 4, effected=4)
    state.begin_run(plan.id, STEPS)
    with pytest.raises(StalePlanError, match="taken over by another process"):
        state.step_settled(run, 1, units=2, count=4)


def test_an_unfinished_run_is_taken_up_again(state) -> None:
    plan = saved_plan(state)
    run = state.begin_run(plan.id, STEPS)
    state.step_started(run, 1)
    state.unit_done(run, 1, 3)
    again = state.begin_run(plan.id, STEPS)
    assert again == replace(run, token=again.token)
    assert again.token > run.token
    with pytest.raises(StalePlanError, match="taken over by another process"):
        state.step_started(run, 1)
    with pytest.raises(StalePlanError, match="taken over by another process"):
        state.unit_begins(run, 1, "logs", 0)
    run = again
    state.step_started(run, 1)
    state.unit_done(run, 1, 1)
    assert state.steps(run)[0] == StepRow(1, 4, StepState.STARTED, 2, 4, effected=4)
    with pytest.raises(StateError, match="its steps are not the plan's"):
        state.begin_run(plan.id, STEPS[:2])


def test_an_unsettled_end_leaves_the_plan_partial_with_its_people(state) -> None:
    one = person(state)
    plan = saved_plan(state, one)
    run = state.begin_run(plan.id, STEPS)
    state.step_finished(run, 1, Outcome.REMOVED, 4)
    state.step_finished(run, 2, Outcome.UNKNOWN, 0, "no answer")
    state.step_finished(run, 3, Outcome.RETAINED, 7)
    with pytest.raises(StateError, match="steps are still open, so it cannot end as removed"):
        state.finish_run(run, Outcome.REMOVED)
    state.finish_run(run, Outcome.UNKNOWN)
    assert state.plans()[0].status is PlanStatus.PARTIAL
    assert state.plan_subjects(plan.id) == (one,)
    again = state.begin_run(plan.id, STEPS)
    assert again.id > run.id
    assert state.steps(again) == (StepRow(1, 4), StepRow(2, 1), StepRow(3, 7))


@pytest.mark.parametrize("outcome", Outcome)
def test_only_settled_outcomes_settle_a_run(state, outcome: Outcome) -> None:
    settled = {Outcome.REMOVED, Outcome.REWRITTEN, Outcome.RETAINED, Outcome.HELD, Outcome.ABSENT}
    assert outcome.settled == (outcome in settled)
    plan = saved_plan(state)
    run = state.begin_run(plan.id, ((1, 4),))
    state.step_finished(run, 1, outcome, 0)
    state.finish_run(run, outcome)
    assert state.plans()[0].status is (PlanStatus.APPLIED if outcome in settled else PlanStatus.PARTIAL)


def test_a_run_with_untouched_steps_cannot_end_well(state) -> None:
    run = state.begin_run(saved_plan(state).id, STEPS)
    with pytest.raises(StateError, match="steps are still open"):
        state.finish_run(run, Outcome.REMOVED)
    state.finish_run(run, Outcome.FAILED)
    assert state.plans()[0].status is PlanStatus.PARTIAL


def test_an_unsettled_step_may_be_tried_again_and_a_settled_one_not(state) -> None:
    run = state.begin_run(saved_plan(state).id, STEPS)
    state.step_started(run, 1)
    state.unit_done(run, 1, 2)
    state.step_finished(run, 1, Outcome.UNKNOWN, 2, "no answer")
    state.step_started(run, 1)
    assert state.steps(run)[0].outcome is None
    state.step_finished(run, 1, Outcome.REMOVED, 4)
    state.step_finished(run, 1, Outcome.REMOVED, 4)
    with pytest.raises(StateError, match=r"settled already \(removed\)"):
        state.step_started(run, 1)
    for outcome, count in ((Outcome.FAILED, 4), (Outcome.REMOVED, 5)):
        with pytest.raises(StateError, match="done already and its outcome stays"):
            state.step_finished(run, 1, outcome, count)
    assert state.steps(run)[0] == StepRow(1, 4, StepState.FINISHED, 1, 4, Outcome.REMOVED, effected=2)


def test_what_was_kept_may_be_looked_at_again(state) -> None:
    run = state.begin_run(saved_plan(state).id, STEPS)
    state.step_finished(run, 3, Outcome.RETAINED, 7)
    state.step_finished(run, 3, Outcome.FAILED, 6, "1 record that had to stay is not there")
    assert state.steps(run)[2].outcome is Outcome.FAILED
    state.finish_run(run, Outcome.FAILED)


def test_the_state_is_the_journal_that_the_executor_knows(state) -> None:
    journal: JournalProtocol = state
    for name in ("step_started", "unit_done", "step_finished", "steps_finished", "steps", "generation"):
        known, ours = (inspect.signature(getattr(kind, name)) for kind in (JournalProtocol, type(journal)))
        assert ours == known


def test_work_that_was_never_begun_is_refused(state) -> None:
    run = state.begin_run(saved_plan(state).id, STEPS)
    with pytest.raises(StateError, match="never started"):
        state.unit_done(run, 1, 1)
    for act in (lambda: state.unit_done(run, 9, 1), lambda: state.step_started(run, 9)):
        with pytest.raises(StateError, match="is not in the journal"):
            act()
    stranger = Run(run.id + 5, run.plan, NOON)
    with pytest.raises(StateError, match="not in the journal"):
        state.step_started(stranger, 1)
    assert state.steps(stranger) == ()


def test_two_plans_run_side_by_side(state) -> None:
    first, second = saved_plan(state), saved_plan(state)
    runs = state.begin_run(first.id, ((1, 4),)), state.begin_run(second.id, ((1, 5),))
    state.step_started(runs[0], 1)
    state.unit_done(runs[0], 1, 4)
    assert state.steps(runs[1]) == (StepRow(1, 5),)
    assert state.unfinished_runs() == runs


def test_a_step_number_given_twice_writes_nothing(state) -> None:
    plan = saved_plan(state)
    with pytest.raises(StateError):
        state.begin_run(plan.id, ((1, 4), (1, 5)))
    assert state.unfinished_runs() == ()
    assert state.plans()[0].status is PlanStatus.OPEN


def test_details_that_a_database_cannot_hold_are_made_readable(state) -> None:
    run = state.begin_run(saved_plan(state).id, ((1, 4),))
    state.step_finished(run, 1, Outcome.FAILED, 0, "a\0b\ud800c")
    state.step_finished(run, 1, Outcome.FAILED, 0, "a\0b\ud800c")
    assert state.steps(run)[0].detail == "a?b?c"


def test_a_plan_without_steps_ends_at_once(state) -> None:
    run = state.begin_run(saved_plan(state).id, ())
    state.finish_run(run, Outcome.ABSENT)
    assert state.plans()[0].status is PlanStatus.APPLIED


def test_large_counts_fit(state) -> None:
    run = state.begin_run(saved_plan(state).id, ((1, 5_000_000_000),))
    state.step_started(run, 1)
    state.unit_done(run, 1, 5_000_000_000)
    assert state.steps(run)[0].count == 5_000_000_000
