"""What the law wants said about the processing, from the policy and from what was found of this person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dsr.core.notice import Party
from dsr.core.periods import From, Period
from dsr.core.policy import Duty, Policy, Recipient, Rule
from dsr.core.text import Text
from dsr.engine.glossary import Group
from dsr.engine.package.report import Category, Kept
from dsr.engine.package.terms import Terms, day, joined
from dsr.engine.policytext.periods import in_words, length


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of data in words."""

    title: Text
    records: int
    until: Text | None
    by_request: bool
    period: Text | None
    kept: tuple[Text, ...]
    purposes: Text
    bases: tuple[Text, ...]
    includes: Text | None
    duties: tuple[Text, ...]
    sources: Text | None
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """One recipient in words."""

    name: str
    role: Text
    country: Text
    purpose: Text
    categories: Text
    contact: str
    safeguard: Text | None


@dataclass(frozen=True, slots=True)
class RightLine:
    """One right in words."""

    name: str
    title: Text
    meaning: Text
    articles: Text


def line(category: Category, policy: Policy, terms: Terms) -> Line:
    """The kind of data as the pages state it."""
    rule = category.rule
    return Line(
        title=rule.title,
        records=category.records,
        until=day(category.until) if category.until is not None else None,
        by_request=category.by_request,
        period=_period(rule, terms),
        kept=tuple(_kept(one, terms) for one in category.kept),
        purposes=_terms(rule.purposes, Group.PURPOSE, terms) or terms.word("no_purpose"),
        bases=tuple(_bases(rule, policy, terms)),
        includes=_terms(category.fields, Group.CATEGORY, terms),
        duties=tuple(_duty(duty, terms) for duty in rule.duties),
        sources=_terms(rule.sources, Group.SOURCE, terms),
        places=tuple(str(place) for place in category.places),
    )


def recipients(policy: Policy, terms: Terms) -> tuple[RecipientLine, ...]:
    """Everyone who receives data."""
    return tuple(
        RecipientLine(
            name=one.name,
            role=terms.term(Group.ROLE, one.role),
            country=terms.term(Group.COUNTRY, one.country),
            purpose=one.purpose,
            categories=_terms(one.categories, Group.CATEGORY, terms) or terms.word("without"),
            contact=one.contact,
            safeguard=one.safeguard,
        )
        for one in policy.recipients
    )


def rights(policy: Policy, terms: Terms) -> tuple[RightLine, ...]:
    """The rights that the laws of the policy give, each with its articles."""
    found = []
    for name in terms.glossary.names(Group.RIGHT):
        given = (terms.glossary.find(Group.RIGHT_ARTICLE, f"{law}.{name}") for law in policy.controller.regimes)
        articles = tuple(article for article in given if article is not None)
        if articles:
            meaning = terms.term(Group.RIGHT_MEANING, name)
            found.append(RightLine(name, terms.term(Group.RIGHT, name), meaning, joined(articles)))
    return tuple(found)


def document(
    categories: Iterable[Category], policy: Policy, terms: Terms, token: str, made_at: datetime
) -> dict[str, object]:
    """The same for machines; instants are UTC, words stand in both languages."""
    controller = policy.controller
    return {
        "schema": "dsr/processing/1",
        "subject": token,
        "made_at": made_at.isoformat(),
        "policy": policy.digest,
        "controller": {"name": _two(controller.name), "contact": controller.contact, "country": controller.country},
        "categories": [_category(one, policy, terms) for one in categories],
        "recipients": [_recipient(one, terms) for one in policy.recipients],
        "rights": [
            {"name": one.name, "title": _two(one.title), "meaning": _two(one.meaning), "articles": _two(one.articles)}
            for one in rights(policy, terms)
        ],
        "authorities": [_authority(one, terms) for one in policy.notice.authorities],
        "automated_decisions": _automated(policy),
    }


