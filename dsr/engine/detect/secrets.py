"""Secrets in texts: keys by their own marks, by the company's own format, and by the word that stands beside them."""

import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

from dsr.core.errors import PolicyError
from dsr.engine.detect.datafile import Table, items
from dsr.engine.detect.fold import fold
from dsr.engine.detect.starts import FOLDED, Sieve, Sign

_LEAST = 2.2  # bits per character below which a value is a stand-in such as xxxxxxxx
_MARK = re.compile(r"\[(?:secret:[a-z0-9-]+(?::[^\]\s]{0,4})?|redacted:[a-z]+)\]")
_PLACEHOLDER = re.compile(
    r"(?i)^(?:x{4,}|\*{3,}|\.{3,}|<.*>|\$\{?[A-Z_a-z.]+\}?|%[a-z_]+%|\{\{.*|your[_-].*|.*(?:example|placeholder|changeme|dummy|redacted|insert|todo|sample|replace|undefined|null).{0,12}|(?:none|true|false|null|required|optional|string|password|passwd|secret|token|username|process\.env.*|os\.environ.*|getenv.*|config\..*|settings\..*|self\..*|this\..*|env\..*|var\..*|data\..*|local\..*|vault\..*)|.*\.\.+|.*\[redacted\].*)$"
)
_WORDS = re.compile(r"[A-Za-z]+(?:[_.-][A-Za-z]+)*:?")
_NOT_VALUE = re.compile(
    r"(?i)^(?:[$#%@&'.]|https?:/|file:/|/[a-z]+/|\.{0,2}/|[a-z]+\.[a-z]+\(|[0-9.,:/-]+$|[0-9]{4}-[0-9]{2}|[a-z]+[0-9]?\.(?:com|org|net|io|cn|js|py|go|json|ya?ml|txt|pem|html?)$)"
)
_CODE = re.compile(
    r"[A-Za-z_][A-Za-z0-9_]{0,30}(?:\.[A-Za-z_][A-Za-z0-9_]{0,30}){1,6}(?:\(.*)?"  # a member of a module, a host
    r"|[A-Za-z0-9-]{1,30}(?:\.[A-Za-z0-9-]{1,30}){1,4}\.(?:com|org|net|io|cn|dev|example|local|internal)"
    r"|[a-z]{1,12}(?:_[a-z0-9]{1,10}){2,8}|\\?\$.*"
    r"|[A-Za-z][A-Za-z0-9_.-]{0,40}-[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,4})?"
    r"|(?:[A-Za-z0-9_.-]{1,30}/){1,6}[A-Za-z0-9_-]{1,40}\.[a-z]{1,4}[0-9]{0,2}"
)
"""Names in code, hosts, variables, versions, paths: what stands where a secret might, and is none."""
_TURNS = re.compile("[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{2,}(?![A-Za-z0-9_*?+{-])")
"""The plain beginning of a form, without a character that may be left out."""


