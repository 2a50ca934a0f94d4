"""Certificates: what became of a plan, store by store, signed, and bound to the ledger. Verified without anything else.

A DSSE envelope holds an in-toto statement with a predicate of our own. A certificate never says more than was checked:
its counts are those of the ledger's entry, its level is the one that was reached, and "all gone" only stands where
nothing was kept and nothing is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import sha256

from dsr.core.approval import Action, Approval, Wanted, lacking, read_approval
from dsr.core.levels import LEVELS, StoreLevel, bound, read_level
from dsr.core.proof import (
    Checkpoint,
    Envelope,
    Fields,
    ProofError,
    canonical,
    decode64,
    included,
    leaf_hash,
    parse,
    read_envelope,
    written,
)
from dsr.core.trust import CERTIFIER, SKEW, Trust, Version

KIND = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://dsr.example/erasure/v1"
SCHEMA, EARLIER = "dsr/certificate/2", "dsr/certificate/1"
"""The earlier one said nothing of stores."""
GONE = ("removed", "rewritten", "absent")
KEPT = ("retained", "held")
OPEN = ("failed", "unsupported", "pending")
ACTS = ("delete", "rewrite", "anonymise")

_PREDICATE = (
    *("schema", "plan", "scope", "mode", "trust", "policy", "planner", "outcome", "all_gone", "people", "planned_at"),
    *("began_at", "finished_at", "issued_at", "copies_by", "tool", "steps", "gaps", "approvals", "ledger"),
)


@dataclass(frozen=True, slots=True)
class CertifiedStep:
    """What became of one step. `planned` records were to change, `effected` were reported as changed by the store,
    `verified` were looked for again and found gone, rewritten or, where they are kept, still there.
    """

    number: int
    store: str
    collection: str
    entry: str
    rule: str
    disposition: str
    outcome: str
    planned: int
    records: int
    effected: int
    verified: int
    level: str
    level_at: datetime | None
    remains: str
    why: str
    cite_en: str
    cite_zh: str
    until: datetime | None
    hold: str


@dataclass(frozen=True, slots=True)
class CertifiedGap:
    """Something that was left out: its kind, and where."""

    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was verified. `approvals` are those that were needed; in solo mode there are none.

    `copies_by` is when the policy of that time promised the last copies, in backups and logs, to be gone: level L3.
    """

    plan: str
    digest: str
    scope: str
    mode: str
    trust: int
    policy: str
    planner: str
    outcome: str
    all_gone: bool
    people: int
    subject: str
    planned_at: datetime
    began_at: datetime
    finished_at: datetime
    issued_at: datetime
    copies_by: datetime | None
    tool: str
    steps: tuple[CertifiedStep, ...]
    stores: tuple[StoreLevel, ...]
    gaps: tuple[CertifiedGap, ...]
    approvals: tuple[Approval, ...]
    certifiers: tuple[str, ...]
    index: int
    checkpoint: Checkpoint
    envelope: str

    def count(self, *outcomes: str) -> int:
        """Records with any of the outcomes."""
        return sum(step.records for step in self.steps if step.outcome in outcomes)


def read_certificate(raw: bytes, trust: Trust, now: datetime) -> Certificate:
    """The certificate of these bytes, every claim checked. Raises ProofError."""
    envelope = read_envelope(raw, KIND)
    statement = Fields(parse(envelope.payload), "the statement", "_type", "subject", "predicateType", "predicate")
    if (statement.text("_type"), statement.text("predicateType")) != (STATEMENT, PREDICATE):
        raise ProofError("this is not a certificate of erasure")
    body = _body(statement.raw("predicate"))
    issued, finished, began = body.instant("issued_at"), body.instant("finished_at"), body.instant("began_at")
    if not body.instant("planned_at") <= began <= finished <= issued <= now + SKEW:
        raise ProofError("the times of the certificate contradict one another, or lie in the future")
    copies = body.maybe("copies_by")
    if copies is not None and copies < finished:
        raise ProofError("the certificate says that copies were gone before the run ended")
    certifiers = _certifiers(envelope, trust, issued)
    plan, digest, subject = _subject(statement, body)
    version = _version(body, trust, began)
    steps = tuple(_step(one, finished) for one in body.items("steps"))
    index, checkpoint = _entry(body, trust, issued, finished, (plan, digest, subject), steps)
    stores = _stores(body, steps, finished, issued)
    for one in stores:
        bound(one, plan, checkpoint)
    made = Certificate(
        plan=plan,
        digest=digest,
        scope=body.text("scope"),
        mode=body.text("mode"),
        trust=version.number,
        policy=body.digest("policy"),
        planner=body.text("planner"),
        outcome=body.text("outcome"),
        all_gone=body.flag("all_gone"),
        people=body.number("people"),
        subject=subject,
        planned_at=body.instant("planned_at"),
        began_at=began,
        finished_at=finished,
        issued_at=issued,
        copies_by=copies,
        tool=body.text("tool"),
        steps=steps,
        stores=stores,
        gaps=tuple(_gap(one) for one in body.items("gaps")),
        approvals=(),
        certifiers=certifiers,
        index=index,
        checkpoint=checkpoint,
        envelope=envelope.digest,
    )
    _honest(made)
    return _approved(made, version, trust, body.items("approvals"))


