"""Tiny valid pictures, made with the standard library."""

import os
import struct
import zlib
from pathlib import Path

from dsr.jobs.sample.activity import Media

_SIDE = 16


def write(folder: Path, media: tuple[Media, ...]) -> dict[int, int]:
    """Write the objects, dated as they were made; returns the size of each."""
    sizes: dict[int, int] = {}
    for item in media:
        path = folder / item.key
        path.parent.mkdir(parents=True, exist_ok=True)
        data = png(item.owner.id * 31 + item.id)
        path.write_bytes(data)
        stamp = int(item.made.timestamp())
        os.utime(path, (stamp, stamp))
        sizes[item.id] = len(data)
    return sizes


def png(hue: int) -> bytes:
    """A square with a gradient whose colours follow from the number."""
    red, green = hue * 37 % 256, hue * 101 % 256
    rows = b"".join(
        b"\x00" + bytes(value for x in range(_SIDE) for value in (red, (green + 8 * y) % 256, (hue + 8 * x) % 256))
        for y in range(_SIDE)
    )
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
