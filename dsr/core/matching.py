"""How identifiers are compared, the same in every store whatever its collation."""

import hashlib
from collections.abc import Iterable
from enum import Enum

_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
PHONE_NOISE = " -().\u00a0"


class Match(Enum):
    """A rule under which two values are the same.

    EXACT compares canonical text. EMAIL ignores ASCII case and surrounding spaces (RFC 5321 lets hosts tell local
    parts apart by case; none that people use does). PHONE ignores spaces, dashes, dots and brackets.
    """

    EXACT = "exact"
    EMAIL = "email"
    PHONE = "phone"

    def fold(self, text: str) -> str:
        """The form in which equal values are equal as text."""
        match self:
            case Match.EMAIL:
                return text.strip(" ").translate(_LOWER)
            case Match.PHONE:
                return "".join(c for c in text if c not in PHONE_NOISE)
            case _:
                return text


class Derive(Enum):
    """A reviewed transformation that makes one identifier's values from another's."""

    LOWER = "lower"  # ASCII letters
    LOCAL_PART = "local_part"  # of an e-mail address: what stands before the last @
    DIGITS = "digits"  # of a telephone number: nothing else
    SHA256 = "sha256"  # of the UTF-8 text, in lower-case hexadecimal

    @property
    def keeps_apart(self) -> bool:
        """Whether different values stay different."""
        return self is Derive.SHA256

    def made(self, text: str) -> str:
        """The derived value; "" where there is none, which names nobody."""
        match self:
            case Derive.LOWER:
                return text.translate(_LOWER)
            case Derive.LOCAL_PART:
                return text.rpartition("@")[0]
            case Derive.DIGITS:
                return "".join(c for c in text if c in "0123456789")
            case Derive.SHA256:
                return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""


def derived(text: str, steps: Iterable[Derive]) -> str:
    """A value after all transformations, in order."""
    for step in steps:
        text = step.made(text)
    return text
