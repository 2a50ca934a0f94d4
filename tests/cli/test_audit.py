"""The audit bundle: complete, signed, verifiable on its own, and without anybody's data."""

import csv
import hashlib
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from browsing import parse_strictly
from clikit import CANARY, OTHER, POLICY, Dsr

from dsr.core.proof import ProofError, read_envelope
from dsr.core.trust import CERTIFIER, read_trust
from dsr.jobs.audit import KIND

PASSWORD = "hunter2-Correct-Horse"


def bundle(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def made(dsr: Dsr, shop: Path, *more: str) -> dict[str, bytes]:
    assert dsr("purge").code == 0
    ran = dsr("report", "audit", "--out", "audit.zip", *more)
    assert ran.code == 0, ran.err
    return bundle(shop / "audit.zip")


def test_everything_an_auditor_asks_for_is_there_with_its_digest(dsr: Dsr, shop: Path):
    files = made(dsr, shop)
    manifest = json.loads(files["manifest.json"])
    listed = {one["name"]: one["sha256"] for one in manifest["files"]}
    assert set(listed) == set(files) - {"manifest.json", "manifest.dsse.json"}
    assert all(hashlib.sha256(files[name]).hexdigest() == digest for name, digest in listed.items())
    wanted = {"policy/retention.yaml", "policy/policy.en.html", "policy/policy.zh.html", "ledger/checkpoint"}
    reports = ("overview", "retention", "holds", "ropa", "register", "metrics", "runs", "roles")
    assert wanted | {f"reports/{one}.json" for one in reports} <= set(files)
    assert [name for name in files if name.startswith("certificates/")] != []
    assert files["policy/retention.yaml"] == (shop / "retention.yaml").read_bytes()


def test_the_manifest_is_signed_by_a_certifier_of_the_trust_file(dsr: Dsr, shop: Path):
    files = made(dsr, shop)
    trust = read_trust(files["ledger/trust.json"])
    envelope = read_envelope(files["manifest.dsse.json"], KIND)
    envelope.check(lambda id: trust.now.key(id).public)
    (signature,) = envelope.signatures
    assert CERTIFIER in trust.now.key(signature.key).roles
    assert json.loads(envelope.payload) == json.loads(files["manifest.json"])
    changed = files["manifest.dsse.json"].replace(b'"payload":"e', b'"payload":"f')
    with pytest.raises(ProofError):
        read_envelope(changed, KIND).check(lambda id: trust.now.key(id).public)


def test_the_ledger_in_it_verifies_without_the_state_database(dsr: Dsr, shop: Path):
    made(dsr, shop)
    with zipfile.ZipFile(shop / "audit.zip") as archive:
        archive.extractall(shop / "out")
    ran = dsr("ledger", "verify", "--folder", "out/ledger", "--trust", "out/ledger/trust.json")
    assert ran.code == 0, ran.err


def test_runs_and_roles_are_told(dsr: Dsr, shop: Path):
    files = made(dsr, shop)
    (run,) = csv.DictReader(io.StringIO(files["reports/runs.runs.csv"].decode("utf-8-sig")))
    assert (run["Plan"], run["Records changed"]) == ("P-1", "3")
    roles = list(csv.DictReader(io.StringIO(files["reports/roles.roles.csv"].decode("utf-8-sig"))))
    assert {one["Roles"] for one in roles} == {"root", "ledger", "certifier"}


def test_nobody_s_data_and_no_password_is_in_it(dsr: Dsr, shop: Path):
    assert dsr("request", "open", "--right", "access", "--email", CANARY, "--name", "Canary Wren").code == 0
    text = POLICY.replace("stores:\n", f"# postgresql://app:{PASSWORD}@db.example.org/app\nstores:\n", 1)
    (shop / "retention.yaml").write_text(text, encoding="utf-8")
    for name, data in made(dsr, shop).items():
        for mark in (CANARY, OTHER, "Canary Wren", PASSWORD):
            assert mark.encode() not in data, name


def test_what_changed_since_an_older_policy_file_is_told(dsr: Dsr, shop: Path):
    (shop / "old.yaml").write_text(POLICY.replace("keep_at_most: P6M", "keep_at_most: P9M"), encoding="utf-8")
    told = json.loads(made(dsr, shop, "--since", "old.yaml")["policy/changes.json"])
    assert [(one["kind"], one["about"], one["widens"]) for one in told["differences"]] == [("shorter", "note", True)]


def test_an_archive_is_never_written_over_another(dsr: Dsr, shop: Path):
    (shop / "audit.zip").write_text("mine")
    ran = dsr("report", "audit", "--out", "audit.zip")
    assert ran.code == 2
    assert (shop / "audit.zip").read_text() == "mine"
    assert dsr("report", "audit", "--out", "nowhere/audit.zip").code == 2
    assert dsr("report", "audit", "--out", "audit.tar.gz").code == 2
    assert not list(shop.glob("*.part"))


def test_its_table_of_contents_is_told_in_every_form(dsr: Dsr, shop: Path):
    assert dsr("purge").code == 0
    ran = dsr("report", "audit", "--out", "one.zip", "--format", "csv", "--table", "files")
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert rows[0] == ["File", "Bytes", "SHA-256"]
    files = bundle(shop / "one.zip")
    assert {row[0]: row[2] for row in rows[1:]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.dsse.json"
    }
    for lang, head in (("en", "Certified stores by the level"), ("zh", "各存储经证明达到的级别")):
        out = f"{lang}.html"
        more = ("--format", "html", "--contents", out, "--lang", lang)
        assert dsr("report", "audit", "--out", f"{lang}.zip", *more).code == 0
        made = (shop / out).read_text(encoding="utf-8")
        parse_strictly(made)
        assert head in made
    told = json.loads(dsr("report", "audit", "--out", "two.zip", "--json").out)
    (line,) = told["tables"]["certificates"]
    assert (line["plan"], line["level"], line["removed"]) == ("P-1", "L1", 3)
    assert {one["part"]: one["files"] for one in told["tables"]["parts"]}["certificates"] == 1


def test_a_certificate_that_does_not_verify_is_named(dsr: Dsr, shop: Path):
    assert dsr("purge").code == 0
    with closing(sqlite3.connect(shop / ".dsr" / "state.db")) as state:
        state.execute("DROP TRIGGER dsr_certificate_no_update")
        state.execute('UPDATE dsr_certificate SET document = replace(document, \'"payload":"e\', \'"payload":"f\')')
        state.commit()
    ran = dsr("report", "audit", "--out", "audit.zip")
    assert "does not verify" in ran.out
