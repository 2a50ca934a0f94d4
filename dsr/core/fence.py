"""What a worker must show before each unit of work, so that nothing is done twice, late, or against a hold.

A run has a key, and a token that grows with every process that takes it up. A store that keeps receipts and a fence
compares both inside the transaction that deletes: a process that was stopped and wakes up late finds a newer token, or
a newer generation of the hold register, and does nothing (E6 and E5 of the project's fault experiments).
"""

from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    """How surely an effect happens once, and how an answer that was lost is settled."""

    RECEIPT = "T1"  # receipt, fence and effect in one transaction: exactly once, with an exact count
    REREAD = "T2"  # one transaction without receipt: exactly once; the count is what was planned and is now absent
    CONDITIONAL = "T3"  # compare and replace: repeating it changes nothing
    ASKED = "T4"  # another party acts: at least once, verified by reading back or by their statement
    DATED = "T5"  # no effect is possible: it expires by a stated date


@dataclass(frozen=True, slots=True)
class Permit:
    """One step of one run, as it presents itself to a store: `run` is opaque, `holds` the generation it knows of."""

    run: str
    step: int
    token: int
    holds: int


@dataclass(frozen=True, slots=True)
class Receipts:
    """What a store has written down of one step: how many units were committed, and how many records they took."""

    units: int
    records: int


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What a store promises, and why not more; `why` is a code whose words the console knows."""

    effect: Effect
    why: str


def run_fence(run: str) -> str:
    """The name of the fence of a run: its token there is the only one that may act."""
    return f"run {run}"


def holds_fence(run: str) -> str:
    """The name of the fence that follows the hold register; `run`, or the state database's own name, tells which."""
    return f"holds {run.partition('/')[0]}"


def seen_fence(instance: str) -> str:
    """The name of the fence by which a state database knows a store again: when it falls, the store was restored."""
    return f"seen {instance}"