def _category(one: Category, policy: Policy, terms: Terms) -> dict[str, object]:
    rule, said = one.rule, line(one, policy, terms)
    return {
        "rule": rule.name,
        "title": _two(rule.title),
        "records": one.records,
        "places": [str(place) for place in one.places],
        "data": [{"name": name, **_two(terms.term(Group.CATEGORY, name))} for name in one.fields],
        "sources": [{"name": name, **_two(terms.term(Group.SOURCE, name))} for name in rule.sources],
        "purposes": [{"name": name, **_two(terms.term(Group.PURPOSE, name))} for name in rule.purposes],
        "bases": [{"regime": law, "basis": basis, **_two(terms.term(Group.BASIS, basis))} for law, basis in rule.basis],
        "starts": _two(rule.starts) if rule.starts is not None else None,
        "keep_at_most": _period_of(rule.keep_at_most),
        "keep_at_least": [
            {**(_period_of(duty.period) or {}), "code": duty.code.value, "cite": _two(duty.cite)}
            for duty in rule.duties
        ],
        "until": one.until.isoformat() if one.until is not None else None,
        "by_request": one.by_request,
        "in_words": _two(said.period) if said.period is not None else None,
        "stays_on_erasure": [
            {
                "until": kept.until.isoformat() if kept.until is not None else None,
                "code": kept.code,
                "why": _two(kept.why),
                "cite": _two(kept.cite) if kept.cite is not None else None,
            }
            for kept in one.kept
        ],
    }


def _recipient(one: Recipient, terms: Terms) -> dict[str, object]:
    return {
        "name": one.name,
        "role": {"name": one.role, **_two(terms.term(Group.ROLE, one.role))},
        "country": one.country,
        "purpose": _two(one.purpose),
        "categories": [{"name": name, **_two(terms.term(Group.CATEGORY, name))} for name in one.categories],
        "contact": one.contact,
        "safeguard": _two(one.safeguard) if one.safeguard is not None else None,
    }


def _authority(one: Party, terms: Terms) -> dict[str, object]:
    return {
        "regime": {"name": one.regime, **_two(terms.term(Group.REGIME, one.regime))},
        "name": _two(one.name),
        "contact": one.contact,
    }


def _automated(policy: Policy) -> list[dict[str, object]] | None:
    """None where the policy says nothing of them; an empty list says that there are none."""
    if policy.notice.automated is None:
        return None
    return [
        {
            "name": one.name,
            "what": _two(one.what),
            "logic": _two(one.logic),
            "effect": _two(one.effect),
            "review": _two(one.review),
        }
        for one in policy.notice.automated
    ]


def _period(rule: Rule, terms: Terms) -> Text | None:
    """How long after what: "10 years from the end of the calendar year in which the invoice is issued"."""
    period = rule.keep_at_most
    if period is None or rule.must_not_exist:
        return None
    words = in_words(period)
    if rule.starts is None or period.zero:
        return words
    if period.start is From.EVENT:
        return terms.word("after", period=words, starts=rule.starts)
    if not (period.years or period.months or period.days):
        return terms.word("to_year_end", period=words, starts=rule.starts)
    return terms.word("from_year_end", period=Text(words.en, length(period).zh), starts=rule.starts)


def _duty(duty: Duty, terms: Terms) -> Text:
    return terms.word("at_least", period=in_words(duty.period), cite=duty.cite)


def _kept(one: Kept, terms: Terms) -> Text:
    parts = [one.why]
    if one.cite is not None:
        parts.append(one.cite)
    if one.until is not None:
        parts.append(terms.word("stays_until", until=day(one.until)))
    return terms.word("stays", why=joined(tuple(parts)))


def _bases(rule: Rule, policy: Policy, terms: Terms) -> Iterable[Text]:
    for law, basis in rule.basis:
        if law in policy.controller.regimes:
            article = terms.glossary.find(Group.BASIS_ARTICLE, f"{law}.{basis}") or terms.term(Group.REGIME, law)
            yield terms.word("basis_of", basis=terms.term(Group.BASIS, basis), regime=article)


def _terms(names: Iterable[str], group: Group, terms: Terms) -> Text | None:
    found = tuple(terms.term(group, name) for name in names)
    return joined(found) if found else None


def _period_of(period: Period | None) -> dict[str, object] | None:
    if period is None:
        return None
    return {"period": str(period), "from": "year_end" if period.start is From.YEAR_END else "event"}


def _two(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
