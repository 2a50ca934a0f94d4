"""Run guards: absolute and percent limits per collection, evaluated on the plan before the first effect."""

from collections import defaultdict

from dsr.core.errors import GuardError
from dsr.core.plan import Plan
from dsr.core.policy import Guards, Place
from dsr.core.select import Selection
from dsr.engine.estate import Estate


def check(plan: Plan, guards: Guards, estate: Estate) -> None:
    """Raise GuardError where a collection would lose or change more than its limit; zero means zero."""
    touched: dict[Place, int] = defaultdict(int)
    for step in plan.steps:
        if step.disposition.acts:
            touched[Place(step.store, step.collection)] += step.count
    for place, count in touched.items():
        if guards.rows is not None and count > guards.rows:
            raise GuardError(_text(place, count, f"{guards.rows} records"))
        if guards.percent is not None and count:
            total = estate.stores[place.store].count(Selection(place.collection))
            if count * 100 > total * guards.percent:
                raise GuardError(_text(place, count, f"{guards.percent:g} % of {total} records"))


def _text(place: Place, count: int, limit: str) -> str:
    return (
        f"{place}: the plan would change {count} records; the limit is {limit}. Nothing was done. "
        "Look at the plan; if it is right, raise `guards:` in the policy and plan again."
    )
