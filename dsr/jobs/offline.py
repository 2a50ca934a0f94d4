"""What needs neither policy nor state database: the trust file alone decides."""

from datetime import UTC, datetime
from pathlib import Path

from dsr.core.certificate import Certificate, read_certificate
from dsr.core.errors import EvidenceError, UsageError
from dsr.core.proof import LIMIT, ProofError
from dsr.core.trust import Trust
from dsr.jobs.trusting import TRUST_FILE, read
from dsr.state import durable


def find_trust(named: Path | None, beside: Path) -> Trust:
    """The trust file that is named, or the one here, in .dsr, or beside what is checked; verified."""
    places = (Path(TRUST_FILE), Path(".dsr") / TRUST_FILE, beside / TRUST_FILE)
    path = named or next((one for one in places if one.is_file()), None)
    if path is None:
        raise UsageError("There is no trust file here. Name the one that you were given with --trust.")
    return read(path, datetime.now(UTC))


def read_file(path: Path, trust: Path | None) -> Certificate:
    """The certificate in a file, verified with the trust file alone. Raises EvidenceError."""
    raw = durable.read(path, LIMIT + 1)
    if raw is None:
        raise UsageError(f"{path}: there is no such file. Name a certificate, or a plan such as P-7.")
    found = find_trust(trust, path.parent)
    try:
        return read_certificate(raw, found, datetime.now(UTC))
    except ProofError as error:
        raise EvidenceError(f"{path}: refused: {error}. Ask for the certificate and the trust file anew.") from None
