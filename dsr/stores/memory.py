"""A store in memory: it follows `matches` record by record, and is what other stores are held against."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from decimal import Decimal

from dsr.core.clock import Clock
from dsr.core.errors import GuardError, UnsupportedError
from dsr.core.model import Collection, OnDelete, Path, Record, canon
from dsr.core.policy import StoreConfig
from dsr.core.select import Change, Not, Rewritten, Selection, both, matches, mentions
from dsr.core.store import Span, Traits, Unit
from dsr.core.totals import Mark, Tally, Total, additions, enough


class MemoryStore:
    """Records in lists. The option `references: enforce` makes foreign keys behave as in a database; `unit` is the
    size of a unit of work.
    """

    def __init__(self, config: StoreConfig) -> None:
        options = dict(config.options)
        self.name = config.name
        self.traits = Traits()
        self._unit = int(options.get("unit", "1000"))
        self._enforce = options.get("references") == "enforce"
        self._collections: dict[str, Collection] = {}
        self._records: dict[str, list[Record]] = {}
        self._marks: dict[str, Mark] = {}

    def put(self, collection: Collection, records: Iterable[Mapping[str, object]] = ()) -> None:
        """Add a collection, or more records to one that is there."""
        self._collections[collection.name] = collection
        kept = self._records.setdefault(collection.name, [])
        kept.extend(Record(collection.name, dict(values)) for values in records)

    def collections(self) -> Iterable[Collection]:
        """Everything that was put here."""
        return tuple(self._collections.values())

    def count(self, selection: Selection) -> int:
        """How many records are selected."""
        return len(self._places(selection))

    def span(self, selection: Selection, field: Path, clock: Clock) -> Span:
        """`count`, with the range of the dates at `field`."""
        found = self._selected(selection)
        dates = [date for record in found if (date := clock.read(record.at(field))) is not None]
        return Span(len(found), len(dates), min(dates, default=None), max(dates, default=None))

    def read(self, selection: Selection, fields: tuple[Path, ...] | None = None) -> Iterator[Record]:
        """The selected records, copied."""
        heads = None if fields is None else {path[0] for path in fields}
        for record in self._selected(selection):
            values = {k: v for k, v in record.values.items() if heads is None or k in heads}
            yield Record(record.collection, deepcopy(values))

    def delete(self, selection: Selection, ceiling: int) -> Iterator[Unit]:
        """Delete the selected records, one unit for each draw."""
        for places in self._units(selection, ceiling):
            self._remove(selection.collection, set(places))
            yield Unit(len(places))

    def rewrite(self, selection: Selection, changes: tuple[Change, ...], ceiling: int) -> Iterator[Unit]:
        """Make the changes in the selected records that do not have them yet."""
        pending = Selection(selection.collection, both(selection.where, Not(Rewritten(changes))))
        records = self._of(selection.collection)
        for places in self._units(pending, ceiling):
            for place in places:
                records[place] = self._changed(records[place], changes)
            yield Unit(len(places))

    def aggregate(self, selection: Selection, tally: Tally, ceiling: int) -> Iterator[Unit]:
        """Add up and delete, in one unit."""
        places = self._places(selection)
        self._within(selection.collection, len(places), ceiling, 0)
        groups: dict[tuple[str | None, ...], list[Record]] = {}
        for record in self._selected(selection):
            groups.setdefault(tuple(canon(record.at(column.source)) for column in tally.groups), []).append(record)
        for records in groups.values():
            if enough(_people(records, tally), tally.k):
                named = tuple((column.into, records[0].at(column.source)) for column in tally.groups)
                sums = tuple(sum(_number(r.at(column.source)) for r in records) for column in tally.sums)
                self._add(tally.into, Total((*tally.fixed, *named), additions(tally, len(records), sums)))
        self._remove(selection.collection, set(places))
        if places:
            yield Unit(len(places))

    def marked(self, source: str) -> Mark | None:
        """The mark of a source."""
        return self._marks.get(source)

    def add(self, into: str, totals: Iterable[Total], mark: Mark) -> None:
        """Add and mark."""
        for total in totals:
            self._add(into, total)
        self._marks[mark.source] = mark

    def unmark(self, source: str) -> None:
        """Forget the mark."""
        self._marks.pop(source, None)

    def close(self) -> None:
        """Nothing to give back."""

    def _add(self, into: str, total: Total) -> None:
        records = self._of(into)
        key = {name: canon(value) for name, value in total.key}
        for place, record in enumerate(records):
            if all(canon(record.values.get(name)) == value for name, value in key.items()):
                grown = {name: _number(record.values.get(name)) + value for name, value in total.added}
                records[place] = Record(into, {**record.values, **grown})
                return
        empty = dict.fromkeys(field.name for field in self._collections[into].fields)
        records.append(Record(into, {**empty, **dict(total.key), **dict(total.added)}))

    def _within(self, collection: str, count: int, ceiling: int, done: int) -> None:
        if done + count > ceiling:
            raise GuardError(
                f"{self.name}.{collection}: more records are selected than the limit of {ceiling}; "
                f"{done} were changed before. Look at the plan again, then raise the limit or make a new plan."
            )

    def _of(self, collection: str) -> list[Record]:
        if collection not in self._records:
            raise UnsupportedError(
                f"Store {self.name!r} has no collection {collection!r}. Run `dsr discover` to see what it holds."
            )
        return self._records[collection]

    def _places(self, selection: Selection) -> list[int]:
        lookup = _Lookup(self)
        records = self._of(selection.collection)
        return [place for place, record in enumerate(records) if matches(selection.where, record, lookup)]

    def _selected(self, selection: Selection) -> list[Record]:
        records = self._of(selection.collection)
        return [records[place] for place in self._places(selection)]

    def _units(self, selection: Selection, ceiling: int) -> Iterator[list[int]]:
        """The places of each unit. A selection that looks into its own collection is one unit: after a part of it,
        it would no longer select the same records.
        """
        whole = mentions(selection.where, selection.collection) or (self._enforce and self._is_own_parent(selection))
        done = 0
        while places := self._places(selection):
            places = places if whole else places[: self._unit]
            self._within(selection.collection, len(places), ceiling, done)
            yield places
            done += len(places)
            if whole:
                return

    def _is_own_parent(self, selection: Selection) -> bool:
        name = selection.collection
        return any(reference.collection == name for reference in self._collections[name].references)

    def _remove(self, collection: str, places: set[int]) -> None:
        before = {name: list(records) for name, records in self._records.items()}
        try:
            self._take(collection, places)
        except UnsupportedError:
            for name, records in before.items():
                self._records[name][:] = records
            raise

    def _take(self, collection: str, places: set[int]) -> None:
        records = self._records[collection]
        gone = [record for place, record in enumerate(records) if place in places]
        records[:] = [record for place, record in enumerate(records) if place not in places]
        if self._enforce:
            self._follow(collection, gone)

    def _follow(self, collection: str, gone: list[Record]) -> None:
        """What foreign keys do when the records they refer to go."""
        for child in self._collections.values():
            for reference in (r for r in child.references if r.collection == collection):
                keys = {tuple(record.values.get(name) for name in reference.keys) for record in gone}
                left = self._records[child.name]
                hit = {n for n, r in enumerate(left) if _refers(r, reference.fields, keys)}
                if not hit:
                    continue
                if reference.on_delete is OnDelete.CASCADE:
                    self._take(child.name, hit)
                elif reference.on_delete is OnDelete.EMPTY:
                    for n in hit:
                        left[n] = Record(child.name, {**left[n].values, **dict.fromkeys(reference.fields)})
                else:
                    raise UnsupportedError(
                        f"{self.name}.{collection}: records of {child.name!r} still refer to it "
                        f"({', '.join(reference.fields)}). Delete or detach those first."
                    )

    def _changed(self, record: Record, changes: tuple[Change, ...]) -> Record:
        key = tuple(record.values.get(name) for name in self._collections[record.collection].key)
        values = deepcopy(dict(record.values))
        for change in changes:
            _place(values, change.field, change.target(record.at(change.field), key))
        return Record(record.collection, values)


class _Lookup:
    """The records of a store as `matches` asks for them, each selection evaluated once."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._known: dict[int, tuple[Selection, list[Record]]] = {}

    def records(self, selection: Selection) -> Iterable[Record]:
        """All records of the selection."""
        known = self._known.get(id(selection))
        if known is None:
            everything = self._store._of(selection.collection)
            known = (selection, [r for r in everything if matches(selection.where, r, self)])
            self._known[id(selection)] = known
        return known[1]

    def key_of(self, collection: str) -> tuple[str, ...]:
        """The key fields of a collection."""
        return self._store._collections[collection].key


def _people(records: list[Record], tally: Tally) -> int:
    who = tally.who
    if who is None:
        return 0
    named = {canon(record.at(who.field)) for record in records}
    return len({who.match.fold(text) for text in named if text is not None and text not in who.nobody})


def _number(value: object) -> int | Decimal:
    if isinstance(value, float):
        return Decimal(str(value))
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else 0


def _refers(record: Record, fields: tuple[str, ...], keys: set[tuple[object, ...]]) -> bool:
    mine = tuple(record.values.get(name) for name in fields)
    return None not in mine and mine in keys


def _place(values: dict[str, object], path: Path, target: object) -> None:
    """Set or remove the value at a path; missing objects on the way are made, only where there is a value to set."""
    if len(path) == 1:
        values[path[0]] = target
        return
    inner: dict[str, object] = values
    for part in path[:-1]:
        below = inner.get(part)
        if not isinstance(below, dict):
            if target is None:
                return
            below = inner[part] = {}
        inner = below
    if target is None:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = target
