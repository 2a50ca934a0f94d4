"""Rights that are neither a copy nor an erasure: rectification, objection, restriction and its end; and breaches."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import command
from dsr.cli.exits import DONE, TRY_AGAIN
from dsr.cli.plans import Agreement, ConfirmOption, PlanOnlyOption, carry_out
from dsr.cli.requests import RequestId, after, moment
from dsr.cli.requests import app as requests
from dsr.cli.run import Run
from dsr.cli.who import option
from dsr.core.errors import UsageError


def register(root: typer.Typer) -> None:
    """Add the commands to the group of requests."""
    command(requests, "rectify")(rectify)
    command(requests, "object")(object_)
    command(requests, "restrict")(restrict)
    command(requests, "lift")(lift)
    command(requests, "misdelivered")(misdelivered)


def restrict(run: Run, request: RequestId) -> int | None:
    """Restrict what is held about the person (Art. 18): kept from every deletion, hidden as far as each store can."""
    from dsr.console.rights import show_restricting
    from dsr.jobs.restricting import restrict

    with run.session() as session:
        result = restrict(session, request)
    if run.show(result):
        show_restricting(run.console, result)
    return TRY_AGAIN if result.pending else DONE


def lift(
    run: Run,
    request: RequestId,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why the restriction ends")],
) -> int | None:
    """End a restriction, after the letter that tells the person was written; what it deferred is planned again."""
    from dsr.console.holds import show_released
    from dsr.jobs.restricting import lift

    with run.session() as session:
        result = lift(session, request, reason)
    if run.show(result):
        show_released(run.console, result)
    return DONE


def misdelivered(
    run: Run,
    request: RequestId,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What happened")],
    noticed: Annotated[str | None, option("--noticed", "DATE", "When it was noticed  [default: now]")] = None,
) -> int | None:
    """Take back a copy that went to the wrong person, and open the case of the breach with its clock (Art. 33)."""
    from dsr.console.rights import show_misdelivered
    from dsr.jobs.misdelivery import misdelivered

    with run.session() as session:
        at = session.now() if noticed is None else moment(session, noticed, "--noticed")
        result = misdelivered(session, request, at, reason)
    if run.show(result):
        show_misdelivered(run.console, result)
    return DONE


def rectify(
    run: Run,
    request: RequestId,
    field: Annotated[str, typer.Option("--field", metavar="NAME", help="What is wrong, such as app.users.email")],
    value: Annotated[str | None, option("--value", "TEXT", "What is right; else asked for, unseen")] = None,
    value_file: Annotated[
        Path | None, option("--value-file", "FILE", "A file that holds what is right; - is stdin")
    ] = None,
    key: Annotated[
        list[str] | None, option("--key", "VALUE", "The key of the record, where several are theirs")
    ] = None,
    plan: Annotated[str | None, option("--plan", "P-…", "A plan of before that was approved; same value")] = None,
    plan_only: PlanOnlyOption = False,
    confirm: ConfirmOption = None,
) -> int | None:
    """Correct one field of one record (Art. 16): planned, shown, asked, carried out; the value is kept nowhere else."""
    from dsr.jobs.rectifying import Wanted, plan_rectification

    wanted = Wanted(field, _value(run, value, value_file), tuple(key or ()), plan)
    with run.session() as session:
        made = plan_rectification(session, request, wanted)
        return carry_out(run, session, made, None if plan_only else Agreement(confirm))


def _value(run: Run, value: str | None, file: Path | None) -> str:
    if value is not None and file is not None:
        raise UsageError("Give the value once: with --value or with --value-file.")
    if file is None:
        found = value if value is not None else run.console.secret("rectify.ask")
        if found is None:
            raise UsageError("What is right? Give it with --value or --value-file.")
        return found
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--value-file: the file cannot be read ({type(error).__name__}). It must be UTF-8 text."
        ) from None
    return text.removesuffix("\n")


def object_(
    run: Run,
    request: RequestId,
    purpose: Annotated[
        list[str] | None,
        typer.Option(
            "--purpose", metavar="NAME", show_default=False, help="What for  [default: all one may object to]"
        ),
    ] = None,
    stopped: Annotated[
        str | None, option("--stopped", "PROOF", "The app stopped it, where records serve other purposes too")
    ] = None,
    plan_only: PlanOnlyOption = False,
    confirm: ConfirmOption = None,
) -> int | None:
    """End what a person objects to (Art. 21): what stands on legitimate interests, and marketing in any case."""
    from dsr.jobs.objecting import plan_objection, stop

    if stopped is not None:
        with run.session() as session:
            stop(session, request, tuple(purpose or ()), stopped)
        return after(run, request)
    with run.session() as session:
        plan = plan_objection(session, request, tuple(purpose or ()))
        return carry_out(run, session, plan, None if plan_only else Agreement(confirm))
