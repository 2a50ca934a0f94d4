"""The commands of compliance: legal holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from dsr.cli import completing
from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE, TRY_AGAIN
from dsr.cli.run import Run
from dsr.cli.who import Who
from dsr.core.errors import UsageError

app = make_app("hold", "Legal holds: what must not be deleted while a matter is open.")

HoldId = Annotated[str, typer.Argument(metavar="HOLD", help="The hold, such as H-1", autocompletion=completing.holds)]


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, rich_help_panel=Panel.REVIEW.value)


def _option(flag: str, metavar: str, about: str, known: Callable[[], list[str]] | None = None) -> object:
    return typer.Option(flag, metavar=metavar, show_default=False, help=about, autocompletion=known)


@dataclass(frozen=True, slots=True)
class Extent:
    """What a hold covers beside people: what is given has to fit together."""

    rule: Annotated[list[str] | None, _option("--rule", "NAME", "Only records of this rule", completing.rules)] = None
    collection: Annotated[
        list[str] | None,
        _option("--collection", "NAME", "Only this collection, such as app.orders", completing.collections),
    ] = None
    field: Annotated[
        list[str] | None, _option("--field", "NAME", "Only records that have a value there; they are kept whole")
    ] = None
    where: Annotated[str | None, _option("--where", "CONDITION", "Only records such as {status: open}")] = None
    since: Annotated[str | None, _option("--since", "DATE", "Only records from this day on")] = None
    until: Annotated[str | None, _option("--until", "DATE", "Only records up to this day")] = None

    @property
    def bounded(self) -> bool:
        """Whether it is a scope without people."""
        return any((self.rule, self.collection, self.field, self.since, self.until))


@command(app, "place")
def place(
    run: Run,
    who: Who,
    extent: Extent,
    matter: Annotated[str, typer.Option("--matter", metavar="TEXT", help="The case or dispute")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why the records are needed")],
    authority: Annotated[str, typer.Option("--authority", metavar="TEXT", help="Who decided it")],
    ground: Annotated[list[str] | None, _option("--ground", "LAW=GROUND", "Why a law allows it")] = None,
    reviewer: Annotated[str | None, _option("--reviewer", "NAME", "Who looks at it again: somebody else")] = None,
    review: Annotated[str | None, _option("--review", "DATE", "When to look at it again")] = None,
    secret: Annotated[
        bool, typer.Option("--secret", help="The person must not learn of it; letters stay silent")
    ] = False,
) -> int | None:
    """Place a hold on a person, a rule, a collection, or where they meet; it is in force when this returns."""
    from dsr.console.holds import show_placed
    from dsr.jobs.covering import Wish
    from dsr.jobs.holds import place

    asked = who.everyone(run) if who.named or not extent.bounded else ()
    wish = Wish(
        matter,
        reason,
        authority,
        tuple(extent.rule or ()),
        tuple(extent.collection or ()),
        _day("--review", review),
        tuple(extent.field or ()),
        extent.where,
        _day("--since", extent.since),
        _day("--until", extent.until),
        reviewer,
        tuple(_ground(one) for one in ground or ()),
        disclose=not secret,
    )
    with run.session() as session:
        result = place(session, wish, asked, merge=who.merge)
    if run.show(result):
        show_placed(run.console, result)
    return TRY_AGAIN if result.pending else DONE


@command(app, "press")
def press(run: Run) -> int | None:
    """Make all holds known again to stores that had not acknowledged one."""
    from dsr.console.holds import show_acknowledged
    from dsr.jobs.holds import press

    with run.session() as session:
        result = press(session)
    if run.show({"acknowledged": result}):
        show_acknowledged(run.console, result)
    return TRY_AGAIN if any(one.since is None for one in result) else DONE


@command(app, "list")
def list_(run: Run) -> int | None:
    """List all holds, the released ones too."""
    from dsr.console.holds import show_holds
    from dsr.jobs.holds import all_holds

    with run.session() as session:
        result = all_holds(session)
    if run.show({"holds": result}):
        show_holds(run.console, result)
    return DONE


@command(app, "show")
def show(run: Run, hold: HoldId) -> int | None:
    """Show one hold and how many records it protects now."""
    from dsr.console.holds import show_hold
    from dsr.jobs.holds import show

    with run.session() as session:
        result = show(session, hold)
    if run.show(result):
        show_hold(run.console, result)
    return DONE


@command(app, "release")
def release(
    run: Run,
    hold: HoldId,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is no longer needed")],
) -> int | None:
    """Release a hold and plan again what it had deferred. Nothing is deleted: the new plans are to be applied."""
    from dsr.console.holds import show_released
    from dsr.jobs.holds import release

    with run.session() as session:
        result = release(session, hold, reason)
    if run.show(result):
        show_released(run.console, result)
    return DONE


def _day(option: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise UsageError(f"{option} must be a day such as 2027-01-31.") from error


def _ground(text: str) -> tuple[str, str]:
    law, equals, name = text.partition("=")
    if not equals:
        raise UsageError("--ground must be a law and one of its grounds, such as gdpr=legal_claims.")
    return law, name
