"""The commands of those who check afterwards: verify, report."""

from datetime import date
from typing import Annotated

import typer

from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE
from dsr.cli.people import DeepOption
from dsr.cli.run import Run
from dsr.cli.who import Who
from dsr.core.errors import UsageError

app = make_app("report", "Reports for reviewers.")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    command(root, "verify", Panel.REVIEW)(verify)
    root.add_typer(app, rich_help_panel=Panel.REVIEW.value)


def verify(
    run: Run,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="An applied plan, such as P-7")],
    who: Who,
    deep: DeepOption = False,
) -> int | None:
    """Search again, on new connections, for what an applied plan said would go."""
    from dsr.console.review import show_verified
    from dsr.jobs.verify import verify

    asked = who.everyone(run) if who.named else ()
    with run.session() as session:
        result = verify(session, plan, asked, deep=deep)
    if run.show(result):
        show_verified(run.console, result)
    return result.exit_code


@command(app, "overview")
def overview(run: Run) -> int | None:
    """Show at one glance what is overdue, held, open, interrupted or not declared."""
    from dsr.console.review import show_overview
    from dsr.jobs.report import overview

    with run.session() as session:
        result = overview(session)
    if run.show(result):
        show_overview(run.console, result)
    return DONE


@command(app, "register")
def register_(run: Run) -> int | None:
    """Write the register of requests as CSV: what was asked, how, when and how it was answered; names nobody."""
    from dsr.console.metrics import show_register
    from dsr.jobs.metrics import register

    with run.session() as session:
        result = register(session)
    if run.show({"requests": result}):
        show_register(run.console, result)
    return DONE


@command(app, "metrics")
def metrics(
    run: Run,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", show_default=False, help="Received on that day or later")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", show_default=False, help="Received on that day or earlier")
    ] = None,
) -> int | None:
    """Count the requests by right and law: answered, refused, in time, and how many days it took."""
    from dsr.console.metrics import show_metrics
    from dsr.jobs.metrics import metrics

    with run.session() as session:
        result = metrics(session, _day(since, "--since"), _day(until, "--until"))
    if run.show(result):
        show_metrics(run.console, result)
    return DONE


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise UsageError(f"{option} must be a day such as 2027-01-31.") from None
