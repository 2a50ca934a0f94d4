"""Upper bounds on what is past its limit, cheap enough for every collection: one comparison with the start field."""

from collections.abc import Iterable
from datetime import datetime

from dsr.core.plan import Disposition, Why
from dsr.core.policy import Entry
from dsr.core.select import (
    NOTHING,
    Everything,
    Linked,
    Predicate,
    Rewritten,
    Selection,
    both,
    either,
    is_nothing,
    negate,
)
from dsr.engine.counting import Counter
from dsr.engine.estate import Estate
from dsr.engine.parts import Part
from dsr.engine.starting import Starting


class Bounds:
    """Whether anything at all may be past its limit at a date."""

    def __init__(self, estate: Estate, as_of: datetime) -> None:
        self._estate, self._as_of, self._counter = estate, as_of, Counter(estate)

    def count(self, entry: Entry, parts: Iterable[Part] = ()) -> int:
        """How many records of the entry have a start before the limit, without the empty shells that `parts` know."""
        where = both(self.before(entry), *(negate(Rewritten(part.changes)) for part in parts if shell(part)))
        if is_nothing(where):
            return 0
        return self._counter.plain(entry.place.store, Selection(entry.place.collection, where))

    def reached(self, parts: list[Part]) -> bool:
        """Whether some of the parts, all of one entry, may hold a record."""
        entry = parts[0].entry
        if entry is None or any(part.reasons[0].why is Why.FIELD_RULE for part in parts):
            return True  # fields end with another rule, by another record's date
        return self.count(entry, parts) > 0

    def before(self, entry: Entry, seen: tuple[Entry, ...] = ()) -> Predicate:
        """Records whose period would be over if nothing kept them; a part's is over with its parent's."""
        if entry in seen:
            return NOTHING
        if entry.part_of is not None:
            return self._parted(entry, seen)
        rule = self._estate.policy.rule(entry.rule)
        if rule.must_not_exist:
            return entry.where
        if rule.keep_at_most is None:
            return NOTHING
        cutoff = rule.keep_at_most.cutoff(self._as_of, self._estate.policy.controller.timezone)
        return both(entry.where, Starting(self._estate, entry).before(cutoff))

    def _parted(self, entry: Entry, seen: tuple[Entry, ...]) -> Predicate:
        via = entry.part_of
        if via is None or via.to not in self._estate.live:
            return NOTHING
        parents = (self.before(parent, (*seen, entry)) for parent in self._estate.policy.entries_of(via.to))
        keys = via.keys or tuple((name,) for name in self._estate.collection(via.to).key)
        store = None if via.to.store == entry.place.store else via.to.store
        return both(entry.where, Linked(via.fields, Selection(via.to.collection, either(*parents)), keys, store))


def shell(part: Part) -> bool:
    """A part that empties what other records still need; what has its changes already is an empty shell."""
    needed = part.reasons[0].why is Why.REFERENCED and part.disposition is Disposition.REWRITE
    return needed and bool(part.changes) and not isinstance(part.where, Everything)
