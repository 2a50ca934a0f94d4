"""How the records of every rule stand in every store: the oldest against the limit, what is overdue, what keeps the
rest, and what the coming weeks bring. One pass a collection, with all questions in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dsr.core.errors import StoreUnreachableError
from dsr.core.holds import Holds
from dsr.core.plan import Disposition, Reason, Why
from dsr.core.policy import Entry
from dsr.core.select import Everything, both, negate
from dsr.core.store import Span
from dsr.engine.counting import Counter, together
from dsr.engine.draft import Scope
from dsr.engine.estate import Estate
from dsr.engine.parts import Part
from dsr.engine.planner import Planner
from dsr.engine.starting import Starting, local

WEEKS = 4
_WEEK = timedelta(days=7)
_DUTIES = frozenset({Why.LEGAL, Why.TAX, Why.PAYMENT, Why.SECURITY, Why.DISPUTE})
_DOUBTS = frozenset({Why.IMPLAUSIBLE, Why.FUTURE_START, Why.NEWER_CHILDREN})


@dataclass(frozen=True, slots=True)
class Standing:
    """One rule in one collection. `limit`: the start before which a record is past its period, and `oldest` the
    earliest start of all records. `weeks`: how many reach their limit in each coming week.

    What is undated has no start date, what is doubtful none that can be true: neither ends by itself. `shells` are
    empty rows that other records still need.
    """

    rule: str
    store: str
    collection: str
    limit: datetime | None
    records: int = 0
    oldest: datetime | None = None
    overdue: int = 0
    oldest_overdue: datetime | None = None
    held: int = 0
    by_duty: int = 0
    undated: int = 0
    doubtful: int = 0
    shells: int = 0
    weeks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Standings:
    """All of them, and the stores that did not answer."""

    found: tuple[Standing, ...]
    unseen: frozenset[str]


def standings(estate: Estate, holds: Holds, now: datetime) -> Standings:
    """Look at every collection that a rule ends by the calendar."""
    settled = [part for part in Planner(estate, Scope(), holds, now).parts() if part.entry is not None]
    parts = [*settled, *(part for entry in estate.entries() for part in _asked(estate, entry, now))]
    unseen = {gap.where for gap in estate.gaps if gap.kind == "unreachable"}
    counter, spans = Counter(estate), dict[int, Span]()
    for numbers in together(parts):
        store = parts[numbers[0]].place.store
        if store in unseen:
            continue
        try:
            spans |= zip(numbers, counter.spans([parts[number] for number in numbers]), strict=True)
        except StoreUnreachableError:
            unseen.add(store)
    seen = [(part, spans[number]) for number, part in enumerate(parts) if number in spans]
    keys = dict.fromkeys((part.reasons[0].rule, part.place) for part, _ in seen)
    made = (
        _standing(estate, [(p, s) for p, s in seen if (p.reasons[0].rule, p.place) == key], now)
        for key in keys
        if key[0]
    )
    return Standings(tuple(made), frozenset(unseen))


def _asked(estate: Estate, entry: Entry, now: datetime) -> Iterator[Part]:
    """Beside what a purge finds: all records, and what reaches its limit week by week."""
    if entry.part_of is not None:
        return
    rule, start = estate.policy.rule(entry.rule), local(entry)
    if rule.keep_at_most is None:
        return
    zone, starting = estate.policy.controller.timezone, Starting(estate, entry)
    everything = Reason(Why.WITHIN_PERIOD, rule.name, note="all")
    yield Part(entry.place, entry, Disposition.RETAIN, entry.where, Everything(), (everything,), start=start)
    before = starting.before(rule.keep_at_most.cutoff(now, zone))
    for week in range(1, WEEKS + 1):
        then = starting.before(rule.keep_at_most.cutoff(now + week * _WEEK, zone))
        reason = Reason(Why.WITHIN_PERIOD, rule.name, note=str(week))
        yield Part(entry.place, entry, Disposition.RETAIN, entry.where, both(then, negate(before)), (reason,))
        before = then


def _standing(estate: Estate, seen: Sequence[tuple[Part, Span]], now: datetime) -> Standing:
    first, _ = seen[0]
    rule, place = estate.policy.rule(first.reasons[0].rule), first.place

    def total(*why: Why) -> int:
        return sum(span.count for part, span in seen if part.reasons[0].why in why and not part.disposition.acts)

    acting = [span for part, span in seen if part.disposition.acts]
    everything = [span for part, span in seen if part.reasons[0].note == "all"]
    limit = rule.keep_at_most
    return Standing(
        rule=rule.name,
        store=place.store,
        collection=place.collection,
        limit=None if limit is None else limit.cutoff(now, estate.policy.controller.timezone),
        records=sum(span.count for span in everything),
        oldest=min((span.first for span in everything if span.first is not None), default=None),
        overdue=sum(span.count for span in acting),
        oldest_overdue=min((span.first for span in acting if span.first is not None), default=None),
        held=sum(span.count for part, span in seen if part.disposition is Disposition.HOLD),
        by_duty=total(*_DUTIES),
        undated=total(Why.NO_START),
        doubtful=total(*_DOUBTS),
        shells=total(Why.REFERENCED),
        weeks=tuple(
            sum(span.count for part, span in seen if part.reasons[0].note == str(week)) for week in range(1, WEEKS + 1)
        ),
    )
