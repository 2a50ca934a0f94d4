"""When the person's data was looked at: days and purposes from our own records, and no names of staff."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dsr.core.text import Text
from dsr.engine.package.folder import Folder
from dsr.engine.package.table import Sheet
from dsr.engine.package.terms import Terms, moment

_SHOWN = 20
_COLUMNS = ("at", "what", "what_en", "what_zh")


@dataclass(frozen=True, slots=True)
class Looked:
    """One look, in words."""

    at: Text
    what: Text


@dataclass(frozen=True, slots=True)
class History:
    """How often somebody looked, and the latest of it, newest first."""

    total: int = 0
    shown: tuple[Looked, ...] = ()
    sheet: Sheet | None = None


def history(folder: Folder, looks: Iterable[tuple[datetime, str]], terms: Terms, zone: str) -> History:
    """Write access.csv, where there is something to write, and keep the latest for the page."""
    sheet = Sheet(folder, "access.csv", _COLUMNS)
    total, latest = 0, deque[Looked](maxlen=_SHOWN)
    for at, act in looks:
        what = terms.word(f"looked_{act}")
        sheet.put(at, act, what.en, what.zh)
        latest.append(Looked(moment(at, zone), what))
        total += 1
    return History(total, tuple(reversed(latest)), sheet if total else None)
