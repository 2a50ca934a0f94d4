"""Shows what reviewers ask for: what was found afterwards, and the register of plans."""

from collections.abc import Iterable

from dsr.console.discovery import show_swept
from dsr.console.screen import BAD, DIM, GOOD, Cell, Column, Console
from dsr.jobs.verify import Verified
from dsr.state.plans import PlanRow

_VERIFIED = (Column("where"), Column("left", number=True), Column("kept", number=True), Column("kept_now", number=True))


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


def _plan(console: Console, row: PlanRow) -> tuple[object, ...]:
    state = console.words.of("status", row.status.value)
    kind = console.words.of("scope", row.scope)
    return row.id, state, kind, row.subjects or "", row.acting, row.made_at
