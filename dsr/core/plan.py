"""The plan: the frozen list of what will become of which records, with counts and reasons. It holds no identifier."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import Enum

PLAN_SCHEMA = "dsr/plan/1"


class Disposition(Enum):
    """What becomes of selected records."""

    DELETE = "delete"
    REWRITE = "rewrite"
    ANONYMISE = "anonymise"
    RETAIN = "retain"
    HOLD = "hold"

    @property
    def acts(self) -> bool:
        """Whether applying the plan changes the records."""
        return self in (Disposition.DELETE, Disposition.REWRITE, Disposition.ANONYMISE)


class Outcome(Enum):
    """What became of a step, or of a whole run."""

    REMOVED = "removed"
    REWRITTEN = "rewritten"
    RETAINED = "retained"
    HELD = "held"
    ABSENT = "absent"
    PENDING = "pending"  # another party, or a person, answers later
    FAILED = "failed"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"  # asked, not answered: settled by reading before any retry

    @property
    def settled(self) -> bool:
        """Whether it is final and nothing more has to be done."""
        return self in _SETTLED


_SETTLED = frozenset({Outcome.REMOVED, Outcome.REWRITTEN, Outcome.RETAINED, Outcome.HELD, Outcome.ABSENT})


class Why(Enum):
    """A reason for a disposition. The first five are the codes of kept records."""

    LEGAL = "legal"
    TAX = "tax"
    PAYMENT = "payment"
    SECURITY = "security"
    DISPUTE = "dispute"
    HOLD = "hold"
    RESTRICTION = "restriction"
    PROHIBITED = "prohibited"  # must not exist
    REQUESTED = "requested"
    OTHER_PURPOSE = "other_purpose"  # the person objected to another one
    CORRECTED = "corrected"  # the person says that it is wrong
    EXPIRED = "expired"
    WITHIN_PERIOD = "within_period"
    BY_RULE = "by_rule"  # the rule says a request leaves it
    NO_START = "no_start"
    FUTURE_START = "future_start"
    IMPLAUSIBLE = "implausible"  # the start date lies before any that the policy believes
    NEWER_CHILDREN = "newer_children"
    REFERENCED = "referenced"  # retained records still need the row: it becomes a tombstone
    REFERS = "refers"  # a reference in other people's records is emptied
    SHARED = "shared"
    THIRD_PARTY = "third_party"
    FIELD_RULE = "field_rule"  # a field leaves earlier than its record
    PART_OF = "part_of"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, under which rule, and by which law (both languages) or hold; `until` is the last moment of keeping."""

    why: Why
    rule: str = ""
    cite_en: str = ""
    cite_zh: str = ""
    until: datetime | None = None
    hold: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One disposition of one part of a collection. `changes` names rewritten fields and what they become, in words.

    `reasons` begins with the one that decided; the others are those that lost. `into` is where totals of what is
    deleted are kept.
    """

    number: int
    store: str
    collection: str
    entry: str
    rule: str
    disposition: Disposition
    count: int
    reasons: tuple[Reason, ...]
    changes: tuple[tuple[str, str], ...] = ()
    until: datetime | None = None
    into: str = ""

    @property
    def ceiling(self) -> int:
        """The most records that applying the step may touch: the count, and a little for what arrives meanwhile.

        A step that was planned for nothing may touch nothing.
        """
        return 0 if self.count == 0 else self.count + max(10, self.count // 10)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that keeps the plan from being complete: what and where, and what to do."""

    kind: str  # unmapped, vanished, unreachable, unreadable, unsupported, no_start, implausible, ambiguous
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan. `subjects` are tokens; for the calendar there are none. `rules` are those that an objection ends.

    `schema` maps each store to the fingerprint of its collections, `totals` gives the sizes used for percent guards.
    """

    id: str
    scope: str  # "subject", "expired", "objection" or "rectification"
    subjects: tuple[str, ...]
    as_of: datetime
    made_at: datetime
    policy: str
    holds: int
    schema: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    digest: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return not self.gaps

    @property
    def appliable(self) -> bool:
        """Whether applying it is possible: it acts somewhere, and its date has come."""
        return self.as_of <= self.made_at and any(step.disposition.acts and step.count for step in self.steps)

    def count(self, *dispositions: Disposition) -> int:
        """Records under any of the dispositions."""
        return sum(step.count for step in self.steps if step.disposition in dispositions)


def unanswered(gaps: tuple[Gap, ...]) -> bool:
    """Whether something was left out only because stores did not answer: trying again may be all that is needed."""
    return bool(gaps) and all(gap.kind == "unreachable" for gap in gaps)


def document(plan: Plan) -> dict[str, object]:
    """The plan as JSON-ready data; instants are ISO 8601 UTC.

    `schema` is that of the document, as in all our JSON; the stores' fingerprints stand under `fingerprints`.
    """
    made: dict[str, object] = json.loads(json.dumps(asdict(plan), default=_plain))
    made["fingerprints"] = made.pop("schema")
    if not plan.rules:  # plans of before know no such list
        del made["rules"]
    return {"schema": PLAN_SCHEMA, "complete": plan.complete, "appliable": plan.appliable, **made}


def sealed(plan: Plan) -> Plan:
    """The plan with its digest: SHA-256 over the canonical JSON of everything but the digest itself."""
    return replace(plan, digest=digest(plan))


def digest(plan: Plan) -> str:
    """SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8) of the plan without `digest`."""
    body = document(replace(plan, digest=""))
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()  # names of files may hold lone surrogates


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a time without a zone does not belong in a plan")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} does not belong in a plan")
