"""What a page lacks: the company's original page as the test case, our own text, and texts that were broken once."""

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from policytext_sample import DELETION, RULES, duty, notice, policy, recipient

from dsr.core.errors import PolicyError
from dsr.core.periods import Period
from dsr.core.policy import Policy
from dsr.core.text import Text
from dsr.engine.policyfile.loader import load
from dsr.engine.policytext import findings, items, promises, reading
from dsr.engine.policytext.findings import Finding, Lack
from dsr.engine.policytext.items import BOTH
from dsr.engine.policytext.reading import Length
from dsr.engine.policytext.render import known, written

ROOT = Path(__file__).parents[2]
ORIGINAL = (Path(__file__).parent / "pages" / "original.txt").read_text(encoding="utf-8")
FULL, PART, NONE = "full", "part", "none"
# What a lawyer found on the original page, item by item: in English, in Chinese.
REVIEWED = {
    "N01": (PART, PART),
    "N02": (NONE, NONE),
    "N03": (FULL, NONE),
    "N04": (NONE, NONE),
    "N05": (NONE, NONE),
    "N06": (FULL, NONE),
    "N07": (PART, NONE),
    "N08": (NONE, NONE),
    "N09": (PART, NONE),
    "N10": (NONE, NONE),
    "N11": (NONE, NONE),
    "N12": (NONE, NONE),
    "N13": (PART, NONE),
    "N14": (PART, PART),
    "N15": (NONE, NONE),
    "N16": (NONE, NONE),
    "N17": (NONE, NONE),
    "N18": (NONE, NONE),
    "N19": (NONE, NONE),
    "N20": (NONE, NONE),
    "N21": (NONE, FULL),
    "N22": (FULL, NONE),
    "N23": (PART, NONE),
    "N24": (PART, NONE),
    "N25": (FULL, NONE),
    "N26": (PART, NONE),
}


@lru_cache
def company() -> Policy:
    return load(ROOT / "retention.yaml", {})


def of(found: tuple[Finding, ...], lack: Lack) -> list[Finding]:
    return [one for one in found if one.lack is lack]


def english(found: tuple[Finding, ...]) -> str:
    return "\n".join(one.what.en for one in found)


def test_the_original_page_lacks_what_a_lawyer_found():
    read = reading.foreign(ORIGINAL)
    judged = {}
    for item in items.load().items:
        hits = {one: [part.found(one, "\n".join(read.paragraphs(one))) for part in item.parts] for one in BOTH}
        judged[item.name] = tuple(FULL if all(hits[one]) else PART if any(hits[one]) else NONE for one in BOTH)
    assert judged == REVIEWED


def test_the_original_page_is_refused_with_law_and_place():
    found = findings.page(company(), reading.foreign(ORIGINAL))
    (missing,) = (one for one in found if one.item == "N15" and one.language == "zh")
    assert missing.what == Text(
        "Withdrawing consent: missing in Chinese; say how to withdraw consent",
        "撤回同意：中文文本缺失；应说明如何撤回同意",
    )
    assert "Art. 13(2)(c) GDPR" in missing.law.en
    assert missing.write.en == "Write it in templates/policy, rights.withdraw"
    vague = [one.what.en for one in of(found, Lack.VAGUE)]
    assert any("as long as reasonably needed" in one for one in vague)
    assert any("需要保留必要" in one for one in vague)
    (parity,) = of(found, Lack.PARITY)
    assert "N03" in parity.what.en
    assert "N21" in parity.what.en
    assert "N02" not in parity.what.en


def test_only_enabled_laws_ask():
    china = replace(company(), controller=replace(company().controller, regimes=("pipl",)))
    found = findings.page(china, reading.foreign(ORIGINAL))
    assert all("GDPR" not in one.law.en for one in of(found, Lack.ITEM))
    assert not any(one.item == "N21" for one in of(found, Lack.ITEM))
    assert any(one.item == "N12" for one in of(found, Lack.ITEM))


def test_our_own_text_lacks_nothing():
    assert findings.own(company()) == ()


def test_our_own_text_read_as_somebody_else_s_lacks_nothing():
    from datetime import date

    from dsr.engine.policytext.render import Format, render

    texts = [render(company(), one, Format.HTML, as_of=date(2026, 6, 26)) for one in BOTH]
    found = findings.page(company(), reading.foreign(texts[0]))
    assert [one for one in found if one.lack in (Lack.ITEM, Lack.PARITY, Lack.VAGUE)] == []


@pytest.mark.parametrize(
    ("change", "item"),
    [
        ({"notice": {"address": None}}, "N01"),
        ({"notice": {"officer": None}}, "N02"),
        ({"notice": {"authorities": ()}}, "N16"),
        ({"notice": {"automated": None}}, "N18"),
        ({"notice": {"sensitive": None}}, "N19"),
        ({"notice": {"minors": None}}, "N20"),
        ({"notice": {"measures": ()}}, "N22"),
        ({"notice": {"versions": ()}}, "N23"),
    ],
)
def test_what_is_taken_out_of_the_file_is_missed_in_both_languages(change: dict, item: str):
    lesser = replace(company(), notice=replace(company().notice, **change["notice"]))
    found = [one for one in findings.own(lesser) if one.item == item]
    assert {one.language for one in found} == {"en", "zh"}
    assert all(one.law.en and one.write.en.startswith("Write it in retention.yaml") for one in found)


