"""What a page lacks: items that a law asks for, periods that the file does not have, vague words, unequal languages."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fnmatch import fnmatchcase

from dsr.core.policy import Policy
from dsr.core.text import Text
from dsr.engine import glossary as words
from dsr.engine.glossary import Group
from dsr.engine.policytext import items as notice
from dsr.engine.policytext import reading
from dsr.engine.policytext.document import Document
from dsr.engine.policytext.items import BOTH, Item, Items, Law, Sought, cited
from dsr.engine.policytext.reading import Foreign, Length
from dsr.engine.policytext.render import known, texts, written

_LANGUAGES = {"en": Text("English", "英文"), "zh": Text("Chinese", "中文")}
_PARITY = "N27"
_PERIODS = "N11"
_REPRESENTATIVE = "N02"


class Lack(Enum):
    """What kind of finding it is."""

    ITEM = "item"
    VAGUE = "vague"
    PERIOD = "period"
    PARITY = "parity"
    PROMISE = "promise"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to correct, for a lawyer: what is lacking, which law asks for it, where to write it."""

    lack: Lack
    item: str
    language: str
    what: Text
    law: Text
    write: Text


def own(policy: Policy) -> tuple[Finding, ...]:
    """What our own text lacks. The policy has no problems: they would keep the text from being written."""
    return of(policy, written(known(policy), "en", date.min))


def of(policy: Policy, made: Iterable[Document]) -> tuple[Finding, ...]:
    """What these documents lack, written from that policy."""
    known_items, regimes = notice.load(), policy.controller.regimes
    documents = {one.language: one for one in made}
    held = _held(policy)
    spoken = {language: _spoken(documents[language]) for language in BOTH if language in documents}
    found: list[Finding] = []
    for item in known_items.items:
        found += _of_places(item, item.parts_of(held), regimes, spoken)
    found += _unrepresented(policy, known_items, {one.regime for one in policy.notice.representatives})
    allowed, law = frozenset(_allowed(policy, known_items)), cited(known_items.item(_PERIODS).laws_of(regimes))
    found += _begun_vaguely(policy, known_items, law)
    for language, places in spoken.items():
        for place, said in places.items():
            if not place.startswith("version-"):  # the list of changes names what was
                found += _vague(known_items, law, language, place, said)
                found += _unknown_periods(law, language, place, said, allowed)
    return (*found, *_unequal(documents, cited(known_items.alike(regimes))))


def page(policy: Policy, read: Foreign) -> tuple[Finding, ...]:
    """What a page that somebody else wrote lacks, held against the laws and periods of our file."""
    known_items, regimes = notice.load(), policy.controller.regimes
    languages = tuple(one for one in BOTH if one in policy.controller.languages)
    whole = {language: "\n".join(read.paragraphs(language)) for language in languages}
    found: list[Finding] = []
    held = _held(policy)
    one_sided: list[str] = []
    for item in known_items.items:
        parts = item.parts_of(held)
        lacking = {one: tuple(p for p in parts if not p.found(one, whole[one])) for one in languages}
        for language in languages:
            found += _of_parts(item, regimes, language, lacking[language], parts)
        if len({gone == () for gone in lacking.values()}) > 1:
            one_sided.append(item.name)
    allowed, law = frozenset(_allowed(policy, known_items)), cited(known_items.item(_PERIODS).laws_of(regimes))
    for language in languages:
        for paragraph in read.paragraphs(language):
            for sentence in reading.sentences(language, paragraph):
                found += _vague(known_items, law, language, "", sentence)
                found += _unknown_periods(law, language, "", sentence, allowed)
    if not any(known_items.seated(one, whole[one]) for one in languages):
        found += _unrepresented(policy, known_items, ())
    if one_sided:
        found.append(_one_sided(tuple(one_sided), cited(known_items.alike(regimes))))
    return tuple(found)


def _unrepresented(policy: Policy, known_items: Items, named: Collection[str]) -> Iterator[Finding]:
    """Laws that want a representative of a controller that is in none of their countries, and none is named."""
    controller = policy.controller
    country = words.load().find(Group.COUNTRY, controller.country) or Text(controller.country, controller.country)
    for seat in known_items.seats:
        regime = seat.law.regime
        if regime not in controller.regimes or controller.country in seat.within or regime in named:
            continue
        law = words.load().words(Group.REGIME, regime)
        what = Text(
            f"No representative is named for {law.en}, although the company is in {country.en}",
            f"公司位于{country.zh}，但未指定{law.zh}所要求的代表",
        )
        write = Text(
            f"Write retention.yaml, notice: representatives: {regime}",
            f"在 retention.yaml 的 notice: representatives: {regime} 中写明",
        )
        yield Finding(Lack.ITEM, _REPRESENTATIVE, "", what, seat.law.cite, write)


