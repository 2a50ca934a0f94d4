"""How a table is fitted to the screen: which columns, how wide, and whether it can be a table at all.

Words stay whole. Where the screen is too narrow for that, a row is better read as a block of lines.
"""

from collections.abc import Iterable, Sequence

from dsr.console.helping import units, wide

GAP = 3
"""What stands between two columns of a table."""
_FEW, _NAME, _HEADING = 8, 24, 12
"""No column is folded to less than the first; a word longer than the second may be broken at its joints. The third is
what a heading may take beyond its values where room is short.
"""


def filled(rows: Sequence[Sequence[str]], columns: int) -> list[int]:
    """The columns in which something stands, or all where nothing does."""
    return [place for place in range(columns) if any(row[place] for row in rows)] or list(range(columns))


def widths(columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int) -> list[int] | None:
    """How wide each column is, given its texts with the heading; None where `room` is too little.

    Columns that must stay `whole`, such as numbers, are never folded, but their headings may be.
    """
    left = room - GAP * (len(columns) - 1)
    most = [_widest(line for text in texts for line in text.split("\n")) for texts in columns]
    least = [_least(texts, fixed=fixed) for texts, fixed in zip(columns, whole, strict=True)]
    short = [low if fixed else min(low, _NAME) for low, fixed in zip(least, whole, strict=True)]
    calm = [max(low, _calm(texts)) for low, texts in zip(least, columns, strict=True)]
    for low, high in ((most, most), (least, calm), (short, calm)):
        if sum(low) <= left:
            return _shared(low, high, left)
    return None


def _least(texts: Sequence[str], *, fixed: bool) -> int:
    """The narrowest that a column may be without breaking a word."""
    lines = [line for text in texts for line in text.split("\n")]
    words = _widest(unit.rstrip() for text in (texts[:1] if fixed else texts) for unit in units(text))
    return max(words, _widest(texts[1:])) if fixed else min(max(words, _FEW), _widest(lines))


def _calm(texts: Sequence[str]) -> int:
    """What a column takes at most where room is short: its values; a heading beyond that is folded."""
    lines = [line for text in texts[1:] for line in text.split("\n")]
    return max(_widest(lines), min(wide(texts[0]), _HEADING))


def _shared(low: list[int], high: list[int], room: int) -> list[int]:
    """The room is given out evenly, to each no less than `low` and no more than `high`."""
    fits = (made for bound in range(room, -1, -1) if sum(made := _clamped(low, high, bound)) <= room)
    return next(fits, low)


def _clamped(low: list[int], high: list[int], bound: int) -> list[int]:
    return [min(most, max(least, bound)) for least, most in zip(low, high, strict=True)]


def _widest(texts: Iterable[str]) -> int:
    return max((wide(text) for text in texts), default=0)
