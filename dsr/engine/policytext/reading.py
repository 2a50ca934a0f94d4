"""Reads periods out of sentences, and pages that somebody else wrote: which part of them speaks which language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from dsr.core.periods import Period

_HAN = re.compile(r"[\u4e00-\u9fff]")
_EN_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
} | {"fifteen": 15, "thirty": 30, "sixty": 60, "ninety": 90}
_ZH_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_EN_PERIOD = re.compile(
    rf"\b(\d{{1,4}}|{'|'.join(_EN_NUMBERS)})[ -]?(?:calendar |business |working )?(day|week|month|year)s?\b",
    re.IGNORECASE,
)
_ZH_PERIOD = re.compile(r"(\d{1,4}|[一二两三四五六七八九十]{1,3})\s?个?(?:工作|自然)?(天|日|周(?!岁)|星期|月|年)")
_ZH_DATE = re.compile(r"\d{4}\s?年(?:\s?\d{1,2}\s?月)?(?:\s?\d{1,2}\s?日)?|\d{1,2}\s?月\s?\d{1,2}\s?日")
_UNITS = {"day": (0, 1), "week": (0, 7), "month": (1, 0), "year": (12, 0)} | {
    "天": (0, 1),
    "日": (0, 1),
    "周": (0, 7),
    "星期": (0, 7),
    "月": (1, 0),
    "年": (12, 0),
}


@dataclass(frozen=True, slots=True)
class Length:
    """How long a stated period is: whole months and days, so that a year is twelve months and a week seven days."""

    months: int
    days: int


@dataclass(frozen=True, slots=True)
class Said:
    """A period as it stands in a text."""

    words: str
    length: Length


def periods(language: str, text: str) -> tuple[Said, ...]:
    """The periods that a text states, in figures or in words; dates are none."""
    if language == "zh":
        bare = _ZH_DATE.sub(lambda found: " " * len(found[0]), text)
        return tuple(Said(found[0], _length(_zh_number(found[1]), found[2])) for found in _ZH_PERIOD.finditer(bare))
    return tuple(Said(found[0], _length(_en_number(found[1]), found[2].lower())) for found in _EN_PERIOD.finditer(text))


def lengths(period: Period) -> Iterator[Length]:
    """The lengths that a period of the file may be stated with: as a whole, and by its parts."""
    months, days = period.years * 12 + period.months, period.days
    yield Length(months, days)
    for part in (Length(period.years * 12, 0), Length(period.months, 0), Length(0, days)):
        if part != Length(0, 0):
            yield part


@dataclass(frozen=True, slots=True)
class Foreign:
    """A page that somebody else wrote, its paragraphs by language."""

    en: tuple[str, ...]
    zh: tuple[str, ...]

    def paragraphs(self, language: str) -> tuple[str, ...]:
        """The paragraphs in that language."""
        return self.zh if language == "zh" else self.en


def foreign(source: str) -> Foreign:
    """A page as plain text, Markdown or HTML, taken apart into paragraphs; a bilingual line counts in both."""
    text = _plain(source) if re.search(r"<(html|body|p|div|h1)\b", source, re.IGNORECASE) else source
    lines = [" ".join(line.split()) for line in text.splitlines()]
    english, chinese = [], []
    for line in filter(None, lines):
        letters, han = len(re.findall(r"[A-Za-z]{2,}", line)), len(_HAN.findall(line))
        if han:
            chinese.append(line)
        if letters >= han / 2:
            english.append(line)
    return Foreign(tuple(english), tuple(chinese))


def sentences(language: str, paragraph: str) -> tuple[str, ...]:
    """The sentences of a paragraph."""
    return tuple(filter(None, re.split(r"(?<=[。！？；])" if language == "zh" else r"(?<=[.!?])\s+", paragraph)))


def _length(number: int, unit: str) -> Length:
    months, days = _UNITS[unit]
    return Length(number * months, number * days)


def _en_number(word: str) -> int:
    return int(word) if word.isdigit() else _EN_NUMBERS[word.lower()]


def _zh_number(word: str) -> int:
    if word.isdigit():
        return int(word)
    if "十" not in word:
        return _ZH_DIGITS.get(word[-1], 0)
    tens, _, ones = word.partition("十")
    return _ZH_DIGITS.get(tens, 1) * 10 + _ZH_DIGITS.get(ones, 0)


class _Words(HTMLParser):
    _BLOCKS = frozenset({"p", "div", "li", "tr", "h1", "h2", "h3", "h4", "dt", "dd", "section", "br", "article"})
    _UNSEEN = frozenset({"script", "style", "head", "template"})

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in self._UNSEEN
        if tag in self._BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self._UNSEEN and self._hidden > 0
        if tag in self._BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data.replace("\n", " "))


def _plain(source: str) -> str:
    words = _Words()
    words.feed(source)
    words.close()
    return "".join(words.pieces)
