"""Verifies a certificate with Python, `cryptography` and the trust file: one file, to read whole and copy anywhere.

    python standalone.py certificate.json trust.json        (or: python -m dsr.standalone …)

It shares no line with the program that issues certificates, and ends with 0 where all is borne out, else with 9. It
checks: every version of the trust file is signed by enough roots of the one before and of its own; a certifier of that
time signed the certificate; the ledger's entry says the same as the certificate and is in the tree whose signed head it
carries; no step is unknown; nothing claims more than was verified; enough people approved, or the mode says solo.
"""

import base64
import hashlib
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json = dict[str, Any]
LIMIT, SKEW = 8 * 1024 * 1024, timedelta(minutes=2)
CERTIFICATE, TRUST = "application/vnd.in-toto+json", "application/vnd.dsr.trust+json"
APPROVAL = "application/vnd.dsr.approval+json"
ROLES = {"root", "ledger", "certifier", "approver", "reviewer"}
GONE, KEPT, OPEN = ("removed", "rewritten", "absent"), ("retained", "held"), ("failed", "unsupported", "pending")
TEXT, NUMBER, DIGEST, TIME, LIST, ANY = "text", "number", "digest", "time", "list", "any"
KINDS: dict[str, type] = {TEXT: str, NUMBER: int, DIGEST: str, LIST: list, "flag": bool}
STATEMENT = {"_type": TEXT, "subject": LIST, "predicateType": TEXT, "predicate": ANY}
PREDICATE = (
    dict.fromkeys(("schema", "plan", "scope", "mode", "planner", "outcome", "tool"), TEXT)
    | {"trust": NUMBER, "people": NUMBER, "policy": DIGEST, "all_gone": "flag", "copies_by": "time?", "ledger": ANY}
    | dict.fromkeys(("planned_at", "began_at", "finished_at", "issued_at"), TIME)
    | dict.fromkeys(("steps", "gaps", "approvals"), LIST)
)
STEP = (
    dict.fromkeys(("number", "planned", "records", "effected", "verified"), NUMBER)
    | dict.fromkeys(("store", "collection", "entry", "rule", "disposition", "outcome", "level", "remains"), TEXT)
    | dict.fromkeys(("why", "cite_en", "cite_zh", "hold"), TEXT)
    | {"level_at": "time?", "until": "time?"}
)
VERSION = {"schema": TEXT, "origin": TEXT, "version": NUMBER, "issued": TIME, "expires": TIME, "roots": NUMBER}
VERSION |= {"approvers": NUMBER, "reviewers": NUMBER, "rules": LIST, "keys": LIST}
KEY = {"id": DIGEST, "public": TEXT, "person": TEXT, "roles": LIST, "since": TIME, "until": TIME, "revoked": "time?"}
KEY |= {"handles": LIST}
APPROVED = dict.fromkeys(("schema", "action", "plan", "digest", "policy", "planner"), TEXT)
APPROVED |= {"approved_at": TIME, "expires": TIME}


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
    said = ", ".join(f"{word} {count}" for word, count in sums.items() if count)
    sys.stdout.write(f"VERIFIED 已验证: {found['plan']}, {found['outcome']}, {found['mode']}; {said}\n")
    return 0


