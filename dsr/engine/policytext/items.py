"""What a privacy notice must say, per law: the items of policies/notice.yaml as data."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.core.text import Text
from dsr.engine.wordfile import Leaf, leaves

BOTH = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Law:
    """The law that asks for an item, and when somebody last read it."""

    regime: str
    cite: Text
    verified_on: str


@dataclass(frozen=True, slots=True)
class Sought:
    """One part of an item, in words, and how it is found in a page of either language."""

    name: str
    say: Text
    en: re.Pattern[str]
    zh: re.Pattern[str]

    def found(self, language: str, text: str) -> bool:
        """Whether a text of that language says it."""
        return (self.zh if language == "zh" else self.en).search(text) is not None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a notice must say. `places` are those of our own text, with * for any name."""

    name: str
    title: Text
    write: Text
    places: tuple[str, ...]
    laws: tuple[Law, ...]
    parts: tuple[Sought, ...]

    def laws_of(self, regimes: tuple[str, ...]) -> tuple[Law, ...]:
        """The enabled laws that ask for it."""
        return tuple(law for law in self.laws if law.regime in regimes)

    def wanted(self, regimes: tuple[str, ...]) -> tuple[str, ...]:
        """The places of our own text, with those of every enabled law."""
        named = (
            place.replace("{regime}", law.regime)
            for place in self.places
            for law in (self.laws_of(regimes) if "{regime}" in place else self.laws[:1])
        )
        return tuple(named)


@dataclass(frozen=True, slots=True)
class Seat:
    """A law that wants a representative named by controllers that are in none of these countries."""

    law: Law
    within: frozenset[str]


@dataclass(frozen=True, slots=True)
class Items:
    """The whole file. `periods` are those that a law itself puts into the text, by regime."""

    items: tuple[Item, ...]
    seats: tuple[Seat, ...]
    vague_en: re.Pattern[str]
    vague_zh: re.Pattern[str]
    periods: tuple[tuple[str, Text], ...]

    def vague(self, language: str, text: str) -> str | None:
        """The words that promise a period without naming one, where the text has some."""
        found = (self.vague_zh if language == "zh" else self.vague_en).search(text)
        return found[0] if found is not None else None


def load(path: Path | None = None) -> Items:
    """The shipped items, or those of another file; raises PolicyError with file and line of what does not fit."""
    return _load(path if path is not None else folder("policies") / "notice.yaml")


@lru_cache(maxsize=2)
def _load(path: Path) -> Items:
    found = {leaf.path: leaf for leaf in leaves(path)}
    tree = _Tree(found, path.name)
    names = dict.fromkeys(one[1] for one in found if one[0] == "items" and len(one) > 1)
    return Items(
        tuple(_item(tree, name) for name in names),
        tuple(_seat(tree, name) for name in tree.names("representatives")),
        tree.pattern("vague", "en"),
        tree.pattern("vague", "zh"),
        tuple((name, tree.text("periods", name)) for name in tree.names("periods")),
    )


def _seat(tree: "_Tree", regime: str) -> Seat:
    at = ("representatives", regime)
    verified_on = tree.leaf(*at, "law", "verified_on").text
    law = Law(regime, tree.text(*at, "law"), verified_on)
    return Seat(law, frozenset(tree.leaf(*at, "within").text.split()))


def _item(tree: "_Tree", name: str) -> Item:
    at = ("items", name)
    return Item(
        name,
        tree.text(*at, "title"),
        tree.text(*at, "write"),
        tuple(tree.leaf(*at, "items").text.split()),
        tuple(
            Law(regime, tree.text(*at, "law", regime), tree.leaf(*at, "law", regime, "verified_on").text)
            for regime in tree.names(*at, "law")
        ),
        tuple(
            Sought(
                part,
                tree.text(*at, "find", part, "say"),
                tree.pattern(*at, "find", part, "en"),
                tree.pattern(*at, "find", part, "zh"),
            )
            for part in tree.names(*at, "find")
        ),
    )


@dataclass(frozen=True, slots=True)
class _Tree:
    """The leaves of the file by path."""

    leaves: dict[tuple[str, ...], Leaf]
    file: str

    def leaf(self, *path: str) -> Leaf:
        if path not in self.leaves:
            raise PolicyError(f"policies/{self.file}: {'.'.join(path)} is missing. Add it.")
        return self.leaves[path]

    def text(self, *path: str) -> Text:
        return Text(self.leaf(*path, "en").text, self.leaf(*path, "zh").text)

    def pattern(self, *path: str) -> re.Pattern[str]:
        leaf = self.leaf(*path)
        try:
            return re.compile(leaf.text, re.IGNORECASE | re.DOTALL)
        except re.error as error:
            raise PolicyError(f"{leaf.at}: not a regular expression ({error.msg}). Correct it.") from error

    def names(self, *path: str) -> Iterable[str]:
        return dict.fromkeys(one[len(path)] for one in self.leaves if one[: len(path)] == path)