def test_an_authority_is_missed_for_each_law_that_has_none():
    kept = tuple(one for one in company().notice.authorities if one.regime != "pipl")
    lesser = replace(company(), notice=replace(company().notice, authorities=kept))
    assert {one.item for one in findings.own(lesser)} == {"N16"}


def test_interests_sources_methods_and_safeguards_are_missed():
    rules = tuple(replace(one, interest=None, sources=()) for one in company().rules)
    parties = tuple(replace(one, methods=(), safeguard=None) for one in company().recipients)
    found = {one.item for one in findings.own(replace(company(), rules=rules, recipients=parties))}
    assert {"N05", "N08", "N09", "N10"} - found == {"N08"}  # "source" stands in the head of the table


def test_a_period_that_the_file_does_not_have_is_refused():
    wordy = replace(company().rules[0], starts=Text("the account has been closed for 46 days", "账户注销满四十六天"))
    found = of(findings.own(replace(company(), rules=(wordy, *company().rules[1:]))), Lack.PERIOD)
    assert "“46 days” is a period that the policy file does not have" in english(tuple(found))
    assert any("四十六天" in one.what.zh for one in found)


def test_a_vague_period_in_the_file_is_refused():
    wordy = replace(company().rules[0], starts=Text("it is no longer used, kept as needed", "不再使用，视需要保存"))
    found = of(findings.own(replace(company(), rules=(wordy, *company().rules[1:]))), Lack.VAGUE)
    assert {one.language for one in found} == {"en", "zh"}


def test_other_numbers_in_the_other_language_are_refused():
    other = replace(company().rules[0], title=Text("Account details, level 2", "账户资料，第3级"))
    (found, *_) = of(findings.own(replace(company(), rules=(other, *company().rules[1:]))), Lack.PARITY)
    assert "different numbers" in found.what.en


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "kept for 30 days", [Length(0, 30)]),
        ("en", "not less than six months or a 2-year term", [Length(6, 0), Length(24, 0)]),
        ("en", "within 10 business days and two weeks", [Length(0, 10), Length(0, 14)]),
        ("en", "on June 26, 2026, Art. 29, one of several people", []),
        ("zh", "保存 30 天，不少于六个月，三年", [Length(0, 30), Length(6, 0), Length(36, 0)]),
        ("zh", "10 个工作日内，十五日，二十一天，两周", [Length(0, 10), Length(0, 15), Length(0, 21), Length(0, 14)]),
        ("zh", "2026年6月26日，6月26日，第29条，（2016年），未满 14 周岁", []),
    ],
)
def test_periods_are_read_out_of_sentences(language: str, text: str, expected: list[Length]):
    assert [one.length for one in reading.periods(language, text)] == expected


def test_a_period_may_be_stated_as_a_whole_or_in_parts():
    assert set(reading.lengths(Period.parse("P1Y6M"))) == {Length(18, 0), Length(12, 0), Length(6, 0)}


def test_pages_are_taken_apart_by_language():
    source = "<html><head><style>a b</style></head><body><p>We keep it.<p>我们保存。<p>Privacy Policy / 隐私政策"
    page = reading.foreign(source)
    assert page.en == ("We keep it.", "Privacy Policy / 隐私政策")
    assert page.zh == ("我们保存。", "Privacy Policy / 隐私政策")


def test_every_promise_of_the_company_is_kept():
    document = written(known(company()), "en", notice().versions[0].day)[0]
    assert list(promises.findings(company(), document)) == []
    assert all(one.holds for one in promises.made(company(), document))
    assert len(promises.made(company(), document)) == len(promises.load().promises)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"deletion": replace(DELETION, copies=Period.parse("P1D"))}, "Deletion runs often enough"),
        ({"notice": replace(notice(), measures=())}, "Accounts and records are protected"),
        ({"recipients": (recipient(country="US"),)}, "Data that goes abroad is protected"),
    ],
)
def test_a_promise_whose_control_fails_is_named(given: dict, said: str):
    slow = {"deletion": DELETION, "recipients": (recipient(lag=Period.parse("P30D"), safeguard=Text("x", "甲")),)}
    base = policy(**({"notice": notice()} | slow | given))
    document = written(known(base), "en", notice().versions[0].day)[0]
    assert any(said in one.what.en for one in promises.findings(base, document))


def test_lag_and_backups_follow_one_another_and_must_fit_into_the_promise():
    zone = "Asia/Shanghai"
    assert promises.fits(Period.parse("P65D"), Period.parse("P65D"), zone)
    assert not promises.fits(Period.parse("P66D"), Period.parse("P65D"), zone)
    assert not promises.fits(Period.parse("P1M"), Period.parse("P30D"), zone)
    assert promises.tail(company()) == Period.parse("P65D")


