"""The negative proof of a hold: since every store acknowledged it, no run changed a record without knowing of it.

A run whose plan knows a hold leaves its records out inside the statement that deletes. So what has to be shown is that
runs of older plans did nothing more: one that was at work then may have changed what was counted at the time, and none
that began later may have changed anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from dsr.core.holds import Hold
from dsr.core.runs import Changed


class Standing(Enum):
    """How the proof stands."""

    PROVEN = "proven"
    UNRECORDED = "unrecorded"  # placed before acknowledgements were counted
    UNACKNOWLEDGED = "unacknowledged"  # some store has not answered yet
    BROKEN = "broken"  # records were changed by a run that did not know of it


@dataclass(frozen=True, slots=True)
class Spared:
    """What the journal says of one hold: runs since it was placed, how many of them knew it, and what others changed.

    `allowed`: what runs at work had changed before the stores acknowledged the hold.
    """

    hold: str
    runs: int
    knowing: int
    unknowing: int
    allowed: int
    standing: Standing


def generations(holds: Iterable[Hold]) -> Mapping[str, int]:
    """The generation of the register at which each hold was placed: every placing and every release counts one."""
    placed = list(holds)
    releases = [one.released_at for one in placed if one.released_at is not None]
    return {
        one.id: number + sum(released < one.placed_at for released in releases)
        for number, one in enumerate(placed, start=1)
    }


def acknowledged(counts: Mapping[str, int]) -> bool:
    """Whether every store had answered when these were counted."""
    return "acknowledged" in counts and counts["acknowledged"] >= counts.get("stores", 0)


def spared(hold: Hold, generation: int, counts: Mapping[str, int], runs: Iterable[Changed]) -> Spared:
    """The proof of one hold: `counts` are those of placing it, or of making it known later, `runs` all since then."""
    end = hold.released_at
    since = [
        one
        for one in runs
        if (one.finished_at is None or one.finished_at >= hold.placed_at) and (end is None or one.began_at < end)
    ]
    knowing = [one for one in since if one.holds >= generation]
    unknowing = [one for one in since if one.holds < generation]
    changed = sum(one.records for one in unknowing)
    allowed = counts.get("gone", 0)
    later = any(one.records and one.began_at >= hold.placed_at for one in unknowing)
    if "acknowledged" not in counts:
        standing = Standing.UNRECORDED
    elif not acknowledged(counts):
        standing = Standing.UNACKNOWLEDGED
    else:
        standing = Standing.BROKEN if later or changed > allowed else Standing.PROVEN
    return Spared(hold.id, len(since), len(knowing), changed, allowed, standing)
