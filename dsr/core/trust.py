"""The trust file: who may sign what, for how long, and how many of them are needed. A chain of signed versions.

Every version is signed by enough root keys of the one before and of its own, so whoever holds an old copy can follow to
the newest. Keys are never removed, only ended or revoked, so what they signed in their time stays verifiable.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dsr.core.proof import (
    Checkpoint,
    Envelope,
    Fields,
    ProofError,
    canonical,
    decode64,
    encode64,
    key_id,
    parse,
    read_checkpoint,
    read_envelope,
    written,
)

KIND = "application/vnd.dsr.trust+json"
SCHEMA, FILE_SCHEMA = "dsr/trust/1", "dsr/trust-file/1"
ROOT, LEDGER, CERTIFIER, APPROVER, REVIEWER = "root", "ledger", "certifier", "approver", "reviewer"
ROLES = (ROOT, LEDGER, CERTIFIER, APPROVER, REVIEWER)
SOLO, TEAM = "solo", "team"
SKEW = timedelta(minutes=2)
"""How far ahead another machine's clock may be."""

_PERSON = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9./-]{0,127}")
_HANDLE = re.compile(r"S-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Key:
    """One public key: whose it is, what it may sign, and when. `handles` are those of the person as a data subject."""

    public: bytes = field(repr=False)
    person: str
    roles: tuple[str, ...]
    since: datetime
    until: datetime
    revoked: datetime | None = None
    handles: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The digest that names it."""
        return key_id(self.public)

    def refusal(self, role: str, at: datetime) -> str | None:
        """Why it may not sign in that role at that time; None when it may."""
        if role not in self.roles:
            return f"the key of {self.person} does not have the role {role}"
        if self.revoked is not None and self.revoked <= at:
            return f"the key of {self.person} is revoked"
        if not self.since <= at < self.until:
            return f"the key of {self.person} was not valid at that time"
        return None


@dataclass(frozen=True, slots=True)
class Threshold:
    """How many people must approve what acts under a rule, and how many of them are reviewers."""

    rule: str
    approvers: int
    reviewers: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the trust file. `approvers` people must approve, of whom `reviewers` have that role.

    `rules` ask for more than that where a plan acts under them.
    """

    origin: str
    number: int
    issued: datetime
    expires: datetime
    roots: int
    approvers: int
    reviewers: int
    keys: tuple[Key, ...]
    rules: tuple[Threshold, ...] = ()

    @property
    def mode(self) -> str:
        """Solo while nobody else has to approve anything."""
        return TEAM if self.approvers or self.rules else SOLO

    def needed(self, rules: Iterable[str]) -> Threshold:
        """How many must approve a plan that acts under these rules."""
        acting = set(rules)
        asked = [one for one in self.rules if one.rule in acting]
        approvers = max([self.approvers, *(one.approvers for one in asked)])
        return Threshold("", approvers, max([self.reviewers, *(one.reviewers for one in asked)]))

    def key(self, id: str) -> Key:
        """The key of that id. Raises ProofError."""
        for one in self.keys:
            if one.id == id:
                return one
        raise ProofError("it is signed with a key that the trust file does not name")

    def people(self, role: str, at: datetime) -> set[str]:
        """Everybody with a valid key in that role."""
        return {one.person for one in self.keys if one.refusal(role, at) is None}


@dataclass(frozen=True, slots=True)
class Trust:
    """A whole trust file."""

    versions: tuple[Version, ...]
    envelopes: tuple[Envelope, ...]

    @property
    def now(self) -> Version:
        """The newest version."""
        return self.versions[-1]

    @property
    def digest(self) -> str:
        """The digest of the newest version."""
        return self.envelopes[-1].digest

    @property
    def raw(self) -> bytes:
        """The file."""
        documents: list[object] = [parse(one.raw, newline=True) for one in self.envelopes]
        return canonical({"schema": FILE_SCHEMA, "versions": documents}) + b"\n"

    def at(self, moment: datetime) -> Version:
        """The version that was in force at that moment; the first, for what was begun before there was any."""
        return next((one for one in reversed(self.versions) if one.issued <= moment), self.versions[0])

    def ruled(self, number: int, moment: datetime) -> bool:
        """Whether that version was in force at a moment that is known to the second; two may have been."""
        if not 1 <= number <= len(self.versions):
            return False
        begun = number == 1 or self.versions[number - 1].issued <= moment
        return begun and (number == len(self.versions) or moment <= self.versions[number].issued)

    def signer(self, id: str, role: str, at: datetime) -> Key:
        """The key, as the newest version sees it. Raises ProofError where it may not sign in that role at that time."""
        key = self.now.key(id)
        if reason := key.refusal(role, at):
            raise ProofError(reason)
        return key

    def checkpoint(self, note: str, at: datetime | None = None) -> Checkpoint:
        """The checkpoint of the note, signed by any key that ever was the ledger's or, with `at`, was so then."""
        keys = (one for one in self.now.keys if LEDGER in one.roles)
        good = (one.public for one in keys if at is None or one.refusal(LEDGER, at) is None)
        return read_checkpoint(note, self.now.origin, good)

    def unexpired(self, now: datetime) -> "Trust":
        """Itself. Raises ProofError where it has expired, or is from the future."""
        if now >= self.now.expires:
            raise ProofError(f"the trust file expired on {written(self.now.expires)}")
        if self.now.issued > now + SKEW:
            raise ProofError("the trust file is from the future: a clock is wrong")
        return self

    def holds(self, number: int, digest: str) -> bool:
        """Whether that version is this one, or one that this one follows."""
        return 0 < number <= len(self.envelopes) and self.envelopes[number - 1].digest == digest


def read_trust(raw: bytes) -> Trust:
    """The trust file of these bytes, every version checked. Raises ProofError."""
    whole = Fields(parse(raw, newline=True), "the trust file", "schema", "versions")
    if whole.text("schema") != FILE_SCHEMA:
        raise ProofError("this is not a trust file")
    envelopes = tuple(read_envelope(canonical(one) + b"\n", KIND) for one in whole.items("versions"))
    if not envelopes:
        raise ProofError("the trust file is empty")
    versions = tuple(read_version(one) for one in envelopes)
    for at, (version, envelope) in enumerate(zip(versions, envelopes, strict=True)):
        before = versions[at - 1] if at else None
        if version.number != at + 1:
            raise ProofError("the versions of the trust file do not follow one another")
        _follows(version, before)
        lacking = missing(version, before, envelope)
        if lacking:
            raise ProofError(lacking)
    return Trust(versions, envelopes)


def extended(trust: Trust | None, envelope: Envelope) -> Trust:
    """The trust file with one version more, fully checked."""
    envelopes = (*(trust.envelopes if trust else ()), envelope)
    return read_trust(Trust((), envelopes).raw)


def missing(version: Version, before: Version | None, envelope: Envelope) -> str | None:
    """What signatures are still missing: enough root keys, of enough people, of both versions. Raises ProofError on any
    signature that is bad or not of a root.
    """
    roots = {key.id: key for key in version.keys if key.refusal(ROOT, version.issued) is None}
    old = {key.id: key for key in before.keys if key.refusal(ROOT, version.issued) is None} if before else {}
    known = {**roots, **old}

    def public(id: str) -> bytes:
        if id not in known:
            raise ProofError("a version of the trust file is signed by a key that is no valid root")
        return known[id].public

    envelope.check(public)
    signed = {one.key for one in envelope.signatures}
    if before and not _enough(signed, old.values(), before.roots):
        return f"version {version.number} of the trust file lacks signatures by roots of the version before"
    if not _enough(signed, roots.values(), version.roots):
        return f"version {version.number} of the trust file lacks signatures by its own roots"
    return None


def _enough(signed: set[str], roots: Iterable[Key], needed: int) -> bool:
    people = {key.person for key in roots if key.id in signed}
    return len(people) >= needed


def read_version(envelope: Envelope) -> Version:
    """The version in the envelope, its content checked and its signatures not."""
    names = ("schema", "origin", "version", "issued", "expires", "roots", "approvers", "reviewers", "rules", "keys")
    one = Fields(parse(envelope.payload), "a version of the trust file", *names)
    if one.text("schema") != SCHEMA or not _ORIGIN.fullmatch(one.text("origin")):
        raise ProofError("a version of the trust file is of an unknown kind")
    made = Version(
        one.text("origin"),
        one.number("version"),
        one.instant("issued"),
        one.instant("expires"),
        one.number("roots"),
        one.number("approvers"),
        one.number("reviewers"),
        tuple(_key(key) for key in one.items("keys")),
        tuple(_threshold(rule) for rule in one.items("rules")),
    )
    _sound(made)
    return made


def payload(version: Version) -> object:
    """The version as it is signed."""
    return {
        "schema": SCHEMA,
        "origin": version.origin,
        "version": version.number,
        "issued": written(version.issued),
        "expires": written(version.expires),
        "roots": version.roots,
        "approvers": version.approvers,
        "reviewers": version.reviewers,
        "rules": [{"rule": one.rule, "approvers": one.approvers, "reviewers": one.reviewers} for one in version.rules],
        "keys": [
            {
                "id": key.id,
                "public": encode64(key.public),
                "person": key.person,
                "roles": list(key.roles),
                "since": written(key.since),
                "until": written(key.until),
                "revoked": None if key.revoked is None else written(key.revoked),
                "handles": list(key.handles),
            }
            for key in version.keys
        ],
    }


def _threshold(value: object) -> Threshold:
    one = Fields(value, "a threshold", "rule", "approvers", "reviewers")
    return Threshold(one.text("rule"), one.number("approvers"), one.number("reviewers"))


def _key(value: object) -> Key:
    one = Fields(value, "a key", "id", "public", "person", "roles", "since", "until", "revoked", "handles")
    made = Key(
        decode64(one.text("public"), 32),
        one.text("person"),
        one.texts("roles"),
        one.instant("since"),
        one.instant("until"),
        one.maybe("revoked"),
        one.texts("handles"),
    )
    checks: tuple[tuple[bool, str], ...] = (
        (made.id == one.text("id"), "its id is not the digest of its public key"),
        (_PERSON.fullmatch(made.person) is not None, "its person is not a short name in small letters"),
        (bool(made.roles) and set(made.roles) <= set(ROLES), "it has no role, or an unknown one"),
        (list(made.roles) == sorted(set(made.roles)), "its roles are not in order, or stand twice"),
        (made.since < made.until, "it ends before it begins"),
        (all(_HANDLE.fullmatch(handle) for handle in made.handles), "its handles are not of the form S-0123abcd"),
    )
    for good, problem in checks:
        if not good:
            raise ProofError(f"a key of the trust file: {problem}")
    return made


def _sound(version: Version) -> None:
    """Raises ProofError where a version could not be used as it stands."""
    ids = [key.id for key in version.keys]
    people: Callable[[str], int] = lambda role: len(version.people(role, version.issued))  # noqa: E731
    able = len(version.people(APPROVER, version.issued) | version.people(REVIEWER, version.issued))
    rules = [one.rule for one in version.rules]
    most = version.needed(rules)
    checks = (
        (rules == sorted(set(rules)), "names a rule twice, or its rules are not in order"),
        (all(one.approvers >= max(one.reviewers, 1) for one in version.rules), "asks for nobody under a rule"),
        (len(set(ids)) == len(ids), "names one key twice"),
        (version.issued < version.expires, "ends before it begins"),
        (version.roots >= 1, "asks for no root at all"),
        (people(ROOT) >= version.roots, "asks for more roots than there are people with such a key"),
        (version.reviewers <= version.approvers, "asks for more reviewers than approvers"),
        (able >= most.approvers, "asks for more approvers than there are people with such a key"),
        (people(REVIEWER) >= most.reviewers, "asks for more reviewers than there are people with such a key"),
    )
    for good, problem in checks:
        if not good:
            raise ProofError(f"version {version.number} of the trust file {problem}")


def _follows(version: Version, before: Version | None) -> None:
    """Raises ProofError where a version contradicts the one before it."""
    if before is None:
        return
    if version.origin != before.origin or version.issued < before.issued:
        raise ProofError(f"version {version.number} of the trust file is of another log, or older than the one before")
    for old in before.keys:
        new = next((key for key in version.keys if key.id == old.id), None)
        if new is None or (new.person, new.since) != (old.person, old.since):
            raise ProofError(f"version {version.number} of the trust file drops a key, or gives it to somebody else")
        if not set(old.roles) <= set(new.roles):
            raise ProofError(f"version {version.number} of the trust file takes a role away; a key is revoked instead")
        if old.revoked is not None and (new.revoked is None or new.revoked > old.revoked):
            raise ProofError(f"version {version.number} of the trust file takes a revocation back")
