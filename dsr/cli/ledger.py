"""The commands of those who check the records: the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE
from dsr.cli.run import Run

app = make_app("ledger", "The ledger: an append-only record of every act, which shows any change to itself.")

TrustOption = Annotated[
    Path | None,
    typer.Option(
        "--trust", metavar="FILE", show_default=False, help="The trust file  [default: trust.json, here or in .dsr]"
    ),
]


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, rich_help_panel=Panel.REVIEW.value)


@command(app, "verify")
def verify(
    run: Run,
    old: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", show_default=False, help="An older checkpoint or certificate that must still fit"
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", show_default=False, help="A copy of the ledger, checked on its own"),
    ] = None,
    trust: TrustOption = None,
) -> int | None:
    """Hash the whole ledger anew: any edit, any missing entry and any second history is found."""
    from dsr.console.ledger import show_verified
    from dsr.jobs.ledger import verify, verify_folder

    if folder is not None:
        from dsr.jobs.offline import find_trust

        result = verify_folder(folder, find_trust(trust, folder), old)
    else:
        with run.session() as session:
            result = verify(session, old)
    if run.show(result):
        show_verified(run.console, result)
    return DONE


@command(app, "checkpoint")
def checkpoint(
    run: Run,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", show_default=False, help="A new file, to be kept somewhere else"),
    ] = None,
) -> int | None:
    """Sign the ledger as it stands; a copy kept elsewhere proves later that nothing was taken away."""
    from dsr.console.ledger import show_checkpoint
    from dsr.jobs.ledger import checkpoint

    with run.session() as session:
        result = checkpoint(session, to)
    if run.show(result):
        show_checkpoint(run.console, result)
    return DONE


@command(app, "export")
def export(
    run: Run, out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder")] = Path("ledger")
) -> int | None:
    """Copy the ledger, as static files in the layout of C2SP tlog-tiles, with the trust file that verifies it."""
    from dsr.console.ledger import show_exported
    from dsr.jobs.ledger import export

    with run.session() as session:
        result = export(session, out)
    if run.show(result):
        show_exported(run.console, result)
    return DONE


@command(app, "unlink")
def unlink(
    run: Run,
    handle: Annotated[list[str], typer.Argument(metavar="HANDLE", help="A person's handle, such as S-0123abcd")],
) -> int | None:
    """Delete what links people to the ledger's entries; the ledger itself stays as it is."""
    from dsr.console.ledger import show_unlinked
    from dsr.jobs.ledger import unlink

    with run.session() as session:
        result = unlink(session, tuple(handle))
    if run.show(result):
        show_unlinked(run.console, result)
    return DONE
