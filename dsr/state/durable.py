"""Files that are there whole or not at all, also after a loss of power."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

from dsr.core.errors import StateError


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put the content in place of what the file was: a new file, made durable, renamed; then its folder."""
    coming = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        coming.unlink(missing_ok=True)
        with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        coming.rename(path)
        sync(path.parent)
    except OSError as error:
        raise StateError(
            f"{path}: cannot be written ({error.strerror}); what was there before is intact. Make room, and give this "
            "user the right to the folder; then run it again."
        ) from None


def read(path: Path, limit: int | None = None) -> bytes | None:
    """The content, or None where there is no such file; `limit` is one byte more than what is useful."""
    try:
        with path.open("rb") as file:
            return file.read() if limit is None else file.read(limit)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StateError(f"{path}: cannot be read ({error.strerror}). Give this user the right to read it.") from None


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process of this machine is in the block for that file; the system frees it when a process dies."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateError(f"{path}: cannot be opened ({error.strerror}). Give this user the right to it.") from None
    try:
        flock(handle, LOCK_EX)
        yield
    finally:
        os.close(handle)
