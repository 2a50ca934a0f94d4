"""The commands for certificates: shown, and handed out."""

from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE
from dsr.cli.plans import PlanId
from dsr.cli.run import Run

app = make_app("certificate", "Certificates: what became of a plan, signed, and verified by anyone with `dsr verify`.")


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, rich_help_panel=Panel.REVIEW.value)


@command(app, "show")
def show(run: Run, plan: PlanId) -> int | None:
    """Show what a plan's newest certificate says, verified anew."""
    from dsr.console.certificate import show_certificate
    from dsr.jobs.certifying import show

    with run.session() as session:
        result = show(session, plan)
    if run.show(result):
        show_certificate(run.console, result)
    return DONE


@command(app, "export")
def export(
    run: Run,
    plan: PlanId,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file")] = Path("certificate.json"),
) -> int | None:
    """Write a plan's newest certificate to a file, to be handed out together with the trust file."""
    from dsr.console.certificate import show_exported
    from dsr.jobs.certifying import export

    with run.session() as session:
        result = export(session, plan, out)
    if run.show(result):
        show_exported(run.console, result)
    return DONE
