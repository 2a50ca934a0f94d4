"""Long texts in pieces in which secrets can be looked for one after the other."""

import re
from collections.abc import Iterator

PLAIN = ("utf-8", "surrogateescape")
"""The coding in which any bytes at all are a text, and become the same bytes again."""
_BLOCK = 1 << 20
_LONGEST = 20_000  # characters of a private key, which is looked for over lines
_SEPARATOR = re.compile(r"[\n ,;\t]")


def blocks(texts: Iterator[str]) -> Iterator[str]:
    """The text in pieces that end with a line, and never inside a private key."""
    rest = ""
    for text in texts:
        rest += text
        while len(rest) >= _BLOCK:
            cut = _cut(rest)
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest


def _cut(text: str) -> int:
    cut = text.rfind("\n") + 1
    if not cut:
        cut = max((match.end() for match in _SEPARATOR.finditer(text, _BLOCK // 2)), default=len(text))
    begun = text.rfind("-----BEGIN", max(0, cut - _LONGEST), cut)
    inside = begun > 0 and "-----END" not in text[begun:cut]
    return begun if inside else cut
