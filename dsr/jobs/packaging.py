"""How long a sealed package lies where it was written: the section `requests:` says it, and the purge removes it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dsr.core.periods import last_day
from dsr.jobs.export import Exported
from dsr.jobs.session import Session
from dsr.state.packages import EXPIRED, SealedCopy

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Swept:
    """Files of packages that were removed, that were gone already, and that are something else by now."""

    removed: int
    gone: int
    changed: int


def kept(session: Session, exported: Exported, requests: tuple[str, ...]) -> Exported:
    """Write down where the sealed files lie, and say until when; nothing where the policy has no such section."""
    until = expires(session)
    sealed = [one for one in exported.packages if one.sealed]
    if until is None or not sealed:
        return exported
    for one in sealed:
        files = tuple(SealedCopy(str(Path(file.path).absolute()), file.sha256, until) for file in one.sealed)
        session.state.remember_package(one.token, requests, files)
    return replace(exported, until=last_day(until, session.policy.controller.timezone))


def expires(session: Session) -> datetime | None:
    """When a package that is made now is removed."""
    casework = session.policy.casework
    if casework is None:
        return None
    return casework.packages.until(session.now(), session.policy.controller.timezone)


def sweep(session: Session) -> Swept | None:
    """Remove the sealed files whose time is over; None where there were none.

    A file that holds something else by now is nobody's package any more, and stays.
    """
    over = session.state.expired_packages(session.now())
    return removed(session, over, EXPIRED) if over else None


def removed(session: Session, files: tuple[SealedCopy, ...], act: str) -> Swept:
    """Remove these files, and write into the ledger how many."""
    taken = gone = changed = 0
    for one in files:
        path = Path(one.path)
        if not path.is_file() or path.is_symlink():
            gone += 1
        elif _digest(path) == one.digest:
            path.unlink()
            taken += 1
        else:
            changed += 1
    counts = (("removed", taken), ("gone", gone), ("changed", changed))
    session.state.forget_packages(tuple(one.digest for one in files), act, counts, session.actor)
    return Swept(taken, gone, changed)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
