"""The form of a text in which values are looked for: full-width and other look-alike characters read as ASCII.

Every character becomes exactly one character, so a place in the folded text is the same place in the original; what
NFKC would make longer (ligatures, fractions) stays as it is. Dashes and odd spaces of all kinds become `-` and a space.
"""

import re
import sys
import unicodedata
from functools import lru_cache

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_WITH_ASCII_FORMS = ((0xFE00, 0x10000), (0x1D400, 0x1D800), (0x1FBF0, 0x1FBFA), (0x2070, 0x20A0), (0x2460, 0x2500))
_FOLDED = re.compile("[\u00a0\u2002-\u24ff\u3000\ufe00-\uffff\U0001d400-\U0001d7ff\U0001fbf0-\U0001fbf9]+")
"""Where anything that is folded stands; Han is not among it."""


def fold(text: str) -> str:
    """The text with every look-alike of an ASCII character replaced by it; positions stay."""
    if text.isascii():
        return text
    if "\n" in text:  # most lines of a long text are plain, and plain lines are cheap to tell
        return "\n".join(line if line.isascii() else fold(line) for line in text.split("\n"))
    return _FOLDED.sub(lambda run: run[0].translate(_table()), text)


def lower(text: str) -> str:
    """The text in lower case; positions stay."""
    made = text.lower()
    return made if len(made) == len(text) else text.translate(_LOWER)


_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    made = {ord(c): "-" for c in _DASHES} | {ord(c): " " for c in _SPACES}
    for first, last in _WITH_ASCII_FORMS:
        for code in range(first, min(last, sys.maxunicode)):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain.isascii():
                made[code] = plain
    return made
