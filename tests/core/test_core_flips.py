"""Every single byte of a certificate, an approval, a plan and a trust file, changed: none is taken any more."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evidence_kit import NOW, Evidence, erased

from dsr import standalone
from dsr.core.approval import KIND, Action, Wanted, payload, read_approval
from dsr.core.certificate import read_certificate
from dsr.core.proof import ProofError, seal
from dsr.core.trust import APPROVER, CERTIFIER, LEDGER, ROOT, Key, Trust, Version, extended, read_trust
from dsr.core.trust import KIND as TRUST_KIND
from dsr.core.trust import payload as trust_payload
from dsr.state.documents import plan_from

MASKS = (0x01, 0x20, 0x80)
"""A neighbour, the other case of a letter, and what is no text."""


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return erased(tmp_path_factory.mktemp("shop"))


def flips(raw: bytes) -> Iterator[bytes]:
    for at in range(len(raw)):
        for mask in MASKS:
            yield raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :]


def taken(raw: bytes, read: Callable[[bytes], object], *refusals: type[Exception]) -> list[bytes]:
    """The changed forms that were not refused."""
    left = []
    for changed in (*flips(raw), *(raw[:cut] for cut in range(len(raw))), raw + b"\n", raw + raw):
        try:
            read(changed)
        except refusals:
            continue
        left.append(changed)
    return left


def test_a_certificate(evidence: Evidence) -> None:
    trust = evidence.trust
    assert read_certificate(evidence.certificate, trust, NOW).plan == evidence.plan.id
    assert taken(evidence.certificate, lambda raw: read_certificate(raw, trust, NOW), ProofError) == []


def test_a_certificate_read_by_the_other_verifier(evidence: Evidence) -> None:
    assert standalone.certificate(evidence.certificate, evidence.trust_file, NOW)["plan"] == evidence.plan.id
    raw = evidence.certificate
    some = (one for number, one in enumerate(flips(raw)) if number % 7 == 0)  # it checks the trust file each time
    left = []
    for changed in some:
        try:
            standalone.certificate(changed, evidence.trust_file, NOW)
        except standalone.Refused:
            continue
        left.append(changed)
    assert left == []


def test_a_plan(evidence: Evidence) -> None:
    """Text that is no UTF-8 cannot come out of a database, so only what can is tried."""
    raw = evidence.plan_text.encode()
    assert plan_from(evidence.plan_text) == evidence.plan
    assert taken(raw, lambda raw: plan_from(raw.decode()), ValueError, KeyError, TypeError) == []


def test_a_trust_file(evidence: Evidence) -> None:
    raw = evidence.trust_file
    assert taken(raw, read_trust, ProofError) == []


def test_an_approval() -> None:
    trust, key = team()
    wanted = Wanted(Action.APPLY, "a" * 64, "P-7", "b" * 64, "kim")
    raw = seal(KIND, payload(wanted, NOW, NOW + timedelta(days=1)), key).raw
    assert read_approval(raw, trust, wanted, NOW).person == "lee"
    assert taken(raw, lambda changed: read_approval(changed, trust, wanted, NOW), ProofError) == []


def team() -> tuple[Trust, Ed25519PrivateKey]:
    root, approver, machine = (Ed25519PrivateKey.generate() for _ in range(3))
    ends = NOW + timedelta(days=90)
    keys = tuple(
        Key(key.public_key().public_bytes_raw(), person, roles, NOW, ends)
        for key, person, roles in (
            (root, "rosa", (ROOT,)),
            (approver, "lee", (APPROVER,)),
            (machine, "host", (CERTIFIER, LEDGER)),
        )
    )
    version = Version("example/log", 1, NOW, ends, 1, 1, 0, keys)
    return extended(None, seal(TRUST_KIND, trust_payload(version), root)), approver
