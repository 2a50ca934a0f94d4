"""A full disk: one clear error, and what was written stays."""

import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from statekit import Spot, fork, hold_over, person, saved_plan

from dsr.core.errors import StateError
from dsr.core.plan import Outcome


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1024k", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a disk of its own; the test with a limit on file size runs everywhere")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def save_plans(spot: Spot) -> None:
    """Save more plans than the disk can hold."""
    with spot.open() as state:
        for number in range(1000):
            saved_plan(state, person(state, number))


def fill(ballast: Path, piece: int) -> None:
    """Leave no room on the disk."""
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(piece))
    except OSError as error:
        assert error.errno == errno.ENOSPC  # noqa: PT017 - nothing else may end the loop


def test_a_full_disk_is_one_clear_error_and_earlier_rows_stay(tiny_disk: Path) -> None:
    spot = Spot("sqlite:///.dsr/state.db", tiny_disk)
    with spot.open() as state:
        state.place(hold_over("H-1"))
    with pytest.raises(StateError, match=r"disk is full or cannot be written.*Make room"):
        save_plans(spot)
    with spot.open() as state:
        saved = len(state.plans())
        assert saved > 5
        assert [state.plan(row.id).id for row in state.plans()] == [f"P-{number + 1}" for number in range(saved)]
        assert len(state.holds().active) == 1


def test_work_goes_on_once_there_is_room(tiny_disk: Path) -> None:
    spot = Spot("sqlite:///.dsr/state.db", tiny_disk)
    with spot.open() as state:
        one = person(state)
        run = state.begin_run(saved_plan(state, one).id, ((1, 4),))
        state.step_started(run, 1)
    ballast = tiny_disk / "ballast"
    fill(ballast, 512)
    with pytest.raises(StateError, match="Make room"):
        save_plans(spot)
    ballast.unlink()
    with spot.open() as state:
        assert state.unfinished_runs() == (run,)
        state.unit_done(run, 1, 4)
        state.step_finished(run, 1, Outcome.REMOVED, 4)
        state.finish_run(run, Outcome.REMOVED)


def test_a_disk_without_room_for_the_first_start_leaves_nothing_in_the_way(tiny_disk: Path) -> None:
    ballast = tiny_disk / "ballast"
    fill(ballast, 4096)
    spot = Spot("sqlite:///.dsr/state.db", tiny_disk)
    with pytest.raises(StateError, match=r"[Mm]ake room"):
        spot.open()
    ballast.unlink()
    with spot.open() as state:
        assert state.next_plan_id() == "P-1"


@pytest.mark.parametrize("limit", [40_000, 90_000, 130_000, 200_000, 300_000, 500_000])
def test_a_file_that_may_not_grow_is_one_clear_error_and_earlier_rows_stay(sqlite_spot: Spot, limit: int) -> None:
    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with pytest.raises(StateError, match="Make room"):
            save_plans(sqlite_spot)

    assert os.waitstatus_to_exitcode(os.waitpid(fork(work), 0)[1]) == 0
    with sqlite_spot.open() as state:
        saved = len(state.plans())
        assert [state.plan(row.id).id for row in state.plans()] == [f"P-{number + 1}" for number in range(saved)]
        assert state.holds().generation == 0
