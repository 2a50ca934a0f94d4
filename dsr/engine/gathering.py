"""All records of a batch of people, one after the other, and whose each is: found by links, told apart by them again.

The first pass is a selection that the store evaluates (`reach`); the second reads each record's own links backwards
(`attribution`). A record on which the two disagree belongs to nobody who asked, and stops the work.
"""

from collections.abc import Iterable, Iterator, Set

from dsr.core.errors import ForeignRecordError
from dsr.core.model import Record
from dsr.core.policy import Entry, Place
from dsr.core.select import Selection, is_nothing
from dsr.core.subject import Subject
from dsr.engine.attribution import Attribution, Tokens
from dsr.engine.estate import Estate
from dsr.engine.foreign import Foreign
from dsr.engine.ordering import order
from dsr.engine.reach import Persons, Reach


class Gathering:
    """Reads the estate for some people. Entries are asked for in the order of `places`, parents first."""

    def __init__(self, estate: Estate, subjects: Iterable[Subject]) -> None:
        people = tuple(subjects)
        self._estate = estate
        self._reach = Reach(estate, Persons(people))
        self._whose = Attribution(estate, people)

    def of(self, entry: Entry) -> Iterator[tuple[Record, Tokens]]:
        """The entry's records with the tokens of those whose they are."""
        where = self._reach.mine(entry)
        if is_nothing(where):
            return
        store = self._estate.stores[entry.place.store]
        chosen = Selection(entry.place.collection, where)
        for piece in Foreign(self._estate.stores, self._estate.live).expand(chosen, entry.place.store):
            for record in store.read(piece):
                yield record, self._whose.whose(entry, record)

    def settle(self, unread: Set[Place] = frozenset()) -> None:
        """Raise ForeignRecordError when a record was selected that is nobody's; `unread` could not be read whole."""
        foreign = self._whose.foreign(unread)
        if foreign:
            raise ForeignRecordError(foreign)


def places(estate: Estate) -> tuple[Place, ...]:
    """All collections, parents first as far as there are no circles."""
    return tuple(reversed(order(estate)))
