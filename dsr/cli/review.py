"""The command of those who check afterwards: verify."""

import re
from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import Panel, command
from dsr.cli.exits import DONE
from dsr.cli.ledger import TrustOption
from dsr.cli.people import DeepOption
from dsr.cli.run import Run
from dsr.cli.who import Who


def register(root: typer.Typer) -> None:
    """Add the command."""
    command(root, "verify", Panel.REVIEW)(verify)


def verify(
    run: Run,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A certificate's file, or an applied plan, such as P-7")],
    who: Who,
    deep: DeepOption = False,
    trust: TrustOption = None,
) -> int | None:
    """Verify a certificate offline, or search again, on new connections, for what an applied plan said would go."""
    if not re.fullmatch(r"P-[0-9]+", what):
        return _verify_file(run, Path(what), trust)
    from dsr.console.review import show_verified
    from dsr.jobs.verify import verify

    asked = who.everyone(run) if who.named else ()
    with run.session() as session:
        result = verify(session, what, asked, deep=deep)
    if run.show(result):
        show_verified(run.console, result)
    return result.exit_code


def _verify_file(run: Run, file: Path, trust: Path | None) -> int | None:
    from dsr.console.certificate import show_certificate
    from dsr.jobs.offline import read_file

    result = read_file(file, trust)
    if run.show(result):
        show_certificate(run.console, result)
    return DONE
