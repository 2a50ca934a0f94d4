"""What an audit bundle holds, as a report of its own beside the archive; and the pictures of runs and roles in it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dsr.core.certificate import Certificate, read_certificate
from dsr.core.levels import LEVELS
from dsr.core.proof import ProofError
from dsr.core.report import Cell, Chart, Fact, Level, Report, Shape, Speech, Table, Value, Word
from dsr.core.runs import Changed
from dsr.core.trust import Key
from dsr.engine.package.terms import Terms
from dsr.engine.reporting.making import Maker
from dsr.jobs.session import Session
from dsr.state.ledger import CertificateRow

_PARTS = ("policy", "reports", "certificates", "ledger")
_MONTHS = 12
_SCOPES = ("expired", "subject", "other")


@dataclass(frozen=True, slots=True)
class File:
    """One file of the bundle: its name, its size, and the digest of its bytes."""

    name: str
    size: int
    digest: str

    @property
    def part(self) -> str:
        """The folder in which it lies; the manifest lies in none."""
        return self.name.partition("/")[0] if "/" in self.name else "manifest"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was written; the last of its files is the manifest. `signer` signed that, if anybody did."""

    out: Path
    at: datetime
    files: tuple[File, ...]
    signer: str | None


@dataclass(frozen=True, slots=True)
class Certified:
    """The newest certificate of a run; None where it does not verify."""

    row: CertificateRow
    found: Certificate | None

    def levels(self, at: datetime) -> tuple[str, ...]:
        """The level of every store, by the time of the bundle."""
        return () if self.found is None else tuple(one.level(at) for one in self.found.stores)


def told(session: Session, speech: Speech, bundle: Bundle) -> Report:
    """The table of contents: parts, certificates, and every file with its digest."""
    make, certified = Maker("audit"), tuple(_certified(session, bundle.at))
    refused = any(one.found is None for one in certified)
    return make.report(
        session.policy,
        bundle.at,
        facts=_facts(make, bundle),
        notes=(
            *((make.note(Level.BAD, "refused"),) if refused else ()),
            *(make.note(Level.PLAIN, one) for one in ("check", "hidden", "levels")),
        ),
        tables=(_parts(make, bundle), _certificates(make, speech, bundle, certified), _files(make, bundle)),
        charts=(_by_part(make, bundle), _by_level(make, bundle, certified)),
    )


def by_month(make: Maker, zone: str, runs: Iterable[Changed]) -> Chart:
    """What runs changed in each of the last months, by why they ran."""
    counts: dict[str, Counter[str]] = {}
    for one in runs:
        month = one.began_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m")
        scope = one.scope if one.scope in _SCOPES else "other"
        counts.setdefault(month, Counter())[scope] += one.records
    shown = _through(counts)
    series = ((name, [counts.get(month, Counter())[name] for month in shown]) for name in _SCOPES)
    return make.chart("changed", Shape.COLUMNS, map(Terms.name, shown), *series)


def by_role(make: Maker, speech: Speech, keys: Iterable[Key], now: datetime) -> Chart:
    """The keys of every role: in force, expired, revoked."""
    counts: dict[str, Counter[str]] = {}
    for key in keys:
        kind = "revoked" if key.revoked else "expired" if key.until <= now else "current"
        for role in key.roles:
            counts.setdefault(role, Counter())[kind] += 1
    series = ((kind, [counts[role][kind] for role in counts]) for kind in ("current", "expired", "revoked"))
    return make.chart("keys", Shape.BARS, (speech.word("role", role).text for role in counts), *series)


def _through(months: Iterable[str]) -> list[str]:
    """The months with all between them, the last dozen."""
    found = sorted(months)
    if not found:
        return []
    made, (year, month) = [found[0]], map(int, found[0].split("-"))
    while made[-1] < found[-1]:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        made.append(f"{year}-{month:02}")
    return made[-_MONTHS:]


def _certified(session: Session, at: datetime) -> Iterator[Certified]:
    for row in session.state.certificates():
        newest = (row, *session.state.renewals(row.run))[-1]
        try:
            yield Certified(newest, read_certificate(newest.document, session.trust, at))
        except ProofError:
            yield Certified(newest, None)


def _facts(make: Maker, bundle: Bundle) -> Iterator[Fact]:
    signer = bundle.signer
    yield make.fact("bundle", str(bundle.out))
    yield make.fact("files", len(bundle.files))
    yield make.fact("manifest", bundle.files[-1].digest)
    yield make.fact("signed", Cell(make.word("unsigned"), Level.WARN) if signer is None else Cell(signer, Level.GOOD))


def _parts(make: Maker, bundle: Bundle) -> Table:
    names = dict.fromkeys((*_PARTS, *(one.part for one in bundle.files)))
    rows = (
        (Word(name, make.word(f"part.{name}")), *_weight(bundle, name), make.word(f"shows.{name}")) for name in names
    )
    return make.table("parts", make.columns("part", "#files", "#size", "shows"), rows)


def _weight(bundle: Bundle, part: str) -> tuple[int, int]:
    found = [one.size for one in bundle.files if one.part == part]
    return len(found), sum(found)


def _certificates(make: Maker, speech: Speech, bundle: Bundle, certified: Iterable[Certified]) -> Table:
    columns = make.columns("plan", "#run", "kind", "ended", "#removed", "#kept", "stores", "level", "copies")
    return make.table("certificates", columns, (_line(make, speech, bundle, one) for one in certified))


def _line(make: Maker, speech: Speech, bundle: Bundle, one: Certified) -> tuple[Value | Cell, ...]:
    found = one.found
    if found is None:
        return one.row.plan, one.row.run, None, None, None, None, None, Cell(make.word("refused"), Level.BAD), None
    lowest = min(one.levels(bundle.at), default="L0")
    return (
        one.row.plan,
        one.row.run,
        speech.word("scope", found.scope),
        found.finished_at,
        found.count("removed", "rewritten"),
        found.count("retained", "held"),
        tuple(f"{store.store} {store.level(bundle.at)}" for store in found.stores),
        Cell(Word(lowest, make.word(f"level.{lowest}")), Level.BAD if lowest == "L0" else Level.PLAIN),
        found.copies_by,
    )


def _files(make: Maker, bundle: Bundle) -> Table:
    rows = ((one.name, one.size, one.digest) for one in bundle.files)
    return make.table("files", make.columns("name", "#size", "sha256"), rows)


def _by_part(make: Maker, bundle: Bundle) -> Chart:
    labels = (make.word(f"part.{name}") for name in _PARTS)
    return make.chart("parts", Shape.BARS, labels, ("files", [_weight(bundle, name)[0] for name in _PARTS]))


def _by_level(make: Maker, bundle: Bundle, certified: Iterable[Certified]) -> Chart:
    counts = Counter(level for one in certified for level in one.levels(bundle.at))
    labels = (make.word(f"level.{level}") for level in LEVELS)
    return make.chart("levels", Shape.BARS, labels, ("stores", [counts[level] for level in LEVELS]))
