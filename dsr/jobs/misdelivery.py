"""A copy that reached the wrong person: what of it can still be taken back, and a case with the clock of a breach.

The case is a line of the register like a request, so that its dates are shown, listed and late like all others.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from dsr.core.deadlines import due
from dsr.core.errors import UsageError
from dsr.core.regimes import Right
from dsr.jobs.lawful import Days
from dsr.jobs.packaging import Swept, removed
from dsr.jobs.requests import Wish, open_request
from dsr.jobs.session import Session
from dsr.state.packages import RECALLED
from dsr.state.requests import RequestAct


@dataclass(frozen=True, slots=True)
class Misdelivered:
    """The case, by when to report it under the strictest law that names a time, and what became of the files."""

    request: str
    case: str
    due: date | None
    files: Swept


def misdelivered(session: Session, id: str, noticed: datetime, reason: str) -> Misdelivered:
    """Take back what lies ready, open the case of the breach, and have the copy count as not made."""
    request = session.state.request(id)
    acts = [one.act for one in session.state.acts(id)]
    if RequestAct.EXPORTED.value not in acts:
        raise UsageError(f"{id}: no copy was made for it, so none can have gone astray.")
    if not reason.strip():
        raise UsageError(f"{id}: say what happened, with --reason.")
    said = replace(session.state.said(id), contact=session.policy.controller.contact, message=reason)
    wish = Wish((Right.BREACH,), noticed, said, request.channel, request.language, request.regimes, test=request.test)
    files = removed(session, session.state.packages_of(id), RECALLED)
    case = open_request(session, wish).request
    session.state.note_request(id, RequestAct.MISDELIVERED, session.actor, word=case.id, note=reason)
    first = due(Days(session).of(case), extended=False)
    return Misdelivered(id, case.id, None if first is None else first.due, files)
