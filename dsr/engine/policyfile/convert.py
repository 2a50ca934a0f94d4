"""From nodes to values: texts, words, periods, dates, choices. A value that does not fit is noted and stands empty.

What an empty stand-in says is never used: a policy with problems is not returned.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from dsr.core.periods import From, Period
from dsr.core.text import Text
from dsr.engine.policyfile.nodes import Map, Node, Pair, Scalar, Seq
from dsr.engine.policyfile.problems import Problems, Spot, shown

WORD = re.compile(r"[a-z][a-z0-9_]*")
DOTTED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
LANGUAGE = re.compile(r"[a-z]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOOSE = re.compile(r"\s*([0-9]{1,9})\s*(d|w|m|y|days?|weeks?|months?|years?)?\s*", re.IGNORECASE)
_ODD_ZONES = ("posix/", "right/", "localtime", "posixrules", "Factory")  # differ from machine to machine
E_ = TypeVar("E_", bound=Enum)


@dataclass(frozen=True, slots=True)
class Form:
    """One mapping whose keys are known; `what` names it in messages."""

    pairs: tuple[Pair, ...]
    at: Spot
    what: str
    problems: Problems

    def get(self, name: str) -> Node | None:
        """The value of a key, or None where it is not there."""
        return next((pair.value for pair in self.pairs if pair.name == name), None)

    def need(self, name: str) -> Node | None:
        """The same, and a problem where it is not there."""
        found = self.get(name)
        if found is None:
            self.problems.add(self.at, f"{self.what} has no `{name}:`. Add it.")
        return found

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        return self.get(name) is not None

    def label(self, name: str) -> str:
        """How messages name one of its keys."""
        return f"{self.what}: `{name}`"


def form(node: Node, what: str, known: Sequence[str], problems: Problems, at: Spot | None = None) -> Form:
    """The mapping with its unknown keys noted; an empty one where the node is no mapping."""
    made = Form(mapping(node, what, problems), at or node.at, what, problems)
    for pair in made.pairs:
        if pair.name not in known:
            problems.add(pair.key.at, f"{what} has no key {shown(pair.name)}; {problems.unknown(pair.name, known)}")
    return made


def mapping(node: Node, what: str, problems: Problems) -> tuple[Pair, ...]:
    """The pairs of a mapping with free keys."""
    if isinstance(node, Map):
        return node.pairs
    problems.add(node.at, f"{what} is not a mapping. Write `key: value` below it, or {{key: value}}.")
    return ()


def sequence(node: Node, what: str, problems: Problems, *, empty: bool = False) -> tuple[Node, ...]:
    """The items of a list; an empty list is a problem unless it is allowed."""
    if not isinstance(node, Seq):
        problems.add(node.at, f"{what} is not a list. Write [a, b], or one item a line after `- `.")
        return ()
    if not node.items and not empty:
        problems.add(node.at, f"{what} is an empty list. Fill it, or take it out.")
    return node.items


def text(node: Node | None, what: str, problems: Problems) -> str:
    """A text that says something."""
    if node is None:
        return ""
    if not isinstance(node, Scalar):
        problems.add(node.at, f"{what} is not a text. Write one value.")
        return ""
    if node.null or not node.text.strip():
        problems.add(node.at, f"{what} has no value. Write it, or take the key out.")
        return ""
    return node.text


def words(node: Node | None, what: str, problems: Problems) -> Text:
    """A text in English and Chinese, and in further languages by their codes."""
    if node is None:
        return Text("", "")
    if isinstance(node, Scalar):
        problems.add(node.at, f"{what} is in one language only. Write {{en: …, zh: …}}.")
        return Text("", "")
    named = tuple(pair.name for pair in node.pairs) if isinstance(node, Map) else ()
    further = tuple(one for one in named if LANGUAGE.fullmatch(one) and one not in ("en", "zh"))
    every = form(node, what, ("en", "zh", *further), problems)
    english, chinese = (text(every.need(one), every.label(one), problems) for one in ("en", "zh"))
    return Text(english, chinese, tuple((one, text(every.get(one), every.label(one), problems)) for one in further))


def word(node: Node | None, what: str, problems: Problems, pattern: re.Pattern[str] = WORD) -> str:
    """A name of lower-case letters, digits and underscores; with DOTTED, several of them with dots between."""
    made = text(node, what, problems)
    if made and node is not None:
        check_word(made, what, node.at, problems, pattern)
    return made


def check_word(made: str, what: str, at: Spot, problems: Problems, pattern: re.Pattern[str] = WORD) -> None:
    """Note a name that does not have the form of one."""
    if pattern.fullmatch(made) is None:
        allowed = "letters, digits, - and _" if pattern is NAME else "lower-case letters, digits and _"
        dots = ", with dots between words" if pattern is DOTTED else ""
        problems.add(at, f"{what} {shown(made)} is not a name. Use {allowed}{dots}, beginning with a letter.")


def word_list(node: Node | None, what: str, problems: Problems, pattern: re.Pattern[str] = WORD) -> tuple[str, ...]:
    """A list of different names."""
    if node is None:
        return ()
    made = [(word(item, what, problems, pattern), item.at) for item in sequence(node, what, problems, empty=True)]
    seen: set[str] = set()
    for one, at in made:
        if one and one in seen:
            problems.add(at, f"{what} names {shown(one)} twice. Keep one of them.")
        seen.add(one)
    return tuple(one for one, _ in made)


def truth(node: Node | None, what: str, problems: Problems, default: bool = False) -> bool:
    """`true` or `false`, and no other spelling."""
    if node is None:
        return default
    made = node.text if isinstance(node, Scalar) and node.plain else ""
    if made not in ("true", "false"):
        problems.add(node.at, f"{what} is neither true nor false. Write one of the two, without quotes.")
    return made == "true"


def choice(node: Node | None, what: str, known: type[E_], default: E_, problems: Problems, *left_out: E_) -> E_:
    """One of an enum's values."""
    if node is None:
        return default
    made = text(node, what, problems)
    options = {one.value: one for one in known if one not in left_out}
    if made and made not in options:
        problems.add(node.at, f"{what} {shown(made)} is not known; {problems.unknown(made, options)}")
    return options.get(made, default)


