"""What the ledger holds: entries of ids, digests, counts and words of ours, never a value of anybody's data."""

import hashlib
import re
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum

from dsr.core.errors import StateError
from dsr.core.merkle import levels, root
from dsr.core.proof import canonical, written

LARGEST = 65_535
"""Bytes of an entry: what an entry bundle of a tiled log can hold."""


class What(Enum):
    """What an entry records."""

    ACT = "act"  # somebody did something that changed no other part of the state database
    PLAN = "plan"
    STATUS = "status"
    RUN_BEGAN = "run_began"
    STEP = "step"
    RUN_ENDED = "run_ended"
    HOLD_PLACED = "hold_placed"
    HOLD_RELEASED = "hold_released"
    FROZEN = "frozen"
    THAWED = "thawed"
    APPROVAL = "approval"
    CERTIFICATE = "certificate"
    TRUST = "trust"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `actor` is a keyed tag, `subject` a commitment (or the root over `people` of them)."""

    what: What
    at: datetime
    act: str | None = None
    actor: str | None = None
    plan: str | None = None
    hold: str | None = None
    run: int | None = None
    step: int | None = None
    scope: str | None = None
    outcome: str | None = None
    digest: str | None = None
    steps: str | None = None
    policy: str | None = None
    subject: str | None = None
    people: int | None = None
    version: int | None = None
    request: str | None = None
    store: str | None = None
    counts: tuple[tuple[str, int], ...] = ()


_WORD = re.compile(r"[a-z][a-z_]{0,31}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FORMS = {
    "act": _WORD,
    "actor": re.compile(r"[0-9a-f]{16}"),
    "plan": re.compile(r"P-[0-9]{1,18}"),
    "hold": re.compile(r"H-[0-9]{1,18}"),
    "request": re.compile(r"R-[0-9]{1,18}"),
    "scope": _WORD,
    "outcome": _WORD,
    "digest": _DIGEST,
    "steps": _DIGEST,
    "policy": _DIGEST,
    "subject": _DIGEST,
    "store": re.compile(r"[A-Za-z][A-Za-z0-9_-]*"),
}


def entry_bytes(entry: Entry) -> bytes:
    """The entry as it is hashed. Raises StateError where a field holds anything but what its form allows."""
    made: dict[str, object] = {"v": 1, "what": entry.what.value, "at": written(entry.at)}
    for field in fields(entry)[2:-1]:
        value = getattr(entry, field.name)
        if value is None:
            continue
        form = _FORMS.get(field.name)
        if form is not None and not form.fullmatch(value):
            raise StateError(
                f"ledger: the field {field.name!r} of an entry would hold something else than an id, a digest or a "
                "word. Nothing was recorded; report this as a bug."
            )
        made[field.name] = value
    if not all(_WORD.fullmatch(word) for word, _ in entry.counts):
        raise StateError("ledger: the counts of an entry have names that are not words of ours. Report this as a bug.")
    if entry.counts:
        made["counts"] = dict(entry.counts)
    return canonical(made)


def commitment(nonce: bytes, handle: str) -> str:
    """What stands for a person in one entry: without the nonce nobody can tell whom it means."""
    return hashlib.sha256(nonce + handle.encode()).hexdigest()


def together(commitments: tuple[str, ...]) -> str | None:
    """What stands for several people: the root of the tree over their commitments; for one, the commitment itself."""
    if len(commitments) < 2:
        return commitments[0] if commitments else None
    return root(levels(bytes.fromhex(one) for one in commitments).tile, len(commitments)).hex()
