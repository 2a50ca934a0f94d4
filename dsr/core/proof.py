"""Proofs that outlive the tool: RFC 6962 trees, signed notes, DSSE envelopes, strict canonical JSON.

Nothing here reads a file, and nothing is needed but Python and `cryptography`: `trust.py` and `certificate.py` build on
it, and the three together are the whole offline verifier.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LIMIT = 8 * 1024 * 1024
"""No document that is verified here is larger."""

_ED25519 = b"\x01"
_HEX = re.compile(r"[0-9a-f]{64}")
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class ProofError(ValueError):
    """A document does not prove what it says; the message says why, and never quotes the document."""


# --- RFC 6962 -----------------------------------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


def included(leaf: bytes, index: int, size: int, path: Iterable[bytes], root: bytes) -> bool:
    """Whether the path proves that the leaf's hash stands at `index` in the tree of that size and root."""
    if not 0 <= index < size:
        return False
    made, node, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if node % 2 or node == last:
            made = node_hash(sibling, made)
            while not node % 2 and node:
                node, last = node // 2, last // 2
        else:
            made = node_hash(made, sibling)
        node, last = node // 2, last // 2
    return last == 0 and made == root


def consistent(old_size: int, new_size: int, path: Iterable[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the path proves that the older tree is the beginning of the newer one."""
    given = list(path)  # at most two for each of the 64 levels of a tree
    if not 0 <= old_size <= new_size:
        return False
    if old_size in (0, new_size):
        return not given and (old_root == new_root if old_size else old_root == EMPTY_ROOT)
    node, last = old_size - 1, new_size - 1
    while node % 2:
        node, last = node // 2, last // 2
    if node == 0:  # the old tree is complete, so its root is where the path begins
        given.insert(0, old_root)
    if not given:
        return False
    old = new = given[0]
    for sibling in given[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node % 2 and node:
                node, last = node // 2, last // 2
        else:
            new = node_hash(new, sibling)
        node, last = node // 2, last // 2
    return last == 0 and old == old_root and new == new_root


# --- signed notes and checkpoints (C2SP) --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The signed head of a log: how many entries it had, and the root over them."""

    origin: str
    size: int
    root: bytes = field(repr=False)
    note: str = ""

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{encode64(self.root)}\n"


def signed_checkpoint(origin: str, size: int, root: bytes, key: Ed25519PrivateKey) -> Checkpoint:
    """A checkpoint with its note."""
    head = Checkpoint(origin, size, root)
    public = key.public_key().public_bytes_raw()
    line = encode64(_note_id(origin, public) + key.sign(head.text.encode()))
    return Checkpoint(origin, size, root, f"{head.text}\n\u2014 {origin} {line}\n")


def read_checkpoint(note: str, origin: str, keys: Iterable[bytes]) -> Checkpoint:
    """The checkpoint of a note that one of the public keys signed. Lines of other signers (witnesses) are passed over.

    Raises ProofError when the note is malformed, of another log, or not signed by any of the keys.
    """
    text, gap, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) != 3 or not signatures.endswith("\n"):
        raise ProofError("the checkpoint is not a signed note of three lines")
    if lines[0] != origin:
        raise ProofError("the checkpoint is of another log")
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", lines[1]):
        raise ProofError("the checkpoint's size is not a number")
    head = Checkpoint(origin, int(lines[1]), decode64(lines[2], 32), note)
    known = {_note_id(origin, public): public for public in keys}
    good = 0
    for line in signatures[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, value = rest.partition(" ")
        if dash != "\u2014" or not name or not value:
            raise ProofError("a signature line of the checkpoint is malformed")
        raw = decode64(value)
        if name == origin and (public := known.get(raw[:4])) is not None:
            verify(public, raw[4:], head.text.encode(), "the checkpoint")
            good += 1
    if good != 1:
        raise ProofError("the checkpoint is not signed, once, by a key of the ledger")
    return head


def _note_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


# --- DSSE ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an envelope; `key` is the id of a key: SHA-256 over its public bytes."""

    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload of a kind."""

    kind: str
    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def raw(self) -> bytes:
        """The one form in which it is written."""
        signed = [{"keyid": one.key, "sig": encode64(one.value)} for one in self.signatures]
        return canonical({"payload": encode64(self.payload), "payloadType": self.kind, "signatures": signed}) + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 over the written form."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def signed(self) -> bytes:
        """What the signatures are over: DSSE's pre-authentication encoding."""
        kind = self.kind.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)

    def check(self, public: Callable[[str], bytes]) -> None:
        """Raises ProofError unless every signature is good; `public` gives a key's bytes or refuses the key."""
        for one in self.signatures:
            verify(public(one.key), one.value, self.signed, "the document")


def seal(kind: str, payload: object, *keys: Ed25519PrivateKey) -> Envelope:
    """The payload, signed by all the keys."""
    bare = Envelope(kind, canonical(payload), ())
    signatures = (Signature(key_id(key.public_key().public_bytes_raw()), key.sign(bare.signed)) for key in keys)
    return Envelope(kind, bare.payload, tuple(sorted(signatures, key=lambda one: one.key)))


def read_envelope(raw: bytes, kind: str) -> Envelope:
    """The envelope of these bytes. Only the form that `Envelope.raw` writes is taken: any other byte is refused."""
    whole = Fields(parse(raw, newline=True), "the envelope", "payload", "payloadType", "signatures")
    if whole.text("payloadType") != kind:
        raise ProofError(f"this is not a document of the kind {kind}")
    signatures = []
    for item in whole.items("signatures"):
        one = Fields(item, "a signature", "keyid", "sig")
        signatures.append(Signature(one.digest("keyid"), decode64(one.text("sig"), 64)))
    keys = [one.key for one in signatures]
    if not keys or keys != sorted(set(keys)):
        raise ProofError("the document is not signed, or is signed twice with one key")
    return Envelope(kind, decode64(whole.text("payload")), tuple(signatures))


def key_id(public: bytes) -> str:
    """The name of a public key, which is a digest of it: one key cannot stand under two names."""
    return hashlib.sha256(public).hexdigest()


def verify(public: bytes, signature: bytes, message: bytes, what: str) -> None:
    """Raises ProofError unless the signature is the key's over the message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise ProofError(f"a signature of {what} does not fit: it was changed, or another key signed it") from None


# --- strict canonical JSON ----------------------------------------------------------------------------------------


def canonical(value: object) -> bytes:
    """The one form of JSON that is signed: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def parse(raw: bytes, *, newline: bool = False) -> object:
    """The value of canonical JSON; anything that would be written differently is refused."""
    if len(raw) > LIMIT:
        raise ProofError("the document is too large")
    try:
        value: object = json.loads(raw)
        if canonical(value) + (b"\n" if newline else b"") == raw:
            return value
    except (ValueError, RecursionError):
        pass
    raise ProofError("the document is cut short, changed, or not one of ours")


class Fields:
    """One JSON object with exactly the named keys, read by type."""

    def __init__(self, value: object, what: str, *names: str) -> None:
        if not isinstance(value, dict) or set(value) != set(names):
            raise ProofError(f"{what} does not have exactly the fields {', '.join(names)}")
        self._value, self._what = value, what

    def text(self, name: str) -> str:
        """A text."""
        value = self._value[name]
        return value if isinstance(value, str) else self.refuse(name, "a text")

    def number(self, name: str) -> int:
        """A whole number that is not negative."""
        value = self._value[name]
        return value if type(value) is int and value >= 0 else self.refuse(name, "a number from 0")

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._value[name]
        return value if isinstance(value, bool) else self.refuse(name, "true or false")

    def digest(self, name: str) -> str:
        """A SHA-256 in hex."""
        value = self.text(name)
        return value if _HEX.fullmatch(value) else self.refuse(name, "a SHA-256")

    def instant(self, name: str) -> datetime:
        """An instant, to the second, in UTC."""
        try:
            found = datetime.strptime(self.text(name), _INSTANT).replace(tzinfo=UTC)
        except ValueError:
            found = None
        if found is None or written(found) != self.text(name):
            self.refuse(name, "an instant such as 2027-01-31T09:00:00Z")
        return found

    def maybe(self, name: str) -> datetime | None:
        """An instant, or null."""
        return None if self._value[name] is None else self.instant(name)

    def items(self, name: str) -> list[object]:
        """A list."""
        value = self._value[name]
        return value if isinstance(value, list) else self.refuse(name, "a list")

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self.items(name)
        return tuple(one if isinstance(one, str) else self.refuse(name, "a list of texts") for one in found)

    def raw(self, name: str) -> object:
        """Whatever stands there."""
        return self._value[name]

    def refuse(self, name: str, what: str) -> NoReturn:
        """Raises ProofError."""
        raise ProofError(f"{self._what}: {name} is not {what}")


def written(instant: datetime) -> str:
    """The instant as our documents write it; parts of a second are left out."""
    return instant.astimezone(UTC).strftime(_INSTANT)


def encode64(raw: bytes) -> str:
    """Base64."""
    return base64.b64encode(raw).decode()


def decode64(text: str, length: int | None = None) -> bytes:
    """The bytes of a base64 text that `encode64` could have written."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if encode64(raw) != text or (length is not None and len(raw) != length):
        raise ProofError("a base64 text is damaged or of the wrong length")
    return raw
