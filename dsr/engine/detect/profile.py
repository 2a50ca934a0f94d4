"""What the sampled values of a column look like, as counts. The values themselves go no further than this module."""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from dsr.engine.detect import phones, possible, shapes
from dsr.engine.detect.fold import fold
from dsr.engine.detect.kinds import kinds
from dsr.engine.detect.secrets import marked, secrets_like
from dsr.engine.detect.text import find

Count = Callable[[Sequence[str]], int]
"""How many of the values are of a kind."""
_FEW = 64  # values that every form is tried on; the rest only where a quarter of these fit
_FIRST = 8  # of those, the ones that are tried first: a form that fits none of them fits no six in ten
_HOLDS = 6  # characters that a value needs to hold anything
_LONG = 24  # characters from which a value may hold more than one thing
_JUNK = frozenset(
    [
        "n/a",
        "na",
        "null",
        "none",
        "nil",
        "unknown",
        "undefined",
        "test",
        "xxx",
        "-",
        "--",
        ".",
        "?",
        "nan",
        "tbd",
        "todo",
        "empty",
        "default",
        "无",
        "空",
        "未知",
        "暂无",
        "没有",
        "不详",
        "其他",
        "测试",
        "未填写",
    ]
)
_SPACE = re.compile(r"\s")
_HAN = re.compile("[\u3400-\u9fff]")
_PROSE = re.compile("[。，！？；、 ]")
_SENTENCE = re.compile("[。，！？；、]|[a-z]{2,} [a-z]{2,} [a-z]{2,}")
_YEAR = re.compile(r"(?<![0-9])(19|20)[0-9]{2}(?![0-9])", re.ASCII)
_MASK = str.maketrans(
    {
        **{chr(c): "a" for c in range(97, 123)},
        **{chr(c): "A" for c in range(65, 91)},
        **dict.fromkeys("0123456789", "9"),
    }
)


