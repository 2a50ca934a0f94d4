"""Reads the detectors' data files (policies/detectors/*.yaml). Scalars stay text; a file that is broken says where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import yaml

from dsr.bundled import folder
from dsr.core.errors import PolicyError

_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_ASCII_WORD = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Table:
    """One mapping of a data file."""

    name: str
    found: dict[str, object]

    def text(self, key: str, default: str = "") -> str:
        """The text at a key."""
        value = self.found.get(key, default)
        if not isinstance(value, str):
            raise PolicyError(f"{self.name}: `{key}` is not a text. Correct the file.")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """The list at a key; a text is split at spaces."""
        value = self.found.get(key, [])
        if isinstance(value, str):
            return tuple(value.split())
        if not isinstance(value, list):
            raise PolicyError(f"{self.name}: `{key}` is not a list. Correct the file.")
        return tuple(str(one) for one in value)

    def tables(self, key: str | None = None) -> Iterator[tuple[str, "Table"]]:
        """The mappings below a key, or of the file."""
        inner = self.found if key is None else self.found.get(key, {})
        if not isinstance(inner, dict):
            raise PolicyError(f"{self.name}: `{key}` is not a mapping. Correct the file.")
        for name, value in inner.items():
            if isinstance(value, dict):
                yield name, Table(f"{self.name}: {name}", value)

    def texts(self, key: str) -> Iterator[tuple[str, str]]:
        """The pairs of texts below a key."""
        inner = self.found.get(key, {})
        if not isinstance(inner, dict):
            raise PolicyError(f"{self.name}: `{key}` is not a mapping. Correct the file.")
        yield from ((name, str(value)) for name, value in inner.items())


def root(name: str) -> Table:
    """The mapping of a file."""
    found = _read(name)
    if not isinstance(found, dict):
        raise PolicyError(f"detectors/{name}.yaml: the file is not a mapping. Restore it.")
    return Table(f"detectors/{name}.yaml", found)


def items(name: str) -> tuple[Table, ...]:
    """The mappings of a file that is a list."""
    found = _read(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise PolicyError(f"detectors/{name}.yaml: the file is not a list of mappings. Restore it.")
    return tuple(Table(f"detectors/{name}.yaml: entry {place}", one) for place, one in enumerate(found, start=1))


@lru_cache(maxsize=16)
def lines(name: str, key: str) -> re.Pattern[str]:
    """One pattern for any of the words at a key."""
    return any_of(root(name).words(key))


def any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for any of the words, lower case: whole words in Latin script, parts of the text otherwise."""
    parts = []
    for word in sorted({one.strip().lower() for one in words}, key=len, reverse=True):
        edges = (_ASCII_WORD.match(word[0]) is not None, _ASCII_WORD.match(word[-1]) is not None)
        left, right = ("(?<![a-z0-9])" if edges[0] else "", "(?![a-z0-9])" if edges[1] else "")
        parts.append(f"{left}{re.escape(word)}{right}")
    return re.compile("|".join(parts))


def _read(name: str) -> object:
    path = folder("policies") / "detectors" / f"{name}.yaml"
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - texts only
    except OSError as error:
        raise PolicyError(f"detectors/{name}.yaml cannot be read ({type(error).__name__}). Restore it.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        raise PolicyError(f"detectors/{name}.yaml{line}: the file is not valid YAML. Correct it.") from error
