"""Discovery: the live stores against the map. What is not declared is named; the gate closes on what is personal."""

from dataclasses import dataclass

from dsr.core.plan import Gap
from dsr.core.policy import Entry
from dsr.core.select import Selection
from dsr.core.text import Text
from dsr.engine.detect.assess import Link
from dsr.engine.detect.columns import Verdict
from dsr.engine.detect.gate import Placed, Standing, place_columns
from dsr.engine.detect.reasons import sentence
from dsr.jobs.looking import SAMPLE, Seen, look_at
from dsr.jobs.session import Session

_BLIND = ("unreachable", "unreadable")


@dataclass(frozen=True, slots=True)
class SeenCollection:
    """One live collection: how it is declared, its fields and its records."""

    place: str
    declared: str  # "rule", "no_personal_data" or "undeclared"
    rules: tuple[str, ...]
    fields: int
    records: int


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """The answer for one column. `evidence` is what a decision about it must name; `mask` its most frequent shape."""

    name: str
    verdict: Verdict
    kind: str
    confidence: float
    link: Link | None
    standing: Standing
    category: str
    evidence: str
    values: int
    mask: str
    reason: Text
    open: bool


@dataclass(frozen=True, slots=True)
class Discovered:
    """Everything that was seen, and the gaps. `check`: only what is personal counts, as the gate asks."""

    seen: tuple[SeenCollection, ...]
    columns: tuple[SeenColumn, ...]
    gaps: tuple[Gap, ...]
    check: bool = False

    @property
    def failures(self) -> tuple[SeenColumn, ...]:
        """The columns at which the gate closes."""
        return tuple(column for column in self.columns if column.standing.fails)

    @property
    def exit_code(self) -> int:
        """0 clean, 3 undeclared, changed or vanished, 75 could not look."""
        if any(gap.kind in _BLIND for gap in self.gaps):
            return 75
        if self.check:
            return 3 if self.failures or any(gap.kind in ("vanished", "ambiguous") for gap in self.gaps) else 0
        return 3 if self.failures or any(gap.kind not in ("unread", "broken") for gap in self.gaps) else 0


def discover(session: Session, *, check: bool = False, sample: int = SAMPLE) -> Discovered:
    """Look at every store and compare."""
    estate = session.estate
    looked = look_at(estate, sample, session.progress)
    blind = {gap.where for gap in looked.gaps if gap.kind in _BLIND}
    gaps = (*estate.gaps, *(session.gaps if not blind else ()), *looked.gaps)
    placed = place_columns(session.policy, estate.live, looked.looked)
    seen = _collections(session, looked) if not check else ()
    return Discovered(seen, tuple(column(one) for one in placed), gaps, check)


def column(placed: Placed) -> SeenColumn:
    """The answer as people and other programs read it."""
    one = placed.column
    return SeenColumn(
        one.name,
        one.judged.verdict,
        one.judged.kind,
        one.judged.confidence,
        one.link,
        placed.standing,
        placed.category,
        one.evidence,
        one.values,
        one.mask,
        sentence(one.judged.reasons),
        placed.open,
    )


def _collections(session: Session, looked: Seen) -> tuple[SeenCollection, ...]:
    estate = session.estate
    none = {statement.place for statement in session.policy.none}
    seen = []
    for place in (one.place for one in looked.looked):
        entries = session.policy.entries_of(place)
        declared = "rule" if entries else "no_personal_data" if place in none else "undeclared"
        rules = tuple(dict.fromkeys(_rule(entry) for entry in entries))
        count = estate.stores[place.store].count(Selection(place.collection))
        seen.append(SeenCollection(str(place), declared, rules, len(estate.live[place].fields), count))
    return tuple(seen)


def _rule(entry: Entry) -> str:
    return entry.rule if entry.part_of is None else f"part of {entry.part_of.to}"
