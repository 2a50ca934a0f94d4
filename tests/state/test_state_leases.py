"""One holder at a time; a dead one is succeeded, a living one never."""

import os
import signal
from datetime import timedelta

import pytest
from statekit import NOON, Spot

from dsr.core.errors import LockedError, StateError
from dsr.state.database import open_state


def test_the_second_holder_is_told_who_has_it_and_since_when(state) -> None:
    with (
        state.lease("purge", "cron on the first floor") as lease,
        pytest.raises(LockedError, match=r"held by cron on the first floor \(process \d+ on .*2026-03-29T12:00:00"),
        state.lease("purge", "support"),
    ):
        pass
    assert lease.since == NOON
    assert state.leases() == ()


def test_our_own_lease_is_never_taken_for_a_stale_one(spot: Spot) -> None:
    with spot.open() as first, spot.open() as second, first.lease("purge", "cron"):
        for state in (first, second):
            with pytest.raises(LockedError), state.lease("purge", "cron"):
                pass
        assert len(first.leases()) == 1


def test_leases_of_other_names_do_not_meet(state) -> None:
    with state.lease("rule:order", "a"), state.lease("rule:invoice", "b"):
        assert [(lease.name, lease.holder) for lease in state.leases()] == [("rule:invoice", "b"), ("rule:order", "a")]


def test_a_lease_is_given_back_when_the_work_fails(state) -> None:
    with pytest.raises(KeyError), state.lease("purge", "cron"):
        raise KeyError
    with state.lease("purge", "support"):
        pass


def test_the_error_inside_is_not_hidden_by_a_lease_that_cannot_be_given_back(state) -> None:
    def work() -> None:
        with state.lease("purge", "cron"):
            with state._database.write() as connection:
                connection.exec_driver_sql("DROP TABLE dsr_lease")
            raise KeyError

    with pytest.raises(KeyError):
        work()
    with pytest.raises(StateError), state.lease("purge", "cron"):
        pass


def holder(spot: Spot, then: str) -> int:
    """A child that takes the lease and tells so, then waits to be killed; its process id."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        state = spot.open()
        context = state.lease("purge", then)
        context.__enter__()
        os.write(write, b"!")
        signal.pause()
        os._exit(0)
    os.close(write)
    assert os.read(read, 1) == b"!"
    os.close(read)
    return child


def test_the_lease_of_a_killed_process_is_taken_over(spot: Spot) -> None:
    with spot.open():
        pass
    child = holder(spot, "doomed")
    with spot.open() as state:
        with pytest.raises(LockedError, match="doomed"), state.lease("purge", "cron"):
            pass
        os.kill(child, signal.SIGSTOP)
        with pytest.raises(LockedError, match="doomed"), state.lease("purge", "cron"):
            pass
        os.kill(child, signal.SIGKILL)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # dead, though its parent has not collected it
        with state.lease("purge", "cron") as lease:
            assert state.leases() == (lease,)
        os.waitpid(child, 0)


@pytest.mark.parametrize(
    ("change", "free"),
    [
        ("host = 'elsewhere|pid:[1]'", False),  # another machine: whether it lives is not known
        ("host = host || '2'", False),  # another container of this machine
        ("birth = birth || '2'", True),  # the process id was given to another process since
        ("birth = ''", False),  # a system that does not tell: the id alone counts, and it lives
        ("birth = '', pid = 4194300", True),
        ("pid = 4194300", True),
    ],
)
def test_a_lease_is_free_only_when_its_holder_is_known_to_be_gone(state, change: str, free: bool) -> None:
    with state.lease("purge", "first"):
        with state._database.write() as connection:
            connection.exec_driver_sql(f"UPDATE dsr_lease SET {change}")
        if free:
            with state.lease("purge", "second") as lease:
                assert state.leases() == (lease,)
        else:
            with pytest.raises(LockedError, match="first"), state.lease("purge", "second"):
                pass


def test_the_lease_of_a_machine_that_is_gone_can_be_broken(state) -> None:
    with state.lease("purge", "first"):
        with state._database.write() as connection:
            connection.exec_driver_sql("UPDATE dsr_lease SET host = 'elsewhere'")
        with pytest.raises(LockedError, match="dsr unlock"), state.lease("purge", "second"):
            pass
        assert [lease.holder for lease in state.break_leases()] == []  # it may live: it was seen just now
        silent(state)
        assert [lease.holder for lease in state.break_leases()] == ["first"]
        with state.lease("purge", "second") as second:
            pass
        assert second.holder == "second"


def silent(state) -> None:
    """Nobody has shown a sign of life for an hour."""
    with state._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE dsr_counter SET value = value - 3600000000 WHERE name > 'alive' AND name < 'b'"
        )


def test_a_living_holder_of_this_machine_keeps_its_lease_however_silent_it_is(state) -> None:
    with state.lease("purge", "first") as first:
        silent(state)
        assert state.break_leases() == ()
        assert [lease.mark for lease in state.leases()] == [first.mark]


def broken(state) -> None:
    with state._database.write() as connection:
        connection.exec_driver_sql("UPDATE dsr_lease SET host = 'elsewhere'")
    silent(state)
    assert len(state.break_leases()) == 1


def test_a_holder_that_lost_its_lease_does_not_take_away_the_next_ones(state) -> None:
    first = state.lease("purge", "first")
    first.__enter__()
    broken(state)
    with state.lease("purge", "second") as second:
        first.__exit__(None, None, None)
        assert state.leases() == (second,)


def test_a_holder_that_lost_its_lease_stops_before_its_next_unit(spot: Spot) -> None:
    with spot.open() as first, spot.open() as second, first.lease("purge", "first"):
        first.generation()
        broken(second)
        with second.lease("purge", "second"):
            second.generation()
            with pytest.raises(LockedError, match="was broken"):
                first.generation()


def test_a_sign_of_life_is_given_between_units_and_leaves_nothing_behind(spot: Spot) -> None:
    now = NOON
    state = open_state(spot.url, spot.root, clock=lambda: now)
    with state, state.lease("purge", "first"):
        now = NOON + timedelta(minutes=5)
        state.generation()
        assert [lease.seen for lease in state.leases()] == [now]
    with spot.open() as state, state._database.read() as connection:
        assert (
            connection.exec_driver_sql("SELECT name FROM dsr_counter WHERE name > 'alive' AND name < 'b'").all() == []
        )