def checkpoint_note(raw: bytes) -> str:
    """The checkpoint that a certificate carries; nothing else in it is looked at."""
    statement = parse(read_envelope(raw, KIND).payload)
    try:
        note = statement["predicate"]["ledger"]["checkpoint"]  # type: ignore[index]
    except (KeyError, TypeError):
        note = None
    if not isinstance(note, str):
        raise ProofError("the certificate carries no checkpoint")
    return note


def verdict(steps: tuple[CertifiedStep, ...], gaps: int) -> tuple[str, bool]:
    """What the steps allow to be said: complete or partial, and whether everything is gone."""
    complete = not gaps and all(step.outcome in GONE + KEPT for step in steps)
    return "complete" if complete else "partial", complete and not any(
        step.records for step in steps if step.outcome in KEPT
    )


def document(step: CertifiedStep) -> dict[str, object]:
    """A step as the certificate writes it."""
    values = ((field.name, getattr(step, field.name)) for field in fields(step))
    return {name: written(value) if isinstance(value, datetime) else value for name, value in values}


def steps_digest(rows: tuple[tuple[int, str, int, int], ...]) -> str:
    """What binds the outcomes of steps (number, outcome, records, records that were changed) to the ledger's entry."""
    return sha256(canonical([list(row) for row in rows])).hexdigest()


def wanted(scope: str, plan: str, digest: str, policy: str, planner: str) -> Wanted:
    """What had to be approved for a plan: for the calendar the policy, else the plan itself."""
    if scope == "expired":
        return Wanted(Action.PURGE, policy)
    return Wanted(Action.APPLY, policy, plan, digest, planner)


def acting(steps: Iterable[CertifiedStep]) -> dict[str, bool]:
    """The stores from which something had to go, and whether something is still open there."""
    found: dict[str, bool] = {}
    for step in steps:
        if step.level:
            found[step.store] = found.get(step.store, False) or step.level == LEVELS[0]
    return found


def _body(value: object) -> Fields:
    schema = value.get("schema") if isinstance(value, dict) else None
    body = Fields(value, "the certificate", *_PREDICATE, *(() if schema == EARLIER else ("stores",)))
    if schema not in (SCHEMA, EARLIER):
        raise ProofError("this is a certificate of an unknown kind")
    return body


def _stores(
    body: Fields, steps: tuple[CertifiedStep, ...], finished: datetime, issued: datetime
) -> tuple[StoreLevel, ...]:
    """What is said of every store from which something had to go, and of no other."""
    if body.text("schema") == EARLIER:
        return ()
    known = acting(steps)
    still = frozenset(store for store, is_open in known.items() if is_open)
    found = tuple(read_level(one, still, finished, issued) for one in body.items("stores"))
    if [one.store for one in found] != list(known):
        raise ProofError("the certificate does not name every store, once and in order")
    return found


def _certifiers(envelope: Envelope, trust: Trust, issued: datetime) -> tuple[str, ...]:
    """Who certified it: every signature is good, and by a certifier of that time."""
    envelope.check(lambda id: trust.signer(id, CERTIFIER, issued).public)
    return tuple(sorted({trust.now.key(one.key).person for one in envelope.signatures}))


def _subject(statement: Fields, body: Fields) -> tuple[str, str, str]:
    """The plan, its digest, and the commitment to its people; the calendar's plans are about nobody."""
    found = []
    for item in statement.items("subject"):
        one = Fields(item, "a subject", "name", "digest")
        found.append((one.text("name"), Fields(one.raw("digest"), "a digest", "sha256").digest("sha256")))
    names = [name for name, _ in found]
    expected = [body.text("plan"), "people"] if body.number("people") else [body.text("plan")]
    if names != expected:
        raise ProofError("the statement's subjects are not the plan and its people")
    return found[0][0], found[0][1], found[1][1] if len(found) > 1 else ""


