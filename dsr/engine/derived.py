"""Values that are made from other identifiers' values, and how to tell whose they are when several people share one."""

from collections import defaultdict
from collections.abc import Iterable

from dsr.core.matching import derived
from dsr.core.model import canon
from dsr.core.policy import Identifier
from dsr.core.select import IsNull, Selection, negate
from dsr.engine.estate import Estate

Value = tuple[str, str]
"""Identifier and folded value."""


class Derived:
    """The derived values of a batch of people. What another person's value gives too is nobody's: it is not followed.

    For transformations that may make two values one, all values that the stores hold are read once, as a stream.
    """

    def __init__(self, estate: Estate, everybody: Iterable[set[Value]]) -> None:
        self._estate = estate
        self._declared = [one for one in estate.policy.identifiers if one.source is not None]
        wanted = {made for values in everybody for one in self._declared for _, made in self._made(one, values)}
        self._sources: dict[Value, set[str]] = defaultdict(set)
        for one in self._declared:
            if wanted and not all(step.keeps_apart for step in one.derive):
                self._look(one, wanted)

    def of(self, values: set[Value]) -> tuple[set[Value], set[Value]]:
        """What one person's values give: the derived values that are theirs alone, and the shared ones."""
        mine: set[Value] = set()
        shared: set[Value] = set()
        for one in self._declared:
            own = {text for name, text in values if name == one.source}
            for _, made in self._made(one, values):
                (shared if self._sources[made] - own else mine).add(made)
        return mine, shared

    def _made(self, one: Identifier, values: set[Value]) -> Iterable[tuple[str, Value]]:
        for name, text in values:
            made = one.match.fold(derived(text, one.derive)) if name == one.source else ""
            if made:
                yield text, (one.name, made)

    def _look(self, one: Identifier, wanted: set[Value]) -> None:
        source = next(base for base in self._estate.policy.identifiers if base.name == one.source)
        for ref in (ref for ref in source.refs if ref.place in self._estate.live):
            filled = Selection(ref.place.collection, negate(IsNull(ref.path)))
            for record in self._estate.stores[ref.place.store].read(filled, (ref.path,)):
                text = source.match.fold(canon(record.at(ref.path)) or "")
                made = (one.name, one.match.fold(derived(text, one.derive)))
                if text and made in wanted:
                    self._sources[made].add(text)
