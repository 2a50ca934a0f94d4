"""Several processes at once, and processes that die at any statement."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from statekit import Spot, fork, hold_over, person, plan_for, saved_plan

from dsr.core.errors import LockedError, StalePlanError
from dsr.core.journal import StepState
from dsr.core.plan import Outcome
from dsr.state.database import State
from dsr.state.plans import PlanStatus

PROCESSES = 8
ROUNDS = 6


def together(act: Callable[[int], None]) -> None:
    """Run the act in eight processes that begin at the same moment."""
    read, write = os.pipe()

    def waiting(number: int) -> None:
        os.close(write)
        os.read(read, 1)
        act(number)

    children = [fork(lambda number=number: waiting(number)) for number in range(PROCESSES)]
    os.close(write)  # the end of the pipe is the starting gun
    os.close(read)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * PROCESSES


def test_eight_processes_make_one_database_with_one_key(spot: Spot) -> None:
    def first_start(number: int) -> None:
        with spot.open() as state:
            state.place(hold_over(f"H-{number + 1}"))

    together(first_start)
    with spot.open() as state:
        assert [hold.id for hold in state.holds().active] == [f"H-{number + 1}" for number in range(PROCESSES)]
    assert [file.name for file in spot.key.parent.glob("key*")] == ["key"]


def test_eight_processes_get_different_ids_and_lose_no_update(spot: Spot, tmp_path: Path) -> None:
    with spot.open() as state:
        shared = state.begin_run(saved_plan(state).id, ((1, 0),))
        state.step_started(shared, 1)

    def work(number: int) -> None:
        with spot.open() as state:
            for _ in range(ROUNDS):
                one = person(state, number)
                state.remember([one])
                saved_plan(state, one)
                state.place(hold_over(state.next_hold_id(), one))
                state.unit_done(shared, 1, 3)
                assert state.subject(one.token) == one

    together(work)
    total = PROCESSES * ROUNDS
    with spot.open() as state:
        assert [row.id for row in state.plans()] == [f"P-{number + 1}" for number in range(total + 1)]
        assert [hold.id for hold in state.holds().active] == [f"H-{number + 1}" for number in range(total)]
        assert state.generation() == total
        assert [(row.units, row.count) for row in state.steps(shared)] == [(total, 3 * total)]


def test_of_eight_processes_one_at_a_time_holds_the_lease(spot: Spot, tmp_path: Path) -> None:
    inside, log = tmp_path / "inside", tmp_path / "log"
    with spot.open():
        pass

    def work(number: int) -> None:
        with spot.open() as state:
            done = 0
            while done < 3:
                try:
                    with state.lease("purge", f"worker {number}"):
                        os.close(os.open(inside, os.O_CREAT | os.O_EXCL))  # fails if another is inside
                        with log.open("a") as file:
                            file.write("x")
                        inside.unlink()
                        done += 1
                except LockedError:
                    continue

    together(work)
    assert log.read_text() == "x" * 3 * PROCESSES


def test_eight_processes_that_begin_one_plan_share_one_run(spot: Spot) -> None:
    with spot.open() as state:
        plan = saved_plan(state)

    def begin(number: int) -> None:
        with spot.open() as state:
            state.begin_run(plan.id, ((1, 4), (2, 1)))

    together(begin)
    with spot.open() as state:
        assert len(state.unfinished_runs()) == 1
        assert len(state.steps(state.unfinished_runs()[0])) == 2


STEPS = ((1, 4), (2, 1), (3, 7))


def erase(state: State, store: Path) -> None:
    """What an executor does: two batches of files are deleted, journalled before and after; a dead run is resumed."""
    if not state.plans():
        one = person(state)
        plan = plan_for(state.next_plan_id(), one)
        state.remember([one])
        state.save_plan(plan, (one,))
    row = state.plans()[0]
    if row.status is PlanStatus.APPLIED:
        return
    run = state.begin_run(row.id, STEPS)
    for step in state.steps(run):
        if step.outcome is not None:
            continue
        if step.number == 1:
            assert state.plan_subjects(row.id)
            state.step_started(run, 1)
            for batch in ("a", "b"):
                found = list(store.glob(f"{batch}*"))
                for file in found:
                    file.unlink()
                if found:
                    state.unit_done(run, 1, len(found))
        state.step_finished(run, step.number, Outcome.RETAINED if step.number > 1 else Outcome.REMOVED, step.planned)
    state.finish_run(run, Outcome.REMOVED)


def die_at(statement: int) -> None:
    """Kill this process in front of the numbered SQL statement or commit of the whole program."""
    left = statement

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def killed_at(spot: Spot, store: Path, statement: int) -> bool:
    def child() -> None:
        die_at(statement)
        with spot.open() as state:
            erase(state, store)

    return os.waitstatus_to_exitcode(os.waitpid(fork(child), 0)[1]) == -signal.SIGKILL


def check_and_resume(spot: Spot, store: Path) -> None:
    """The journal is readable, says no more than is true, and the next run ends the work."""
    with spot.open() as state:
        for run in state.unfinished_runs():
            steps = state.steps(run)
            assert [(step.number, step.planned) for step in steps] == list(STEPS)
            gone = 4 - len(list(store.iterdir()))
            assert steps[0].count <= gone
            assert gone == 0 or steps[0].state is not StepState.PLANNED
        erase(state, store)
        assert list(store.iterdir()) == []
        (row,) = state.plans()
        assert row.status is PlanStatus.APPLIED
        assert state.unfinished_runs() == ()
        with pytest.raises(StalePlanError):
            state.begin_run(row.id, STEPS)


def fresh(spot: Spot, tmp_path: Path, number: int) -> tuple[Spot, Path]:
    root = tmp_path / str(number)
    store = root / "store"
    store.mkdir(parents=True)
    for name in ("a1", "a2", "b1", "b2"):
        (store / name).touch()
    return Spot(spot.url, root), store


def test_a_process_killed_before_any_statement_leaves_a_journal_that_resumes(sqlite_spot: Spot, tmp_path: Path) -> None:
    """From the first start to the end of the run, the child is killed in front of its n-th statement, for every n."""
    number = 1
    while True:
        spot, store = fresh(sqlite_spot, tmp_path, number)
        if not killed_at(spot, store, number):
            break
        check_and_resume(spot, store)
        number += 1
    assert number > 60


def test_a_process_killed_while_it_resumes_leaves_a_journal_that_resumes(sqlite_spot: Spot, tmp_path: Path) -> None:
    for number in range(30, 70, 5):
        spot, store = fresh(sqlite_spot, tmp_path, number)
        assert killed_at(spot, store, number)
        for again in (9, 14, 11):
            killed_at(spot, store, again)
        check_and_resume(spot, store)


def test_a_child_killed_on_postgresql_resumes_too(spot: Spot, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    for name in ("a1", "a2", "b1", "b2"):
        (store / name).touch()
    for number in (40, 30, 20, 15, 12):
        killed_at(spot, store, number)
    check_and_resume(spot, store)
