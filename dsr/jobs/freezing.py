"""While copies are being prepared nothing about the people who wait for them is purged.

One hold covers all of them, from the first purge on, however many there are. Whoever has their copy, or whose request
is closed, leaves it; what was due goes with the next purge.
"""

from collections.abc import Iterable
from dataclasses import replace

from dsr.core.holds import Hold, HoldKind
from dsr.core.requests import COPIES, Request
from dsr.core.subject import Subject
from dsr.jobs.covering import Wish
from dsr.jobs.holds import enforce, place
from dsr.jobs.people import Asked, resolve
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.requests import RequestAct

_MATTER = "copies"
_REASON = "A copy for the person is being prepared"
_DONE = "The copy was made, or the request is closed"


def protect(session: Session) -> None:
    """Hold what is about everybody who waits for a copy. Whether there is an account is no matter."""
    waiting = _waiting(session)
    held = session.state.acts_of(RequestAct.HELD)
    new = [one for one in waiting if one.id not in held]
    if not new:
        return
    earlier = _active(session)
    asked = [Asked(values) for one in waiting if (values := session.state.said(one.id).values)]
    if not asked:
        return
    wish = Wish(_MATTER, _REASON, session.policy.controller.contact, kind=HoldKind.COPY)
    made = place(session, wish, asked, merge=True)
    for one in new:
        session.state.note_request(one.id, RequestAct.HELD, session.actor, word=made.hold.id)
    _end(session, earlier)


def release(session: Session, request: Request) -> None:
    """Let the person of a request leave the hold, unless another of their requests waits."""
    values = session.state.said(request.id).values
    active = _active(session)
    if not active or not values:
        return
    tags = session.state.tags_of(request.id)
    others = {one.id for one in _waiting(session)} - {request.id}
    if others & set(session.state.requests_with(tags)):
        return
    gone = {one.token for one in resolve(session, (Asked(values),), merge=True)}
    for hold in active:
        left = tuple(one for one in hold.scope.subjects or () if one.token not in gone)
        if len(left) < len(hold.scope.subjects or ()):
            _narrow(session, hold, left)


def _narrow(session: Session, hold: Hold, left: tuple[Subject, ...]) -> None:
    """The same hold for fewer people; it is placed before the wider one ends."""
    if left:
        now, id = session.now(), session.state.next_hold_id()
        enforce(session, replace(hold, id=id, placed_at=now, scope=replace(hold.scope, subjects=left)))
    _end(session, (hold,))


def _waiting(session: Session) -> tuple[Request, ...]:
    copied = session.state.acts_of(RequestAct.EXPORTED)
    found = session.state.requests(only_open=True)
    return tuple(one for one in found if COPIES & set(one.rights) and not one.test and one.id not in copied)


def _active(session: Session) -> tuple[Hold, ...]:
    return tuple(one for one in session.state.holds().active if one.kind is HoldKind.COPY)


def _end(session: Session, holds: Iterable[Hold]) -> None:
    for hold in holds:
        now = session.now()
        session.state.release(hold.id, session.actor, now, _DONE)
        session.state.record(Act.HOLD_RELEASED, session.actor, now, hold=hold.id)
