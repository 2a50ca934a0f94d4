"""Every item of a privacy notice, law by law: taken out of a whole text, alone, it is missed in both languages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import pytest

from dsr.core.policy import Policy
from dsr.core.text import Text
from dsr.engine.policyfile.loader import load
from dsr.engine.policytext import findings, items, reading
from dsr.engine.policytext.document import Block, Bullets, Cards, Document, Table
from dsr.engine.policytext.findings import Finding, Lack
from dsr.engine.policytext.items import Item
from dsr.engine.policytext.reading import Foreign
from dsr.engine.policytext.render import Format, known, page, written

ROOT = Path(__file__).parents[2]
EU, CHINA, CALIFORNIA, BRAZIL = {"gdpr", "uk"}, {"pipl"}, {"ccpa"}, {"lgpd"}
ASKED = {
    "N01": EU | CHINA | CALIFORNIA | BRAZIL,
    "N02": EU | CHINA | BRAZIL,
    "N03": EU | CHINA | CALIFORNIA | BRAZIL,
    "N04": EU,
    "N05": EU,
    "N06": EU | CHINA | CALIFORNIA,
    "N07": CHINA | BRAZIL,
    "N08": EU | CALIFORNIA,
    "N09": EU | CHINA | CALIFORNIA | BRAZIL,
    "N10": EU | CHINA | BRAZIL,
    "N11": EU | CHINA | CALIFORNIA | BRAZIL,
    "N12": CHINA,
    "N13": EU | CHINA | CALIFORNIA | BRAZIL,
    "N14": EU | CHINA | CALIFORNIA | BRAZIL,
    "N15": EU | CHINA | BRAZIL,
    "N16": EU | CHINA | BRAZIL,
    "N17": EU | CHINA | BRAZIL,
    "N18": EU | CHINA | CALIFORNIA | BRAZIL,
    "N19": EU | CHINA | CALIFORNIA | BRAZIL,
    "N20": EU | CHINA | CALIFORNIA | BRAZIL,
    "N21": CALIFORNIA,
    "N22": CHINA,
    "N23": EU | CHINA | CALIFORNIA | BRAZIL,
    "N24": EU | CHINA | CALIFORNIA | BRAZIL,
    "N25": EU | CHINA | CALIFORNIA,
    "N26": EU | CHINA,
}
REGIMES = ("gdpr", "uk", "pipl", "ccpa", "lgpd")


@lru_cache
def company() -> Policy:
    """The sample company under all five laws, with everything that each of them asks for."""
    policy = load(ROOT / "retention.yaml", {})
    rules = tuple(replace(one, basis=(*one.basis, *_brazil(dict(one.basis)))) for one in policy.rules)
    brazil = replace(policy.notice.authorities[0], regime="lgpd", name=Text("ANPD", "巴西数据保护局（ANPD）"))
    notice = replace(policy.notice, authorities=(*policy.notice.authorities, brazil))
    return replace(policy, controller=replace(policy.controller, regimes=REGIMES), rules=rules, notice=notice)


def _brazil(basis: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return (("lgpd", basis["gdpr"]),) if "gdpr" in basis else ()


@lru_cache
def whole() -> tuple[Document, ...]:
    return written(known(company()), "en", date(2026, 6, 26))


@lru_cache
def published() -> Foreign:
    return reading.foreign(page(known(company()), "en", Format.HTML, date(2026, 6, 26)))


def lacking(found: tuple[Finding, ...]) -> list[Finding]:
    return [one for one in found if one.lack is Lack.ITEM]


def test_the_laws_that_ask_for_an_item_are_those_of_the_table():
    assert {one.name: {law.regime for law in one.laws} for one in items.load().items} == ASKED


def test_the_whole_text_lacks_nothing_under_any_law():
    assert findings.of(company(), whole()) == ()
    assert lacking(findings.page(company(), published())) == []


def without(document: Document, places: tuple[str, ...]) -> Document:
    """The document without the blocks, points, rows, cards and lines at these places."""

    def gone(item: str) -> bool:
        return any(fnmatchcase(item, place) for place in places)

    def kept(block: Block) -> Iterator[Block]:
        match block:
            case Bullets(points):
                yield Bullets(tuple(one for one in points if not gone(one.item)))
            case Table(item, _, rows) if not gone(item):
                yield replace(block, rows=tuple(one for one in rows if not gone(one.item)))
            case Cards(cards):
                lines = (replace(c, lines=tuple(one for one in c.lines if not gone(one.item))) for c in cards)
                yield Cards(tuple(one for one in lines if not gone(one.item)))
            case Table():
                pass
            case _ if not gone(block.item):
                yield block

    sections = (replace(s, blocks=tuple(new for old in s.blocks for new in kept(old))) for s in document.sections)
    return replace(document, sections=tuple(one for one in sections if one.blocks))


@pytest.mark.parametrize("name", ASKED)
def test_each_item_taken_out_of_our_text_is_missed_in_both_languages(name: str):
    item = items.load().item(name)
    places = tuple(place.replace("{regime}", "*") for place in item.places)
    found = findings.of(company(), tuple(without(one, places) for one in whole()))
    mine = [one for one in lacking(found) if one.item == name]
    assert {one.language for one in mine} == {"en", "zh"}
    for one in mine:
        assert item.title.en in one.what.en
        assert item.title.zh in one.what.zh
        assert item.write.en in one.write.en
        assert item.write.zh in one.write.zh
        assert one.law == items.cited(item.laws_of(REGIMES))


def silenced(item: Item, language: str) -> tuple[str, ...]:
    """The published paragraphs without every line in which some part of the item is found, also across lines."""
    text = "\n".join(published().paragraphs(language))
    for part in item.parts:
        while found := getattr(part, language).search(text):
            start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
            text = text[:start] + (text[end + 1 :] if end >= 0 else "")
    return tuple(text.splitlines())


@pytest.mark.parametrize("name", ASKED)
def test_each_item_taken_out_of_somebody_else_s_page_is_missed_in_both_languages(name: str):
    item = items.load().item(name)
    read = Foreign(*(silenced(item, lang) for lang in items.BOTH))
    mine = [one for one in lacking(findings.page(company(), read)) if one.item == name]
    assert {one.language for one in mine} == {"en", "zh"}
    assert all("missing" in one.what.en and "缺失" in one.what.zh for one in mine)
    assert all(one.law == items.cited(item.laws_of(REGIMES)) for one in mine)


@pytest.mark.parametrize("regime", REGIMES)
def test_one_law_alone_asks_for_its_own_items_and_cites_nothing_else(regime: str):
    alone = replace(company(), controller=replace(company().controller, regimes=(regime,)))
    found = [one for one in lacking(findings.page(alone, Foreign((), ()))) if one.language]
    assert {one.item for one in found} == {name for name, asks in ASKED.items() if regime in asks}
    cites = {one.name: items.cited(one.laws_of((regime,))) for one in items.load().items}
    assert all(one.law == cites[one.item] for one in found)


def test_what_is_said_in_one_language_only_is_named_with_the_laws_that_want_both():
    english, chinese = whole()
    found = findings.of(company(), (english, without(chinese, ("rights.withdraw",))))
    (parity,) = (one for one in found if one.lack is Lack.PARITY)
    assert (parity.item, parity.law) == ("N27", items.cited(items.load().parity))
    assert {law.regime for law in items.load().parity} == set(REGIMES)


def test_a_law_without_its_own_line_is_named_alone():
    found = findings.of(company(), tuple(without(one, ("authority-lgpd",)) for one in whole()))
    assert {one.law.en for one in lacking(found)} == {"Art. 18 § 1 LGPD"}
    assert all("Brazil" in one.what.en and "巴西" in one.what.zh for one in lacking(found))


def test_nobody_is_asked_to_say_what_does_not_apply() -> None:
    """A shop without prompts, recipients, duties to keep and legitimate interests."""
    whole = company()
    plain = tuple(
        replace(one, basis=tuple((law, "contract") for law, _ in one.basis), duties=(), interest=None)
        for one in whole.rules
    )
    entries = tuple(
        replace(one, fields=tuple(field for field in one.fields if field.category != "content.prompt"))
        for one in whole.entries
    )
    bare = replace(whole, rules=plain, entries=entries, recipients=())
    bare = replace(bare, controller=replace(bare.controller, regimes=("gdpr", "pipl")))
    asked = {one.item for one in findings.own(bare) if one.lack is not Lack.PROMISE}
    assert not asked & {"N05", "N09", "N10", "N11", "N24", "N26"}, asked
    abroad = replace(bare, recipients=(replace(whole.recipients[0], country="US", safeguard=None),))
    assert "N10" in {one.item for one in findings.own(abroad)}
