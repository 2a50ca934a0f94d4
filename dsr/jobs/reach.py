"""Which records come into reach of deletion by a change of the policy file: counted in the stores, as they are now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dsr.core.policy import Place
from dsr.core.select import Predicate, Selection, both, either, is_nothing, negate
from dsr.engine.counting import Counter
from dsr.engine.draft import Scope
from dsr.engine.estate import Estate, survey
from dsr.engine.planner import Planner
from dsr.engine.policyfile.loader import load
from dsr.jobs.session import Session


@dataclass(frozen=True, slots=True)
class Reached:
    """Records of a collection that a purge would act on now, and would not have by the older file."""

    collection: str
    records: int


def newly_reached(session: Session, old: Path) -> tuple[Reached, ...]:
    """What the file of the session reaches now and the older one did not; holds count for both."""
    now = session.now()
    earlier = survey(load(old, session.env), session.stores)
    before, after = (_acting(session, estate, now) for estate in (earlier, session.estate))
    counter, found = Counter(session.estate), list[Reached]()
    for place, where in after.items():
        fresh = both(where, negate(before[place])) if place in before else where
        if not is_nothing(fresh):
            count = counter.plain(place.store, Selection(place.collection, fresh))
            if count:
                found.append(Reached(str(place), count))
    return tuple(found)


def _acting(session: Session, estate: Estate, now: datetime) -> Mapping[Place, Predicate]:
    """All that a purge would act on, by collection."""
    made: dict[Place, list[Predicate]] = {}
    for part in Planner(estate, Scope(), session.state.holds(), now).parts():
        if part.disposition.acts:
            made.setdefault(part.place, []).append(part.where)
    return {place: either(*found) for place, found in made.items()}
