"""A package in one sealed file: a ZIP archive encrypted with age (https://age-encryption.org/v1), in parts if large.

Whoever holds the recipient's key opens it; or whoever knows the passphrase, which travels apart from the file. age
takes a passphrase for what fits into memory only, so a larger archive is sealed for a key made for it alone, and that
key lies beside the archive in a small file sealed with the passphrase.
"""

import io
import secrets
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsr.core.errors import UsageError
from dsr.engine.package.parts import Parts, SealedFile

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

SEALED = ".zip.age"
"""What the name of a sealed package ends with."""
_BLOCK = 1 << 20
_AT_ONCE = 32 << 20  # bytes of a folder that are sealed with a passphrase in memory
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is misread or misheard: no 0 O 1 I
_GROUPS, _GROUP = 5, 5  # 125 bits
_STORED = frozenset((".gz", ".heic", ".jpeg", ".jpg", ".m4a", ".mov", ".mp3", ".mp4", ".png", ".webm", ".webp", ".zip"))


@dataclass(frozen=True, slots=True)
class Sealing:
    """For whom packages are sealed: for the recipients' keys, or else for the passphrase of each person's token."""

    recipients: tuple[str, ...]
    passphrase: Callable[[str], str]
    part_bytes: int

    def check(self) -> None:
        """Raise UsageError when a recipient is not a key, before anything is read."""
        for number, text in enumerate(self.recipients, 1):
            _recipient(text, number)

    def seal(self, folder: Path, target: Path, token: str, *, without: str) -> tuple[SealedFile, ...]:
        """Write the folder's files but one as `target`, or as parts of it. When that breaks off, nothing is left."""
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / without)
        with Parts(target, self.part_bytes) as made:
            self._write(folder, files, token, made)
            return made.finish()

    def _write(self, folder: Path, files: list[Path], token: str, made: Parts) -> None:
        from pyrage import encrypt_io, passphrase, x25519

        archive = _Archive(folder, files, token)
        keys = [_recipient(text, number) for number, text in enumerate(self.recipients, 1)]
        if not keys and sum(path.stat().st_size for path in files) <= _AT_ONCE:
            made.write(passphrase.encrypt(archive.read(), self.passphrase(token)))
            return
        if not keys:
            own = x25519.Identity.generate()
            made.beside("key.age", passphrase.encrypt(f"{own}\n".encode(), self.passphrase(token)))
            keys = [own.to_public()]
        try:
            encrypt_io(archive, made, keys)
        except Exception:
            for failed in (archive.error, made.error):
                if failed is not None:
                    raise failed from None
            raise


def generated() -> str:
    """A passphrase of 125 bits that can be read out on the telephone."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def _recipient(text: str, number: int) -> object:
    from pyrage import RecipientError, ssh, x25519

    for kind in (x25519.Recipient, ssh.Recipient):
        try:
            made: object = kind.from_str(text.strip())
        except RecipientError:
            continue
        return made
    raise UsageError(
        f"--recipient: key {number} is not an age key (age1…) or an SSH key (ssh-ed25519 …, ssh-rsa …). Ask the person "
        "for the public key again."
    )


class _Archive(io.RawIOBase):
    """The ZIP archive of the files as a stream, compressed where that helps; memory holds one block of it."""

    def __init__(self, folder: Path, files: list[Path], top: str) -> None:
        self._pieces = _zipped(folder, files, top)
        self._rest = b""
        self.error: Exception | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer as far as the next piece goes; errors are kept, for the sealing library hides them."""
        view = memoryview(buffer)
        try:
            while not self._rest:
                self._rest = next(self._pieces)
        except StopIteration:
            return 0
        except Exception as error:
            self.error = error
            raise
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


class _Gathered(io.RawIOBase):
    """What the archive's writer wrote and nobody has taken yet; it cannot be rewound, so that the archive streams."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: "ReadableBuffer") -> int:
        """Keep it."""
        piece = bytes(data)
        self._pieces.append(piece)
        self.size += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """All of it, once."""
        whole, self._pieces, self.size = b"".join(self._pieces), [], 0
        return whole


def _zipped(folder: Path, files: list[Path], top: str) -> Iterator[bytes]:
    gathered = _Gathered()
    with zipfile.ZipFile(gathered, "w", allowZip64=True) as archive:
        for path in files:
            entry = zipfile.ZipInfo(f"{top}/{path.relative_to(folder).as_posix()}")
            entry.compress_type = zipfile.ZIP_STORED if path.suffix in _STORED else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as written:
                while block := source.read(_BLOCK):
                    written.write(block)
                    if gathered.size >= _BLOCK:
                        yield gathered.taken()
    yield gathered.taken()