def certificate(raw: bytes, trust_file: bytes, now: datetime) -> Json:
    """The certificate's predicate, every claim of it checked. Raises Refused."""
    versions = trust(trust_file, now)
    newest = versions[-1]
    payload, signatures = envelope(raw, CERTIFICATE)
    statement = read(parse(payload), STATEMENT, "statement")
    need(statement["_type"] == "https://in-toto.io/Statement/v1", "not an in-toto statement")
    need(statement["predicateType"] == "https://dsr.example/erasure/v1", "not a certificate of erasure")
    body = read(statement["predicate"], PREDICATE, "certificate")
    need(body["schema"] == "dsr/certificate/1", "an unknown kind of certificate")
    began, ended, issued = time(body["began_at"]), time(body["finished_at"]), time(body["issued_at"])
    need(time(body["planned_at"]) <= began <= ended <= issued <= now + SKEW, "its times contradict one another")
    copies = body["copies_by"]
    need(copies is None or time(copies) >= ended, "copies were gone before the run ended")
    for id, signature in signatures:
        check(able(newest, id, "certifier", issued), signature, pae(CERTIFICATE, payload))
    number = body["trust"]
    need(1 <= number <= len(versions), "a trust file that is not there")
    then, later = versions[number - 1], versions[number : number + 1]
    need(number == 1 or time(then["issued"]) <= began, "another trust file was in force")
    need(all(began <= time(one["issued"]) for one in later), "another trust file was in force")
    team = bool(then["approvers"] or then["rules"])  # in solo mode nobody else has to approve
    need(body["mode"] == ("team" if team else "solo"), "another mode was in force")
    plan, digest, people = about(statement, body)
    for step in body["steps"]:
        honest(read(step, STEP, "step"), ended)
    ledger(body, newest, (plan, digest, people))
    complete = not body["gaps"] and all(step["outcome"] in GONE + KEPT for step in body["steps"])
    need(body["outcome"] == ("complete" if complete else "partial"), "it claims more than its steps bear out")
    kept = any(step["records"] for step in body["steps"] if step["outcome"] in KEPT)
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
        payload, signatures = envelope(canonical(one) + b"\n", TRUST)
        version = read(parse(payload), VERSION, "version")
        need(version["schema"] == "dsr/trust/1" and version["version"] == number, "versions do not follow")
        sound(version)
        before = versions[-1] if versions else None
        if before is not None:
            follows(version, before)
        signers(version, before, payload, signatures)
        versions.append(version)
    need(time(versions[-1]["issued"]) - SKEW <= now < time(versions[-1]["expires"]), "the trust file has expired")
    return versions


