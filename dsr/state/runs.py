"""Runs as evidence: when a purge ran and for which rules it did not come to its end, and what every run changed."""

from datetime import datetime

from sqlalchemy import func, select

from dsr.core.plan import Outcome, Plan
from dsr.core.runs import Changed, Purged
from dsr.state import schema
from dsr.state.documents import plan_from
from dsr.state.part import Part, instant, micros, readable

_BLIND = ("unreachable", "unreadable", "vanished")


class Runs(Part):
    """Reads what the journal says of runs."""

    def purges(self, since: datetime) -> tuple[Purged, ...]:
        """All purges from an instant on, the oldest first. A plan that was made for another day is none."""
        plan, run, step = schema.plan, schema.run, schema.step
        wanted = (plan.c.scope == "expired") & (plan.c.made_at >= micros(since))
        with self._database.read() as connection:
            rows = connection.execute(select(plan.c.id, plan.c.document).where(wanted)).all()
            began = set(connection.scalars(select(run.c.plan).join(plan, plan.c.id == run.c.plan).where(wanted)))
            steps = connection.execute(
                select(run.c.plan, step.c.number, step.c.outcome, step.c.records)
                .join(run, run.c.id == step.c.run)
                .join(plan, plan.c.id == run.c.plan)
                .where(wanted)
                .order_by(step.c.run)
            ).all()
        done: dict[str, dict[int, tuple[str | None, int]]] = {}
        for row in steps:  # a later run of the same plan replaces what an earlier one left open
            done.setdefault(row.plan, {})[row.number] = (row.outcome, int(row.records))
        with readable("the purges"):
            made = [_purged(plan_from(row.document), row.id in began, done.get(row.id, {})) for row in rows]
        return tuple(sorted((one for one in made if one is not None), key=lambda one: one.at))

    def changed(self, since: datetime) -> tuple[Changed, ...]:
        """Every run that was at work at that instant or later, with what it changed."""
        plan, run, step = schema.plan, schema.run, schema.step
        wanted = run.c.finished_at.is_(None) | (run.c.finished_at >= micros(since))
        sums = func.coalesce(func.sum(step.c.effected), 0).label("changed")
        query = (
            select(run.c.id, run.c.plan, plan.c.scope, run.c.began_at, run.c.finished_at, plan.c.document, sums)
            .join(plan, plan.c.id == run.c.plan)
            .outerjoin(step, step.c.run == run.c.id)
            .where(wanted)
            .group_by(run.c.id, run.c.plan, plan.c.scope, run.c.began_at, run.c.finished_at, plan.c.document)
            .order_by(run.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        with readable("the runs"):
            return tuple(
                Changed(
                    row.plan,
                    row.scope,
                    row.id,
                    instant(row.began_at),
                    None if row.finished_at is None else instant(row.finished_at),
                    plan_from(row.document).holds,
                    int(row.changed),
                )
                for row in rows
            )


def _purged(plan: Plan, began: bool, steps: dict[int, tuple[str | None, int]]) -> Purged | None:
    """What a purge proves; it counts from the moment for which it was planned."""
    if plan.as_of != plan.made_at:
        return None
    acting = [one for one in plan.steps if one.disposition.acts and one.count]
    if acting and not began:
        return None  # planned, and never applied
    removed: dict[str, int] = {}
    unfinished = set()
    for one in acting:
        outcome, records = steps.get(one.number, (None, 0))
        if outcome is None or not Outcome(outcome).settled:
            unfinished.add(one.rule)
        removed[one.rule] = removed.get(one.rule, 0) + records
    blind = frozenset(
        gap.where.partition(".")[0] for gap in plan.gaps if gap.kind in ("unreachable", "unreadable", "vanished")
    )
    return Purged(plan.id, plan.as_of, tuple(removed.items()), frozenset(unfinished), blind)
