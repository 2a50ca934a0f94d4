"""Decisions by people about what discovery asked, recorded in the policy file with who, when, why and the evidence."""

from dsr.core.decisions import Decided, Decision
from dsr.engine.policyfile.deciding import record
from dsr.jobs.discover import SeenColumn
from dsr.jobs.session import Session


def decide(session: Session, column: SeenColumn, decided: Decided, reason: str) -> Decision:
    """Record a decision about one column; the day is that of the session's clock."""
    made = Decision(column.name, decided, session.actor, session.now().date(), reason, column.evidence, "")
    record(session.policy_path, made, session.env)
    return made
