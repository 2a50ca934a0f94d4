"""What the journal of a run says: written before every effect, read by whoever resumes."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from dsr.core.plan import Outcome


class StepState(Enum):
    """How far a step has come."""

    PLANNED = "planned"
    STARTED = "started"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Run:
    """One application of a plan. It is unfinished until `outcome` is set."""

    id: int
    plan: str
    began_at: datetime
    finished_at: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class StepRow:
    """The journal's line of one step: `planned` records at plan time, `units` committed so far, `count` records."""

    number: int
    planned: int
    state: StepState = StepState.PLANNED
    units: int = 0
    count: int = 0
    outcome: Outcome | None = None
    detail: str = ""
