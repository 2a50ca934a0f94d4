"""Certificates: issued when a run has ended, renewed when a store reaches deeper, shown, and handed out.

One run has one, which was verified before; a renewal says the same of the run, and more of the stores.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dsr import __version__
from dsr.core.certificate import (
    GONE,
    KEPT,
    KIND,
    PREDICATE,
    SCHEMA,
    STATEMENT,
    Certificate,
    CertifiedStep,
    document,
    read_certificate,
    verdict,
)
from dsr.core.errors import EvidenceError, UsageError
from dsr.core.journal import Run, StepRow
from dsr.core.plan import Outcome, Plan, Step
from dsr.core.proof import ProofError, parse, seal, written
from dsr.core.trust import CERTIFIER, Trust
from dsr.jobs.approving import given, planner_of
from dsr.jobs.leveling import first_levels, leaf_of, renewal
from dsr.jobs.plans import show as show_plan
from dsr.jobs.publishing import publish
from dsr.jobs.session import Session
from dsr.jobs.trusting import signing_key
from dsr.state import durable
from dsr.state.ledger import CertificateRow
from dsr.state.plans import PlanStatus


@dataclass(frozen=True, slots=True)
class Exported:
    """A certificate that was written to a file."""

    plan: str
    digest: str
    path: str


_WHY = {
    PlanStatus.OPEN: "It was not applied yet.",
    PlanStatus.APPLYING: "It is at work or was interrupted: dsr resume.",
    PlanStatus.PARTIAL: "The outcome of a step is unknown: dsr resume.",
    PlanStatus.APPLIED: "It was applied by an earlier version, which kept no ledger.",
    PlanStatus.STALE: "It went stale before it was done, and no run of it goes on.",
    PlanStatus.CANCELLED: "It was cancelled before it was done, and no run of it goes on.",
}


def ready(session: Session) -> None:
    """Before any effect: the ledger is whole, and this machine may certify what comes. Raises an error otherwise."""
    signing_key(session.state, session.trust, CERTIFIER, session.now())
    publish(session.state, session.now())


def issue(session: Session) -> None:
    """Certify every run that ended and has no certificate yet: this one, and what an interruption left over."""
    with durable.locked(session.state.folder / "certificate.lock"):
        for run in session.state.uncertified_runs():
            _issue(session, run)


def show(session: Session, plan: str) -> Certificate:
    """The newest certificate of a plan, verified anew."""
    issue(session)
    return _newest(session, plan)[1]


def export(session: Session, plan: str, out: Path) -> Exported:
    """Write the newest certificate of a plan to a new file."""
    issue(session)
    row, found = _newest(session, plan)
    if out.exists():
        raise UsageError(f"{out} is there already; nothing was written. Name another file.")
    durable.write(out, row.document)
    return Exported(plan, found.envelope, str(out))


def _newest(session: Session, plan: str) -> tuple[CertificateRow, Certificate]:
    """The newest certificate of a plan, renewed where more was shown of its stores since, or copies have expired."""
    first = _first(session, plan)
    with durable.locked(session.state.folder / "certificate.lock"):
        row = (first, *session.state.renewals(first.run))[-1]
        found = _read(row.document, plan, session.trust, session.now())
        more = renewal(session, row, found)
        if more is None:
            return row, found
        renewed = CertificateRow(row.run, plan, session.now(), more.raw)
        found = _read(more.raw, plan, session.trust, session.now())
        session.state.renew_certificate(renewed, more.digest)
        return renewed, found


def _first(session: Session, plan: str) -> CertificateRow:
    found = session.state.certificates(plan)
    if found:
        return found[-1]
    shown = show_plan(session, plan)
    changed = sum(run.changed for run in shown.runs)
    done = f"By then {changed} records were changed." if shown.runs else "Nothing was done under it."
    parts = (f"There is no certificate of plan {plan}.", _WHY[shown.status], done, f"See dsr plan show {plan}.")
    raise UsageError(" ".join(parts))


def _read(raw: bytes, plan: str, trust: Trust, now: datetime) -> Certificate:
    try:
        found = read_certificate(raw, trust, now)
        if found.plan != plan:
            raise ProofError(f"it is one of plan {found.plan}")
        return found
    except ProofError as error:
        raise EvidenceError(
            f"The certificate is refused: {error}. Compare it with the copy that was handed out."
        ) from None


def _issue(session: Session, run: Run) -> None:
    state, now, trust = session.state, session.now(), session.trust
    rows = state.steps(run)
    if run.entry is None or run.finished_at is None or any(row.outcome is Outcome.UNKNOWN for row in rows):
        return
    key = signing_key(state, trust, CERTIFIER, now)
    head = publish(state, now)
    plan = state.plan(run.plan)
    leaf = leaf_of(state, run.entry, head)
    planned = {step.number: step for step in plan.steps}
    steps = tuple(_step(session, planned[row.number], row, run.finished_at) for row in rows)
    outcome, all_gone = verdict(steps, len(plan.gaps))
    version, copies = trust.at(run.began_at), _copies_by(session, steps, run.finished_at)
    issued = max(now, run.finished_at)
    levels = first_levels(session, plan.id, steps, run.finished_at, head)
    predicate: dict[str, object] = {
        "schema": SCHEMA,
        "plan": plan.id,
        "scope": plan.scope,
        "mode": version.mode,
        "trust": version.number,
        "policy": plan.policy,
        "planner": planner_of(session, plan.id),
        "outcome": outcome,
        "all_gone": all_gone,
        "people": len(plan.subjects),
        "planned_at": written(plan.made_at),
        "began_at": written(run.began_at),
        "finished_at": written(run.finished_at),
        "issued_at": written(issued),
        "copies_by": None if copies is None else written(copies),
        "tool": f"dsr {__version__}",
        "steps": [document(one) for one in steps],
        "stores": [one.document(issued) for one in levels],
        "gaps": [{"kind": gap.kind, "where": gap.where} for gap in plan.gaps],
        "approvals": [parse(raw, newline=True) for raw in given(session, plan, run.began_at)],
        "ledger": leaf.document() | {"checkpoint": head.note},
    }
    statement = {"_type": STATEMENT, "subject": _subject(plan, leaf.entry), "predicateType": PREDICATE}
    envelope = seal(KIND, statement | {"predicate": predicate}, key)
    _read(envelope.raw, run.plan, trust, now)
    state.add_certificate(CertificateRow(run.id, plan.id, now, envelope.raw), envelope.digest)


def _copies_by(session: Session, steps: tuple[CertifiedStep, ...], finished: datetime) -> datetime | None:
    """When the last copies are promised to be gone, too; None where nothing went, or nobody promised."""
    promised = session.policy.deletion
    if promised is None or not any(step.records for step in steps if step.outcome in GONE):
        return None
    return promised.copies.until(finished, session.policy.controller.timezone)


def _subject(plan: Plan, entry: bytes) -> list[object]:
    """What the statement is about: the plan, and the commitment to its people, as the ledger has it."""
    said = parse(entry)
    meant = said.get("subject") if isinstance(said, dict) else None
    named = [(plan.id, plan.digest)] + ([("people", meant)] if meant else [])
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in named]


def _step(session: Session, step: Step, row: StepRow, finished: datetime) -> CertifiedStep:
    outcome = (row.outcome or Outcome.PENDING).value
    gone = outcome in GONE
    why = step.reasons[0] if step.reasons else None
    store = session.stores.get(step.store)
    return CertifiedStep(
        number=step.number,
        store=step.store,
        collection=step.collection,
        entry=step.entry,
        rule=step.rule,
        disposition=step.disposition.value,
        outcome=outcome,
        planned=step.count,
        records=row.count,
        effected=row.effected,
        verified=row.count if outcome in GONE + KEPT else 0,
        level="" if outcome in KEPT else "L1" if gone else "L0",
        level_at=finished if gone else None,
        remains=store.traits.residue if store is not None and gone and row.count else "",
        why="" if why is None else why.why.value,
        cite_en="" if why is None else why.cite_en,
        cite_zh="" if why is None else why.cite_zh,
        until=step.until,
        hold="" if why is None else why.hold,
    )
