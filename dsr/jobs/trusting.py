"""The trust file in force: read, held against what was seen before, and made for one person where there is none."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsr.core.errors import EvidenceError, StateError
from dsr.core.proof import LIMIT, ProofError, key_id, seal
from dsr.core.trust import CERTIFIER, KIND, LEDGER, ROOT, Key, Trust, Version, extended, payload, read_trust
from dsr.state import durable, keys
from dsr.state.database import State

TRUST_FILE = "trust.json"
_SOLO_LASTS = timedelta(days=5 * 365)
KEYS_LAST = timedelta(days=10 * 365)
"""How long a machine's keys last: longer than any version, so that an expired one can be renewed."""
_OPERATOR = "operator"


def trust_path(state: State) -> Path:
    """Where the trust file lies."""
    return state.folder / TRUST_FILE


def key_path(state: State, role: str) -> Path:
    """Where this machine's key for a role lies."""
    return state.folder / "keys" / f"{role}.key"


def coming_path(state: State, role: str) -> Path:
    """Where a key lies that is to replace this machine's, until the trust file names it."""
    return state.folder / "keys" / f"{role}.new.key"


def in_force(state: State, now: datetime) -> Trust:
    """The trust file, verified. Raises EvidenceError where it is missing, expired, damaged, or older than before."""
    trust = current(state, now)
    try:
        return trust.unexpired(now)
    except ProofError as error:
        raise EvidenceError(f"{trust_path(state)}: refused: {error}. Renew it: dsr trust require.") from None


def current(state: State, now: datetime) -> Trust:
    """The trust file in force, though it may have expired; one is made where there was none."""
    path = trust_path(state)
    if not path.exists() and state.trusted() is None:
        found(state, now)
    trust = _read(path, lambda trust: trust)
    accept(state, trust)
    return trust


def found(state: State, now: datetime, origin: str | None = None) -> Trust:
    """Make the first trust file. Raises ProofError where the ledger cannot have that name."""
    path = trust_path(state)
    with durable.locked(state.folder / "trust.lock"):
        if not path.exists():
            durable.write(path, _solo(state, now, origin).raw)
    return _read(path, lambda trust: trust)


def read(path: Path, now: datetime) -> Trust:
    """The trust file at that place, verified. Raises EvidenceError."""
    return _read(path, lambda trust: trust.unexpired(now))


def _read(path: Path, checked: Callable[[Trust], Trust]) -> Trust:
    raw = durable.read(path, LIMIT + 1)
    if raw is None:
        raise EvidenceError(
            f"{path}: there is no trust file. Put the newest one there: it says who may sign and approve."
        )
    try:
        return checked(read_trust(raw))
    except ProofError as error:
        raise EvidenceError(
            f"{path}: refused: {error}. Take the newest trust file from those who hold the root keys."
        ) from None


def accept(state: State, trust: Trust) -> None:
    """Keep in mind which version is in force. Raises EvidenceError where it does not follow the one before."""
    if follows(state, trust):
        state.trust(trust.now.number, trust.digest)


def follows(state: State, trust: Trust) -> bool:
    """Whether it is newer than what was in force. Raises EvidenceError where it does not follow from that."""
    seen = state.trusted()
    if seen is not None:
        number, _, digest = seen.partition(":")
        if not trust.holds(int(number), digest):
            raise EvidenceError(
                f"The trust file is version {trust.now.number} and does not follow version {number}, which was in "
                "force before: it is an older one, or another. Take the newest from those who hold the root keys."
            )
        return trust.now.number > int(number)
    return True


def signing_key(state: State, trust: Trust, role: str, now: datetime) -> Ed25519PrivateKey:
    """The machine's private key for a role. Raises an error where it is missing, readable by others, or not valid."""
    path, coming = key_path(state, role), coming_path(state, role)
    if coming.exists():
        new = keys.load(coming)
        if any(one.public == new.public_key().public_bytes_raw() for one in trust.now.keys):
            return new
    key = keys.load(path)
    try:
        trust.signer(key_id(key.public_key().public_bytes_raw()), role, now)
    except ProofError as error:
        raise EvidenceError(f"{path}: {error}. Make a new one: dsr trust rotate {role}.") from None
    return key


def _solo(state: State, now: datetime, origin: str | None) -> Trust:
    """A trust file for one person: three keys of this machine, nobody to approve anything, and it says so."""
    begins = now.replace(microsecond=0)
    ends = begins + KEYS_LAST
    made = [(role, _machine_key(key_path(state, role))) for role in (CERTIFIER, LEDGER, ROOT)]
    listed = tuple(Key(key.public_key().public_bytes_raw(), _OPERATOR, (role,), begins, ends) for role, key in made)
    version = Version(origin or f"dsr.example/{listed[1].id[:16]}", 1, begins, begins + _SOLO_LASTS, 1, 0, 0, listed)
    return extended(None, seal(KIND, payload(version), made[2][1]))


def _machine_key(path: Path) -> Ed25519PrivateKey:
    """The key that lies there, from a beginning that was interrupted, or a new one."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            keys.make(path, _OPERATOR)
    except OSError as error:
        raise StateError(f"{path}: cannot write the key ({error.strerror}). Give this user the right.") from None
    return keys.load(path)
