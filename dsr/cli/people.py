"""The commands of those who answer people: find, export, delete."""

from typing import Annotated

import typer

from dsr.cli.command import Panel, command
from dsr.cli.exits import DONE
from dsr.cli.packages import export
from dsr.cli.plans import Agreement, ConfirmOption, PlanOnlyOption, carry_out
from dsr.cli.run import AsOfOption, Run
from dsr.cli.who import Tie, Who

DeepOption = Annotated[
    bool, typer.Option("--deep", help="Look through every record of every store, declared or not; slow")
]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    command(root, "find", Panel.PEOPLE)(find)
    command(root, "export", Panel.PEOPLE)(export)
    command(root, "delete", Panel.PEOPLE)(delete)


def find(run: Run, who: Who, deep: DeepOption = False) -> int | None:
    """Say which person it is, with how many accounts, and how many records lie where."""
    from dsr.console.people import show_person
    from dsr.jobs.people import find

    asked = who.one(run)
    with run.session() as session:
        result = find(session, asked, merge=who.merge, deep=deep)
    if run.show(result):
        show_person(run.console, result)
    return DONE


def delete(
    run: Run,
    who: Who,
    tie: Tie,
    plan_only: PlanOnlyOption = False,
    confirm: ConfirmOption = None,
    as_of: AsOfOption = None,
) -> int | None:
    """Plan the erasure of a person, show it, ask, and carry it out; holds and duties to keep are respected."""
    from dsr.jobs import tying
    from dsr.jobs.erase import plan_erasure

    named = tie.named(run, who)
    with run.session() as session:
        tied = tying.tie(session, named, tying.ENDS)
        date = run.instant(as_of) if as_of is not None else None
        plan = plan_erasure(session, tied.people, merge=who.merge, as_of=date)
        tying.planned(session, tied, plan)
        return carry_out(run, session, plan, None if plan_only else Agreement(confirm))
