"""Sealed bytes on their way to disk: files of bounded size that get their names when all of them are whole."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from dsr.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One file to send: its path, size in bytes and SHA-256."""

    path: str
    size: int
    sha256: str


class _File:
    """A file that is being written under a name of its own, readable by the owner alone."""

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, 0
        self.part = path.with_name(f"{path.name}.unfinished")
        self._digest = hashlib.sha256()
        handle = os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        self._file: BinaryIO = os.fdopen(handle, "wb")

    def put(self, data: memoryview) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def settle(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def named(self, path: Path) -> SealedFile:
        self.part.rename(path)
        return SealedFile(str(path), self.size, self._digest.hexdigest())

    def discard(self) -> None:
        self._file.close()
        self.part.unlink(missing_ok=True)


class Parts:
    """Writes `target`, or `target`.001, .002 … of at most `limit` bytes each. Left without `finish`, nothing stays."""

    def __init__(self, target: Path, limit: int) -> None:
        refuse_taken(target)
        self._target, self._limit = target, limit
        self._parts: list[_File] = []
        self._beside: list[_File] = []
        self.error: Exception | None = None

    def write(self, data: bytes) -> int:
        """Write on; an error is kept as well as raised, for the sealing library shows it as one of its own."""
        rest = memoryview(data)
        try:
            while rest:
                if not self._parts or self._parts[-1].size >= self._limit:
                    self._parts.append(_File(_numbered(self._target, len(self._parts) + 1)))
                piece = rest[: self._limit - self._parts[-1].size]
                self._parts[-1].put(piece)
                rest = rest[len(piece) :]
        except Exception as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing to do: `finish` flushes everything to disk."""

    def beside(self, ending: str, data: bytes) -> None:
        """Write a small file that belongs to these, called `target` with the ending."""
        self._beside.append(_File(self._target.with_name(f"{self._target.name}.{ending}")))
        self._beside[-1].put(memoryview(data))

    def finish(self) -> tuple[SealedFile, ...]:
        """Flush everything to disk and give the files their names."""
        for one in (*self._parts, *self._beside):
            one.settle()
        single = len(self._parts) == 1
        made = [one.named(self._target if single else one.path) for one in self._parts]
        made += [one.named(one.path) for one in self._beside]
        sync(self._target.parent)
        return tuple(made)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one in (*self._parts, *self._beside):
            one.discard()


def refuse_taken(target: Path) -> None:
    """Raise UsageError where the sealed file, or the first part of it, is there already."""
    if target.is_symlink() or target.exists() or _numbered(target, 1).exists():
        raise UsageError(f"{target} exists. Name a new file for the package, so that nothing is overwritten.")


def _numbered(target: Path, number: int) -> Path:
    return target.with_name(f"{target.name}.{number:03d}")


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
