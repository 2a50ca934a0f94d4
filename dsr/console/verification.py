"""Shows how far it is known who asks, and which recipients were told."""

from collections.abc import Iterable

from dsr.console.screen import DIM, GOOD, WARN, Column, Console
from dsr.jobs.notices import Task
from dsr.jobs.proving import CodeSent, Verified


def show_code(console: Console, sent: CodeSent) -> None:
    """A code is out; the same words whether or not there is an account."""
    console.show("verification.sent", request=sent.request, until=console.when(sent.until))


def show_verified(console: Console, found: Verified) -> None:
    """Where verification stands."""
    shown = ", ".join(console.words.of("proof", one.partition("=")[0]) for one in found.shown.split())
    if found.enough:
        console.show("verification.enough", style=GOOD, request=found.request, shown=shown)
    else:
        nothing = console.words("talk.none")
        console.show("verification.more", style=WARN, request=found.request, shown=shown or nothing)


def show_notices(console: Console, found: Iterable[Task]) -> None:
    """One row a recipient."""
    tasks = tuple(found)
    if not tasks:
        console.show("verification.nobody", style=DIM)
        return
    columns = (Column("recipient"), Column("role"), Column("contact"), Column("state"), Column("when"), Column("proof"))
    console.table(
        columns,
        (
            (
                one.recipient,
                console.words.of("role", one.role),
                one.contact,
                console.words.of("notice", one.notice.state.value),
                console.when(one.notice.at),
                one.notice.proof,
            )
            for one in tasks
        ),
    )
