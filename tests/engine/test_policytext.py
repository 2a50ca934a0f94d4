import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from policytext_sample import (
    ADDRESSES,
    AS_OF,
    DELETION,
    ENTRIES,
    FAILURES,
    RULES,
    USERS,
    duty,
    entry,
    field,
    notice,
    policy,
    recipient,
    rule,
)

from dsr.core.errors import PolicyError, UsageError
from dsr.core.periods import From, Period
from dsr.core.policy import Code, End
from dsr.core.select import NOTHING
from dsr.core.text import Text
from dsr.engine.policytext import prose
from dsr.engine.policytext.check import problems
from dsr.engine.policytext.facts import facts
from dsr.engine.policytext.periods import in_words
from dsr.engine.policytext.render import Doubts, Format, render

VAGUE = (
    *(
        "as needed",
        "as long as",
        "reasonably",
        "from time to time",
        "as required",
        "when necessary",
        "where appropriate",
    ),
    *("必要的期限", "合理期限", "合理必要", "视需要", "适当时"),
)


def text(language: str = "en", form: Format = Format.MD, **given) -> str:
    return render(policy(**given), language, form, as_of=AS_OF)


class Page(HTMLParser):
    """Reads the items of a page, each with its own words, and everything that a browser would fetch or run."""

    VOID = frozenset({"meta", "br", "link", "img", "input"})

    def __init__(self, source: str) -> None:
        """Items are those of the language that stands first; a page holds the others below it."""
        super().__init__()
        self.languages: list[str] = []
        self.items: dict[str, str] = {}
        self.order: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.style = ""
        self._open: list[tuple[str, str | None]] = []
        self.feed(source)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if given.get("id"):
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        if given.get("data-language"):
            self.languages.append(given["data-language"])
        item = given.get("data-item") if len(self.languages) == 1 else None
        if item is not None:
            self.order.append(item)
            self.items[item] = ""
        if tag not in self.VOID:
            self._open.append((tag, item))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        if self._open and self._open[-1][0] == "style":
            self.style += data
        holder = next((item for _, item in reversed(self._open) if item is not None), None)
        if holder is not None:
            self.items[holder] += data


def items_of_markdown(source: str) -> dict[str, str]:
    found = re.split(r'<a id="([^"]+)"></a>', source)
    return dict(zip(found[1::2], found[2::2], strict=True))


def numbers(words: str) -> list[str]:
    return sorted(re.findall(r"\d+", words))


@pytest.mark.parametrize(
    ("iso", "start", "en", "zh"),
    [
        ("P30D", From.EVENT, "30 days", "30 天"),
        ("P1D", From.EVENT, "1 day", "1 天"),
        ("P6M", From.EVENT, "6 months", "6 个月"),
        ("P2W", From.EVENT, "14 days", "14 天"),
        ("P1Y", From.EVENT, "1 year", "1 年"),
        ("P1Y6M", From.EVENT, "1 year and 6 months", "1 年 6 个月"),
        ("P1Y6M10D", From.EVENT, "1 year, 6 months and 10 days", "1 年 6 个月 10 天"),
        ("P0D", From.EVENT, "not kept", "不保存"),
        ("P10Y", From.YEAR_END, "10 years from the end of the calendar year", "自当年年末起 10 年"),
        ("P0D", From.YEAR_END, "until the end of the calendar year", "至当年年末"),
    ],
)
def test_periods_are_written_in_words(iso: str, start: From, en: str, zh: str):
    assert in_words(Period.parse(iso, start)) == Text(en, zh)


def test_no_period_is_kept_until_asked():
    assert in_words(None) == Text("until you ask us to delete it", "直至您请求删除")


def test_both_languages_have_the_same_items_in_the_same_order_with_the_same_numbers():
    english, chinese = Page(text("en", Format.HTML)), Page(text("zh", Format.HTML))
    assert english.order == chinese.order
    assert len(english.order) > 100
    for item in english.order:
        assert numbers(english.items[item]) == numbers(chinese.items[item]), item


def test_markdown_and_html_have_the_same_items():
    for language in ("en", "zh"):
        markdown = list(items_of_markdown(text(language)))
        assert markdown == Page(text(language, Format.HTML)).order


def test_markdown_has_the_same_numbers_in_both_languages():
    english, chinese = items_of_markdown(text("en")), items_of_markdown(text("zh"))
    assert {item: numbers(words) for item, words in english.items()} == {
        item: numbers(words) for item, words in chinese.items()
    }


