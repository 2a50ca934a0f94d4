"""The commands of those who check afterwards: verify, and scrub for what they find."""

import re
from pathlib import Path
from typing import Annotated

import typer

from dsr.cli import completing
from dsr.cli.command import Panel, command
from dsr.cli.exits import DONE
from dsr.cli.ledger import TrustOption
from dsr.cli.people import DeepOption
from dsr.cli.run import Run
from dsr.cli.who import Who


def register(root: typer.Typer) -> None:
    """Add the commands."""
    command(root, "verify", Panel.REVIEW)(verify)
    command(root, "scrub", Panel.REVIEW)(scrub)


def verify(
    run: Run,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A certificate's file, or an applied plan, such as P-7",
            autocompletion=completing.plans,
        ),
    ],
    who: Who,
    deep: DeepOption = False,
    raw: Annotated[bool, typer.Option("--bytes", help="Look for the person in the bytes of the files")] = False,
    trust: TrustOption = None,
) -> int | None:
    """Verify a certificate offline, or search again, on new connections, for what an applied plan said would go."""
    if not re.fullmatch(r"P-[0-9]+", what):
        return _verify_file(run, Path(what), trust)
    from dsr.console.review import show_verified
    from dsr.jobs.verify import verify

    asked = who.everyone(run) if who.named else ()
    with run.session() as session:
        result = verify(session, what, asked, deep=deep, raw=raw)
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


def scrub(
    run: Run,
    store: Annotated[list[str] | None, typer.Argument(metavar="STORE", help="Only these stores")] = None,
    full: Annotated[bool, typer.Option("--full", help="Rewrite whole tables; others wait meanwhile")] = False,
) -> int | None:
    """Take deleted values out of the stores' files, and say what that does not reach: logs, archives, copies."""
    from dsr.console.review import show_scrubbed
    from dsr.jobs.scrub import scrub

    with run.session() as session:
        result = scrub(session, store or (), whole=full)
    if run.show({"stores": result}):
        show_scrubbed(run.console, result)
    return DONE
