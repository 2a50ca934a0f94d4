"""What must not be passed on inside a text: secrets, and other people's addresses, telephone numbers and names.

The person's own stay. Every part becomes a mark that says what it was; marking a marked text changes nothing.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, Protocol

from dsr.core.errors import UnsupportedError
from dsr.core.matching import Match
from dsr.engine.detect import phones, secrets
from dsr.engine.detect.bounded import limit
from dsr.engine.detect.fold import fold, lower
from dsr.engine.detect.secrets import Secret
from dsr.engine.detect.text import find, of_kind

_MANY_DIGITS = re.compile(r"[0-9](?:[ .()/-]{0,3}[0-9]){6}")
_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,200}(?![A-Za-z0-9_-])")
_HANDLE = re.compile(r"(?<![A-Za-z0-9_.-])(?=[0-9._-]*[A-Za-z])(?=[A-Za-z]*[0-9._-])[A-Za-z0-9][A-Za-z0-9._-]{4,39}")
_WORD = re.compile(r"(?<![\w'-])[^\W\d_][^\W\d_'-]*[^\W\d_](?![\w-])")
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]{3,}")
_NAME_WORDS = 3
_SHORTEST_PREFIX, _LONGEST_PREFIX, _REST = 6, 24, 8
_SAME_NUMBER = 8  # digits from which two numbers with the same ending are one
_ROUNDS = 4
_SECONDS = 1.0  # for one text, or a part of a long one
_NOT_DIGIT = re.compile("[^0-9]+")


class Part(NamedTuple):
    """One place to hide: end exclusive; `secret` or else another person's; the mark that stands there instead."""

    start: int
    end: int
    secret: bool
    mark: str


class Known(Protocol):
    """What the company's own tables know: asked about candidates, never listed."""

    def keys(self, forms: frozenset[str]) -> frozenset[str]:
        """Those of the hashes and first characters that are of a key given out."""

    def names(self, names: frozenset[str]) -> frozenset[str]:
        """Those of the names that are somebody's identifier."""


class Own:
    """The values that are the person's own, or the company's: they stay."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = frozenset(Match.EMAIL.fold(fold(value)) for value in values)
        digits = (_NOT_DIGIT.sub("", value).lstrip("0") for value in self._values if "@" not in value)
        self._numbers = frozenset(one for one in digits if len(one) >= _SAME_NUMBER)

    def __contains__(self, value: str) -> bool:
        return Match.EMAIL.fold(fold(value)) in self._values

    def number(self, value: str) -> bool:
        """Whether it is one of the telephone numbers, with or without its calling code."""
        digits = _NOT_DIGIT.sub("", fold(value)).lstrip("0")
        if len(digits) < _SAME_NUMBER:
            return False
        return any(digits.endswith(one) or one.endswith(digits) for one in self._numbers)


class Others:
    """Finds those parts. Forms of the company's own keys are bounded in time: they are other people's patterns."""

    def __init__(self, own_keys: tuple[str, ...], known: Known | None) -> None:
        self._own_keys = secrets.Rules(secrets.own_format(own_keys, "own_keys")) if own_keys else None
        self._general, self._known = secrets.general(), known

    def suspicious(self, text: str) -> bool:
        """Whether the text may hold such a part; False is certain. Several texts may be asked about as lines of one."""
        folded = fold(text)
        if "@" in folded or _MANY_DIGITS.search(folded) is not None or self._general.blocks(lower(folded)):
            return True
        return bool(
            self._own(text) or self._general.find(text) or given_out(folded, self._known) or self._named(folded, Own())
        )

    def hide(self, text: str, own: Own) -> tuple[str, list[Part]]:
        """The text with every part marked, and the parts; raises UnsupportedError where no end is found."""
        found: list[Part] = []
        for _ in range(_ROUNDS):  # a mark may end what a number or a word before it ran into
            parts = self.parts(text, own)
            if not parts:
                return text, found
            found += parts
            text = marked(text, parts)
        raise UnsupportedError("A text changes each time it is redacted.")

    def parts(self, text: str, own: Own) -> list[Part]:
        """Every part, in order, none over another; secrets first."""
        folded = fold(text)
        found = [*self._own(text), *self._general.find(text), *given_out(folded, self._known)]
        hidden = [Part(one.start, one.end, True, secrets.mark(text, one)) for one in secrets.merged(found)]
        taken = [(one.start, one.end) for one in hidden] + secrets.marks(folded)
        for one in chain(_addresses(folded, own), self._named(folded, own)):
            if not any(start < one.end and one.start < end for start, end in taken):
                taken.append((one.start, one.end))
                hidden.append(one)
        return sorted(hidden)

    def _own(self, text: str) -> list[Secret]:
        if self._own_keys is None:
            return []
        with limit(_SECONDS, "The form of own keys"):
            return self._own_keys.find(text)

    def _named(self, folded: str, own: Own) -> list[Part]:
        if self._known is None:
            return []
        spans = {span: folded[slice(*span)] for span in _candidates(folded)}
        if not spans:
            return []
        found = self._known.names(frozenset(spans.values()))
        made = [Part(*span, False, "[redacted:person]") for span, name in spans.items() if name in found]
        return sorted((one for one in made if folded[one.start : one.end] not in own), key=lambda p: p.start - p.end)


def given_out(folded: str, known: Known | None) -> list[Secret]:
    """Keys that the company gave out, by their hashes and first characters."""
    if known is None:
        return []
    forms = {match.span(): _forms(match[0]) for match in _TOKEN.finditer(folded)}
    if not forms:
        return []
    found = known.keys(frozenset(chain.from_iterable(forms.values())))
    return [Secret(*span, "own-key") for span, made in forms.items() if not found.isdisjoint(made)]


def marked(text: str, parts: Sequence[Part]) -> str:
    """The text with the parts replaced by their marks."""
    made, done = [], 0
    for one in parts:
        made += [text[done : one.start], one.mark]
        done = one.end
    return "".join((*made, text[done:]))


def _addresses(folded: str, own: Own) -> Iterator[Part]:
    for begin, stop in _windows(folded, sorted(_spots(folded, own))):
        for start, end, kind in find(folded[begin:stop]):
            value = folded[begin + start : begin + end]
            if (kind == "email" and value not in own) or (kind == "phone" and not own.number(value)):
                yield Part(begin + start, begin + end, False, f"[redacted:{kind}]")


def _spots(folded: str, own: Own) -> Iterator[int]:
    """Where another person's address or number may stand; what else it may be is looked at there alone."""
    if "@" in folded:
        yield from (one.start for one in of_kind("email", folded) if folded[one.start : one.end] not in own)
    if _MANY_DIGITS.search(folded) is not None:
        yield from (start for start, end in phones.spans(folded) if not own.number(folded[start:end]))


