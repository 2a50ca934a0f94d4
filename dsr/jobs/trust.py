"""Changing who may sign what: every change is a new version, signed by enough roots, and in force once it is whole."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsr.core.errors import EvidenceError, UsageError
from dsr.core.proof import LIMIT, Envelope, ProofError, Signature, key_id, read_envelope, seal
from dsr.core.trust import (
    FILE_SCHEMA,
    KIND,
    ROOT,
    SOLO,
    Key,
    Threshold,
    Trust,
    Version,
    extended,
    missing,
    payload,
    read_trust,
    read_version,
)
from dsr.jobs.session import Session
from dsr.jobs.trusting import KEYS_LAST, accept, coming_path, current, follows, found, key_path, trust_path
from dsr.state import durable, keys
from dsr.state.database import State

DRAFT = Path("trust-draft.json")
_SOLO_LASTS, _TEAM_LASTS, _KEY_LASTS = timedelta(days=5 * 365), timedelta(days=365), timedelta(days=365)
_Edit = Callable[[Version], Version]


@dataclass(frozen=True, slots=True)
class Signer:
    """The root key that a change is signed with, and where it is put while other roots still have to sign."""

    key: Path | None = None
    passphrase: str | None = None
    out: Path = DRAFT


@dataclass(frozen=True, slots=True)
class Made:
    """A key that was made: whose it is, and the line that goes to whoever keeps the trust file."""

    person: str
    id: str
    line: str
    path: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A version of the trust file: in force, or a draft in `path` that lacks signatures."""

    version: Version
    digest: str
    in_force: bool
    path: str


def begin(session: Session, origin: str | None = None) -> Changed:
    """Make the first trust file, for one person, with the machine's keys; `origin` names the ledger."""
    state = session.state
    if trust_path(state).exists() or state.trusted() is not None:
        raise UsageError("There is a trust file already; nothing was changed. See it with: dsr trust show.")
    try:
        trust = found(state, session.now(), origin)
    except ProofError as error:
        raise UsageError(
            f"The name of the ledger cannot be used: {error}. Write one such as example.com/dsr."
        ) from None
    accept(state, trust)
    return _shown(trust, trust_path(state))


def show(session: Session) -> Changed:
    """The trust file in force; an expired one is shown, too."""
    trust = current(session.state, session.now())
    return _shown(trust, trust_path(session.state))


def make_key(path: Path, person: str, passphrase: str | None) -> Made:
    """Make a person's key in a new file."""
    made = keys.make(path, person, passphrase)
    return Made(person, key_id(made.public), made.line, str(path))


def add(
    session: Session, file: Path, roles: tuple[str, ...], until: datetime | None, handles: tuple[str, ...], by: Signer
) -> Changed:
    """Let a person's key sign in these roles; a key that is there gets them in addition."""
    public = keys.read_public(file)

    def edit(version: Version) -> Version:
        old = next((one for one in version.keys if one.public == public.public), None)
        if old is not None and old.person != public.person:
            raise UsageError(f"The key is {old.person}'s and stays so. Make another one: dsr trust key.")
        ends = until or version.issued + _KEY_LASTS
        made = old or Key(public.public, public.person, (), version.issued, ends)
        named, meant = tuple(sorted({*made.roles, *roles})), tuple(sorted({*made.handles, *handles}))
        made = replace(made, roles=named, handles=meant, until=until or made.until)
        return replace(version, keys=(*(one for one in version.keys if one is not old), made))

    return _change(session, edit, by)


def require(
    session: Session,
    by: Signer,
    *,
    approvers: int | None = None,
    reviewers: int | None = None,
    roots: int | None = None,
    rules: tuple[Threshold, ...] = (),
) -> Changed:
    """Ask for so many people from now on; a rule that asks for nobody asks for no more than others. With nothing named
    the version is only renewed.
    """
    known = {rule.name for rule in session.policy.rules}
    for one in rules:
        if one.rule not in known:
            raise UsageError(
                f"There is no rule {one.rule} in the policy file. Known rules: {', '.join(sorted(known))}."
            )

    def edit(version: Version) -> Version:
        asked = {one.rule: one for one in (*version.rules, *rules)}
        return replace(
            version,
            approvers=version.approvers if approvers is None else approvers,
            reviewers=version.reviewers if reviewers is None else reviewers,
            roots=version.roots if roots is None else roots,
            rules=tuple(asked[name] for name in sorted(asked) if asked[name].approvers),
        )

    return _change(session, edit, by)


def revoke(session: Session, whose: str, by: Signer) -> Changed:
    """End a key, or all keys of a person, from now on; what they signed before stays verifiable."""

    def edit(version: Version) -> Version:
        meant = {
            one.id for one in version.keys if one.person == whose or (len(whose) >= 8 and one.id.startswith(whose))
        }
        if not meant:
            raise UsageError(f"The trust file names neither a person nor a key {whose}. See it with: dsr trust show.")
        at = version.issued
        return replace(
            version,
            keys=tuple(
                replace(one, revoked=at) if one.id in meant and one.revoked is None else one for one in version.keys
            ),
        )

    return _change(session, edit, by)


