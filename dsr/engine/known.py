"""What the company's own tables know of candidates that a text holds: keys given out, and identifiers of people."""

from dsr.core.errors import DsrError
from dsr.core.matching import Match
from dsr.core.model import FieldType, canon
from dsr.core.policy import FieldRef
from dsr.core.select import OneOf, Selection
from dsr.engine.estate import Estate

_REMEMBERED = 200_000
_AT_ONCE = 5_000


class KnownValues:
    """Asks the stores, a set at a time, and remembers answers. A store that does not answer raises its error."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._keys = estate.policy.known_keys
        self._names = tuple(
            ref
            for one in estate.policy.identifiers
            if one.match is Match.EXACT and one.source is None
            for ref in one.refs
            if ref.place in estate.live and estate.type_of(ref.place, ref.path) is FieldType.TEXT
        )
        self._answers: dict[tuple[FieldRef, str], bool] = {}

    def keys(self, forms: frozenset[str]) -> frozenset[str]:
        """Those of the hashes and first characters that are of a key given out."""
        return self._among(self._keys, forms)

    def names(self, names: frozenset[str]) -> frozenset[str]:
        """Those of the names that are somebody's identifier."""
        return self._among(self._names, names)

    def _among(self, refs: tuple[FieldRef, ...], values: frozenset[str]) -> frozenset[str]:
        return frozenset().union(*(self._in(ref, values) for ref in refs))

    def _in(self, ref: FieldRef, values: frozenset[str]) -> frozenset[str]:
        if len(self._answers) > _REMEMBERED:
            self._answers.clear()
        new = sorted(value for value in values if (ref, value) not in self._answers)
        for start in range(0, len(new), _AT_ONCE):
            asked = new[start : start + _AT_ONCE]
            found = self._ask(ref, asked)
            self._answers.update(((ref, value), value in found) for value in asked)
        return frozenset(value for value in values if self._answers[ref, value])

    def _ask(self, ref: FieldRef, values: list[str]) -> set[str | None]:
        if ref.place not in self._estate.live:
            raise DsrError(f"{ref} is not there, so nobody can say which keys were given out.")
        where = OneOf((ref.path,), frozenset((value,) for value in values))
        store = self._estate.stores[ref.place.store]
        return {canon(one.at(ref.path)) for one in store.read(Selection(ref.place.collection, where), (ref.path,))}
