"""Plans: shown, agreed to, applied, gone on with. `delete` and `purge` end here too."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.exits import ALL_HELD, DONE, PARTIAL

if TYPE_CHECKING:
    from dsr.cli.run import Run
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


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was said to agree; None means that the person at the terminal is asked.

    With `unattended`, where there is no terminal the guards of the policy file stand for the person.
    """

    given: str | None
    unattended: bool = False


def carry_out(run: "Run", session: "Session", plan: "Plan", agreement: Agreement | None) -> int:
    """Show the plan, have it confirmed, apply it and show what became of it. Without agreement it stops at the plan."""
    from dsr.console.plans import acting, confirmation, show_applied, show_plan
    from dsr.jobs.apply import apply

    console = run.console
    if not console.json:
        show_plan(console, plan)
    if agreement is None or not plan.appliable:
        if run.show({"plan": plan, "applied": None}) and plan.appliable:
            console.say("plan.next", plan=plan.id, expected=confirmation(plan))
        return _unapplied(plan)
    if agreement.given is not None or not agreement.unattended or console.attended:
        console.confirm(confirmation(plan), agreement.given, "confirm.apply", count=acting(plan))
    applied = apply(session, plan.id, recount=False)
    if run.show({"plan": plan, "applied": applied}):
        console.line()
        show_applied(console, applied)
    return applied.exit_code


def _unapplied(plan: "Plan") -> int:
    """The exit code of a plan that is not applied: whether anything is left open by it."""
    from dsr.core.plan import Disposition

    held = plan.count(Disposition.HOLD)
    if not plan.complete:
        return PARTIAL
    return ALL_HELD if held and held == sum(step.count for step in plan.steps) else DONE
