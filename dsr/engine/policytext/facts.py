"""What the policy text states, as data: kinds of records, periods, duties, purposes, recipients, rights.

Both languages and both forms of the text are written from these facts alone, so that they cannot differ.
"""

from dataclasses import dataclass
from pathlib import Path

from dsr.core.errors import PolicyError
from dsr.core.notice import Deletion, Notice, Party
from dsr.core.periods import Period
from dsr.core.policy import Code, Controller, Duty, End, Entry, Owner, Policy, Recipient, Rule
from dsr.core.select import Everything, is_nothing
from dsr.core.text import Text
from dsr.engine import glossary as words
from dsr.engine.differing import Order, compare
from dsr.engine.glossary import Glossary, Group
from dsr.engine.parents import rules_of
from dsr.engine.policytext import prose
from dsr.engine.policytext.check import basis_of, problems
from dsr.engine.policytext.periods import Periods


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the policy file or glossary, with its words."""

    name: str
    text: Text


@dataclass(frozen=True, slots=True)
class BasisFact:
    """The legal basis under one regime; `article` is None where the law asks for no basis."""

    regime: Named
    basis: Named
    article: Text | None


@dataclass(frozen=True, slots=True)
class DutyFact:
    """A minimum period: how long, why, by which law.

    `partly`: it applies only to some of the records. `outlasting`: for some dates it ends after the limit.
    """

    code: Code
    period: Text
    cite: Text
    partly: bool
    outlasting: bool


@dataclass(frozen=True, slots=True)
class RuleFact:
    """What is promised of one kind of record.

    `undated`: some of these records carry no date, so only a request ends them. `shared`: some may belong to several.
    """

    name: str
    title: Text
    categories: tuple[Named, ...]
    purposes: tuple[Named, ...]
    bases: tuple[BasisFact, ...]
    starts: Text | None
    at_most: Text
    zero: bool
    duties: tuple[DutyFact, ...]
    then: Text | None
    on_erasure: Text
    kept_on_request: bool
    prohibited: bool
    undated: bool
    shared: bool
    sources: tuple[Named, ...]
    interest: Text | None


@dataclass(frozen=True, slots=True)
class PurposeFact:
    """A purpose, and the kinds of records that serve it."""

    purpose: Named
    rules: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class KeptFact:
    """A kind of record that a code keeps, and the duty that says so."""

    rule: Named
    duty: DutyFact


@dataclass(frozen=True, slots=True)
class ExceptionFact:
    """One of the five codes, what it means, and what it keeps."""

    code: Named
    meaning: Text
    kept: tuple[KeptFact, ...]


@dataclass(frozen=True, slots=True)
class RecipientFact:
    """Who else receives data. `abroad`: in another country than the controller."""

    name: str
    role: Named
    country: Named
    abroad: bool
    purpose: Text
    categories: tuple[Named, ...]
    contact: str
    methods: tuple[Named, ...]
    safeguard: Text | None
    lag: Text | None


@dataclass(frozen=True, slots=True)
class PartyFact:
    """A representative or authority, under the law that names it."""

    regime: Named
    name: Text
    contact: str


@dataclass(frozen=True, slots=True)
class RightFact:
    """A right that at least one enabled regime gives, and the articles that give it."""

    right: Named
    meaning: Text
    articles: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """How soon a regime wants a request answered."""

    regime: Named
    within: Text


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the text states and that comes from the file. `digest` begins the file's.

    `consequences`: what follows where data is not provided, once for every legal basis in use.
    """

    controller: Controller
    country: Text
    tongues: tuple[str, ...]
    digest: str
    rules: tuple[RuleFact, ...]
    purposes: tuple[PurposeFact, ...]
    exceptions: tuple[ExceptionFact, ...]
    recipients: tuple[RecipientFact, ...]
    rights: tuple[RightFact, ...]
    regimes: tuple[Named, ...]
    answers: tuple[AnswerFact, ...]
    consequences: tuple[Named, ...]
    representatives: tuple[PartyFact, ...]
    authorities: tuple[PartyFact, ...]
    sensitive: tuple[Named, ...]
    notice: Notice
    deletion: Deletion | None
    every: Text | None
    copies: Text | None


