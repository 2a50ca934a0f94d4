"""Attacks on trust files, approvals and certificates: each is refused, and by both verifiers where there are two."""

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsr import standalone
from dsr.core import approval as approvals
from dsr.core import certificate as certificates
from dsr.core import merkle
from dsr.core.approval import Action, Wanted, lacking, read_approval
from dsr.core.certificate import read_certificate, steps_digest
from dsr.core.proof import (
    Envelope,
    ProofError,
    Signature,
    canonical,
    encode64,
    key_id,
    leaf_hash,
    parse,
    seal,
    signed_checkpoint,
    written,
)
from dsr.core.trust import (
    APPROVER,
    CERTIFIER,
    KIND,
    LEDGER,
    REVIEWER,
    ROOT,
    Key,
    Threshold,
    Version,
    extended,
    payload,
    read_trust,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MADE, ENDS = NOW - 30 * DAY, NOW + 90 * DAY
ORIGIN, POLICY, PLAN = "example.com/log", "a" * 64, "b" * 64
WANTED = Wanted(Action.APPLY, POLICY, "P-7", PLAN, "kim", ("S-00000007",))
NAMES = ("rosa", "rosa-2", "rory", "lee", "lee-2", "mia", "host", "book", "left", "late", "ann", "eve")
SECRET = {name: Ed25519PrivateKey.generate() for name in NAMES}
PUBLIC = {name: key.public_key().public_bytes_raw() for name, key in SECRET.items()}


def key(name: str, *roles: str, **more) -> Key:
    return replace(Key(PUBLIC[name], name.partition("-")[0], tuple(sorted(roles)), MADE, ENDS), **more)


KEYS = (
    key("rosa", ROOT),
    key("rosa-2", ROOT),
    key("rory", ROOT),
    key("lee", APPROVER),
    key("lee-2", APPROVER),
    key("mia", APPROVER, REVIEWER),
    key("host", CERTIFIER),
    key("book", LEDGER),
    key("left", APPROVER, REVIEWER, revoked=NOW - 2 * DAY),
    key("late", APPROVER, CERTIFIER, until=NOW - 2 * DAY),
    key("ann", APPROVER, handles=("S-00000007",)),
)
FIRST = Version(ORIGIN, 1, MADE + DAY, ENDS, 2, 2, 1, KEYS, (Threshold("invoice", 3, 1),))
NEXT = replace(FIRST, number=2, issued=NOW - DAY)


def version(made: Version, *names: str) -> Envelope:
    return seal(KIND, payload(made), *(SECRET[name] for name in names))


TRUST = extended(None, version(FIRST, "rosa", "rory"))


def file_of(*envelopes: Envelope) -> bytes:
    documents = [parse(one.raw, newline=True) for one in envelopes]
    return canonical({"schema": "dsr/trust-file/1", "versions": documents}) + b"\n"


# --- approvals ----------------------------------------------------------------------------------------------------


def approval(name: str, wanted: Wanted = WANTED, *, at: datetime = NOW - DAY, until: datetime = NOW + DAY) -> Envelope:
    return seal(approvals.KIND, approvals.payload(wanted, at, until), SECRET[name])


def forged(envelope: Envelope, change: Callable[[dict], None], *signers: str) -> Envelope:
    """Another payload in the envelope: under the old signatures, or signed anew."""
    body = json.loads(envelope.payload)
    change(body)
    if signers:
        return seal(envelope.kind, body, *(SECRET[name] for name in signers))
    return replace(envelope, payload=canonical(body))


def put(*path: str | int, to: object) -> Callable[[dict], None]:
    def change(body: dict) -> None:
        at = body
        for one in path[:-1]:
            at = at[one]
        at[path[-1]] = to

    return change


GOOD = approval("lee")
APPROVALS: dict[str, bytes] = {
    "by a stranger": approval("eve").raw,
    "by a key of another role": approval("host").raw,
    "by a root, which approves nothing": approval("rosa").raw,
    "by a revoked key": approval("left").raw,
    "by a revoked key, dated back": approval("left", at=NOW - 3 * DAY).raw,
    "by an expired key": approval("late").raw,
    "by an expired key, dated back": approval("late", at=NOW - 3 * DAY).raw,
    "by whom the plan is about": approval("ann").raw,
    "expired": approval("lee", until=NOW).raw,
    "from the future": approval("lee", at=NOW + timedelta(minutes=3)).raw,
    "before its key was": approval("lee", at=MADE - DAY).raw,
    "of another plan": approval("lee", replace(WANTED, plan="P-8")).raw,
    "of the plan's number with another content": approval("lee", replace(WANTED, digest="c" * 64)).raw,
    "under another policy": approval("lee", replace(WANTED, policy="c" * 64)).raw,
    "of another planner": approval("lee", replace(WANTED, planner="lea")).raw,
    "of the policy instead of the plan": approval("lee", Wanted(Action.PURGE, POLICY)).raw,
    "signed by two": forged(GOOD, lambda body: None, "lee", "mia").raw,
    "not signed": canonical({"payload": encode64(GOOD.payload), "payloadType": GOOD.kind, "signatures": []}) + b"\n",
    "with the signature of another document": replace(GOOD, signatures=approval("lee", until=ENDS).signatures).raw,
    "signed twice with one key": replace(GOOD, signatures=GOOD.signatures * 2).raw,
    "with a signature under another's name": replace(
        GOOD, signatures=(Signature(key_id(PUBLIC["mia"]), GOOD.signatures[0].value),)
    ).raw,
    "lengthened after it was signed": forged(GOOD, put("expires", to=written(ENDS))).raw,
    "with one field more": forged(GOOD, put("more", to=1), "lee").raw,
    "with one field less": forged(GOOD, lambda body: body.pop("planner"), "lee").raw,
    "of another schema": forged(GOOD, put("schema", to="dsr/approval/2"), "lee").raw,
    "with a number for a text": forged(GOOD, put("plan", to=7), "lee").raw,
    "with a look-alike in its plan": forged(GOOD, put("plan", to="Ρ-7"), "lee").raw,
    "with a time in another form": forged(GOOD, put("expires", to="2026-11-25T12:00:00+00:00"), "lee").raw,
    "with a time of no calendar": forged(GOOD, put("expires", to="2027-02-30T12:00:00Z"), "lee").raw,
    "with a time in other digits": forged(GOOD, put("expires", to="２０２６-11-25T12:00:00Z"), "lee").raw,
    "sealed as a trust file": seal(KIND, json.loads(GOOD.payload), SECRET["lee"]).raw,
    "relabelled from a trust file": replace(version(FIRST, "rosa"), kind=approvals.KIND).raw,
    "cut short": GOOD.raw[:-2],
    "with a byte order mark": b"\xef\xbb\xbf" + GOOD.raw,
    "with spaces": json.dumps(json.loads(GOOD.raw)).encode() + b"\n",
    "with its keys in another order": json.dumps(dict(reversed(json.loads(GOOD.raw).items()))).encode() + b"\n",
    "with a key twice": GOOD.raw.replace(b'{"payload":', b'{"payload":"","payload":', 1),
    "with an escaped letter": GOOD.raw.replace(b'"payloadType"', b'"p\\u0061yloadType"'),
    "with other base64": GOOD.raw.replace(encode64(GOOD.payload).encode(), base64.urlsafe_b64encode(b"\xff" * 30)),
    "with padding that decodes to the same": GOOD.raw.replace(b'=="', b'="', 1),
    "nested without end": b"[" * 100_000,
    "with a huge number": canonical(
        {"payload": encode64(b"1" + b"0" * 5_000), "payloadType": GOOD.kind, "signatures": []}
    ),
    "larger than anything of ours": b" " * (8 * 1024 * 1024 + 1),
    "empty": b"",
    "null": b"null\n",
}


def test_the_good_ones_are_good() -> None:
    assert [read_approval(approval(name).raw, TRUST, WANTED, NOW).person for name in ("lee", "mia")] == ["lee", "mia"]


@pytest.mark.parametrize("attack", APPROVALS)
def test_an_approval_is_refused(attack: str) -> None:
    with pytest.raises(ProofError):
        read_approval(APPROVALS[attack], TRUST, WANTED, NOW)


def test_whoever_made_the_plan_cannot_approve_it() -> None:
    wanted = replace(WANTED, planner="lee")
    for name in ("lee", "lee-2"):
        with pytest.raises(ProofError):
            read_approval(approval(name, wanted).raw, TRUST, wanted, NOW)


@pytest.mark.parametrize(
    ("names", "rules", "missing"),
    [
        ((), (), 2),
        (("lee",), (), 1),
        (("lee", "lee"), (), 1),  # once more is not twice
        (("lee", "lee-2"), (), 1),  # two keys are not two people
        (("lee", "lee-2", "mia"), ("invoice",), 1),
        (("lee", "mia"), (), 0),
        (("lee", "mia"), ("another",), 0),
    ],
)
def test_people_count_and_not_keys(names: tuple[str, ...], rules: tuple[str, ...], missing: int) -> None:
    found = [read_approval(approval(name).raw, TRUST, WANTED, NOW) for name in names]
    assert lacking(FIRST, found, rules) == missing


# --- trust files --------------------------------------------------------------------------------------------------


def swapped(made: Version, name: str, **changes) -> Version:
    return replace(made, keys=tuple(replace(k, **changes) if k.public == PUBLIC[name] else k for k in made.keys))


ONE = version(FIRST, "rosa", "rory")
EVE = key("eve", ROOT)
TRUST_FILES: dict[str, Callable[[], bytes]] = {
    "signed by one root of two": lambda: file_of(version(FIRST, "rosa")),
    "signed by one root and an approver": lambda: file_of(version(FIRST, "rosa", "lee")),
    "signed by a stranger": lambda: file_of(version(FIRST, "rosa", "rory", "eve")),
    "signed by two keys of one root": lambda: file_of(version(FIRST, "rosa", "rosa-2")),
    "rules out of order": lambda: file_of(
        version(replace(FIRST, rules=(Threshold("notes", 3, 1), Threshold("invoice", 2, 1))), "rosa", "rory")
    ),
    "a rule twice": lambda: file_of(
        version(replace(FIRST, rules=(Threshold("invoice", 3, 1), Threshold("invoice", 1, 1))), "rosa", "rory")
    ),
    "a next version signed by its own new roots alone": lambda: file_of(
        ONE, version(replace(NEXT, roots=1, keys=(*KEYS, EVE)), "eve")
    ),
    "a next version signed by one old root": lambda: file_of(ONE, version(replace(NEXT, roots=1), "rosa")),
    "a version left out": lambda: file_of(version(NEXT, "rosa", "rory")),
    "a version twice": lambda: file_of(ONE, ONE),
    "versions in the wrong order": lambda: file_of(version(NEXT, "rosa", "rory"), ONE),
    "a jump in the numbers": lambda: file_of(ONE, version(replace(NEXT, number=3), "rosa", "rory")),
    "of another log": lambda: file_of(ONE, version(replace(NEXT, origin="example.com/other"), "rosa", "rory")),
    "older than the one before": lambda: file_of(ONE, version(replace(NEXT, issued=MADE), "rosa", "rory")),
    "a key dropped": lambda: file_of(
        ONE, version(replace(NEXT, keys=tuple(k for k in KEYS if k.person != "host")), "rosa", "rory")
    ),
    "a key given to somebody else": lambda: file_of(ONE, version(swapped(NEXT, "lee", person="eve"), "rosa", "rory")),
    "a key made older": lambda: file_of(ONE, version(swapped(NEXT, "lee", since=MADE - DAY), "rosa", "rory")),
    "a role taken away": lambda: file_of(ONE, version(swapped(NEXT, "late", roles=(APPROVER,)), "rosa", "rory")),
    "a revocation taken back": lambda: file_of(ONE, version(swapped(NEXT, "left", revoked=None), "rosa", "rory")),
    "a revocation put off": lambda: file_of(ONE, version(swapped(NEXT, "left", revoked=NOW), "rosa", "rory")),
    "one key under two names": lambda: file_of(
        version(replace(FIRST, keys=(*KEYS, key("lee", APPROVER, person="lou"))), "rosa", "rory")
    ),
    "two roots that are one person": lambda: file_of(version(swapped(FIRST, "rory", person="rosa"), "rosa", "rory")),
    "more approvers than people": lambda: file_of(version(replace(FIRST, approvers=9), "rosa", "rory")),
    "more approvers under a rule than people": lambda: file_of(
        version(replace(FIRST, rules=(Threshold("invoice", 9, 1),)), "rosa", "rory")
    ),
    "a rule that asks for nobody": lambda: file_of(
        version(replace(FIRST, rules=(Threshold("invoice", 0, 0),)), "rosa", "rory")
    ),
    "more reviewers than approvers": lambda: file_of(version(replace(FIRST, approvers=0), "rosa", "rory")),
    "no roots at all": lambda: file_of(version(replace(FIRST, roots=0), "rosa", "rory")),
    "an unknown role": lambda: file_of(version(swapped(FIRST, "lee", roles=("admin",)), "rosa", "rory")),
    "a person with a look-alike letter": lambda: file_of(version(swapped(FIRST, "lee", person="lеe"), "rosa", "rory")),
    "a person in capitals": lambda: file_of(version(swapped(FIRST, "lee", person="Lee"), "rosa", "rory")),
    "a key id that is not its digest": lambda: file_of(forged(ONE, put("keys", 3, "id", to="0" * 64), "rosa", "rory")),
    "a negative threshold": lambda: file_of(forged(ONE, put("approvers", to=-1), "rosa", "rory")),
    "true for a number": lambda: file_of(forged(ONE, put("roots", to=True), "rosa", "rory")),
    "a number with a point": lambda: file_of(forged(ONE, put("roots", to=2.0), "rosa", "rory")),
    "sealed as a certificate": lambda: file_of(replace(ONE, kind=certificates.KIND)),
    "no versions": lambda: file_of(),
    "another kind of file": lambda: file_of(ONE).replace(b"trust-file/1", b"trust-file/2"),
}


@pytest.mark.parametrize("attack", TRUST_FILES)
def test_a_trust_file_is_refused(attack: str) -> None:
    raw = TRUST_FILES[attack]()
    with pytest.raises(ProofError):
        read_trust(raw)
    with pytest.raises(standalone.Refused):
        standalone.trust(raw, NOW)


def test_a_good_chain_is_taken_and_an_expired_one_is_not() -> None:
    raw = file_of(ONE, version(NEXT, "rosa", "rory"))
    assert read_trust(raw).unexpired(NOW).now.number == len(standalone.trust(raw, NOW)) == 2
    for moment in (ENDS, NOW - 2 * DAY):
        with pytest.raises(ProofError):
            read_trust(raw).unexpired(moment)
        with pytest.raises(standalone.Refused):
            standalone.trust(raw, moment)


# --- certificates -------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """A certificate to be: its steps and predicate, who signs, and what the ledger's entry and the envelope say."""

    body: dict
    people: str = "c" * 64
    by: tuple[str, ...] = ("host",)
    book: str = "book"
    subject: list | None = None
    after: Callable[[dict], None] | None = None
    entry: Callable[[dict], None] | None = None
    third: dict | None = None
    kind: str = certificates.KIND

    def raw(self) -> bytes:
        steps = tuple((s["number"], s["outcome"], s["records"], s["effected"]) for s in self.body["steps"])
        counts: dict[str, int] = {}
        for _, word, records, _ in steps:
            counts[word] = counts.get(word, 0) + records
        said = {"v": 1, "what": "run_ended", "plan": "P-7", "digest": PLAN, "policy": POLICY, "run": 3}
        said |= {"at": self.body["finished_at"], "steps": steps_digest(steps), "outcome": "removed"}
        said |= {"subject": self.people, "people": 1, "counts": {word: n for word, n in counts.items() if n}}
        if self.entry is not None:
            self.entry(said)
        leaves = [b"[]", canonical(said), canonical(RECLAIMED if self.third is None else self.third)]
        tiles = merkle.levels(leaves).tile
        head = signed_checkpoint(ORIGIN, 3, merkle.root(tiles, 3), SECRET[self.book])
        path = [encode64(one) for one in merkle.inclusion(tiles, 1, 3)]
        for one in self.body["stores"]:
            if one["proof"] == "third":
                way = [encode64(one) for one in merkle.inclusion(tiles, 2, 3)]
                one["proof"] = {"index": 2, "entry": encode64(leaves[2]), "path": way}
        self.body["ledger"] = {"index": 1, "entry": encode64(leaves[1]), "path": path, "checkpoint": head.note}
        subject = self.subject or [
            {"name": "P-7", "digest": {"sha256": PLAN}},
            {"name": "people", "digest": {"sha256": self.people}},
        ]
        statement = {"_type": certificates.STATEMENT, "predicateType": certificates.PREDICATE, "subject": subject}
        statement |= {"predicate": self.body}
        if self.after is not None:
            self.after(statement)
        return seal(self.kind, statement, *(SECRET[name] for name in self.by)).raw


RECLAIMED = {"v": 1, "what": "act", "act": "reclaimed", "at": written(NOW), "store": "app", "actor": "0" * 16}
SEARCHED = RECLAIMED | {"act": "searched", "plan": "P-7", "counts": {"values": 2}}


def store(**more: object) -> dict:
    made: dict[str, object] = {"store": "app", "level": "L1", "level_at": written(NOW), "shown": "", "shown_at": None}
    return made | {"values": 0, "remains": "", "copies_by": None, "proof": None} | more


def scrubbed(**more: object) -> dict:
    return store(**{"level": "L2", "shown": "scrub", "shown_at": written(NOW), "proof": "third"} | more)


def searched(**more: object) -> dict:
    return scrubbed(**{"shown": "bytes", "values": 2} | more)


def step(number: int, outcome: str, records: int, **more: object) -> dict:
    kept, open_ = outcome in ("retained", "held"), outcome in ("failed", "pending", "unsupported", "unknown")
    made: dict[str, object] = dict.fromkeys(("remains", "why", "cite_en", "cite_zh", "hold"), "")
    made |= {"number": number, "store": "app", "collection": "notes", "entry": "app.notes", "rule": "notes"}
    made |= {"disposition": "retain" if kept else "delete", "outcome": outcome, "planned": records, "records": records}
    made |= {"effected": 0 if kept else records, "verified": 0 if open_ else records, "until": None}
    made |= {"level": "" if kept else "L0" if open_ else "L1", "level_at": written(NOW) if not kept | open_ else None}
    return made | more


def body(*steps: dict, **more: object) -> dict:
    made = list(steps or (step(1, "removed", 4), step(2, "retained", 2)))
    agreed = [parse(approval(name).raw, newline=True) for name in ("lee", "mia")]
    partial = any(one["outcome"] in ("failed", "pending", "unsupported", "unknown") for one in made)
    open_ = any(one["level"] == "L0" for one in made)
    stores = [store(level="L0", level_at=None) if open_ else store()] if any(one["level"] for one in made) else []
    return copy.deepcopy(
        {
            **{"schema": "dsr/certificate/2", "plan": "P-7", "scope": "subject", "mode": "team", "trust": 1},
            **{"policy": POLICY, "planner": "kim", "people": 1, "outcome": "partial" if partial else "complete"},
            **{"all_gone": not partial and not any(s["records"] for s in made if s["outcome"] == "retained")},
            **dict.fromkeys(("planned_at", "began_at", "finished_at", "issued_at"), written(NOW)),
            **{"copies_by": None, "tool": "dsr", "steps": made, "gaps": [], "approvals": agreed},
            "stores": stores,
        }
        | more
    )


def named(*names: str) -> list[object]:
    return [parse(approval(name).raw, newline=True) for name in names]


def elsewhere(statement: dict) -> None:
    """Proves the first leaf of the tree, which is nothing of a run's."""
    proof = statement["predicate"]["ledger"]
    path = [leaf_hash(base64.b64decode(proof["entry"])), leaf_hash(canonical(RECLAIMED))]
    proof |= {"index": 0, "entry": encode64(b"[]"), "path": [encode64(one) for one in path]}


CERTIFICATES: dict[str, Callable[[], Case]] = {
    "by a stranger": lambda: Case(body(), by=("eve",)),
    "by an approver": lambda: Case(body(), by=("lee",)),
    "by the ledger's key": lambda: Case(body(), by=("book",)),
    "by an expired certifier": lambda: Case(body(), by=("late",)),
    "by a certifier and a stranger": lambda: Case(body(), by=("host", "eve")),
    "with a head that another key signed": lambda: Case(body(), book="host"),
    "with an unknown step": lambda: Case(body(step(1, "unknown", 4))),
    "with an outcome of its own": lambda: Case(body(step(1, "shredded", 4))),
    "partial that says complete": lambda: Case(body(step(1, "failed", 4), outcome="complete")),
    "with gaps that says complete": lambda: Case(body(gaps=[{"kind": "unmapped", "where": "app.leads"}])),
    "that says all is gone while something is kept": lambda: Case(body(all_gone=True)),
    "that hides that all is gone": lambda: Case(body(step(1, "removed", 4), all_gone=False)),
    "with a level for what failed": lambda: Case(body(step(1, "failed", 4, level="L1", level_at=written(NOW)))),
    "with a level for what is kept": lambda: Case(body(step(1, "retained", 4, level="L1", level_at=written(NOW)))),
    "with a level without a date": lambda: Case(body(step(1, "removed", 4, level_at=None))),
    "with a level reached after the end": lambda: Case(body(step(1, "removed", 4, level_at=written(NOW + DAY)))),
    "with an invented level": lambda: Case(body(step(1, "removed", 4, level="L9"))),
    "with fewer verified than removed": lambda: Case(body(step(1, "removed", 4, verified=3))),
    "with verified ones that failed": lambda: Case(body(step(1, "failed", 4, verified=4))),
    "with effects on what is kept": lambda: Case(body(step(1, "retained", 4, effected=1))),
    "with other counts than the ledger": lambda: Case(body(), after=put("predicate", "steps", 0, "effected", to=5)),
    "with counts moved between steps": lambda: Case(body(), entry=put("counts", to={"removed": 6})),
    "with another plan than the ledger": lambda: Case(body(), entry=put("plan", to="P-8")),
    "with another person than the ledger": lambda: Case(body(), entry=put("subject", to="d" * 64)),
    "with another end than the ledger": lambda: Case(body(), entry=put("at", to=written(NOW - DAY))),
    "with an entry of another kind": lambda: Case(body(), entry=put("what", to="run_began")),
    "at another place of the ledger": lambda: Case(body(), after=put("predicate", "ledger", "index", to=0)),
    "with an entry that is no object": lambda: Case(body(), after=elsewhere),
    "beyond the end of the ledger": lambda: Case(body(), after=put("predicate", "ledger", "index", to=3)),
    "at a negative place": lambda: Case(body(), after=put("predicate", "ledger", "index", to=-1)),
    "with a shorter path": lambda: Case(body(), after=lambda s: s["predicate"]["ledger"]["path"].pop()),
    "with a longer path": lambda: Case(
        body(), after=lambda s: s["predicate"]["ledger"]["path"].append(encode64(b"\0" * 32))
    ),
    "with no checkpoint": lambda: Case(body(), after=put("predicate", "ledger", "checkpoint", to="")),
    "with one approval less": lambda: Case(body(approvals=named("lee"))),
    "with one approval twice": lambda: Case(body(approvals=named("lee", "lee"))),
    "with two approvals by one person": lambda: Case(body(approvals=named("lee", "lee-2"))),
    "without a reviewer": lambda: Case(body(approvals=named("lee", "ann"))),
    "with too few under a rule": lambda: Case(body(step(1, "removed", 4, rule="invoice"))),
    "with an approval by its planner": lambda: Case(body(planner="lee")),
    "planned by one of those who approved": lambda: Case(
        body(
            planner="lee",
            approvals=[
                parse(approval(name, replace(WANTED, planner="lee")).raw, newline=True)
                for name in ("lee", "lee-2", "mia")
            ],
        )
    ),
    "with an approval that is none": lambda: Case(body(approvals=[*named("lee", "mia"), 7])),
    "that says solo": lambda: Case(body(mode="solo")),
    "that says solo, without approvals": lambda: Case(body(mode="solo", approvals=[])),
    "of the calendar, to need no plan's approvals": lambda: Case(body(scope="expired")),
    "under a trust file that is to come": lambda: Case(body(trust=2)),
    "under no trust file": lambda: Case(body(trust=0)),
    "issued before the end": lambda: Case(body(issued_at=written(NOW - DAY))),
    "begun before it was planned": lambda: Case(body(planned_at=written(NOW + DAY))),
    "from the future": lambda: Case(body(issued_at=written(NOW + DAY))),
    "with copies that went first": lambda: Case(body(copies_by=written(NOW - DAY))),
    "with a store left out": lambda: Case(body(stores=[])),
    "with a store twice": lambda: Case(body(stores=[store(), store()])),
    "with a store that nothing was taken from": lambda: Case(body(stores=[store(), store(store="logs")])),
    "with storage reclaimed in no way": lambda: Case(body(stores=[store(level="L2", shown_at=written(NOW))])),
    "with storage reclaimed at no time": lambda: Case(body(stores=[scrubbed(shown_at=None)])),
    "with storage reclaimed in a way of its own": lambda: Case(body(stores=[scrubbed(shown="magic")])),
    "with storage reclaimed before the end": lambda: Case(
        body(stores=[scrubbed(shown_at=written(NOW - DAY), level_at=written(NOW - DAY))]),
        third=RECLAIMED | {"at": written(NOW - DAY)},
    ),
    "with storage reclaimed in the future": lambda: Case(
        body(stores=[scrubbed(shown_at=written(NOW + DAY), level_at=written(NOW + DAY))]),
        third=RECLAIMED | {"at": written(NOW + DAY)},
    ),
    "with storage reclaimed and no entry": lambda: Case(body(stores=[scrubbed(proof=None)])),
    "with an entry and nothing that it shows": lambda: Case(body(stores=[store(proof="third")])),
    "with versions and an entry": lambda: Case(body(stores=[scrubbed(shown="versions")])),
    "with versions that went later": lambda: Case(
        body(
            issued_at=written(NOW + timedelta(minutes=1)),
            stores=[
                scrubbed(
                    shown="versions",
                    proof=None,
                    shown_at=written(NOW + timedelta(minutes=1)),
                    level_at=written(NOW + timedelta(minutes=1)),
                )
            ],
        )
    ),
    "with another store's entry": lambda: Case(body(stores=[scrubbed()]), third=RECLAIMED | {"store": "logs"}),
    "with another plan's search": lambda: Case(body(stores=[searched()]), third=SEARCHED | {"plan": "P-8"}),
    "with a search for fewer values": lambda: Case(body(stores=[searched(values=3)]), third=SEARCHED),
    "with a search for nothing": lambda: Case(body(stores=[searched(values=0)]), third=SEARCHED | {"counts": {}}),
    "with a scrub that looked for values": lambda: Case(body(stores=[scrubbed(values=2)])),
    "with a search that was a scrub": lambda: Case(body(stores=[searched()])),
    "with an entry of another act": lambda: Case(body(stores=[scrubbed()]), third=RECLAIMED | {"act": "scrubbed"}),
    "with an entry that is outside of the tree": lambda: Case(
        body(stores=[scrubbed()]), after=put("predicate", "stores", 0, "proof", "index", to=1)
    ),
    "with an entry that is beyond the tree": lambda: Case(
        body(stores=[scrubbed()]), after=put("predicate", "stores", 0, "proof", "index", to=3)
    ),
    "with a level too high for a store": lambda: Case(body(stores=[store(level="L2")])),
    "with a level too low for a store": lambda: Case(body(stores=[scrubbed(level="L1")])),
    "with a level that was reached at another time": lambda: Case(body(stores=[store(level_at=written(NOW - DAY))])),
    "with copies that are not gone yet": lambda: Case(
        body(stores=[scrubbed(level="L3", level_at=written(NOW + DAY), copies_by=written(NOW + DAY))])
    ),
    "with copies that are gone and not said": lambda: Case(body(stores=[scrubbed(copies_by=written(NOW))])),
    "with copies that went before the data": lambda: Case(
        body(stores=[scrubbed(level="L3", level_at=written(NOW - DAY), copies_by=written(NOW - DAY))])
    ),
    "with a level for an open store": lambda: Case(
        body(step(1, "failed", 4), stores=[store(level="L1", level_at=written(NOW))])
    ),
    "with a scrub of an open store": lambda: Case(
        body(step(1, "failed", 4), stores=[scrubbed(level="L0", level_at=None)])
    ),
    "with copies of an open store": lambda: Case(
        body(step(1, "failed", 4), stores=[store(level="L0", level_at=None, copies_by=written(NOW))])
    ),
    "of the earlier kind with a store": lambda: Case(body(schema="dsr/certificate/1")),
    "about somebody more": lambda: Case(
        body(), subject=[{"name": one, "digest": {"sha256": PLAN}} for one in ("P-7", "people", "P-8")]
    ),
    "about nobody": lambda: Case(body(), subject=[{"name": "P-7", "digest": {"sha256": PLAN}}]),
    "of another statement": lambda: Case(body(), after=put("_type", to="https://in-toto.io/Statement/v0.1")),
    "of another predicate": lambda: Case(body(), after=put("predicateType", to="https://slsa.dev/provenance/v1")),
    "of another schema": lambda: Case(body(schema="dsr/certificate/3")),
    "with one field more": lambda: Case(body(more=1)),
    "with a number that is huge": lambda: Case(body(), after=put("predicate", "people", to=10**400)),
    "with a number that is a text": lambda: Case(body(people="1")),
    "sealed as an approval": lambda: Case(body(), kind=approvals.KIND),
}


def test_a_good_certificate_is_taken_by_both() -> None:
    raw = Case(body()).raw()
    found = read_certificate(raw, TRUST, NOW)
    assert (found.count("removed"), [one.person for one in found.approvals]) == (4, ["lee", "mia"])
    assert standalone.certificate(raw, TRUST.raw, NOW)["plan"] == "P-7"
    partial = Case(body(step(1, "failed", 4))).raw()
    assert read_certificate(partial, TRUST, NOW).outcome == "partial"
    assert standalone.certificate(partial, TRUST.raw, NOW)["outcome"] == "partial"


@pytest.mark.parametrize("attack", CERTIFICATES)
def test_a_certificate_is_refused(attack: str) -> None:
    raw = CERTIFICATES[attack]().raw()
    with pytest.raises(ProofError):
        read_certificate(raw, TRUST, NOW)
    with pytest.raises(standalone.Refused):
        standalone.certificate(raw, TRUST.raw, NOW)


def test_a_certificate_of_another_company_is_refused() -> None:
    """Everything in it is sound, under a trust file of its own."""
    other = extended(None, version(replace(FIRST, origin="example.org/log"), "rosa", "rory"))
    raw = Case(body()).raw()
    with pytest.raises(ProofError):
        read_certificate(raw, other, NOW)
    with pytest.raises(standalone.Refused):
        standalone.certificate(raw, other.raw, NOW)


LATER = written(NOW + DAY)
LEVELS: dict[str, tuple[dict, dict | None]] = {
    "L1": (store(copies_by=LATER), None),
    "L2": (scrubbed(copies_by=LATER, remains="a log"), RECLAIMED),
    "L2 by search": (searched(), SEARCHED),
    "L2 by versions": (store(level="L2", shown="versions", shown_at=written(NOW)), None),
    "L3": (searched(level="L3", copies_by=written(NOW), values=1), SEARCHED | {"counts": {"values": 1}}),
}


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_borne_out_of_a_store_is_taken_by_both(level: str) -> None:
    said, third = LEVELS[level]
    raw = Case(body(stores=[said]), third=third).raw()
    (found,) = read_certificate(raw, TRUST, NOW).stores
    assert (found.level(NOW), found.reached(NOW), found.remains) == (level[:2], NOW, said["remains"])
    assert standalone.certificate(raw, TRUST.raw, NOW)["stores"][0]["level"] == level[:2]


def test_a_certificate_of_the_earlier_kind_says_nothing_of_stores() -> None:
    def earlier(statement: dict) -> None:
        statement["predicate"].pop("stores")
        statement["predicate"]["schema"] = certificates.EARLIER

    raw = Case(body(), after=earlier).raw()
    assert read_certificate(raw, TRUST, NOW).stores == ()
    with pytest.raises(standalone.Refused):
        standalone.certificate(raw, TRUST.raw, NOW)


def test_the_checkpoint_of_a_certificate_is_read_alone() -> None:
    case = Case(body())
    assert certificates.checkpoint_note(case.raw()) == case.body["ledger"]["checkpoint"]
    for change in (
        put("predicate", to=7),
        put("predicate", "ledger", to={}),
        put("predicate", "ledger", "checkpoint", to=7),
    ):
        with pytest.raises(ProofError, match="no checkpoint"):
            certificates.checkpoint_note(Case(body(), after=change).raw())


def test_a_purge_that_found_nothing_is_about_nobody() -> None:
    """It runs on the authority of the approved policy."""

    def nobody(said: dict) -> None:
        for name in ("subject", "people", "counts"):
            said.pop(name)

    purge = Wanted(Action.PURGE, POLICY)
    agreed = [parse(approval(name, purge).raw, newline=True) for name in ("lee", "mia")]
    made = body(step(1, "absent", 0), scope="expired", people=0, approvals=agreed)
    raw = Case(made, subject=[{"name": "P-7", "digest": {"sha256": PLAN}}], entry=nobody).raw()
    assert read_certificate(raw, TRUST, NOW).subject == ""
    assert standalone.certificate(raw, TRUST.raw, NOW)["people"] == 0
