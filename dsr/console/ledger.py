"""Shows the ledger to those who check it."""

from dsr.console.screen import DIM, GOOD, WARN, Console
from dsr.jobs.ledger import Handed, LedgerVerified, Unlinked


def show_verified(console: Console, verified: LedgerVerified) -> None:
    """A ledger that is whole."""
    console.facts([("origin", verified.origin), ("root", verified.root), ("published", verified.published)])
    console.line()
    console.show("ledger.whole", style=GOOD, count=verified.size, checkpoints=verified.checkpoints)
    if verified.since is not None:
        console.show("ledger.follows", style=GOOD, count=verified.since)


def show_checkpoint(console: Console, handed: Handed) -> None:
    """The note itself, so that it can be copied."""
    console.raw(handed.note)
    if handed.path is None:
        console.say("ledger.keep", style=DIM)
    else:
        console.say("talk.written", path=handed.path)


def show_exported(console: Console, handed: Handed) -> None:
    """Where the copy lies, and how to check it."""
    console.show("ledger.exported", style=GOOD, count=handed.size, path=handed.path)
    console.show("ledger.check", style=DIM, path=handed.path)


def show_unlinked(console: Console, unlinked: Unlinked) -> None:
    """How many links are gone."""
    console.show("ledger.unlinked", style=WARN, handles=", ".join(unlinked.handles), count=unlinked.links)
