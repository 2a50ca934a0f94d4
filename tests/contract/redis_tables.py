"""Tables laid down in Redis, and the store seen as those tables: a field lies below `value`, a single key is `key`.

The Redis store has the same four fields everywhere; the contract speaks of tables. `AsTables` translates paths on the
way in and records on the way out, and leaves every decision to the store.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dsr.core.clock import Clock
from dsr.core.model import Collection, Field, FieldType, Path, Record, canon
from dsr.core.select import (
    And,
    Before,
    Change,
    Compare,
    Dated,
    IsNull,
    Linked,
    LinkedByMany,
    Not,
    OneOf,
    Or,
    Predicate,
    Rewritten,
    Selection,
    StartsWith,
)
from dsr.core.store import Span, Unit
from dsr.stores.redis.store import RedisStore

if TYPE_CHECKING:
    from kinds import Table


def lay_down(client: Any, tables: "Sequence[Table]", *, hashes: bool) -> None:
    """Strings of JSON or hashes, one for each record; absent values are absent fields."""
    client.flushall()
    pipe = client.pipeline(transaction=False)
    for table in tables:
        for number, record in enumerate(table.records):
            parts = [str(canon(record[name])) for name in table.collection.key] or [str(number)]
            key = f"{table.collection.name}:{':'.join(parts)}"
            single = table.collection.key if len(table.collection.key) == 1 else ()
            kept = {name: value for name, value in record.items() if value is not None and name not in single}
            if hashes:
                pipe.hset(key, mapping={name: str(canon(value)) for name, value in kept.items()} | {"-": "-"})
            else:
                pipe.set(key, json.dumps(kept, default=float))
    pipe.execute()


class AsTables:
    """The Redis store with the collections that were laid down."""

    def __init__(self, store: RedisStore, tables: "Sequence[Table]") -> None:
        self.name, self.traits = store.name, store.traits
        self._store = store
        self._tables = {table.collection.name: table.collection for table in tables}

    def collections(self) -> Iterable[Collection]:
        for table in self._tables.values():
            if len(table.key) == 1:
                yield table
            else:
                yield replace(table, fields=(*table.fields, Field("key", FieldType.TEXT)), key=("key",))

    def count(self, selection: Selection) -> int:
        return self._store.count(self._selection(selection))

    def span(self, selection: Selection, field: Path, clock: Clock) -> Span:
        return self._store.span(self._selection(selection), self._path(selection.collection, field), clock)

    def read(self, selection: Selection, fields: tuple[Path, ...] | None = None) -> Iterator[Record]:
        table = self._tables[selection.collection]
        heads = {path[0] for path in fields} if fields is not None else {field.name for field in table.fields} | {"key"}
        inner = None if fields is None else tuple(self._path(table.name, path) for path in fields)
        for record in self._store.read(self._selection(selection), inner):
            value = record.values.get("value", {})
            assert isinstance(value, dict)
            found = {field.name: value.get(field.name) for field in table.fields}
            found[table.key[0] if len(table.key) == 1 else "key"] = record.values.get("key")
            yield Record(table.name, {name: one for name, one in found.items() if name in heads})

    def delete(self, selection: Selection, ceiling: int) -> Iterator[Unit]:
        return self._store.delete(self._selection(selection), ceiling)

    def rewrite(self, selection: Selection, changes: tuple[Change, ...], ceiling: int) -> Iterator[Unit]:
        made = tuple(self._change(selection.collection, change) for change in changes)
        return self._store.rewrite(self._selection(selection), made, ceiling)

    def close(self) -> None:
        self._store.close()

    def _path(self, collection: str, path: Path) -> Path:
        return ("key",) if path == self._tables[collection].key else ("value", *path)

    def _change(self, collection: str, change: Change) -> Change:
        return replace(change, field=self._path(collection, change.field))

    def _selection(self, selection: Selection) -> Selection:
        return Selection(selection.collection, self._where(selection.collection, selection.where))

    def _where(self, name: str, where: Predicate) -> Predicate:
        match where:
            case And(parts):
                return And(tuple(self._where(name, part) for part in parts))
            case Or(parts):
                return Or(tuple(self._where(name, part) for part in parts))
            case Not(part):
                return Not(self._where(name, part))
            case OneOf(fields):
                return replace(where, fields=tuple(self._path(name, path) for path in fields))
            case StartsWith(field) | Before(field) | Dated(field) | Compare(field) | IsNull(field):
                return replace(where, field=self._path(name, field))
            case Rewritten(changes):
                return Rewritten(tuple(self._change(name, change) for change in changes))
            case Linked(fields, source, keys):
                return Linked(
                    tuple(self._path(name, path) for path in fields),
                    self._selection(source),
                    tuple(self._path(source.collection, path) for path in keys),
                )
            case LinkedByMany(fields, sources):
                links = tuple(
                    replace(
                        link,
                        source=self._selection(link.source),
                        keys=tuple(self._path(link.source.collection, path) for path in link.keys),
                        owner=self._path(link.source.collection, link.owner),
                    )
                    for link in sources
                )
                return LinkedByMany(tuple(self._path(name, path) for path in fields), links)
            case _:
                return where
