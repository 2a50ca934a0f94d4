"""The published ledger: a folder of static files in the layout of C2SP tlog-tiles, which any such tool can read.

`checkpoint` · `tile/LEVEL/N` · `tile/entries/N`; a tile that is not full ends in `.p/WIDTH`.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from dsr.core.merkle import WIDTH, fold
from dsr.core.proof import ProofError, leaf_hash
from dsr.state import durable

CHECKPOINT = "checkpoint"
_ENTRIES = "entries"
_HASH = 32


class Folder:
    """One such folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def head(self) -> str | None:
        """The note of its checkpoint, if it has one."""
        raw = durable.read(self.path / CHECKPOINT, 1 << 16)
        return None if raw is None else raw.decode("utf-8", "replace")

    def set_head(self, note: str) -> None:
        """Replace the checkpoint: the last step of publishing."""
        durable.write(self.path / CHECKPOINT, note.encode())

    def tiles(self, size: int) -> "Reader":
        """What a tree of that size has here."""
        return Reader(self.path, size)

    def entries(self, size: int) -> Iterator[bytes]:
        """The first `size` entries. Raises ProofError where a bundle is missing or malformed."""
        for n in range(-(-size // WIDTH)):
            width = min(WIDTH, size - n * WIDTH)
            yield from unbundle(self.read(_ENTRIES, n, width), width)

    def read(self, level: int | str, n: int, width: int) -> bytes:
        """A tile or bundle of at least that width. Raises ProofError where it is not there."""
        for wide in (width, WIDTH):
            found = durable.read(self.path / place(level, n, wide))
            if found is not None:
                return found if isinstance(level, str) else found[: width * _HASH]
        raise ProofError(f"the ledger lacks {place(level, n, width)}")

    def extend(self, old: int, new: int, entries: Iterable[bytes]) -> None:
        """Write all files by which a tree of `new` entries differs from that of `old`, which is here.

        `entries` begin where the bundle of the last old entry begins. Same entries give the same bytes.
        """
        pending = [_hashes(self.read(level, n, width)) if width else [] for level, n, width in _edge(old)]
        bundle: list[bytes] = []
        count = old // WIDTH * WIDTH
        for entry in entries:
            bundle.append(entry)
            count += 1
            if len(bundle) == WIDTH:
                self._tile(pending, bundle, count // WIDTH - 1)
                bundle = []
        if bundle:
            self._write(_ENTRIES, count // WIDTH, bundled(bundle), len(bundle))
            self._write(0, count // WIDTH, b"".join(map(leaf_hash, bundle)), len(bundle))
        for level, hashes in enumerate(pending, 1):
            if hashes:
                self._write(level, (new >> 8 * level) // WIDTH, b"".join(hashes), len(hashes))

    def _tile(self, pending: list[list[bytes]], bundle: list[bytes], n: int) -> None:
        """A full bundle: its files, and its root upwards."""
        self._write(_ENTRIES, n, bundled(bundle), WIDTH)
        hashes = b"".join(map(leaf_hash, bundle))
        self._write(0, n, hashes, WIDTH)
        level = 1
        while True:
            if len(pending) < level:
                pending.append([])
            pending[level - 1].append(fold(hashes))
            if len(pending[level - 1]) < WIDTH:
                return
            hashes, n = b"".join(pending[level - 1]), n // WIDTH
            self._write(level, n, hashes, WIDTH)
            pending[level - 1] = []
            level += 1

    def _write(self, level: int | str, n: int, content: bytes, width: int) -> None:
        path = self.path / place(level, n, width)
        if durable.read(path) != content:
            durable.write(path, content)
        if width == WIDTH:
            shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)


class Reader:
    """The tiles of a tree of a size, as `merkle` reads them."""

    def __init__(self, path: Path, size: int) -> None:
        self._folder, self._size = Folder(path), size

    def __call__(self, level: int, n: int) -> bytes:
        """One tile, as wide as the tree has it."""
        width = min(WIDTH, (self._size >> 8 * level) - n * WIDTH)
        return self._folder.read(level, n, width) if width > 0 else b""


def place(level: int | str, n: int, width: int) -> str:
    """The path of a tile or bundle."""
    digits = f"{n:03d}"
    while len(digits) % 3:
        digits = f"0{digits}"
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return f"tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def bundled(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each with its length before it."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(raw: bytes, width: int) -> list[bytes]:
    """The first `width` entries of a bundle. Raises ProofError where it is malformed."""
    found: list[bytes] = []
    at = 0
    while len(found) < width:
        size = int.from_bytes(raw[at : at + 2], "big")
        entry = raw[at + 2 : at + 2 + size]
        if at + 2 > len(raw) or len(entry) != size:
            raise ProofError("a bundle of the ledger is cut short")
        found.append(entry)
        at += 2 + size
    return found


def _edge(size: int) -> Iterator[tuple[int, int, int]]:
    """The last tile of every level above the leaves, as far as it is not full."""
    level = 1
    while (count := size >> 8 * level) > 0:
        yield level, count // WIDTH, count % WIDTH
        level += 1


def _hashes(raw: bytes) -> list[bytes]:
    return [raw[at : at + _HASH] for at in range(0, len(raw), _HASH)]
