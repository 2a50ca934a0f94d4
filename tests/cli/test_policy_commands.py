"""`dsr policy` as it is typed: what the check says to a lawyer, what render marks."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clikit import POLICY, Dsr

from dsr.core.progress import Silent
from dsr.jobs.apply import apply
from dsr.jobs.purge import plan_purge
from dsr.jobs.session import Session

ROOT = Path(__file__).parents[2]

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
    assert "retention.yaml:36" in ran.err
    assert "zh" in ran.err


def test_a_recipient_without_a_country_is_named_and_what_it_is_for(dsr: Dsr, shop: Path):
    party = "recipients:\n  - {name: Mail, role: processor, purpose: {en: mail, zh: 邮件}}\n"
    (shop / "retention.yaml").write_text(POLICY + party, encoding="utf-8")
    ran = dsr("policy", "check", "--offline")
    assert ran.code == 3
    assert 'recipient "Mail" has no `country:`. Add it.' in ran.err
    assert '接收方 "Mail" 缺少 `country:`。请补上。' in dsr("policy", "check", "--offline", "--lang", "zh").err


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


def test_a_shorter_period_tells_which_records_newly_come_into_reach(dsr: Dsr, shop: Path):
    """Two notes of 2020 are past half a year already; one of November 2026 comes into reach by a period of a day."""
    (shop / "old.yaml").write_text(POLICY, encoding="utf-8")
    assert "nothing newly comes into reach" in dsr("policy", "diff", "old.yaml", "--count").out
    (shop / "retention.yaml").write_text(POLICY.replace("keep_at_most: P6M", "keep_at_most: P1D"), encoding="utf-8")
    ran = dsr("policy", "diff", "old.yaml", "--count", "--json")
    assert json.loads(ran.out)["reached"] == [{"collection": "app.notes", "records": 1}]
    assert "app.notes：到期清理现将处理 1 条" in dsr("policy", "diff", "old.yaml", "--count", "--lang", "zh").out
    assert dsr("policy", "diff", "old.yaml", "retention.yaml", "--count").code == 2


def test_a_period_in_the_text_that_the_file_does_not_have_is_refused(dsr: Dsr, shop: Path):
    (shop / "page.txt").write_text("We keep notes for 7 months.\n我们保存备注 7 个月。", encoding="utf-8")
    found = json.loads(dsr("policy", "check", "--text", "page.txt", "--json").out)["findings"]
    said = {one["what"]["en"] for one in found if one["lack"] == "period"}
    assert said == {
        "“7 months” is a period that the policy file does not have",
        "“7 个月” is a period that the policy file does not have",
    }


def test_a_purge_that_stopped_running_fails_the_check_in_words_for_a_lawyer(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").write_text(PROMISED, encoding="utf-8")
    week_ago = datetime.now(UTC) - timedelta(days=7)
    with Session(shop / "retention.yaml", {}, "cron", Silent(), lambda: week_ago) as session:
        apply(session, plan_purge(session).id)
    english, chinese = dsr("policy", "check", "--evidence"), dsr("policy", "check", "--evidence", "--lang", "zh")
    assert (english.code, chinese.code) == (3, 3)
    assert "Notes: the period is not proven: the last purge ran on" in english.out
    assert "Arts. 5(1)(e), 5(2) GDPR" in english.out
    assert "Run dsr purge, and let cron run it" in english.out
    assert "备注：保存期限无法证明：" in chinese.out
    assert "proven by the runs" not in english.out
    assert dsr("purge").code == 0
    assert "the last purge ran on" not in dsr("policy", "check", "--evidence").out


def test_the_original_page_of_the_sample_company_is_told_every_gap(dsr: Dsr, shop: Path):
    """What a lawyer found on it: items that are missing whole, in either language, and what lacks within others."""
    shutil.copyfile(ROOT / "retention.yaml", shop / "retention.yaml")
    shutil.copyfile(ROOT / "tests" / "engine" / "pages" / "original.txt", shop / "page.txt")
    ran = dsr("policy", "check", "--text", "page.txt", "--json")
    assert ran.code == 3
    found = json.loads(ran.out)["findings"]
    listed = [one for one in found if one["lack"] == "item"]
    said = {
        lang: {one["item"]: one["what"][lang] for one in listed if one["language"] == lang} for lang in ("en", "zh")
    }
    whole = {f"N{n:02}" for n in (2, 4, 5, 8, 10, 11, 12, 15, 16, 17, 18, 19, 20)}
    assert {item for item, what in said["en"].items() if "missing in English" in what} >= whole | {"N21"}
    assert {item for item, what in said["zh"].items() if "中文文本缺失" in what} >= whole | {"N03", "N06", "N22"}
    for lack in ("when the answer comes", "how identity is confirmed"):
        assert lack in said["en"]["N14"]
    gaps = "\n".join(one["what"]["en"] for one in found)
    assert gaps.count("No representative is named for") == 2  # of a company in China, for the EU and the UK
    assert "what becomes of a balance" in gaps
    assert "when backups and other copies are gone" in gaps
    assert "“as long as reasonably needed” names no period" in gaps
    assert "said in one language only" in gaps
    assert all(one["law"]["en"] and one["law"]["zh"] and one["write"]["en"] and one["write"]["zh"] for one in found)
