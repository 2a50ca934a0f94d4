"""Shows the switch that stops purges."""

from dsr.console.screen import DIM, GOOD, WARN, Console
from dsr.state.switch import Frozen


def show_frozen(console: Console, frozen: Frozen) -> None:
    """Who froze purges, since when and why; an earlier freeze stands."""
    console.show("purge.frozen", style=WARN, by=frozen.by, since=console.when(frozen.since), reason=frozen.reason)


def show_thawed(console: Console, *, was_frozen: bool) -> None:
    """Purges run again."""
    if was_frozen:
        console.show("purge.thawed", style=GOOD)
    else:
        console.show("purge.not_frozen", style=DIM)
