"""What the name of a column says: its words against the lexicon, read with the table and the fields around it."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from dsr.engine.detect.datafile import root
from dsr.engine.detect.fold import fold

_WORD = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\x00-\x7f]+")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_WEIGHTS = {"sure": 0.95, "likely": 0.75, "weak": 0.35}
_LONGEST = 5  # words in a phrase
_NOISE = frozenset(
    {"col", "fld", "tbl", "f", "c", "t", "x", "the", "of", "for", "a", "s", "str", "txt", "vc", "in", "de"}
)
_PLAIN_NUMBER = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Hint:
    """What a name says. `weight`: how likely it is by the name alone; 0 with a kind: the name denies it."""

    kind: str = ""
    weight: float = 0.0
    word: str = ""
    exact: bool = False  # the phrase is the whole name


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a column: is its table about people, about things, where people talk, or written by a program?"""

    people: bool
    things: bool
    talk: bool
    machine: bool = False


@dataclass(frozen=True, slots=True)
class _Phrase:
    kind: str
    weight: float
    strength: str


@dataclass(frozen=True, slots=True)
class _Lexicon:
    phrases: dict[tuple[str, ...], tuple[_Phrase, ...]]
    chinese: tuple[tuple[str, _Phrase], ...]
    not_after: dict[str, frozenset[tuple[str, ...]]]
    other_after: frozenset[tuple[str, ...]]
    other_after_zh: tuple[str, ...]
    same_after: frozenset[tuple[str, ...]]
    never_before: frozenset[str]
    people: frozenset[str]
    people_zh: tuple[str, ...]
    things: frozenset[str]
    things_zh: tuple[str, ...]
    talk: frozenset[str]
    machines: frozenset[str]
    machine_words: frozenset[str]
    vocabulary: frozenset[str]


def words(name: str) -> tuple[str, ...]:
    """The words of a name, lower case: `customerEmail`, `customer_email` and `customeremail` are the same two."""
    found: list[str] = []
    for part in _WORD.findall(fold(name)):
        low = part.lower()
        found.extend((low,) if not low.isascii() or low in lexicon().vocabulary else _split(low))
    return tuple(one for one in found if one)


def read(name: str, around: Surroundings) -> Hint:
    """What the name says, the strongest hint first; a Hint without a kind where it says nothing."""
    han = "".join(_HAN.findall(name))
    hint = _chinese(han) if han else Hint()
    found = words(_HAN.sub(" ", name))
    latin = _latin(found, around) if found else Hint()
    best = max((hint, latin), key=lambda one: one.weight)
    return best if best.kind else (latin if latin.kind else hint)


def surroundings(*names: str) -> Surroundings:
    """What a table, or a parent inside JSON, is about, by its names from the outermost to the innermost."""
    known = lexicon()
    people = things = talk = machine = False
    for name in names:
        han = "".join(_HAN.findall(name))
        found = words(_HAN.sub(" ", name))
        last = found[-1] if found else ""
        whole = {*found, " ".join(found), *(" ".join(pair) for pair in itertools.pairwise(found))}
        is_people = bool(known.people & whole) or any(one in han for one in known.people_zh)
        is_thing = last in known.things or any(han.endswith(one) for one in known.things_zh)
        people = (people or is_people) and not (is_thing and last not in known.people)
        things = is_thing and last not in known.people
        talk = talk or bool(known.talk & whole)
        machine = last in known.machines
    return Surroundings(people, things, talk, machine)


def _latin(found: tuple[str, ...], around: Surroundings) -> Hint:
    known = lexicon()
    bare = tuple(one for one in found if one not in _NOISE) or found
    best = denied = Hint()
    for start, end, phrase in _matches(bare):
        before, after = bare[:start], bare[end:]
        if (before and before[0] in known.never_before) or _denied(phrase.kind, before):
            continue
        if after and not _still(after):
            if _other(after):
                denied = Hint(phrase.kind, 0.0, " ".join(bare[start:end]))
            continue
        weight = phrase.weight
        if phrase.strength == "weak":
            if denied.kind:
                continue
            weight = _in_context(phrase.kind, around, before)
        if phrase.kind == "free_text" and around.machine and not before and known.machine_words.issuperset(bare):
            weight = 0.2
        hint = Hint(phrase.kind, weight, " ".join(bare[start:end]), exact=end - start == len(bare))
        if (hint.weight, end - start, end) > (best.weight, len(best.word.split()), 0):
            best = hint
    return best if best.kind else denied


