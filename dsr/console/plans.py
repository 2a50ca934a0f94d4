"""Shows plans: what will become of how many records, and why."""

from collections.abc import Iterable

from dsr.console.screen import BAD, BOLD, DIM, GOOD, WARN, Cell, Column, Console
from dsr.core.plan import Disposition, Gap, Plan, Reason, Step

STYLES = {
    Disposition.DELETE: BAD,
    Disposition.REWRITE: WARN,
    Disposition.ANONYMISE: WARN,
    Disposition.RETAIN: GOOD,
    Disposition.HOLD: "cyan",
}


def show_plan(console: Console, plan: Plan) -> None:
    """The whole plan: totals, one row a step, gaps and notes."""
    subjects = ", ".join(plan.subjects)
    console.show(f"plan.title_{plan.scope}", style=BOLD, id=plan.id, subjects=subjects, as_of=console.when(plan.as_of))
    console.line()
    show_totals(console, plan)
    filled = [step for step in plan.steps if step.count]
    if filled:
        console.line()
        columns = (Column("what"), Column("where"), Column("records", number=True), Column("until"), Column("why"))
        console.table(columns, (_row(console, step) for step in filled))
    empty = len(plan.steps) - len(filled)
    if empty:
        console.show("plan.empty_steps", style=DIM, count=empty)
    console.line()
    show_gaps(console, plan.gaps)
    for note in plan.notes:
        console.show("plan.note", text=note)
    if plan.as_of > plan.made_at:
        console.show("plan.rehearsal", style=WARN, as_of=console.when(plan.as_of))
    elif not plan.appliable:
        console.show("plan.nothing_acts")


def show_totals(console: Console, plan: Plan) -> None:
    """Records per disposition."""
    counted = [(one, plan.count(one)) for one in Disposition]
    console.table(
        (Column("what"), Column("records", number=True)),
        ((Cell(console.words.of("disposition", one.value), STYLES[one]), count) for one, count in counted if count),
    )


def show_gaps(console: Console, gaps: Iterable[Gap]) -> None:
    """What keeps it from being complete, or that nothing does."""
    found = tuple(gaps)
    if not found:
        console.show("plan.complete", style=GOOD)
        return
    console.show("plan.incomplete", style=BAD, count=len(found))
    for gap in found:
        console.bullet(f"{gap.where}: {gap.text}", mark="!", style=BAD)


def why(console: Console, reason: Reason) -> str:
    """A reason in one line: the words, the law, the hold."""
    cite = reason.cite_zh if console.lang == "zh" else reason.cite_en
    said = console.words.of("why", reason.why.value)
    details = [part for part in (cite, reason.hold, reason.note) if part]
    return f"{said} ({'; '.join(details)})" if details else said


def _row(console: Console, step: Step) -> tuple[object, ...]:
    what = Cell(console.words.of("disposition", step.disposition.value), STYLES[step.disposition])
    reason = why(console, step.reasons[0]) if step.reasons else ""
    fields = ", ".join(name for name, _ in step.changes)
    where = f"{step.store}.{step.collection}" + (f"\n  {fields}" if fields else "")
    return what, where, step.count, console.day(step.until), reason
