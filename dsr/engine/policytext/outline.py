"""Puts the facts and the sentences of one language into the sections of the policy text."""

import re
from collections.abc import Iterator
from datetime import date

from dsr.core.text import Text
from dsr.engine.policytext import blocks
from dsr.engine.policytext.document import Block, Bullets, Cards, Document, Heading, Paragraph, Row, Section, Table
from dsr.engine.policytext.facts import Facts, Named, RuleFact
from dsr.engine.policytext.prose import Prose

_CALIFORNIA = "ccpa"
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
            ("automated", self._automated()),
            ("children", self._children()),
            ("security", self._security()),
            ("changes", self._changes()),
            ("contact", self._plain("contact", "write")),
        )
        say = self._prose.say
        kept = [(name, made) for name, found in written if (made := tuple(found))]
        sections = (
            Section(name, number, say(f"{name}.title"), made) for number, (name, made) in enumerate(kept, start=1)
        )
        several = len(self._facts.controller.languages) > 1
        newest = self._facts.notice.versions[-1] if self._facts.notice.versions else None
        published = newest.day if newest is not None else as_of
        return Document(
            language=self._prose.language,
            tongue=say("page.tongue"),
            choose=say("page.choose"),
            name=self._words(self._facts.controller.name),
            title=say("page.title"),
            lead=say("page.lead", name=self._words(self._facts.controller.name)),
            updated=say("page.updated"),
            date=self._prose.day(published),
            day=published.isoformat(),
            version_label=say("page.version"),
            version=newest.number if newest is not None else "",
            digest=self._facts.digest,
            effective_label=say("page.effective"),
            effective=self._prose.day(newest.effective if newest is not None else published),
            effective_day=(newest.effective if newest is not None else published).isoformat(),
            colon=say("form.colon"),
            contents=say("page.contents"),
            notes=(Paragraph("page.languages", say("page.languages")),) if several else (),
            sections=tuple(sections),
        )

    def _who(self) -> Iterator[Block]:
        regimes = self._prose.join(tuple(self._words(one.text) for one in self._facts.regimes))
        name, country = self._words(self._facts.controller.name), self._words(self._facts.country)
        yield self._paragraph("who.controller", name=name, country=country)
        if regimes:
            yield self._paragraph("who.regimes", regimes=regimes)
        notice = self._facts.notice
        if notice.address is not None:
            yield self._paragraph("who.address", address=self._words(notice.address))
        yield self._paragraph("who.contact", contact=self._facts.controller.contact)
        if notice.officer is not None:
            officer = notice.officer
            yield self._paragraph("who.officer", name=self._words(officer.name), contact=officer.contact)
        if self._facts.representatives:
            yield self._paragraph("who.representatives")
            yield Bullets(
                tuple(
                    Paragraph(
                        f"representative-{one.regime.name}",
                        self._prose.say(
                            "who.representative",
                            regime=self._words(one.regime.text),
                            name=self._words(one.name),
                            contact=one.contact,
                        ),
                    )
                    for one in self._facts.representatives
                )
            )

    def _collect(self) -> Iterator[Block]:
        yield self._paragraph("collect.lead")
        rows = (
            Row(
                f"collect-{rule.name}",
                (self._words(rule.title), self._blocks.contents(rule), self._blocks.listed(rule.sources) or "–"),
            )
            for rule in self._facts.rules
        )
        yield self._table("collect", ("kind", "contains", "source"), tuple(rows))
        yield self._paragraph("collect.method")
        if self._facts.consequences:
            yield Heading("collect.provide", self._prose.say("collect.provide"))
            yield Bullets(tuple(self._consequence(one) for one in self._facts.consequences))
        if self._facts.notice.sensitive == ():
            yield self._paragraph("collect.sensitive_none")
        elif self._facts.notice.sensitive:
            yield self._paragraph("collect.sensitive")
            yield self._blocks.sensitive()

    def _consequence(self, one: Named) -> Paragraph:
        basis = next(fact.basis for rule in self._facts.rules for fact in rule.bases if fact.basis.name == one.name)
        said = self._prose.say("collect.consequence", basis=self._words(basis.text), what=self._words(one.text))
        return Paragraph(f"provide-{one.name}", said)

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
        yield self._paragraph("ai.only")
        upstream = tuple(
            one.name for one in self._facts.recipients if any(category.name == _PROMPT for category in one.categories)
        )
        if upstream:
            yield self._paragraph("ai.upstream", names=self._prose.join(upstream))

    def _ai_period(self, rule: RuleFact) -> str:
        title, period = self._words(rule.title), self._words(rule.at_most)
        if rule.starts is None or rule.then is None or rule.zero:
            return self._prose.say("ai.period", title=title, period=period)
        return self._prose.say("ai.period_from", title=title, period=period, start=self._words(rule.starts))

    def _share(self) -> Iterator[Block]:
        recipients = self._facts.recipients
        yield self._paragraph("share.no_sale")
        if any(regime.name == _CALIFORNIA for regime in self._facts.regimes):
            yield self._paragraph("share.no_sale_year")
        sellers = tuple(one.name for one in recipients if one.role.name == "merchant_of_record")
        if sellers:
            yield self._paragraph("share.merchant", names=self._prose.join(sellers))
        if not recipients:
            yield self._paragraph("share.nobody")
            return
        yield self._paragraph("share.lead")
        if any(one.abroad for one in recipients):
            contact = self._facts.controller.contact
            yield self._paragraph("share.abroad", country=self._words(self._facts.country), contact=contact)
            yield self._paragraph("share.consent")
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
        named = [(rule, rule.interest) for rule in self._facts.rules if rule.interest is not None]
        if named:
            yield self._paragraph("use.interests")
            yield Bullets(
                tuple(
                    Paragraph(
                        f"interest-{rule.name}",
                        self._prose.say("use.interest", title=self._words(rule.title), interest=self._words(interest)),
                    )
                    for rule, interest in named
                )
            )
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
        every, copies = self._facts.every, self._facts.copies
        if every is not None and copies is not None:
            yield self._paragraph("keep.runs", every=self._words(every), copies=self._words(copies))
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
        if self._facts.notice.balance is not None:
            yield self._paragraph("except.balance", what=self._words(self._facts.notice.balance))
        yield self._paragraph("except.hold")

    def _rights(self) -> Iterator[Block]:
        contact = self._facts.controller.contact
        languages = self._prose.join(self._facts.tongues)
        if self._facts.rights:
            yield self._paragraph("rights.lead")
            yield self._table("rights", ("right", "meaning", "law"), self._blocks.rights())
        yield Heading("rights.how", self._prose.say("rights.how"))
        yield Bullets(
            (
                self._paragraph("rights.write", contact=contact, languages=languages),
                *(
                    self._paragraph(f"rights.{name}")
                    for name in ("steps", "identity", "agent", "refusal", "withdraw", "close")
                ),
            )
        )
        if self._facts.answers:
            yield Heading("rights.answer", self._prose.say("rights.answer"))
            rows = (
                Row(f"answer-{fact.regime.name}", (self._words(fact.regime.text), self._words(fact.within)))
                for fact in self._facts.answers
            )
            yield self._table("rights", ("regime", "within"), tuple(rows), item="answer")
        if self._facts.authorities:
            yield Heading("rights.complain", self._prose.say("rights.complain"))
            yield self._paragraph("rights.complaint")
            rows = (
                Row(f"authority-{one.regime.name}", (self._words(one.regime.text), self._words(one.name), one.contact))
                for one in self._facts.authorities
            )
            yield self._table("rights", ("regime", "authority", "where"), tuple(rows), item="authority")

    def _automated(self) -> Iterator[Block]:
        if self._facts.notice.automated == ():
            yield self._paragraph("automated.none")
        elif self._facts.notice.automated:
            yield self._paragraph("automated.lead", contact=self._facts.controller.contact)
            yield self._blocks.automated()

    def _children(self) -> Iterator[Block]:
        minors = self._facts.notice.minors
        if minors is not None:
            yield self._paragraph("children.minors", age=minors.age, what=self._words(minors.what))

    def _security(self) -> Iterator[Block]:
        yield self._paragraph("security.measures")
        measures = self._facts.notice.measures
        if measures:
            yield self._paragraph("security.taken")
            yield Bullets(tuple(Paragraph(f"measure-{one.name}", self._words(one.what)) for one in measures))
        yield from self._plain("security", "your_part", "secrets")

    def _changes(self) -> Iterator[Block]:
        yield from self._plain("changes", "version", "notify")
        rows = tuple(
            Row(
                f"version-{one.number}",
                (one.number, one.day.isoformat(), one.effective.isoformat(), self._words(one.changes)),
            )
            for one in reversed(self._facts.notice.versions)
        )
        if rows:
            yield self._table("changes", ("number", "published", "effective", "what"), rows, item="versions")

    def _plain(self, section: str, *names: str) -> Iterator[Block]:
        for name in names:
            yield self._paragraph(f"{section}.{name}", contact=self._facts.controller.contact)

    def _table(self, section: str, columns: tuple[str, ...], rows: tuple[Row, ...], item: str = "") -> Table:
        head = tuple(self._prose.say(f"{section}.{column}") for column in columns)
        return Table(f"{item or section}.table", head, rows)

    def _paragraph(self, name: str, /, **values: object) -> Paragraph:
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
