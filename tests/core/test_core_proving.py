"""How much proof fits what is asked."""

import itertools

import pytest

from dsr.core.proving import Proof, Shown, enough
from dsr.core.regimes import Right

A, C, P, D, O = Proof  # noqa: E741


def shown(*proofs: Proof, points: int = 0) -> Shown:
    return Shown(frozenset(proofs), points)


@pytest.mark.parametrize(
    ("right", "what", "good"),
    [
        (Right.ACCESS, shown(A), True),
        (Right.ACCESS, shown(C), True),
        (Right.ACCESS, shown(P, points=3), False),
        (Right.ACCESS, shown(P, D, points=2), False),
        (Right.ACCESS, shown(P, D, points=3), True),
        (Right.ACCESS, shown(D), False),
        (Right.ERASURE, shown(P, points=2), True),
        (Right.ERASURE, shown(P, points=1), False),
        (Right.ERASURE, shown(D), False),
        (Right.OBJECTION, shown(P, points=1), True),
        (Right.OBJECTION, shown(), False),
    ],
)
def test_proof_in_proportion(right: Right, what: Shown, good: bool):
    assert enough((right,), what, suspected=False) is good


def test_suspicion_takes_two_and_more_never_becomes_less():
    every = [
        shown(*some, points=n) for k in range(5) for some in itertools.combinations((A, C, P, D), k) for n in (0, 3)
    ]
    for right, what in itertools.product(Right, every):
        if enough((right,), what, suspected=True):
            assert enough((right,), what, suspected=False)
        for more in (A, C, D):
            assert not enough((right,), what, suspected=False) or enough((right,), what.plus(more), suspected=False)
    assert not enough((Right.ACCESS,), shown(A), suspected=True)
    assert enough((Right.ACCESS,), shown(A, C), suspected=True)
    assert enough((Right.ACCESS,), shown(O), suspected=True)


def test_the_strictest_right_of_a_message_decides():
    assert not enough((Right.OBJECTION, Right.ACCESS), shown(P, points=2), suspected=False)


def test_the_stored_form_comes_back():
    for what in (shown(), shown(A, C), shown(P, D, points=3), shown(O)):
        assert Shown.parse(str(what)) == what
