"""Raising fences: a hold is in force when every store has said so, a cancelled run can do nothing more."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from time import monotonic, sleep

from dsr.core.errors import StoreUnreachableError, TransientError
from dsr.core.fence import holds_fence, run_fence, seen_fence
from dsr.core.journal import Run
from dsr.core.store import Fences, Store
from dsr.engine.fencing import fenced
from dsr.jobs.session import Session
from dsr.state.gates import OpenGate

_LOOK_AGAIN = 0.05


class How(Enum):
    """How a store came to know of a hold, or why it does not yet."""

    FENCE = "fence"  # its fence was raised, after the unit in flight
    GATE = "gate"  # no unit was at work there, or it has ended
    LOST = "lost"  # a process died at work there: what it had asked for may still have been done
    WORKING = "working"  # a unit is still at work there
    SILENT = "silent"  # the store does not answer


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Since when a hold is in force in a store (None: not yet), and how many records runs that did not know of it had
    changed there before.
    """

    store: str
    how: How
    since: datetime | None
    gone: int


def acknowledge(session: Session, generation: int, wait: float) -> tuple[Acknowledged, ...]:
    """Make the generation known everywhere; waits `wait` seconds at most for units at work."""
    running = session.state.unfinished_runs()
    instance = session.state.instance()
    made: dict[str, tuple[How, datetime | None]] = {}
    for name, store in session.stores.items():
        try:
            fence = fenced(store)
            if fence is not None:
                fence.admit(holds_fence(instance), generation)
                made[name] = (How.FENCE, session.now())
        except TransientError as error:  # a lock that a unit holds too long counts as a unit at work
            silent = isinstance(error, StoreUnreachableError)
            made[name] = (How.SILENT if silent else How.WORKING, None)
    gates = _shut(session, generation, wait)
    for name in session.stores:
        if name not in made:
            gate = gates.get(name)
            how = How.GATE if gate is None else How.LOST if gate.lost else How.WORKING
            made[name] = (how, None if how is How.WORKING else session.now())
    gone: Counter[str] = Counter()
    for run in running:
        gone.update(changed(session, run))
    return tuple(Acknowledged(name, how, since, gone[name]) for name, (how, since) in made.items())


def revoke(session: Session, run: Run) -> tuple[str, ...]:
    """Shut a run out of every store that has fences; the names of those that did not answer."""
    token = session.state.next_token()
    missed = []
    for name, store in session.stores.items():
        try:
            fence = fenced(store)
            if fence is not None:
                fence.admit(run_fence(run.key), token)
        except TransientError:
            missed.append(name)
    return tuple(missed)


def mark(session: Session, run: Run) -> None:
    """Leave the run's token in every store that has fences, and remember that it is there."""
    name, marked = seen_fence(session.state.instance()), []
    for store in session.stores.values():
        try:
            fence = fenced(store)
            if fence is not None:
                fence.admit(name, run.token)
                marked.append(store.name)
        except TransientError:
            continue  # nothing is remembered of it either
    session.state.acknowledged(marked, run.token)


def gone_back(session: Session) -> Iterator[str]:
    """The stores whose mark is older than the one that is remembered: they were restored from a backup since."""
    name = seen_fence(session.state.instance())
    for of, token in session.state.fences_seen():
        store = session.stores.get(of)
        if isinstance(store, Fences) and store.standing(name) < token:
            yield of


def _shut(session: Session, generation: int, wait: float) -> Mapping[str, OpenGate]:
    """The gates that are still open after waiting, by store."""
    end = monotonic() + wait
    while True:
        gates = {gate.store: gate for gate in session.state.open_gates(generation)}
        if all(gate.lost for gate in gates.values()) or monotonic() >= end:
            return gates
        sleep(_LOOK_AGAIN)


def changed(session: Session, run: Run) -> Mapping[str, int]:
    """How many records a run has changed, by store: as receipts say, elsewhere as its journal does.

    The journal of a process that died may lack the unit it was at.
    """
    made: dict[str, int] = {}
    counted = {row.number: row.effected for row in session.state.steps(run)}
    for step in session.state.plan(run.plan).steps:
        if step.disposition.acts:
            store: Store | None = session.stores.get(step.store)
            made[step.store] = made.get(step.store, 0) + _changed(store, run, step.number, counted)
    return made


def _changed(store: Store | None, run: Run, number: int, counted: Mapping[int, int]) -> int:
    try:
        fence = fenced(store) if store is not None else None
        if fence is not None:
            return fence.receipts(run.key, number).records
    except TransientError:
        pass
    return counted.get(number, 0)
