"""A Redis database as a store: what stands before the first ":" of a key is the collection, the rest is `key`.

Keys without a separator are the collection ".". A collection without keys is empty, not unknown. A pass over a
collection is one SCAN, which gives every key that is there all the while at least once; what it gives twice is counted
once (`Seen`). Keys whose names the predicate knows are looked up without a pass.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from dsr.core.clock import Clock
from dsr.core.errors import GuardError, TransientError, UnsupportedError
from dsr.core.fence import Effect
from dsr.core.model import Collection, Field, FieldType, Path, Record
from dsr.core.policy import StoreConfig
from dsr.core.select import Change, Not, Predicate, Rewritten, Selection, both
from dsr.core.store import Span, Traits, Unit
from dsr.stores.filters import Test, compiled, resolved
from dsr.stores.redis.edits import edits
from dsr.stores.redis.names import Names, Reach, Within, pattern, reach, text_of
from dsr.stores.redis.needs import heads
from dsr.stores.redis.seen import Seen
from dsr.stores.redis.server import Command, Server
from dsr.stores.redis.values import Entry, looked_up

_BATCH = 1000
_PIECE = 500
_UNIT_SIZE = 16 << 20  # bytes of values in one unit, unless a single one is larger
_MOST_COLLECTIONS = 10_000
_TRIES = 100
_FIELDS = (
    Field("key", FieldType.TEXT, nullable=False),
    Field("value", FieldType.UNKNOWN, nullable=False),
    Field("type", FieldType.TEXT, nullable=False, generated=True),
    Field("expires", FieldType.INSTANT, generated=True),
)
_ALL = frozenset(field.name for field in _FIELDS)
_RESIDUE = (
    "append-only files and snapshots keep what was deleted until the server writes them anew, replicas until they "
    "follow, backups until they expire"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A selection made ready for one pass. `needs` are the fields that its test looks at."""

    collection: str
    prefix: bytes
    reach: Reach
    test: Test
    needs: frozenset[str]


