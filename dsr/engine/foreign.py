"""Links across stores: keys are read from one store and travel to the other in chunks, each key once."""

from collections.abc import Iterator, Mapping
from itertools import islice

from dsr.core.model import Collection, Key, Path, canon
from dsr.core.policy import Place
from dsr.core.select import And, Linked, Not, OneOf, Or, Predicate, Selection, both
from dsr.core.store import Store
from dsr.engine.walking import crosses


class Foreign:
    """Turns links into other stores into `OneOf`, a bounded set of keys at a time where that is possible."""

    def __init__(self, stores: Mapping[str, Store], live: Mapping[Place, Collection]) -> None:
        self._stores, self._live = stores, live

    def expand(self, selection: Selection, store: str) -> Iterator[Selection]:
        """Selections without foreign links that together are the selection and do not overlap."""
        if not crosses(selection.where):
            yield selection
            return
        parts = selection.where.parts if isinstance(selection.where, And) else (selection.where,)
        links = [part for part in parts if isinstance(part, Linked) and part.store is not None]
        if not links:
            yield Selection(selection.collection, self._settled(selection.where))
            return
        chosen, rest = links[0], [self._settled(part) for part in parts if part is not links[0]]
        for keys in self._chunks(chosen, self._stores[store].traits.keys_at_once):
            yield Selection(selection.collection, both(OneOf(chosen.fields, keys), *rest))

    def _settled(self, where: Predicate) -> Predicate:
        """The predicate with every foreign link replaced by all its keys."""
        match where:
            case And(parts):
                return And(tuple(self._settled(part) for part in parts))
            case Or(parts):
                return Or(tuple(self._settled(part) for part in parts))
            case Not(part):
                return Not(self._settled(part))
            case Linked(fields, source, keys, store):
                if store is not None:
                    return OneOf(fields, frozenset(self._keys(store, source, keys)))
                inner = Selection(source.collection, self._settled(source.where))
                return Linked(fields, inner, keys)
            case _:
                return where

    def _chunks(self, link: Linked, size: int) -> Iterator[frozenset[Key]]:
        keys = self._keys(link.store or "", link.source, link.keys)
        while chunk := list(islice(keys, size)):
            yield frozenset(chunk)

    def _keys(self, store: str, source: Selection, fields: tuple[Path, ...]) -> Iterator[Key]:
        """The distinct keys. They are remembered only where the fields are not the collection's own key."""
        opened = self._stores[store]
        found = self._live.get(Place(store, source.collection))
        unique = found is not None and bool(found.key) and fields == tuple((name,) for name in found.key)
        seen: set[Key] = set()
        for part in self.expand(source, store):
            for record in opened.read(part, fields):
                key = tuple(canon(record.at(field)) for field in fields)
                if None in key or key in seen:
                    continue
                if not unique:
                    seen.add(key)
                yield key
