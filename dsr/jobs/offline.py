"""What needs neither policy nor state database: the trust file alone decides."""

from datetime import UTC, datetime
from pathlib import Path

from dsr.core.errors import UsageError
from dsr.core.trust import Trust
from dsr.jobs.trusting import TRUST_FILE, read


def find_trust(named: Path | None, beside: Path) -> Trust:
    """The trust file that is named, or the one here, in .dsr, or beside what is checked; verified."""
    places = (Path(TRUST_FILE), Path(".dsr") / TRUST_FILE, beside / TRUST_FILE)
    path = named or next((one for one in places if one.is_file()), None)
    if path is None:
        raise UsageError("There is no trust file here. Name the one that you were given with --trust.")
    return read(path, datetime.now(UTC))
