"""Discovery: the live stores against the map. What is not declared is named, and the check fails."""

from dataclasses import dataclass

from dsr.core.plan import Gap
from dsr.core.policy import Entry
from dsr.core.select import Selection
from dsr.jobs.session import Session


@dataclass(frozen=True, slots=True)
class Seen:
    """One live collection: how it is declared, its fields and its records."""

    place: str
    declared: str  # "rule", "no_personal_data" or "undeclared"
    rules: tuple[str, ...]
    fields: int
    records: int


@dataclass(frozen=True, slots=True)
class Discovered:
    """Everything that was seen, and the gaps."""

    seen: tuple[Seen, ...]
    gaps: tuple[Gap, ...]

    @property
    def exit_code(self) -> int:
        """0 clean, 3 undeclared or vanished, 75 could not look."""
        if any(gap.kind == "unreachable" for gap in self.gaps):
            return 75
        return 3 if self.gaps else 0


def discover(session: Session) -> Discovered:
    """Look at every store and compare."""
    estate = session.estate
    none = {statement.place for statement in session.policy.none}
    seen = []
    session.progress.begin("discover", len(estate.live))
    for place, collection in sorted(estate.live.items()):
        entries = session.policy.entries_of(place)
        declared = "rule" if entries else "no_personal_data" if place in none else "undeclared"
        rules = tuple(dict.fromkeys(_rule(entry) for entry in entries))
        count = estate.stores[place.store].count(Selection(place.collection))
        seen.append(Seen(str(place), declared, rules, len(collection.fields), count))
        session.progress.advance(1)
    session.progress.end()
    return Discovered(tuple(seen), (*estate.gaps, *session.gaps))


def _rule(entry: Entry) -> str:
    return entry.rule if entry.part_of is None else f"part of {entry.part_of.to}"
