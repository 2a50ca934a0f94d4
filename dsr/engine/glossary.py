"""The glossary: every term that a person reads, in English and Chinese, from one data file.

Policy text, letters, reports and screens take their words here, so that one thing has one name everywhere.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.core.text import Text
from dsr.engine.wordfile import Leaf, leaves

LANGUAGES = ("en", "zh")


class Group(Enum):
    """What kind of term it is; the top-level names of the glossary file."""

    PURPOSE = "purposes"
    CATEGORY = "categories"
    BASIS = "bases"
    BASIS_ARTICLE = "basis_articles"  # "gdpr.contract": which law knows which basis
    BASIS_CONSEQUENCE = "basis_consequences"
    SOURCE = "sources"
    METHOD = "methods"
    REGIME = "regimes"
    RIGHT = "rights"
    RIGHT_MEANING = "right_meanings"
    RIGHT_ARTICLE = "right_articles"  # "pipl.access": which law gives which right
    ANSWER = "answers"  # how soon a regime wants an answer
    SUBJECT = "subjects"  # kinds of accounts, as a record of processing names them
    ROLE = "roles"
    CODE = "codes"
    CODE_MEANING = "code_meanings"
    END = "ends"  # dsr.core.policy.End, by the calendar
    REQUEST_END = "request_ends"  # the same on request
    DISPOSITION = "dispositions"  # dsr.core.plan.Disposition
    OUTCOME = "outcomes"
    REASON = "reasons"  # dsr.core.plan.Why
    EXPORT = "exports"  # dsr.core.policy.Export
    OWNER = "owners"  # dsr.core.policy.Owner
    TERM = "terms"
    REFUSED = "refused"  # patterns of second words for a term
    COUNTRY = "countries"  # ISO 3166-1


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the glossary."""

    group: Group
    name: str
    text: Text


@dataclass(frozen=True, slots=True)
class Glossary:
    """All terms, in the order of the file."""

    terms: tuple[Term, ...]
    _index: Mapping[tuple[Group, str], Text] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = {(term.group, term.name): term.text for term in self.terms}
        object.__setattr__(self, "_index", MappingProxyType(index))

    def find(self, group: Group, name: str) -> Text | None:
        """The words of a term, or None where the glossary does not have it."""
        return self._index.get((group, name))

    def words(self, group: Group, name: str) -> Text:
        """The words of a term; raises PolicyError where the glossary does not have it."""
        found = self.find(group, name)
        if found is None:
            raise PolicyError(self.missing(group, name))
        return found

    def missing(self, group: Group, name: str) -> str:
        """What to tell a person about a term that the glossary lacks, with the names that come near."""
        near = get_close_matches(name, self.names(group), n=3)
        return (
            f'policies/glossary.yaml: no words for "{name}" under {group.value}:. '
            f"Add `{name}: {{en: …, zh: …}}` there, or use a name that it has"
            + (f" (near: {', '.join(near)})." if near else ".")
        )

    def second_words(self, language: str, text: str) -> Iterator[tuple[str, str]]:
        """Words of the text for which the glossary has another one, each with the word that it has."""
        for term in self.terms:
            if term.group is Group.REFUSED:
                for found in re.finditer(term.text.in_(language), text):
                    yield found[0], self.words(Group.TERM, term.name).in_(language)

    def names(self, group: Group) -> tuple[str, ...]:
        """The names of a group, in the order of the file."""
        return tuple(term.name for term in self.terms if term.group is group)


def load(*extra: Path) -> Glossary:
    """The shipped glossary, with the terms of further files added; a later file replaces an earlier one's words.

    Raises PolicyError naming file, line and term where a language is missing or a group is unknown.
    """
    return _load((folder("policies") / "glossary.yaml", *extra))


def translated(terms: Glossary, language: str, path: Path) -> Glossary:
    """The terms with their words in a further language, from a file of `group: {name: words}`.

    Raises PolicyError naming file and line for what is no term of the glossary.
    """
    said: dict[tuple[str, str], str] = {}
    problems: list[str] = []
    names = {(term.group.value, term.name) for term in terms.terms}
    for leaf in leaves(path):
        group, name = leaf.path[0], ".".join(leaf.path[1:])
        said[group, name] = leaf.text
        if (group, name) not in names:
            problems.append(f"{leaf.at}: {group}.{name} is no term of policies/glossary.yaml. Take it out.")
    if problems:
        raise PolicyError(problems)
    return Glossary(tuple(_with(term, language, said.get((term.group.value, term.name))) for term in terms.terms))


def _with(term: Term, language: str, words: str | None) -> Term:
    if words is None:
        return term
    text = Text(term.text.en, term.text.zh, (*term.text.more, (language, words)))
    return Term(term.group, term.name, text)


@lru_cache(maxsize=8)
def _load(paths: tuple[Path, ...]) -> Glossary:
    merged: dict[tuple[Group, str], Term] = {}
    problems: list[str] = []
    for path in paths:
        for term in _terms(leaves(path), problems):
            merged[(term.group, term.name)] = term
    if problems:
        raise PolicyError(problems)
    return Glossary(tuple(merged.values()))


def _terms(found: Iterable[Leaf], problems: list[str]) -> Iterable[Term]:
    groups = {group.value: group for group in Group}
    by_name: dict[tuple[str, str], dict[str, Leaf]] = {}
    for leaf in found:
        if len(leaf.path) != 3 or leaf.path[2] not in LANGUAGES:
            problems.append(f"{leaf.at}: {'.'.join(leaf.path)} is not a term. A term is `name: {{en: …, zh: …}}`.")
        elif leaf.path[0] not in groups:
            problems.append(f"{leaf.at}: {leaf.path[0]} is not a group of terms. Known groups: {', '.join(groups)}.")
        else:
            by_name.setdefault((leaf.path[0], leaf.path[1]), {})[leaf.path[2]] = leaf
    for (group, name), words in by_name.items():
        lacking = [language for language in LANGUAGES if language not in words]
        if lacking:
            at = next(iter(words.values())).at
            problems.append(f"{at}: the term {group}.{name} has no words in {', '.join(lacking)}. Add them.")
        else:
            yield Term(groups[group], name, Text(words["en"].text, words["zh"].text))
