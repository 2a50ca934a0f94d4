"""The doctor: looks for trouble before it happens, and changes nothing."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from dsr.core.errors import DsrError
from dsr.core.fence import Guarantee
from dsr.core.model import OnDelete
from dsr.core.policy import Place
from dsr.core.store import Fences, Hiding, Restricts, Rewrites, Store
from dsr.engine.policyfile.remarks import remarks
from dsr.jobs.fences import gone_back
from dsr.jobs.session import Session

_RESTORED = (
    "went back in time: it was restored from a backup, and what was erased since may be there again. "
    "Erase it again: dsr replay"
)
_PROMISES = {
    "receipts_kept": "class T1: receipt, fence and effect are one transaction; done exactly once, with an exact count",
    "receipts_missing": (
        "class T2 until the first plan is applied here, which makes the tables dsr_receipt and dsr_fence; then class T1"
    ),
    "receipts_off": "class T2: the policy says `receipts: 0`; done once, the count is what was planned and is gone",
    "T2": "class T2: no receipts are kept beside the data; done once, the count is what was planned and is gone",
    "T3": "class T3: compared and replaced as a whole; doing it again changes nothing",
    "T4": "class T4: another party acts; asked at least once, verified by reading back or by its statement",
    "T5": "class T5: nothing can be done there; it expires by a stated date",
}
_HIDES = {
    Hiding.POLICY: "restriction: a row policy hides the records from every reader that does not ask for them by name",
    Hiding.POLICY_BUT_OWNER: "restriction: a row policy hides the records from every reader but the owner of the table",
    Hiding.VIEW: "restriction: weaker, a view beside each table leaves the records out; who reads the table sees them",
    Hiding.NONE: "restriction: the records are kept from deletion, and readers go on seeing them",
}


_SOON = timedelta(days=60)


class Grade(Enum):
    """How bad a finding is."""

    GOOD = "good"
    REMARK = "remark"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: where, what was found, what to do."""

    grade: Grade
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """3 when there is trouble, else 0."""
        return 3 if any(finding.grade is Grade.TROUBLE for finding in self.findings) else 0


def examine(session: Session) -> Diagnosis:
    """Look at the policy, the stores, the state database and the holds."""
    findings = [Finding(Grade.REMARK, "policy", remark) for remark in remarks(session.policy)]
    findings += _stores(session)
    findings += [Finding(Grade.TROUBLE, gap.where, gap.text) for gap in (*session.estate.gaps, *session.gaps)]
    findings += [finding for place in sorted(session.estate.live) for finding in _references(session, place)]
    findings += _state(session)
    return Diagnosis(tuple(findings))


def _stores(session: Session) -> list[Finding]:
    made = []
    lost = {gap.where for gap in session.estate.gaps if gap.kind == "unreachable"}
    for name, store in session.stores.items():
        if name in lost:
            continue
        abilities = "reads, deletes, rewrites" if isinstance(store, Rewrites) else "reads, deletes"
        count = sum(1 for place in session.estate.live if place.store == name)
        made.append(Finding(Grade.GOOD, name, f"answers; {count} collections; {abilities}"))
        made.append(Finding(Grade.GOOD, name, _promise(store)))
        hiding = store.hiding if isinstance(store, Restricts) else Hiding.NONE
        made.append(Finding(Grade.GOOD if hiding is Hiding.POLICY else Grade.REMARK, name, _HIDES[hiding]))
        if store.traits.residue:
            made.append(Finding(Grade.REMARK, name, f"after a delete: {store.traits.residue}"))
    return made


def _promise(store: Store) -> str:
    """Which class of execution protocol the store is, and why not a better one."""
    promise = store.guarantee() if isinstance(store, Fences) else Guarantee(store.traits.effect, "")
    return _PROMISES[promise.why or promise.effect.value]


def _references(session: Session, place: Place) -> list[Finding]:
    """Foreign keys that the database acts on itself, or that it can check only by reading the whole table."""
    collection = session.estate.collection(place)
    made = []
    for reference in collection.references:
        names = ", ".join(reference.fields)
        if reference.on_delete is OnDelete.CASCADE:
            text = (
                f"({names}) → {reference.collection}: the database deletes these rows itself; dsr goes first and counts"
            )
            made.append(Finding(Grade.REMARK, str(place), text))
        size = len(reference.fields)
        if not any(set(index[:size]) == set(reference.fields) for index in collection.indexes):
            text = (
                f"({names}) → {reference.collection} has no index: every delete there reads this whole table. Add one."
            )
            made.append(Finding(Grade.REMARK, str(place), text))
    if not collection.key and not collection.open:
        made.append(Finding(Grade.REMARK, str(place), "has no primary key; its rows are found by all their values"))
    return made


def _state(session: Session) -> list[Finding]:
    made = []
    try:
        unfinished = session.state.unfinished_runs()
        today = session.now().date()
        active = session.state.holds().active
        due = [h for h in active if h.review_on is not None and h.review_on < today]
        unreviewed = [h for h in active if h.reviewer is None]
        frozen = session.state.frozen()
        left = [lease for lease in session.state.leases() if lease.gone(session.now())]
        back = tuple(gone_back(session))
        ends = session.trust.now.expires if session.state.trusted() is not None else None
    except DsrError as error:
        return [Finding(Grade.TROUBLE, "state", str(error))]
    made.append(Finding(Grade.GOOD, "state", "readable"))
    made += [Finding(Grade.TROUBLE, name, _RESTORED) for name in back]
    made += [Finding(Grade.TROUBLE, run.plan, "was interrupted. Go on with it: dsr resume") for run in unfinished]
    made += [Finding(Grade.TROUBLE, hold.id, "its review date has passed. Review it: dsr hold show") for hold in due]
    made += [Finding(Grade.REMARK, hold.id, "nobody is named who reviews it (--reviewer)") for hold in unreviewed]
    for lease in left:
        text = f"{lease.name} was left behind by {lease.holder} on {lease.machine}. Break it: dsr unlock"
        made.append(Finding(Grade.TROUBLE, "lease", text))
    if ends is not None and ends - session.now() < _SOON:
        text = f"ends on {ends:%Y-%m-%d}, and nothing is applied from then on. Renew it: dsr trust require"
        made.append(Finding(Grade.TROUBLE, "trust", text))
    if frozen is not None:
        made.append(Finding(Grade.REMARK, "purge", f"frozen by {frozen.by}: {frozen.reason}"))
    return made
