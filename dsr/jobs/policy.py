"""The policy file as its owners use it: checked against the live stores, and written as the published text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from dsr.core.errors import StoreUnreachableError, UsageError
from dsr.core.plan import Gap
from dsr.core.policy import Policy
from dsr.engine.policydiff import Difference, diff
from dsr.engine.policyfile.loader import load, schema_text
from dsr.engine.policyfile.remarks import remarks
from dsr.engine.policytext import promises
from dsr.engine.policytext.check import problems
from dsr.engine.policytext.fenced import Order, fenced
from dsr.engine.policytext.findings import Finding, own, page
from dsr.engine.policytext.promises import Kept
from dsr.engine.policytext.reading import foreign
from dsr.engine.policytext.render import Doubts, Format, known, render, written
from dsr.jobs import evidence
from dsr.jobs.reach import Reached
from dsr.jobs.session import Session


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. `problems` keep the text from being published, `gaps` keep plans from being complete.

    `findings` are what the text lacks, for a lawyer; `promises` are those that the text makes, each with its control.
    `remarks` are allowed, but to be known. `proof`: the periods were held against the runs.
    """

    file: str
    digest: str
    rules: int
    stores: int
    entries: int
    live: bool
    problems: tuple[str, ...]
    gaps: tuple[Gap, ...]
    remarks: tuple[str, ...]
    findings: tuple[Finding, ...]
    promises: tuple[Kept, ...]
    proof: bool = False

    @property
    def sound(self) -> bool:
        """Whether nothing has to be changed in the file."""
        wrong = self.problems or self.findings
        return not wrong and all(gap.kind == UNREACHABLE for gap in self.gaps)

    @property
    def seen(self) -> bool:
        """Whether every store answered."""
        return not self.gaps


@dataclass(frozen=True, slots=True)
class Read:
    """What a page that somebody else wrote lacks."""

    file: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The published text, and the file that it was written to, if any."""

    lang: str
    format: str
    text: str
    out: str | None


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON Schema of the policy file, as text."""

    text: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Two policy files and their differences. `reached`: what newly comes into reach, where that was counted."""

    old: str
    new: str
    differences: tuple[Difference, ...]
    reached: tuple[Reached, ...] | None = None

    @property
    def widens(self) -> bool:
        """Whether records may be deleted or emptied that were safe before."""
        return any(one.widens for one in self.differences)


UNREACHABLE = "unreachable"


def check(session: Session, *, live: bool, proof: bool = False) -> Checked:
    """Check the file, with `live` the stores against it, and with `proof` the periods against the runs.

    Raises PolicyError when the file does not load.
    """
    policy = session.policy
    wrong = problems(policy)
    lacks, kept = _of_text(policy) if not wrong else ((), ())
    if proof and not wrong:
        lacks += evidence.findings(evidence.evidence(session))
    return Checked(
        file=session.policy_path.name,
        digest=policy.digest,
        rules=len(policy.rules),
        stores=len(policy.stores),
        entries=len(policy.entries),
        live=live,
        problems=wrong,
        gaps=_coverage(session) if live else (),
        remarks=remarks(policy),
        findings=lacks,
        promises=kept,
        proof=proof,
    )


def read(session: Session, path: Path) -> Read:
    """Hold a page that somebody else wrote against the enabled laws and the periods of the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the page cannot be read as UTF-8 text ({type(error).__name__}).") from error
    return Read(path.name, page(session.policy, foreign(text)))


class Proof(Enum):
    """What the text does with a period that the runs do not prove."""

    NOT_ASKED = "not_asked"
    MARKED = "marked"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Writing:
    """How the text is wanted. `templates`: a folder of the company's own sentences and pages."""

    lang: str
    form: str
    templates: Path | None = None
    out: Path | None = None
    proof: Proof = Proof.NOT_ASKED


def write(session: Session, wanted: Writing, as_of: datetime) -> Written:
    """Write the privacy policy that the file promises. `as_of` dates a file that lists no versions."""
    day = as_of.astimezone(ZoneInfo(session.policy.controller.timezone)).date()
    lang, form, out, root = wanted.lang, wanted.form, wanted.out, wanted.templates
    if root is not None and not root.is_dir():
        raise UsageError(f"{root}: there is no such folder of templates.")
    doubts = None
    if wanted.proof is not Proof.NOT_ASKED:
        doubts = Doubts(evidence.evidence(session).unproven, withheld=wanted.proof is Proof.WITHHELD)
    if root is None:
        text = render(session.policy, lang, Format(form), as_of=day, doubts=doubts)
    else:  # the shipped templates are ours; those of a company run where they can do no harm
        text = fenced(Order(session.policy, lang, Format(form), day, root, doubts))
    if out is not None:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise UsageError(f"{out}: the text cannot be written there: {why}. Choose another --out.") from error
    return Written(lang, form, text, str(out) if out is not None else None)


def schema() -> Schema:
    """The JSON Schema, for editors."""
    return Schema(schema_text())


def compare(old: Path, new: Path, env: Mapping[str, str]) -> Compared:
    """What the change from one file to the other means for people."""
    for path in (old, new):
        if not path.is_file():
            raise UsageError(f"{path}: there is no such policy file. Name one that exists.")
    return Compared(old.name, new.name, diff(load(old, env), load(new, env)))


def _of_text(policy: Policy) -> tuple[tuple[Finding, ...], tuple[Kept, ...]]:
    document = written(known(policy), "en", date.min)[0]
    return (*own(policy), *promises.findings(policy, document)), promises.made(policy, document)


def _coverage(session: Session) -> tuple[Gap, ...]:
    try:
        return (*session.estate.gaps, *session.gaps)
    except StoreUnreachableError as error:
        return (Gap(UNREACHABLE, session.policy_path.name, str(error)),)
