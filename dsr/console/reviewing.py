"""Walks a person through the open questions of discovery: one column at a time, with the reason, then a decision."""

from collections.abc import Callable

from dsr.console.discovery import kind_title
from dsr.console.screen import BOLD, DIM, GOOD, WARN, Console
from dsr.core.decisions import Decided
from dsr.core.errors import NotConfirmedError
from dsr.engine.detect.kinds import kinds
from dsr.jobs.discover import Discovered, SeenColumn

Record = Callable[[SeenColumn, Decided, str], object]

_ANSWERS = {"p": Decided.PERSONAL, "n": Decided.NOT_PERSONAL, "i": Decided.IGNORE}
_QUIT = "q"


def review_columns(console: Console, found: Discovered, record: Record) -> int:
    """Ask about every open column; the exit code is 0 when none is left open, 3 otherwise.

    Every answer is recorded at once, so that a review may be broken off and taken up again.
    """
    if not console.attended:
        raise NotConfirmedError(console.words("review.unattended"))
    waiting = [column for column in found.columns if column.open]
    left, personal = len(waiting), []
    if waiting:
        console.say("review.begin", DIM, count=len(waiting))
    for number, column in enumerate(waiting, start=1):
        _show(console, column, number, len(waiting))
        answer = _asked(console)
        if answer == _QUIT:
            break
        why = console.ask("review.why") if answer else None
        if not answer or why is None:
            continue
        record(column, _ANSWERS[answer], why)
        if answer == "p":  # it must still be declared
            personal.append(column)
        else:
            left -= 1
    if personal:
        console.say("review.declare", BOLD)
    for column in personal:
        console.line(f"  {column.name}: {kinds()[column.kind].category}")
    console.say("review.done" if left else "review.nothing", BOLD if left else GOOD, count=left)
    return 3 if left else 0


def _show(console: Console, column: SeenColumn, number: int, total: int) -> None:
    title = kind_title(console, column.kind)
    console.say("review.column", BOLD, number=number, total=total, name=column.name, kind=title)
    console.say("review.sure", share=f"{column.confidence:.0%}", count=column.values)
    if column.mask:
        console.say("review.mask", mask=column.mask)
    if column.category:
        console.say("review.category", category=column.category)
    console.say("review.reason", DIM, text=column.reason.zh if console.lang == "zh" else column.reason.en)


def _asked(console: Console) -> str:
    """One of the letters; "" to leave the question open."""
    while True:
        answer = (console.ask("review.ask") or "").lower()
        if answer in ("", _QUIT, *_ANSWERS):
            return answer
        console.say("review.unknown", WARN)
