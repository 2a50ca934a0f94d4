"""Approvals: given, taken in, and asked for before a plan is applied."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dsr.core.approval import KIND, Approval, Wanted, lacking, payload, read_approval
from dsr.core.certificate import wanted
from dsr.core.errors import ApprovalMissingError, EvidenceError, StalePlanError, UsageError
from dsr.core.plan import Plan
from dsr.core.proof import LIMIT, ProofError, key_id, read_envelope, seal
from dsr.core.trust import SOLO
from dsr.jobs.session import Session
from dsr.state import durable, keys
from dsr.state.events import Act
from dsr.state.plans import PlanStatus

PLAN_LASTS, POLICY_LASTS = timedelta(days=7), timedelta(days=365)
ENDED = (PlanStatus.APPLIED, PlanStatus.STALE, PlanStatus.CANCELLED)
_OTHER = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval that was given, and how many are still missing. `plan` is empty where the policy was approved."""

    plan: str
    person: str
    digest: str
    expires: datetime
    missing: int
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Who approved, why other approvals do not count, and how many people are missing; in solo mode nobody is."""

    mode: str
    given: tuple[Approval, ...]
    refused: tuple[str, ...]
    missing: int


def approve(
    session: Session, plan_id: str | None, key_file: Path, passphrase: str | None, *, out: Path | None = None
) -> Approved:
    """Sign a plan, or the policy for purges where no plan is named, with a person's key."""
    needed = _needed(session, plan_id)
    key = keys.load(key_file, passphrase)
    now = session.now().replace(microsecond=0)
    known = session.trust.now.keys
    until = min((k.until for k in known if k.id == key_id(key.public_key().public_bytes_raw())), default=now)
    expires = min(now + (PLAN_LASTS if plan_id else POLICY_LASTS), max(until, now + timedelta(seconds=1)))
    raw = seal(KIND, payload(needed, now, expires), key).raw
    if out is None:
        return _taken(session, plan_id, needed, raw)
    if out.exists():
        raise UsageError(f"{out} is there already; nothing was written. Name another file.")
    approval = _checked(session, needed, raw)
    durable.write(out, raw)
    return Approved(needed.plan, approval.person, approval.document, expires, _missing(session, plan_id), str(out))


def add(session: Session, plan_id: str | None, file: Path) -> Approved:
    """Take in an approval that was signed elsewhere. Raises EvidenceError where it is not of this, or not good."""
    raw = durable.read(file, LIMIT + 1)
    if raw is None:
        raise UsageError(f"{file}: there is no such file.")
    return _taken(session, plan_id, _needed(session, plan_id), raw)


def require(session: Session, plan: Plan, at: datetime) -> None:
    """Raises an error unless enough people have approved, each good at that time; nothing is needed in solo mode."""
    version = session.trust.at(at)
    if version.mode == SOLO:
        return
    needed = _wanted(session, plan)
    good, bad = _sorted(session, needed, at)
    left = lacking(version, good, acting(plan))
    if not left:
        return
    how = f"Approve it with: dsr plan approve {plan.id}" if needed.plan else "Approve that: dsr policy approve"
    text = f"Plan {plan.id} needs {left} more approval(s) by other people. Nothing was done. {how}"
    if bad and needed.plan:  # approvals of earlier policies are none of this one, and no attack
        raise EvidenceError(f"An approval of plan {plan.id} is refused: {bad[0]}. {text}")
    raise ApprovalMissingError(text)


def standing(session: Session, plan: Plan) -> Standing:
    """How a plan stands with its approvals now, or a purge with those of its policy."""
    version = session.trust.now
    if version.mode == SOLO:
        return Standing(SOLO, (), (), 0)
    needed = _wanted(session, plan)
    good, bad = _sorted(session, needed, session.now())
    return Standing(version.mode, tuple(good), tuple(bad) if needed.plan else (), lacking(version, good, acting(plan)))


def given(session: Session, plan: Plan, at: datetime) -> tuple[bytes, ...]:
    """The approvals that were good when a run of the plan began, as documents."""
    if session.trust.at(at).mode == SOLO:
        return ()
    needed = _wanted(session, plan)
    good = {one.document for one in _sorted(session, needed, at)[0]}
    found = session.state.approvals(needed.plan or None)
    return tuple(raw for raw in found if read_envelope(raw, KIND).digest in good)


def planner_of(session: Session, plan_id: str) -> str:
    """Who made the plan, as trust files name people."""
    return staff(session.state.who(Act.PLANNED, plan_id) or "")


def acting(plan: Plan) -> set[str]:
    """The rules under which the plan changes records: thresholds are theirs."""
    return {step.rule for step in plan.steps if step.disposition.acts and step.count}


def staff(actor: str) -> str:
    """The short name in small letters of a user of the system."""
    return _OTHER.sub("-", actor.lower()).strip("-._")[:64]


def _needed(session: Session, plan_id: str | None) -> Wanted:
    if plan_id is None:
        return wanted("expired", "", "", session.policy.digest, "")
    plan = session.state.plan(plan_id)
    status = next(row.status for row in session.state.plans() if row.id == plan_id)
    if status in ENDED:
        raise StalePlanError(f"Plan {plan_id} is {status.value} and is not applied again. Make a new plan.")
    if plan.policy != session.policy.digest:
        raise StalePlanError(f"Plan {plan_id} is stale: the policy changed since it was made. Make a new plan.")
    if plan.scope == "expired":
        raise UsageError("A purge runs on the authority of the approved policy. Approve that: dsr policy approve")
    return _wanted(session, plan)


def _wanted(session: Session, plan: Plan) -> Wanted:
    made = wanted(plan.scope, plan.id, plan.digest, plan.policy, planner_of(session, plan.id))
    return Wanted(made.action, made.policy, made.plan, made.digest, made.planner, plan.subjects)


def _taken(session: Session, plan_id: str | None, needed: Wanted, raw: bytes) -> Approved:
    approval = _checked(session, needed, raw)
    with session.state.together():
        if session.state.add_approval(plan_id, approval.document, raw):
            session.state.record(Act.APPROVED, session.actor, session.now(), plan=plan_id)
    missing = _missing(session, plan_id)
    return Approved(needed.plan, approval.person, approval.document, approval.expires, missing)


def _checked(session: Session, needed: Wanted, raw: bytes) -> Approval:
    try:
        return read_approval(raw, session.trust, needed, session.now())
    except ProofError as error:
        raise EvidenceError(
            f"The approval is refused: {error}. Nothing was recorded. See who may approve: dsr trust show."
        ) from None


def _missing(session: Session, plan_id: str | None) -> int:
    good, _ = _sorted(session, _needed(session, plan_id), session.now())
    rules = {rule.name for rule in session.policy.rules} if plan_id is None else acting(session.state.plan(plan_id))
    return lacking(session.trust.now, good, rules)


def _sorted(session: Session, needed: Wanted, at: datetime) -> tuple[list[Approval], list[str]]:
    """The good ones, and why the others are not."""
    good, bad = [], []
    for raw in session.state.approvals(needed.plan or None):
        try:
            good.append(read_approval(raw, session.trust, needed, at))
        except ProofError as error:
            bad.append(str(error))
    return good, bad
