"""The record of processing: Art. 30 GDPR and the fields that the PIPL asks for, from the policy file alone."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from dsr.core.periods import Period
from dsr.core.policy import DirectLink, Entry, IdentifierLink, KeyLink, Link, Policy, ThroughLink, ViaLink
from dsr.core.report import Cell, Chart, Fact, Level, Note, Report, Shape, Table, Value, Word
from dsr.core.text import Text
from dsr.engine.glossary import Group
from dsr.engine.parents import rules_of
from dsr.engine.policytext.facts import BasisFact, DutyFact, Named, RecipientFact, RuleFact, facts
from dsr.engine.reporting.making import Maker

_ACTIVITY = (
    *("activity", "rule", "purposes", "basis", "interest", "people", "categories", "sources", "method", "recipients"),
    *("abroad", "at_most", "starts", "at_least", "end", "assessment", "where"),
)


def ropa(policy: Policy, at: datetime) -> Report:
    """The record as of now; raises PolicyError while the file leaves something open that the record must name."""
    return _Record(policy).report(at)


class _Record:
    """One record of processing."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self._facts = policy, facts(policy)
        self._make = Maker("ropa")

    def report(self, at: datetime) -> Report:
        """All parts, those of the controller first."""
        return self._make.report(
            self._policy,
            at,
            facts=self._controller(),
            notes=self._notes(),
            tables=(self._activities(), self._recipients(), self._measures()),
            charts=(self._shared(), self._lengths()),
        )

    def _controller(self) -> Iterator[Fact]:
        controller, notice, make = self._policy.controller, self._policy.notice, self._make
        yield make.fact("controller", controller.name)
        yield make.fact("contact", controller.contact)
        yield make.fact("address", notice.address if notice.address is not None else self._unsaid())
        yield make.fact("country", Word(controller.country, self._facts.country))
        officer = notice.officer
        yield make.fact("officer", self._unsaid() if officer is None else (officer.name, officer.contact))
        for one in self._facts.representatives:
            name = make.word("representative", law=one.regime.text)
            yield Fact(f"representative_{one.regime.name}", name, Cell((one.name, one.contact)))
        versions = notice.versions
        if versions:
            yield make.fact("version", versions[-1].number)
            yield make.fact("dated", versions[-1].day)
        yield make.fact("digest", self._policy.digest)

    def _unsaid(self) -> Cell:
        return Cell(self._make.word("unsaid"), Level.BAD)

    def _notes(self) -> Iterator[Note]:
        for one in self._facts.recipients:
            if one.abroad and one.safeguard is None:
                yield self._make.note(Level.BAD, "no_safeguard", name=one.name, country=one.country.text)
        if not self._policy.notice.measures:
            yield self._make.note(Level.BAD, "no_measures")
        if "pipl" in self._policy.controller.regimes:
            yield self._make.note(Level.PLAIN, "assessment")
        yield self._make.note(Level.PLAIN, "lengths")
        yield self._make.note(Level.PLAIN, "snapshot", digest=self._policy.digest[:12])

    def _activities(self) -> Table:
        rows = (self._activity(rule) for rule in self._rules())
        return self._make.table("activities", self._make.columns(*_ACTIVITY), rows, cards=True)

    def _activity(self, rule: RuleFact) -> tuple[Value, ...]:
        receiving = self._receiving(rule)
        return (
            rule.title,
            rule.name,
            _words(rule.purposes),
            tuple(self._basis(one) for one in rule.bases),
            rule.interest,
            self._people(rule.name),
            _words(rule.categories) or (Word(rule.name, rule.title),),  # the records themselves, by whose they are
            _words(rule.sources),
            (self._make.word("method"), *_words(dict.fromkeys(m for one in receiving for m in one.methods))),
            tuple(one.name for one in receiving) or self._make.word("nobody"),
            tuple(self._abroad(one) for one in receiving if one.abroad) or self._make.word("stays"),
            rule.at_most,
            rule.starts,
            tuple(self._duty(one) for one in rule.duties) or self._make.word("no_duty"),
            rule.then if rule.then is not None else rule.on_erasure,
            self._assessment(rule, receiving) or self._make.word("no_assessment"),
            tuple(dict.fromkeys(str(entry.place) for entry in self._entries(rule.name))),
        )

    def _basis(self, one: BasisFact) -> Text:
        article = Text("", "") if one.article is None else Text(f" ({one.article.en})", f"（{one.article.zh}）")
        law, basis = one.regime.text, one.basis.text
        return Text(f"{law.en}: {basis.en}{article.en}", f"{law.zh}：{basis.zh}{article.zh}")

    def _rules(self) -> tuple[RuleFact, ...]:
        return tuple(rule for rule in self._facts.rules if not rule.prohibited)

    def _served(self, recipient: RecipientFact) -> int:
        """From how many activities it receives data."""
        return sum(recipient in self._receiving(rule) for rule in self._rules())

    def _shared(self) -> Chart:
        """Recipients by how many activities feed them, and by what protects what leaves the country."""
        found = self._facts.recipients
        kinds = ["here" if not one.abroad else "bare" if one.safeguard is None else "guarded" for one in found]
        served = [self._served(one) for one in found]
        series = (
            (name, [count if kind == name else 0 for count, kind in zip(served, kinds, strict=True)])
            for name in ("here", "guarded", "bare")
        )
        return self._make.chart("shared", Shape.BARS, (Text(one.name, one.name) for one in found), *series)

    def _lengths(self) -> Chart:
        """About how many days each kind is kept: as long as a law asks for, and beyond that."""
        titles = {rule.name: rule.title for rule in self._rules()}
        shown = [rule for rule in self._policy.rules if rule.name in titles]
        duty = [max((_days(one.period) for one in rule.duties), default=0) for rule in shown]
        most = [0 if rule.keep_at_most is None else _days(rule.keep_at_most) for rule in shown]
        beyond = [max(0, limit - least) for limit, least in zip(most, duty, strict=True)]
        labels = (titles[rule.name] for rule in shown)
        return self._make.chart("lengths", Shape.BARS, labels, ("by_law", duty), ("beyond", beyond))

    def _receiving(self, rule: RuleFact) -> tuple[RecipientFact, ...]:
        held = {one.name for one in rule.categories}
        return tuple(
            one
            for one in self._facts.recipients
            if any(_within(mine, theirs.name) for mine in held for theirs in one.categories)
        )

    def _abroad(self, one: RecipientFact) -> Text:
        safeguard = one.safeguard if one.safeguard is not None else self._make.word("unsaid")
        country = one.country.text
        return Text(f"{one.name}, {country.en}: {safeguard.en}", f"{one.name}（{country.zh}）：{safeguard.zh}")

    def _duty(self, duty: DutyFact) -> Text:
        return Text(f"{duty.period.en}: {duty.cite.en}", f"{duty.period.zh}：{duty.cite.zh}")

    def _assessment(self, rule: RuleFact, receiving: tuple[RecipientFact, ...]) -> tuple[Text, ...]:
        """Why Art. 55 PIPL asks for an impact assessment before this processing; empty where it does not."""
        if "pipl" not in self._policy.controller.regimes:
            return ()
        sensitive = {one.category for one in self._policy.notice.sensitive or ()}
        why = (
            ("sensitive", any(_within(one.name, name) for one in rule.categories for name in sensitive)),
            ("entrusted", bool(receiving)),
            ("exported", any(one.abroad for one in receiving)),
        )
        return tuple(self._make.word(f"assessed.{name}") for name, holds in why if holds)

    def _people(self, rule: str) -> tuple[Word, ...]:
        found = dict.fromkeys(kind for entry in self._entries(rule) for kind in _kinds(self._policy, entry, ()))
        return tuple(self._kind(kind) for kind in found)

    def _kind(self, kind: str) -> Word:
        if kind.startswith("@"):
            return Word(kind[1:], self._make.word("known_by", identifier=kind[1:]))
        return Word(kind, self._make.terms.term(Group.SUBJECT, kind))

    def _entries(self, rule: str) -> Iterator[Entry]:
        for entry in self._policy.entries:
            fields = any(field.rule == rule for field in entry.fields)
            if fields or rule in rules_of(self._policy, entry):
                yield entry

    def _recipients(self) -> Table:
        keys = (
            "recipient",
            "role",
            "country",
            "abroad",
            "purpose",
            "categories",
            "methods",
            "safeguard",
            "lag",
            "contact",
            "#activities",
        )
        rows = (
            (
                one.name,
                Word(one.role.name, one.role.text),
                Word(one.country.name, one.country.text),
                one.abroad,
                one.purpose,
                _words(one.categories),
                _words(one.methods),
                one.safeguard if one.safeguard is not None or not one.abroad else self._unsaid(),
                one.lag,
                one.contact,
                self._served(one),
            )
            for one in self._facts.recipients
        )
        return self._make.table("recipients", self._make.columns(*keys), rows, cards=True)

    def _measures(self) -> Table:
        rows = ((one.name, one.what) for one in self._policy.notice.measures)
        return self._make.table("measures", self._make.columns("name", "measure"), rows)