class Secret(NamedTuple):
    """One find: its place, end exclusive, and the rule that found it."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `own`: the form says it alone.

    `starts`: what every match begins with, lower case; where such words are usual, `quick` is a form that begins with
    one and says more. Without: it is tried on lines that hold one of its `keywords` (lower case) or its `gate`, on
    every line where it has neither. `form` is compiled when it is first needed: most never are.
    """

    name: str
    keywords: tuple[str, ...]
    form: str
    starts: tuple[str, ...] = ()
    quick: str = ""
    gate: str = ""
    group: str | int = 0
    entropy: float = 0.0
    mixed: bool = False
    words: bool = False
    lines: bool = False
    own: bool = True
    allow: tuple[re.Pattern[str], ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """The form as a pattern."""
        return _compiled(self.form)

    def on_line(self, line: str) -> Iterator[tuple[int, int]]:
        """The places of its secrets in a line; none for a rule that reads over lines."""
        return iter(()) if self.lines else self.finds(line)

    def finds(self, text: str) -> Iterator[tuple[int, int]]:
        """The places of its secrets in a piece of text."""
        for match in self.pattern.finditer(text):
            if (span := self.secret(match)) is not None:
                yield span

    def secret(self, match: re.Match[str]) -> tuple[int, int] | None:
        """The place of the secret in a match, or None where it only looks like one."""
        start, end = self._span(match)
        return (start, end) if start < end and self._good(match.string[start:end], match[0]) else None

    def _span(self, match: re.Match[str]) -> tuple[int, int]:
        if isinstance(self.group, int):
            groups = [self.group] if self.group else []
        else:
            groups = [n for name, n in match.re.groupindex.items() if name == self.group and match[n] is not None]
            if not groups:
                groups = (
                    [0]
                    if "s" not in match.re.groupindex
                    else [n for n in match.re.groupindex.values() if match[n] is not None][:1]
                )
        for number in groups:
            if match.start(number) >= 0:
                return match.span(number)
        return match.span()

    def _good(self, value: str, whole: str) -> bool:
        if any(one.search(value) or one.search(whole) for one in self.allow):
            return False
        if self.entropy < 0:
            return True
        if self.own:
            return (self.lines or _varied(value, max(self.entropy, _LEAST))) and (not self.mixed or _mixed(value))
        if _PLACEHOLDER.match(value) or _NOT_VALUE.match(value) or (_CODE.fullmatch(value) and not _dense(value)):
            return False
        if self.mixed and not (
            _mixed(value) or (len(value) >= 24 and entropy(value) >= 3.5 and not _WORDS.fullmatch(value))
        ):
            return False
        if self.words and (
            value.endswith(("(", "()", ":"))
            or (_WORDS.fullmatch(value) is not None and value.islower() and "=" not in whole and ":" not in whole)
        ):
            return False
        return _varied(value, self.entropy)


class Rules:
    """A set of rules, each tried on the lines that hold what its matches begin with, or what it cares for."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._always = tuple(number for number, rule in enumerate(self.rules) if not rule.lines and not _signs(rule, 0))
        self._sieve = Sieve([sign for number, rule in enumerate(self.rules) for sign in _signs(rule, number)])

    def find(self, text: str) -> list[Secret]:
        """Every secret, in order, none over another; marks of earlier redaction are left alone."""
        found: list[Secret] = []
        blocks = {number for number, rule in enumerate(self.rules) if rule.lines and not rule.keywords}
        for start, line, numbers in self._worth_reading(text):
            blocks.update(number for number in numbers if self.rules[number].lines)
            each = [Secret(a, b, self.rules[n].name) for n in numbers for a, b in self.rules[n].on_line(line)]
            if each:
                found += [Secret(start + a, start + b, name) for a, b, name in _settled(each, marks(line))]
        if blocks:
            folded = fold(text)
            over = [Secret(*span, self.rules[n].name) for n in sorted(blocks) for span in self.rules[n].finds(folded)]
            found += _settled(over, marks(folded))
        return _settled(found, [])

    def blocks(self, lowered: str) -> bool:
        """Whether a rule that reads over lines may match somewhere in the lower-case text."""
        return any(word in lowered for rule in self.rules if rule.lines for word in rule.keywords or ("",))

    def _worth_reading(self, text: str) -> Iterator[tuple[int, str, list[int]]]:
        """The folded lines that hold a sign, each with its place and the rules that are to be tried on it."""
        data = text.encode("utf-8", "replace")
        wanted = self._wanted(data)
        plain = len(data) == len(text)
        places, before = {}, (0, 0)
        for start in sorted(wanted):
            end = data.find(b"\n", start)
            at = start if plain else before[1] + len(data[before[0] : start].decode())
            size = (len(data) if end < 0 else end) - start
            places[start] = (at, text[at : at + (size if plain else len(data[start : start + size].decode()))])
            before = (start, at)
        again = [start for start, numbers in wanted.items() if FOLDED in numbers]
        folded = {start: fold(places[start][1]) for start in again}
        wanted |= self._again(folded)
        for start, (at, line) in places.items():
            yield at, folded.get(start, line), sorted(wanted[start])

    def _wanted(self, data: bytes) -> dict[int, set[int]]:
        """The rules that are to be tried on each line, by where it starts."""
        wanted: dict[int, set[int]] = defaultdict(set)
        start, end = 0, -1
        for at, number in self._sieve.hits(data):
            if not start <= at <= end:
                start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) % (len(data) + 1)
            wanted[start].add(number)
        if self._always:
            start = 0
            for line in data.split(b"\n"):
                wanted[start].update(self._always)
                start += len(line) + 1
        return wanted

    def _again(self, lines: dict[int, str]) -> dict[int, set[int]]:
        """The rules for lines that folding changed, by what stands in them now."""
        joined = "\n".join(lines.values()).encode("utf-8", "replace")
        wanted = self._wanted(joined) if lines else {}
        found, at = {}, 0
        for start, line in lines.items():
            found[start] = wanted.get(at, set()) - {FOLDED}
            at += len(line.encode("utf-8", "replace")) + 1
        return found


def _signs(rule: Rule, number: int) -> list[Sign]:
    """What a line must hold for a rule to be tried on it; of a rule over lines, what the text must hold."""
    if rule.starts:
        return [Sign(number, word, rule.quick, begins=True) for word in rule.starts]
    if rule.gate:
        return [Sign(number, form=rule.gate)]
    return [Sign(number, word) for word in rule.keywords if word]


@cache
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form, re.ASCII)


def redact(text: str, rules: Rules) -> str:
    """The text with every secret replaced by what kind it was and how it ended; doing it twice changes nothing more."""
    return hidden(text, rules.find(text))


def hidden(text: str, found: Sequence[Secret]) -> str:
    """The text with these finds replaced."""
    made, done = [], 0
    for one in found:
        made += [text[done : one.start], mark(text, one)]
        done = one.end
    return "".join((*made, text[done:]))


def mark(text: str, one: Secret) -> str:
    """What stands in place of a find."""
    return f"[secret:{one.rule}:{_ending(text[one.start : one.end])}]"


def marks(text: str) -> list[tuple[int, int]]:
    """Where earlier redaction has left its marks."""
    return [match.span() for match in _MARK.finditer(text)]


def merged(found: Sequence[Secret]) -> list[Secret]:
    """Finds of several sets of rules, in order, none over another."""
    return _settled(list(found), [])


@lru_cache(maxsize=1)
def general() -> Rules:
    """The rules that come with the program."""
    return Rules(tuple(_rule(table) for table in items("secrets")))


@lru_cache(maxsize=1)
def marked() -> Rules:
    """Those of them whose form says it alone."""
    return Rules(tuple(rule for rule in general().rules if rule.own))


def secrets_like(texts: Sequence[str]) -> Iterator[bool]:
    """Whether each whole value is a key by its own marks; values of one line are looked through in one go."""
    rules = marked()
    if any("\n" in text for text in texts) or rules.blocks("\n".join(texts).lower()):
        return (_fills(rules.find(text), len(text)) for text in texts)
    found: dict[int, list[Secret]] = defaultdict(list)
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
    for one in rules.find("\n".join(texts)):
        found[bisect_right(starts, one.start) - 1].append(one)
    return (number in found and _fills(found[number], len(text)) for number, text in enumerate(texts))


def _fills(found: Sequence[Secret], size: int) -> bool:
    return len(found) == 1 and found[0].end - found[0].start >= 0.8 * size


def own_format(forms: Sequence[str], place: str) -> tuple[Rule, ...]:
    """The company's own key formats as rules; a form is a regular expression."""
    made = []
    for form in forms:
        whole = rf"(?<![A-Za-z0-9_])(?:{form})(?![A-Za-z0-9_])"
        try:
            pattern = _compiled(whole)
        except re.error as error:
            raise PolicyError(
                f"{place}: the key format is not a regular expression ({error.msg}). Correct it."
            ) from error
        if pattern.match("") is not None:
            raise PolicyError(f"{place}: the key format matches nothing at all. Write at least its first characters.")
        begins = _PLAIN.match(form)
        words = (begins[0].lower(),) if begins is not None and "|" not in form else ()
        made.append(Rule("own-key", (), whole, starts=words, entropy=-1))
    return tuple(made)


def entropy(text: str) -> float:
    """Bits per character, by how often each one occurs."""
    size = len(text)
    if not size:
        return 0.0
    return math.log2(size) - sum(n * math.log2(n) for one in set(text) if (n := text.count(one)) > 1) / size


def _varied(text: str, least: float) -> bool:
    """Whether the entropy reaches a bound; the most uneven text of as many characters often says so already."""
    size, others = len(text), len(set(text)) - 1
    most = size - others
    if size and (others * math.log2(size) + most * math.log2(size / most)) / size >= least + 1e-9:
        return True
    return entropy(text) >= least


def _rule(table: Table) -> Rule:
    form = table.text("form")
    return Rule(
        name=table.text("id"),
        keywords=table.words("keywords"),
        form=form,
        starts=table.words("starts"),
        quick=table.text("quick"),
        gate=table.text("gate"),
        group="s" if "(?P<s>" in form else 0,
        entropy=float(table.text("entropy", "0")),
        mixed=table.text("mixed") == "true",
        words=table.text("words") == "true",
        lines=table.text("lines") == "true",
        own=table.text("own") != "false",
    )


def _mixed(value: str) -> bool:
    return any(one.isdigit() for one in value) and any(one.isalpha() for one in value)


def _dense(value: str) -> bool:
    """Whether a part of a name in code looks made by chance: long, and digits and letters change places often."""
    return any(len(part) >= 12 and len(_TURNS.findall(part)) >= 3 for part in re.split("[._-]", value))


def _ending(value: str) -> str:
    last = value[-4:] if len(value) >= 16 else ""
    return last if last.isascii() and last.isalnum() else ""


def _settled(found: list[Secret], marks: list[tuple[int, int]]) -> list[Secret]:
    """Overlapping finds made one, named after the first; nothing inside marks."""
    kept: list[Secret] = []
    for one in sorted(found, key=lambda s: (s.start, -s.end)):
        if any(start < one.end and one.start < end for start, end in marks):
            continue
        if kept and one.start < kept[-1].end:
            kept[-1] = Secret(kept[-1].start, max(kept[-1].end, one.end), kept[-1].rule)
        else:
            kept.append(one)
    return kept