def _version(body: Fields, trust: Trust, began: datetime) -> Version:
    """The version of the trust file that was in force when the run began."""
    number = body.number("trust")
    if not trust.ruled(number, began):
        raise ProofError("the certificate was not made under the trust file that was in force when the run began")
    version = trust.versions[number - 1]
    if version.mode != body.text("mode"):
        raise ProofError("the certificate does not say the mode, solo or team, that was in force")
    return version


def _entry(
    body: Fields,
    trust: Trust,
    issued: datetime,
    finished: datetime,
    about: tuple[str, str, str],
    steps: tuple[CertifiedStep, ...],
) -> tuple[int, Checkpoint]:
    """Where the ledger says the same, in a tree whose signed head the certificate carries."""
    proof = Fields(body.raw("ledger"), "the ledger's proof", "index", "entry", "path", "checkpoint")
    checkpoint = trust.checkpoint(proof.text("checkpoint"), issued)
    entry, index = decode64(proof.text("entry")), proof.number("index")
    path = [decode64(one, 32) for one in proof.texts("path")]
    if not included(leaf_hash(entry), index, checkpoint.size, path, checkpoint.root):
        raise ProofError("the ledger's entry is not in the tree of the checkpoint")
    said = parse(entry)
    if not isinstance(said, dict):
        raise ProofError("the ledger's entry is malformed")
    plan, digest, subject = about
    rows = tuple((step.number, step.outcome, step.records, step.effected) for step in steps)
    sums = {word: sum(step.records for step in steps if step.outcome == word) for word in GONE + KEPT + OPEN}
    expected = {"v": 1, "what": "run_ended", "plan": plan, "digest": digest, "steps": steps_digest(rows)}
    expected |= {"policy": body.digest("policy"), "at": body.text("finished_at")}
    if subject:
        expected |= {"subject": subject, "people": body.number("people")}
    counts = {word: count for word, count in sums.items() if count}
    if counts:
        expected["counts"] = counts
    if {name: value for name, value in said.items() if name not in ("run", "outcome")} != expected:
        raise ProofError("the certificate says something else than the ledger's entry")
    return index, checkpoint


def _step(value: object, finished: datetime) -> CertifiedStep:
    one = Fields(value, "a step", *(field.name for field in fields(CertifiedStep)))
    made = CertifiedStep(
        number=one.number("number"),
        store=one.text("store"),
        collection=one.text("collection"),
        entry=one.text("entry"),
        rule=one.text("rule"),
        disposition=one.text("disposition"),
        outcome=one.text("outcome"),
        planned=one.number("planned"),
        records=one.number("records"),
        effected=one.number("effected"),
        verified=one.number("verified"),
        level=one.text("level"),
        level_at=one.maybe("level_at"),
        remains=one.text("remains"),
        why=one.text("why"),
        cite_en=one.text("cite_en"),
        cite_zh=one.text("cite_zh"),
        until=one.maybe("until"),
        hold=one.text("hold"),
    )
    reached = made.level in LEVELS[1:]
    checks = (
        (made.outcome in GONE + KEPT + OPEN, "has an unknown outcome, which no certificate may have"),
        (made.level in (*LEVELS, ""), "has an unknown level"),
        ((made.level == "") == (made.outcome in KEPT), "claims a level of erasure for what is kept, or none"),
        (reached == (made.outcome in GONE), "claims a level that its outcome does not bear out"),
        ((made.level_at is not None) == reached, "does not say when its level was reached, or says so without one"),
        (made.level_at is None or made.level_at <= finished, "reached its level after the run ended"),
        (made.verified == (0 if made.outcome in OPEN else made.records), "claims more, or less, than was verified"),
        (made.outcome not in KEPT or made.effected == 0, "changed what it says is kept"),
    )
    for good, problem in checks:
        if not good:
            raise ProofError(f"step {made.number} of the certificate {problem}")
    return made


def _gap(value: object) -> CertifiedGap:
    one = Fields(value, "a gap", "kind", "where")
    return CertifiedGap(one.text("kind"), one.text("where"))


def _honest(made: Certificate) -> None:
    if (made.outcome, made.all_gone) != verdict(made.steps, len(made.gaps)):
        raise ProofError("the certificate claims more than its steps bear out")


def _approved(made: Certificate, version: Version, trust: Trust, documents: list[object]) -> Certificate:
    """With its approvals, each good when the run began, and enough of them for the mode."""
    needed = wanted(made.scope, made.plan, made.digest, made.policy, made.planner)
    raws = [canonical(one) + b"\n" for one in documents]
    approvals = tuple(read_approval(raw, trust, needed, made.began_at) for raw in raws)
    acting = {step.rule for step in made.steps if step.disposition in ACTS and step.planned}
    if lacking(version, approvals, acting):
        raise ProofError("the certificate lacks approvals that its mode asks for")
    return replace(made, approvals=approvals)