@dataclass(frozen=True, slots=True)
class Fit:
    """How many of the values are of one kind, and how many would be by chance if they only had its form."""

    kind: str
    count: int
    chance: float
    alone: bool  # the form says it without a word beside it


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts over a sample. `values` are those that say anything: nothing, marks for nothing and repeats left out.

    `plausible` is the share that may be what the name says. `mask` is the most frequent shape, with letters as `a`, `A`
    and digits as `9`.
    """

    seen: int = 0
    filled: int = 0
    values: int = 0
    fits: tuple[Fit, ...] = ()
    inside: tuple[tuple[str, int], ...] = ()
    plausible: float = 0.0
    opaque: float = 0.0
    prose: float = 0.0
    codes: float = 0.0  # share of values without any space
    dense: bool = False
    spread: bool = False  # dates spread over decades, most of them long ago
    decimals: float = 0.0
    versions: float = 0.0  # share of four short numbers with dots between
    revisions: float = 0.0  # share of forty hex digits, as revisions and digests of files have
    mask: str = ""

    @property
    def distinct(self) -> float:
        """Share of filled values that differ."""
        return self.values / self.filled if self.filled else 0.0

    def rate(self, kind: str) -> float:
        """Share of the values that are of the kind."""
        return next((fit.count / self.values for fit in self.fits if fit.kind == kind), 0.0)


def profile(values: Sequence[str | None], hint: str = "") -> Profile:
    """The profile of a sample; `hint` is the kind that the name of the column says."""
    filled = [fold(text.strip()) for text in values if text is not None and text.strip()]
    texts = [text for text in dict.fromkeys(filled) if text.lower() not in _JUNK]
    if not texts:
        return Profile(len(values), len(filled))
    blob = "\n".join(texts)
    fits = _fits(texts, blob)
    best = max((fit.count for fit in fits), default=0) / len(texts)
    long = [text for text in texts if len(text) >= _LONG or " " in text] if _PROSE.search(blob) else []
    plausible = shapes.PLAUSIBLE.get(hint)
    return Profile(
        seen=len(values),
        filled=len(filled),
        values=len(texts),
        fits=fits,
        inside=_inside(texts) if best < 0.6 else (),
        plausible=_share(plausible, texts) if plausible else 0.0,
        opaque=_share(shapes.opaque, texts[:200]) if best < 0.6 or hint else 0.0,
        prose=sum(_SENTENCE.search(text) is not None for text in long) / len(texts),
        codes=_codes(texts),
        dense=_dense(texts),
        spread=_spread(texts) if any(fit.kind == "birth_date" for fit in fits) else False,
        decimals=_share(shapes.decimal, texts[:200]) if "." in blob else 0.0,
        versions=_share(shapes.version, texts[:200]) if "." in blob else 0.0,
        revisions=_share(shapes.revision, texts[:200]) if len(blob) >= 40 else 0.0,
        mask=_mask(texts),
    )


def tail(count: int, of: int, chance: float) -> float:
    """The probability of at least `count` hits among `of` values that hit by chance only."""
    if count <= 0:
        return 1.0
    if chance >= 1:
        return 1.0
    mean = of * chance
    if count <= mean:
        return 1.0
    # Chernoff's bound: close enough far out in the tail, where decisions are made, and never too small.
    share = count / of
    exponent = share * math.log(share / chance)
    if share < 1:
        exponent += (1 - share) * math.log((1 - share) / (1 - chance))
    return math.exp(-of * exponent)


def _fits(texts: list[str], blob: str) -> tuple[Fit, ...]:
    step = max(1, len(texts) // _FEW)
    few = texts[::step][:_FEW]
    found: dict[str, Fit] = {}
    for pattern in possible.whole(_first(few)):
        if pattern.gate and not any(one in blob for one in pattern.gate):
            continue
        _note(found, Fit(pattern.kind, 0, pattern.chance, pattern.near is None), _each(pattern.passes), few, texts)
    others: tuple[tuple[str, Callable[[str], bool], float], ...] = (
        ("phone", phones.formed, 0.11),
        ("name", lambda text: shapes.han_name(text) or shapes.latin_name(text), 0.3),
        ("address", shapes.address, 0.02),
        ("birth_date", shapes.born, 0.5),
    )
    for kind, test, chance in others:
        _note(found, Fit(kind, 0, chance, alone=True), _each(test), few, texts)
    _note(found, Fit("secret", 0, 0.001, alone=True), _secrets, few, texts)
    return tuple(sorted(found.values(), key=lambda fit: (-fit.count, kinds()[fit.kind].rank)))


def _first(few: list[str]) -> list[str]:
    return few[:: len(few) // _FIRST] if len(few) > _FIRST else few


def _note(found: dict[str, Fit], fit: Fit, counted: Count, few: list[str], texts: list[str]) -> None:
    if len(few) > _FIRST and not counted(_first(few)):
        return
    count = counted(few)
    if count * 4 < len(few):
        return
    count = count if len(few) == len(texts) else counted(texts)
    known = found.get(fit.kind)
    if known is None or (count, fit.alone) > (known.count, known.alone):
        found[fit.kind] = replace(fit, count=count)
    elif known is not None and fit.alone == known.alone and fit.kind == "ip":  # two forms of one kind share a column
        found[fit.kind] = replace(fit, count=min(len(texts), known.count + count))


def _each(test: Callable[[str], bool]) -> Count:
    return lambda texts: sum(map(test, texts))


def _secrets(texts: Sequence[str]) -> int:
    """How many are stored passwords, or keys by their own marks."""
    others = [text for text in texts if not shapes.password(text)]
    return len(texts) - len(others) + sum(secrets_like(others))


def _inside(texts: list[str]) -> tuple[tuple[str, int], ...]:
    """How many values hold each kind among other text; all of them are looked through in one go."""
    long = [text.replace("\n", " ") for text in texts if len(text) >= _HOLDS]
    starts = list(accumulate((len(text) + 1 for text in long), initial=0))
    blob = "\n".join(long)
    found = {(bisect_right(starts, one.start), one.kind) for one in find(blob)}
    found |= {(bisect_right(starts, one.start), "secret") for one in marked().find(blob)}
    return tuple(sorted(Counter(kind for _, kind in found).items()))


def _share(test: Callable[[str], bool], texts: Sequence[str]) -> float:
    return sum(map(test, texts)) / len(texts) if texts else 0.0


def _dense(texts: list[str]) -> bool:
    """Whether the values are whole numbers of one narrow range, as counters and times are."""
    numbers = sorted(int(text) for text in texts if len(text) < 20 and text.isascii() and text.isdigit())
    if len(numbers) < 5 or len(numbers) < 0.9 * len(texts):
        return False
    middle = numbers[len(numbers) // 20 : len(numbers) - len(numbers) // 20]
    return (middle[-1] - middle[0]) / len(middle) < 5_000


def _spread(texts: list[str]) -> bool:
    years = sorted(int(found[0]) for text in texts if (found := _YEAR.search(text)) is not None)
    if len(years) < 15 or len(years) < 0.8 * len(texts):
        return False
    low, middle, high = (years[len(years) * n // 4] for n in (1, 2, 3))
    return 1920 < middle <= 2008 and high - low >= 8


def _codes(texts: list[str]) -> float:
    """The share of values without any space."""
    if _SPACE.search("".join(texts)) is None:
        return 1.0
    return sum(_SPACE.search(text) is None for text in texts) / len(texts)


def _mask(texts: list[str]) -> str:
    """The most frequent shape."""
    made = _HAN.sub("汉", "\0".join([text[:40] for text in texts]).translate(_MASK))
    return Counter(made.split("\0")).most_common(1)[0][0]
