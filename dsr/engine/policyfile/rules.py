"""The `rules:` section: how long each kind of record is kept, why, and what happens then."""

from collections.abc import Iterable

from dsr.core.policy import Code, Controller, Duty, End, Rule
from dsr.core.select import Everything, Predicate
from dsr.engine.policyfile.convert import (
    DOTTED,
    NAME,
    Form,
    check_word,
    choice,
    country,
    day,
    duty_period,
    form,
    mapping,
    period,
    sequence,
    truth,
    word,
    word_list,
    words,
)
from dsr.engine.policyfile.nodes import Map, Node, Pair, Scalar, Seq
from dsr.engine.policyfile.problems import Problems, shown
from dsr.engine.policyfile.sections import together
from dsr.engine.policyfile.where import condition

KEYS = (
    "title",
    "purposes",
    "sources",
    "basis",
    "interest",
    "starts",
    "keep_at_least",
    "keep_at_most",
    "then",
    "on_erasure",
    "must_not_exist",
)
DUTY_KEYS = ("period", "from", "code", "cite", "when", "verified_on")


def rules(pairs: Iterable[Pair], controller: Controller, problems: Problems) -> tuple[Rule, ...]:
    """All rules; duties of other countries than the controller's are left out."""
    return tuple(_rule(pair, controller, problems) for pair in together(pairs, "rule", problems))


def _rule(pair: Pair, controller: Controller, problems: Problems) -> Rule:
    check_word(pair.name, "rule", pair.key.at, problems, NAME)
    parts = form(pair.value, f"rule {shown(pair.name)}", KEYS, problems, pair.key.at)
    then = _then(parts)
    starts, interest = parts.get("starts"), parts.get("interest")
    return Rule(
        pair.name,
        words(parts.need("title"), parts.label("title"), problems),
        word_list(parts.get("purposes"), parts.label("purposes"), problems, DOTTED),
        _basis(parts),
        None if starts is None else words(starts, parts.label("starts"), problems),
        _duties(parts, controller),
        period(parts.get("keep_at_most"), parts.label("keep_at_most"), problems),
        then,
        _on_erasure(parts, then),
        _must_not_exist(parts),
        str(pair.key.at),
        sources=word_list(parts.get("sources"), parts.label("sources"), problems),
        interest=None if interest is None else words(interest, parts.label("interest"), problems),
    )


def _then(parts: Form) -> End:
    node = parts.get("then")
    if isinstance(node, Map):
        return End.AGGREGATE  # its particulars are read by `totals`
    if isinstance(node, Scalar) and node.text == End.AGGREGATE.value:
        hint = "Write {aggregate: {into: …, by: […], count: …, k: 10}}."
        parts.problems.add(node.at, f"{parts.label('then')} aggregate does not say what is added up. {hint}")
        return End.DELETE
    return choice(node, parts.label("then"), End, End.DELETE, parts.problems, End.RETAIN, End.AGGREGATE)


def _on_erasure(parts: Form, then: End) -> End:
    """What the calendar does, by default; totals are of many people, so that a request deletes instead."""
    otherwise = End.DELETE if then is End.AGGREGATE else then
    return choice(parts.get("on_erasure"), parts.label("on_erasure"), End, otherwise, parts.problems, End.AGGREGATE)


def _must_not_exist(parts: Form) -> bool:
    made = truth(parts.get("must_not_exist"), parts.label("must_not_exist"), parts.problems)
    for key in ("keep_at_least", "keep_at_most"):
        node = parts.get(key)
        if made and node is not None:
            what = f"{parts.what} says that the data must not exist and how long to keep it"
            parts.problems.add(node.at, f"{what}. Take `{key}` out, or `must_not_exist`.")
    return made


def _basis(parts: Form) -> tuple[tuple[str, str], ...]:
    node, problems = parts.get("basis"), parts.problems
    if node is None:
        return ()
    made = []
    for pair in mapping(node, parts.label("basis"), problems):
        check_word(pair.name, f"{parts.label('basis')}: regime", pair.key.at, problems)
        made.append((pair.name, word(pair.value, f"{parts.label('basis')} {pair.name}", problems)))
    return tuple(made)


def _duties(parts: Form, controller: Controller) -> tuple[Duty, ...]:
    node = parts.get("keep_at_least")
    if node is None:
        return ()
    items = sequence(node, parts.label("keep_at_least"), parts.problems) if isinstance(node, Seq) else (node,)
    made = (_duty(item, parts.label("keep_at_least"), controller, parts.problems) for item in items)
    return tuple(duty for duty in made if duty is not None)


def _duty(node: Node, what: str, controller: Controller, problems: Problems) -> Duty | None:
    """One duty, or None where it is another country's."""
    if not isinstance(node, Map):
        problems.add(node.at, f"{what} names no law. Write {{period: P10Y, code: tax, cite: {{en: …, zh: …}}}}.")
        return None
    parts = form(node, what, DUTY_KEYS, problems)
    applies, when = _when(parts, controller)
    duty = Duty(
        duty_period(parts),
        choice(parts.need("code"), parts.label("code"), Code, Code.LEGAL, problems),
        words(parts.need("cite"), parts.label("cite"), problems),
        when,
        day(parts.get("verified_on"), parts.label("verified_on"), problems),
        str(node.at),
    )
    return duty if applies else None


def _when(parts: Form, controller: Controller) -> tuple[bool, Predicate]:
    """Whether the duty is one of the controller's country, and on which records it lies."""
    node, problems = parts.get("when"), parts.problems
    if node is None:
        return True, Everything()
    inner = form(node, parts.label("when"), ("country", "field"), problems)
    if isinstance(node, Map) and not node.pairs:
        problems.add(node.at, f"{inner.what} is empty. Write {{country: CN}} or {{field: {{type: topup}}}}.")
    named, field = inner.get("country"), inner.get("field")
    items = named.items if isinstance(named, Seq) else () if named is None else (named,)
    countries = [country(item, inner.label("country"), problems) for item in items]
    if isinstance(named, Seq) and not items:
        problems.add(named.at, f"{inner.label('country')} is an empty list. Name a country, or take it out.")
    where = Everything() if field is None else condition(field, inner.label("field"), problems)
    return named is None or controller.country in countries, where
