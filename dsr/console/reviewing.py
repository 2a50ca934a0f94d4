"""Walks a person through the open questions of discovery: one column at a time, with the reason, then a decision."""

from collections.abc import Callable

from dsr.console.discovery import kind_title
from dsr.console.screen import BOLD, DIM, GOOD, Console
from dsr.core.decisions import Decided
from dsr.core.errors import NotConfirmedError
from dsr.jobs.discover import Discovered, SeenColumn

Record = Callable[[SeenColumn, Decided, str], object]

_ANSWERS = {"p": Decided.PERSONAL, "n": Decided.NOT_PERSONAL, "i": Decided.IGNORE}


def review_columns(console: Console, found: Discovered, record: Record) -> int:
    """Ask about every open column; the exit code is 0 when none is left open, 3 otherwise."""
    if not console.attended:
        raise NotConfirmedError(console.words("review.unattended"))
    waiting = [column for column in found.columns if column.open]
    left = 0
    for number, column in enumerate(waiting, start=1):
        about = {"number": number, "total": len(waiting), "name": column.name, "kind": kind_title(console, column.kind)}
        console.say("review.column", BOLD, **about)
        console.say("review.reason", DIM, text=column.reason.zh if console.lang == "zh" else column.reason.en)
        decided = _ANSWERS.get((console.ask("review.ask") or "").lower()[:1])
        why = console.ask("review.why") if decided is not None else None
        if decided is None or why is None:
            left += 1
            continue
        record(column, decided, why)
        left += decided is Decided.PERSONAL  # it must still be declared
    console.say("review.done", GOOD if not left else BOLD, count=left)
    return 3 if left else 0
