"""Approvals: another person's signature over one plan, or over the policy that purges run under."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from dsr.core.proof import Fields, ProofError, parse, read_envelope, written
from dsr.core.trust import APPROVER, REVIEWER, SKEW, Trust, Version

KIND = "application/vnd.dsr.approval+json"
SCHEMA = "dsr/approval/1"


class Action(Enum):
    """What is approved."""

    APPLY = "apply"  # one plan, once
    PURGE = "purge"  # every purge under one policy, within its guards


@dataclass(frozen=True, slots=True)
class Wanted:
    """What needs approval. `planner` made the plan; `handles` are the people whom it is about."""

    action: Action
    policy: str
    plan: str = ""
    digest: str = ""
    planner: str = ""
    handles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval: of what, from when until when, by whom."""

    wanted: Wanted
    approved_at: datetime
    expires: datetime
    person: str
    key: str
    reviewer: bool
    document: str


def payload(wanted: Wanted, approved_at: datetime, expires: datetime) -> object:
    """What is signed."""
    return {
        "schema": SCHEMA,
        "action": wanted.action.value,
        "plan": wanted.plan,
        "digest": wanted.digest,
        "policy": wanted.policy,
        "planner": wanted.planner,
        "approved_at": written(approved_at),
        "expires": written(expires),
    }


def read_approval(raw: bytes, trust: Trust, wanted: Wanted, at: datetime) -> Approval:
    """The approval of these bytes. Raises ProofError unless it is of just this, and good at that time."""
    envelope = read_envelope(raw, KIND)
    names = ("schema", "action", "plan", "digest", "policy", "planner", "approved_at", "expires")
    one = Fields(parse(envelope.payload), "the approval", *names)
    if one.text("schema") != SCHEMA or len(envelope.signatures) != 1:
        raise ProofError("this is not an approval by one person")
    approved, expires = one.instant("approved_at"), one.instant("expires")
    given = tuple(one.text(name) for name in ("action", "plan", "digest", "policy", "planner"))
    if given != (wanted.action.value, wanted.plan, wanted.digest, wanted.policy, wanted.planner):
        raise ProofError("the approval is of another plan, policy or action")
    if not approved - SKEW <= at < expires:
        raise ProofError("the approval has expired, or is from the future")
    key = trust.now.key(envelope.signatures[0].key)
    role = APPROVER if APPROVER in key.roles else REVIEWER
    for moment in (approved, at):
        trust.signer(key.id, role, moment)
    envelope.check(lambda id: trust.now.key(id).public)
    if key.person == wanted.planner:
        raise ProofError(f"{key.person} made the plan and cannot approve it")
    if set(key.handles) & set(wanted.handles):
        raise ProofError(f"{key.person} is whom the plan is about and cannot approve it")
    return Approval(wanted, approved, expires, key.person, key.id, REVIEWER in key.roles, envelope.digest)


def lacking(version: Version, approvals: Iterable[Approval], rules: Iterable[str]) -> int:
    """How many people still have to approve what acts under these rules, each with a key of their own."""
    needed = version.needed(rules)
    people: dict[str, bool] = {}
    for one in approvals:
        people[one.person] = people.get(one.person, False) or one.reviewer
    return max(needed.approvers - len(people), needed.reviewers - sum(people.values()), 0)
