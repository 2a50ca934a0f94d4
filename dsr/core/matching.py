"""How identifiers are compared, the same in every store whatever its collation."""

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