def facts(policy: Policy, glossary: Glossary | None = None, root: Path | None = None) -> Facts:
    """The facts of the text; raises PolicyError with every problem that keeps it from being written."""
    terms = glossary if glossary is not None else words.load()
    found = problems(policy, terms, root)
    if found:
        raise PolicyError(list(found))
    periods = Periods(root)
    rules = tuple(_rule(policy, rule, terms, periods) for rule in policy.rules)
    regimes = policy.controller.regimes
    deletion = policy.deletion
    return Facts(
        controller=policy.controller,
        country=terms.words(Group.COUNTRY, policy.controller.country),
        tongues=tuple(prose.load(one, root).say("page.tongue") for one in policy.controller.languages),
        digest=policy.digest[:12],
        rules=rules,
        purposes=_purposes(tuple(rule for rule in rules if not rule.prohibited)),
        exceptions=tuple(_exception(code, rules, terms) for code in Code),
        recipients=tuple(_recipient(one, policy.controller.country, terms, periods) for one in policy.recipients),
        rights=_rights(regimes, terms),
        regimes=tuple(_named(Group.REGIME, name, terms) for name in regimes),
        answers=tuple(
            AnswerFact(_named(Group.REGIME, name, terms), within)
            for name in regimes
            if (within := terms.find(Group.ANSWER, name)) is not None
        ),
        consequences=_consequences(rules, terms),
        representatives=_parties(policy.notice.representatives, regimes, terms),
        authorities=_parties(policy.notice.authorities, regimes, terms),
        sensitive=tuple(_named(Group.CATEGORY, one.category, terms) for one in policy.notice.sensitive or ()),
        notice=policy.notice,
        deletion=deletion,
        every=None if deletion is None else periods.length(deletion.every),
        copies=None if deletion is None else periods.length(deletion.copies),
    )


def _rule(policy: Policy, rule: Rule, terms: Glossary, periods: Periods) -> RuleFact:
    entries = tuple(entry for entry in policy.entries if rule.name in rules_of(policy, entry))
    prohibited = rule.must_not_exist
    live = () if prohibited else tuple(duty for duty in rule.duties if not is_nothing(duty.when))
    duties = tuple(_duty(policy, rule, duty, periods) for duty in live)
    ends = rule.keep_at_most is not None and not prohibited
    return RuleFact(
        name=rule.name,
        title=rule.title,
        categories=_categories(policy, rule, entries, terms),
        purposes=tuple(_named(Group.PURPOSE, name, terms) for name in rule.purposes),
        bases=tuple(fact for name in policy.controller.regimes if (fact := _basis(rule, name, terms)) is not None),
        starts=None if prohibited else rule.starts,
        at_most=_at_most(rule, periods),
        zero=rule.keep_at_most is not None and rule.keep_at_most.zero,
        duties=duties,
        then=terms.words(Group.END, rule.then.value) if ends else None,
        on_erasure=terms.words(Group.REQUEST_END, rule.on_erasure.value),
        kept_on_request=rule.on_erasure is End.RETAIN and not prohibited,
        prohibited=prohibited,
        undated=ends and any(not _dated(entry) for entry in entries),
        shared=any(link.owner in (Owner.SHARED, Owner.BY_LINKS) for entry in entries for link in entry.links),
        sources=tuple(_named(Group.SOURCE, name, terms) for name in rule.sources),
        interest=rule.interest,
    )


def _at_most(rule: Rule, periods: Periods) -> Text:
    starts = rule.starts
    if rule.must_not_exist:
        return periods.said(lambda one: one.say("period.prohibited"))
    if rule.keep_at_most is not None and rule.keep_at_most.zero and starts is not None:
        return periods.said(lambda one: one.say("period.not_once", start=starts.in_(one.language)))
    return periods.words(rule.keep_at_most)


def _dated(entry: Entry) -> bool:
    return entry.start is not None or entry.part_of is not None  # a part ends with its parent


