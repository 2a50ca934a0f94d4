"""The command of those who check afterwards: verify."""

from typing import Annotated

import typer

from dsr.cli.command import Panel, command
from dsr.cli.people import DeepOption
from dsr.cli.run import Run
from dsr.cli.who import Who


def register(root: typer.Typer) -> None:
    """Add the command."""
    command(root, "verify", Panel.REVIEW)(verify)


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