class RedisStore:
    """`url` is redis://, rediss:// or unix://, as redis-py reads them. It is opened by the first call.

    Options: username, password, separator.
    """

    def __init__(self, config: StoreConfig) -> None:
        self.name = config.name
        self.traits = Traits(effect=Effect.CONDITIONAL, residue=_RESIDUE)
        separator = dict(config.options).get("separator", ":")
        if not separator:
            raise UnsupportedError(
                f"{config.at}: store {config.name!r} has an empty `separator`. Leave it out for ':', or name the text "
                "that ends the first part of a key."
            )
        self._names = Names(separator)
        self._server = Server(config)
        self._unclear: dict[str, dict[str, int]] = {}

    def collections(self) -> Iterable[Collection]:
        """One for each first part of a key."""
        found: set[str] = set()
        for keys in self._scanned(b""):
            found.update(map(self._names.collection, keys))
            if len(found) > _MOST_COLLECTIONS:
                raise UnsupportedError(
                    f"Store {self.name!r}: keys begin with more than {_MOST_COLLECTIONS} different first parts, so "
                    "these name no collections. Set the option `separator` to the text that ends their common part."
                )
        for name in sorted(found):
            yield Collection(name, _FIELDS, key=("key",), indexes=(("key",),))

    def count(self, selection: Selection) -> int:
        """How many keys are selected."""
        return sum(1 for _ in self._selected(selection, frozenset()))

    def span(self, selection: Selection, field: Path, clock: Clock) -> Span:
        """`count`, with the range of the dates at `field`."""
        count, dated, first, last = 0, 0, None, None
        for record in self._selected(selection, frozenset({field[0]})):
            count += 1
            if (date := clock.read(record.at(field))) is not None:
                dated += 1
                first = date if first is None else min(first, date)
                last = date if last is None else max(last, date)
        return Span(count, dated, first, last)

    def read(self, selection: Selection, fields: tuple[Path, ...] | None = None) -> Iterator[Record]:
        """The selected keys with their values."""
        wanted = _ALL if fields is None else frozenset(path[0] for path in fields)
        for record in self._selected(selection, wanted):
            yield Record(record.collection, {k: v for k, v in record.values.items() if k in wanted})

    def delete(self, selection: Selection, ceiling: int) -> Iterator[Unit]:
        """Unlink the selected keys, up to 1,000 in one transaction that a change of any of them stops."""
        return self._acted(selection, None, ceiling)

    def rewrite(self, selection: Selection, changes: tuple[Change, ...], ceiling: int) -> Iterator[Unit]:
        """Change what lies below `value` in strings that hold JSON and in hashes, or a string as a whole."""
        pending = Selection(selection.collection, both(selection.where, Not(Rewritten(changes))))
        return self._acted(pending, changes, ceiling)

    def records(self, selection: Selection) -> Iterator[Record]:
        """The selected records, as links inside the store need them."""
        return self._selected(selection, _ALL)

    def key_of(self, collection: str) -> tuple[str, ...]:
        """Every collection has the same key."""
        return ("key",)

    def problems(self) -> tuple[str, ...]:
        """Which values the last pass over each collection could not look into."""
        return tuple(
            f"{self.name}.{collection}: {count} {what}; nothing inside them was looked at."
            for collection, found in sorted(self._unclear.items())
            for what, count in sorted(found.items())
        )

    def close(self) -> None:
        """Close the connection."""
        self._server.close()

    def _wish(self, selection: Selection) -> Wish | None:
        """None when no key can belong to the collection."""
        prefix = self._names.prefix(selection.collection)
        if prefix is None:
            return None
        where: Predicate = resolved(selection.where, self)
        return Wish(selection.collection, prefix, reach(where, prefix), compiled(where, self), heads(where))

    def _selected(self, selection: Selection, fields: frozenset[str]) -> Iterator[Record]:
        wish = self._wish(selection)
        self._unclear.pop(selection.collection, None)
        if wish is None:
            return
        needs = wish.needs | fields
        seen = Seen(self.name)
        try:
            for keys, scanned in self._candidates(wish):
                if scanned and needs <= {"key"}:
                    entries: Iterable[Entry] = (Entry(key, "", None) for key in keys)
                else:
                    entries = looked_up(self._server, keys, values="value" in needs)
                for entry in entries:
                    record = self._record(wish, entry, needs)
                    if wish.test(record) and (not scanned or seen.is_new(entry.key)):
                        yield record
        finally:
            seen.close()

    def _acted(self, selection: Selection, changes: tuple[Change, ...] | None, ceiling: int) -> Iterator[Unit]:
        """In units. One that others disturb is halved and tried again; `changes` None means delete."""
        wish = self._wish(selection)
        if wish is None:
            return
        done = 0
        for batch in self._batches(wish):
            waiting, tries = [batch], 0
            while waiting:
                keys = waiting.pop()
                count = self._unit(wish, keys, changes, ceiling, done)
                if count is None:
                    half = len(keys) // 2
                    waiting += [keys[half:], keys[:half]] if half else [keys]
                    tries += not half
                elif count:
                    done += count
                    yield Unit(count)
                if tries > _TRIES:
                    raise TransientError(
                        f"{self.name}.{selection.collection}: a key keeps changing while it is worked on and is as it "
                        f"was; {done} others were done. Run the command again at a quieter time."
                    )

    def _unit(
        self, wish: Wish, keys: list[bytes], changes: tuple[Change, ...] | None, ceiling: int, done: int
    ) -> int | None:
        """Look again at what is now watched, then act; None when something was changed in between."""
        where = f"{self.name}.{wish.collection}"
        gone: list[bytes] = []  # both are bounded by the unit
        orders: list[Command] = []
        self._server.watch(keys)
        try:
            for entry in looked_up(self._server, keys, values="value" in wish.needs):
                if wish.test(self._record(wish, entry)):
                    gone.append(entry.key)
                    if changes is not None:
                        orders += edits(where, entry, self._key(entry.key, wish.collection), changes)
            if done + len(gone) > ceiling:
                raise GuardError(
                    f"{where}: more keys are selected than the limit of {ceiling}; "
                    f"{done} were changed before. Look at the plan again, then raise the limit or make a new plan."
                )
            if not gone:
                return 0
            answers = self._server.commit([("UNLINK", *gone)] if changes is None else orders)
        finally:
            self._server.release()
        if answers is None:
            return None
        return int(answers[0]) if changes is None else len(gone)

    def _batches(self, wish: Wish) -> Iterator[list[bytes]]:
        """Selected keys, each once in a batch; a key that was dealt with and comes again is looked at again."""
        held: dict[bytes, None] = {}
        size = 0
        for keys, _ in self._candidates(wish):
            for entry in looked_up(self._server, keys, values="value" in wish.needs):
                if wish.test(self._record(wish, entry)):
                    held[entry.key] = None
                    size += entry.size
                if len(held) >= _BATCH or size > _UNIT_SIZE:
                    yield list(held)
                    held, size = {}, 0
        if held:
            yield list(held)

    def _candidates(self, wish: Wish) -> Iterator[tuple[list[bytes], bool]]:
        """Keys that the predicate may select, in pieces, and whether they come from a scan."""
        if wish.reach.prefixes:
            within = Within(wish.reach.prefixes)
            for keys in self._scanned(within.common):
                kept = [key for key in keys if key in within and self._names.belongs(key, wish.prefix)]
                for at in range(0, len(kept), _PIECE):
                    yield kept[at : at + _PIECE], True
        names = iter(sorted(wish.reach.names))
        while piece := list(islice(names, _PIECE)):
            kept = [key for key in piece if self._names.belongs(key, wish.prefix)]
            if kept:
                yield kept, False

    def _scanned(self, prefix: bytes) -> Iterator[list[bytes]]:
        """Every key with the prefix, each once in a piece; pieces may repeat keys."""
        cursor: bytes | int = 0
        match: Command = ("MATCH", pattern(prefix)) if prefix else ()
        while True:
            ((cursor, keys),) = self._server.ask(("SCAN", cursor, *match, "COUNT", _BATCH))
            if keys:
                yield list(dict.fromkeys(keys))
            if int(cursor) == 0:
                return

    def _record(self, wish: Wish, entry: Entry, needs: frozenset[str] = frozenset()) -> Record:
        if "value" in needs and not entry.clear:
            what = (
                "strings that begin with { and are no JSON"
                if entry.type == "string"
                else f"values of type {entry.type}"
            )
            found = self._unclear.setdefault(wish.collection, {})
            found[what] = found.get(what, 0) + 1
        key = self._key(entry.key, wish.collection)
        return Record(wish.collection, {"key": key, "value": entry.value, "type": entry.type, "expires": entry.expires})

    def _key(self, raw: bytes, collection: str) -> str:
        prefix = self._names.prefix(collection) or b""
        return text_of(raw[len(prefix) :])
