"""What the journal of a run says: written before every effect, read by whoever resumes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from dsr.core.plan import Outcome

HOLDS_CHANGED = (
    "The register of holds changed while the plan was applied; nothing more was done. "
    "Make a new plan: it will respect the holds of now."
)


class StepState(Enum):
    """How far a step has come."""

    PLANNED = "planned"
    STARTED = "started"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Run:
    """One application of a plan. It is unfinished until `outcome` is set; `entry` is its last place in the ledger.

    `key` names it in stores, across state databases. `token` grows each time a process takes it up; an older one is
    refused everywhere.
    """

    id: int
    plan: str
    began_at: datetime
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    entry: int | None = None
    key: str = ""
    token: int = 0


@dataclass(frozen=True, slots=True)
class StepRow:
    """The journal's line of one step: `planned` records at plan time, `units` committed so far, `count` records.

    `effected` counts what was reported as changed, unit by unit, whatever the outcome says of the whole step.
    """

    number: int
    planned: int
    state: StepState = StepState.PLANNED
    units: int = 0
    count: int = 0
    outcome: Outcome | None = None
    detail: str = ""
    effected: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a step ended, for how many records."""

    number: int
    outcome: Outcome
    count: int
    detail: str = ""


class Journal(Protocol):
    """Where a run is written down. Every call is durable when it returns."""

    def step_started(self, run: Run, number: int) -> StepRow:
        """The next thing that happens is the step's first effect; the step's line as it was before."""

    def unit_begins(self, run: Run, number: int, store: str, holds: int) -> None:
        """A unit is about to begin in a store without fences; StalePlanError when holds or the run have changed.

        Until `unit_done` or `unit_ends` whoever places a hold waits for it.
        """

    def unit_done(self, run: Run, number: int, count: int) -> None:
        """A unit of that many records is committed in the store."""

    def unit_ends(self, run: Run) -> None:
        """The unit that had begun is over, with no effect that is known of."""

    def step_settled(self, run: Run, number: int, units: int, count: int) -> None:
        """The store's own receipts say so many units and records; they replace what was counted here."""

    def step_finished(self, run: Run, number: int, outcome: Outcome, count: int, detail: str = "") -> None:
        """The step has ended, with that outcome for that many records."""

    def steps_finished(self, run: Run, endings: Iterable[Ending]) -> None:
        """The same for several steps at once."""

    def steps(self, run: Run) -> tuple[StepRow, ...]:
        """All lines of the run, by number."""

    def generation(self) -> int:
        """The generation of the hold register, read anew."""
