"""Keys that were met before, in bounded memory: SCAN may give a key twice when the server's table shrinks meanwhile."""

import sqlite3
from hashlib import blake2b
from secrets import token_bytes

from dsr.core.errors import TransientError


class Seen:
    """Digests under a key of the moment: a set, and beyond `room` of them a temporary file that has no name."""

    def __init__(self, store: str, room: int = 200_000) -> None:
        self._store, self._room = store, room
        self._secret = token_bytes(32)
        self._held: set[bytes] = set()
        self._file: sqlite3.Connection | None = None

    def is_new(self, key: bytes) -> bool:
        """Whether the key was not met before; from now on it was."""
        digest = blake2b(key, digest_size=16, key=self._secret).digest()
        return digest not in self._held and self._keep(digest)

    def close(self) -> None:
        """Drop the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _keep(self, digest: bytes) -> bool:
        if self._file is None and len(self._held) < self._room:
            self._held.add(digest)
            return True
        try:
            if self._file is None:
                self._file = sqlite3.connect("", isolation_level=None)
                self._file.executescript(
                    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32768;"
                    "CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID;"
                )
            return self._file.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount == 1
        except sqlite3.Error as error:
            raise TransientError(
                f"Store {self._store!r}: the list of keys that were met does not fit into the folder for temporary "
                f"files ({type(error).__name__}). Make room there, or point TMPDIR elsewhere, and run it again."
            ) from error
