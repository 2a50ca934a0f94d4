"""Certificates: what they say is what an onlooker counted, strangers' tools agree, and nothing open is certified."""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from clikit import CANARY, Dsr, Ran
from pymerkle import InmemoryTree
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
from sigstore._internal.merkle import verify_merkle_inclusion

from dsr import standalone
from dsr.core.proof import decode64, leaf_hash
from dsr.core.trust import read_trust


def erase(dsr: Dsr, *, exit: int = 0) -> Ran:
    handle = next(word for word in dsr("find", "--email", CANARY).out.split() if word.startswith("S-"))
    done = dsr("delete", "--email", CANARY, "--confirm", handle)
    assert done.code == exit, done.err
    return done


def stated(dsr: Dsr, plan: str = "P-1") -> dict:
    shown = dsr("certificate", "show", plan, "--json")
    assert shown.code == 0, shown.err
    return json.loads(shown.out)


def sums(found: dict) -> dict[tuple[str, str], int]:
    """Records by entry and outcome."""
    made: dict[tuple[str, str], int] = {}
    for step in found["steps"]:
        if step["records"]:
            key = step["entry"], step["outcome"]
            made[key] = made.get(key, 0) + step["records"]
    return made


def rows(shop: Path) -> dict[str, dict[int, tuple]]:
    base = sqlite3.connect(shop / "app.db")
    found = {name: {row[0]: row for row in base.execute(f"SELECT * FROM {name}")} for name in TABLES}
    base.close()
    return found


TABLES = ("users", "invoices", "notes")


@pytest.mark.parametrize("seed", range(3))
def test_its_counts_are_those_of_an_onlooker(shop: Path, dsr: Dsr, seed: int):
    """The onlooker knows nothing of plans: it compares the tables before and after."""
    dice = random.Random(seed)
    base = sqlite3.connect(shop / "app.db")
    base.execute("DELETE FROM notes")
    mine = [(n, dice.choice([1, 1, 2]), dice.choice(["2020-01-01", "2026-11-01"]), "x") for n in range(40)]
    base.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", mine)
    bills = [(n, dice.choice([1, 2]), dice.choice(["2009-05-05", "2025-05-05"]), "y") for n in range(10, 30)]
    base.executemany("INSERT INTO invoices VALUES (?, ?, ?, ?)", bills)
    base.commit()
    base.close()
    before = rows(shop)
    erase(dsr)
    after = rows(shop)
    seen: dict[tuple[str, str], int] = {}
    for table in TABLES:
        for key, row in before[table].items():
            if after[table].get(key) == row:
                continue
            outcome = "rewritten" if key in after[table] else "removed"
            seen[f"app.{table}", outcome] = seen.get((f"app.{table}", outcome), 0) + 1
    said = sums(stated(dsr))
    assert {key: count for key, count in said.items() if key[1] in ("removed", "rewritten")} == seen
    mine = sum(row[1] == 1 for row in after["invoices"].values())
    assert sum(count for (entry, what), count in said.items() if (entry, what) == ("app.invoices", "retained")) == mine


def test_it_says_what_is_kept_why_and_until_when_in_both_languages(shop: Path, dsr: Dsr):
    erase(dsr)
    english, chinese = (dsr("certificate", "show", "P-1", "--lang", lang).out for lang in ("en", "zh"))
    for text in ("Tax Act", "2035-12-31", "L1", "solo mode, by one person alone", "1 record was kept"):
        assert text in english
    for text in ("税法", "2035-12-31", "L1", "以单人模式由一人独自执行", "依法保留"):
        assert text in chinese
    found = stated(dsr)
    assert (found["mode"], found["outcome"], found["all_gone"], found["approvals"]) == ("solo", "complete", False, [])


def test_copies_are_promised_by_the_day_that_the_policy_states(shop: Path, dsr: Dsr):
    policy = shop / "retention.yaml"
    policy.write_text(policy.read_text() + "deletion: {every: P1D, copies: P30D}\n")
    erase(dsr)
    found = stated(dsr)
    assert found["copies_by"][:10] > found["finished_at"][:10]
    assert f"by {found['copies_by'][:7]}" in dsr("certificate", "show", "P-1").out


def test_one_that_left_something_out_says_partial(shop: Path, dsr: Dsr):
    base = sqlite3.connect(shop / "app.db")
    base.execute("CREATE TABLE leads (email TEXT)")
    base.close()
    erase(dsr, exit=7)
    found = stated(dsr)
    assert (found["outcome"], found["all_gone"], [gap["where"] for gap in found["gaps"]]) == (
        "partial",
        False,
        ["app.leads"],
    )
    assert "PARTIAL" in dsr("certificate", "show", "P-1").out


