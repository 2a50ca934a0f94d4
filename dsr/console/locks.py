"""Shows leases: who holds what, and what was taken away."""

from dsr.console.screen import DIM, GOOD, WARN, Cell, Column, Console
from dsr.jobs.locks import Held, Unlocked

_COLUMNS = (Column("lease"), Column("state"), Column("holder"), Column("machine"), Column("since"), Column("seen"))


def show_unlocked(console: Console, unlocked: Unlocked) -> None:
    """One row a lease, then what to do about those that are held."""
    if not unlocked.leases:
        console.show("lease.none", style=DIM)
        return
    console.table(_COLUMNS, (_row(console, lease) for lease in unlocked.leases))
    for lease in unlocked.leases:
        if not lease.broken:
            console.show(
                "lease.held", style=WARN, holder=lease.holder, machine=lease.machine, at=console.when(lease.free_at)
            )
    if any(lease.broken for lease in unlocked.leases):
        console.show("lease.broken", style=GOOD)


def _row(console: Console, one: Held) -> tuple[object, ...]:
    state = Cell(console.words("lease.ended" if one.broken else "lease.living"), GOOD if one.broken else WARN)
    return one.name, state, f"{one.holder} ({one.process})", one.machine, one.since, one.seen
