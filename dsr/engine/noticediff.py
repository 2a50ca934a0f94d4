"""What a change of the notice and of the promised deletion means for people."""

from collections.abc import Iterable, Iterator

from dsr.core.notice import Automated, Measure, Minors, Notice, Party, Sensitive
from dsr.core.policy import Policy
from dsr.core.text import Text
from dsr.engine import glossary as words
from dsr.engine.difference import Difference, Kind
from dsr.engine.differing import changed, of, same
from dsr.engine.glossary import Group
from dsr.engine.policytext.periods import in_words

_Stated = dict[str, Text]


def notice(old: Policy, new: Policy) -> Iterator[Difference]:
    """The parts of the notice one by one, then how often deletion runs and when the last copies are gone."""
    for name, what, was, now in _parts(old.notice, new.notice):
        for key in dict.fromkeys((*now, *was)):
            if was.get(key) != now.get(key):
                title = of(what, _named(name, key)) if key else what
                yield Difference(
                    Kind.NOTICE, f"{name}.{key}".rstrip("."), _told(title, was.get(key), now.get(key)), False
                )
    before, after = old.deletion, new.deletion
    for name, what in (("every", _EVERY), ("copies", _COPIES)):
        said = [None if one is None else in_words(getattr(one, name)) for one in (before, after)]
        if said[0] != said[1]:
            yield Difference(Kind.DELETION, f"deletion.{name}", changed(what, said[0], said[1]), False)


_EVERY = Text("Deletion runs at least every", "删除的最长间隔")
_COPIES = Text("The last copies are gone within", "最后副本的清除时限")


def _parts(old: Notice, new: Notice) -> Iterator[tuple[str, Text, _Stated, _Stated]]:
    yield from (
        ("address", Text("Address", "地址"), _one(old.address), _one(new.address)),
        ("officer", Text("In charge of data protection", "个人信息保护负责人"), _officer(old), _officer(new)),
        ("balance", Text("Balance at closing", "注销时的余额"), _one(old.balance), _one(new.balance)),
        ("minors", Text("Children", "未成年人"), _minors(old.minors), _minors(new.minors)),
        ("representatives", Text("Representative", "代表"), _people(old.representatives), _people(new.representatives)),
        ("authorities", Text("Authority", "监管机构"), _people(old.authorities), _people(new.authorities)),
        ("automated", Text("Automated decision", "自动化决策"), _automated(old.automated), _automated(new.automated)),
        ("sensitive", Text("Sensitive data", "敏感个人信息"), _sensitive(old.sensitive), _sensitive(new.sensitive)),
        ("measures", Text("Measure", "安全措施"), _measures(old.measures), _measures(new.measures)),
    )


def _told(what: Text, old: Text | None, new: Text | None) -> Text:
    if old is None and new is not None:
        return Text(f"New: {what.en}: {new.en}.", f"新增：{what.zh}：{new.zh}。")
    if new is None and old is not None:
        return Text(f"No longer stated: {what.en}: {old.en}.", f"不再写明：{what.zh}：{old.zh}。")
    return changed(what, old, new)


def _named(part: str, key: str) -> Text:
    """What a part calls the law, category or name that it is about."""
    group = {"representatives": Group.REGIME, "authorities": Group.REGIME, "sensitive": Group.CATEGORY}.get(part)
    found = words.load().find(group, key) if group is not None else None
    return found or same(key)


def _one(text: Text | None) -> _Stated:
    return {} if text is None else {"": text}


def _officer(of_: Notice) -> _Stated:
    return {} if of_.officer is None else {"": _party(of_.officer)}


def _party(one: Party) -> Text:
    return Text(f"{one.name.en}, {one.contact}", f"{one.name.zh}，{one.contact}")


def _people(parties: Iterable[Party]) -> _Stated:
    return {one.regime: _party(one) for one in parties}


def _minors(one: Minors | None) -> _Stated:
    if one is None:
        return {}
    return {"": Text(f"up to the age of {one.age}: {one.what.en}", f"未满 {one.age} 周岁：{one.what.zh}")}


def _automated(found: Iterable[Automated] | None) -> _Stated:
    parts = {one.name: (one.what, one.logic, one.effect, one.review) for one in found or ()}
    return {
        name: Text("; ".join(part.en for part in texts), "；".join(part.zh for part in texts))
        for name, texts in parts.items()
    }


def _sensitive(found: Iterable[Sensitive] | None) -> _Stated:
    return {
        one.category: Text(f"{one.why.en}; {one.effect.en}", f"{one.why.zh}；{one.effect.zh}") for one in found or ()
    }


def _measures(found: Iterable[Measure]) -> _Stated:
    return {one.name: one.what for one in found}
