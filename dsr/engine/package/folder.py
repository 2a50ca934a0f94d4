"""The folder while it is written: a private sibling named "….part", flushed to disk and renamed when it is whole."""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsr.core.errors import DsrError, OutputError, UsageError
from dsr.engine.package.parts import SealedFile, refuse_taken, sync
from dsr.engine.package.sealing import Sealing

if TYPE_CHECKING:
    from hashlib import _Hash

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_REFUSED = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP)
)
_MARK = "UNFINISHED.txt"
_MARK_TEXT = "This folder is being written, or its writing was interrupted. It is not a package; it may be deleted.\n"
_SCRATCH = ".page"
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Sum:
    """One finished file: its path inside the folder, size and SHA-256."""

    path: str
    size: int
    sha256: str


class Folder:
    """Files may be appended to until `seal`. Everything is readable by the owner alone.

    Holds one open descriptor (the lock that tells a running writer from the remains of a killed one) and no open
    files, so that hundreds of packages can be written in one pass.
    """

    def __init__(self, target: Path, token: str, sealing: Sealing | None = None) -> None:
        self._sealing = sealing
        self.target = Path(os.path.abspath(target))  # noqa: PTH100 - links stay as the caller named them
        self.part = self.target.with_name(f"{self.target.name}.part")
        self._token = token
        self.sealed: tuple[SealedFile, ...] = ()
        self._open: dict[str, tuple[_Hash, list[int]]] = {}
        self._folders: set[Path] = set()
        self._closed = False
        with self._writing():
            self._refuse()
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._lock = self._claim()

    def append(self, path: str, data: bytes) -> None:
        """Add bytes to the end of a file, which is made where it is not there yet."""
        found = self._open.get(path)
        if found is None:
            found = self._open[path] = (hashlib.sha256(), [0])
        with self._writing():
            self._put(path, data)
        found[0].update(data)
        found[1][0] += len(data)

    def copy(self, path: str, pieces: Iterator[bytes]) -> Sum:
        """Write a whole file piece by piece; nothing of it is left when the source breaks off."""
        digest, size = hashlib.sha256(), 0
        with self._writing():
            handle = self._create(path)
        try:
            for piece in pieces:  # errors of the source are the caller's, so only our own writes are explained
                with self._writing():
                    _write(handle, piece)
                digest.update(piece)
                size += len(piece)
            with self._writing():
                os.fsync(handle)
        except BaseException:
            (self.part / path).unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)
        return Sum(path, size, digest.hexdigest())

    def sums(self) -> Iterator[Sum]:
        """The appended files, by name."""
        for path, (digest, size) in sorted(self._open.items()):
            yield Sum(path, size[0], digest.hexdigest())

    def scratch(self, name: str, text: str) -> None:
        """Keep text for the page until it is put together; it is no part of the package."""
        with self._writing():
            self._put(f"{_SCRATCH}/{name}", text.encode())

    def scratched(self, name: str) -> Iterator[str]:
        """What was kept under the name, in bounded pieces."""
        path = self.part / _SCRATCH / name
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                while text := file.read(_BLOCK):
                    yield text

    def seal(self) -> None:
        """Flush everything to disk and give the folder its name, or seal it into its file and remove it."""
        with self._writing():
            shutil.rmtree(self.part / _SCRATCH, ignore_errors=True)
            if self._sealing is not None:
                self.sealed = self._sealing.seal(self.part, self.target, self._token, without=_MARK)
                self.discard()
                return
            for path in self._open:
                sync(self.part / path)
            (self.part / _MARK).unlink()
            for folder in sorted({*self._folders, self.part}, reverse=True):
                if folder.name != _SCRATCH:
                    sync(folder)
            self._refuse()
            self.part.rename(self.target)
            sync(self.target.parent)
        self._release()

    def discard(self) -> None:
        """Remove everything that was written."""
        if not self._closed:
            shutil.rmtree(self.part, ignore_errors=True)
            self._release()

    def _refuse(self) -> None:
        (refuse_occupied if self._sealing is None else refuse_taken)(self.target)

    def _claim(self) -> int:
        try:
            self.part.mkdir(mode=0o700)
        except FileExistsError:
            self._clear_remains()
            self.part.mkdir(mode=0o700)
        try:
            self._put(_MARK, _MARK_TEXT.encode())
            handle = os.open(self.part, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:  # too many open files, when very many packages are written at once
            (self.part / _MARK).unlink(missing_ok=True)
            self.part.rmdir()
            raise
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return handle

    def _clear_remains(self) -> None:
        """Remove what a killed run left; a folder that is not ours or is being written now is refused."""
        if self.part.is_symlink() or not (self.part / _MARK).is_file():
            raise UsageError(f"{self.part} is in the way and was not made by an export. Move it, or export elsewhere.")
        handle = os.open(self.part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(self.part)
        except BlockingIOError as error:
            raise UsageError(
                f"{self.part} is being written by another export. Wait for it, or export elsewhere."
            ) from error
        finally:
            os.close(handle)

    def _put(self, path: str, data: bytes) -> None:
        handle = self._create(path)
        try:
            _write(handle, data)
        finally:
            os.close(handle)

    def _create(self, path: str) -> int:
        if self._closed:
            raise UsageError(f"The package of {self._token} is closed already. Start a new export.")
        whole = self.part / path
        if whole.parent not in self._folders and whole.parent != self.part:
            for folder in (*reversed(whole.parent.relative_to(self.part).parents), whole.parent.relative_to(self.part)):
                (self.part / folder).mkdir(mode=0o700, exist_ok=True)
                self._folders.add(self.part / folder)
        return os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)

    def _release(self) -> None:
        self._closed = True
        os.close(self._lock)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if hasattr(self, "_lock"):
                self.discard()
            raise self._explained(error) from error
        except DsrError:
            if hasattr(self, "_lock"):
                self.discard()
            raise

    def _explained(self, error: OSError) -> DsrError:
        if error.errno in _FULL:
            return OutputError(
                f"No space left for the package of {self._token} under {self.target.parent}. What had been written of "
                "it was removed. Free space there, or name a folder on a larger disk, and export again."
            )
        if error.errno == errno.EMFILE:
            return UsageError(
                "Too many packages are written at once for the open files that the system allows. Export fewer people "
                "at a time, or raise the limit (ulimit -n)."
            )
        if error.errno in _REFUSED:
            return UsageError(
                f"{self.target} cannot be written ({os.strerror(error.errno)}). Name a folder that you may write to."
            )
        return OutputError(
            f"Writing the package of {self._token} under {self.target.parent} failed ({type(error).__name__}, "
            f"errno {error.errno}). What had been written of it was removed. Check the disk and export again."
        )


def refuse_occupied(target: Path) -> None:
    """Raise UsageError unless the path is free or an empty folder."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target} is not a folder. Name a new folder for the package.")
    if target.is_dir() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty. Name a new folder, so that no package is mixed with other files.")


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
