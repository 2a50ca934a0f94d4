"""Telling those who received the data (GDPR Art. 19): one task for each recipient, with proof, until all are done."""

from collections.abc import Iterable
from dataclasses import dataclass

from dsr.core.errors import UsageError
from dsr.core.plan import Plan
from dsr.core.policy import Entry, Policy, Recipient
from dsr.jobs.session import Session
from dsr.state.notices import Notice, NoticeState


@dataclass(frozen=True, slots=True)
class Task:
    """One recipient of a request's data, and how it stands."""

    recipient: str
    role: str
    contact: str
    notice: Notice


def expect(session: Session, id: str, plan: Plan) -> tuple[str, ...]:
    """Open a task for every recipient that receives a category of what the plan changes."""
    changed = {step.entry for step in plan.steps if step.disposition.acts and step.count}
    return expect_of(session, id, (entry for entry in session.policy.entries if entry.name in changed))


def expect_of(session: Session, id: str, entries: Iterable[Entry]) -> tuple[str, ...]:
    """Open a task for every recipient that receives a category of these entries."""
    changed = {field.category for entry in entries for field in entry.fields if field.personal}
    names = tuple(one.name for one in session.policy.recipients if _receives(one, changed))
    session.state.expect_notices(id, names)
    return names


def tasks(session: Session, id: str) -> tuple[Task, ...]:
    """The tasks of a request."""
    session.state.request(id)
    known = {one.name: one for one in session.policy.recipients}
    return tuple(
        Task(
            one.recipient,
            known[one.recipient].role if one.recipient in known else "",
            known[one.recipient].contact if one.recipient in known else "",
            one,
        )
        for one in session.state.notices(id)
    )


def told(session: Session, id: str, recipient: str, proof: str) -> tuple[Task, ...]:
    """Write down that a recipient was told, and what proves it."""
    return _settle(session, id, recipient, NoticeState.TOLD, proof)


def impossible(session: Session, id: str, recipient: str, facts: str) -> tuple[Task, ...]:
    """Write down that a recipient cannot be told, or only with disproportionate effort, and the facts that show it."""
    return _settle(session, id, recipient, NoticeState.IMPOSSIBLE, facts)


def require_done(session: Session, id: str) -> None:
    """Raise UsageError while a recipient is still to be told."""
    left = [one.recipient for one in session.state.notices(id) if one.state is NoticeState.OPEN]
    if left:
        raise UsageError(f"{id}: still to be told: {', '.join(left)}. Record it with dsr request notices {id}.")


def _settle(session: Session, id: str, recipient: str, state: NoticeState, proof: str) -> tuple[Task, ...]:
    if not proof.strip():
        raise UsageError(f"{id}: say what proves it, such as the number of a ticket.")
    known = _names(session.policy)
    if recipient not in known:
        raise UsageError(f"The policy knows no recipient {recipient!r}. Known: {', '.join(known) or 'none'}.")
    session.state.expect_notices(id, (recipient,))
    session.state.settle_notice(id, recipient, state, proof, session.actor)
    return tasks(session, id)


def _receives(recipient: Recipient, categories: set[str]) -> bool:
    """Whether one of the categories is, or lies under, or holds one that the recipient receives."""
    return any(
        f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
        for one in categories
        for other in recipient.categories
    )


def _names(policy: Policy) -> tuple[str, ...]:
    return tuple(one.name for one in policy.recipients)
