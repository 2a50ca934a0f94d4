"""Reads rule files in the format of gitleaks (TOML). The user brings the file; what cannot be used is named."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from dsr.core.errors import PolicyError, UnsupportedError
from dsr.engine.detect.bounded import limit
from dsr.engine.detect.secrets import Rule, Rules, Secret

_CLASSES = {
    "[:alnum:]": "A-Za-z0-9",
    "[:alpha:]": "A-Za-z",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
    "[:xdigit:]": "0-9A-Fa-f",
    "[:space:]": r"\s",
    "[:word:]": r"\w",
    "[:punct:]": r"!-/:-@\[-`{-~",
}
_SECONDS = 2.0
_FLAGS = re.compile(r"\(\?([ims]+)\)")


@dataclass(frozen=True, slots=True)
class Read:
    """The rules of a file, and why some of it is not used."""

    rules: tuple[Rule, ...]
    problems: tuple[str, ...]


class Bounded:
    """Rules of other people, with a limit on the time for each text. A text on which one is too slow is not passed."""

    def __init__(self, rules: tuple[Rule, ...], seconds: float = _SECONDS) -> None:
        self._all, self._seconds = Rules(rules), seconds
        self._each = tuple((rule.name, Rules((rule,))) for rule in rules)

    def find(self, text: str) -> list[Secret]:
        """Every secret; raises TooSlowError, which names the rule, when one cannot be tried in time."""
        try:
            with limit(self._seconds, "The rule file"):
                return self._all.find(text)
        except UnsupportedError:
            for name, one in self._each:
                with limit(self._seconds, f"Rule {name!r}"):
                    one.find(text)
            raise


def load(source: bytes, place: str) -> Read:
    """The rules of a file; raises PolicyError when it is no such file at all."""
    try:
        found = tomllib.loads(source.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"{place}: the file is not valid TOML ({type(error).__name__}). Correct it.") from error
    listed = found.get("rules")
    if not isinstance(listed, list) or not listed:
        raise PolicyError(f"{place}: the file has no [[rules]]. Give a rule file in the format of gitleaks.")
    shared = tuple(_allowed(found))
    rules: list[Rule] = []
    problems: list[str] = []
    for number, one in enumerate(listed, start=1):
        name = str(one.get("id", number)) if isinstance(one, dict) else str(number)
        try:
            made = _rule(cast("Mapping[str, object]", one), name, shared)
        except (re.error, RecursionError, AttributeError, TypeError, ValueError, OverflowError) as error:
            problems.append(
                f"{place}: rule {name!r} cannot be used ({type(error).__name__}). Look for a newer release."
            )
            continue
        if made is None:
            problems.append(f"{place}: rule {name!r} only looks at the names of files and is left out.")
        else:
            rules.append(made)
    return Read(tuple(rules), tuple(problems))


def _rule(table: Mapping[str, object], name: str, shared: tuple[re.Pattern[str], ...]) -> Rule | None:
    form = table.get("regex")
    if not isinstance(form, str):
        return None
    form = python(form)
    pattern = re.compile(form, re.ASCII)
    group = table.get("secretGroup", 1 if pattern.groups else 0)
    keywords = tuple(str(word).lower() for word in cast("list[object]", table.get("keywords", [])))
    return Rule(
        name=re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") or "rule",
        keywords=keywords,
        form=form,
        group=min(int(str(group)), pattern.groups),
        entropy=float(str(table.get("entropy", 0))),
        lines="-----" in form or r"\n" in form or "[\\s\\S]" in form,
        own=True,
        allow=(*shared, *_allowed(table)),
    )


def _allowed(table: Mapping[str, object]) -> Iterator[re.Pattern[str]]:
    listed = table.get("allowlists", table.get("allowlist", []))
    each = cast("list[Mapping[str, list[object]]]", listed if isinstance(listed, list) else [listed])
    for one in each:
        for form in one.get("regexes", []):
            yield re.compile(python(str(form)), re.ASCII)
        words = [re.escape(str(word)) for word in one.get("stopwords", [])]
        if words:
            yield re.compile(f"(?i:{'|'.join(words)})")


def python(form: str) -> str:
    """A pattern of RE2 as Python reads it."""
    for name, meant in _CLASSES.items():
        form = form.replace(name, meant)
    form = form.replace(r"\z", r"\Z")
    while (flags := _FLAGS.search(form)) is not None:
        start, end = flags.span()
        close = _group_end(form, end)
        form = f"{form[:start]}(?{flags[1]}:{form[end:close]}){form[close:]}"
    return form


def _group_end(form: str, at: int) -> int:
    """Where the group that holds the place ends: flags in the middle of it hold until there."""
    depth, inside = 0, False
    while at < len(form):
        one = form[at]
        if one == "\\":
            at += 1
        elif inside:
            inside = one != "]"
        elif one == "[":
            inside = True
            at += form[at + 1 : at + 2] in ("]", "^")
        elif one == "(":
            depth += 1
        elif one == ")":
            if not depth:
                return at
            depth -= 1
        at += 1
    return len(form)
