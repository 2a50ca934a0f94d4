"""A local folder of objects. Symbolic links are objects themselves; they are never followed, not even on the way."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from dsr.core.errors import StoreUnreachableError, UnsupportedError
from dsr.stores.objects.listing import Bound, Entry, Refusals

_EPOCH = datetime.fromtimestamp(0, UTC)
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE = 1 << 20
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""Nothing of that name; or a link or a file stands where a folder would be."""


class FolderPlace:
    """Every file below the root is an object; its key is its path. Names that are no UTF-8 keep their bytes."""

    versioned = False

    def __init__(self, store: str, root: str) -> None:
        self._store, self._root = store, root

    def prefixes(self) -> Iterator[str]:
        """The folders in the root, and "" for what lies in it directly."""
        self._check_root()
        found = list(self._entries(""))  # one level of one folder
        yield from sorted(f"{entry.name}/" for entry in found if entry.is_dir(follow_symlinks=False))
        if any(not entry.is_dir(follow_symlinks=False) for entry in found):
            yield ""

    def listing(self, bound: Bound) -> Iterator[Entry]:
        """The files inside the bound. Only the folders that can hold some are read."""
        self._check_root()
        if bound.exact:
            found = self._one(bound.text)
            if found is not None and not (bound.shallow and "/" in bound.text):
                yield found
            return
        folder, slash, _ = bound.text.rpartition("/")
        if not slash or self._is_folder(folder):
            yield from self._below(f"{folder}/" if slash else "", bound)

    def remove(self, entries: list[Entry], refusals: Refusals) -> None:
        """Unlink each; a file that is gone already is not a refusal."""
        for entry in entries:
            parts = _parts(entry.key)
            try:
                with self._parent(parts) as (parent, name):
                    os.unlink(name, dir_fd=parent)
            except FileNotFoundError:
                continue
            except OSError as error:
                refusals.add(type(error).__name__, entry.key)

    def left(self, bound: Bound, entries: list[Entry]) -> set[str]:
        """By looking at each."""
        return {entry.key for entry in entries if self._one(entry.key) is not None}

    def content(self, key: str, version: str | None) -> Iterator[bytes]:
        """The file's bytes; UnsupportedError for anything but a regular file."""
        try:
            with self._parent(_parts(key)) as (parent, name):
                opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        except OSError as error:
            raise UnsupportedError(
                f"Store {self._store!r}: an object cannot be opened ({type(error).__name__}; symbolic links are not "
                "followed). Give this user the right to read it, or replace the link by the file."
            ) from error
        with os.fdopen(opened, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnsupportedError(f"Store {self._store!r}: an object is not a regular file. Remove it by hand.")
            while piece := file.read(_PIECE):
                yield piece

    def files(self) -> Iterator[str]:
        """The path of every object."""
        for folder, _, names in os.walk(self._root):
            yield from (f"{folder}/{name}" for name in names)

    def close(self) -> None:
        """Nothing stays open."""

    def _below(self, folder: str, bound: Bound) -> Iterator[Entry]:
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            for entry in sorted(self._entries(folder), key=lambda entry: entry.name):
                key = folder + entry.name
                if entry.is_dir(follow_symlinks=False):
                    inside = f"{key}/".startswith(bound.text) or bound.text.startswith(f"{key}/")
                    if inside and not bound.shallow:
                        waiting.append(f"{key}/")
                elif key.startswith(bound.text):
                    try:
                        yield _entry(key, entry.stat(follow_symlinks=False))
                    except FileNotFoundError:  # gone since the folder was read
                        continue

    def _entries(self, folder: str) -> Iterator["os.DirEntry[str]"]:
        try:
            with os.scandir(f"{self._root}/{folder}") as found:
                yield from found
        except FileNotFoundError:
            return  # gone since it was listed
        except OSError as error:
            raise self._unreachable(error) from error

    def _check_root(self) -> None:
        try:
            os.close(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        except OSError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: OSError) -> StoreUnreachableError:
        return StoreUnreachableError(
            f"Store {self._store!r}: the folder {self._root} cannot be read ({type(error).__name__}). "
            "Check `url` in the policy, the mount and the rights of this user."
        )

    def _one(self, key: str) -> Entry | None:
        try:
            with self._parent(_parts(key)) as (parent, name):
                found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise self._unreachable(error) from error
        return None if stat.S_ISDIR(found.st_mode) else _entry(key, found)

    def _is_folder(self, folder: str) -> bool:
        try:
            with self._parent((*_parts(folder), ".")):
                return True
        except OSError as error:
            if error.errno in _ABSENT:
                return False
            raise self._unreachable(error) from error

    @contextmanager
    def _parent(self, parts: tuple[str, ...]) -> Iterator[tuple[int, str]]:
        """The opened folder that holds the last part, reached without following a link below the root."""
        if not parts:
            raise FileNotFoundError(errno.ENOENT, "no such object")
        opened = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts[:-1]:
                below = os.open(part, _DIRECTORY, dir_fd=opened)
                os.close(opened)
                opened = below
            yield opened, parts[-1]
        finally:
            os.close(opened)


def _parts(key: str) -> tuple[str, ...]:
    """The names on the way to the file; none for a key that no file below the root can have."""
    parts = tuple(key.split("/"))
    return () if any(part in ("", ".", "..") or "\0" in part for part in parts) else parts


def _entry(key: str, found: os.stat_result) -> Entry:
    return Entry(key, found.st_size, _EPOCH + timedelta(microseconds=found.st_mtime_ns // 1000))
