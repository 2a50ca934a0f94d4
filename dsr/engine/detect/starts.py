"""Where any of many words begins in a text, all of them looked for in one pass.

With the extra `[fast]` hyperscan looks for them, otherwise one regular expression. Who asks tries its own pattern at
each place, so both ways find the same (a property test holds them against each other).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

Numbers = tuple[int, ...]
Starts = Callable[[str], Iterator[tuple[int, Numbers]]]
_WORTH = 2_000  # characters from which the faster machine is worth its call


class _Machine(Protocol):
    def scan(self, data: bytes, match_event_handler: Callable[[int, int, int, int, object], None]) -> object:
        """Call back with the number and the end of each match."""


def starts(words: Mapping[str, Sequence[int]]) -> Starts:
    """A search in lower-case text: the places where a word may begin, in order, with the numbers given for it."""
    if not words:
        return lambda text: iter(())
    plain, quick = _plain(words), _quick(words)
    if quick is None:
        return plain
    return lambda text: quick(text) if len(text) >= _WORTH else plain(text)


def _plain(words: Mapping[str, Sequence[int]]) -> Starts:
    ahead = re.compile(tree(tuple(words)))
    numbers = {
        word: tuple(sorted({one for longer, found in words.items() if longer.startswith(word) for one in found}))
        for word in words
    }

    def each(text: str) -> Iterator[tuple[int, Numbers]]:
        hit = ahead.search(text)
        while hit is not None:
            yield hit.start(), numbers[hit[0]]
            hit = ahead.search(text, hit.start() + 1)

    return each


def _quick(words: Mapping[str, Sequence[int]]) -> Starts | None:
    """By hyperscan. A character beyond ASCII is one byte to it, so that places stay; words of them go the plain way."""
    ascii_words = [word for word in words if word.isascii()]
    machine = _machine(ascii_words)
    if machine is None:
        return None
    sizes = [len(word) for word in ascii_words]
    numbers = [tuple(words[word]) for word in ascii_words]
    others = {word: found for word, found in words.items() if not word.isascii()}
    rest = _plain(others) if others else None

    def each(text: str) -> Iterator[tuple[int, Numbers]]:
        hits: list[tuple[int, Numbers]] = []

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hits.append((end - sizes[number], numbers[number]))

        machine.scan(text.encode("ascii", "replace"), match_event_handler=note)
        if rest is not None and not text.isascii():
            hits.extend(rest(text))
        hits.sort()
        return iter(hits)

    return each


def literals(texts: Sequence[str]) -> Callable[[str], Iterator[tuple[int, int, int]]] | None:
    """A search by hyperscan for the texts that are ASCII, in any case: number, start and end of every match."""
    wanted = [number for number, text in enumerate(texts) if text.isascii()]
    machine = _machine([texts[number] for number in wanted], caseless=True)
    if machine is None:
        return None

    def each(text: str) -> Iterator[tuple[int, int, int]]:
        hits: list[tuple[int, int, int]] = []

        def note(place: int, _start: int, end: int, _flags: int, _context: object) -> None:
            number = wanted[place]
            hits.append((number, end - len(texts[number]), end))

        machine.scan(text.encode("ascii", "replace"), match_event_handler=note)
        if text.isascii():
            return iter(hits)
        return (hit for hit in hits if text[hit[1] : hit[2]].isascii())  # not a `?` that stands for something else

    return each


def _machine(words: Sequence[str], *, caseless: bool = False) -> _Machine | None:
    if not words:
        return None
    try:
        import hyperscan
    except ImportError:
        return None
    made = hyperscan.Database()
    made.compile(
        expressions=[re.sub(r"([^a-z0-9_])", r"\\\1", word).encode() for word in words],
        ids=list(range(len(words))),
        elements=len(words),
        flags=[hyperscan.HS_FLAG_CASELESS if caseless else 0] * len(words),
    )
    machine: _Machine = made
    return machine


def tree(words: Sequence[str]) -> str:
    """A pattern for any of the words that asks for each character once: the shortest of those that begin alike."""
    heads: dict[str, list[str]] = {}
    for word in words:
        if not word:
            return ""
        heads.setdefault(word[0], []).append(word[1:])
    parts = [re.escape(head) + tree(rest) for head, rest in sorted(heads.items())]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
