"""Shows legal holds."""

from collections.abc import Iterable
from datetime import timedelta

from dsr.console.screen import BOLD, DIM, GOOD, WARN, Cell, Column, Console
from dsr.core.holds import Hold, HoldScope
from dsr.jobs.fences import Acknowledged
from dsr.jobs.holds import HoldShown, Released


def show_placed(console: Console, shown: HoldShown) -> None:
    """A hold that was just placed."""
    show_hold(console, shown)
    console.line()
    show_acknowledged(console, shown.acknowledged)
    console.line()
    for one in shown.hold.scope.fields or ():
        console.show("hold.whole", field=one)
    if shown.pending:
        console.show("hold.pending", style=WARN, hold=shown.hold.id)
    else:
        console.show("hold.placed", style=GOOD, hold=shown.hold.id, count=shown.records)


def show_acknowledged(console: Console, stores: Iterable[Acknowledged]) -> None:
    """Since when holds are in force in each store, and what was gone by then."""
    columns = (Column("store"), Column("since"), Column("how"), Column("gone", number=True))
    rows = (
        (
            one.store,
            Cell(console.words("hold.not_yet"), WARN) if one.since is None else console.when(one.since),
            console.words(f"hold.{one.how.value}"),
            one.gone,
        )
        for one in stores
    )
    console.table(columns, rows)


def show_hold(console: Console, shown: HoldShown) -> None:
    """One hold, and what it protects now."""
    hold = shown.hold
    console.show("hold.title", style=BOLD, hold=hold.id, matter=hold.matter)
    rows: list[tuple[str, object]] = [
        ("state", _state(console, hold)),
        ("scope", _scope(console, hold.scope)),
        ("reason", hold.reason),
        ("authority", hold.authority),
        ("placed", f"{console.when(hold.placed_at)}  {hold.placed_by}"),
    ]
    if not hold.disclose:
        rows.append(("secret", True))
    if shown.conditions:
        rows.insert(2, ("condition", ", ".join(shown.conditions)))
    if hold.review_on is not None or hold.reviewer is not None:
        rows.append(("review", "  ".join(str(one) for one in (hold.review_on, hold.reviewer) if one is not None)))
    for one in shown.grounds:
        rows.append(("ground", f"{one.regime}  {one.title.in_(console.lang)} ({one.cite.in_(console.lang)})"))
    if hold.released_at is not None:
        rows.append(("released", f"{console.when(hold.released_at)}  {hold.released_by}: {hold.release_reason}"))
    console.facts(rows)
    if shown.covered:
        console.line()
        columns = (Column("where"), Column("records", number=True))
        console.table(columns, ((one.entry, one.count) for one in shown.covered))


def show_holds(console: Console, holds: Iterable[Hold]) -> None:
    """The register, one hold a row."""
    found = tuple(holds)
    if not found:
        console.show("hold.none", style=DIM)
        return
    columns = (Column("hold"), Column("state"), Column("matter"), Column("scope"), Column("placed"), Column("review"))
    console.table(columns, (_row(console, hold) for hold in found))


def show_released(console: Console, released: Released) -> None:
    """A hold that was just released, and the new plans of what it had deferred."""
    console.show("hold.released", style=WARN, hold=released.hold.id)
    for one in released.plans:
        whom = ", ".join(one.subjects) or console.words("hold.calendar")
        if one.plan is None:
            console.show("hold.forgotten", style=WARN, earlier=one.earlier, whom=whom)
        elif one.plan.appliable:
            acting = sum(step.count for step in one.plan.steps if step.disposition.acts)
            console.show("hold.replanned", earlier=one.earlier, whom=whom, plan=one.plan.id, count=acting)
        else:
            console.show("hold.still_kept", style=DIM, earlier=one.earlier, whom=whom)


def _row(console: Console, hold: Hold) -> tuple[object, ...]:
    scope = _scope(console, hold.scope)
    return hold.id, _state(console, hold), hold.matter, scope, console.day(hold.placed_at), hold.review_on


def _state(console: Console, hold: Hold) -> Cell:
    return Cell(console.words("hold.active"), "cyan") if hold.active else Cell(console.words("hold.ended"), DIM)


def _scope(console: Console, scope: HoldScope) -> str:
    subjects = tuple(subject.token for subject in scope.subjects or ())
    fields = tuple(str(one) for one in scope.fields or ())
    parts = [", ".join(names) for names in (subjects, scope.rules, scope.collections, fields) if names]
    if scope.since is not None or scope.until is not None:
        last = None if scope.until is None else scope.until - timedelta(days=1)
        parts.append(" – ".join("" if day is None else console.day(day) for day in (scope.since, last)))
    return "; ".join(parts) or console.words("hold.everything")
