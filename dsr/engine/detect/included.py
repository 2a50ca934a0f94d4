"""Links that no foreign key declares: a column whose values are keys of people, as the store itself answers.

Values are asked about and forgotten. Whole numbers prove little, for most keys are 1, 2, 3 …: there the name has to
agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsr.core.model import FieldType, Path, coerce
from dsr.core.policy import Place
from dsr.core.select import OneOf, Selection
from dsr.core.store import Store
from dsr.engine.detect import names

_ASKED = 200  # different values of one column
_FEWEST = 8
_SHARE = 0.98
_TELLING = 8  # characters of a key that two tables do not share by accident
_TYPES = (FieldType.INTEGER, FieldType.TEXT, FieldType.UUID, FieldType.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Keys:
    """The field whose values are the keys of people."""

    place: Place
    field: str
    type: FieldType

    def __str__(self) -> str:
        return f"{self.place}.{self.field}"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """So many of so many different values are keys of people."""

    keys: Keys
    count: int
    of: int


class Inclusions:
    """Asks the stores of these keys."""

    def __init__(self, stores: Mapping[str, Store], keys: Sequence[Keys]) -> None:
        self._stores, self._keys = stores, tuple(keys)

    def of(self, place: Place, path: Path, kind: FieldType, texts: Sequence[str | None]) -> Inclusion | None:
        """The people to whom nearly all values of a column lead, if any."""
        if kind not in _TYPES:
            return None
        values = tuple(dict.fromkeys(text for text in texts if text))[:_ASKED]
        if len(values) < _FEWEST:
            return None
        for keys in self._keys:
            if (keys.place, keys.field) != (place, path[0]) and _may(keys, path[-1], values):
                found = self._count(keys, values)
                if found >= _SHARE * len(values):
                    return Inclusion(keys, found, len(values))
        return None

    def _count(self, keys: Keys, values: tuple[str, ...]) -> int:
        made = [one for value in values if (one := coerce(value, keys.type)) is not None]
        if len(made) < _SHARE * len(values):
            return 0
        where = OneOf(((keys.field,),), frozenset((one,) for one in made))
        return self._stores[keys.place.store].count(Selection(keys.place.collection, where))


def _may(keys: Keys, name: str, values: tuple[str, ...]) -> bool:
    """Whether the values would tell by themselves, or the name speaks of people or of the table that it leads to."""
    if keys.type is not FieldType.INTEGER and all(len(one) >= _TELLING and not one.isdigit() for one in values):
        return True
    said = {*names.words(name)}
    table = {*names.words(keys.place.collection.rpartition(".")[2])}
    return bool(said & (names.lexicon().people | table | {one.removesuffix("s") for one in table} | {"uid", "by"}))
