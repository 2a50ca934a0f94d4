"""Plans: shown, agreed to, applied, gone on with. `delete` and `purge` end here too."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli import completing
from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import ALL_HELD, DONE, PARTIAL, TRY_AGAIN
from dsr.cli.run import Run
from dsr.cli.signing import Approver

if TYPE_CHECKING:
    from dsr.core.plan import Plan
    from dsr.jobs.session import Session

PlanOnlyOption = Annotated[bool, typer.Option("--plan-only", help="Stop after the plan; nothing is changed")]
ConfirmOption = Annotated[
    str | None,
    typer.Option(
        "--confirm",
        metavar="VALUE",
        show_default=False,
        help="What would be typed at the question: the handle of the person, or the count",
    ),
]


app = make_app("plan", "Plans: what would become of which records, and why.")

PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="The plan, such as P-7", autocompletion=completing.plans)]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was said to agree; None means that the person at the terminal is asked.

    With `unattended`, where there is no terminal the guards of the policy file stand for the person.
    """

    given: str | None
    unattended: bool = False


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(app, rich_help_panel=Panel.REVIEW.value)
    command(root, "apply", Panel.REVIEW)(apply)
    command(root, "resume", Panel.CALENDAR)(resume)
    command(root, "unlock", Panel.CALENDAR)(unlock)


@command(app, "list")
def list_(run: Run) -> int | None:
    """List all plans and where they stand."""
    from dsr.console.review import show_plans
    from dsr.jobs.plans import all_plans

    with run.session() as session:
        result = all_plans(session)
    if run.show({"plans": result}):
        show_plans(run.console, result)
    return DONE


@command(app, "show")
def show(run: Run, plan: PlanId) -> int | None:
    """Show a plan: counts, reasons, laws, what is kept until when."""
    from dsr.console.plans import show_saved
    from dsr.jobs.plans import show

    with run.session() as session:
        result = show(session, plan)
    if run.show(result):
        show_saved(run.console, result)
    return DONE


@command(app, "approve")
def approve(run: Run, plan: PlanId, approver: Approver) -> int | None:
    """Approve a plan with the signature of your own key; whoever made it, or is meant by it, cannot."""
    return approver.approve(run, plan)


@command(app, "cancel")
def cancel(run: Run, plan: PlanId) -> int | None:
    """Take a plan back, so that it can never be applied."""
    from dsr.console.plans import show_cancelled
    from dsr.jobs.plans import cancel

    with run.session() as session:
        result = cancel(session, plan)
    if run.show(result):
        show_cancelled(run.console, result)
    return DONE


def apply(run: Run, plan: PlanId, confirm: ConfirmOption = None) -> int | None:
    """Carry out a plan, unless anything that it was made from has changed since."""
    from dsr.jobs.apply import check

    with run.session() as session:
        return carry_out(run, session, check(session, plan), Agreement(confirm), recount=True)


def unlock(run: Run) -> int | None:
    """Show who is at work, and take the place of a run whose process or machine is gone."""
    from dsr.console.locks import show_unlocked
    from dsr.jobs.locks import unlock

    with run.session() as session:
        result = unlock(session)
    if run.show(result):
        show_unlocked(run.console, result)
    return result.exit_code


def resume(
    run: Run,
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="[PLAN]",
            show_default=False,
            help="One plan  [default: all that are unfinished]",
            autocompletion=completing.plans,
        ),
    ] = None,
) -> int | None:
    """Go on with what was interrupted or ended partially; nothing is done twice."""
    from dsr.console.plans import show_resumed
    from dsr.jobs.apply import resume

    with run.session() as session:
        results = resume(session, plan)
    if run.show({"applied": results}):
        show_resumed(run.console, results)
    return worst(one.exit_code for one in results)


def worst(codes: Iterable[int]) -> int:
    """The exit code of several results together."""
    found = set(codes)
    return next((code for code in (PARTIAL, TRY_AGAIN, DONE, ALL_HELD) if code in found), DONE)


def carry_out(run: Run, session: "Session", plan: "Plan", agreement: Agreement | None, *, recount: bool = False) -> int:
    """Show the plan, have it confirmed, apply it and show what became of it. Without agreement it stops at the plan."""
    from dsr.console.plans import acting, confirmation, show_applied, show_plan
    from dsr.jobs.apply import apply

    console = run.console
    if not console.json:
        show_plan(console, plan)
    if agreement is None or not plan.appliable:
        if run.show({"plan": plan, "applied": None}) and plan.appliable:
            key = "plan.next_rectification" if plan.scope == "rectification" else "plan.next"
            console.say(key, plan=plan.id, expected=confirmation(plan))
        return _unapplied(plan)
    if agreement.given is not None or not agreement.unattended or console.attended:
        console.confirm(confirmation(plan), agreement.given, "confirm.apply", count=acting(plan))
    applied = apply(session, plan.id, recount=recount)
    if run.show({"plan": plan, "applied": applied}):
        console.line()
        show_applied(console, applied)
    return applied.exit_code


def _unapplied(plan: "Plan") -> int:
    """The exit code of a plan that is not applied: whether anything is left open by it."""
    from dsr.core.plan import Disposition, unanswered

    held = plan.count(Disposition.HOLD)
    if not plan.complete:
        return TRY_AGAIN if unanswered(plan.gaps) else PARTIAL
    return ALL_HELD if held and held == sum(step.count for step in plan.steps) else DONE
