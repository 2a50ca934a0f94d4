"""A team: keys, thresholds, approvals, the signed policy, and everything that does not count as an approval."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from clikit import CANARY, Dsr, count

from dsr import standalone
from dsr.jobs.session import utcnow

PASS = ("--passphrase-from", "pw")


@pytest.fixture
def team(shop: Path, dsr: Dsr) -> Path:
    """Lee and Mia may approve, Mia as a reviewer; one approval is needed."""
    (shop / "pw").write_text("correct horse battery\n")
    assert dsr("trust", "init", "--origin", "shop.example/dsr").code == 0
    for person, role in (("lee", "approver"), ("mia", "reviewer")):
        person_key(shop, dsr, person)
        assert dsr("trust", "add", f"{person}.pub", "--role", role).code == 0
    assert dsr("trust", "require", "--approvers", "1").code == 0
    return shop


def person_key(shop: Path, dsr: Dsr, person: str) -> None:
    made = dsr("trust", "key", f"{person}.key", "--person", person, *PASS)
    assert made.code == 0, made.err
    (shop / f"{person}.pub").write_text(made.out)


def planned(dsr: Dsr, email: str = CANARY) -> str:
    made = dsr("delete", "--email", email, "--plan-only", "--json")
    return json.loads(made.out)["plan"]["id"]


def applied(dsr: Dsr, plan: str) -> int:
    shown = json.loads(dsr("plan", "show", plan, "--json").out)["plan"]
    return dsr("apply", plan, "--confirm", shown["subjects"][0]).code


def approved(dsr: Dsr, plan: str, person: str, *more: str) -> int:
    return dsr("plan", "approve", plan, "--key", f"{person}.key", *PASS, *more).code


def test_nothing_is_applied_before_another_person_has_signed(team: Path, dsr: Dsr):
    plan = planned(dsr)
    assert (applied(dsr, plan), count(team, "notes")) == (5, 3)
    before = json.loads(dsr("plan", "show", plan, "--json").out)["approvals"]
    assert (before["missing"], before["given"]) == (1, [])
    assert "1 more" in dsr("plan", "show", plan).out
    assert approved(dsr, plan, "lee") == 0
    after = dsr("plan", "show", plan).out
    assert "Approved by lee (approver)" in after
    assert "That is enough." in after
    assert (applied(dsr, plan), count(team, "notes")) == (0, 1)
    found = json.loads(dsr("certificate", "show", plan, "--json").out)
    assert (found["mode"], [one["person"] for one in found["approvals"]]) == ("team", ["lee"])
    assert "Approved by lee (approver)" in dsr("certificate", "show", plan).out
    assert "由 lee（批准人）" in dsr("certificate", "show", plan, "--lang", "zh").out


def test_the_other_verifier_takes_the_certificate_of_a_team(team: Path, dsr: Dsr):
    plan = planned(dsr)
    approved(dsr, plan, "mia")
    applied(dsr, plan)
    dsr("certificate", "export", plan, "--out", "c.json")
    trust = (team / ".dsr" / "trust.json").read_bytes()
    found = standalone.certificate((team / "c.json").read_bytes(), trust, utcnow())
    assert (found["mode"], len(found["approvals"])) == ("team", 1)


def test_a_plan_is_applied_once(team: Path, dsr: Dsr):
    plan = planned(dsr)
    approved(dsr, plan, "lee")
    applied(dsr, plan)
    assert (applied(dsr, plan), approved(dsr, plan, "mia")) == (9, 9)


def test_an_approval_is_of_one_plan(team: Path, dsr: Dsr):
    first, second = planned(dsr), planned(dsr)
    assert approved(dsr, first, "lee", "--out", "a.json") == 0
    assert dsr("plan", "approve", second, "--add", "a.json").code == 9
    assert applied(dsr, second) == 5
    assert dsr("plan", "approve", first, "--add", "a.json").code == 0
    assert dsr("plan", "approve", first, "--add", "a.json").code == 0  # again is no second person
    assert applied(dsr, first) == 0


def test_whoever_made_the_plan_cannot_approve_it(team: Path, dsr: Dsr, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DSR_ACTOR", "Lee")
    plan = planned(dsr)
    assert approved(dsr, plan, "lee") == 9
    assert approved(dsr, plan, "mia") == 0
    assert applied(dsr, plan) == 0


def test_whom_the_plan_is_about_cannot_approve_it(team: Path, dsr: Dsr):
    plan = planned(dsr)
    handle = json.loads(dsr("plan", "show", plan, "--json").out)["plan"]["subjects"][0]
    assert dsr("trust", "add", "lee.pub", "--role", "approver", "--handle", handle).code == 0
    assert approved(dsr, plan, "lee") == 9


def test_two_keys_of_one_person_are_one_approval(team: Path, dsr: Dsr):
    dsr("trust", "key", "lee2.key", "--person", "lee", *PASS)
    (team / "lee2.pub").write_text(dsr("trust", "key", "lee3.key", "--person", "lee", *PASS).out)
    assert dsr("trust", "add", "lee2.pub", "--role", "approver").code == 0
    assert dsr("trust", "require", "--approvers", "2").code == 0
    plan = planned(dsr)
    assert (approved(dsr, plan, "lee"), approved(dsr, plan, "lee3")) == (0, 0)
    assert applied(dsr, plan) == 5
    assert (approved(dsr, plan, "mia"), applied(dsr, plan)) == (0, 0)


def test_a_rule_may_ask_for_a_reviewer(team: Path, dsr: Dsr):
    assert dsr("trust", "require", "--rule", "note=2/1").code == 0
    plan = planned(dsr)
    assert (approved(dsr, plan, "lee"), applied(dsr, plan)) == (0, 5)
    assert (approved(dsr, plan, "mia"), applied(dsr, plan)) == (0, 0)
    assert dsr("trust", "require", "--rule", "nothing=1").code == 2
    assert dsr("trust", "require", "--rule", "note=9").code == 9


def test_a_revoked_key_approves_nothing_and_thresholds_stay_reachable(team: Path, dsr: Dsr):
    plan = planned(dsr)
    assert approved(dsr, plan, "lee") == 0
    assert dsr("trust", "revoke", "lee").code == 0
    assert "Not counted: " in dsr("plan", "show", plan).out
    assert (applied(dsr, plan), approved(dsr, plan, "lee")) == (9, 9)
    assert dsr("trust", "revoke", "mia").code == 9
    assert dsr("trust", "revoke", "nobody").code == 2


def test_an_edited_plan_is_refused_before_any_effect(team: Path, dsr: Dsr):
    plan = planned(dsr)
    approved(dsr, plan, "lee")
    base = sqlite3.connect(team / ".dsr" / "state.db")
    base.execute("UPDATE dsr_plan SET document = replace(document, '\"count\":2', '\"count\":3')")
    base.commit()
    base.close()
    assert (dsr("apply", plan, "--confirm", "S-00000000").code, count(team, "notes")) == (12, 3)


def test_a_purge_runs_under_the_signed_policy_alone(team: Path, dsr: Dsr):
    """As under cron: nobody is asked, and a change of the file needs a new signature."""
    assert (dsr("purge").code, count(team, "users")) == (5, 2)
    plan = json.loads(dsr("purge", "--plan-only", "--json").out)["plan"]["id"]
    assert approved(dsr, plan, "lee") == 2
    assert dsr("policy", "approve", "--key", "lee.key", *PASS).code == 0
    file = team / "retention.yaml"
    text = file.read_text()
    file.write_text(text.replace("P6M", "P5M"))
    assert (dsr("purge").code, count(team, "users")) == (5, 2)
    file.write_text(text.replace("percent: 100", "percent: 1"))
    assert dsr("policy", "approve", "--key", "lee.key", *PASS).code == 0
    assert (dsr("purge").code, count(team, "users")) == (8, 2)
    file.write_text(text)
    assert (dsr("purge").code, count(team, "users")) == (0, 1)


def test_with_two_roots_no_change_comes_from_one(team: Path, dsr: Dsr):
    person_key(team, dsr, "rosa")
    assert dsr("trust", "add", "rosa.pub", "--role", "root").code == 0
    draft = json.loads(dsr("trust", "require", "--roots", "2", "--json").out)
    assert draft["in_force"] is False  # its own two roots have to sign, too
    assert dsr("trust", "accept", "trust-draft.json").code == 9
    assert dsr("trust", "sign", "trust-draft.json", "--key", "lee.key", *PASS).code == 9
    signed = json.loads(dsr("trust", "sign", "trust-draft.json", "--key", "rosa.key", *PASS, "--json").out)
    assert signed["in_force"] is True
    assert json.loads(dsr("trust", "require", "--approvers", "0", "--json").out)["in_force"] is False
    assert json.loads(dsr("trust", "show", "--json").out)["version"]["approvers"] == 1
    assert dsr("trust", "sign", "trust-draft.json", "--key", "rosa.key", *PASS).code == 0
    assert json.loads(dsr("trust", "show", "--json").out)["version"]["mode"] == "solo"


def test_an_older_trust_file_is_refused(team: Path, dsr: Dsr):
    path = team / ".dsr" / "trust.json"
    shutil.copy(path, team / "old.json")
    assert dsr("trust", "revoke", "lee").code == 0
    shutil.copy(team / "old.json", path)
    plan = dsr("delete", "--email", CANARY, "--plan-only")
    assert plan.code in (0, 9)
    assert dsr("trust", "show").code == 9
    assert dsr("trust", "accept", "old.json").code == 9
    assert (dsr("apply", "P-1", "--confirm", "S-00000000").code, count(team, "notes")) != (0, 1)


@pytest.mark.parametrize("role", ["certifier", "ledger", "root"])
def test_a_rotated_key_signs_and_the_old_one_stays_verifiable(shop: Path, dsr: Dsr, role: str):
    shown = dsr("find", "--email", CANARY).out
    handle = next(word for word in shown.split() if word.startswith("S-"))
    assert dsr("delete", "--email", CANARY, "--confirm", handle).code == 0
    for _ in range(2):
        assert dsr("trust", "rotate", role).code == 0
    assert dsr("purge").code == 0
    assert dsr("certificate", "show", "P-1").code == dsr("certificate", "show", "P-2").code == 0
    assert dsr("ledger", "verify").code == 0


def test_keys_are_kept_to_their_owner(shop: Path, dsr: Dsr):
    (shop / "pw").write_text("correct horse battery\n")
    (shop / "short").write_text("abc\n")
    assert dsr("trust", "key", "lee.key", "--person", "lee").code == 2
    assert dsr("trust", "key", "lee.key", "--person", "lee", "--passphrase-from", "short").code == 2
    assert dsr("trust", "key", "lee.key", "--person", "lee", *PASS).code == 0
    assert dsr("trust", "key", "lee.key", "--person", "lee", *PASS).code == 2
    assert (shop / "lee.key").stat().st_mode & 0o777 == 0o400
    plan = planned(dsr)
    (shop / "other").write_text("wrong horse battery\n")
    assert dsr("plan", "approve", plan, "--key", "lee.key", "--passphrase-from", "other").code == 12
    (shop / "lee.key").chmod(0o444)
    assert approved(dsr, plan, "lee") == 12


def test_bad_words_are_refused(team: Path, dsr: Dsr):
    assert dsr("trust", "init").code == 2
    assert dsr("trust", "require", "--rule", "note").code == 2
    assert dsr("trust", "add", "nothing.pub", "--role", "approver").code == 2
    (team / "bad.pub").write_text("ssh-ed25519 AAAA lee\n")
    assert dsr("trust", "add", "bad.pub", "--role", "approver").code == 2
    assert dsr("plan", "approve", planned(dsr)).code == 2
    assert dsr("trust", "accept", "nothing.json").code == 2
    assert dsr("trust", "accept", "pw").code == 9


def test_a_store_without_roles_is_named(shop: Path, dsr: Dsr):
    made = dsr("init", "--roles", "--json")
    assert (made.code, json.loads(made.out)["written"]) == (0, [])
    assert json.loads(made.out)["without"][0][0] == "app"
    assert dsr("init", "--roles").code == 2  # the folder is there
    assert dsr("init").code == 2
