"""The sentences of the policy text: one folder per language, filled in by a sandbox that runs no value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dsr.bundled import folder
from dsr.core.errors import PolicyError, UsageError
from dsr.engine.glossary import LANGUAGES
from dsr.engine.wordfile import leaves

_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_FILE = "words.yaml"


@dataclass(frozen=True, slots=True)
class Prose:
    """The sentences of one language."""

    language: str
    _sentences: Mapping[str, str] = field(repr=False)
    kind: str = "policy"
    own: Mapping[str, str] = field(default_factory=dict, repr=False)  # the files of a company's own sentences

    def say(self, name: str, /, **values: object) -> str:
        """The sentence of that name with the values filled in, as plain text: escaping is the page's business."""
        try:
            return _compiled(self._sentences[name]).render(values)
        except (KeyError, TemplateError, TypeError, ValueError, ArithmeticError) as error:
            where = self.own.get(name, f"templates/{self.kind}/{self.language}/{_FILE}")
            what = f"{where}: {name} cannot be written ({type(error).__name__}). Correct the sentence there."
            known = f" It may use: {', '.join(values) or 'no values'}." if isinstance(error, UndefinedError) else ""
            raise PolicyError(what + known) from error

    def join(self, texts: tuple[str, ...]) -> str:
        """The texts as an enumeration."""
        return self.say("form.joined", texts=texts)

    def day(self, day: date) -> str:
        """A date for people."""
        return self.say("form.date", year=day.year, month=day.month, day=day.day)


def base() -> Path:
    """The shipped folder of sentences and pages."""
    return folder("templates") / "policy"


def languages(root: Path | None = None) -> tuple[str, ...]:
    """Every language that has a folder with sentences, shipped or in `root`; English and Chinese stand first."""
    roots = (base(), root) if root is not None else (base(),)
    named = {found.parent.name for one in roots for found in one.glob(f"*/{_FILE}")}
    return (*LANGUAGES, *sorted(named - set(LANGUAGES)))


def file(root: Path | None, name: str) -> Path:
    """A file of the templates: the company's own where `root` has one, else the shipped one."""
    own = root / name if root is not None else None
    return own if own is not None and own.is_file() else base() / name


def load(language: str, root: Path | None = None) -> Prose:
    """The sentences of a language; raises PolicyError where another language has a sentence that it lacks."""
    found = every(root)
    if language not in found:
        raise UsageError(f"The policy text is written in {', '.join(found)}; choose one of them.")
    return found[language]


def every(root: Path | None = None) -> Mapping[str, Prose]:
    """The sentences of all languages."""
    return {name: Prose(name, sentences) for name, sentences in _load(root).items()}


@lru_cache(maxsize=4)
def _load(root: Path | None) -> Mapping[str, Mapping[str, str]]:
    found = {
        language: {".".join(leaf.path): leaf.text for leaf in leaves(file(root, f"{language}/{_FILE}"))}
        for language in languages(root)
    }
    names = {name for sentences in found.values() for name in sentences}
    lacking = [
        f"templates/policy/{language}/{_FILE}: {name} is missing; another language has it. Add it."
        for language, sentences in found.items()
        for name in sorted(names - sentences.keys())
    ]
    if lacking:
        raise PolicyError(lacking)
    return found


@lru_cache(maxsize=1000)
def _compiled(sentence: str) -> Template:
    return _SANDBOX.from_string(sentence)
