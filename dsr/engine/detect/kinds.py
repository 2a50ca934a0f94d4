"""The kinds of personal data: what each is called, and which category of the policy file it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from dsr.core.text import Text
from dsr.engine.detect.datafile import root


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `sure`: a verified value of it speaks for itself, whatever the column is called."""

    name: str
    category: str
    rank: int
    sure: bool
    linked: bool
    title: Text


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """All kinds by name."""
    return {
        name: Kind(
            name,
            table.text("category"),
            int(table.text("rank")),
            table.text("sure") == "true",
            table.text("linked") == "true",
            Text(table.text("en"), table.text("zh")),
        )
        for name, table in root("kinds").tables()
    }
