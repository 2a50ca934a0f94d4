"""For how long an erasure is remembered, so that it can be done again after a restore."""

from datetime import datetime

from dsr.core.periods import Period
from dsr.jobs.session import Session

_COPIES = Period.parse("P1Y")


def remembered_until(session: Session) -> datetime:
    """Until when an erasure of now can be done again: as long as the policy promises that copies live, else a year."""
    promised = session.policy.deletion.copies if session.policy.deletion is not None else _COPIES
    return promised.until(session.now(), session.policy.controller.timezone)
