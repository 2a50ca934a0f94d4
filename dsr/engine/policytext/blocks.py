"""The cards and cells of the policy text: one rule, one recipient, one exception, the rights."""

from dsr.core.text import Text
from dsr.engine.policytext.document import Card, Cards, Line, Row
from dsr.engine.policytext.facts import (
    BasisFact,
    DutyFact,
    ExceptionFact,
    Facts,
    KeptFact,
    Named,
    RecipientFact,
    RuleFact,
)
from dsr.engine.policytext.prose import Prose


class Blocks:
    """Writes facts in one language."""

    def __init__(self, facts: Facts, prose: Prose) -> None:
        self._facts = facts
        self._prose = prose
        self._codes = {fact.code.name: fact.code.text for fact in facts.exceptions}

    def contents(self, rule: RuleFact) -> str:
        """The categories of a rule as an enumeration."""
        if rule.prohibited:
            return self._prose.say("collect.prohibited")
        if not rule.categories:
            return self._prose.say("collect.linked")
        return self.listed(rule.categories)

    def listed(self, names: tuple[Named, ...]) -> str:
        """Terms as an enumeration, in English with one capital at its head."""
        if not names:
            return ""
        texts = tuple(self._words(one.text) for one in names)
        if self._prose.language == "en":
            texts = texts[:1] + tuple(_lowered(text) for text in texts[1:])
        return self._prose.join(texts)

    def end(self, rule: RuleFact) -> str:
        """What happens when the rule ends."""
        if rule.prohibited:
            return self._prose.say("keep.at_once")
        return self._words(rule.then if rule.then is not None else rule.on_erasure)

    def rule(self, rule: RuleFact) -> Card:
        """Everything that is promised of one kind of record."""
        item = f"rule-{rule.name}"
        if rule.prohibited:
            return Card(item, self._words(rule.title), (self._line(item, "at_most", self._words(rule.at_most)),))
        lines = [
            self._line(item, "contains", self.contents(rule)),
            self._line(item, "sources", *((self.listed(rule.sources),) if rule.sources else ())),
            self._line(item, "purposes", self.listed(rule.purposes)),
            self._line(item, "basis", *(self._basis(one) for one in rule.bases)),
            self._line(item, "starts", *((self._words(rule.starts),) if rule.starts is not None else ())),
            self._line(item, "at_most", self._words(rule.at_most)),
            self._line(item, "at_least", *self._duties(rule)),
            self._line(item, "then", *((self.end(rule),) if rule.then is not None else ())),
            self._line(item, "on_erasure", self._on_erasure(rule)),
            self._line(item, "note", *self._notes(rule)),
        ]
        return Card(item, self._words(rule.title), tuple(line for line in lines if line.texts))

    def recipient(self, item: str, fact: RecipientFact) -> Card:
        """One recipient."""
        where = self._prose.say("share.away" if fact.abroad else "share.here", country=self._words(fact.country.text))
        said = {
            "role": self._words(fact.role.text),
            "location": where,
            "purpose": _capital(self._words(fact.purpose)),
            "data": self.listed(fact.categories),
            "method": self.listed(fact.methods),
            "safeguard": self._words(fact.safeguard) if fact.safeguard is not None and fact.abroad else "",
            "lag": self._words(fact.lag) if fact.lag is not None else "",
            "contact": fact.contact,
        }
        lines = (
            Line(f"{item}.{name}", self._prose.say(f"share.{name}"), (text,)) for name, text in said.items() if text
        )
        return Card(item, fact.name, tuple(lines))

    def automated(self) -> Cards:
        """The decisions that software makes."""
        return Cards(
            tuple(
                Card(
                    f"automated-{one.name}",
                    self._words(one.what),
                    tuple(
                        Line(f"automated-{one.name}.{name}", self._prose.say(f"automated.{name}"), (self._words(text),))
                        for name, text in (("logic", one.logic), ("effect", one.effect), ("review", one.review))
                    ),
                )
                for one in self._facts.notice.automated or ()
            )
        )

    def sensitive(self) -> Cards:
        """The sensitive categories."""
        return Cards(
            tuple(
                Card(
                    f"sensitive-{named.name}",
                    self._words(named.text),
                    tuple(
                        Line(f"sensitive-{named.name}.{name}", self._prose.say(f"collect.{name}"), (self._words(text),))
                        for name, text in (("why", one.why), ("effect", one.effect))
                    ),
                )
                for named, one in zip(self._facts.sensitive, self._facts.notice.sensitive or (), strict=True)
            )
        )

    def exception(self, fact: ExceptionFact) -> Card:
        """One of the five codes, with every duty that it stands for."""
        item = f"except-{fact.code.name}"
        kept = tuple(self._kept(one) for one in fact.kept) or (self._prose.say("except.none"),)
        lines = (
            Line(f"{item}.meaning", self._prose.say("except.meaning"), (self._words(fact.meaning),)),
            Line(f"{item}.kept", self._prose.say("except.kept"), kept),
        )
        return Card(item, self._words(fact.code.text), lines)

    def rights(self) -> tuple[Row, ...]:
        """The rights, what they mean, and the laws that give them."""
        return tuple(
            Row(
                f"right-{fact.right.name}",
                (
                    self._words(fact.right.text),
                    self._words(fact.meaning),
                    self._prose.say("form.listed", texts=[self._words(one) for one in fact.articles]),
                ),
            )
            for fact in self._facts.rights
        )

    def _line(self, item: str, name: str, *texts: str) -> Line:
        return Line(f"{item}.{name}", self._prose.say(f"rule.{name}"), texts)

    def _basis(self, fact: BasisFact) -> str:
        regime, basis = self._words(fact.regime.text), self._words(fact.basis.text)
        if fact.article is None:
            return self._prose.say("rule.basis_plain", regime=regime, basis=basis)
        return self._prose.say("rule.basis_article", regime=regime, basis=basis, article=self._words(fact.article))

    def _duties(self, rule: RuleFact) -> tuple[str, ...]:
        notes = (("longest", len(rule.duties) > 1), ("outlasting", any(one.outlasting for one in rule.duties)))
        said = (self._prose.say(f"rule.{name}") for name, given in notes if given)
        return (*(self._duty(one) for one in rule.duties), *said)

    def _duty(self, duty: DutyFact) -> str:
        return self._prose.say(
            "rule.duty_partly" if duty.partly else "rule.duty",
            period=self._words(duty.period),
            code=self._words(self._codes[duty.code.value]),
            cite=self._words(duty.cite),
        )

    def _on_erasure(self, rule: RuleFact) -> str:
        end = self._words(rule.on_erasure)
        if rule.kept_on_request or not rule.duties:
            return end
        return self._prose.say("rule.after_duty", end=end)

    def _notes(self, rule: RuleFact) -> tuple[str, ...]:
        names = (("undated", rule.undated), ("shared", rule.shared))
        return tuple(self._prose.say(f"rule.{name}") for name, given in names if given)

    def _kept(self, fact: KeptFact) -> str:
        return self._prose.say(
            "except.law_partly" if fact.duty.partly else "except.law",
            title=self._words(fact.rule.text),
            period=self._words(fact.duty.period),
            cite=self._words(fact.duty.cite),
        )

    def _words(self, text: Text) -> str:
        return text.in_(self._prose.language)


def _lowered(text: str) -> str:
    """Without the capital at its head; names such as API or IP keep theirs."""
    return text[0].lower() + text[1:] if text[1:2].islower() else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
