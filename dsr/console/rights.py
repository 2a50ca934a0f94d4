"""Shows a restriction: who is kept away from which records, and where that is weaker."""

from dsr.console.screen import GOOD, WARN, Cell, Column, Console
from dsr.core.store import Hiding
from dsr.jobs.restricting import Hidden, Restricting


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
