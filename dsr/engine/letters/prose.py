"""The sentences of letters: one file per language, filled in by the same sandbox as the policy text."""

from collections.abc import Mapping
from functools import cache

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.engine.glossary import LANGUAGES
from dsr.engine.policytext.prose import Prose
from dsr.engine.wordfile import leaves


def load(language: str) -> Prose:
    """The sentences of a language; raises PolicyError where another language has a sentence that it lacks."""
    return Prose(language, _load()[language], "letters")


@cache
def _load() -> Mapping[str, Mapping[str, str]]:
    base = folder("templates") / "letters"
    found = {one: {".".join(leaf.path): leaf.text for leaf in leaves(base / one / "words.yaml")} for one in LANGUAGES}
    names = {name for sentences in found.values() for name in sentences}
    lacking = [
        f"templates/letters/{language}/words.yaml: {name} is missing; another language has it. Add it."
        for language, sentences in found.items()
        for name in sorted(names - sentences.keys())
    ]
    if lacking:
        raise PolicyError(lacking)
    return found
