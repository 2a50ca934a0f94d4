"""What stands in the contents of objects and attachments: text of common formats, looked through for identifiers."""

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dsr.engine.detect.kinds import kinds
from dsr.engine.detect.secrets import general
from dsr.engine.detect.text import find

_MOST = 1 << 18  # bytes of an object that are looked at
_MOST_PLAIN = 1 << 21  # characters that an archive may unfold to
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_TAG = re.compile(r"<[^>]{1,400}>")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"\x00\x00\x00", b"ID3", b"OggS", b"fLaC", b"BM")


@dataclass(frozen=True, slots=True)
class Content:
    """What was found in the contents of one collection. `unread` says for each reason how many could not be read."""

    looked: int
    found: tuple[tuple[str, int], ...]
    unread: tuple[tuple[str, int], ...]


def look(contents: Iterable[Iterable[bytes]]) -> Content:
    """Look through contents; of each only the beginning."""
    counts: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    looked = 0
    for pieces in contents:
        data = _beginning(pieces)
        text, reason = _text(data)
        if reason:
            unread[reason] += 1
            continue
        looked += 1
        counts.update({one.kind for one in find(text) if kinds()[one.kind].sure})
        if general().find(text):
            counts["secret"] += 1
    return Content(looked, tuple(sorted(counts.items())), tuple(sorted(unread.items())))


def _beginning(pieces: Iterable[bytes]) -> bytes:
    made = b""
    for piece in pieces:
        made += piece
        if len(made) >= _MOST:
            break
    return made[:_MOST]


def _text(data: bytes) -> tuple[str, str]:
    """The text of a content, or why there is none."""
    if data.startswith(b"PK\x03\x04"):
        return _packed(data)
    if data.startswith(b"%PDF"):
        return "", "pdf"
    if data.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")):
        return "", "packed"
    if data.startswith(_PICTURES):
        return "", "media"
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ""
    if _BINARY.search(data[:4096]):
        return "", "binary"
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding), ""
        except UnicodeDecodeError as error:
            if encoding == "utf-8" and error.start > len(data) - 4:  # cut in the middle of a character
                return data[: error.start].decode(), ""
    return data.decode("latin-1"), ""


def _packed(data: bytes) -> tuple[str, str]:
    """Office documents are archives of XML."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return " ".join(_TAG.sub(" ", part) for part in _parts(archive)), ""
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError, ValueError):
        return "", "packed"


def _parts(archive: zipfile.ZipFile) -> Iterator[str]:
    left = _MOST_PLAIN
    for info in archive.infolist():
        if info.filename.endswith((".xml", ".rels", ".txt", ".csv", ".json", ".html")) and left > 0:
            with archive.open(info) as source:
                text = source.read(left).decode("utf-8", "replace")
            left -= len(text)
            yield text
