"""The commands of those who keep the map of the data: init, doctor, discover, explain."""

from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import Panel, command
from dsr.cli.exits import DONE
from dsr.cli.run import POLICY_FILE, Run


def register(root: typer.Typer) -> None:
    """Add the commands."""
    command(root, "init", Panel.START)(init)
    command(root, "doctor", Panel.START)(doctor)
    command(root, "discover", Panel.START)(discover)
    command(root, "explain", Panel.RULES)(explain)


def init(
    run: Run,
    source: Annotated[
        list[str],
        typer.Argument(metavar="NAME=URL", help="A store, such as app=sqlite:///app.db or logs=logs:folder"),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write")] = Path(POLICY_FILE),
    timezone: Annotated[str, typer.Option("--timezone", metavar="ZONE", help="Where the company's days begin")] = "UTC",
    country: Annotated[str, typer.Option("--country", metavar="CODE", help="Where the company is (ISO 3166)")] = "CN",
) -> int | None:
    """Read live stores and draft a policy file for them: collections, keys, links; guesses are marked to confirm."""
    from dsr.console.estate import show_begun
    from dsr.jobs.init import init

    result = init(tuple(source), out, timezone=timezone, country=country)
    if run.show(result):
        show_begun(run.console, result)
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
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="A collection, such as app.orders")],
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
