"""How two versions of one value differ: which period is longer, and the sentences that say what changed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import count
from typing import TypeVar

from dsr.core.periods import FAR, Period
from dsr.core.policy import Duty, Export, FieldRule, Rule
from dsr.core.select import is_nothing
from dsr.core.text import Text
from dsr.engine.policytext.periods import in_words

T = TypeVar("T")
_FIRST = datetime(2023, 1, 1, 12, tzinfo=UTC)
_FOUR_YEARS = 1461  # every length of month and of year comes once
_NONE = Text("nothing", "无")


class Order(Enum):
    """How a new period compares with the old one."""

    SAME = "same"
    SHORTER = "shorter"
    LONGER = "longer"
    MIXED = "mixed"  # shorter for some dates, longer for others: P30D and P1M


@dataclass(frozen=True, slots=True)
class DutyChange:
    """A duty as it was and as it is; one of them is None where it came or went."""

    old: Duty | None
    new: Duty | None


def compare(old: Period | None, new: Period | None, zone: str) -> Order:
    """Which of two periods ends later, tried on every day of four years; None never ends."""
    shorter = longer = False
    for day in range(_FOUR_YEARS):
        event = _FIRST + timedelta(days=day)
        before, after = (FAR if one is None else one.until(event, zone) for one in (old, new))
        shorter, longer = shorter or after < before, longer or after > before
        if shorter and longer:
            return Order.MIXED
    return Order.SHORTER if shorter else Order.LONGER if longer else Order.SAME


def limit(rule: Rule) -> Period | None:
    """When records of the rule end at the latest; what must not exist ends at once."""
    return Period() if rule.must_not_exist else rule.keep_at_most


def limit_words(rule: Rule) -> Text:
    """The same in words."""
    return Text("never to be stored", "不得存储") if rule.must_not_exist else in_words(rule.keep_at_most)


def duty_changes(old: Rule, new: Rule) -> tuple[DutyChange, ...]:
    """The duties of two versions of a rule, matched by code and citation, then by period and condition."""
    before, after = _numbered(old), _numbered(new)
    pairs = [DutyChange(before.pop(key), after.pop(key)) for key in list(after) if key in before]
    gone = list(before.values())
    for duty in after.values():
        same = next((one for one in gone if (one.period, one.when) == (duty.period, duty.when)), None)
        if same is not None:
            gone.remove(same)
        pairs.append(DutyChange(same, duty))
    pairs += [DutyChange(duty, None) for duty in gone]
    return tuple(pairs)


def by(things: Iterable[T], key: Callable[[T], str]) -> Mapping[str, T]:
    """The things by name, in their order."""
    return {key(thing): thing for thing in things}


def of(title: Text, what: Text) -> Text:
    """What, of which thing: "Invoices, kept at most"."""
    return Text(f"{title.en}, {what.en}", f"{title.zh}，{what.zh}")


def changed(what: Text, old: Text | None, new: Text | None) -> Text:
    """The sentence that gives both values; None is "nothing"."""
    was, now = old if old is not None else _NONE, new if new is not None else _NONE
    told = Text(f"{what.en}: was “{was.en}”, is now “{now.en}”.", f"{what.zh}：由“{was.zh}”改为“{now.zh}”。")
    alone = Text(f"{what.en}: only the Chinese words changed.", f"{what.zh}：仅英文文字有改动。")
    return Text(told.en if was.en != now.en else alone.en, told.zh if was.zh != now.zh else alone.zh)


def same(text: str) -> Text:
    """A name that is written alike in both languages."""
    return Text(text, text) if text else _NONE


def listed(what: Text, added: Iterable[Text], removed: Iterable[Text]) -> Text:
    """The sentence that names what came to a list and what left it."""
    en, zh = [], []
    for verb, verb_zh, texts in (("added", "新增", tuple(added)), ("removed", "删去", tuple(removed))):
        if texts:
            en.append(f"{verb} {', '.join(one.en for one in texts)}")
            zh.append(f"{verb_zh}{'、'.join(one.zh for one in texts)}")
    return Text(f"{what.en}: {'; '.join(en)}.", f"{what.zh}：{'；'.join(zh)}。")


def field_words(field: FieldRule, category: Text, rule: Text | None) -> Text:
    """What is said of a field, in a few words."""
    shown = {
        Export.PLAIN: _NONE,
        Export.SECRET: Text("secret", "密钥"),
        Export.WITHHELD: Text("withheld", "不提供"),
        Export.REDACTED: Text("redacted", "遮盖后提供"),
    }
    parts = [category]
    if rule is not None:
        parts.append(Text(f"rule: {rule.en}", f"规则：{rule.zh}"))
    if field.export is not Export.PLAIN:
        parts.append(shown[field.export])
    if field.keep:
        parts.append(Text("stays in emptied records", "清空记录时保留"))
    return Text(", ".join(one.en for one in parts), "，".join(one.zh for one in parts))


def _numbered(rule: Rule) -> dict[tuple[str, Text, int], Duty]:
    """The duties that can apply, by code and citation; equal ones are numbered."""
    made: dict[tuple[str, Text, int], Duty] = {}
    for duty in rule.duties:
        if not is_nothing(duty.when):
            number = next(n for n in count() if (duty.code.value, duty.cite, n) not in made)
            made[duty.code.value, duty.cite, number] = duty
    return made
