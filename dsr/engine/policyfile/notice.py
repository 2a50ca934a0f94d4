"""The sections `notice:` and `deletion:`: what the published text says beside rules and recipients."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from dsr.core.notice import Automated, Deletion, Measure, Minors, Notice, Party, Sensitive, Version
from dsr.core.periods import Period
from dsr.engine.policyfile.convert import (
    DOTTED,
    Form,
    check_word,
    day,
    form,
    mapping,
    number,
    period,
    sequence,
    text,
    words,
)
from dsr.engine.policyfile.nodes import Node, Pair, Scalar
from dsr.engine.policyfile.problems import Problems, shown

KEYS = (
    *("address", "officer", "representatives", "authorities", "automated", "sensitive"),
    *("minors", "measures", "balance", "versions"),
)
_NO_DAY = date(1, 1, 1)
T = TypeVar("T")


def notice(section: Pair | None, problems: Problems) -> Notice:
    """What is said of the company, its safeguards and its versions."""
    if section is None:
        return Notice()
    parts = form(section.value, "`notice:`", KEYS, problems, section.key.at)
    address, officer, balance = (parts.get(name) for name in ("address", "officer", "balance"))
    return Notice(
        address=None if address is None else words(address, parts.label("address"), problems),
        officer=None if officer is None else _party("", officer, parts.label("officer"), problems),
        representatives=_named(parts, "representatives", _party),
        authorities=_named(parts, "authorities", _party),
        automated=_or_none(parts, "automated", _automated),
        sensitive=_or_none(parts, "sensitive", _sensitive),
        minors=_minors(parts),
        measures=_named(parts, "measures", _measure),
        balance=None if balance is None else words(balance, parts.label("balance"), problems),
        versions=_versions(parts),
    )


def deletion(section: Pair | None, problems: Problems) -> Deletion | None:
    """How often deletion runs, and when copies elsewhere are gone."""
    if section is None:
        return None
    parts = form(section.value, "`deletion:`", ("every", "copies"), problems, section.key.at)
    every, copies = (period(parts.need(name), parts.label(name), problems) for name in ("every", "copies"))
    if every is not None and every.zero:
        what = f"{parts.label('every')} is zero; no purge runs without a pause"
        problems.add(section.key.at, f"{what}. Write P1D or more.")
    return Deletion(every or Period(), copies or Period(), str(section.key.at))


def _named(parts: Form, key: str, make: Callable[[str, Node, str, Problems], T]) -> tuple[T, ...]:
    node, problems = parts.get(key), parts.problems
    if node is None:
        return ()
    made = []
    for pair in mapping(node, parts.label(key), problems):
        check_word(pair.name, parts.label(key), pair.key.at, problems, DOTTED)
        made.append(make(pair.name, pair.value, f"{parts.label(key)} {shown(pair.name)}", problems))
    return tuple(made)


def _or_none(parts: Form, key: str, make: Callable[[str, Node, str, Problems], T]) -> tuple[T, ...] | None:
    """The named things, an empty tuple for the word `none`, and None where the key is not there."""
    node = parts.get(key)
    if node is None:
        return None
    if isinstance(node, Scalar) and node.text == "none":
        return ()
    return _named(parts, key, make)


def _party(name: str, node: Node, what: str, problems: Problems) -> Party:
    parts = form(node, what, ("name", "contact"), problems)
    said = words(parts.need("name"), parts.label("name"), problems)
    return Party(name, said, text(parts.need("contact"), parts.label("contact"), problems), str(node.at))


def _automated(name: str, node: Node, what: str, problems: Problems) -> Automated:
    keys = ("what", "logic", "effect", "review")
    parts = form(node, what, keys, problems)
    decided, logic, effect, review = (words(parts.need(key), parts.label(key), problems) for key in keys)
    return Automated(name, decided, logic, effect, review, str(node.at))


def _sensitive(name: str, node: Node, what: str, problems: Problems) -> Sensitive:
    parts = form(node, what, ("why", "effect"), problems)
    why, effect = (words(parts.need(key), parts.label(key), problems) for key in ("why", "effect"))
    return Sensitive(name, why, effect, str(node.at))


def _measure(name: str, node: Node, what: str, problems: Problems) -> Measure:
    return Measure(name, words(node, what, problems), str(node.at))


def _minors(parts: Form) -> Minors | None:
    node, problems = parts.get("minors"), parts.problems
    if node is None:
        return None
    inner = form(node, parts.label("minors"), ("age", "what"), problems)
    age = inner.need("age")
    years = None if age is None else number(age, inner.label("age"), problems)
    said = words(inner.need("what"), inner.label("what"), problems)
    return Minors(int(years or 0), said, str(node.at))


def _versions(parts: Form) -> tuple[Version, ...]:
    node, problems = parts.get("versions"), parts.problems
    if node is None:
        return ()
    made: list[Version] = []
    for item in sequence(node, parts.label("versions"), problems):
        one = _version(item, parts.label("versions"), problems)
        if made and one.day != _NO_DAY and one.day <= made[-1].day:
            problems.add(item.at, f"{parts.label('versions')} are not in order of their days. Put the newest last.")
        if any(one.number == other.number for other in made):
            what = f"{parts.label('versions')} name {shown(one.number)} twice"
            problems.add(item.at, f"{what}. Give each its own number.")
        made.append(one)
    return tuple(made)


def _version(node: Node, what: str, problems: Problems) -> Version:
    parts = form(node, what, ("number", "date", "effective", "changes"), problems)
    published = day(parts.need("date"), parts.label("date"), problems) or _NO_DAY
    effective = day(parts.get("effective"), parts.label("effective"), problems) or published
    said = words(parts.need("changes"), parts.label("changes"), problems)
    if effective < published:
        what = f"{parts.label('effective')} lies before its date"
        problems.add(node.at, f"{what}. A change holds from its publication on.")
    return Version(
        text(parts.need("number"), parts.label("number"), problems), published, effective, said, str(node.at)
    )
