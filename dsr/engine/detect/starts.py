"""Which lines of a text are worth reading, and for which rules: many words and forms are looked for in one pass.

With the extra `[fast]` hyperscan looks for them, otherwise regular expressions. Who asks reads each line with the rule
itself, so both ways find the same (a property test holds them against each other).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

Hits = Iterator[tuple[int, int]]
"""Places in the bytes, each on the line that is meant, and what was found there."""
FOLDED = -1
"""Found where a line holds a character that folding changes."""
_WORTH = 20_000  # bytes from which the faster machine is worth its making
_FEW = 16
_FOLDED = rb"\xc2\xa0|\xe2[\x80-\x93]|\xe3\x80\x80|\xef[\xb8-\xbf]|\xf0\x9d|\xf0\x9f\xaf"
_CHANGED = re.compile(_FOLDED)


class _Machine(Protocol):
    def scan(self, data: bytes, match_event_handler: Callable[[int, int, int, int, object], None]) -> object:
        """Call back with the number and the end of each match."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a line must hold to be read with a rule: a word (lower case, any case is meant), or a form.

    With both, the form begins with the word and says more. Forms are of bytes; without a word they know upper case.
    `begins`: the word is one of many with which matches begin.
    """

    rule: int
    word: str = ""
    form: str = ""
    begins: bool = False


class Sieve:
    """The signs of all rules."""

    def __init__(self, signs: Sequence[Sign]) -> None:
        self._signs = tuple(signs)

    def hits(self, data: bytes) -> Hits:
        """The places of signs in a text in UTF-8, in no order; one sign may give several on a line."""
        machine = self._machine if len(data) >= _WORTH else None
        return self._plain.hits(data) if machine is None else self._quick(machine, data)

    @cached_property
    def _plain(self) -> "_Plain":
        return _Plain(self._signs)

    @cached_property
    def _machine(self) -> _Machine | None:
        forms = {(one.form or _escaped(one.word), bool(one.word)): None for one in self._signs}
        return machine([(form.encode(), caseless) for form, caseless in forms] + [(_FOLDED, False)])

    @cached_property
    def _numbers(self) -> tuple[tuple[int, ...], ...]:
        found: dict[tuple[str, bool], dict[int, None]] = {}
        for one in self._signs:
            found.setdefault((one.form or _escaped(one.word), bool(one.word)), {})[one.rule] = None
        return (*(tuple(numbers) for numbers in found.values()), (FOLDED,))

    def _quick(self, machine: _Machine, data: bytes) -> Hits:
        ends: list[tuple[int, int]] = []
        machine.scan(data, match_event_handler=lambda number, _start, end, _flags, _context: ends.append((end, number)))
        return ((end - 1, rule) for end, number in ends for rule in self._numbers[number])


class _Plain:
    """The same by regular expressions; few words are looked for one after the other, which is faster."""

    def __init__(self, signs: Sequence[Sign]) -> None:
        begun: dict[bytes, list[tuple[int, re.Pattern[bytes] | None]]] = {}
        self._forms = [(re.compile(one.form.encode()), one.rule) for one in signs if not one.word]
        rare = [one for one in signs if one.word and not one.begins]
        self._rare = [(one.word.encode(), one.rule) for one in rare] if len(rare) <= _FEW else []
        for one in signs:
            if one.word and (one.begins or not self._rare):
                form = re.compile(one.form.encode()) if one.form else None
                begun.setdefault(one.word.encode(), []).append((one.rule, form))
        self._words = re.compile(tree([word.decode("latin-1") for word in begun]).encode("latin-1"))
        self._meant = {
            word: [one for longer, found in begun.items() if longer.startswith(word) for one in found]
            for word in _shortest(begun)
        }

    def hits(self, data: bytes) -> Hits:
        lowered, search, meant = data.lower(), self._words.search, self._meant
        yield from self._scattered(data, lowered)
        hit = search(lowered) if meant else None
        while hit is not None:
            at = hit.start()
            for rule, form in meant[hit[0]]:
                if form is None or form.match(lowered, at) is not None:
                    yield at, rule
            hit = search(lowered, at + 1)

    def _scattered(self, data: bytes, lowered: bytes) -> Hits:
        if not data.isascii():
            start = 0
            for line in data.split(b"\n"):
                if not line.isascii() and _CHANGED.search(line):
                    yield start, FOLDED
                start += len(line) + 1
        for form, rule in self._forms:
            yield from ((match.start(), rule) for match in form.finditer(data))
        for word, rule in self._rare:
            at = lowered.find(word)
            while at >= 0:
                yield at, rule
                at = lowered.find(word, at + 1)


def _shortest(words: Mapping[bytes, object]) -> Iterator[bytes]:
    """The words that do not begin with another one."""
    last: bytes | None = None
    for word in sorted(words):
        if last is None or not word.startswith(last):
            last = word
            yield word


def _escaped(word: str) -> str:
    return re.sub(r"([^a-z0-9_\x80-\uffff])", r"\\\1", word)


def literals(texts: Sequence[str]) -> Callable[[str], Iterator[tuple[int, int, int]]] | None:
    """A search by hyperscan for the texts that are ASCII, in any case: number, start and end of every match."""
    wanted = [number for number, text in enumerate(texts) if text.isascii()]
    made = machine([(_escaped(texts[number]).encode(), True) for number in wanted])
    if made is None:
        return None

    def each(text: str) -> Iterator[tuple[int, int, int]]:
        hits: list[tuple[int, int, int]] = []

        def note(place: int, _start: int, end: int, _flags: int, _context: object) -> None:
            number = wanted[place]
            hits.append((number, end - len(texts[number]), end))

        made.scan(text.encode("ascii", "replace"), match_event_handler=note)
        if text.isascii():
            return iter(hits)
        return (hit for hit in hits if text[hit[1] : hit[2]].isascii())  # not a `?` that stands for something else

    return each


def machine(forms: Sequence[tuple[bytes, bool]]) -> _Machine | None:
    """A machine of hyperscan for the forms, each with whether upper and lower case are the same to it."""
    if not forms:
        return None
    try:
        import hyperscan
    except ImportError:
        return None
    made = hyperscan.Database()
    made.compile(
        expressions=[form for form, _ in forms],
        ids=list(range(len(forms))),
        elements=len(forms),
        flags=[hyperscan.HS_FLAG_CASELESS if caseless else 0 for _, caseless in forms],
    )
    found: _Machine = made
    return found


class Alarm:
    """Whether a form may match anywhere in bytes; look-arounds and references back are left out, so it may be wrong."""

    def __init__(self, machine: _Machine) -> None:
        self._machine = machine

    def finds(self, data: bytes) -> bool:
        """Whether there is anything to read for."""
        hits: list[int] = []
        self._machine.scan(data, match_event_handler=lambda number, *_: hits.append(number))
        return bool(hits)


def alarm(form: str) -> Alarm | None:
    """The alarm for a form, of which `^` and `$` are ends of lines; None without hyperscan."""
    try:
        import hyperscan
    except ImportError:
        return None
    made = hyperscan.Database()
    flags = hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_MULTILINE
    made.compile(expressions=[form.encode()], ids=[0], elements=1, flags=[flags])
    return Alarm(made)


def tree(words: Sequence[str]) -> str:
    """A pattern for any of the words that asks for each character once: the shortest of those that begin alike."""
    heads: dict[str, list[str]] = {}
    for word in words:
        if not word:
            return ""
        heads.setdefault(word[0], []).append(word[1:])
    parts = [re.escape(head) + tree(rest) for head, rest in sorted(heads.items())]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
