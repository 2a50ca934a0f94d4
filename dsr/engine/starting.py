"""When a period begins, as predicates: before a cut-off, dated at all, in the future."""

from datetime import datetime

from dsr.core.policy import Entry, Start, StartField
from dsr.core.select import NOTHING, Before, Dated, Linked, Predicate, Selection, both, either, negate, one_of
from dsr.engine.estate import Estate


def local(entry: Entry) -> StartField | None:
    """The one field in the record itself that holds the start, if it is as simple as that."""
    if entry.start is None or len(entry.start.parts) != 1 or entry.start.parts[0].source is not None:
        return None
    return entry.start.parts[0]


class Starting:
    """The start predicates of one entry. An entry without a start is dated nowhere."""

    def __init__(self, estate: Estate, entry: Entry) -> None:
        self._estate, self._entry = estate, entry
        self._start: Start | None = entry.start

    def before(self, instant: datetime) -> Predicate:
        """The start lies before the instant. Undated records do not."""
        if self._start is None:
            return NOTHING
        parts = self._start.parts
        if len(parts) == 1:
            return self._before(parts[0], instant)
        if not self._start.latest:
            return either(*(self._before(part, instant) for part in parts))
        late = [both(self._dated(part), negate(self._before(part, instant))) for part in parts]
        return both(self.dated(), *(negate(one) for one in late))

    def dated(self) -> Predicate:
        """Some start date is known, and, where the latest counts, none of the dates is a mark for "never"."""
        if self._start is None:
            return NOTHING
        some = either(*(self._dated(part) for part in self._start.parts))
        return both(some, negate(self.never())) if self._start.latest and len(self._start.parts) > 1 else some

    def never(self) -> Predicate:
        """The stored value says that the period does not end."""
        if self._start is None:
            return NOTHING
        return either(*(self._never(part) for part in self._start.parts))

    def implausible(self) -> Predicate:
        """The start lies before any that the policy believes."""
        known = [part.plausible for part in (self._start.parts if self._start else ()) if part.plausible is not None]
        return self.before(max(known)) if known else NOTHING

    def _before(self, part: StartField, instant: datetime) -> Predicate:
        inner = Before(part.path, instant, part.clock)
        if part.source is None:
            return inner
        late = both(Dated(part.path, part.clock), negate(inner))  # several linked dates: the latest counts
        return both(self._linked(part, inner), negate(self._linked(part, late)), negate(self._never(part)))

    def _dated(self, part: StartField) -> Predicate:
        inner = Dated(part.path, part.clock)
        return inner if part.source is None else both(self._linked(part, inner), negate(self._never(part)))

    def _never(self, part: StartField) -> Predicate:
        inner = one_of(part.path, part.clock.never)
        return inner if part.source is None else self._linked(part, inner)

    def _linked(self, part: StartField, where: Predicate) -> Predicate:
        source = part.source
        if source is None or source not in self._estate.live:
            return NOTHING
        keys = part.keys or tuple((name,) for name in self._estate.collection(source).key)
        store = None if source.store == self._entry.place.store else source.store
        return Linked(part.fields, Selection(source.collection, where), keys, store)
