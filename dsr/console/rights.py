"""Shows a restriction: who is kept away from which records, and where that is weaker; and a copy that went astray."""

from dsr.console.screen import BAD, GOOD, WARN, Cell, Column, Console
from dsr.core.store import Hiding
from dsr.jobs.misdelivery import Misdelivered
from dsr.jobs.restricting import Hidden, Restricting


def show_misdelivered(console: Console, found: Misdelivered) -> None:
    """The case, what became of the files, and by when to report."""
    files = found.files
    console.show(
        "misdelivered.opened",
        style=WARN,
        case=found.case,
        removed=files.removed,
        gone=files.gone,
        changed=files.changed,
    )
    if found.due is not None:
        console.show("misdelivered.due", style=BAD, due=found.due.isoformat(), case=found.case)


def show_restricting(console: Console, found: Restricting) -> None:
    """The collections, then what is in force."""
    columns = (Column("where"), Column("records", number=True), Column("readers"))
    console.table(columns, (_row(console, one) for one in found.hidden))
    console.line()
    if found.pending:
        console.show("hold.pending", style=WARN, hold=found.hold)
    records = sum(one.records for one in found.hidden)
    console.show("restriction.placed", style=GOOD, request=found.request, hold=found.hold, count=records)
    if found.weakest is not Hiding.POLICY:
        console.show("restriction.weaker", style=WARN)


def _row(console: Console, one: Hidden) -> tuple[object, ...]:
    said = console.words(f"hiding.{one.hiding.value}")
    if one.detail:
        known = f"hiding.{one.detail}"
        said += f" ({console.words(known) if console.words.has(known) else one.detail})"
    return f"{one.store}.{one.collection}", one.records, Cell(said, GOOD if one.hiding is Hiding.POLICY else WARN)
