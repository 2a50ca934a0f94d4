"""Shows what the demo made."""

from dsr.console.screen import BOLD, Console
from dsr.jobs.demo import Told


def show_told(console: Console, told: Told) -> None:
    """What to open now."""
    console.line()
    console.show("demo.open", style=BOLD)
    for path in told.open:
        console.bullet(path)
