"""Collects what is wrong with a policy file, so that one run names everything; never the values of secrets."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

_LONGEST = 60


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

    def add(self, at: Spot, what: str) -> None:
        """Note that something is wrong there: what it is, and what to do."""
        self._found.append((at, what))

    def __bool__(self) -> bool:
        return bool(self._found)

    def lines(self, files: Iterable[str]) -> list[str]:
        """One line per finding, each once, in the order of the files."""
        order = {name: number for number, name in enumerate(files)}
        found = sorted(self._found, key=lambda one: (order.get(one[0].file, len(order)), one[0]))
        return list(dict.fromkeys(f"{at}: {what}" for at, what in found))


def shown(text: str) -> str:
    """A word of the file as a message quotes it: in one line, cut when long."""
    flat = " ".join(text.split())
    return f'"{flat}"' if len(flat) <= _LONGEST else f'"{flat[:_LONGEST]}…"'


def unknown(name: str, known: Iterable[str]) -> str:
    """The known names, and the nearest of them where one is near: to end a message about an unknown name."""
    names = list(dict.fromkeys(known))
    folded = {one.casefold(): one for one in reversed(names)}
    near = difflib.get_close_matches(name.casefold()[:200], folded, n=1, cutoff=0.6)
    hint = f" Did you mean {shown(folded[near[0]])}?" if near else ""
    listed = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
    return f"known names: {listed or 'none'}.{hint}"