def test_every_rule_recipient_and_period_of_the_file_stands_in_the_text():
    found = facts(policy())
    for language in ("en", "zh"):
        made = items_of_markdown(text(language))
        for one in found.rules:
            assert one.title.in_(language) in made[f"keep-{one.name}"]
            assert one.at_most.in_(language) in made[f"rule-{one.name}.at_most"]
            for category in one.categories:
                assert category.text.in_(language).lower() in made[f"collect-{one.name}"].lower()
            for one_duty in one.duties:
                assert one_duty.cite.in_(language) in made[f"rule-{one.name}.at_least"]
                assert one_duty.period.in_(language) in made[f"except-{one_duty.code.value}.kept"]
        for one in found.recipients:
            item = f"recipient-{one.name.lower().replace(' ', '-')}"
            assert one.country.text.in_(language) in made[f"{item}.location"]
            assert one.contact in made[f"{item}.contact"]


def test_exactly_the_five_codes_are_exceptions_to_deletion():
    found = facts(policy())
    assert [one.code.name for one in found.exceptions] == [code.value for code in Code]
    cards = [item for item in items_of_markdown(text()) if re.fullmatch(r"except-[a-z]+", item)]
    assert cards == [f"except-{code.value}" for code in Code]


def test_a_code_that_keeps_nothing_says_so():
    made = items_of_markdown(text())
    assert "No records are kept for this reason at present." in made["except-dispute.kept"]


def test_a_duty_that_applies_to_some_records_says_so():
    assert "5 years for some of these records" in items_of_markdown(text())["rule-invoice.at_least"]


def test_a_duty_that_outlasts_the_limit_goes_before_it():
    short = replace(RULES[1], keep_at_most=Period.parse("P1Y"), duties=(duty(Period.parse("P1Y", From.YEAR_END)),))
    assert (
        "goes before the limit" in items_of_markdown(text(rules=(RULES[0], short, *RULES[2:])))["rule-invoice.at_least"]
    )
    assert "goes before the limit" not in text()


def test_a_duty_that_can_never_apply_is_not_published():
    never = rule("log", Text("Logs", "日志"), duties=(duty(Period.parse("P7Y"), Code.SECURITY, when=NOTHING),))
    made = text(rules=(*RULES, never), entries=(*ENTRIES, entry(USERS, "log", number=1)))
    assert "7 years" not in made


def test_a_field_is_named_under_the_rule_it_follows():
    found = {one.name: [category.name for category in one.categories] for one in facts(policy()).rules}
    assert found["invoice"] == ["invoice.number"]
    assert "name.nickname" in found["account"]


def test_parts_are_named_under_the_rule_of_their_parent():
    found = {one.name: [category.name for category in one.categories] for one in facts(policy()).rules}
    assert found["order"] == ["content.text", "order.item"]


def test_records_that_may_belong_to_several_people_are_named_as_such():
    made = items_of_markdown(text())
    assert "not deleted at the request of one" in made["rule-address.note"]
    assert "Addresses" in made["except.shared"]


def test_rules_that_a_request_leaves_are_named_among_the_exceptions():
    assert "Addresses" in items_of_markdown(text())["except.by_rule"]


def test_records_without_a_date_of_their_own_are_named_as_such():
    undated = tuple(replace(one, start=None) if one.place == FAILURES else one for one in ENTRIES)
    made = items_of_markdown(text(entries=undated))
    assert "carry no date of their own" in made["rule-prompt.note"]
    assert "rule-account.note" not in made


def test_what_must_not_exist_has_neither_purpose_nor_basis():
    made = items_of_markdown(text())
    assert "must not be stored" in made["rule-secret.at_most"]
    assert "rule-secret.basis" not in made
    assert "Secrets" not in made["use-provide_service"]


def test_the_uk_follows_the_bases_of_the_gdpr():
    made = items_of_markdown(text())["rule-invoice.basis"]
    assert "Art. 6(1)(c) GDPR" in made
    assert "Art. 6(1)(c) UK GDPR" in made
    assert "Art. 13(1), item 3 PIPL" in made


