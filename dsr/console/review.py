"""Shows what reviewers ask for: what was found afterwards, and the register of plans."""

from collections.abc import Iterable

from dsr.console.discovery import show_swept
from dsr.console.screen import BAD, DIM, GOOD, Cell, Column, Console
from dsr.jobs.scrub import Probe, Probed, StoreScrubbed
from dsr.jobs.verify import Verified
from dsr.state.plans import PlanRow, PlanStatus

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
    if verified.probed is not None:
        _show_probed(console, verified.probed)
    if verified.clean:
        console.show("verify.clean", style=GOOD, plan=verified.plan, level=verified.level)
    else:
        left = sum(check.left for check in verified.checks)
        console.show("verify.left", style=BAD, plan=verified.plan, count=left)


def show_scrubbed(console: Console, stores: Iterable[StoreScrubbed]) -> None:
    """What was done in each store, and what may still hold deleted values."""
    for one in stores:
        done = ", ".join(one.done)
        key, style = ("scrub.done", "") if one.able else ("scrub.unable", DIM)
        console.show(key, style=style, store=one.store, done=done)
        for text in one.left:
            console.bullet(console.told(text))


def _show_probed(console: Console, probed: Probed) -> None:
    columns = (Column("store"), Column("files", number=True), Column("level"), Column("detail"))
    console.table(columns, ((one.store, one.files, one.level, _seen(console, one)) for one in probed.stores))
    if probed.short:
        console.show("bytes.short", style=DIM, count=probed.short)
    console.show("bytes.copies", style=DIM)
    console.line()


def _seen(console: Console, one: Probe) -> Cell:
    if one.found:
        return Cell(", ".join(f"{name} {count}" for name, count in one.found), BAD)
    if not one.files:
        return Cell(console.words("bytes.blind"), DIM)
    return Cell(console.words("bytes.packed", count=one.packed) if one.packed else console.words("bytes.none"))


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
    idle = row.status is PlanStatus.OPEN and not row.acting
    state = console.words("plan.idle") if idle else console.words.of("status", row.status.value)
    kind = console.words.of("scope", row.scope)
    return row.id, state, kind, row.subjects or "", row.acting, row.made_at
