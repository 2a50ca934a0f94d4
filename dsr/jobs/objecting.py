"""Objection (GDPR Art. 21): to purposes that stand on legitimate interests, and, without any weighing, to marketing.

What a rule keeps for other purposes too stays, and is named: the app has to stop the one purpose by itself.
"""

from dataclasses import replace

from dsr.core.errors import SubjectNotFoundError, UsageError
from dsr.core.plan import Plan, sealed
from dsr.core.policy import Rule
from dsr.core.regimes import Right
from dsr.core.requests import Request
from dsr.core.text import Text
from dsr.engine.draft import Scope
from dsr.engine.glossary import Group, load
from dsr.engine.planner import Planned
from dsr.jobs.people import resolve
from dsr.jobs.planning import planned_now, saved
from dsr.jobs.session import Session
from dsr.jobs.tying import Named, planned, tie

INTEREST = "legitimate_interest"
ABSOLUTE = frozenset({"marketing"})
"""Purposes to which one may object whatever the basis, and nothing outweighs it (Art. 21(3))."""


def plan_objection(session: Session, id: str, purposes: tuple[str, ...]) -> Plan:
    """The plan that ends what the person of a verified request objects to; without purposes, all they may object to."""
    tied = tie(session, Named((), id), frozenset({Right.OBJECTION}))
    request = session.state.request(id)
    objected = _objected(session, request, purposes)
    reached = [one for one in session.policy.rules if _reached(one, objected, request)]
    ending = frozenset(one.name for one in reached if set(one.purposes) <= objected)
    if not ending:
        named = ", ".join(one.name for one in reached) or "none"
        raise UsageError(
            f"{id}: no rule serves these purposes alone, so no record goes. Rules that serve others too: {named}. "
            "Stop the purpose in the app, and answer that."
        )
    subjects = resolve(session, tied.people)
    made = planned_now(session, Scope(subjects, ending), None)
    if not any(step.count for step in made.plan.steps) and made.plan.complete:
        raise SubjectNotFoundError("No record belongs to these identifiers. Answer that nothing is held.")
    shared = (one for one in reached if one.name not in ending)
    notes = tuple(f"rule {one.name} serves other purposes too: stop this one in the app" for one in shared)
    noted = Planned(sealed(replace(made.plan, notes=notes)), made.works)
    plan = saved(session, noted, subjects, session.policy.request_guards)
    planned(session, tied, plan)
    return plan


def purposes_of(session: Session, plan: Plan) -> tuple[Text, ...]:
    """The purposes that the plan ended."""
    names = dict.fromkeys(name for rule in plan.rules for name in session.policy.rule(rule).purposes)
    return tuple(load().words(Group.PURPOSE, name) for name in names)


def _objected(session: Session, request: Request, purposes: tuple[str, ...]) -> set[str]:
    known = {name for rule in session.policy.rules for name in rule.purposes}
    for name in purposes:
        if name not in known:
            raise UsageError(f"The policy knows no purpose {name!r}. Known: {', '.join(sorted(known))}.")
    if purposes:
        return set(purposes)
    return {name for rule in session.policy.rules if _interest(rule, request) for name in rule.purposes} | ABSOLUTE


def _reached(rule: Rule, objected: set[str], request: Request) -> bool:
    """Whether one may object to something that the rule serves."""
    named = objected & set(rule.purposes)
    return bool(named & ABSOLUTE) or (bool(named) and _interest(rule, request))


def _interest(rule: Rule, request: Request) -> bool:
    return any(law in request.regimes and basis == INTEREST for law, basis in rule.basis)
