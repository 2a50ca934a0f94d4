"""Verifies a certificate with Python, `cryptography` and the trust file: one file, to read whole and copy anywhere.

    python standalone.py certificate.json trust.json        (or: python -m dsr.standalone …)

It shares no line with the program that issues certificates, and ends with 0 where all is borne out, else with 9. It
checks: every version of the trust file is signed by enough roots of the one before and of its own; a certifier of that
time signed the certificate; the ledger's entry says the same as the certificate and is in the tree whose signed head it
carries, and so does that of every level; no step is unknown; nothing claims more than was verified; enough approved.
"""

import base64
import hashlib
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json = dict[str, Any]
LIMIT, SKEW = 8 * 1024 * 1024, timedelta(minutes=2)
CERTIFICATE, TRUST, APPROVAL = (f"application/vnd.{one}+json" for one in ("in-toto", "dsr.trust", "dsr.approval"))
ROLES = {"root", "ledger", "certifier", "approver", "reviewer"}
GONE, KEPT, OPEN = ("removed", "rewritten", "absent"), ("retained", "held"), ("failed", "unsupported", "pending")
ACTS = ("delete", "rewrite", "anonymise")
SHOWN = {"scrub": "reclaimed", "bytes": "searched"}  # how storage was seen to be reclaimed: by which act of the ledger
TEXT, NUMBER, DIGEST, TIME, LIST, ANY = "text", "number", "digest", "time", "list", "any"
KINDS: dict[str, type] = {TEXT: str, NUMBER: int, DIGEST: str, LIST: list, "flag": bool}
STATEMENT = {"_type": TEXT, "subject": LIST, "predicateType": TEXT, "predicate": ANY}
PREDICATE = dict.fromkeys(("schema", "plan", "scope", "mode", "planner", "outcome", "tool"), TEXT)
PREDICATE |= {"trust": NUMBER, "people": NUMBER, "policy": DIGEST, "all_gone": "flag", "copies_by": "time?"}
PREDICATE |= dict.fromkeys(("planned_at", "began_at", "finished_at", "issued_at"), TIME) | {"ledger": ANY}
PREDICATE |= dict.fromkeys(("steps", "stores", "gaps", "approvals"), LIST)
STEP = dict.fromkeys(("number", "planned", "records", "effected", "verified"), NUMBER)
STEP |= dict.fromkeys(("store", "collection", "entry", "rule", "disposition", "outcome", "level", "remains"), TEXT)
STEP |= dict.fromkeys(("why", "cite_en", "cite_zh", "hold"), TEXT) | {"level_at": "time?", "until": "time?"}
STORE = dict.fromkeys(("store", "level", "shown", "remains"), TEXT) | {"values": NUMBER, "proof": ANY}
STORE |= dict.fromkeys(("level_at", "shown_at", "copies_by"), "time?")
LEAF = {"index": NUMBER, "entry": TEXT, "path": LIST}
VERSION = {"schema": TEXT, "origin": TEXT, "version": NUMBER, "issued": TIME, "expires": TIME, "roots": NUMBER}
VERSION |= {"approvers": NUMBER, "reviewers": NUMBER, "rules": LIST, "keys": LIST}
KEY = {"id": DIGEST, "public": TEXT, "person": TEXT, "roles": LIST, "since": TIME, "until": TIME, "revoked": "time?"}
KEY |= {"handles": LIST}
OF = ("action", "plan", "digest", "policy", "planner")
APPROVED = dict.fromkeys(("schema", *OF), TEXT) | {"approved_at": TIME, "expires": TIME}


class Refused(Exception):
    """Why a document does not prove what it says."""


