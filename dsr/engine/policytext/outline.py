"""Puts the facts and the sentences of one language into the sections of the policy text."""

import re
from collections.abc import Iterator
from datetime import date

from dsr.core.text import Text
from dsr.engine.policytext import blocks
from dsr.engine.policytext.document import Block, Bullets, Cards, Document, Heading, Paragraph, Row, Section, Table
from dsr.engine.policytext.facts import Facts, Named, RuleFact
from dsr.engine.policytext.prose import Prose

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PROMPT = "content.prompt"  # a company that keeps or passes on prompts has something to say about them
_AI = frozenset({"content.prompt", "content.output", "content.media", "media", "media.url"})


def outline(facts: Facts, prose: Prose, as_of: date) -> Document:
    """The text of one language, dated `as_of`."""
    return Outline(facts, prose).document(as_of)


class Outline:
    """The sections, in order; each method writes one."""

    def __init__(self, facts: Facts, prose: Prose) -> None:
        self._facts = facts
        self._prose = prose
        self._blocks = blocks.Blocks(facts, prose)

    def document(self, as_of: date) -> Document:
        """Every section that has something to say, numbered."""
        written = (
            ("who", self._who()),
            ("collect", self._collect()),
            ("ai", self._ai()),
            ("share", self._share()),
            ("use", self._use()),
            ("keep", self._keep()),
            ("except", self._except()),
            ("rights", self._rights()),
            ("security", self._plain("security", "measures", "your_part", "secrets")),
            ("changes", self._plain("changes", "version")),
            ("contact", self._plain("contact", "write")),
        )
        say = self._prose.say
        kept = [(name, made) for name, found in written if (made := tuple(found))]
        sections = (
            Section(name, number, say(f"{name}.title"), made) for number, (name, made) in enumerate(kept, start=1)
        )
        both = len(self._facts.controller.languages) > 1
        return Document(
            language=self._prose.language,
            name=self._words(self._facts.controller.name),
            title=say("page.title"),
            lead=say("page.lead", name=self._words(self._facts.controller.name)),
            updated=say("page.updated"),
            date=_date(as_of, self._prose.language),
            day=as_of.isoformat(),
            version_label=say("page.version"),
            version=self._facts.version,
            colon="：" if self._prose.language == "zh" else ": ",
            contents=say("page.contents"),
            notes=(Paragraph("page.languages", say("page.languages")),) if both else (),
            sections=tuple(sections),
        )

    def _who(self) -> Iterator[Block]:
        regimes = self._prose.join(tuple(self._words(one.text) for one in self._facts.regimes))
        name, country = self._words(self._facts.controller.name), self._words(self._facts.country)
        yield self._paragraph("who.controller", name=name, country=country)
        if regimes:
            yield self._paragraph("who.regimes", regimes=regimes)
        yield self._paragraph("who.contact", contact=self._facts.controller.contact)

    def _collect(self) -> Iterator[Block]:
        yield self._paragraph("collect.lead")
        rows = (
            Row(f"collect-{rule.name}", (self._words(rule.title), self._blocks.contents(rule)))
            for rule in self._facts.rules
        )
        yield self._table("collect", ("kind", "contains"), tuple(rows))

    def _ai(self) -> Iterator[Block]:
        rules = self._facts.rules
        held = [one.categories for one in rules] + [one.categories for one in self._facts.recipients]
        if not any(category.name == _PROMPT for categories in held for category in categories):
            return
        yield self._paragraph("ai.lead")
        found = [rule for rule in rules if _holds(rule, _AI) and not rule.prohibited]
        if found:
            yield self._paragraph("ai.media")
            yield Bullets(tuple(Paragraph(f"ai-{rule.name}", self._ai_period(rule)) for rule in found))

    def _ai_period(self, rule: RuleFact) -> str:
        title, period = self._words(rule.title), self._words(rule.at_most)
        if rule.starts is None or rule.then is None or rule.zero:
            return self._prose.say("ai.period", title=title, period=period)
        return self._prose.say("ai.period_from", title=title, period=period, start=self._words(rule.starts))

    def _share(self) -> Iterator[Block]:
        recipients = self._facts.recipients
        yield self._paragraph("share.no_sale")
        sellers = tuple(one.name for one in recipients if one.role.name == "merchant_of_record")
        if sellers:
            yield self._paragraph("share.merchant", names=self._prose.join(sellers))
        if not recipients:
            yield self._paragraph("share.nobody")
            return
        yield self._paragraph("share.lead")
        if any(one.abroad for one in recipients):
            yield self._paragraph("share.abroad", country=self._words(self._facts.country))
        items = _items("recipient", tuple(one.name for one in recipients))
        yield Cards(tuple(self._blocks.recipient(item, one) for item, one in zip(items, recipients, strict=True)))

    def _use(self) -> Iterator[Block]:
        yield self._paragraph("use.lead")
        rows = (
            Row(
                f"use-{fact.purpose.name}",
                (
                    self._words(fact.purpose.text),
                    self._blocks.listed(fact.rules),
                ),
            )
            for fact in self._facts.purposes
        )
        yield self._table("use", ("purpose", "records"), tuple(rows))
        yield self._paragraph("use.aggregate")

    def _keep(self) -> Iterator[Block]:
        yield self._paragraph("keep.lead", timezone=self._facts.controller.timezone)
        rows = (
            Row(
                f"keep-{rule.name}",
                (
                    self._words(rule.title),
                    self._words(rule.at_most),
                    self._words(rule.starts) if rule.starts is not None and rule.then is not None else "–",
                    self._blocks.end(rule),
                ),
            )
            for rule in self._facts.rules
        )
        yield self._table("keep", ("kind", "at_most", "starts", "end"), tuple(rows))
        yield self._paragraph("keep.detail")
        yield Cards(tuple(self._blocks.rule(rule) for rule in self._facts.rules))
        yield self._paragraph("keep.emptied")

    def _except(self) -> Iterator[Block]:
        yield self._paragraph("except.lead")
        yield Cards(tuple(self._blocks.exception(fact) for fact in self._facts.exceptions))
        for name, rules in (
            ("by_rule", [rule for rule in self._facts.rules if rule.kept_on_request]),
            ("shared", [rule for rule in self._facts.rules if rule.shared]),
        ):
            titles = self._blocks.listed(tuple(Named(rule.name, rule.title) for rule in rules))
            if titles:
                yield self._paragraph(f"except.{name}", titles=titles)
        yield self._paragraph("except.hold")

    def _rights(self) -> Iterator[Block]:
        contact = self._facts.controller.contact
        spoken = (self._prose.say(f"rights.{language}") for language in self._facts.controller.languages)
        languages = self._prose.join(tuple(spoken))
        if self._facts.rights:
            yield self._paragraph("rights.lead")
            yield self._table("rights", ("right", "meaning", "law"), self._blocks.rights())
        yield Heading("rights.how", self._prose.say("rights.how"))
        yield Bullets(
            (
                self._paragraph("rights.write", contact=contact, languages=languages),
                *(self._paragraph(f"rights.{name}") for name in ("identity", "agent", "refusal")),
            )
        )
        if self._facts.answers:
            yield Heading("rights.answer", self._prose.say("rights.answer"))
            rows = (
                Row(f"answer-{fact.regime.name}", (self._words(fact.regime.text), self._words(fact.within)))
                for fact in self._facts.answers
            )
            yield self._table("rights", ("regime", "within"), tuple(rows), item="answer")

    def _plain(self, section: str, *names: str) -> Iterator[Block]:
        for name in names:
            yield self._paragraph(f"{section}.{name}", contact=self._facts.controller.contact)

    def _table(self, section: str, columns: tuple[str, ...], rows: tuple[Row, ...], item: str = "") -> Table:
        head = tuple(self._prose.say(f"{section}.{column}") for column in columns)
        return Table(f"{item or section}.table", head, rows)

    def _paragraph(self, name: str, /, **values: str) -> Paragraph:
        return Paragraph(name, self._prose.say(name, **values))

    def _words(self, text: Text) -> str:
        return text.in_(self._prose.language)


def _holds(rule: RuleFact, categories: frozenset[str]) -> bool:
    return any(category.name in categories for category in rule.categories)


def _items(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Anchors made of names that may hold anything; equal ones are numbered."""
    made: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "other"
        item, number = f"{prefix}-{plain}", 1
        while item in made:
            number += 1
            item = f"{prefix}-{plain}-{number}"
        made.append(item)
    return tuple(made)


def _date(day: date, language: str) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"
