"""Reads `policies/regimes/*.yaml`: the laws as data. Strict: an unknown key, a missing citation or date is refused."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.core.periods import Period
from dsr.core.regimes import (
    Cite,
    Effect,
    Event,
    Ground,
    Mark,
    Pause,
    Question,
    Regime,
    Remedy,
    Right,
    Span,
    Term,
)
from dsr.engine.policyfile.convert import (
    Form,
    check_word,
    choice,
    country,
    day,
    form,
    mapping,
    number,
    period,
    sequence,
    text,
    truth,
    word,
    words,
)
from dsr.engine.policyfile.nodes import Node, Pair, read
from dsr.engine.policyfile.problems import Problems, Spot, shown

_CITED = ("cite", "mark", "verified_on")
_KNOWN = ("regime", "title", "calendar", "countries", "notes", "pause", "terms", "grounds", "remedies")


def names() -> tuple[str, ...]:
    """The laws that are shipped."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def regimes(wanted: Iterable[str]) -> tuple[Regime, ...]:
    """The laws of these names; raises PolicyError for one that is not shipped or not readable."""
    return tuple(regime(name) for name in wanted)


@cache
def regime(name: str) -> Regime:
    """The law of that name."""
    if name not in names():
        raise PolicyError(f"There are no rules for the regime {shown(name)}. Known: {', '.join(names())}.")
    return parse((_folder() / f"{name}.yaml").read_bytes(), f"regimes/{name}.yaml")


def parse(source: bytes, file: str) -> Regime:
    """The law that the text describes; raises PolicyError with every problem, each with file and line."""
    problems = Problems()
    root = read(source, file, problems)
    if root is None:
        raise PolicyError(problems.lines([file]))
    parts = form(root, "the regime", _KNOWN, problems, Spot(file, 1))
    made = Regime(
        word(parts.need("regime"), parts.label("regime"), problems),
        words(parts.need("title"), parts.label("title"), problems),
        text(parts.need("calendar"), parts.label("calendar"), problems),
        tuple(_pause(pair, problems) for pair in _pairs(parts, "pause")),
        tuple(_term(pair, problems) for pair in _pairs(parts, "terms")),
        tuple(_ground(pair, problems) for pair in _pairs(parts, "grounds")),
        tuple(_remedy(node, problems) for node in _list(parts, "remedies")),
        tuple(country(node, parts.label("countries"), problems) for node in _given(parts, "countries")),
        tuple(words(node, parts.label("notes"), problems) for node in _given(parts, "notes")),
    )
    if problems:
        raise PolicyError(problems.lines([file]))
    return made


def _folder() -> Path:
    return folder("policies") / "regimes"


def _pairs(parts: Form, name: str) -> tuple[Pair, ...]:
    node = parts.need(name)
    return () if node is None else mapping(node, parts.label(name), parts.problems)


def _list(parts: Form, name: str) -> tuple[Node, ...]:
    node = parts.need(name)
    return () if node is None else sequence(node, parts.label(name), parts.problems)


def _given(parts: Form, name: str) -> tuple[Node, ...]:
    node = parts.get(name)
    return () if node is None else sequence(node, parts.label(name), parts.problems)


def _cite(parts: Form) -> Cite:
    problems = parts.problems
    parts.need("mark")
    verified = day(parts.need("verified_on"), parts.label("verified_on"), problems)
    said = words(parts.need("cite"), parts.label("cite"), problems)
    mark = choice(parts.get("mark"), parts.label("mark"), Mark, Mark.RECALL, problems)
    return Cite(said, mark, verified)  # type: ignore[arg-type]  # without a date there is a problem, and no regime


def _pause(pair: Pair, problems: Problems) -> Pause:
    known = {one.value: one for one in Question}
    if pair.name not in known:
        problems.add(pair.key.at, f"there is no question {shown(pair.name)}; {problems.unknown(pair.name, known)}")
    parts = form(pair.value, f"pause {shown(pair.name)}", ("effect", "within", *_CITED), problems, pair.key.at)
    parts.need("effect")
    within, mark = _within(parts)
    return Pause(
        known.get(pair.name, Question.IDENTITY),
        choice(parts.get("effect"), parts.label("effect"), Effect, Effect.RUNS_ON, problems),
        within,
        _cite(parts),
        mark,
    )


def _within(parts: Form) -> tuple[int | None, Mark | None]:
    """The number of days, and how well it is known."""
    node, problems = parts.get("within"), parts.problems
    if node is None:
        return None, None
    inner = form(node, parts.label("within"), ("period", "mark"), problems)
    found = period(inner.need("period"), inner.label("period"), problems) or Period()
    if found.months or found.years:
        problems.add(parts.at, f"{parts.label('within')} is not a number of days. Write one such as P7D.")
    inner.need("mark")
    return found.days, choice(inner.get("mark"), inner.label("mark"), Mark, Mark.RECALL, problems)


def _term(pair: Pair, problems: Problems) -> Term:
    what = f"term {shown(pair.name)}"
    known = ("event", "rights", "period", "working_days", "rolls", *_CITED)
    parts = form(pair.value, what, known, problems, pair.key.at)
    parts.need("event")
    node = parts.need("rights")
    listed = sequence(node, parts.label("rights"), problems) if node is not None else ()
    rights = (choice(one, parts.label("rights"), Right, Right.ACCESS, problems) for one in listed)
    return Term(
        pair.name,
        choice(parts.get("event"), parts.label("event"), Event, Event.ANSWER, problems),
        frozenset(rights),
        _span(parts),
        truth(parts.get("rolls"), parts.label("rolls"), problems),
        _cite(parts),
    )


def _span(parts: Form) -> Span:
    given, working = parts.get("period"), parts.get("working_days")
    if (given is None) == (working is None):
        parts.problems.add(parts.at, f"{parts.what} needs `period:` or `working_days:`, and not both.")
        return Span(days=0)
    if working is not None:
        count = number(working, parts.label("working_days"), parts.problems)
        return Span(working_days=int(count or 0))
    found = period(given, parts.label("period"), parts.problems) or Period()
    whole = found.years * 12 + found.months
    if whole and found.days:
        parts.problems.add(parts.at, f"{parts.label('period')} mixes months and days. Write one of the two.")
    return Span(months=whole) if whole else Span(days=found.days)


def _ground(pair: Pair, problems: Problems) -> Ground:
    check_word(pair.name, "ground", pair.key.at, problems)
    parts = form(pair.value, f"ground {shown(pair.name)}", ("title", *_CITED), problems, pair.key.at)
    return Ground(pair.name, words(parts.need("title"), parts.label("title"), problems), _cite(parts))


def _remedy(node: Node, problems: Problems) -> Remedy:
    parts = form(node, "remedy", ("text", *_CITED), problems)
    return Remedy(words(parts.need("text"), parts.label("text"), problems), _cite(parts))
