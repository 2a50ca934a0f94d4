"""Collects what is wrong with a policy file, so that one run names everything; never the values of secrets."""

import difflib
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

_LONGEST = 60  # characters of a word in a message
_LISTED = 40  # names
_COMPARED = 100  # characters of a name that are compared
_MOST_HINTS = 100


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class Problems:
    """The findings so far, in any order."""

    _found: list[tuple[Spot, str]] = field(default_factory=list)
    _hints: int = 0

    def add(self, at: Spot, what: str) -> None:
        """Note that something is wrong there: what it is, and what to do."""
        self._found.append((at, what))

    def __bool__(self) -> bool:
        return bool(self._found)

    def unknown(self, name: str, known: Iterable[str]) -> str:
        """The known names, and the nearest of them where one is near: to end a message about an unknown name."""
        self._hints += 1
        if self._hints > _MOST_HINTS:  # comparing is slow, and a file with so many slips has one cause
            return "the known names are listed above."
        names = sorted(known) if isinstance(known, Set) else list(dict.fromkeys(known))
        folded = {one.casefold()[:_COMPARED]: one for one in reversed(names)}
        near = difflib.get_close_matches(name.casefold()[:_COMPARED], folded, n=1, cutoff=0.6)
        hint = f" Did you mean {shown(folded[near[0]])}?" if near else ""
        listed = ", ".join(_cut(one) for one in names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
        return f"known names: {listed or 'none'}.{hint}"

    def lines(self, files: Iterable[str]) -> list[str]:
        """One line per finding, each once, in the order of the files."""
        order = {name: number for number, name in enumerate(files)}
        found = sorted(self._found, key=lambda one: (order.get(one[0].file, len(order)), one[0]))
        return list(dict.fromkeys(f"{at}: {what}" for at, what in found))


def shown(text: str) -> str:
    """A word of the file as a message quotes it: in one line, cut when long."""
    return f'"{_cut(text)}"'


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"
