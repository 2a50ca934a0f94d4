"""The sentences of letters: one file per language, filled in by the same sandbox as the policy text."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.engine.glossary import LANGUAGES
from dsr.engine.policytext.prose import Prose
from dsr.engine.wordfile import leaves

_FILE = "words.yaml"


def load(language: str, root: Path | None = None) -> Prose:
    """The sentences of a language, the company's own in place of ours; raises PolicyError where one is missing."""
    sentences = _load()[language]
    own = root / language / _FILE if root is not None else None
    if own is None or not own.is_file():
        return Prose(language, sentences, "letters")
    found = {".".join(leaf.path): leaf for leaf in leaves(own)}
    strange = [
        f"{leaf.at}: {name} is no sentence of a letter. Known: see templates/letters/{language}/words.yaml."
        for name, leaf in found.items()
        if name not in sentences
    ]
    if strange:
        raise PolicyError(strange)
    texts = {name: leaf.text for name, leaf in found.items()}
    return Prose(language, {**sentences, **texts}, "letters", {name: str(own) for name in texts})


@cache
def _load() -> Mapping[str, Mapping[str, str]]:
    base = folder("templates") / "letters"
    found = {one: {".".join(leaf.path): leaf.text for leaf in leaves(base / one / _FILE)} for one in LANGUAGES}
    names = {name for sentences in found.values() for name in sentences}
    lacking = [
        f"templates/letters/{language}/words.yaml: {name} is missing; another language has it. Add it."
        for language, sentences in found.items()
        for name in sorted(names - sentences.keys())
    ]
    if lacking:
        raise PolicyError(lacking)
    return found