def _matches(found: tuple[str, ...]) -> Iterator[tuple[int, int, _Phrase]]:
    phrases = lexicon().phrases
    for end in range(len(found), 0, -1):
        for start in range(max(0, end - _LONGEST), end):
            for phrase in phrases.get(found[start:end], ()):
                yield start, end, phrase


def _denied(kind: str, before: tuple[str, ...]) -> bool:
    denied = lexicon().not_after.get(kind, frozenset())
    return any(before[-size:] in denied for size in (1, 2) if len(before) >= size)


def _still(after: tuple[str, ...]) -> bool:
    same = lexicon().same_after
    return all((one,) in same or _PLAIN_NUMBER.fullmatch(one) for one in after) or after in same


def _other(after: tuple[str, ...]) -> bool:
    other = lexicon().other_after
    return any((one,) in other for one in after) or after in other


def _in_context(kind: str, around: Surroundings, before: tuple[str, ...]) -> float:
    if kind == "free_text":
        return 0.7 if around.talk else 0.5 if around.people else 0.2
    if before and not around.things and any(one in lexicon().people for one in before):
        return 0.8
    if around.people and not around.things:
        return 0.6 if before else 0.85
    return 0.1 if around.things else 0.3


def _chinese(text: str) -> Hint:
    known = lexicon()
    for part, phrase in known.chinese:
        at = text.find(part)
        if at < 0:
            continue
        after = text[at + len(part) :]
        if any(one in after for one in known.other_after_zh) or text.startswith(("是否", "有无")):
            return Hint(phrase.kind, 0.0, part)
        return Hint(phrase.kind, phrase.weight, part, exact=part == text)
    return Hint()


@lru_cache(maxsize=1)
def lexicon() -> _Lexicon:
    """The lexicon of the data file."""
    table = root("names")
    phrases: dict[tuple[str, ...], list[_Phrase]] = {}
    chinese: list[tuple[str, _Phrase]] = []
    not_after: dict[str, frozenset[tuple[str, ...]]] = {}
    for kind, inner in table.tables("kinds"):
        for strength, weight in _WEIGHTS.items():
            phrase = _Phrase(kind, weight, strength)
            for text in inner.words(strength):
                phrases.setdefault(_plain(text), []).append(phrase)
        chinese += [(text, _Phrase(kind, 0.93, "sure")) for text in inner.words("zh")]
        not_after[kind] = frozenset(_plain(text) for text in inner.words("not_after"))
    chinese.sort(key=lambda one: -len(one[0]))
    other, same = (frozenset(_plain(text) for text in table.words(key)) for key in ("other_after", "same_after"))
    people, things, talk = (frozenset(table.words(key)) for key in ("people", "things", "talk"))
    machines, machine_words = (frozenset(table.words(key)) for key in ("machines", "machine_words"))
    vocabulary = {
        word for phrase in (*phrases, *other, *same, *(p for ps in not_after.values() for p in ps)) for word in phrase
    }
    vocabulary |= {word for text in (*people, *things, *talk, *machines) for word in text.split()}
    return _Lexicon(
        {words_: tuple(found) for words_, found in phrases.items()},
        tuple(chinese),
        not_after,
        other,
        table.words("other_after_zh"),
        same,
        frozenset(table.words("never_before")),
        people,
        table.words("people_zh"),
        things,
        table.words("things_zh"),
        talk,
        machines,
        machine_words,
        frozenset(vocabulary),
    )


def _plain(text: str) -> tuple[str, ...]:
    return tuple(one for part in _WORD.findall(text) for one in (part.lower(),) if one not in _NOISE) or (text,)


@lru_cache(maxsize=20_000)
def _split(text: str) -> tuple[str, ...]:
    """A run of letters as known words, the fewest that cover it; itself where none do."""
    vocabulary = lexicon().vocabulary
    best: list[tuple[str, ...] | None] = [()] + [None] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - 16), end):
            head, piece = best[start], text[start:end]
            if head is None or piece not in vocabulary or (len(piece) < 3 and piece not in _SHORT):
                continue
            if best[end] is None or len(head) + 1 < len(best[end] or ()):
                best[end] = (*head, piece)
    return best[-1] or (text,)


_SHORT = frozenset({"id", "no", "ip", "wx", "qq"})


def joined(parts: Iterable[str]) -> str:
    """A path as a person reads it."""
    return ".".join(parts)