def _windows(folded: str, spots: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The lines of these places, each with the line before it, where the word that names it may stand."""
    begin, stop = 0, -1
    for at in spots:
        if at < stop:
            continue
        line = folded.rfind("\n", 0, at) + 1
        before = folded.rfind("\n", 0, max(0, line - 1)) + 1
        if before > stop >= 0:
            yield begin, stop
        if before > stop:
            begin = before
        stop = folded.find("\n", at)
        stop = len(folded) if stop < 0 else stop
    if stop >= 0:
        yield begin, stop


@lru_cache(maxsize=4096)
def _forms(token: str) -> frozenset[str]:
    """What a table may hold of a key: its hashes as they are usually written, and its first characters."""
    made = set()
    for name in ("sha256", "sha512", "sha1", "md5"):
        digest = hashlib.new(name, token.encode(), usedforsecurity=False)
        plain = base64.b64encode(digest.digest()).decode()
        made |= {digest.hexdigest(), plain, plain.rstrip("="), plain.translate(_URL_SAFE).rstrip("=")}
    longest = min(_LONGEST_PREFIX, len(token) - _REST)
    return frozenset(made | {token[:size] for size in range(_SHORTEST_PREFIX, longest + 1)})


_URL_SAFE = str.maketrans("+/", "-_")


def _candidates(folded: str) -> Iterator[tuple[int, int]]:
    """What may be somebody's name: handles with a digit or a mark in them, two or three words, three or four Han.

    A single word or two Han characters stand in texts by accident too often.
    """
    for match in _HANDLE.finditer(folded):
        yield match.start(), match.start() + len(match[0].rstrip(".-_"))
    words = [match.span() for match in _WORD.finditer(folded)]
    for first, (start, end) in enumerate(words):
        for following in words[first + 1 : first + _NAME_WORDS]:
            if folded[end : following[0]] != " ":
                break
            end = following[1]
            yield start, end
    for match in _HAN.finditer(folded):
        for size in (3, 4):
            for start in range(match.start(), match.end() - size + 1):
                yield start, start + size
