"""What a file's name says: which stream (collection) it belongs to and how it is written.

The collection is the first part of the path that is a name: folders and file names that are only dates, numbers or
partitions (`dt=2026-11-01`) are passed over, and a file's name ends at its first date or number.
`requests.jsonl`, `requests.jsonl.1`, `requests-2026-11-01.jsonl.gz`, `requests/2026/11/01.jsonl` and
`2026/11/requests.jsonl` all belong to `requests`. A file of another kind is a collection of its own, by its whole path.
"""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

DRAFT_PREFIX = ".dsr-rewrite-"
"""How the names of our own unfinished files begin."""

_PART = re.compile(r"[-._ ]+")
_NUMBER = re.compile(r"\d[\dTWZ:+]*|[^=]+=.*")
_ROTATION = re.compile(r"(?:[-._]?\d[-\dTZ:_]*|[._](?:old|bak|prev))$")


class Form(Enum):
    """How records are written."""

    JSON = "json"
    CSV = "csv"
    OTHER = "other"


class Packing(Enum):
    """How the file is compressed."""

    PLAIN = "plain"
    GZIP = "gzip"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file. `name` is its path inside the folder, with slashes."""

    path: Path
    name: str
    collection: str
    form: Form
    packing: Packing


_FORMS = {"jsonl": Form.JSON, "ndjson": Form.JSON, "log": Form.JSON, "csv": Form.CSV}
_PACKINGS = {"gz": Packing.GZIP, "zst": Packing.ZSTD}


def described(path: Path, parts: tuple[str, ...]) -> LogFile:
    """What the path (its parts below the store's folder) says about the file."""
    name = "/".join(parts)
    rest, packing = _without_rotation(parts[-1]), Packing.PLAIN
    stem, dot, ending = rest.rpartition(".")
    if dot and ending.lower() in _PACKINGS:
        rest, packing = _without_rotation(stem), _PACKINGS[ending.lower()]
        stem, dot, ending = rest.rpartition(".")
    form = _FORMS.get(ending.lower(), Form.OTHER) if dot and stem else Form.OTHER
    if form is Form.OTHER or path.is_symlink() or not path.is_file():
        return LogFile(path, name, name, Form.OTHER, packing)
    named = (_named(part) for part in (*parts[:-1], stem))
    return LogFile(path, name, next((part for part in named if part), name), form, packing)


def _without_rotation(name: str) -> str:
    """`requests.jsonl.1` and `requests.jsonl-20261101` are rotated `requests.jsonl`."""
    cut = name
    while (found := _ROTATION.search(cut)) and "." in cut[: found.start()]:
        cut = cut[: found.start()]
    return cut if cut.rpartition(".")[2].lower() in _FORMS | _PACKINGS else name


def _named(part: str) -> str:
    """The part up to its first date or number, or "" when nothing is left."""
    end = len(part)
    start = 0
    for piece in _PART.split(part):
        if _NUMBER.fullmatch(piece):
            end = start
            break
        start = part.find(piece, start) + len(piece)
    return part[:end].rstrip("-._ ")
