"""Shows what reviewers ask for: what was found afterwards, and how everything stands."""

from collections.abc import Iterable

from dsr.console.discovery import show_swept
from dsr.console.plans import show_gaps
from dsr.console.screen import BAD, BOLD, DIM, GOOD, WARN, Cell, Column, Console
from dsr.jobs.report import HoldLine, Overview, RuleLine
from dsr.jobs.verify import Verified
from dsr.state.plans import PlanRow

_VERIFIED = (Column("where"), Column("left", number=True), Column("kept", number=True), Column("kept_now", number=True))
_RULES = (
    Column("rule"),
    Column("overdue", number=True),
    Column("held", number=True),
    Column("by_duty", number=True),
    Column("undated", number=True),
    Column("future", number=True),
)


def show_verified(console: Console, verified: Verified) -> None:
    """Every entry where something was or is, and the level that was reached."""
    shown = [check for check in verified.checks if check.left or check.kept_then or check.kept_now]
    if shown:
        rows = ((one.entry, Cell(one.left, BAD if one.left else ""), one.kept_then, one.kept_now) for one in shown)
        console.table(_VERIFIED, rows)
        console.line()
    for swept in verified.swept:
        show_swept(console, swept)
    if verified.clean:
        console.show("verify.clean", style=GOOD, plan=verified.plan, level=verified.level)
    else:
        left = sum(check.left for check in verified.checks)
        console.show("verify.left", style=BAD, plan=verified.plan, count=left)


def show_overview(console: Console, overview: Overview) -> None:
    """Rules first, then what needs a person."""
    console.show("overview.title", style=BOLD, at=console.when(overview.at))
    console.line()
    console.table(_RULES, (_rule(line) for line in overview.rules))
    console.line()
    _holds(console, overview.holds)
    if overview.plans:
        console.line()
        show_plans(console, overview.plans)
    console.line()
    for plan in overview.interrupted:
        console.show("overview.interrupted", style=BAD, plan=plan)
    if overview.frozen:
        console.show("overview.frozen", style=WARN, why=overview.frozen)
    if overview.last_purge is None:
        console.show("overview.never", style=WARN)
    else:
        console.show("overview.purged", style=DIM, at=console.when(overview.last_purge))
    show_gaps(console, overview.gaps)


def show_plans(console: Console, plans: Iterable[PlanRow]) -> None:
    """The register of plans, one a row."""
    found = tuple(plans)
    if not found:
        console.show("plan.none", style=DIM)
        return
    columns = (
        Column("plan"),
        Column("state"),
        Column("kind"),
        Column("people", number=True),
        Column("acting", number=True),
        Column("made"),
    )
    console.table(columns, (_plan(console, row) for row in found))


def _rule(line: RuleLine) -> tuple[object, ...]:
    overdue = Cell(line.overdue, BAD if line.overdue else "")
    return line.rule, overdue, line.held, line.by_duty, line.undated, line.future


def _holds(console: Console, holds: tuple[HoldLine, ...]) -> None:
    if not holds:
        console.show("hold.none", style=DIM)
        return
    rows = ((h.id, h.matter, console.day(h.placed_at), Cell(h.review_on, BAD if h.review_due else "")) for h in holds)
    console.table((Column("hold"), Column("matter"), Column("placed"), Column("review")), rows)


def _plan(console: Console, row: PlanRow) -> tuple[object, ...]:
    state = console.words.of("status", row.status.value)
    kind = console.words.of("scope", row.scope)
    return row.id, state, kind, row.subjects or "", row.acting, row.made_at
