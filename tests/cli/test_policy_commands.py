"""`dsr policy` as it is typed: what the check says to a lawyer, what render marks."""

import json
from pathlib import Path

from clikit import POLICY, Dsr

PROMISED = POLICY + "deletion: {every: P1D, copies: P10D}\n"


def test_a_purge_that_never_ran_fails_the_check_with_evidence(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").write_text(PROMISED, encoding="utf-8")
    ran = dsr("policy", "check", "--evidence")
    assert ran.code == 3
    assert "Notes: the period is not proven: no purge has been run" in ran.out
    assert "备注：保存期限无法证明：从未运行过到期删除" in dsr("policy", "check", "--evidence", "--lang", "zh").out
    assert "not proven" not in dsr("policy", "check").out
    assert dsr("purge").code == 0
    assert "not proven" not in dsr("policy", "check", "--evidence").out


def test_the_text_marks_or_withholds_what_is_not_proven(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").write_text(PROMISED, encoding="utf-8")
    assert "30 days (not proven at present)" in dsr("policy", "render", "--format", "txt", "--proven").out
    assert "30 days" not in dsr("policy", "render", "--format", "txt", "--withhold").out
    assert dsr("purge").code == 0
    assert "not proven" not in dsr("policy", "render", "--format", "txt", "--proven").out


def test_a_rule_without_a_chinese_title_is_named_with_its_line(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").write_text(POLICY.replace("{en: Notes, zh: 备注}", "{en: Notes}"), encoding="utf-8")
    ran = dsr("policy", "check", "--offline")
    assert ran.code == 3
    assert "retention.yaml:36" in ran.err + ran.out
    assert "zh" in ran.err + ran.out


def test_a_recipient_without_a_country_is_named(dsr: Dsr, shop: Path):
    party = "recipients:\n  - {name: Mail, role: processor, purpose: {en: mail, zh: 邮件}}\n"
    (shop / "retention.yaml").write_text(POLICY + party, encoding="utf-8")
    ran = dsr("policy", "check", "--offline")
    assert ran.code == 3
    assert "`country:`" in ran.err + ran.out


def test_a_page_of_others_is_held_against_the_file(dsr: Dsr, shop: Path):
    (shop / "page.txt").write_text("We keep your data for 4 years and as long as needed.", encoding="utf-8")
    ran = dsr("policy", "check", "--text", "page.txt")
    assert ran.code == 3
    assert "“4 years” is a period that the policy file does not have" in ran.out
    assert "Art. 13(2)(c) GDPR" in ran.out
    found = json.loads(dsr("policy", "check", "--text", "page.txt", "--json").out)
    assert found["schema"] == "dsr/policy-check/1"
    assert {"item", "vague", "period", "parity"} >= {one["lack"] for one in found["findings"]}
    assert dsr("policy", "check", "--text", "missing.txt").code == 2


def test_render_writes_every_form(dsr: Dsr, shop: Path):
    for form, head in (("md", "\n# "), ("txt", "Privacy"), ("html", "\n<!doctype"), ("json", "{")):
        assert dsr("policy", "render", "--format", form).out.lstrip("\n").startswith(head.strip())
    assert dsr("policy", "render", "--language", "zh", "--format", "txt").out.startswith("隐私政策")
    assert dsr("policy", "render", "--templates", "nowhere").code == 2
