"""The command for texts that are passed on: redact."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import Panel, command
from dsr.cli.run import Run
from dsr.core.errors import UsageError


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
    from dsr.jobs.redacting import redact, redact_file

    more = tuple(rules or ())
    with run.session() as session:
        own = session.policy.own_keys
        result = redact(_text(file), own, more) if out is None else redact_file(file, out, own, more)
    if run.show(result):
        show_redacted(run.console, result)
    return result.exit_code


def _text(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{file.name}: the file cannot be read ({type(error).__name__}).") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file.name}: the text is not UTF-8. Convert it first; nothing was passed on.") from error
