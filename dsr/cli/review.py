"""The commands of those who check afterwards: verify, report."""

from typing import Annotated

import typer

from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE
from dsr.cli.people import DeepOption
from dsr.cli.run import Run
from dsr.cli.who import Who

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
