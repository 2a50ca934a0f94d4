"""Every promise of the text and what keeps it; one without a control, or whose control does not hold, is named."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.core.periods import Period
from dsr.core.policy import End, Policy, Rule
from dsr.core.text import Text
from dsr.engine.policytext.document import Document
from dsr.engine.policytext.findings import Finding, Lack
from dsr.engine.policytext.render import texts
from dsr.engine.wordfile import Leaf, leaves

_K = 10  # the smallest group that names nobody
_CONTENT = frozenset({"content.prompt", "content.output"})


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: the places of the text that make it, and the control that keeps it."""

    name: str
    title: Text
    places: tuple[str, ...]
    control: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A promise that the text makes, and whether its control holds."""

    name: str
    title: Text
    control: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Promises:
    """The whole file. `statements` are places that promise nothing; `remedies` what to do, by control."""

    promises: tuple[Promise, ...]
    statements: tuple[str, ...]
    remedies: Mapping[str, Text]


def load(path: Path | None = None) -> Promises:
    """The shipped promises, or those of another file."""
    return _load(path if path is not None else folder("policies") / "promises.yaml")


def made(policy: Policy, document: Document, known: Promises | None = None) -> tuple[Kept, ...]:
    """The promises that the text makes."""
    places = {item for item, _ in texts(document)}
    return tuple(
        Kept(one.name, one.title, one.control, _CONTROLS[one.control](policy))
        for one in (known or load()).promises
        if any(_fits(place, one.places) for place in places)
    )


def findings(policy: Policy, document: Document, known: Promises | None = None) -> Iterator[Finding]:
    """Promises that nothing keeps, and sentences that are mapped to nothing."""
    listed = known or load()
    for one in made(policy, document, listed):
        if not one.holds:
            remedy, nothing = _remedy(policy, listed.remedies[one.control], one.control), Text("", "")
            what = Text(f"“{one.title.en}” is promised and not kept", f"“{one.title.zh}”已作承诺但未落实")
            yield Finding(Lack.PROMISE, one.name, "", what, nothing, remedy)
    mapped = (*listed.statements, *(place for one in listed.promises for place in one.places))
    for item in dict.fromkeys(item for item, _ in texts(document)):
        if not _fits(item, mapped):
            what = Text(f"the sentence {item} is mapped to no control", f"语句 {item} 未对应任何控制措施")
            write = Text(
                "Name it under a promise in policies/promises.yaml", "在 policies/promises.yaml 的某项承诺中列明"
            )
            yield Finding(Lack.PROMISE, "", "", what, Text("", ""), write)


def _remedy(policy: Policy, words: Text, control: str) -> Text:
    """What to do; who it is about is named where the control can say so."""
    names = ", ".join(_WHO[control](policy)) if control in _WHO else ""
    return Text(f"{names}: {words.en}", f"{names}：{words.zh}") if names else words


def tail(policy: Policy) -> Period:
    """What a deletion still waits for after our own run: the longest lag of a processor, then the oldest backup."""
    return added(_longest(one.lag for one in policy.recipients), _longest(one.backups for one in policy.stores))


def added(*periods: Period) -> Period:
    """The periods one after another."""
    years, months, days = (sum(getattr(one, part) for one in periods) for part in ("years", "months", "days"))
    return Period(years, months, days)


def fits(inner: Period, outer: Period, zone: str) -> bool:
    """Whether the inner period never ends after the outer one, tried from the first of every month."""
    moments = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in range(1, 13))
    return all(inner.until(moment, zone) <= outer.until(moment, zone) for moment in moments)


def _longest(periods: Iterable[Period | None]) -> Period:
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    given = (one for one in periods if one is not None)
    return max(given, key=lambda one: one.until(moment, "UTC"), default=Period())


def _fits(place: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(place, pattern) for pattern in patterns)


def _ends(rule: Rule) -> bool:
    return rule.must_not_exist or rule.keep_at_most is not None or rule.on_erasure is not End.RETAIN


def _prompts(policy: Policy) -> bool:
    holding = {
        field.rule or entry.rule for entry in policy.entries for field in entry.fields if field.category in _CONTENT
    }
    return all(rule.must_not_exist or rule.keep_at_most is not None for rule in policy.rules if rule.name in holding)


def _deletion(policy: Policy) -> bool:
    """Copies are gone when the text says: after the lag of the slowest processor and the life of the oldest backup."""
    promised = policy.deletion
    return promised is not None and fits(tail(policy), promised.copies, policy.controller.timezone)


def _unguarded(policy: Policy) -> tuple[str, ...]:
    abroad = (one for one in policy.recipients if one.country != policy.controller.country)
    return tuple(one.name for one in abroad if one.safeguard is None)


def _incomplete(policy: Policy) -> tuple[str, ...]:
    return tuple(one.name for one in policy.recipients if not (one.country and one.contact and one.categories))


_WHO: Mapping[str, Callable[[Policy], tuple[str, ...]]] = {"safeguards": _unguarded, "recipients": _incomplete}
_CONTROLS: Mapping[str, Callable[[Policy], bool]] = {
    "declared": lambda policy: bool(policy.entries),
    "purposes": lambda policy: all(rule.purposes for rule in policy.rules),
    "prompts": _prompts,
    "periods": lambda policy: all(_ends(rule) for rule in policy.rules),
    "recipients": lambda policy: not _incomplete(policy),
    "safeguards": lambda policy: not _unguarded(policy),
    "totals": lambda policy: all(rule.totals is None or (rule.totals.k or 0) >= _K for rule in policy.rules),
    "deletion": _deletion,
    "built_in": lambda _: True,
    "contact": lambda policy: bool(policy.controller.contact.strip()),
    "exceptions": lambda policy: all(duty.cite.en and duty.cite.zh for rule in policy.rules for duty in rule.duties),
    "measures": lambda policy: bool(policy.notice.measures),
    "secrets": lambda policy: any(rule.must_not_exist for rule in policy.rules),
    "authorities": lambda policy: bool(policy.notice.authorities),
    "languages": lambda policy: all(rule.title.en and rule.title.zh for rule in policy.rules),
    "versions": lambda policy: bool(policy.notice.versions),
    "automated": lambda policy: policy.notice.automated is not None,
    "minors": lambda policy: policy.notice.minors is not None,
    "sensitive": lambda policy: policy.notice.sensitive is not None,
}


@lru_cache(maxsize=2)
def _load(path: Path) -> Promises:
    found = {leaf.path: leaf for leaf in leaves(path)}
    names = dict.fromkeys(one[1] for one in found if one[0] == "promises")
    try:
        listed = tuple(
            Promise(
                name,
                _text(found, "promises", name, "title"),
                tuple(found["promises", name, "items"].text.split()),
                found["promises", name, "control"].text,
            )
            for name in names
        )
        remedies = {one.control: _text(found, "controls", one.control) for one in listed}
    except KeyError as error:
        raise PolicyError(f"policies/{path.name}: {'.'.join(error.args[0])} is missing. Add it.") from error
    unknown = [one for one in listed if one.control not in _CONTROLS]
    if unknown:
        what = f"policies/{path.name}: {unknown[0].name} names the control {unknown[0].control}"
        raise PolicyError(f"{what}, which does not exist. Known: {', '.join(_CONTROLS)}.")
    statements = tuple(place for at, leaf in found.items() if at[0] == "statements" for place in leaf.text.split())
    return Promises(listed, statements, remedies)


def _text(found: Mapping[tuple[str, ...], Leaf], *path: str) -> Text:
    return Text(found[(*path, "en")].text, found[(*path, "zh")].text)