def test_rights_are_those_of_the_enabled_laws():
    only_china = replace(policy().controller, regimes=("pipl",))
    made = items_of_markdown(text(controller=only_china))
    assert "Art. 47 PIPL" in made["right-erasure"]
    assert "GDPR" not in made["right-erasure"]
    assert "right-opt_out" not in made
    assert "answer-ccpa" not in made


def test_the_promise_not_to_sell_stands_in_both_languages():
    assert "We do not sell personal data" in text("en")
    assert "我们不出售个人信息，也不会为了出售个人信息而收集这些内容。" in text("zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_period_is_vague(language: str):
    made = text(language).lower()
    assert [word for word in VAGUE if word in made] == []


def test_a_company_without_prompts_or_recipients_says_nothing_about_them():
    plain = tuple(one for one in RULES if one.name != "prompt")
    made = text(rules=plain, entries=tuple(one for one in ENTRIES if one.rule != "prompt"), recipients=())
    assert "prompts" not in made
    assert "We pass personal data on to no other company." in made
    assert re.findall(r"^## (\d+)\.", made, re.M) == [str(number) for number in range(1, 11)]


def test_rendering_is_deterministic_and_carries_date_and_version():
    first, second = text("en", Format.HTML), text("en", Format.HTML)
    assert first == second
    assert "June 26, 2026" in first
    assert "2026年6月26日" in text("zh")
    assert "0123456789ab" in first
    assert "0123456789abc" not in first


def test_the_page_loads_and_runs_nothing():
    source = text("en", Format.HTML)
    page = Page(source)
    assert {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form"} == set()
    assert not any(name.startswith("on") or name == "style" for _, given in page.tags for name in given)
    policy_line = next(given["content"] for _, given in page.tags if given.get("http-equiv"))
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy_line == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_page_speaks_its_language_and_every_anchor_is_there_once():
    for language, named in (("en", "en"), ("zh", "zh-Hans")):
        page = Page(text(language, Format.HTML))
        assert page.tags[0] == ("html", {"lang": named})
        assert len(page.ids) == len(set(page.ids))
        inner = [link[1:] for link in page.links if link.startswith("#")]
        assert inner
        assert set(inner) <= set(page.ids)


HOSTILE = "{{ 7 * 7 }}<script>alert(1)</script>\x1b[31m\n# x | [a](javascript:b) `c` *d* __e__ &amp;"


def hostile():
    controller = replace(policy().controller, name=Text(HOSTILE, HOSTILE), contact=HOSTILE)
    return policy(
        controller=controller,
        rules=(replace(RULES[0], title=Text(HOSTILE, HOSTILE)), *RULES[1:]),
        recipients=(recipient(HOSTILE, contact=HOSTILE), recipient(HOSTILE), recipient("中文名称")),
    )


def test_values_are_never_markup_or_template_in_html():
    page = Page(render(hostile(), "en", Format.HTML, as_of=AS_OF))
    assert "script" not in {tag for tag, _ in page.tags}
    assert "49" not in page.items["who.controller"]
    assert "{{ 7 * 7 }}<script>alert(1)</script>" in page.items["who.controller"]
    assert all(link.startswith(("#", "mailto:", "https://")) for link in page.links)
    assert len(page.ids) == len(set(page.ids))


def test_values_are_never_markup_or_template_in_markdown():
    made = render(hostile(), "zh", Format.MD, as_of=AS_OF)
    assert "<script" not in made.replace("\\<", "")
    assert "\x1b" not in made
    assert "\n# x" not in made
    assert "](" not in made.replace("\\](", "")
    assert "{{ 7 \\* 7 }}" in made


def test_a_table_keeps_its_columns_whatever_the_words():
    made = render(hostile(), "en", Format.MD, as_of=AS_OF)
    row = next(line for line in made.splitlines() if "keep-account" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"rules": (replace(RULES[0], purposes=("flying",)), *RULES[1:])},
            'retention.yaml:20: policies/glossary.yaml: no words for "flying" under purposes:',
        ),
        (
            {"rules": (replace(RULES[0], purposes=()), *RULES[1:])},
            'retention.yaml:20: rule "account" states no purpose',
        ),
        (
            {"rules": (replace(RULES[0], title=Text("Account", " ")), *RULES[1:])},
            'retention.yaml:20: rule "account": the title has no words in zh',
        ),
        (
            {"rules": (replace(RULES[0], starts=None), *RULES[1:])},
            'rule "account" has a period but no words for its start',
        ),
        (
            {"rules": (replace(RULES[0], basis=(("gdpr", "contract"),)), *RULES[1:])},
            'rule "account" names no legal basis for pipl',
        ),
        (
            {"rules": (replace(RULES[0], basis=(("gdpr", "contract"), ("pipl", "legitimate_interest"))), *RULES[1:])},
            "rests on legitimate_interest, which pipl does not know",
        ),
        (
            {"rules": (replace(RULES[0], keep_at_most=None, on_erasure=End.RETAIN), *RULES[1:])},
            'rule "account" never ends',
        ),
        ({"rules": (*RULES, rule("idle", Text("Idle", "闲置")))}, 'rule "idle" is used by no collection'),
        (
            {
                "rules": (
                    RULES[0],
                    replace(RULES[1], duties=(duty(Period.parse("P1Y"), cite=Text("Act", "")),)),
                    *RULES[2:],
                )
            },
            'retention.yaml:30: rule "invoice": `cite:` has no words in zh',
        ),
        (
            {"entries": (entry(USERS, "account", field("x", "contact.fax")), *ENTRIES[1:])},
            'retention.yaml:60: policies/glossary.yaml: no words for "contact.fax" under categories:',
        ),
        (
            {"entries": tuple(replace(one, start=None) if one.place == ADDRESSES else one for one in ENTRIES)},
            "app.addresses never ends",
        ),
        ({"recipients": (recipient(country=""),)}, 'retention.yaml:90: recipient "Creem" has no country'),
        ({"recipients": (recipient(country="XX"),)}, 'no words for "XX" under countries:'),
        ({"recipients": (recipient(role="friend"),)}, 'no words for "friend" under roles:'),
        ({"recipients": (recipient(purpose=Text("pay", "")),)}, 'recipient "Creem": the purpose has no words in zh'),
        ({"recipients": (recipient(contact=""),)}, 'recipient "Creem" has no contact'),
        ({"recipients": (recipient(categories=()),)}, 'recipient "Creem" has no categories'),
        ({"controller": replace(policy().controller, regimes=("gdpr", "mars"))}, 'no words for "mars" under regimes:'),
        ({"controller": replace(policy().controller, contact=" ")}, "the controller has no contact"),
    ],
)
def test_what_keeps_the_text_from_being_written_is_named_with_its_place(given, said: str):
    changed = policy(**given)
    (found,) = (problem for problem in problems(changed) if said in problem)
    with pytest.raises(PolicyError) as caught:
        render(changed, "en", Format.MD, as_of=AS_OF)
    assert found in caught.value.problems