def sound(version: Json) -> None:
    """A version can be used as it stands."""
    need(bool(re.fullmatch(r"[a-z0-9][a-z0-9./-]{0,127}", version["origin"])), "the log has no proper name")
    issued = time(version["issued"])
    for key in version["keys"]:
        read(key, KEY, "key")
        need(hashlib.sha256(decode(key["public"], 32)).hexdigest() == key["id"], "a key's id is not its digest")
        need(bool(re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", key["person"])), "a key's person has no proper name")
        need(all(type(one) is str for one in key["roles"] + key["handles"]), "a key's roles are no texts")
        need(bool(key["roles"]) and set(key["roles"]) <= ROLES, "a key has an unknown role")
        need(key["roles"] == sorted(set(key["roles"])), "a key's roles are not in order")
        need(time(key["since"]) < time(key["until"]), "a key ends before it begins")
        need(all(re.fullmatch(r"S-[0-9a-f]{8}", one) for one in key["handles"]), "a key's handles are none")
    ids = [key["id"] for key in version["keys"]]
    need(len(ids) == len(set(ids)), "one key stands twice")
    need(issued < time(version["expires"]), "a version ends before it begins")
    for rule in version["rules"]:
        read(rule, {"rule": TEXT, "approvers": NUMBER, "reviewers": NUMBER}, "threshold")
        need(rule["approvers"] >= max(1, rule["reviewers"]), "a threshold asks for nobody")
    names = [rule["rule"] for rule in version["rules"]]
    need(names == sorted(set(names)), "thresholds are not in order")
    approvers, reviewers = threshold(version, set(names))
    able = people(version, "approver", issued) | people(version, "reviewer", issued)
    need(version["reviewers"] <= version["approvers"], "more reviewers than approvers")
    need(1 <= version["roots"] <= len(people(version, "root", issued)), "too few roots")
    need(approvers <= len(able) and reviewers <= len(people(version, "reviewer", issued)), "too few approvers")


def follows(version: Json, before: Json) -> None:
    """No key was dropped, given away, weakened or revived."""
    same = version["origin"] == before["origin"] and time(version["issued"]) >= time(before["issued"])
    need(same, "a version is of another log, or older")
    keys = {key["id"]: key for key in version["keys"]}
    for old in before["keys"]:
        need(old["id"] in keys, "a version drops a key")
        new = keys[old["id"]]
        need((new["person"], new["since"]) == (old["person"], old["since"]), "a key was given away")
        need(set(old["roles"]) <= set(new["roles"]), "a key lost a role")
        revived = old["revoked"] and (not new["revoked"] or time(new["revoked"]) > time(old["revoked"]))
        need(not revived, "a revocation was taken back")


def signers(version: Json, before: Json | None, payload: bytes, signatures: list[tuple[str, bytes]]) -> None:
    """Enough people signed as roots: of the version itself, and of the one before."""
    at, signed = time(version["issued"]), {id for id, _ in signatures}
    for id, signature in signatures:
        public = able(version, id, "root", at) or (able(before, id, "root", at) if before else "")
        check(public, signature, pae(TRUST, payload))
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
    need(outcome in GONE + KEPT + OPEN, "a step's outcome is unknown")
    need(level in ("", "L0", "L1", "L2", "L3"), "a step's level is unknown")
    need((level == "") == (outcome in KEPT), "a step claims to have erased what is kept")
    need((level in ("L1", "L2", "L3")) == (outcome in GONE) == (at is not None), "a step's level is not borne out")
    need(at is None or time(at) <= ended, "a step's level was reached after the end")
    need(step["verified"] == (0 if outcome in OPEN else step["records"]), "a step was not verified as it says")
    need(outcome not in KEPT or step["effected"] == 0, "a step changed what it kept")


def ledger(body: Json, newest: Json, subject: tuple[str, str, str]) -> None:
    """The ledger's entry says the same, and stands in the tree whose head is signed."""
    shape = {"index": NUMBER, "entry": TEXT, "path": LIST, "checkpoint": TEXT}
    proof = read(body["ledger"], shape, "ledger's proof")
    size, root = checkpoint(proof["checkpoint"], newest, time(body["issued_at"]))
    entry = decode(proof["entry"])
    path = [decode(one, 32) for one in proof["path"]]
    need(climbed(hashlib.sha256(b"\0" + entry).digest(), proof["index"], size, path) == root, "not in the ledger")
    said = parse(entry)
    if not isinstance(said, dict):
        refuse("the ledger's entry is malformed")
    steps = [[step[name] for name in ("number", "outcome", "records", "effected")] for step in body["steps"]]
    counts = {word: sum(step[2] for step in steps if step[1] == word) for word in GONE + KEPT + OPEN}
    expected: Json = {"v": 1, "what": "run_ended", "plan": subject[0], "digest": subject[1], "policy": body["policy"]}
    expected |= {"at": body["finished_at"], "steps": hashlib.sha256(canonical(steps)).hexdigest()}
    expected |= {"subject": subject[2], "people": body["people"]} if subject[2] else {}
    expected |= {"counts": {word: count for word, count in counts.items() if count}} if any(counts.values()) else {}
    need({k: v for k, v in said.items() if k not in ("run", "outcome")} == expected, "the ledger says something else")


def checkpoint(note: str, newest: Json, at: datetime) -> tuple[int, bytes]:
    """Size and root of a signed head (C2SP signed note): exactly one line is by a key of the ledger."""
    text, gap, lines = note.partition("\n\n")
    head = text.split("\n")
    need(bool(gap) and len(head) == 3 and lines.endswith("\n"), "the checkpoint is malformed")
    need(head[0] == newest["origin"] and bool(re.fullmatch("0|[1-9][0-9]{0,17}", head[1])), "of another log")
    keys = {}
    for key in newest["keys"]:
        if able(newest, key["id"], "ledger", at):
            name = head[0].encode() + b"\n\x01" + decode(key["public"])
            keys[hashlib.sha256(name).digest()[:4]] = key["public"]
    good = 0
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014" and "" not in parts, "the checkpoint's signature is malformed")
        raw = decode(parts[2])
        if parts[1] == head[0] and raw[:4] in keys:
            check(keys[raw[:4]], raw[4:], f"{text}\n".encode())
            good += 1
    need(good == 1, "the checkpoint is not signed, once, by the ledger")
    return int(head[1]), decode(head[2], 32)


def climbed(made: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that a leaf's hash and its path lead to (RFC 9162, section 2.1.3.2)."""
    if index >= size:
        return None
    first, last = index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if first & 1 or first == last:
            made = hashlib.sha256(b"\1" + sibling + made).digest()
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            made = hashlib.sha256(b"\1" + made + sibling).digest()
        first, last = first >> 1, last >> 1
    return made if last == 0 else None


def approved(body: Json, newest: Json, then: Json, digest: str) -> None:
    """Enough distinct people, with keys of their own, approved this very plan, or the policy that purges run under."""
    began, purge = time(body["began_at"]), body["scope"] == "expired"
    action, plan, planner = ("purge", "", "") if purge else ("apply", body["plan"], body["planner"])
    wanted = (action, plan, "" if purge else digest, body["policy"], planner)
    persons: dict[str, bool] = {}
    for one in body["approvals"]:
        payload, signatures = envelope(canonical(one) + b"\n", APPROVAL)
        said = read(parse(payload), APPROVED, "approval")
        need(said["schema"] == "dsr/approval/1" and len(signatures) == 1, "not an approval by one person")
        names = ("action", "plan", "digest", "policy", "planner")
        need(tuple(said[name] for name in names) == wanted, "an approval is of something else")
        at = time(said["approved_at"])
        need(at - SKEW <= began < time(said["expires"]), "an approval had expired")
        id, signature = signatures[0]
        key: Json = next((key for key in newest["keys"] if key["id"] == id), {"roles": []})
        role = "approver" if "approver" in key["roles"] else "reviewer"
        check(able(newest, id, role, at), signature, pae(APPROVAL, payload))
        need(bool(able(newest, id, role, began)), "an approval is by a key that had ended")
        need(key["person"] != planner, "who made the plan approved it")
        persons[key["person"]] = persons.get(key["person"], False) or "reviewer" in key["roles"]
    acting = {
        s["rule"] for s in body["steps"] if s["disposition"] in ("delete", "rewrite", "anonymise") and s["planned"]
    }
    approvers, reviewers = threshold(then, acting)
    need(len(persons) >= approvers and sum(persons.values()) >= reviewers, "approvals are missing")


def threshold(version: Json, rules: set[str]) -> tuple[int, int]:
    """How many approvers and reviewers a plan under these rules needs."""
    asked = [version, *(one for one in version["rules"] if one["rule"] in rules)]
    return max(one["approvers"] for one in asked), max(one["reviewers"] for one in asked)


def able(version: Json, id: str, role: str, at: datetime) -> str:
    """The public key of that id; empty where it may not sign in that role at that time."""
    for key in version["keys"]:
        if key["id"] == id and role in key["roles"] and time(key["since"]) <= at < time(key["until"]):
            return "" if key["revoked"] is not None and time(key["revoked"]) <= at else str(key["public"])
    return ""


def people(version: Json, role: str, at: datetime) -> set[str]:
    """Everybody with a valid key in a role."""
    return {key["person"] for key in version["keys"] if able(version, key["id"], role, at)}


def envelope(raw: bytes, kind: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Payload and signatures of a DSSE envelope in its one form."""
    shape = {"payload": TEXT, "payloadType": TEXT, "signatures": LIST}
    whole = read(parse(raw, newline=True), shape, "envelope")
    need(whole["payloadType"] == kind, "a document of another kind")
    found = [read(one, {"keyid": DIGEST, "sig": TEXT}, "signature") for one in whole["signatures"]]
    ids = [one["keyid"] for one in found]
    need(bool(ids) and ids == sorted(set(ids)), "not signed, or twice with one key")
    return decode(whole["payload"]), [(one["keyid"], decode(one["sig"], 64)) for one in found]


def pae(kind: str, payload: bytes) -> bytes:
    """What a DSSE signature is over."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)


def check(public: str, signature: bytes, message: bytes) -> None:
    """An Ed25519 signature fits, and its key may sign."""
    need(bool(public), "a signature is by a key that may not sign this, or not at that time")
    try:
        Ed25519PublicKey.from_public_bytes(decode(public, 32)).verify(signature, message)
    except (InvalidSignature, ValueError):
        refuse("a signature does not fit")


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


def read(value: object, shape: Json, what: str) -> Json:
    """An object with exactly these fields, each of its kind."""
    if not isinstance(value, dict) or set(value) != set(shape):
        refuse(f"the {what} does not have exactly its fields")
    for name, kind in shape.items():
        one: Any = value[name]
        if kind == TIME or (kind == "time?" and one is not None):
            time(one)
        fits = type(value[name]) is KINDS.get(kind, type(one)) and (kind != NUMBER or one >= 0)
        fits = fits and (kind != DIGEST or bool(re.fullmatch("[0-9a-f]{64}", one)))
        need(fits, f"the {what}'s {name} is not a {kind}")
    return value


def time(text: object) -> datetime:
    """An instant, to the second, in UTC."""
    try:
        found = datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        refuse("a time is none")
    need(found.strftime("%Y-%m-%dT%H:%M:%SZ") == text, "a time is none")
    return found


def decode(text: object, length: int | None = None) -> bytes:
    """Base64 in its one form."""
    try:
        raw = base64.b64decode(str(text), validate=True)
    except ValueError:
        refuse("base64 is damaged")
    need(base64.b64encode(raw).decode() == text and length in (None, len(raw)), "base64 is damaged")
    return raw


def need(good: bool, why: str) -> None:
    """Go on only where it is so."""
    if not good:
        refuse(why)


def refuse(why: str) -> NoReturn:
    """Raises Refused."""
    raise Refused(why)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
