"""Signing keys in files: a machine's lies open for its owner alone, a person's is encrypted with a passphrase."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from dsr.core.errors import StateError, UsageError
from dsr.core.proof import Fields, ProofError, canonical, decode64, encode64, parse
from dsr.state import durable

SCHEMA, SEALED_SCHEMA, PUBLIC = "dsr/key/1", "dsr/sealed-key/1", "dsr-ed25519"
_MEMORY_KIB, _PASSES, _LANES = 64 * 1024, 3, 4
_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 1024 * 1024, 16, 16
_SALT, _NONCE, _SIZE = 16, 12, 32
_LARGEST = 4096
_OTHERS = 0o077
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Public:
    """A public key and whose it is, as one line that can be sent to whoever keeps the trust file."""

    public: bytes
    person: str

    @property
    def line(self) -> str:
        """The line."""
        return f"{PUBLIC} {encode64(self.public)} {self.person}\n"


def make(path: Path, person: str, passphrase: str | None = None) -> Public:
    """Make a key in a new file that only its owner may read (0400), encrypted where there is a passphrase."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    body: dict[str, object] = {"public": encode64(public), "person": person}
    if passphrase is None:
        body |= {"schema": SCHEMA, "secret": encode64(key.private_bytes_raw())}
    else:
        if len(passphrase) < _SHORTEST:
            raise UsageError(f"The passphrase is shorter than {_SHORTEST} characters. Take a longer one.")
        salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
        cipher = AESGCM(_derive(passphrase, salt, _MEMORY_KIB, _PASSES, _LANES))
        sealed = nonce + cipher.encrypt(nonce, key.private_bytes_raw(), public + person.encode())
        body |= {"schema": SEALED_SCHEMA, "salt": encode64(salt), "sealed": encode64(sealed)}
        body |= {"memory_kib": _MEMORY_KIB, "passes": _PASSES, "lanes": _LANES}
    if path.exists():
        raise UsageError(f"{path} is there already; nothing was written. Name another file.")
    durable.write(path, canonical(body) + b"\n", 0o400)
    return Public(public, person)


def load(path: Path, passphrase: str | None = None) -> Ed25519PrivateKey:
    """The private key of a file. Raises StateError where others may read it, or it is missing, damaged or locked."""
    raw = _guarded(path)
    try:
        if not is_sealed(raw):
            one = Fields(parse(raw, newline=True), "the key", "schema", "public", "person", "secret")
            key = Ed25519PrivateKey.from_private_bytes(decode64(one.text("secret"), _SIZE))
        else:
            names = ("schema", "public", "person", "salt", "sealed", "memory_kib", "passes", "lanes")
            one = Fields(parse(raw, newline=True), "the key", *names)
            key = _opened(path, one, passphrase)
        if encode64(key.public_key().public_bytes_raw()) != one.text("public"):
            raise ProofError("its public half is another key's")
    except ProofError as error:
        raise StateError(f"{path}: the key cannot be used: {error}. Restore the file from its backup.") from None
    return key


def needs_passphrase(path: Path) -> bool:
    """Whether the key is encrypted."""
    return is_sealed(_guarded(path))


def is_sealed(raw: bytes) -> bool:
    """Whether these are the bytes of an encrypted key."""
    return SEALED_SCHEMA.encode() in raw


def read_public(path: Path) -> Public:
    """The public key of a file with one line."""
    raw = durable.read(path, _LARGEST)
    if raw is None:
        raise UsageError(f"{path}: there is no such file.")
    words = raw.decode("utf-8", "replace").split()
    try:
        if len(words) == 3 and words[0] == PUBLIC:
            return Public(decode64(words[1], _SIZE), words[2])
    except ProofError:
        pass
    raise UsageError(f"{path}: this is not a public key. It has one line: {PUBLIC} KEY PERSON.")


def _guarded(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise StateError(
            f"{path}: the key file cannot be reached ({error.strerror}). Restore it, or act on the machine that has it."
        ) from None
    if mode & _OTHERS:
        raise StateError(f"{path}: the key file can be read by others. Run: chmod 400 {path}")
    return durable.read(path, _LARGEST) or b""


def _opened(path: Path, one: Fields, passphrase: str | None) -> Ed25519PrivateKey:
    if passphrase is None:
        raise UsageError(f"{path}: the key is encrypted. Give its passphrase, with --passphrase-from FILE if need be.")
    cost = one.number("memory_kib"), one.number("passes"), one.number("lanes")
    most = _MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES
    if not all(1 <= have <= limit for have, limit in zip(cost, most, strict=True)) or cost[0] < 8 * cost[2]:
        raise ProofError("its cost of decryption is out of bounds")
    sealed = decode64(one.text("sealed"))
    place = decode64(one.text("public"), _SIZE) + one.text("person").encode()
    cipher = AESGCM(_derive(passphrase, decode64(one.text("salt"), _SALT), *cost))
    try:
        return Ed25519PrivateKey.from_private_bytes(cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place))
    except (InvalidTag, ValueError):
        raise StateError(f"{path}: the passphrase is wrong, or the key file is damaged.") from None


def _derive(passphrase: str, salt: bytes, memory: int, passes: int, lanes: int) -> bytes:
    kdf = Argon2id(salt=salt, length=_SIZE, iterations=passes, lanes=lanes, memory_cost=memory)
    return kdf.derive(passphrase.encode())