def test_the_sample_has_no_problems():
    assert problems(policy()) == ()


def test_what_must_not_exist_needs_no_collection():
    assert not any("secret" in problem for problem in problems(policy()))


def test_a_language_that_is_not_written_is_refused():
    with pytest.raises(UsageError, match="en, zh"):
        text("fr")


def test_a_sentence_missing_in_one_language_is_refused_with_its_name(tmp_path):
    for language, words in (("en", "page:\n  title: A\n  lead: B\n"), ("zh", "page:\n  title: 甲\n")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "words.yaml").write_text(words, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"templates/policy/zh/words\.yaml: page\.lead is missing"):
        prose.load("en", tmp_path)


def test_a_sentence_that_asks_for_an_unknown_value_is_refused(tmp_path):
    for language in ("en", "zh"):
        (tmp_path / language).mkdir()
        (tmp_path / language / "words.yaml").write_text("a: '{{ name }}'\nb: '{{ x.__class__ }}'\n", encoding="utf-8")
    said = prose.load("en", tmp_path)
    assert said.say("a", name="{{ 1 }}") == "{{ 1 }}"
    with pytest.raises(PolicyError, match=r"a cannot be written \(UndefinedError\)"):
        said.say("a")
    with pytest.raises(PolicyError, match=r"b cannot be written \(SecurityError\)"):
        said.say("b", x="y")


