"""Who asks: what was shown for it, and whether that is enough for what is asked.

The measure is what a wrong answer would do: a copy in the wrong hands cannot be taken back, an erasure destroys, the
other rights change little.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from dsr.core.regimes import Right

ALL_POINTS, SOME_POINTS = 3, 2
"""Data points as 11 CCR § 7062 counts them: three with a signed declaration for specific pieces, two below that."""


class Proof(Enum):
    """One way to show who asks."""

    ACCOUNT = "account"  # signed in again, in the account
    CODE = "code"  # a one-time code, sent to an address on file
    POINTS = "points"  # data that the person knows and we hold
    DECLARATION = "declaration"  # signed, that one is the person
    OVERRIDE = "override"  # somebody of ours answers for it


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown so far."""

    proofs: frozenset[Proof] = frozenset()
    points: int = 0

    @classmethod
    def parse(cls, text: str) -> "Shown":
        """From the stored form, such as "points=3 declaration"."""
        named = dict(one.partition("=")[::2] for one in text.split())
        return cls(frozenset(Proof(name) for name in named), int(named.get(Proof.POINTS.value) or 0))

    def __str__(self) -> str:
        return " ".join(
            f"{one.value}={self.points}" if one is Proof.POINTS else one.value for one in Proof if one in self.proofs
        )

    def plus(self, proof: Proof, points: int = 0) -> "Shown":
        """With one more; data points do not add up, the largest set counts."""
        return Shown(self.proofs | {proof}, max(self.points, points))


def enough(rights: Iterable[Right], shown: Shown, *, suspected: bool) -> bool:
    """Whether this is enough. Where fraud is suspected it takes two independent ways: one may be the stolen one."""
    if Proof.OVERRIDE in shown.proofs:
        return True
    wanted = set(rights)
    strong = sum(proof in shown.proofs for proof in (Proof.ACCOUNT, Proof.CODE))
    declared = Proof.DECLARATION in shown.proofs
    if wanted & {Right.ACCESS, Right.PORTABILITY}:
        known = shown.points >= ALL_POINTS and declared
    elif wanted & {Right.ERASURE, Right.RECTIFICATION}:
        known = shown.points >= SOME_POINTS
    else:
        known = shown.points >= 1 or declared
    return strong + known >= (2 if suspected else 1)