def test_a_sentence_without_a_control_is_named(tmp_path: Path):
    path = tmp_path / "promises.yaml"
    shipped = (ROOT / "policies" / "promises.yaml").read_text(encoding="utf-8")
    path.write_text(shipped.replace("items: 'use.aggregate'", "items: 'use.totals'"), encoding="utf-8")
    document = written(known(company()), "en", notice().versions[0].day)[0]
    (found,) = promises.findings(company(), document, promises.load(path))
    assert found.what.en == "the sentence use.aggregate is mapped to no control"


def test_files_of_items_and_promises_are_read_strictly(tmp_path: Path):
    path = tmp_path / "x.yaml"
    path.write_text(
        (ROOT / "policies" / "notice.yaml").read_text("utf-8").replace("'\\bcourt\\b'", "'(court'"), "utf-8"
    )
    with pytest.raises(PolicyError, match="not a regular expression"):
        items.load(path)
    path.write_text(
        (ROOT / "policies" / "promises.yaml").read_text("utf-8").replace("control: totals", "control: t"), "utf-8"
    )
    with pytest.raises(PolicyError, match=r"controls\.t\.en is missing"):
        promises.load(path)


def test_every_citation_has_a_day_and_every_item_of_our_text_exists():
    for item in items.load().items:
        assert item.laws, item.name
        assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", law.verified_on) for law in item.laws)
    names = [item.name for item in items.load().items]
    assert names == [f"N{number:02}" for number in range(1, 27)]


def test_a_duty_of_six_months_allows_its_law_to_be_named_in_words():
    logs = replace(RULES[0], duties=(duty(Period.parse("P6M"), cite=Text("not less than six months", "不少于六个月")),))
    changed = policy(rules=(logs, *RULES[1:]), notice=notice(), deletion=DELETION)
    assert [one.what.en for one in of(findings.own(changed), Lack.PERIOD)] == []


def test_a_company_outside_a_law_s_countries_names_a_representative_there():
    """Art. 27 GDPR and UK GDPR, Art. 53 PIPL."""

    def lacking(country: str, regimes: tuple[str, ...], named: tuple[str, ...]) -> list[str]:
        kept = tuple(one for one in company().notice.representatives if one.regime in named)
        controller = replace(company().controller, country=country, regimes=regimes)
        changed = replace(company(), controller=controller, notice=replace(company().notice, representatives=kept))
        return [one.law.en for one in findings.own(changed) if "representative" in one.what.en]

    assert lacking("CN", ("gdpr", "uk", "pipl"), ()) == ["Art. 27 GDPR", "Art. 27 UK GDPR"]
    assert lacking("CN", ("gdpr", "uk", "pipl"), ("uk",)) == ["Art. 27 GDPR"]
    assert lacking("DE", ("gdpr", "pipl"), ()) == ["Art. 53 PIPL"]
    assert lacking("GB", ("uk",), ()) == []
    assert lacking("NO", ("gdpr", "ccpa"), ()) == []


def test_brazilian_law_asks_for_its_own_items():
    asked = {item.name for item in items.load().items if item.laws_of(("lgpd",))}
    assert {"N01", "N03", "N07", "N09", "N11", "N13", "N14", "N15", "N16", "N17"} <= asked
    rules = tuple(
        replace(rule, basis=(("lgpd", dict(rule.basis).get("gdpr", "contract")),)) for rule in company().rules
    )
    controller = replace(company().controller, country="BR", regimes=("lgpd",))
    brazil = replace(company(), controller=controller, rules=rules)
    assert {one.law.en for one in findings.own(brazil) if one.item == "N16"} == {"Art. 18 § 1 LGPD"}  # no ANPD named
    page = findings.page(brazil, reading.foreign(ORIGINAL))
    assert all("LGPD" in one.law.en and "GDPR;" not in one.law.en for one in of(page, Lack.ITEM))


def test_a_period_counted_from_no_event_is_refused_and_its_rule_named():
    """It begins when somebody finds that it does: thirty days after "no longer needed" is no period."""
    wordy = replace(company().rules[0], starts=Text("they are no longer needed", "不再需要时"))
    found = of(findings.own(replace(company(), rules=(wordy, *company().rules[1:]))), Lack.VAGUE)
    assert {one.language for one in found} == {"en", "zh"}
    said = "Account details: “no longer needed” is no event from which a period can be counted"
    assert said in {one.what.en for one in found}
    assert all("rules: account: starts" in one.write.zh for one in found if "不是" in one.what.zh)


def test_a_recipient_abroad_without_a_safeguard_is_named():
    first, *rest = company().recipients
    bare = replace(company(), recipients=(replace(first, safeguard=None), *rest))
    (found,) = promises.findings(bare, written(known(bare), "en", notice().versions[0].day)[0])
    assert found.write.en.startswith("Creem: ")
    assert found.write.zh.startswith("Creem：")
