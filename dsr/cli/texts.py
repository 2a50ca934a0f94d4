"""The command for texts that are passed on: redact."""

from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import Panel, command
from dsr.cli.run import Run


def register(root: typer.Typer) -> None:
    """Add the command."""
    command(root, "redact", Panel.PEOPLE)(redact)


def redact(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A text in UTF-8, or a log for --out; - is stdin")],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", metavar="FILE", show_default=False, help="More rules, as gitleaks writes them (TOML)"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", show_default=False, help="Write it to a new file, packed where it ends .gz or .zst"
        ),
    ] = None,
) -> int | None:
    """Write a text without the passwords, keys and tokens in it; the company's own key formats come from the policy."""
    from dsr.console.discovery import show_redacted
    from dsr.jobs.redacting import redact_for

    with run.session() as session:
        result = redact_for(session, file, out, tuple(rules or ()))
    if run.show(result):
        show_redacted(run.console, result)
    return result.exit_code
