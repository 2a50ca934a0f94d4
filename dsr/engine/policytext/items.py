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
    """One part of an item, in words, and how it is found in a page of either language.

    `when` is the category of data without which nobody asks for it.
    """

    name: str
    when: str | None
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

    def parts_of(self, held: frozenset[str]) -> tuple[Sought, ...]:
        """The parts that a company must say which holds data of these categories."""
        return tuple(part for part in self.parts if part.when is None or part.when in held)

    @property
    def common(self) -> tuple[str, ...]:
        """The places that every law asks for."""
        return tuple(place for place in self.places if "{regime}" not in place)

    def places_of(self, law: Law) -> tuple[str, ...]:
        """The places that one law asks for beside those."""
        return tuple(place.replace("{regime}", law.regime) for place in self.places if "{regime}" in place)


@dataclass(frozen=True, slots=True)
class Seat:
    """A law that wants a representative named by controllers that are in none of these countries."""

    law: Law
    within: frozenset[str]


@dataclass(frozen=True, slots=True)
class Items:
    """The whole file. `parity` are the laws that want both languages alike, in plain words; `periods` are those that a
    law itself puts into the text, by regime.
    """

    items: tuple[Item, ...]
    seats: tuple[Seat, ...]
    seated_en: re.Pattern[str]
    seated_zh: re.Pattern[str]
    parity: tuple[Law, ...]
    vague_en: re.Pattern[str]
    vague_zh: re.Pattern[str]
    periods: tuple[tuple[str, Text], ...]

    def alike(self, regimes: tuple[str, ...]) -> tuple[Law, ...]:
        """The enabled laws of N27."""
        return tuple(law for law in self.parity if law.regime in regimes)

    def item(self, name: str) -> Item:
        """The item of that name, which the file has."""
        return next(one for one in self.items if one.name == name)

    def seated(self, language: str, text: str) -> bool:
        """Whether a text of that language names a representative."""
        return (self.seated_zh if language == "zh" else self.seated_en).search(text) is not None

    def vague(self, language: str, text: str) -> str | None:
        """The words that promise a period without naming one, where the text has some."""
        found = (self.vague_zh if language == "zh" else self.vague_en).search(text)
        return found[0] if found is not None else None


def cited(laws: tuple[Law, ...]) -> Text:
    """The citations of some laws, one after another."""
    return Text("; ".join(law.cite.en for law in laws), "；".join(law.cite.zh for law in laws))


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
        tree.pattern("representative", "en"),
        tree.pattern("representative", "zh"),
        tuple(tree.law(name, "parity", name) for name in tree.names("parity")),
        tree.pattern("vague", "en"),
        tree.pattern("vague", "zh"),
        tuple((name, tree.text("periods", name)) for name in tree.names("periods")),
    )


def _seat(tree: "_Tree", regime: str) -> Seat:
    within = tree.leaf("representatives", regime, "within").text
    return Seat(tree.law(regime, "representatives", regime, "law"), frozenset(within.split()))


def _item(tree: "_Tree", name: str) -> Item:
    at = ("items", name)
    return Item(
        name,
        tree.text(*at, "title"),
        tree.text(*at, "write"),
        tuple(tree.leaf(*at, "items").text.split()),
        tuple(tree.law(regime, *at, "law", regime) for regime in tree.names(*at, "law")),
        tuple(
            Sought(
                part,
                tree.maybe(*at, "find", part, "when"),
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

    def maybe(self, *path: str) -> str | None:
        return self.leaves[path].text if path in self.leaves else None

    def text(self, *path: str) -> Text:
        return Text(self.leaf(*path, "en").text, self.leaf(*path, "zh").text)

    def law(self, regime: str, *path: str) -> Law:
        return Law(regime, self.text(*path), self.leaf(*path, "verified_on").text)

    def pattern(self, *path: str) -> re.Pattern[str]:
        leaf = self.leaf(*path)
        try:
            return re.compile(leaf.text, re.IGNORECASE | re.DOTALL)
        except re.error as error:
            raise PolicyError(f"{leaf.at}: not a regular expression ({error.msg}). Correct it.") from error

    def names(self, *path: str) -> Iterable[str]:
        return dict.fromkeys(one[len(path)] for one in self.leaves if one[: len(path)] == path)
