"""Putting a new file in the place of an old one so that at every moment the name holds either the old or the new."""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from dsr.core.errors import StoreUnreachableError, TransientError, UnsupportedError
from dsr.stores.logs.codec import DamagedError, crc32, reader, writer
from dsr.stores.logs.names import DRAFT_PREFIX, LogFile

_PIECE = 1 << 18


class ChangedError(Exception):
    """The original changed while it was read; start again."""


class Draft:
    """The new content, beside the original, under a name of ours, locked as long as this process lives."""

    def __init__(self, file: LogFile, source: FileIO, was: os.stat_result) -> None:
        self._file, self._source, self._was = file, source, was
        if being_written(source.fileno()):
            raise _live(file)
        self._path = file.path.with_name(f"{DRAFT_PREFIX}{secrets.token_hex(8)}")
        self._taken, self._sum, self._crc32 = 0, 0, crc32()
        opened = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._target = os.fdopen(opened, "r+b", buffering=0)
        self._writer = writer(_Whole(self._target), file.packing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._target.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def write(self, data: bytes | memoryview) -> None:
        """Add plain bytes."""
        self._writer.write(data)
        self._taken += len(data)
        if self._file.packing.value != "plain":
            self._sum = self._crc32(data, self._sum)

    def copy(self, size: int) -> None:
        """Add the first `size` plain bytes of the original."""
        with self._file.path.open("rb", buffering=0) as again, memoryview(bytearray(_PIECE)) as view:
            fill = reader(again, self._file.packing)
            while size > 0:
                done = fill(view[:size])
                if not done:
                    raise ChangedError
                self.write(view[:done])
                size -= done

    def replace(self, expected: int) -> None:
        """Take the original's place; `expected` is how many plain bytes there must be by count of what was read.

        Raises ChangedError when the original is no longer what was read.
        """
        self._writer.finish()
        if self._taken != expected or not self._reads_back():
            raise TransientError(
                f"{self._file.name}: the new file is not what was to be written; the old one is untouched. "
                "Check the disk, then run the command again."
            )
        self._take_over_metadata()
        os.fsync(self._target.fileno())
        self._check_unchanged()
        self._path.replace(self._file.path)
        sync_folder(self._file.path.parent)
        self._take_growth()

    def _reads_back(self) -> bool:
        if self._file.packing.value == "plain":
            return os.fstat(self._target.fileno()).st_size == self._taken
        size, total = 0, 0
        self._target.seek(0)
        fill, view = reader(self._target, self._file.packing), memoryview(bytearray(_PIECE))
        with contextlib.suppress(DamagedError):
            while done := fill(view):
                size, total = size + done, self._crc32(view[:done], total)
        return (size, total) == (self._taken, self._sum)

    def _take_over_metadata(self) -> None:
        shutil.copystat(self._file.path, self._path)  # mode, times, attributes
        made = os.fstat(self._target.fileno())
        if (made.st_uid, made.st_gid) != (self._was.st_uid, self._was.st_gid):
            try:
                os.fchown(self._target.fileno(), self._was.st_uid, self._was.st_gid)
            except OSError as error:
                raise UnsupportedError(
                    f"{self._file.name}: its owner cannot be kept by this user. Run dsr as the files' owner or as root."
                ) from error
            self._target.flush()
            os.fchmod(self._target.fileno(), self._was.st_mode & 0o7777)  # changing the owner may clear bits

    def _check_unchanged(self) -> None:
        now = self._file.path.stat()
        if identity(now) != identity(self._was):
            raise ChangedError
        if being_written(self._source.fileno()):
            raise _live(self._file)

    def _take_growth(self) -> None:
        """Lines that reached the old file in the last moment follow it; the next run looks at them."""
        grown = os.fstat(self._source.fileno()).st_size - self._was.st_size
        if grown > 0 and self._file.packing.value == "plain":
            late = os.pread(self._source.fileno(), grown, self._was.st_size)
            with self._file.path.open("ab", buffering=0) as now:
                now.write(late)
                os.fsync(now.fileno())


class _Whole:
    """A raw file that writes everything it is given."""

    def __init__(self, target: FileIO) -> None:
        self._target = target

    def write(self, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._target.write(rest) :]

    def flush(self) -> None:
        self._target.flush()


def identity(stat: os.stat_result) -> tuple[int, int, int, int]:
    """What changes when a file does."""
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def being_written(descriptor: int) -> bool:
    """Whether some program has the file open for writing, where the system can say so (Linux: a read lease)."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # ignored by default; the usual SIGIO would kill us
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:  # no leases on this file system, or not our file: the checks of size and time remain
        return False
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _live(file: LogFile) -> TransientError:
    return TransientError(
        f"{file.name}: a program has it open for writing and would go on in the old file. "
        "Rotate the log or stop the program, then run the command again."
    )


def remove_left(draft: Path) -> None:
    """Remove a draft of a run that was killed; one whose run still lives is locked and stays."""
    opened = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.unlink()
    except BlockingIOError:
        return
    finally:
        os.close(opened)


def sync_folder(folder: Path) -> None:
    """Make a rename last."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def opened_for_reading(file: LogFile) -> FileIO:
    """The file, unbuffered; links are not followed."""
    try:
        return os.fdopen(os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb", buffering=0)
    except OSError as error:
        raise StoreUnreachableError(
            f"{file.name}: cannot be opened ({type(error).__name__}). Give this user the right to read it."
        ) from error
