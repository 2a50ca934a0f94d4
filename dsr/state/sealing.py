"""The key of the state database: values at rest are sealed with it, people become tokens under it."""

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dsr.core.errors import StateError

KEY_BYTES = 32
_NONCE_BYTES = 12
_OTHERS = 0o077


class Seal:
    """Seals values and derives tokens. Each use has a key of its own, derived from the one in the file."""

    __slots__ = ("_aead", "_check", "_tags")

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(_derive(key, b"dsr/1/seal"))
        self._tags = _derive(key, b"dsr/1/token")
        self._check = hmac.digest(_derive(key, b"dsr/1/check"), b"dsr", hashlib.sha256).hex()

    def close(self, plain: bytes, place: str) -> str:
        """The sealed text. It opens only under the same `place`, so a value moved to another row does not."""
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._aead.encrypt(nonce, plain, place.encode())).decode()

    def open(self, sealed: object, place: str) -> bytes:
        """The plain bytes. Raises StateError when the text is damaged or was sealed under another key or place."""
        try:
            if not isinstance(sealed, str):
                raise InvalidTag
            raw = base64.b64decode(sealed, validate=True)
            return self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise StateError(
                f"state database: the sealed value of {place} cannot be opened: it is damaged, or was sealed with "
                "another key. Restore the database and its key file from the same backup."
            ) from None

    def tag(self, content: bytes) -> bytes:
        """A keyed fingerprint (HMAC-SHA256): equal content gives equal tags, and without the key it says nothing."""
        return hmac.digest(self._tags, content, hashlib.sha256)

    @property
    def check(self) -> str:
        """A value by which the right key is recognised; it reveals nothing of the key."""
        return self._check


def read_key(path: Path) -> bytes:
    """The key in the file. Raises StateError when it is missing, readable by others, or not a key."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(KEY_BYTES + 1)
    except FileNotFoundError:
        raise StateError(
            f"{path}: the key of the state database is missing; what is sealed in it cannot be read without. "
            "Restore the key file from its backup, or copy it from the machine that made the database."
        ) from None
    except OSError as error:
        raise StateError(f"{path}: cannot read the key file ({error.strerror}). Give its owner the right.") from None
    if mode & _OTHERS:
        raise StateError(f"{path}: the key file can be read by others. Run: chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise StateError(f"{path}: this is not a key of {KEY_BYTES} bytes. Restore the key file from its backup.")
    return key


def write_key(path: Path) -> bytes:
    """Make a new key in a new file (0600), durably. The file must not exist."""
    key = os.urandom(KEY_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StateError(
            f"{path}: cannot write the key file ({error.strerror}). Nothing was set up. "
            "Make room and give the folder's owner the right, then try again."
        ) from None
    return key


def _derive(key: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=use).derive(key)