def _words(named: Iterable[Named]) -> tuple[Word, ...]:
    return tuple(Word(one.name, one.text) for one in named)


def _days(period: Period) -> int:
    return 365 * period.years + 30 * period.months + period.days


def _within(one: str, other: str) -> bool:
    """Whether two categories meet: equal, or one a kind of the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _kinds(policy: Policy, entry: Entry, seen: tuple[Entry, ...]) -> Iterator[str]:
    """Whose records they are: kinds of accounts, and "@email" for people known by an identifier alone."""
    if entry in seen:
        return
    onward = [entry.part_of.to] if entry.part_of is not None else []
    for link in entry.links:
        yield from _kind_of(policy, link)
        if isinstance(link.how, ViaLink):
            onward.append(link.how.to)
    for place in onward:
        for other in policy.entries_of(place):
            yield from _kinds(policy, other, (*seen, entry))


def _kind_of(policy: Policy, link: Link) -> Iterator[str]:
    match link.how:
        case DirectLink(anchor=anchor) | ThroughLink(anchor=anchor):
            yield anchor
        case IdentifierLink(identifier=name) | KeyLink(identifier=name):
            known = policy.identifier(name)
            if known is None:  # the value is an account's own key
                yield name
                return
            places = {ref.place for ref in known.refs}
            yield from (anchor.kind for anchor in policy.anchors if anchor.ref.place in places)
            if any(ref not in {anchor.ref for anchor in policy.anchors} for ref in known.refs):
                yield f"@{name}"
