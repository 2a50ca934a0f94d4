"""What the journal of a run says: written before every effect, read by whoever resumes."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from dsr.core.plan import Outcome


class StepState(Enum):
    """How far a step has come."""

    PLANNED = "planned"
    STARTED = "started"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Run:
    """One application of a plan. It is unfinished until `outcome` is set; `entry` is its last place in the ledger."""

    id: int
    plan: str
    began_at: datetime
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    entry: int | None = None


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


class Journal(Protocol):
    """Where a run is written down. Every call is durable when it returns."""

    def step_started(self, run: Run, number: int) -> None:
        """The next thing that happens is the step's first effect."""

    def unit_done(self, run: Run, number: int, count: int) -> None:
        """A unit of that many records is committed in the store."""

    def step_finished(self, run: Run, number: int, outcome: Outcome, count: int, detail: str = "") -> None:
        """The step has ended, with that outcome for that many records."""

    def steps(self, run: Run) -> tuple[StepRow, ...]:
        """All lines of the run, by number."""

    def generation(self) -> int:
        """The generation of the hold register, read anew."""
