"""File names of our own: safe on every system, whatever collections and objects are called."""

import hashlib
import re
from pathlib import PurePosixPath

_OTHER = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10)))
)  # Windows opens a device for these, whatever follows the first dot
_OPENABLE = frozenset(
    {".bmp", ".csv", ".doc", ".docx", ".gif", ".gz", ".heic", ".jpeg", ".jpg", ".json", ".m4a", ".md", ".mov", ".mp3"}
    | {".mp4", ".ogg", ".pdf", ".png", ".txt", ".wav", ".webm", ".webp", ".xlsx", ".zip"}
)  # nothing that a double click or a browser would run


class Names:
    """Gives each original name one safe name; two names never share one, even where case is ignored."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, original: str) -> str:
        """The safe name: the original where it is harmless, else a cleaned form with a short digest."""
        known = self._given.get(original)
        if known is not None:
            return known
        name = _clean(original)
        if name != original or name.lower() in self._taken or name.lower().split(".")[0] in _DEVICES:
            name = f"{name.replace('.', '_')}-{_digest(original)}"
        self._taken.add(name.lower())
        self._given[original] = name
        return name


def numbered(number: int, original: str) -> str:
    """The name of a copied object: a number, and the original's ending where a person can open such a file."""
    ending = PurePosixPath(original.rsplit("/", 1)[-1]).suffix.lower()
    return f"{number:06d}{ending if ending in _OPENABLE else '.bin'}"


def _clean(original: str) -> str:
    return _OTHER.sub("_", original).strip("._-")[:_LONGEST].rstrip("._-") or "unnamed"


def _digest(original: str) -> str:
    return hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:10]