def country(node: Node | None, what: str, problems: Problems) -> str:
    """An ISO 3166 code of two capital letters."""
    made = text(node, what, problems)
    if made and node is not None and re.fullmatch("[A-Z]{2}", made) is None:
        hint = f"Write {made.upper()}" if re.fullmatch("[A-Za-z]{2}", made) else "Write two capital letters such as CN"
        problems.add(node.at, f"{what} {shown(made)} is not a country code. {hint} (ISO 3166).")
    return made


def zone(node: Node | None, what: str, default: str, problems: Problems) -> str:
    """An IANA time zone."""
    if node is None:
        return default
    made = text(node, what, problems)
    if made and not _is_zone(made):
        near = problems.unknown(made, _zones()).rpartition("Did you mean")
        hint = f"Did you mean{near[2]}" if near[1] else "Write one such as Asia/Shanghai."
        problems.add(node.at, f"{what} {shown(made)} is not a time zone. {hint}")
        return "UTC"
    return made or default


def period(node: Node | None, what: str, problems: Problems) -> Period | None:
    """A calendar period, alone or as {period, from}."""
    if node is None:
        return None
    if not isinstance(node, Map):
        return _period(node, what, From.EVENT, problems)
    parts = form(node, what, ("period", "from"), problems)
    start = choice(parts.get("from"), parts.label("from"), From, From.EVENT, problems)
    return _period(parts.need("period"), what, start, problems)


def duty_period(parts: Form) -> Period:
    """The period of a duty, whose keys stand beside others."""
    start = choice(parts.get("from"), parts.label("from"), From, From.EVENT, parts.problems)
    return _period(parts.need("period"), parts.label("period"), start, parts.problems)


def day(node: Node | None, what: str, problems: Problems) -> date | None:
    """A date, as 2026-11-23."""
    if node is None:
        return None
    made = text(node, what, problems)
    try:
        if _DAY.fullmatch(made):
            return date.fromisoformat(made)
    except ValueError:
        pass  # a day that the calendar does not have
    if made:
        problems.add(node.at, f"{what} {shown(made)} is not a date. Write it as 2026-11-23.")
    return None


def number(node: Node, what: str, problems: Problems, most: float | None = None) -> float | None:
    """A number from 0, up to `most`; None for the word `none` (no limit) and where it is a problem."""
    made = text(node, what, problems)
    if made == "none":
        return None
    whole = most is None
    form_ok = re.fullmatch(r"\d{1,15}" if whole else r"\d{1,15}(\.\d{1,15})?", made, re.ASCII)
    if made and (form_ok is None or (most is not None and float(made) > most)):
        allowed = "a whole number from 0" if whole else f"a number from 0 to {most:g}"
        problems.add(node.at, f"{what} {shown(made)} is not {allowed}. Write one, or none for no limit.")
        return None
    return float(made) if made else None


def _period(node: Node | None, what: str, start: From, problems: Problems) -> Period:
    made = text(node, what, problems)
    if not made or node is None:
        return Period(start=start)
    try:
        return Period.parse(made, start)
    except ValueError:
        problems.add(node.at, f"{what} {shown(made)} {_period_hint(made)}")
        return Period(start=start)


def _period_hint(made: str) -> str:
    loose = _LOOSE.fullmatch(made)
    if loose and loose[2] is None:
        return f"has no unit. Write P{loose[1]}D for {loose[1]} days, P{loose[1]}M for months."
    if loose:
        return f"is not a period. Write P{loose[1]}{loose[2][0].upper()}."
    if made.upper() != made:
        return f"is not a period. Write {made.upper()[:20]} in capitals, such as P30D, P6M, P10Y."
    if "T" in made:
        return "has hours or minutes. Write whole days or longer, such as P1D, P30D, P6M."
    return "is not a period of at most 1000 years. Write one such as P30D, P6M, P10Y."


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(one for one in available_timezones() if not one.startswith(_ODD_ZONES)))


@lru_cache(maxsize=1000)
def _is_zone(name: str) -> bool:
    if name.startswith(_ODD_ZONES):
        return False
    try:
        return ZoneInfo(name).key == name
    except (KeyError, ValueError, OSError):  # unknown; not a relative path; a folder such as "Asia"
        return False
