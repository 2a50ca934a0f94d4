"""While somebody's copy is being prepared nothing about them is purged: a hold stands from the first purge on.

It ends when the copy is made or the request is closed; what was due goes with the next purge.
"""

from dsr.core.holds import HoldKind
from dsr.core.requests import COPIES, Request
from dsr.jobs.covering import Wish
from dsr.jobs.holds import place
from dsr.jobs.people import Asked
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.requests import RequestAct

_REASON = "A copy for the person is being prepared"


def protect(session: Session) -> None:
    """Place a hold over everybody who waits for a copy and has none yet. Whether there is an account is no matter."""
    held = session.state.acts_of(RequestAct.HELD)
    for request in session.state.requests(only_open=True):
        if COPIES & set(request.rights) and not request.test and request.id not in held:
            values = session.state.said(request.id).values
            if values:
                wish = Wish(request.id, _REASON, session.policy.controller.contact, kind=HoldKind.COPY)
                made = place(session, wish, (Asked(values),), merge=True)
                session.state.note_request(request.id, RequestAct.HELD, session.actor, word=made.hold.id)


def release(session: Session, request: Request) -> None:
    """End the hold of a request, if it has one."""
    hold = session.state.acts_of(RequestAct.HELD).get(request.id)
    if hold is not None and any(one.id == hold for one in session.state.holds().active):
        now = session.now()
        session.state.release(hold, session.actor, now, request.id)
        session.state.record(Act.HOLD_RELEASED, session.actor, now, hold=hold)