@pytest.fixture
def handed(shop: Path, dsr: Dsr, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate and the trust file, and nothing else."""
    erase(dsr)
    assert dsr("certificate", "export", "P-1", "--out", "c.json").code == 0
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.move(shop / "c.json", folder)
    shutil.copy(shop / ".dsr" / "trust.json", folder)
    return folder


def test_it_is_verified_elsewhere_with_the_trust_file_alone(handed: Path, dsr: Dsr, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(handed)
    for more in ((), ("--trust", "trust.json")):
        seen = dsr("verify", "c.json", *more)
        assert (seen.code, "1 record was kept" in seen.out) == (0, True)
    assert "依法保留" in dsr("verify", "c.json", "--lang", "zh").out
    (handed / "c.json").write_bytes((handed / "c.json").read_bytes()[:-10])
    assert dsr("verify", "c.json").code == 9
    (handed / "trust.json").unlink()
    assert dsr("verify", "c.json").code == 2


def test_the_one_file_verifier_needs_nothing_of_ours(handed: Path):
    """Copied out, in Python's isolated mode, which sees neither this tree nor its folder."""
    code = shutil.copy(standalone.__file__, handed / "check.py")
    call = [sys.executable, "-I", code, str(handed / "c.json"), str(handed / "trust.json")]
    done = subprocess.run(call, capture_output=True, text=True, cwd=handed)
    assert (done.returncode, done.stdout.startswith("VERIFIED 已验证: P-1, complete, solo; removed 2")) == (0, True)
    raw = (handed / "c.json").read_bytes()
    (handed / "c.json").write_bytes(raw.replace(b"A", b"B", 1))
    done = subprocess.run(call, capture_output=True, text=True, cwd=handed)
    assert (done.returncode, "REFUSED 拒绝" in done.stderr) == (9, True)


def test_a_strangers_library_verifies_the_envelope(handed: Path):
    """securesystemslib, with the certifier's key as the trust file has it."""
    raw = json.loads((handed / "c.json").read_bytes())
    trust = read_trust((handed / "trust.json").read_bytes())
    keys = {key.id: SSlibKey(key.id, "ed25519", "ed25519", {"public": key.public.hex()}) for key in trust.now.keys}
    signer = keys[raw["signatures"][0]["keyid"]]
    envelope = Envelope.from_dict(json.loads(json.dumps(raw)))
    assert set(envelope.verify([signer], 1)) == {signer.keyid}
    assert json.loads(envelope.payload)["_type"] == "https://in-toto.io/Statement/v1"


@dataclass
class _Proof:
    log_index: int
    tree_size: int
    root_hash: bytes
    hashes: list[bytes]


@dataclass
class _Inner:
    canonicalized_body: bytes
    inclusion_proof: _Proof


@dataclass
class _Entry:
    """What sigstore's verifier reads of a log entry."""

    _inner: _Inner = field()


def test_strangers_libraries_agree_with_the_ledgers_proof(handed: Path, shop: Path):
    """sigstore verifies the path; pymerkle, over all entries of the database, has the same root and the same path."""
    trust = read_trust((handed / "trust.json").read_bytes())
    raw = json.loads((handed / "c.json").read_bytes())
    proof = json.loads(decode64(raw["payload"]))["predicate"]["ledger"]
    head, entry = trust.checkpoint(proof["checkpoint"]), decode64(proof["entry"])
    path = [decode64(one) for one in proof["path"]]
    verify_merkle_inclusion(_Entry(_Inner(entry, _Proof(proof["index"], head.size, head.root, path))))
    tree = InmemoryTree(algorithm="sha256")
    base = sqlite3.connect(shop / ".dsr" / "state.db")
    for (one,) in base.execute("SELECT entry FROM dsr_outbox ORDER BY seq LIMIT ?", (head.size,)):
        tree.append_entry(one.encode())
    base.close()
    assert tree.get_root(head.size) == head.root
    assert set(tree.prove_inclusion(proof["index"] + 1, head.size).path) == {leaf_hash(entry), *path}


def test_a_run_that_lost_its_certificate_gets_it_when_it_is_asked_for(shop: Path, dsr: Dsr):
    """As after a power cut between the end of the run and its certificate."""
    erase(dsr)
    base = sqlite3.connect(shop / ".dsr" / "state.db")
    base.execute("DROP TRIGGER dsr_certificate_no_delete")
    base.execute("DELETE FROM dsr_certificate")
    base.commit()
    base.close()
    first = stated(dsr)
    assert sums(first)["app.notes", "removed"] == 2
    assert stated(dsr) == first


def test_without_the_certifiers_key_nothing_is_deleted(shop: Path, dsr: Dsr):
    dsr("find", "--email", CANARY)
    dsr("ledger", "checkpoint")
    (shop / ".dsr" / "keys" / "certifier.key").rename(shop / "away")
    before = rows(shop)
    erase(dsr, exit=12)
    assert rows(shop) == before
    (shop / "away").rename(shop / ".dsr" / "keys" / "certifier.key")
    assert dsr("apply", "P-1", "--confirm", stated_handle(dsr)).code == 0
    assert sums(stated(dsr))["app.notes", "removed"] == 2


def stated_handle(dsr: Dsr) -> str:
    return json.loads(dsr("plan", "show", "P-1", "--json").out)["plan"]["subjects"][0]


def test_there_is_none_of_a_plan_that_was_not_applied(dsr: Dsr):
    dsr("delete", "--email", CANARY, "--plan-only")
    assert dsr("certificate", "show", "P-1").code == 2
    assert dsr("certificate", "show", "P-9").code == 2
