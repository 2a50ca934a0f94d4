"""The forms of values, from the data file, compiled for whole values and for texts."""

import re
import string
from dataclasses import dataclass
from functools import lru_cache

from dsr.core.errors import PolicyError
from dsr.engine.detect.checks import CHECKS, Check
from dsr.engine.detect.datafile import Table, any_of, items

LEFT, RIGHT = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """One form of one kind. `gate`: characters of which one must occur. `near` is None where the form says it
    alone. Patterns are made once and told apart by being another object.
    """

    kind: str
    form: str
    left: str
    right: str
    whole: re.Pattern[str]
    inside: re.Pattern[str] | None  # None where it only fits whole values
    gate: str
    check: Check | None
    chance: float
    near: re.Pattern[str] | None
    beside: tuple[str, ...]  # parts of these words, of which one is in every text that has one of the words
    row: re.Pattern[str]  # the form as a whole line among others

    def passes(self, text: str) -> bool:
        """Whether the whole folded value is one."""
        return self.whole.fullmatch(text) is not None and (self.check is None or self.check(text))


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    """Every pattern, in the order of the file."""
    return tuple(_pattern(one) for one in items("patterns"))


def _pattern(table: Table) -> Pattern:
    form = table.text("form")
    left, right = table.text("left", LEFT), table.text("right", RIGHT)
    check = table.text("check")
    if check and check not in CHECKS:
        raise PolicyError(f"{table.name}: there is no check {check!r}. Correct the file.")
    try:
        whole = re.compile(form)
        inside = re.compile(f"{left}(?:{form}){right}") if table.text("text") != "false" else None
    except re.error as error:
        raise PolicyError(f"{table.name}: `form` is not a pattern ({error.msg}). Correct the file.") from error
    near = table.words("near") if "near" in table.found else ()
    return Pattern(
        kind=table.text("kind"),
        form=form,
        left=left,
        right=right,
        whole=whole,
        inside=inside,
        gate=table.text("gate", string.digits),
        check=CHECKS[check] if check else None,
        chance=float(table.text("chance", "0.001")),
        near=any_of(near) if near else None,
        beside=tuple(max(word.lower().split(), key=len) for word in near),
        row=re.compile(f"^(?:{form})$", re.MULTILINE),
    )