def _categories(policy: Policy, rule: Rule, entries: tuple[Entry, ...], terms: Glossary) -> tuple[Named, ...]:
    own = [
        field.category
        for entry in entries
        for field in entry.fields
        if field.personal and field.rule in (None, rule.name)
    ]
    lent = [
        field.category
        for entry in policy.entries
        for field in entry.fields
        if field.personal and field.rule == rule.name
    ]
    return tuple(_named(Group.CATEGORY, name, terms) for name in dict.fromkeys(own + lent) if name)


def _basis(rule: Rule, regime: str, terms: Glossary) -> BasisFact | None:
    basis = basis_of(rule, regime)
    if basis is None:
        return None
    article = terms.find(Group.BASIS_ARTICLE, f"{regime}.{basis}")
    return BasisFact(_named(Group.REGIME, regime, terms), _named(Group.BASIS, basis, terms), article)


def _duty(policy: Policy, rule: Rule, duty: Duty, periods: Periods) -> DutyFact:
    order = compare(rule.keep_at_most, duty.period, policy.controller.timezone)
    period = periods.length(duty.period) if duty.period.zero else periods.words(duty.period)
    return DutyFact(
        duty.code, period, duty.cite, not isinstance(duty.when, Everything), order in (Order.LONGER, Order.MIXED)
    )


def _purposes(rules: tuple[RuleFact, ...]) -> tuple[PurposeFact, ...]:
    purposes = dict.fromkeys(purpose for rule in rules for purpose in rule.purposes)
    return tuple(
        PurposeFact(purpose, tuple(Named(rule.name, rule.title) for rule in rules if purpose in rule.purposes))
        for purpose in purposes
    )


def _exception(code: Code, rules: tuple[RuleFact, ...], terms: Glossary) -> ExceptionFact:
    kept = (KeptFact(Named(rule.name, rule.title), duty) for rule in rules for duty in rule.duties if duty.code is code)
    meaning = terms.words(Group.CODE_MEANING, code.value)
    return ExceptionFact(_named(Group.CODE, code.value, terms), meaning, tuple(kept))


def _recipient(recipient: Recipient, home: str, terms: Glossary, periods: Periods) -> RecipientFact:
    return RecipientFact(
        name=recipient.name,
        role=_named(Group.ROLE, recipient.role, terms),
        country=_named(Group.COUNTRY, recipient.country, terms),
        abroad=recipient.country != home,
        purpose=recipient.purpose,
        categories=tuple(_named(Group.CATEGORY, name, terms) for name in recipient.categories),
        contact=recipient.contact,
        methods=tuple(_named(Group.METHOD, name, terms) for name in recipient.methods),
        safeguard=recipient.safeguard,
        lag=None if recipient.lag is None else _lag(recipient.lag, periods),
    )


def _lag(lag: Period, periods: Periods) -> Text:
    length = periods.length(lag)
    return periods.said(lambda one: one.say("share.lag_within", period=length.in_(one.language)))


def _consequences(rules: tuple[RuleFact, ...], terms: Glossary) -> tuple[Named, ...]:
    used = dict.fromkeys(one.basis.name for rule in rules if not rule.prohibited for one in rule.bases)
    return tuple(_named(Group.BASIS_CONSEQUENCE, name, terms) for name in used)


def _parties(parties: tuple[Party, ...], regimes: tuple[str, ...], terms: Glossary) -> tuple[PartyFact, ...]:
    return tuple(
        PartyFact(_named(Group.REGIME, one.regime, terms), one.name, one.contact)
        for one in parties
        if one.regime in regimes
    )


def _rights(regimes: tuple[str, ...], terms: Glossary) -> tuple[RightFact, ...]:
    found = []
    for name in terms.names(Group.RIGHT):
        given = (terms.find(Group.RIGHT_ARTICLE, f"{regime}.{name}") for regime in regimes)
        articles = tuple(article for article in given if article is not None)
        if articles:
            right = _named(Group.RIGHT, name, terms)
            found.append(RightFact(right, terms.words(Group.RIGHT_MEANING, name), articles))
    return tuple(found)


def _named(group: Group, name: str, terms: Glossary) -> Named:
    return Named(name, terms.words(group, name))
