"""The sentences of the policy text: one file per language, filled in by a sandbox that runs no value as a template."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dsr.bundled import folder
from dsr.core.errors import PolicyError, UsageError
from dsr.engine.glossary import LANGUAGES
from dsr.engine.wordfile import leaves

_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@dataclass(frozen=True, slots=True)
class Prose:
    """The sentences of one language."""

    language: str
    _sentences: Mapping[str, str] = field(repr=False)

    def say(self, name: str, /, **values: str) -> str:
        """The sentence of that name with the values filled in, as plain text: escaping is the page's business."""
        try:
            return _SANDBOX.from_string(self._sentences[name]).render(values)
        except (KeyError, TemplateError) as error:
            where = f"templates/policy/{self.language}/words.yaml"
            raise PolicyError(
                f"{where}: {name} cannot be written ({type(error).__name__}). Correct the sentence there."
            ) from error

    def join(self, texts: tuple[str, ...]) -> str:
        """The texts as an enumeration."""
        return ("、" if self.language == "zh" else ", ").join(texts)


def load(language: str, root: Path | None = None) -> Prose:
    """The sentences of a language; raises PolicyError where another language has a sentence that it lacks."""
    if language not in LANGUAGES:
        raise UsageError(f"The policy text is written in {', '.join(LANGUAGES)}; choose one of them.")
    return Prose(language, _load(root if root is not None else folder("templates") / "policy")[language])


@lru_cache(maxsize=4)
def _load(root: Path) -> Mapping[str, Mapping[str, str]]:
    found = {
        language: {".".join(leaf.path): leaf.text for leaf in leaves(root / language / "words.yaml")}
        for language in LANGUAGES
    }
    every = {name for sentences in found.values() for name in sentences}
    lacking = [
        f"templates/policy/{language}/words.yaml: {name} is missing; another language has it. Add it."
        for language, sentences in found.items()
        for name in sorted(every - sentences.keys())
    ]
    if lacking:
        raise PolicyError(lacking)
    return found