def test_every_sentence_of_the_files_is_used(monkeypatch):
    """A sentence that no text uses is one that a lawyer edits in vain."""
    used, real = set(), prose.Prose.say

    def listening(self, name, /, **values):
        used.add(name)
        return real(self, name, **values)

    monkeypatch.setattr(prose.Prose, "say", listening)
    unlinked = tuple(replace(one, fields=()) if one.rule == "account" else one for one in ENTRIES)
    bases = replace(RULES[0], basis=(*RULES[0].basis, ("ccpa", "contract")), interest=Text("order", "秩序"))
    outlasted = replace(RULES[1], keep_at_most=Period.parse("P1Y"))
    longer = replace(RULES[4], keep_at_most=Period.parse("P0D", From.YEAR_END))
    undated = tuple(replace(one, start=None) if one.place == FAILURES else one for one in unlinked)
    without_lent = tuple(
        replace(one, fields=tuple(f for f in one.fields if f.rule is None)) if one.fields else one for one in undated
    )
    idle = replace(RULES[4], name="idle", starts=None, keep_at_most=Period.parse("P0D"), must_not_exist=True)
    several = policy(rules=(bases, outlasted, *RULES[2:4], longer, RULES[5], idle), entries=without_lent, recipients=())
    noticed = notice()
    doubts = Doubts(frozenset({"account"}), withheld=False)
    render(policy(notice=noticed, deletion=DELETION), "en", Format.TXT, as_of=AS_OF, doubts=doubts)
    render(several, "en", Format.TXT, as_of=AS_OF, doubts=replace(doubts, withheld=True))
    none = replace(noticed, automated=(), sensitive=())
    given = {"lag": Period.parse("P7D"), "safeguard": Text("contract", "合同"), "methods": ("stores",)}
    abroad = (recipient(categories=("content.prompt",), **given),)
    render(policy(notice=none, recipients=abroad), "en", Format.TXT, as_of=AS_OF)
    in_words(Period.parse("P0D"))
    assert set(prose.load("en")._sentences) - used == set()


def test_what_the_notice_says_stands_in_the_text():
    made = {one: items_of_markdown(text(one, notice=notice(), deletion=DELETION)) for one in ("en", "zh")}
    for language, items in made.items():
        for item, words in (
            ("who.address", Text("1 Sample Street", "样例路1号")),
            ("who.officer", Text("Data Officer", "数据负责人")),
            ("representative-gdpr", Text("EU Friends", "欧盟之友")),
            ("authority-pipl", Text("Cyberspace office", "网信办")),
            ("automated-abuse.review", Text("by staff", "人工")),
            ("sensitive-birth.why", Text("age check", "核验年龄")),
            ("children.minors", Text("no children", "不面向儿童")),
            ("measure-encryption", Text("encrypted", "加密")),
            ("except.balance", Text("refunded", "退回")),
            ("version-2", Text("shorter periods", "缩短期限")),
            ("keep.runs", Text("at least every day", "至少每天")),
        ):
            assert words.in_(language) in items[item], item
        assert "33" in items["keep.runs"]


def test_the_newest_version_dates_the_text():
    made = text(notice=notice())
    assert "March 4, 2026" in made
    assert "April 5, 2026" in made
    assert "June 26, 2026" not in made


def test_a_law_that_is_not_enabled_names_no_representative():
    only_china = replace(policy().controller, regimes=("pipl",))
    made = items_of_markdown(text(controller=only_china, notice=notice()))
    assert "representative-gdpr" not in made
    assert "authority-pipl" in made


def test_an_unproven_period_is_marked_or_withheld():
    marked = render(policy(), "en", Format.MD, as_of=AS_OF, doubts=Doubts(frozenset({"account"}), withheld=False))
    assert "30 days (not proven at present)" in items_of_markdown(marked)["keep-account"]
    withheld = render(policy(), "zh", Format.MD, as_of=AS_OF, doubts=Doubts(frozenset({"account"}), withheld=True))
    assert "30 天" not in withheld


def test_plain_text_and_json_say_what_markdown_says():
    plain, document = text(form=Format.TXT), json.loads(text(form=Format.JSON))
    assert list(document["languages"]) == ["en", "zh"]
    sections = document["languages"]["en"]["sections"]
    assert [section["title"] for section in sections] == re.findall(r"^\d+\. (.*)$", plain, re.M)
    assert "<" not in plain


def test_the_page_holds_both_languages_and_a_switch():
    page = Page(text("zh", Format.HTML))
    assert page.languages == ["zh", "en"]
    chosen = [given for tag, given in page.tags if tag == "input"]
    assert [("checked" in given, given["id"]) for given in chosen] == [(True, "tongue-zh"), (False, "tongue-en")]
    assert "body:has(#tongue-zh:checked) .doc:not(.doc-zh) { display: none; }" in page.style