def _of_places(
    item: Item, asked: tuple[Sought, ...], regimes: tuple[str, ...], spoken: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    for language, places in spoken.items():
        text = "\n".join(places.values())
        parts = tuple(part for part in asked if not part.found(language, text))
        silent = tuple(law for law in item.laws_of(regimes) if not _stand(item.places_of(law), places))
        if parts or not _stand(item.common, places):
            yield from _of_parts(item, regimes, language, parts or asked, asked)
        elif silent:
            yield _silent(item, silent, language)


def _stand(wanted: Iterable[str], places: Iterable[str]) -> bool:
    return all(any(fnmatchcase(place, want) for place in places) for want in wanted)


def _silent(item: Item, laws: tuple[Law, ...], language: str) -> Finding:
    """The item stands there, but nothing for some of the laws that ask for it."""
    terms, tongue = words.load(), _LANGUAGES[language]
    named = [terms.words(Group.REGIME, law.regime) for law in laws]
    what = Text(
        f"{item.title.en}: incomplete in {tongue.en}; nothing is said for {', '.join(one.en for one in named)}",
        f"{item.title.zh}：{tongue.zh}文本不完整；未就{'、'.join(one.zh for one in named)}作出说明",
    )
    return Finding(Lack.ITEM, item.name, language, what, cited(laws), _write(item))


def _of_parts(
    item: Item, regimes: tuple[str, ...], language: str, parts: tuple[Sought, ...], asked: tuple[Sought, ...]
) -> Iterator[Finding]:
    law = cited(item.laws_of(regimes))
    if not parts or not law.en:  # no enabled law asks for it
        return
    said = ("; ".join(part.say.en for part in parts), "；".join(part.say.zh for part in parts))
    whole = parts == asked
    tongue = _LANGUAGES[language]
    what = Text(
        f"{item.title.en}: {'missing' if whole else 'incomplete'} in {tongue.en}; say {said[0]}",
        f"{item.title.zh}：{tongue.zh}文本{'缺失' if whole else '不完整'}；应说明{said[1]}",
    )
    yield Finding(Lack.ITEM, item.name, language, what, law, _write(item))


def _write(item: Item) -> Text:
    return Text(f"Write it in {item.write.en}", f"在 {item.write.zh} 中写明")


def _vague(known_items: Items, law: Text, language: str, place: str, said: str) -> Iterator[Finding]:
    for sentence in reading.sentences(language, said):
        words_found = known_items.vague(language, sentence)
        if words_found is not None and not reading.periods(language, sentence):
            what = Text(
                f"“{words_found}” names no period{_at(place)}",
                f"“{words_found}”没有写明期限{_at_zh(place)}",
            )
            write = Text(
                "Write a period in retention.yaml, rules: keep_at_most",
                "在 retention.yaml 的 rules: keep_at_most 中写明期限",
            )
            yield Finding(Lack.VAGUE, _PERIODS, language, what, law, write)


def _begun_vaguely(policy: Policy, known_items: Items, law: Text) -> Iterator[Finding]:
    """Periods that are counted from nothing that happens: whoever judges the need decides when they begin."""
    for rule in policy.rules:
        if rule.starts is None:
            continue
        for language in BOTH:
            words_found = known_items.vague(language, rule.starts.in_(language))
            if words_found is not None:
                title = rule.title
                what = Text(
                    f"{title.en}: “{words_found}” is no event from which a period can be counted",
                    f"{title.zh}：“{words_found}”不是可据以起算期限的事件",
                )
                write = Text(
                    f"Name an event that is recorded, in retention.yaml, rules: {rule.name}: starts",
                    f"在 retention.yaml 的 rules: {rule.name}: starts 中写明有记录可查的事件",
                )
                yield Finding(Lack.VAGUE, _PERIODS, language, what, law, write)


def _unknown_periods(law: Text, language: str, place: str, said: str, allowed: frozenset[Length]) -> Iterator[Finding]:
    for one in reading.periods(language, said):
        if one.length not in allowed:
            what = Text(
                f"“{one.words}” is a period that the policy file does not have{_at(place)}",
                f"“{one.words}”是政策文件中没有的期限{_at_zh(place)}",
            )
            write = Text(
                "Take it out of the text, or give a rule that period in retention.yaml",
                "从文本中删去，或者在 retention.yaml 的规则中写入该期限",
            )
            yield Finding(Lack.PERIOD, _PERIODS, language, what, law, write)


def _unequal(documents: Mapping[str, Document], law: Text) -> Iterator[Finding]:
    """Both languages have the same items in the same order, and in each item the same numbers."""
    if any(language not in documents for language in BOTH):
        return
    english, chinese = (list(texts(documents[language])) for language in BOTH)
    if [item for item, _ in english] != [item for item, _ in chinese]:
        yield _parity(law, "the text", "文本", "the two languages have different items", "两种语言的条目不同")
        return
    for (item, en), (_, zh) in zip(english, chinese, strict=True):
        if sorted(re.findall(r"\d+", en)) != sorted(re.findall(r"\d+", zh)):
            yield _parity(law, item, item, "the two languages state different numbers", "两种语言中的数字不同")


def _parity(law: Text, item: str, item_zh: str, en: str, zh: str) -> Finding:
    write = Text("Write the same in both languages", "使两种语言的内容一致")
    return Finding(Lack.PARITY, _PARITY, "", Text(f"{item}: {en}", f"{item_zh}：{zh}"), law, write)


def _one_sided(names: tuple[str, ...], law: Text) -> Finding:
    what = Text(f"said in one language only: {', '.join(names)}", f"仅以一种语言写明：{'、'.join(names)}")
    write = Text("Say the same in both languages", "使两种语言的内容一致")
    return Finding(Lack.PARITY, _PARITY, "", what, law, write)


def _held(policy: Policy) -> frozenset[str]:
    """The categories that the file names, and what else decides whether something has to be said."""
    held = {field.category for entry in policy.entries for field in entry.fields}
    held |= {category for one in policy.recipients for category in one.categories}
    held |= {f"basis.{basis}" for rule in policy.rules for _, basis in rule.basis}
    held |= {"duties"} if any(rule.duties for rule in policy.rules) else set()
    held |= {"recipients"} if policy.recipients else set()
    abroad = any(one.country != policy.controller.country for one in policy.recipients)
    return frozenset(held | ({"recipients.abroad"} if abroad else set()))


def _allowed(policy: Policy, known_items: Items) -> Iterator[Length]:
    """Every period that the file has, and those that the enabled laws put into the text."""
    own_periods = [rule.keep_at_most for rule in policy.rules]
    own_periods += [duty.period for rule in policy.rules for duty in rule.duties]
    own_periods += [one.backups for one in policy.stores] + [one.lag for one in policy.recipients]
    if policy.deletion is not None:
        own_periods += [policy.deletion.every, policy.deletion.copies]
    for period in own_periods:
        if period is not None:
            yield from reading.lengths(period)
    terms, regimes = words.load(), policy.controller.regimes
    laws = [terms.find(Group.ANSWER, regime) for regime in regimes]
    laws += [text for regime, text in known_items.periods if regime in regimes]
    for text in laws:
        if text is not None:
            yield from (said.length for said in (*reading.periods("en", text.en), *reading.periods("zh", text.zh)))


def _spoken(document: Document) -> dict[str, str]:
    made: dict[str, str] = {}
    for item, text in _with_heads(document):
        made[item] = f"{made[item]} {text}" if item in made else text
    made["page"] = f"{document.title} {document.lead} {document.updated} {document.effective_label}"
    return made


def _with_heads(document: Document) -> Iterable[tuple[str, str]]:
    """The texts, and the titles of tables and cards, which carry meaning too."""
    yield from texts(document)
    for section in document.sections:
        for block in section.blocks:
            head = getattr(block, "head", None)
            if head is not None:
                yield block.item, " ".join(head)  # type: ignore[union-attr]
            for card in getattr(block, "cards", ()):
                for line in card.lines:
                    yield line.item, line.label


def _at(place: str) -> str:
    return f" ({place})" if place else ""


def _at_zh(place: str) -> str:
    return f"（{place}）" if place else ""
