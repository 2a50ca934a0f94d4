"""The commands of operations: what cron runs, and the switch that stops it."""

from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.command import Panel, command, itself, make_app
from dsr.cli.exits import DONE
from dsr.cli.plans import Agreement, ConfirmOption, PlanOnlyOption, carry_out
from dsr.cli.run import AsOfOption, Run

if TYPE_CHECKING:
    from dsr.jobs.session import Session

ABOUT = """Delete everything whose period is over, within the guards of the policy file.

A person at a terminal is asked for the count. Without one, as under cron, the rules and the guards that the policy
file states are the approval; with --confirm COUNT it goes on only if the plan changes exactly that many records.
"""

app = make_app("purge", ABOUT, acts=True)


def register(root: typer.Typer) -> None:
    """Add the group, and the command for after a restore."""
    root.add_typer(app, rich_help_panel=Panel.CALENDAR.value)
    command(root, "replay", Panel.CALENDAR)(replay)


@itself(app)
def purge(
    run: Run, plan_only: PlanOnlyOption = False, confirm: ConfirmOption = None, as_of: AsOfOption = None
) -> int | None:
    """Delete everything whose period is over, within the guards of the policy file."""
    from dsr.jobs.purge import plan_purge, purge_register, register_over

    with run.session() as session:
        date = run.instant(as_of) if as_of is not None else None
        plan = plan_purge(session, as_of=date)
        code = carry_out(run, session, plan, None if plan_only else Agreement(confirm, unattended=True))
        if as_of is None:
            over = register_over(session) if plan_only else purge_register(session)
            if over:
                run.console.say("purge.register_over" if plan_only else "purge.register", count=over)
            _packages(run, session, plan_only=plan_only)
        return code


def _packages(run: Run, session: "Session", *, plan_only: bool) -> None:
    """Sealed packages whose time is over."""
    from dsr.jobs.packaging import sweep

    if plan_only:
        over = session.state.packages_over(session.now())
        if over:
            run.console.say("purge.packages_over", count=over)
    elif (swept := sweep(session)) is not None:
        run.console.say("purge.packages", count=swept.removed, gone=swept.gone, changed=swept.changed)


@command(app, "freeze")
def freeze(
    run: Run, reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for those who come after")]
) -> int | None:
    """Stop all purges until somebody thaws them; erasures that people asked for go on."""
    from dsr.console.purge import show_frozen
    from dsr.jobs.purge import freeze

    with run.session() as session:
        result = freeze(session, reason)
    if run.show(result):
        show_frozen(run.console, result)
    return DONE


@command(app, "thaw")
def thaw(run: Run) -> int | None:
    """Let purges run again."""
    from dsr.console.purge import show_thawed
    from dsr.jobs.purge import thaw

    with run.session() as session:
        was_frozen = thaw(session)
    if run.show({"was_frozen": was_frozen}):
        show_thawed(run.console, was_frozen=was_frozen)
    return DONE


def replay(
    run: Run,
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="When the backup was made that was restored")],
    plan_only: PlanOnlyOption = False,
    confirm: ConfirmOption = None,
) -> int | None:
    """After a restore: plan to erase again everybody who was erased since the backup, ask, and carry it out."""
    from dsr.jobs.replay import limits, plan_replay

    with run.session() as session:
        run.console.remark(limits(session))
        plan = plan_replay(session, run.instant(since, "--since"))
        return carry_out(run, session, plan, None if plan_only else Agreement(confirm))
