"""Ties what is exported and deleted to a request: no copy and no erasure without knowing who asks.

What handles requests is loaded where there is one: it takes longer than the rest of a small command.
"""

from dataclasses import dataclass

from dsr.core.errors import IdentityError, UsageError
from dsr.core.plan import Plan
from dsr.core.regimes import Right
from dsr.core.requests import COPIES, Channel, Requester, Said
from dsr.core.subject import Subject
from dsr.jobs.people import Asked, resolve
from dsr.jobs.session import Session
from dsr.state.requests import RequestAct

ENDS = frozenset({Right.ERASURE, Right.OBJECTION, Right.WITHDRAWAL})


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a command is about: people, or the person of a request; with `identity`, why it is known who asks."""

    people: tuple[Asked, ...]
    request: str | None = None
    identity: str | None = None
    merge: bool = False
    requester: Requester = Requester.SELF
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Tied:
    """The people, and the requests that are answered by what is done; none where the policy has no such section."""

    people: tuple[Asked, ...]
    requests: tuple[str, ...]


def tie(session: Session, named: Named, rights: frozenset[Right]) -> Tied:
    """The people that may be acted for. Raises IdentityError where it is not known who asks."""
    if named.request is not None:
        if named.people or named.identity is not None:
            raise UsageError("With --request the person is known; leave the other names and --identity out.")
        return _of_request(session, named.request, rights)
    if session.policy.casework is None and named.identity is None:
        return Tied(named.people, ())
    if named.identity is None:
        raise IdentityError(
            "It is not known who asks. Open and verify a request (dsr request open, verify) and name it with "
            "--request, or answer for the identity yourself: --identity REASON."
        )
    if named.requester is not Requester.SELF and not named.authority.strip():
        raise IdentityError("Somebody asks for another person: say what shows that they may, with --authority.")
    subjects = resolve(session, named.people, merge=named.merge)
    right = Right.ACCESS if Right.ACCESS in rights else Right.ERASURE
    opened = tuple(_opened(session, one, right, named) for one in subjects)
    return Tied(tuple(Asked(token=one.token) for one in subjects), opened)


def exported(session: Session, tied: Tied) -> None:
    """Write down that the copies were made."""
    if not tied.requests:
        return
    from dsr.jobs.freezing import release

    for one in tied.requests:
        session.state.note_request(one, RequestAct.EXPORTED, session.actor)
        release(session, session.state.request(one))


def planned(session: Session, tied: Tied, plan: Plan) -> None:
    """Write down the plan that answers the requests, and whom else to tell."""
    if not tied.requests:
        return
    from dsr.jobs.notices import expect

    for one in tied.requests:
        session.state.note_request(one, RequestAct.PLANNED, session.actor, word=plan.id)
        expect(session, one, plan)


def _of_request(session: Session, id: str, rights: frozenset[Right]) -> Tied:
    request = session.state.request(id)
    if not request.open:
        raise UsageError(f"Request {id} is closed and does not change any more. Open a new one.")
    if not rights & set(request.rights):
        asked = ", ".join(one.value for one in request.rights)
        raise UsageError(f"{id} asks for {asked}, not for this. Say what it means with dsr request sort.")
    if request.verified_at is None or request.subject is None:
        raise IdentityError(f"{id}: it is not known who asks. Verify the identity first: dsr request verify {id}.")
    if rights == ENDS and COPIES & set(request.rights) and not _has(session, id, RequestAct.EXPORTED):
        raise UsageError(f"{id} asks for a copy too. Export first; what is deleted can no longer be copied.")
    return Tied((Asked(token=request.subject),), (id,))


def _opened(session: Session, subject: Subject, right: Right, named: Named) -> str:
    """A request of its own for a person who was named directly."""
    from dsr.jobs.proving import authorise, override
    from dsr.jobs.requests import Wish, arrival_of

    anchors = tuple((kind, key) for kind, keys in subject.anchors for key in sorted(keys))
    values = anchors or tuple((name, value) for name, values in subject.identifiers for value in sorted(values))
    said = Said(values, authority=named.authority)
    wish = Wish((right,), session.now(), said, Channel.EMAIL, requester=named.requester)
    (request,) = session.state.open_requests((arrival_of(session, wish),), session.actor)
    if named.authority:
        authorise(session, request.id, named.authority)
    override(session, request.id, named.identity or "", subject)
    return request.id


def _has(session: Session, id: str, act: RequestAct) -> bool:
    return any(one.act == act.value for one in session.state.acts(id))
