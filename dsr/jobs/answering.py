"""What letters tell of what was done about a request: to recipients of the data, and where nothing is held."""

from collections.abc import Iterator
from dataclasses import replace

from dsr.core.errors import CoverageError, IdentityError, SubjectAmbiguousError, SubjectNotFoundError, UsageError
from dsr.core.plan import Disposition, Plan, Step, Why
from dsr.core.requests import Request
from dsr.engine.letters.letter import Facts, Gone
from dsr.engine.planner import unreadable
from dsr.jobs.objecting import stopped_for
from dsr.jobs.people import Asked, find
from dsr.jobs.rectifying import corrected
from dsr.jobs.restricting import in_force, kinds
from dsr.jobs.session import Session
from dsr.state.plans import PlanStatus
from dsr.state.requests import RequestAct

_GONE = (Disposition.DELETE, Disposition.ANONYMISE, Disposition.REWRITE)


def applied(session: Session, request: Request) -> tuple[Plan, ...]:
    """The plans that answered the request and were carried out to their end; raises UsageError where one has gaps."""
    done = {row.id for row in session.state.plans() if row.status is PlanStatus.APPLIED}
    words = [one.word for one in session.state.acts(request.id) if one.act == RequestAct.PLANNED.value]
    plans = tuple(session.state.plan(word) for word in words if word in done)
    for plan in plans[-1:]:
        if not plan.complete:
            raise UsageError(f"{request.id}: plan {plan.id} is not complete. Settle its gaps before you write.")
    return plans


def gone(session: Session, plan: Plan) -> Iterator[Gone]:
    """By kind of record. A row that is emptied is not erased, and is never counted as such."""
    sums: dict[tuple[str, bool], int] = {}
    for step in plan.steps:
        if step.count and step.disposition in _GONE and not _others(step):
            key = (step.rule, step.disposition is not Disposition.DELETE)
            sums[key] = sums.get(key, 0) + step.count
    for (rule, emptied), count in sums.items():
        yield Gone(session.policy.rule(rule).title, count, emptied)


def _others(step: Step) -> bool:
    """Whether the records are other people's, in which only a reference to this person is emptied."""
    return bool(step.reasons) and step.reasons[0].why is Why.REFERS


def notice(session: Session, request: Request, facts: Facts, recipient: str | None) -> Facts:
    """What a recipient has to know: everything that was erased, stopped, restricted and corrected (Art. 19)."""
    names = [one.name for one in session.policy.recipients]
    if recipient not in names:
        known = ", ".join(names) or "none"
        raise UsageError(f"The policy knows no recipient {recipient!r}. Known: {known}.")
    plans, stopped = applied(session, request), stopped_for(session, request)
    restricted = kinds(session, request) if in_force(session, request) is not None else ()
    fixed = corrected(session, request)
    done = {
        "erasure": any(not plan.rules for plan in plans),
        "objection": bool(stopped),
        "restriction": bool(restricted),
        "rectification": bool(fixed),
    }
    if not any(done.values()):
        raise UsageError(f"{request.id}: nothing was done to its end yet, so no recipient can be told of it.")
    return replace(
        facts,
        recipient=recipient,
        acts=tuple(name for name, true in done.items() if true),
        gone=tuple(one for plan in plans for one in gone(session, plan)),
        purposes=stopped,
        restricted=restricted,
        corrected=fixed,
    )


def nothing(session: Session, request: Request, facts: Facts) -> Facts:
    """Where was searched, and nothing found. Only whom the names belong to may learn that they lead to nobody."""
    said = session.state.said(request.id)
    own = {value.casefold() for _, value in said.values}
    if request.verified_at is None and said.contact and said.contact.casefold() not in own:
        raise IdentityError(
            f"{request.id}: the answer would go to another address than the one asked about, and tell a stranger who "
            "is no customer. Write --kind identity, or reply to the address asked about."
        )
    try:
        find(session, Asked(said.values))
    except SubjectNotFoundError:
        pass
    except SubjectAmbiguousError:
        raise _held(request) from None
    else:
        raise _held(request)
    if session.remarks:
        raise _held(request)
    gaps = (*session.estate.gaps, *session.gaps, *unreadable(session.estate))
    if gaps:
        raise CoverageError(f"{request.id}: not everything was searched, so nothing can be said. {gaps[0].text}")
    return replace(facts, searched=tuple(sorted(session.stores)))


def _held(request: Request) -> UsageError:
    return UsageError(f"{request.id}: something is held, or was kept. Look with dsr find, and answer that.")
