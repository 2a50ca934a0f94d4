"""Reports, made from the policy, the stores and the state database. They change nothing."""

from dsr.core.report import Report
from dsr.engine.reporting import ropa as records
from dsr.jobs.session import Session


def ropa(session: Session) -> Report:
    """The record of processing activities."""
    return records.ropa(session.policy, session.now())
