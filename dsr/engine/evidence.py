"""Whether the retention sentences are proven: by runs inside the promised window, and by no record past its limit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise

from dsr.core.notice import Deletion
from dsr.core.policy import Policy, Rule
from dsr.core.runs import Purged
from dsr.core.text import Text
from dsr.engine.overdue import Survivors
from dsr.engine.policytext.promises import tail

LOOK_BACK = timedelta(days=90)
_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)


class Doubt(Enum):
    """Why a period is not proven."""

    NO_PROMISE = "no_promise"  # the file does not say how often deletion runs
    NEVER = "never"
    STOPPED = "stopped"
    OVERDUE = "overdue"
    UNSEEN = "unseen"  # a store did not answer
    EFFECTIVE = "effective"  # what really happens takes longer than what is promised


@dataclass(frozen=True, slots=True)
class Proof:
    """How one rule's sentence stands.

    `behind` and `promised` are days after the period's end until all copies are gone: as measured (longest gap between
    runs, lag of processors, life of backups), and as people are told.
    """

    rule: str
    title: Text
    last: datetime | None
    gap: timedelta | None
    overdue: int
    oldest: datetime | None
    behind: int | None
    promised: int | None
    doubts: tuple[Doubt, ...]

    @property
    def proven(self) -> bool:
        """Whether the sentence may stand."""
        return not self.doubts


def deadline(deletion: Deletion | None, now: datetime, zone: str) -> datetime:
    """The latest end of a period after which a run must have come by now; without a promise it is now itself."""
    return now if deletion is None else deletion.every.cutoff(now, zone) - _TICK


def proofs(policy: Policy, purges: tuple[Purged, ...], survivors: Survivors, now: datetime) -> tuple[Proof, ...]:
    """The proof of every rule that has an end by the calendar."""
    places = _stores(policy)
    ended = (rule for rule in policy.rules if rule.keep_at_most is not None or rule.must_not_exist)
    return tuple(_proof(policy, rule, places.get(rule.name, frozenset()), purges, survivors, now) for rule in ended)


def _proof(
    policy: Policy, rule: Rule, stores: frozenset[str], purges: Iterable[Purged], survivors: Survivors, now: datetime
) -> Proof:
    runs = [one.at for one in purges if one.covers(rule.name, stores)]
    late = [one for one in survivors.found if one.rule == rule.name]
    overdue = sum(one.count for one in late)
    pauses = list(pairwise((*runs, now)))
    longest = max(pauses, key=lambda pause: pause[1] - pause[0], default=None)
    behind, promised = (None, None) if longest is None else _reach(policy, *longest)
    doubts = [*_of_runs(policy, runs, now)]
    if overdue:
        doubts.append(Doubt.OVERDUE)
    if survivors.unseen & stores:
        doubts.append(Doubt.UNSEEN)
    if behind is not None and promised is not None and behind > promised:
        doubts.append(Doubt.EFFECTIVE)
    return Proof(
        rule=rule.name,
        title=rule.title,
        last=runs[-1] if runs else None,
        gap=longest[1] - longest[0] if longest is not None else None,
        overdue=overdue,
        oldest=min((one.oldest for one in late if one.oldest is not None), default=None),
        behind=behind,
        promised=promised,
        doubts=tuple(doubts),
    )


def _of_runs(policy: Policy, runs: list[datetime], now: datetime) -> Iterator[Doubt]:
    if policy.deletion is None:
        yield Doubt.NO_PROMISE
    if not runs:
        yield Doubt.NEVER
    elif policy.deletion is not None and now >= policy.deletion.every.until(runs[-1], policy.controller.timezone):
        yield Doubt.STOPPED


def _reach(policy: Policy, before: datetime, after: datetime) -> tuple[int, int | None]:
    """Days from a run until every copy of what just missed it is gone: as measured, and as promised."""
    zone, deletion = policy.controller.timezone, policy.deletion
    measured = tail(policy).until(after, zone)
    promised = None if deletion is None else deletion.copies.until(deletion.every.until(before, zone) - _TICK, zone)
    return _days(before, measured), None if promised is None else _days(before, promised)


def _days(first: datetime, last: datetime) -> int:
    return -((first - last) // _DAY)


def _stores(policy: Policy) -> Mapping[str, frozenset[str]]:
    made: dict[str, set[str]] = {}
    for entry in policy.entries:
        of = entry.part_of
        owns = {one.rule for one in policy.entries if of is not None and one.place == of.to} or {entry.rule}
        for rule in {*owns, *(field.rule for field in entry.fields if field.rule is not None)}:
            made.setdefault(rule, set()).add(entry.place.store)
    return {rule: frozenset(stores) for rule, stores in made.items()}
