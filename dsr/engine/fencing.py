"""Fences from the engine's side: which stores have them, and raising them before the first effect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dsr.core.errors import StalePlanError, StateError, TransientError
from dsr.core.fence import Effect, holds_fence, run_fence
from dsr.core.journal import HOLDS_CHANGED, Run
from dsr.core.store import Fences, Store
from dsr.engine.planner import Planned


def fenced(store: Store) -> Fences | None:
    """The store as one that keeps receipts and fences, made ready for them, or None where it does not."""
    return store if isinstance(store, Fences) and store.prepare().effect is Effect.RECEIPT else None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The stores whose fences let the run in, and those that did not answer, with what they said."""

    fenced: Mapping[str, Fences]
    silent: Mapping[str, str]


def admit(stores: Mapping[str, Store], planned: Planned, run: Run, generation: Callable[[], int]) -> Admitted:
    """Let the run into every store that has fences and where the plan acts.

    StateError when a store knows of later holds than the register, StalePlanError when of a later token.
    """
    made: dict[str, Fences] = {}
    silent: dict[str, str] = {}
    for name in dict.fromkeys(work.place.store for work in planned.works if work.step.disposition.acts):
        try:
            store = fenced(stores[name])
            if store is None:
                continue
            strange = store.beside(holds_fence(run.key))
            held = store.admit(holds_fence(run.key), planned.plan.holds)
            token = store.admit(run_fence(run.key), run.token)
        except TransientError as error:
            silent[name] = str(error)
            continue
        if strange:
            raise StateError(
                f"Store {name!r} is under holds of another state database, which this one does not know. Nothing was "
                "done. Use that one (`state:`); if it is gone for good, place its holds again here, and then have the "
                f"owner of the store remove the line {strange[0]!r} from dsr_fence."
            )
        if held != planned.plan.holds and generation() != planned.plan.holds:
            raise StalePlanError(HOLDS_CHANGED)
        if held != planned.plan.holds:
            raise StateError(
                f"Store {name!r} knows of changes to the register of holds that the state database does not: it was "
                "restored from an older backup, and holds may be missing in it. Nothing was done. Compare the holds "
                "with the matters' files and place again what is missing."
            )
        if token != run.token:
            raise StalePlanError("Another process took this run over. See how it stands with: dsr plan list")
        made[name] = store
    return Admitted(made, silent)