def rotate(session: Session, role: str, by: Signer) -> Changed:
    """Replace this machine's key for a role by a new one; the old one ends, and what it signed stays verifiable."""
    state = session.state
    path, coming = key_path(state, role), coming_path(state, role)
    old = keys.load(path).public_key().public_bytes_raw()
    trust = current(state, session.now())
    if coming.exists():
        new = keys.load(coming)
        if any(one.public == new.public_key().public_bytes_raw() for one in trust.now.keys):
            coming.replace(path)  # the rotation before this one came to its end
            old = new.public_key().public_bytes_raw()
    person = next((one.person for one in trust.now.keys if one.public == old), "operator")
    if not coming.exists():
        keys.make(coming, person)
    new = keys.load(coming)
    public = new.public_key().public_bytes_raw()

    def edit(version: Version) -> Version:
        # what it signed in this very second stays verifiable; of a root nothing but this version is
        at = version.issued + timedelta(seconds=role != ROOT)
        ended = tuple(
            replace(one, revoked=at) if one.public == old and one.revoked is None else one for one in version.keys
        )
        ends = version.issued + KEYS_LAST
        return replace(version, keys=(*ended, Key(public, person, (role,), version.issued, ends)))

    return _change(session, edit, by, *((new,) if role == ROOT else ()))


def sign(session: Session, draft: Path, by: Signer) -> Changed:
    """Add a root's signature to a draft; it comes into force where that was the last one."""
    key = _key(session, by)
    envelope = _draft(draft)
    trust = current(session.state, session.now())
    mine = Signature(key_id(key.public_key().public_bytes_raw()), key.sign(envelope.signed))
    signed = {one.key: one for one in (*envelope.signatures, mine)}
    made = Envelope(KIND, envelope.payload, tuple(signed[id] for id in sorted(signed)))
    return _settled(session, trust, made, draft)


def take(session: Session, file: Path) -> Changed:
    """Put a whole trust file, or a draft with all its signatures, in force. Raises EvidenceError where that fails."""
    raw = durable.read(file, LIMIT + 1)
    if raw is None:
        raise UsageError(f"{file}: there is no such file.")
    state = session.state
    try:
        if FILE_SCHEMA.encode() in raw:
            trust = read_trust(raw)
        else:
            trust = extended(current(state, session.now()), read_envelope(raw, KIND))
        trust.unexpired(session.now())
    except ProofError as error:
        raise EvidenceError(f"{file}: refused: {error}. The trust file in force was not changed.") from None
    return _enforced(state, trust)


def _change(session: Session, edit: _Edit, by: Signer, *more: Ed25519PrivateKey) -> Changed:
    """The next version, signed with the key that is at hand."""
    key = _key(session, by)
    state, now = session.state, session.now().replace(microsecond=0)
    trust = current(state, session.now())
    before = trust.now
    made = edit(replace(before, number=before.number + 1, issued=max(now, before.issued)))
    lasts = _SOLO_LASTS if made.mode == SOLO else _TEAM_LASTS
    made = replace(made, expires=made.issued + lasts)
    return _settled(session, trust, seal(KIND, payload(made), key, *more), by.out)


def _settled(session: Session, trust: Trust, envelope: Envelope, out: Path) -> Changed:
    """In force where all signatures are there, else a draft in a file."""
    try:
        version = read_version(envelope)
        lacks = missing(version, trust.now, envelope)
        if lacks is None:
            return _enforced(session.state, extended(trust, envelope))
    except ProofError as error:
        raise EvidenceError(f"The change is refused: {error}. The trust file in force was not changed.") from None
    durable.write(out, envelope.raw)
    return Changed(version, envelope.digest, False, str(out))


def _enforced(state: State, trust: Trust) -> Changed:
    with durable.locked(state.folder / "trust.lock"):
        follows(state, trust)
        # the file first: one that is newer than what was seen is taken later, an older one never
        durable.write(trust_path(state), trust.raw)
        accept(state, trust)
    return _shown(trust, trust_path(state))


def _shown(trust: Trust, path: Path) -> Changed:
    return Changed(trust.now, trust.digest, True, str(path))


def _draft(path: Path) -> Envelope:
    raw = durable.read(path, LIMIT + 1)
    if raw is None:
        raise UsageError(f"{path}: there is no such file.")
    try:
        return read_envelope(raw, KIND)
    except ProofError as error:
        raise EvidenceError(f"{path}: refused: {error}. Ask for the draft anew.") from None


def _key(session: Session, by: Signer) -> Ed25519PrivateKey:
    return keys.load(by.key or key_path(session.state, ROOT), by.passphrase)
