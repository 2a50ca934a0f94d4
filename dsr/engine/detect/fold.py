"""The form of a text in which values are looked for: full-width and other look-alike characters read as ASCII.

Every character becomes exactly one character, so a place in the folded text is the same place in the original; what
NFKC would make longer (ligatures, fractions) stays as it is. Dashes and odd spaces of all kinds become `-` and a space.
"""

import sys
import unicodedata
from functools import lru_cache

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_WITH_ASCII_FORMS = ((0xFE00, 0x10000), (0x1D400, 0x1D800), (0x1FBF0, 0x1FBFA), (0x2070, 0x20A0), (0x2460, 0x2500))


def fold(text: str) -> str:
    """The text with every look-alike of an ASCII character replaced by it; positions stay."""
    return text if text.isascii() else text.translate(_table())


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    made = {ord(c): "-" for c in _DASHES} | {ord(c): " " for c in _SPACES}
    for first, last in _WITH_ASCII_FORMS:
        for code in range(first, min(last, sys.maxunicode)):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain.isascii():
                made[code] = plain
    return made
