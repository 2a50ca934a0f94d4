"""What a change of the policy file means for people: rules, periods, duties, ends, fields, recipients, reach.

`widens` marks every difference after which records may be deleted or emptied that were safe before; where that cannot
be told from the file alone, it is assumed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dsr.core.periods import Period
from dsr.core.policy import (
    Anchor,
    Duty,
    End,
    Entry,
    FieldRule,
    Identifier,
    Link,
    Policy,
    Recipient,
    Refers,
    Rule,
    StoreConfig,
)
from dsr.core.text import Text
from dsr.engine import glossary as words
from dsr.engine.difference import Difference as Difference
from dsr.engine.difference import Kind as Kind
from dsr.engine.differing import (
    DutyChange,
    Order,
    by,
    changed,
    compare,
    duty_changes,
    field_words,
    limit,
    limit_words,
    listed,
    of,
    same,
)
from dsr.engine.glossary import Glossary, Group
from dsr.engine.noticediff import notice
from dsr.engine.policytext.periods import in_words

_FORCE = {End.RETAIN: 0, End.ANONYMISE: 1, End.AGGREGATE: 2, End.DELETE: 2}


_PERIOD_KINDS = {
    Order.SHORTER: Kind.SHORTER,
    Order.LONGER: Kind.LONGER,
    Order.MIXED: Kind.PERIOD,
    Order.SAME: Kind.PERIOD,
}


def diff(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """What changed for people: controller, notice and deletion, rules, data, how people are found, recipients."""
    made = _Comparison(old, new, words.load())
    told = notice(old, new)
    return (*made.controller(), *told, *made.rules(), *made.entries(), *made.finding(), *made.recipients())


class _Comparison:
    """Two policies, compared part by part."""

    def __init__(self, old: Policy, new: Policy, terms: Glossary) -> None:
        self._old, self._new, self._terms = old, new, terms
        self._zone = new.controller.timezone

    def controller(self) -> Iterator[Difference]:
        old, new = self._old.controller, self._new.controller
        for name, what, was, now in (
            ("name", Text("Company name", "公司名称"), old.name, new.name),
            ("contact", Text("Contact", "联系方式"), same(old.contact), same(new.contact)),
            ("country", Text("Country", "所在国家或地区"), self._country(old.country), self._country(new.country)),
            ("timezone", Text("Time zone of all periods", "期限所用时区"), same(old.timezone), same(new.timezone)),
        ):
            if was != now:  # another zone moves the day on which every period ends
                yield Difference(Kind.CONTROLLER, name, changed(what, was, now), name == "timezone")
        if set(old.regimes) != set(new.regimes):
            text = self._lists(Group.REGIME, Text("Laws", "适用法律"), old.regimes, new.regimes)
            yield Difference(Kind.CONTROLLER, "regimes", text, False)

    def rules(self) -> Iterator[Difference]:
        before, after = (by(policy.rules, lambda rule: rule.name) for policy in (self._old, self._new))
        for name, rule in after.items():
            if name in before:
                yield from self._rule(before[name], rule)
                continue
            title, period = rule.title, limit_words(rule)
            said = Text(
                f"New kind of record: {title.en}, kept at most: {period.en}.",
                f"新增记录种类：{title.zh}，最长保存期限：{period.zh}。",
            )
            # What comes under the rule is told collection by collection.
            yield Difference(Kind.RULE_ADDED, name, said, False)
        for name, rule in before.items():
            if name not in after:
                said = Text(f"No longer a kind of record: {rule.title.en}.", f"不再列为记录种类：{rule.title.zh}。")
                yield Difference(Kind.RULE_REMOVED, name, said, False)

    def _rule(self, old: Rule, new: Rule) -> Iterator[Difference]:
        name, title = new.name, new.title
        if old.title != title:
            yield Difference(Kind.RULE_WORDS, name, changed(Text("Title", "名称"), old.title, title), False)
        if old.starts != new.starts:
            what = of(title, Text("counted from when", "起算事件"))
            yield Difference(Kind.RULE_WORDS, name, changed(what, old.starts, new.starts), False)
        if set(old.purposes) != set(new.purposes):
            what = of(title, Text("purposes", "处理目的"))
            yield Difference(Kind.PURPOSE, name, self._lists(Group.PURPOSE, what, old.purposes, new.purposes), False)
        if set(old.sources) != set(new.sources):
            what = of(title, Text("sources", "信息来源"))
            yield Difference(Kind.NOTICE, name, self._lists(Group.SOURCE, what, old.sources, new.sources), False)
        if old.interest != new.interest:
            what = of(title, Text("legitimate interest", "正当利益"))
            yield Difference(Kind.NOTICE, name, changed(what, old.interest, new.interest), False)
        if dict(old.basis) != dict(new.basis):
            what = of(title, Text("legal basis", "合法性基础"))
            yield Difference(Kind.BASIS, name, changed(what, self._bases(old), self._bases(new)), False)
        if (old.keep_at_most, old.must_not_exist) != (new.keep_at_most, new.must_not_exist):
            order = compare(limit(old), limit(new), self._zone)
            text = changed(of(title, Text("kept at most", "最长保存期限")), limit_words(old), limit_words(new))
            prohibited = new.must_not_exist and not old.must_not_exist  # passes over duties, too
            widens = prohibited or order in (Order.SHORTER, Order.MIXED)
            yield Difference(_PERIOD_KINDS[order], name, text, widens)
        yield from (self._duty(new, change) for change in duty_changes(old, new) if _differs(change))
        yield from self._ends(old, new)

    def _duty(self, rule: Rule, change: DutyChange) -> Difference:
        old, new = change.old, change.new
        what = of(rule.title, Text("kept at least", "最短保存期限"))
        if old is None or new is None:
            kind = Kind.DUTY_ADDED if old is None else Kind.DUTY_REMOVED
            return Difference(kind, rule.name, changed(what, self._said(old), self._said(new)), new is None)
        shorter = compare(old.period, new.period, self._zone) in (Order.SHORTER, Order.MIXED)
        text = changed(what, self._said(old), self._said(new))
        if old.when != new.when:
            text = Text(
                f"{text.en[:-1]}; it applies to other records than before.", f"{text.zh[:-1]}；适用的记录范围改变。"
            )
        return Difference(Kind.DUTY_CHANGED, rule.name, text, shorter or old.when != new.when)

    def _ends(self, old: Rule, new: Rule) -> Iterator[Difference]:
        for what, group, was, now in (
            (Text("at the end", "到期后的处理方式"), Group.END, old.then, new.then),
            (Text("if you ask for deletion", "您请求删除时"), Group.REQUEST_END, old.on_erasure, new.on_erasure),
        ):
            if was is not now:
                before, after = (self._terms.words(group, end.value) for end in (was, now))
                text = changed(of(new.title, what), before, after)
                yield Difference(Kind.END, new.name, text, _FORCE[now] > _FORCE[was])
        if old.totals and new.totals and replace(old.totals, at="") != replace(new.totals, at=""):
            said = Text(f"{new.title.en}: other totals are kept than before.", f"{new.title.zh}：保留的汇总数有变。")
            yield Difference(Kind.END, new.name, said, False)

    def entries(self) -> Iterator[Difference]:
        before, after = (by(policy.entries, lambda entry: entry.name) for policy in (self._old, self._new))
        for name, entry in after.items():
            if name in before:
                yield from self._entry(before[name], entry)
                continue
            title = self._title(self._new, entry)
            said = Text(f"{name} comes into reach, as: {title.en}.", f"{name} 纳入处理范围，归入：{title.zh}。")
            yield Difference(Kind.COLLECTION_ADDED, name, said, True)
        for name in before:
            if name not in after:
                said = Text(f"{name} is no longer in reach.", f"{name} 不再纳入处理范围。")
                yield Difference(Kind.COLLECTION_REMOVED, name, said, False)

    def _entry(self, old: Entry, new: Entry) -> Iterator[Difference]:
        if old.rule != new.rule:
            what = Text(f"{new.name}, kind of record", f"{new.name}，记录种类")
            text = changed(what, self._title(self._old, old), self._title(self._new, new))
            yield Difference(Kind.COLLECTION_RULE, new.name, text, True)
        for what, differs in (
            (Text("which of its records are meant", "所指记录的范围"), old.where != new.where),
            (Text("whose records they are", "记录与个人的关联方式"), _bare(old.links) != _bare(new.links)),
            (Text("the date that counts", "起算日期"), old.start != new.start),
            (Text("the record that it is part of", "所属的记录"), old.part_of != new.part_of),
            (Text("references to other people’s records", "对他人记录的引用"), _bare(old.refers) != _bare(new.refers)),
        ):
            if differs:
                text = Text(f"{new.name}: {what.en} changed.", f"{new.name}：{what.zh}发生变化。")
                yield Difference(Kind.COLLECTION_REACH, new.name, text, True)
        yield from self._fields(old, new)

    def _fields(self, old: Entry, new: Entry) -> Iterator[Difference]:
        before, after = (by(entry.fields, lambda field: ".".join(field.path)) for entry in (old, new))
        for path in dict.fromkeys((*after, *before)):
            was, now = before.get(path), after.get(path)
            name = f"{new.name}.{path}"
            if was is None and now is not None:
                said = self._field(now)
                text = Text(f"New personal field {name}: {said.en}.", f"新增个人信息字段 {name}：{said.zh}。")
                yield Difference(Kind.FIELD_ADDED, name, text, not now.keep)
            elif now is None:
                text = Text(f"{name} is no longer a personal field.", f"{name} 不再列为个人信息字段。")
                yield Difference(Kind.FIELD_REMOVED, name, text, False)
            elif was is not None and replace(was, at="") != replace(now, at=""):
                text = changed(same(name), self._field(was), self._field(now))
                widens = was.rule != now.rule or (was.keep and not now.keep)
                yield Difference(Kind.FIELD_CHANGED, name, text, widens)

    def finding(self) -> Iterator[Difference]:
        old, new = self._old, self._new
        for kind, what, was, now in (
            (Kind.IDENTITY, Text("Accounts", "账户"), _named(old.anchors), _named(new.anchors)),
            (Kind.IDENTITY, Text("Identifier", "标识符"), _named(old.identifiers), _named(new.identifiers)),
            (Kind.STORE, Text("Store", "存储"), _named(old.stores), _named(new.stores)),
        ):
            for name in dict.fromkeys((*now, *was)):
                if now.get(name) == was.get(name):
                    continue
                verb = ("new", "新增") if name not in was else ("removed", "删去") if name not in now else None
                en, zh = verb or ("changed", "发生变化")
                said = Text(f"{what.en} {name}: {en}.", f"{what.zh} {name}：{zh}。")
                yield Difference(kind, name, said, name in now)  # other people, or other places, may be found

    def recipients(self) -> Iterator[Difference]:
        before, after = (by(policy.recipients, lambda one: one.name) for policy in (self._old, self._new))
        for name, one in after.items():
            if name in before:
                yield from self._recipient(before[name], one)
                continue
            said = Text(
                f"New recipient: {name}, for: {one.purpose.en}.", f"新增接收方：{name}，目的：{one.purpose.zh}。"
            )
            yield Difference(Kind.RECIPIENT_ADDED, name, said, False)
        for name in before:
            if name not in after:
                said = Text(f"No longer a recipient: {name}.", f"不再是接收方：{name}。")
                yield Difference(Kind.RECIPIENT_REMOVED, name, said, False)

    def _recipient(self, old: Recipient, new: Recipient) -> Iterator[Difference]:
        for what, was, now in (
            (Text("role", "身份"), self._role(old), self._role(new)),
            (Text("location", "所在地"), self._country(old.country), self._country(new.country)),
            (Text("purpose", "处理目的"), old.purpose, new.purpose),
            (Text("contact", "联系方式"), same(old.contact), same(new.contact)),
            (Text("safeguard", "保障措施"), old.safeguard, new.safeguard),
            (Text("deletes within", "删除时限"), _length(old.lag), _length(new.lag)),
        ):
            if was != now:
                text = changed(of(same(new.name), what), was, now)
                yield Difference(Kind.RECIPIENT_CHANGED, new.name, text, False)
        for what, group, had, has in (
            (Text("data", "信息种类"), Group.CATEGORY, old.categories, new.categories),
            (Text("methods", "处理方式"), Group.METHOD, old.methods, new.methods),
        ):
            if set(had) != set(has):
                text = self._lists(group, of(same(new.name), what), had, has)
                yield Difference(Kind.RECIPIENT_CHANGED, new.name, text, False)

    def _words(self, group: Group, name: str) -> Text:
        return self._terms.find(group, name) or same(name)  # `check` names what the glossary lacks

    def _country(self, code: str) -> Text:
        return self._words(Group.COUNTRY, code)

    def _role(self, one: Recipient) -> Text:
        return self._words(Group.ROLE, one.role)

    def _lists(self, group: Group, what: Text, old: tuple[str, ...], new: tuple[str, ...]) -> Text:
        added = (self._words(group, name) for name in new if name not in old)
        return listed(what, added, (self._words(group, name) for name in old if name not in new))

    def _bases(self, rule: Rule) -> Text:
        named = [(self._words(Group.REGIME, regime), self._words(Group.BASIS, basis)) for regime, basis in rule.basis]
        en, zh = (f"{r.en}: {b.en}" for r, b in named), (f"{r.zh}：{b.zh}" for r, b in named)
        return Text("; ".join(en), "；".join(zh)) if named else same("")

    def _said(self, duty: Duty | None) -> Text | None:
        if duty is None:
            return None
        period, code = in_words(duty.period), self._words(Group.CODE, duty.code.value)
        return Text(f"{period.en} ({code.en}: {duty.cite.en})", f"{period.zh}（{code.zh}：{duty.cite.zh}）")

    def _title(self, policy: Policy, entry: Entry) -> Text:
        if entry.part_of is not None:
            return Text(f"part of {entry.part_of.to}", f"{entry.part_of.to} 的一部分")
        return next((rule.title for rule in policy.rules if rule.name == entry.rule), same(entry.rule))

    def _field(self, field: FieldRule) -> Text:
        titles = (rule.title for policy in (self._new, self._old) for rule in policy.rules if rule.name == field.rule)
        return field_words(field, self._words(Group.CATEGORY, field.category), next(titles, None))


def _differs(change: DutyChange) -> bool:
    if change.old is None or change.new is None:
        return True
    return replace(change.old, at="", verified_on=None) != replace(change.new, at="", verified_on=None)


def _length(period: Period | None) -> Text | None:
    return None if period is None else in_words(period)


def _bare(things: tuple[Link, ...] | tuple[Refers, ...]) -> tuple[Link | Refers, ...]:
    """Without the lines on which they stand."""
    return tuple(replace(thing, at="") for thing in things)


def _named(things: Iterable[Anchor | Identifier | StoreConfig]) -> dict[str, Anchor | Identifier | StoreConfig]:
    """By name, without the lines on which they stand."""
    return {thing.kind if isinstance(thing, Anchor) else thing.name: replace(thing, at="") for thing in things}