def main(arguments: list[str]) -> int:
    """Verify, and say what was proven; the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("usage: standalone.py CERTIFICATE TRUST_FILE\n")
        return 2
    try:
        found = certificate(Path(arguments[0]).read_bytes(), Path(arguments[1]).read_bytes(), datetime.now(UTC))
    except (Refused, OSError) as error:
        sys.stderr.write(f"REFUSED 拒绝: {error.strerror if isinstance(error, OSError) else error}\n")
        return 9
    sums = {word: sum(step["records"] for step in found["steps"] if step["outcome"] == word) for word in GONE + KEPT}
    said = [f"{word} {count}" for word, count in sums.items() if count]
    said += [f"{one['store']} {one['level']} {one['level_at'] or ''}".rstrip() for one in found["stores"]]
    sys.stdout.write(f"VERIFIED 已验证: {found['plan']}, {found['outcome']}, {found['mode']}; {', '.join(said)}\n")
    return 0


def certificate(raw: bytes, trust_file: bytes, now: datetime) -> Json:
    """The certificate's predicate, every claim of it checked. Raises Refused."""
    versions = trust(trust_file, now)
    newest = versions[-1]
    said, message, signatures = envelope(raw, CERTIFICATE)
    statement = read(said, STATEMENT, "statement")
    kind = ("https://in-toto.io/Statement/v1", "https://dsr.example/erasure/v1")
    need((statement["_type"], statement["predicateType"]) == kind, "not a certificate of erasure")
    body = read(statement["predicate"], PREDICATE, "certificate")
    need(body["schema"] == "dsr/certificate/2", "an unknown kind of certificate")
    began, ended, issued = time(body["began_at"]), time(body["finished_at"]), time(body["issued_at"])
    need(time(body["planned_at"]) <= began <= ended <= issued <= now + SKEW, "its times contradict one another")
    need(time(body["copies_by"] or body["finished_at"]) >= ended, "copies were gone before the run ended")
    for id, signature in signatures:
        check(able(newest, id, "certifier", issued), signature, message)
    number = body["trust"]
    need(1 <= number <= len(versions), "a trust file that is not there")
    then, later = versions[number - 1], versions[number : number + 1]
    ruled = number == 1 or time(then["issued"]) <= began
    need(ruled and all(began <= time(one["issued"]) for one in later), "another trust file was in force")
    team = bool(then["approvers"] or then["rules"])  # in solo mode nobody else has to approve
    need(body["mode"] == ("team" if team else "solo"), "another mode was in force")
    plan, digest, people = about(statement, body)
    for step in body["steps"]:
        honest(read(step, STEP, "step"), ended)
    head = ledger(body, newest, (plan, digest, people))
    levels(body, head, ended, issued)
    complete = not body["gaps"] and all(step["outcome"] in GONE + KEPT for step in body["steps"])
    need(body["outcome"] == ("complete" if complete else "partial"), "it claims more than its steps bear out")
    kept = sum(step["records"] for step in body["steps"] if step["outcome"] in KEPT)
    need(body["all_gone"] == (complete and not kept), "it claims that all is gone")
    for gap in body["gaps"]:
        read(gap, {"kind": TEXT, "where": TEXT}, "gap")
    approved(body, newest, then, digest)
    return body


def trust(raw: bytes, now: datetime) -> list[Json]:
    """All versions of the trust file, the newest last, each following from the one before."""
    whole = read(parse(raw, newline=True), {"schema": TEXT, "versions": LIST}, "trust file")
    need(whole["schema"] == "dsr/trust-file/1" and bool(whole["versions"]), "not a trust file")
    versions: list[Json] = []
    for number, one in enumerate(whole["versions"], 1):
        said, message, signatures = envelope(canonical(one) + b"\n", TRUST)
        version = read(said, VERSION, "version")
        need(version["schema"] == "dsr/trust/1" and version["version"] == number, "versions do not follow")
        sound(version)
        before = versions[-1] if versions else None
        if before is not None:
            follows(version, before)
        signers(version, before, message, signatures)
        versions.append(version)
    need(time(versions[-1]["issued"]) - SKEW <= now < time(versions[-1]["expires"]), "the trust file has expired")
    return versions


