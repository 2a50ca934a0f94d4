"""The order of decision, for one entry: the first case that holds decides, the later ones that also hold have lost.

The same ladder is compiled to disjoint predicates by the planner and walked record by record by `explain`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dsr.core.holds import Hold, HoldKind
from dsr.core.periods import Period
from dsr.core.plan import Disposition, Reason, Why
from dsr.core.policy import Duty, End, Entry, Rule
from dsr.core.select import NOTHING, Everything, Predicate, both, either, is_nothing, negate
from dsr.engine.starting import Starting

_TICK = timedelta(microseconds=1)
_ENDS = {
    End.DELETE: Disposition.DELETE,
    End.ANONYMISE: Disposition.ANONYMISE,
    End.RETAIN: Disposition.RETAIN,
    End.AGGREGATE: Disposition.DELETE,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One rung: where it holds, what it makes of a record and why. `period` dates the end of keeping."""

    disposition: Disposition
    where: Predicate
    reason: Reason
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounds an entry: the holds with their predicates on it, newer children, and the asking."""

    as_of: datetime
    zone: str
    asked: bool
    holds: tuple[tuple[Hold, Predicate], ...] = ()
    newer: Predicate = NOTHING
    objected: bool = False  # an objection ends also what a rule keeps from requests


def ladder(entry: Entry, rule: Rule, starting: Starting, around: Circumstances) -> tuple[Case, ...]:
    """The cases in the order of decision: must not exist, hold, restriction, duties, request, limit, rest."""
    made = [
        *_prohibited(rule),
        *_held(rule, around),
        *_doubtful(rule, starting, around),
        *_duties(rule, starting, around),
        *_asked(rule, around),
        *_expired(rule, starting, around),
    ]
    rest = Why.BY_RULE if around.asked and rule.on_erasure is End.RETAIN else Why.WITHIN_PERIOD
    made.append(Case(Disposition.RETAIN, Everything(), Reason(rest, rule.name), rule.keep_at_most))
    return tuple(case for case in made if not is_nothing(case.where))


def disjoint(cases: Iterable[Case]) -> tuple[tuple[Case, Predicate], ...]:
    """Each case with the predicate under which it, and none before it, decides."""
    made: list[tuple[Case, Predicate]] = []
    earlier: list[Predicate] = []
    for case in cases:
        where = both(case.where, *(negate(one) for one in earlier))
        if not is_nothing(where):
            made.append((case, where))
        earlier.append(case.where)
        if isinstance(case.where, Everything):
            break
    return tuple(made)


def duty_reason(duty: Duty, rule: Rule) -> Reason:
    """The reason of a duty: its code and citation in both languages."""
    return Reason(Why(duty.code.value), rule.name, duty.cite.en, duty.cite.zh)


def why_held(hold: Hold) -> Why:
    """Whether a matter keeps the records, or the person's own restriction, or their copy that is being prepared."""
    return Why.HOLD if hold.kind is HoldKind.MATTER else Why.RESTRICTION


def undated(starting: Starting) -> Predicate:
    """No start date, and no mark that says the period does not end."""
    return both(negate(starting.dated()), negate(starting.never()))


def _prohibited(rule: Rule) -> list[Case]:
    reason = Reason(Why.PROHIBITED, rule.name)
    return [Case(Disposition.DELETE, Everything(), reason)] if rule.must_not_exist else []


def _held(rule: Rule, around: Circumstances) -> list[Case]:
    ordered = sorted(around.holds, key=lambda held: held[0].kind is not HoldKind.MATTER)
    return [Case(Disposition.HOLD, where, Reason(why_held(h), rule.name, hold=h.id)) for h, where in ordered]


def _doubtful(rule: Rule, starting: Starting, around: Circumstances) -> list[Case]:
    """What the calendar reports and leaves, whatever else keeps it: no start date, and one that has not come yet."""
    if around.asked or rule.keep_at_most is None:
        return []
    future = both(starting.dated(), negate(starting.before(around.as_of + _TICK)))
    return [
        *_undated(Everything(), rule, starting),
        Case(Disposition.RETAIN, future, Reason(Why.FUTURE_START, rule.name)),
    ]


def _duties(rule: Rule, starting: Starting, around: Circumstances) -> list[Case]:
    """Duties hold from the first unclear moment: without a start date the law's period has no end to compute."""
    if not rule.duties:
        return []
    some = either(*(duty.when for duty in rule.duties))
    cases = _undated(some, rule, starting) if around.asked else []  # what the calendar ends is dated
    ordered = sorted(rule.duties, key=lambda d: d.period.cutoff(around.as_of, around.zone))
    for duty in ordered:  # the earliest cut-off keeps longest and comes first
        young = negate(starting.before(duty.period.cutoff(around.as_of, around.zone)))
        cases.append(Case(Disposition.RETAIN, both(duty.when, young), duty_reason(duty, rule), duty.period))
    return cases


def _undated(where: Predicate, rule: Rule, starting: Starting) -> list[Case]:
    """No date, or none that can be believed: whatever is said of it, it ends nothing."""
    return [
        Case(Disposition.RETAIN, both(where, starting.implausible()), Reason(Why.IMPLAUSIBLE, rule.name)),
        Case(Disposition.RETAIN, both(where, undated(starting)), Reason(Why.NO_START, rule.name)),
    ]


def _asked(rule: Rule, around: Circumstances) -> list[Case]:
    end = End.DELETE if around.objected and rule.on_erasure is End.RETAIN else rule.on_erasure
    if not around.asked or end is End.RETAIN:
        return []
    return [Case(_ENDS[end], Everything(), Reason(Why.REQUESTED, rule.name))]


def _expired(rule: Rule, starting: Starting, around: Circumstances) -> list[Case]:
    if rule.keep_at_most is None or (around.asked and rule.totals is not None):
        return []  # totals of one person's records are nobody's wish: the calendar adds up, for all at once
    before = starting.before(rule.keep_at_most.cutoff(around.as_of, around.zone))
    if around.asked:  # the calendar has set aside before what cannot be believed
        before = both(before, negate(starting.implausible()))
    reason = Reason(Why.EXPIRED, rule.name)
    return [
        Case(Disposition.RETAIN, both(before, around.newer), Reason(Why.NEWER_CHILDREN, rule.name)),
        Case(_ENDS[rule.then], before, reason),
    ]
