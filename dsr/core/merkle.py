"""Roots and proofs from hash tiles (C2SP tlog-tiles: 256 hashes wide, eight levels of the tree high)."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice

from dsr.core.proof import EMPTY_ROOT, ProofError, leaf_hash, node_hash

WIDTH = 256
_HEIGHT = 8
_HASH = 32
_TILE = WIDTH * _HASH

Tiles = Callable[[int, int], bytes]
"""The hashes of tile `n` at a level, one after the other: as many as there are."""


class Levels:
    """A whole tree's tiles in memory: 33 bytes a leaf."""

    def __init__(self) -> None:
        self._levels = [bytearray()]

    def extend(self, hashes: bytes) -> None:
        """Add leaves' hashes, one after the other; as many as fit into the tile that is not yet full."""
        level = 0
        while True:
            row = self._levels[level]
            row += hashes
            if len(row) % _TILE:
                return
            hashes = fold(bytes(row[-_TILE:]))
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())

    def tile(self, level: int, n: int) -> bytes:
        """One tile."""
        row = self._levels[level] if level < len(self._levels) else b""
        return bytes(row[n * _TILE : (n + 1) * _TILE])


def levels(entries: Iterable[bytes]) -> Levels:
    """The tiles of the tree over these entries."""
    made = Levels()
    for bundle in batched(entries):
        made.extend(b"".join(map(leaf_hash, bundle)))
    return made


def batched(entries: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The entries, bundle by bundle."""
    source = iter(entries)
    while bundle := list(islice(source, WIDTH)):
        yield bundle


def widths(size: int) -> Iterator[tuple[int, int, int]]:
    """Every tile of a tree of that size: its level, its number, and how many hashes it holds."""
    level, count = 0, size
    while count:
        for n in range(count // WIDTH):
            yield level, n, WIDTH
        if count % WIDTH:
            yield level, count // WIDTH, count % WIDTH
        level, count = level + 1, count // WIDTH


def root(tiles: Tiles, size: int) -> bytes:
    """The root of the first `size` leaves."""
    return _span(tiles, 0, size) if size else EMPTY_ROOT


def inclusion(tiles: Tiles, index: int, size: int) -> tuple[bytes, ...]:
    """The path from a leaf to the root of the first `size` leaves."""
    return tuple(_path(tiles, index, 0, size))


def consistency(tiles: Tiles, old: int, new: int) -> tuple[bytes, ...]:
    """The path that proves the tree of `old` leaves to be the beginning of that of `new` ones."""
    return tuple(_extension(tiles, old, 0, new, whole=True)) if 0 < old < new else ()


def fold(hashes: bytes) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > _HASH:
        pairs = range(0, len(hashes), 2 * _HASH)
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 2 * _HASH]).digest() for at in pairs])
    return hashes


def _path(tiles: Tiles, index: int, start: int, end: int) -> Iterator[bytes]:
    if end - start == 1:
        return
    middle = start + _split(end - start)
    if index < middle:
        yield from _path(tiles, index, start, middle)
        yield _span(tiles, middle, end)
    else:
        yield from _path(tiles, index, middle, end)
        yield _span(tiles, start, middle)


def _extension(tiles: Tiles, old: int, start: int, end: int, *, whole: bool) -> Iterator[bytes]:
    """RFC 6962 section 2.1.2; `whole` while the older tree is still what is proven itself."""
    if old == end:
        if not whole:
            yield _span(tiles, start, end)
        return
    middle = start + _split(end - start)
    if old <= middle:
        yield from _extension(tiles, old, start, middle, whole=whole)
        yield _span(tiles, middle, end)
    else:
        yield from _extension(tiles, old, middle, end, whole=False)
        yield _span(tiles, start, middle)


def _span(tiles: Tiles, start: int, end: int) -> bytes:
    """The root over the leaves from `start` to `end`, where `start` is where such a subtree begins."""
    size = end - start
    if size & (size - 1) == 0:
        return _complete(tiles, size.bit_length() - 1, start)
    middle = start + _split(size)
    return node_hash(_span(tiles, start, middle), _span(tiles, middle, end))


def _complete(tiles: Tiles, height: int, start: int) -> bytes:
    level, rest = divmod(height, _HEIGHT)
    n, offset = divmod(start >> (level * _HEIGHT), WIDTH)
    found = tiles(level, n)[offset * _HASH : (offset + (1 << rest)) * _HASH]
    if len(found) != _HASH << rest:
        raise ProofError(f"the ledger is cut short: tile {n} of level {level} lacks hashes")
    return fold(found)


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
