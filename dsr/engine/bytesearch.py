"""Looking for values in raw bytes, as files hold them: in each of the forms in which programs write text."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

SHORTEST = 6
"""Of fewer bytes nothing is looked for: "17" stands in every file."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a value, and how that looks. Letters may be large or small, except in base64."""

    name: str
    raw: bytes


def forms(value: str) -> Iterator[Form]:
    """All ways to write the value that are looked for."""
    plain = value.encode("utf-8", "surrogatepass")
    yield Form("utf-8", plain)
    yield Form("utf-16le", value.encode("utf-16-le", "surrogatepass"))
    yield Form("utf-16be", value.encode("utf-16-be", "surrogatepass"))
    yield Form("json", json.dumps(value)[1:-1].encode())
    yield Form("url", quote(plain, safe="").encode())
    yield Form("hex", plain.hex().encode())
    for before in range(3):
        text = base64.b64encode(bytes(before) + plain)
        yield Form("base64", text[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6])


class ByteSearch:
    """The forms of some values, ready to be looked for. `values` counts them, `short` those too short for it."""

    def __init__(self, values: Iterable[str]) -> None:
        wanted = dict.fromkeys(values)
        long = [value for value in wanted if len(value.encode("utf-8", "surrogatepass")) >= SHORTEST]
        self.values, self.short = len(long), len(wanted) - len(long)
        found: dict[bytes, str] = {}
        for form in (form for value in long for form in forms(value)):
            found.setdefault(form.raw.lower() if form.name != "base64" else form.raw, form.name)
        self._exact = {raw: name for raw, name in found.items() if name == "base64"}
        self._loose = {raw: name for raw, name in found.items() if name != "base64"}
        self._reach = max((len(raw) for raw in found), default=1) - 1

    def hits(self, pieces: Iterable[bytes]) -> Counter[str]:
        """How often each form stands in the bytes, also across the edges of pieces."""
        seen: Counter[str] = Counter()
        tail = b""
        for piece in pieces:
            block = tail + piece
            for names, flags in ((self._exact, 0), (self._loose, re.IGNORECASE)):
                pattern = _pattern(tuple(names), flags)
                for found in pattern.finditer(block) if names else ():
                    if found.end() > len(tail):  # else it was counted with the piece before
                        seen[names[found[0].lower() if flags else found[0]]] += 1
            tail = block[-self._reach :] if self._reach else b""
        return seen


def _pattern(raws: tuple[bytes, ...], flags: int) -> re.Pattern[bytes]:
    return re.compile(b"|".join(re.escape(raw) for raw in sorted(raws, key=len, reverse=True)), flags)
