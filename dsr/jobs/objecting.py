"""Objection (GDPR Art. 21): to purposes that stand on legitimate interests, and, without any weighing, to marketing.

What a rule keeps for other purposes too stays, and is named: the app has to stop the one purpose by itself.
"""

from dataclasses import replace

from dsr.core.errors import SubjectNotFoundError, UsageError
from dsr.core.letters import Kind
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
from dsr.state.plans import PlanStatus
from dsr.state.requests import RequestAct

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
            f"Stop the purpose in the app, then write it down: dsr request object {id} --stopped PROOF."
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


def stop(session: Session, id: str, purposes: tuple[str, ...], proof: str) -> tuple[str, ...]:
    """Write down that the app stopped what a person objects to where the records serve other purposes too."""
    tie(session, Named((), id), frozenset({Right.OBJECTION}))
    if not proof.strip():
        raise UsageError(f"{id}: say what proves that the app stopped it, such as a ticket: --stopped.")
    request = session.state.request(id)
    objected = _objected(session, request, purposes)
    names = tuple(sorted({p for one in session.policy.rules if _reached(one, objected, request) for p in one.purposes}))
    ended = tuple(one for one in names if one in objected)
    if not ended:
        raise UsageError(f"{id}: no rule serves a purpose that one may object to. Refuse it with a ground of the law.")
    session.state.note_request(id, RequestAct.STOPPED, session.actor, word=" ".join(ended), note=proof)
    return ended


def stopped_for(session: Session, request: Request) -> tuple[Text, ...]:
    """The purposes that ended for a request: by a plan that was carried out, or in the app."""
    acts = session.state.acts(request.id)
    rules = [rule for plan in _ended(session, request) for rule in plan.rules]
    names = [name for rule in rules for name in session.policy.rule(rule).purposes]
    names += [name for one in acts if one.act == RequestAct.STOPPED.value for name in one.word.split()]
    return tuple(load().words(Group.PURPOSE, name) for name in dict.fromkeys(names))


def require_answered(session: Session, request: Request) -> None:
    """Raise UsageError while something is left of an objection: records, a purpose in the app, the answer."""
    id, plans, acts = request.id, _ended(session, request), session.state.acts(request.id)
    stopped = any(one.act == RequestAct.STOPPED.value for one in acts)
    if not plans and not stopped:
        raise UsageError(
            f"{id}: nothing was ended yet. Run dsr request object {id}, or refuse with a ground of the law."
        )
    if plans and plans[-1].notes and not stopped:
        raise UsageError(
            f"{id}: some records serve other purposes too. Stop the purpose in the app, then write it down: "
            f"dsr request object {id} --stopped PROOF."
        )
    if not any(one.act == RequestAct.WRITTEN.value and one.word == Kind.OBJECTION.value for one in acts):
        raise UsageError(f"{id}: the person was not answered yet. Run dsr request letter {id} --kind objection.")


def _ended(session: Session, request: Request) -> list[Plan]:
    """The plans that ended something for a request, carried out to their end."""
    done = {row.id for row in session.state.plans() if row.status is PlanStatus.APPLIED}
    words = [one.word for one in session.state.acts(request.id) if one.act == RequestAct.PLANNED.value]
    return [plan for plan in (session.state.plan(word) for word in words if word in done) if plan.rules]


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
