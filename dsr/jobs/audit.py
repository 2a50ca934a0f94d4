"""The bundle that an auditor asks for: policy, runs, proofs, certificates, roles and reports in one signed archive."""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from dsr.core.errors import EvidenceError, UsageError
from dsr.core.proof import key_id, seal
from dsr.core.report import Cell, Level, Report, Speech
from dsr.core.trust import CERTIFIER, Trust
from dsr.engine.package.text import document as as_json
from dsr.engine.policytext.render import Format, render
from dsr.engine.reporting.making import Maker
from dsr.engine.reporting.page import page
from dsr.engine.reporting.ropa import ropa
from dsr.engine.reporting.sheet import sheet
from dsr.engine.reporting.values import document
from dsr.jobs.auditpage import Bundle, File, by_month, by_role, told
from dsr.jobs.holdreport import holds
from dsr.jobs.ledger import export
from dsr.jobs.overview import overview
from dsr.jobs.policy import compare
from dsr.jobs.redacting import redact
from dsr.jobs.requestreports import metrics_report, register_report
from dsr.jobs.retention import retention
from dsr.jobs.session import Session
from dsr.jobs.trusting import key_path, signing_key

KIND = "application/vnd.dsr.audit+json"
SCHEMA = "dsr/audit/1"
MANIFEST, SIGNED = "manifest.json", "manifest.dsse.json"
_LANGUAGES = ("en", "zh")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # what a zip archive can hold; every file has the same time, so that equals are equal


def audit(session: Session, speech: Speech, out: Path, since: Path | None = None) -> Report:
    """Write the bundle to a new file, and tell what is in it. `since`: an older policy file, to compare with."""
    if out.suffix.lower() != ".zip":
        raise UsageError(f"{out}: the bundle is a ZIP archive. Give it a name that ends with .zip.")
    if out.exists():
        raise UsageError(f"{out} exists; nothing was written. Name a new file with --out.")
    now, part = session.now(), out.with_name(f"{out.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            files = [_added(archive, name, data) for name, data in _contents(session, speech, since)]
            manifest = _manifest(session, now, files)
            files.append(_added(archive, MANIFEST, as_json(manifest)))
            signer = _sign(session, now, archive, manifest)
        part.replace(out)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageError(f"{out}: the bundle cannot be written there: {why}. Choose another --out.") from error
    finally:
        part.unlink(missing_ok=True)
    return told(session, speech, Bundle(out, now, tuple(files), signer))


def _contents(session: Session, speech: Speech, since: Path | None) -> Iterator[tuple[str, bytes]]:
    yield from _policy(session, since)
    reports = (
        overview(session, speech),
        retention(session),
        holds(session, speech),
        ropa(session.policy, session.now()),
        register_report(session, speech),
        metrics_report(session, speech),
        runs(session, speech),
        roles(session, speech),
    )
    for report in reports:
        yield from _report(report)
    for row in session.state.certificates():
        yield f"certificates/{row.plan}-run-{row.run}.json", row.document
        for number, later in enumerate(session.state.renewals(row.run), start=1):
            yield f"certificates/{row.plan}-run-{row.run}-renewed-{number}.json", later.document
    yield from _ledger(session)


def _policy(session: Session, since: Path | None) -> Iterator[tuple[str, bytes]]:
    """The file with all that it includes, passwords hidden; its texts; what changed since an older one."""
    policy, day = session.policy, session.now().date()
    for name in policy.files:
        text = (session.root / name).read_text(encoding="utf-8")
        yield f"policy/{name.replace('..', 'up').lstrip('/')}", redact(text, policy.own_keys, ()).text.encode()
    for language in _LANGUAGES:
        yield f"policy/policy.{language}.html", render(policy, language, Format.HTML, as_of=day).encode()
    if since is not None:
        found = compare(since, session.policy_path, session.env)
        lines = [
            {"kind": one.kind.value, "about": one.subject, "en": one.text.en, "zh": one.text.zh, "widens": one.widens}
            for one in found.differences
        ]
        yield "policy/changes.json", as_json({"old": found.old, "new": found.new, "differences": lines})


def _report(report: Report) -> Iterator[tuple[str, bytes]]:
    yield f"reports/{report.name}.json", as_json(document(report))
    for language in _LANGUAGES:
        yield f"reports/{report.name}.{language}.html", page(report, language).encode()
    for table in report.tables:
        yield f"reports/{report.name}.{table.key}.csv", sheet(table, "en", report.zone).encode("utf-8-sig")


def _ledger(session: Session) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory(prefix="dsr-audit-") as held:
        folder = Path(held) / "ledger"
        export(session, folder)
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            yield f"ledger/{path.relative_to(folder).as_posix()}", path.read_bytes()


def runs(session: Session, speech: Speech) -> Report:
    """Every plan, and every run with what it changed."""
    make, state = Maker("runs"), session.state
    plans = (
        (
            one.id,
            speech.word("scope", one.scope),
            speech.word("status", one.status.value),
            one.made_at,
            one.subjects or None,
            one.acting,
        )
        for one in state.plans()
    )
    every = state.changed(_BEGINNING)
    done = (
        (one.run, one.plan, speech.word("scope", one.scope), one.began_at, one.finished_at, one.holds, one.records)
        for one in every
    )
    return make.report(
        session.policy,
        session.now(),
        tables=(
            make.table("runs", make.columns("#run", "plan", "kind", "began", "ended", "#holds", "#changed"), done),
            make.table("plans", make.columns("plan", "kind", "state", "made", "#people", "#acting"), plans),
        ),
        charts=(by_month(make, session.policy.controller.timezone, every),),
    )


def roles(session: Session, speech: Speech) -> Report:
    """Who may sign and approve what, by the trust file in force."""
    make, trust, now = Maker("roles"), session.trust, session.now()
    keys = [key for key in trust.now.keys if key.since <= now]
    rows = (
        (
            key.person,
            tuple(speech.word("role", one) for one in key.roles),
            key.since,
            key.until,
            Cell(key.revoked, Level.WARN) if key.revoked else None,
            key.id,
        )
        for key in keys
    )
    columns = make.columns("person", "roles", "from", "until", "revoked", "key")
    return make.report(
        session.policy,
        now,
        facts=(make.fact("trust", trust.now.number), make.fact("mode", speech.word("mode", trust.now.mode))),
        tables=(make.table("roles", columns, rows),),
        charts=(by_role(make, speech, keys, now),),
    )


def _added(archive: zipfile.ZipFile, name: str, data: bytes) -> File:
    archive.writestr(zipfile.ZipInfo(name, _EARLIEST), data, zipfile.ZIP_DEFLATED)
    return File(name, len(data), hashlib.sha256(data).hexdigest())


def _manifest(session: Session, now: datetime, files: Iterable[File]) -> dict[str, object]:
    listed = [{"name": one.name, "size": one.size, "sha256": one.digest} for one in files]
    return {"schema": SCHEMA, "at": now.isoformat(), "policy": session.policy.digest, "files": listed}


def _sign(session: Session, now: datetime, archive: zipfile.ZipFile, manifest: dict[str, object]) -> str | None:
    """Sign the manifest with this machine's certifier key, where it has one; whose key it was."""
    trust: Trust = session.trust
    if not key_path(session.state, CERTIFIER).exists():
        return None
    try:
        key = signing_key(session.state, trust, CERTIFIER, now)
    except EvidenceError:
        return None
    _added(archive, SIGNED, seal(KIND, manifest, key).raw)
    return trust.now.key(key_id(key.public_key().public_bytes_raw())).person
