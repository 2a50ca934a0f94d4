"""Counts of parts, with the day until which retained ones are kept."""

from dataclasses import dataclass
from datetime import datetime

from dsr.core.plan import Disposition
from dsr.core.select import Selection, is_nothing
from dsr.engine.estate import Estate
from dsr.engine.foreign import Foreign
from dsr.engine.parts import Part


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records, and the last moment until which any of them is kept (None: not by a period)."""

    count: int
    until: datetime | None = None


class Counter:
    """Counts against the live stores."""

    def __init__(self, estate: Estate) -> None:
        self._estate, self._zone = estate, estate.policy.controller.timezone
        self._foreign = Foreign(estate.stores, estate.live)

    def count(self, part: Part) -> Counted:
        """One pass for the part."""
        if is_nothing(part.where):
            return Counted(0)
        dated = part.disposition in (Disposition.RETAIN, Disposition.REWRITE) and part.period is not None
        if not dated or part.start is None:
            return Counted(self.plain(part.place.store, part.selection))
        total, last = 0, None
        store = self._estate.stores[part.place.store]
        for piece in self._foreign.expand(part.selection, part.place.store):
            span = store.span(piece, part.start.path, part.start.clock)
            total += span.count
            if span.last is not None and (last is None or span.last > last):
                last = span.last
        until = part.period.until(last, self._zone) if part.period is not None and last is not None else None
        return Counted(total, until)

    def plain(self, store: str, selection: Selection) -> int:
        """How many records are selected."""
        opened = self._estate.stores[store]
        return sum(opened.count(piece) for piece in self._foreign.expand(selection, store))
