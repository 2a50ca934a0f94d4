"""Sentences of errors, gaps and findings in the reader's language.

The English sentence is the key: the program says it where it knows it, and `policies/messages.zh.yaml` gives the same
sentence in Chinese, with `{}` where something is filled in. What has no entry stays English; a test refuses that.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import cast

import yaml

from dsr.bundled import folder

_SENTENCE = re.compile(r"(?<=[.?!…]) (?=[^ ])")
_PLACE = re.compile(r"(?P<at>[^\s:]+:\d+: )(?P<said>.*)", re.DOTALL)
_SLOT = re.compile(r"\{(\d*)\}")
_STOPS = {".": "。", "?": "？", "!": "！"}
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sentence to be recognised, and what it becomes; `weight` is how much of it is fixed."""

    pattern: re.Pattern[str]
    words: str
    weight: int


def said(text: str, lang: str) -> str:
    """The text in that language; every line for itself, a place (`file:line:`) stays in front."""
    if lang != "zh":
        return text
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(text: str) -> str:
    placed = _PLACE.fullmatch(text)
    if placed is not None:
        return placed["at"] + _line(placed["said"])
    return _sentences(text, 0)


def _sentences(text: str, depth: int) -> str:
    """Sentence by sentence. What is filled in may hold the end of one: the whole is tried where none is known."""
    found = [(sentence, _filled(sentence, depth)) for sentence in _SENTENCE.split(text)]
    if all(made is None for _, made in found):
        whole = _filled(text, depth)
        if whole is not None:
            return whole
    return "".join(f"{sentence} " if made is None else made for sentence, made in found).rstrip(" ")


def _filled(sentence: str, depth: int) -> str | None:
    """The sentence in Chinese, what is filled in as well; None where it is not known."""
    bare, stop = sentence, ""
    if sentence.endswith(".") and not sentence.endswith(" .."):
        bare, stop = sentence[:-1], _STOPS["."]
    entry = _entry(bare)
    if entry is None:
        return None
    found = entry.pattern.fullmatch(bare)
    values = [_slot(value, depth + 1) for value in (found.groups() if found else ())]
    numbers = iter(range(len(values)))

    def fill(slot: re.Match[str]) -> str:
        place = int(slot[1]) - 1 if slot[1] else next(numbers)
        return values[place]

    return _SLOT.sub(fill, entry.words) + stop


def _slot(value: str, depth: int) -> str:
    if depth > _DEEPEST or " " not in value.strip():
        return value
    return _sentences(value, depth)


def _entry(bare: str) -> _Entry | None:
    """The entry with most fixed words that fits."""
    return next((entry for entry in _entries() if entry.pattern.fullmatch(bare)), None)


@cache
def _entries() -> tuple[_Entry, ...]:
    source = (folder("policies") / "messages.zh.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    pairs = cast("dict[str, str]", yaml.load(source, Loader=loader))  # noqa: S506 - a safe loader
    made = [_Entry(_pattern(english), words, len(_SLOT.sub("", english))) for english, words in pairs.items()]
    return tuple(sorted(made, key=lambda entry: -entry.weight))


def _pattern(english: str) -> re.Pattern[str]:
    first, *rest = (re.escape(part) for part in english.split("{}"))
    # a name with its kind stands in front, and holds spaces; what follows is short
    slots = ["(.+)", *["(.+?)"] * len(rest)]
    return re.compile(first + "".join(slot + fixed for slot, fixed in zip(slots, rest, strict=False)), re.DOTALL)
