"""Help texts: laid out for any width and script, in the reader's language.

The English text is the key, as the program declares it; `policies/help.zh.yaml` gives the same text in Chinese. A test
refuses help without an entry.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import cast

from dsr.bundled import folder

WIDEST, NARROWEST = 100, 30
_INDENT, _GAP, _LEFT = 2, 2, 0.4
_CLINGS = frozenset(",.;:!?)]}，。；：！？、）》”…")
"""Signs that never begin a line."""
_JOINTS = "|/._-=,@"
"""Signs after which a long name may be broken."""
_OPENS = frozenset("(（《“")
"""Signs that never end one."""

Rows = Sequence[tuple[str, str]]


def told(text: str, lang: str) -> str:
    """A help text in that language; one that has no entry stays English."""
    return _entries().get(text, text) if lang == "zh" else text


def page(usage: str, about: str, sections: Sequence[tuple[str, Rows]], columns: int) -> str:
    """A whole page: how it is called, what it does, and lists of names with what they mean."""
    width = max(NARROWEST, min(columns, WIDEST))
    blocks = ["\n".join(_hung(usage, width, 2 * _INDENT))]
    blocks += [
        "\n".join(" " * _INDENT + line for line in wrapped(paragraph, width - _INDENT))
        for paragraph in about.split("\n\n")
    ]
    blocks += ["\n".join([title, *_listed(rows, width)]) for title, rows in sections if rows]
    return "\n\n".join(blocks)


def wrapped(text: str, width: int) -> list[str]:
    """Lines no wider than `width` on the screen; only a word that is wider itself is broken."""
    made, line = [], ""
    for unit in units(text):
        if wide(line + unit.rstrip()) > width and line:
            made.append(line.rstrip())
            line = ""
        line += unit
        while wide(line.rstrip()) > width:
            cut = _cut(line, width)
            made.append(line[:cut])
            line = line[cut:]
    return [*made, line.rstrip()] if line.strip() else made


def wide(text: str) -> int:
    """How many columns a text takes on the screen."""
    return sum(_cells(sign) for sign in text)


def _hung(text: str, width: int, indent: int) -> Iterator[str]:
    """Lines of which all but the first stand further right."""
    first, *rest = wrapped(text, width)
    yield first
    for line in wrapped(" ".join(rest), width - indent):
        yield " " * indent + line


def _listed(rows: Rows, width: int) -> Iterator[str]:
    """Names left, meanings right; a name that is too long, or a screen too narrow, has the meaning below it."""
    limit = int(width * _LEFT)
    left = max((wide(name) for name, _ in rows if wide(name) <= limit), default=0)
    indent = _INDENT + left + _GAP
    for name, meaning in rows:
        lines = wrapped(meaning, width - indent)
        head = " " * _INDENT + name
        if wide(name) <= left and lines:
            yield head + " " * (indent - wide(head)) + lines[0]
            lines = lines[1:]
        else:
            yield from (" " * _INDENT + line for line in wrapped(name, width - _INDENT))
        yield from (" " * indent + line for line in lines)


def units(text: str) -> Iterator[str]:
    """What must stay together: words of scripts with spaces, single signs of scripts without."""
    unit = ""
    for sign in " ".join(text.split()):
        together = not unit or sign == " " or sign in _CLINGS or unit[-1] in _OPENS
        if together or (unit[-1] != " " and _cells(sign) == 1 and _cells(unit[-1]) == 1):
            unit += sign
        else:
            yield unit
            unit = sign
    yield unit


def _cut(line: str, width: int) -> int:
    """Where a word that is too wide is broken: after a sign that joins its parts, if one stands late enough."""
    taken = end = 0
    while taken + _cells(line[end]) <= width:
        taken += _cells(line[end])
        end += 1
    joint = max(line.rfind(sign, 0, end) for sign in _JOINTS) + 1
    return joint if joint > end // 2 else end


def _cells(sign: str) -> int:
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


@cache
def _entries() -> dict[str, str]:
    import yaml  # English help does without

    text = (folder("policies") / "help.zh.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("dict[str, str]", yaml.load(text, Loader=loader))  # noqa: S506 - a safe loader