def sound(version: Json) -> None:
    """A version can be used as it stands."""
    need(bool(re.fullmatch(r"[a-z0-9][a-z0-9./-]{0,127}", version["origin"])), "the log has no proper name")
    issued = time(version["issued"])
    need(issued < time(version["expires"]), "a version ends before it begins")
    for key in version["keys"]:
        read(key, KEY, "key")
        need(hashlib.sha256(decode(key["public"], 32)).hexdigest() == key["id"], "a key's id is not its digest")
        need(bool(re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", key["person"])), "a key's person has no proper name")
        need(all(type(one) is str for one in key["roles"] + key["handles"]), "a key's roles are no texts")
        known = bool(key["roles"]) and set(key["roles"]) <= ROLES
        need(known and key["roles"] == sorted(set(key["roles"])), "a key's roles are unknown, or not in order")
        need(all(re.fullmatch(r"S-[0-9a-f]{8}", one) for one in key["handles"]), "a key's handles are none")
        need(time(key["since"]) < time(key["until"]), "a key ends before it begins")
    need(len({key["id"] for key in version["keys"]}) == len(version["keys"]), "one key stands twice")
    for rule in version["rules"]:
        read(rule, {"rule": TEXT, "approvers": NUMBER, "reviewers": NUMBER}, "threshold")
        need(rule["approvers"] >= max(1, rule["reviewers"]), "a threshold asks for nobody")
    names = [rule["rule"] for rule in version["rules"]]
    need(names == sorted(set(names)), "thresholds are not in order")
    approvers, reviewers = threshold(version, set(names))
    valid = {(k["person"], role) for k in version["keys"] for role in ROLES if able(version, k["id"], role, issued)}
    roots, some, review = ({one for one, has in valid if has == role} for role in ("root", "approver", "reviewer"))
    need(version["reviewers"] <= version["approvers"], "more reviewers than approvers")
    enough = approvers <= len(some | review) and reviewers <= len(review)
    need(enough and 1 <= version["roots"] <= len(roots), "too few people for what it asks")


def follows(version: Json, before: Json) -> None:
    """No key was dropped, given away, weakened or revived."""
    need(version["origin"] == before["origin"], "a version is of another log")
    need(time(version["issued"]) >= time(before["issued"]), "a version is older than the one before")
    keys = {key["id"]: key for key in version["keys"]}
    for old in before["keys"]:
        need(old["id"] in keys, "a version drops a key")
        new = keys[old["id"]]
        same = (new["person"], new["since"]) == (old["person"], old["since"])
        need(same and set(old["roles"]) <= set(new["roles"]), "a key was given away, or lost a role")
        revived = old["revoked"] and (not new["revoked"] or time(new["revoked"]) > time(old["revoked"]))
        need(not revived, "a revocation was taken back")


def signers(version: Json, before: Json | None, message: bytes, signatures: list[tuple[str, bytes]]) -> None:
    """Enough people signed as roots: of the version itself, and of the one before."""
    at, signed = time(version["issued"]), {id for id, _ in signatures}
    for id, signature in signatures:
        check(able(version, id, "root", at) or able(before or version, id, "root", at), signature, message)
    for one in [version, before] if before else [version]:
        roots = {key["person"] for key in one["keys"] if key["id"] in signed and able(one, key["id"], "root", at)}
        need(len(roots) >= one["roots"], "a version lacks signatures by roots")


def about(statement: Json, body: Json) -> tuple[str, str, str]:
    """The plan, its digest, and what stands for its people."""
    found = []
    for one in statement["subject"]:
        named = read(one, {"name": TEXT, "digest": ANY}, "subject")
        found.append((named["name"], read(named["digest"], {"sha256": DIGEST}, "digest")["sha256"]))
    expected = [body["plan"], "people"] if body["people"] else [body["plan"]]
    need([name for name, _ in found] == expected, "it is not about the plan and its people")
    return found[0][0], found[0][1], found[1][1] if len(found) > 1 else ""


def honest(step: Json, ended: datetime) -> None:
    """A step claims no more than its outcome bears out."""
    outcome, level, at = step["outcome"], step["level"], step["level_at"]
    known = outcome in GONE + KEPT + OPEN and level in ("", "L0", "L1", "L2", "L3")
    need(known, "a step's outcome or level is unknown")
    need((level == "") == (outcome in KEPT), "a step claims to have erased what is kept")
    need((level in ("L1", "L2", "L3")) == (outcome in GONE) == (at is not None), "a step's level is not borne out")
    need(at is None or time(at) <= ended, "a step's level was reached after the end")
    need(step["verified"] == (0 if outcome in OPEN else step["records"]), "a step was not verified as it says")
    need(outcome not in KEPT or not step["effected"], "a step changed what it kept")


def ledger(body: Json, newest: Json, subject: tuple[str, str, str]) -> tuple[int, bytes]:
    """The ledger's entry says the same, and stands in the tree whose head is signed: size and root."""
    proof = read(body["ledger"], LEAF | {"checkpoint": TEXT}, "ledger's proof")
    head = checkpoint(proof["checkpoint"], newest, time(body["issued_at"]))
    said = entry(proof, head)
    steps = [[step[name] for name in ("number", "outcome", "records", "effected")] for step in body["steps"]]
    counts = {word: sum(step[2] for step in steps if step[1] == word) for word in GONE + KEPT + OPEN}
    expected: Json = {"v": 1, "what": "run_ended", "plan": subject[0], "digest": subject[1], "policy": body["policy"]}
    expected |= {"at": body["finished_at"], "steps": hashlib.sha256(canonical(steps)).hexdigest()}
    expected |= {"subject": subject[2], "people": body["people"]} if subject[2] else {}
    expected |= {"counts": {word: count for word, count in counts.items() if count}} if any(counts.values()) else {}
    need({k: v for k, v in said.items() if k not in ("run", "outcome")} == expected, "the ledger says something else")
    return head


def levels(body: Json, head: tuple[int, bytes], ended: datetime, issued: datetime) -> None:
    """Every store from which something had to go reached what it says, and the ledger shows by what."""
    acting = [step for step in body["steps"] if step["level"]]
    open_ = {step["store"]: False for step in acting} | {
        step["store"]: True for step in acting if step["level"] == "L0"
    }
    stores = [read(one, STORE, "store") for one in body["stores"]]
    need([one["store"] for one in stores] == list(open_), "a store is missing, or out of order")
    for one in stores:
        shown, at, copies, proof = one["shown"], one["shown_at"], one["copies_by"], one["proof"]
        need(shown in ("", "versions", *SHOWN) and (at is None) == (shown == ""), "storage was reclaimed in no way")
        since = ended if at is None else time(at)
        need(ended <= since <= issued and (shown != "versions" or since == ended), "storage was not reclaimed then")
        proven = (proof is not None) == (shown in SHOWN) and (one["values"] > 0) == (shown == "bytes")
        need(proven and not (open_[one["store"]] and (shown or copies)), "a store's level is not proven")
        need(copies is None or time(copies) >= since, "a store's copies were gone before their time")
        level = ("L3", copies) if copies is not None and time(copies) <= issued else ("L2", at)
        level = level if shown else ("L0", None) if open_[one["store"]] else ("L1", body["finished_at"])
        need((one["level"], one["level_at"]) == level, "a store's level is not borne out")
        expected = {"v": 1, "what": "act", "act": SHOWN.get(shown), "at": at, "store": one["store"]}
        expected |= {"plan": body["plan"], "counts": {"values": one["values"]}} if shown == "bytes" else {}
        said = entry(read(proof, LEAF, "proof"), head) if proof is not None else expected
        need({k: v for k, v in said.items() if k != "actor"} == expected, "the ledger says something else of a store")


def entry(proof: Json, head: tuple[int, bytes]) -> Json:
    """An entry that stands in the ledger's tree."""
    raw, path = decode(proof["entry"]), [decode(one, 32) for one in proof["path"]]
    need(proof["index"] < head[0], "an entry is not in the ledger")
    found = climbed(hashlib.sha256(b"\0" + raw).digest(), proof["index"], head[0], path)
    said: Any = parse(raw)
    need(found == head[1] and isinstance(said, dict), "an entry is not in the ledger")
    return said  # type: ignore[no-any-return]


def checkpoint(note: str, newest: Json, at: datetime) -> tuple[int, bytes]:
    """Size and root of a signed head (C2SP signed note): exactly one line is by a key of the ledger."""
    text, gap, lines = note.partition("\n\n")
    head = text.split("\n")
    need(bool(gap) and len(head) == 3 and lines.endswith("\n"), "the checkpoint is malformed")
    need(head[0] == newest["origin"] and bool(re.fullmatch("0|[1-9][0-9]{0,17}", head[1])), "of another log")
    public = [key["public"] for key in newest["keys"] if able(newest, key["id"], "ledger", at)]
    named = head[0].encode() + b"\n\x01"
    keys, good = {hashlib.sha256(named + decode(one)).digest()[:4]: one for one in public}, 0
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014" and "" not in parts, "the checkpoint's signature is malformed")
        raw = decode(parts[2])
        if parts[1] == head[0] and raw[:4] in keys:
            check(keys[raw[:4]], raw[4:], f"{text}\n".encode())
            good += 1
    need(good == 1, "the checkpoint is not signed, once, by the ledger")
    return int(head[1]), decode(head[2], 32)


def climbed(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that a leaf's hash and its path lead to, as RFC 9162 defines the tree: its left half is a power of 2."""
    if size == 1 or not path:
        return leaf if (size, path) == (1, []) else None
    left = 1 << (size - 1).bit_length() - 1
    first = index < left
    below = climbed(leaf, index if first else index - left, left if first else size - left, path[:-1])
    return below and hashlib.sha256(b"\1" + (below + path[-1] if first else path[-1] + below)).digest()


def approved(body: Json, newest: Json, then: Json, digest: str) -> None:
    """Enough distinct people, with keys of their own, approved this very plan, or the policy that purges run under."""
    began, purge = time(body["began_at"]), body["scope"] == "expired"
    action, plan, planner = ("purge", "", "") if purge else ("apply", body["plan"], body["planner"])
    wanted = (action, plan, "" if purge else digest, body["policy"], planner)
    persons: dict[str, bool] = {}
    for one in body["approvals"]:
        raw, message, signatures = envelope(canonical(one) + b"\n", APPROVAL)
        said = read(raw, APPROVED, "approval")
        need(said["schema"] == "dsr/approval/1" and len(signatures) == 1, "not an approval by one person")
        need(tuple(said[name] for name in OF) == wanted, "an approval is of something else")
        at = time(said["approved_at"])
        need(at - SKEW <= began < time(said["expires"]), "an approval had expired")
        id, signature = signatures[0]
        key: Json = next((key for key in newest["keys"] if key["id"] == id), {"roles": []})
        role = "approver" if "approver" in key["roles"] else "reviewer"
        check(able(newest, id, role, at), signature, message)
        need(bool(able(newest, id, role, began)) and key["person"] != planner, "by an ended key, or who made the plan")
        persons[key["person"]] = persons.get(key["person"], False) or "reviewer" in key["roles"]
    acting = {step["rule"] for step in body["steps"] if step["disposition"] in ACTS and step["planned"]}
    approvers, reviewers = threshold(then, acting)
    need(len(persons) >= approvers and sum(persons.values()) >= reviewers, "approvals are missing")


def threshold(version: Json, rules: set[str]) -> tuple[int, int]:
    """How many approvers and reviewers a plan under these rules needs."""
    asked = [version, *(one for one in version["rules"] if one["rule"] in rules)]
    return max(one["approvers"] for one in asked), max(one["reviewers"] for one in asked)


def able(version: Json, id: str, role: str, at: datetime) -> str:
    """The public key of that id; empty where it may not sign in that role at that time."""
    for key in version["keys"]:
        if key["id"] == id and role in key["roles"] and time(key["since"]) <= at < time(key["revoked"] or key["until"]):
            return str(key["public"]) if at < time(key["until"]) else ""
    return ""


def envelope(raw: bytes, kind: str) -> tuple[object, bytes, list[tuple[str, bytes]]]:
    """What a DSSE envelope in its one form holds, the bytes that were signed, and the signatures."""
    shape = {"payload": TEXT, "payloadType": TEXT, "signatures": LIST}
    whole = read(parse(raw, newline=True), shape, "envelope")
    need(whole["payloadType"] == kind, "a document of another kind")
    found = [read(one, {"keyid": DIGEST, "sig": TEXT}, "signature") for one in whole["signatures"]]
    ids = [one["keyid"] for one in found]
    need(bool(ids) and ids == sorted(set(ids)), "not signed, or twice with one key")
    payload, signatures = decode(whole["payload"]), [(one["keyid"], decode(one["sig"], 64)) for one in found]
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
    return parse(payload), message, signatures


def check(public: str, signature: bytes, message: bytes) -> None:
    """An Ed25519 signature fits, and its key may sign."""
    need(bool(public), "a signature is by a key that may not sign this, or not at that time")
    try:
        Ed25519PublicKey.from_public_bytes(decode(public, 32)).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Refused(type(error).__name__) from None


def canonical(value: object) -> bytes:
    """The one form of JSON that is signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def parse(raw: bytes, *, newline: bool = False) -> object:
    """JSON in its one form: repeated keys, other spellings and numbers that round are refused."""
    try:
        value = json.loads(raw) if len(raw) <= LIMIT else None
        same = canonical(value) + (b"\n" if newline else b"") == raw
    except (ValueError, RecursionError):
        same = False
    need(same, "cut short, changed, or not in the one form")
    return value


def read(value: Any, shape: Json, what: str) -> Json:  # noqa: ANN401 - what JSON holds
    """An object with exactly these fields, each of its kind."""
    need(isinstance(value, dict) and set(value) == set(shape), f"the {what} does not have exactly its fields")
    for name, kind in shape.items():
        one: Any = value[name]
        if kind == TIME or (kind == "time?" and one is not None):
            time(one)
        fits = KINDS.get(kind, type(one)) is type(one)
        fits = fits and (kind != NUMBER or one >= 0) and (kind != DIGEST or bool(re.fullmatch("[0-9a-f]{64}", one)))
        need(fits, f"the {what}'s {name} is not a {kind}")
    return value  # type: ignore[no-any-return]


def time(text: object) -> datetime:
    """An instant, to the second, in UTC."""
    try:
        found = datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(str(error)) from None
    need(found.strftime("%Y-%m-%dT%H:%M:%SZ") == text, "a time is none")
    return found


def decode(text: object, length: int | None = None) -> bytes:
    """Base64 in its one form."""
    try:
        raw = base64.b64decode(str(text), validate=True)
    except ValueError as error:
        raise Refused(str(error)) from None
    need(base64.b64encode(raw).decode() == text and length in (None, len(raw)), "base64 is damaged")
    return raw


def need(good: bool, why: str) -> None:
    """Raises Refused unless it is so."""
    if not good:
        raise Refused(why)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
