"""The commands of those who keep the map of the data: init, doctor, discover, explain."""

from pathlib import Path
from typing import Annotated

import typer

from dsr.cli import completing
from dsr.cli.command import Panel, command
from dsr.cli.exits import DONE
from dsr.cli.run import POLICY_FILE, Run
from dsr.core.errors import UsageError


def register(root: typer.Typer) -> None:
    """Add the commands."""
    command(root, "init", Panel.START)(init)
    command(root, "doctor", Panel.START)(doctor)
    command(root, "discover", Panel.START)(discover)
    command(root, "explain", Panel.RULES)(explain)


def init(
    run: Run,
    source: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=URL]",
            show_default=False,
            help="A store, such as app=sqlite:///app.db or logs=logs:folder",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            show_default=False,
            help="The file, or folder, to write  [default: retention.yaml, or roles]",
        ),
    ] = None,
    roles: Annotated[
        bool, typer.Option("--roles", help="Write SQL with roles for the databases of the policy file instead")
    ] = False,
    timezone: Annotated[str, typer.Option("--timezone", metavar="ZONE", help="Where the company's days begin")] = "UTC",
    country: Annotated[str, typer.Option("--country", metavar="CODE", help="Where the company is (ISO 3166)")] = "CN",
) -> int | None:
    """Read live stores and draft a policy file for them, guesses marked to confirm; or write roles for databases."""
    from dsr.console.estate import show_begun
    from dsr.jobs.init import init

    if roles == bool(source):
        raise UsageError("Name stores as NAME=URL, or say --roles for the databases of the policy file.")
    if roles:
        return _roles(run, out or Path("roles"))
    result = init(tuple(source or ()), out or Path(POLICY_FILE), timezone=timezone, country=country)
    if run.show(result):
        show_begun(run.console, result)
    return DONE


def _roles(run: Run, folder: Path) -> int | None:
    from dsr.console.estate import show_roles
    from dsr.jobs.roles import write_roles

    with run.session() as session:
        result = write_roles(session, folder)
    if run.show(result):
        show_roles(run.console, result)
    return DONE


def doctor(run: Run) -> int | None:
    """Look for trouble before it happens: stores, keys, unfinished runs, holds to review. Changes nothing."""
    from dsr.console.estate import show_diagnosis
    from dsr.jobs.doctor import examine

    with run.session() as session:
        result = examine(session)
    if run.show(result):
        show_diagnosis(run.console, result)
    return result.exit_code


def discover(
    run: Run,
    check: Annotated[
        bool, typer.Option("--check", help="As a gate: fail on undeclared, changed or vanished personal data only")
    ] = False,
    review: Annotated[
        bool, typer.Option("--review", help="Walk through the open questions and record decisions in the policy file")
    ] = False,
    sample: Annotated[
        int, typer.Option("--sample", metavar="COUNT", min=10, help="How many records of a collection to look at")
    ] = 1_000,
    schema: Annotated[
        list[str] | None,
        typer.Option(
            "--schema",
            metavar="STORE=PATH",
            show_default=False,
            help="Read an SQL dump or a folder of migrations instead",
        ),
    ] = None,
    dialect: Annotated[
        str | None,
        typer.Option(
            "--dialect", metavar="NAME", show_default=False, help="The SQL of --schema: postgres, mysql, sqlite"
        ),
    ] = None,
) -> int | None:
    """Find personal data by name and content, and compare the stores with the map; fails on what is not declared."""
    from dsr.console.discovery import show_discovered
    from dsr.console.reviewing import review_columns
    from dsr.jobs.deciding import decide
    from dsr.jobs.discover import discover
    from dsr.jobs.discover_offline import discover_offline

    with run.session() as session:
        offline = tuple(schema or ())
        result = (
            discover_offline(session, offline, dialect) if offline else discover(session, check=check, sample=sample)
        )
        if review:
            return review_columns(
                run.console, result, lambda column, decided, why: decide(session, column, decided, why)
            )
    if run.show(result):
        show_discovered(run.console, result)
    return result.exit_code


def explain(
    run: Run,
    collection: Annotated[
        str,
        typer.Argument(
            metavar="COLLECTION", help="A collection, such as app.orders", autocompletion=completing.collections
        ),
    ],
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="VALUE", show_default=False, help="One record: its key, part by part"),
    ] = None,
    request: Annotated[
        bool, typer.Option("--request", help="As after a person's request, not by the calendar alone")
    ] = False,
) -> int | None:
    """Explain which rule decides about a collection or one record, and which reasons lost."""
    from dsr.console.estate import show_explained
    from dsr.jobs.explain import explain

    with run.session() as session:
        result = explain(session, collection, tuple(key or ()), asked=request)
    if run.show({"entries": result}):
        show_explained(run.console, result)
    return DONE
