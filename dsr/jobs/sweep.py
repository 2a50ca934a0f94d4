"""The deep search: every record of every store, declared or not, looked through for a person's identifiers.

It finds; it deletes nothing. What lies inside the map is reached by keys and declared links, and only that is ever
deleted. What lies outside is an observation for a person to look at.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dsr.core.errors import DsrError, StoreUnreachableError
from dsr.core.model import Collection, Record, canon
from dsr.core.plan import Gap
from dsr.core.policy import Place
from dsr.core.select import OneOf, Predicate, Selection, both, either, is_nothing, matches
from dsr.core.store import Reports
from dsr.core.subject import Subject
from dsr.engine.counting import Counter as Counting
from dsr.engine.detect import names
from dsr.engine.detect.search import Hit, Search, Wanted
from dsr.engine.estate import Estate, StoreLookup
from dsr.engine.foreign import Foreign
from dsr.engine.reach import Persons, Reach

_CHUNK = 1_000
_IN_FIELD = {"ip": "ip", "name": "name", "username": "name", "person_id": "id"}


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a person's identifiers stand. `records` in all, `mapped` of them reached by keys and declared links.

    `edge`: "declared" when all are reached; "derived" where only hashes or encodings stand; "observed" otherwise.
    Neither of the last two is ever deleted on its own.
    """

    where: str
    identifier: str
    how: str
    level: str
    edge: str
    records: int
    mapped: int

    @property
    def outside(self) -> int:
        """Records that the map does not lead to."""
        return self.records - self.mapped


@dataclass(frozen=True, slots=True)
class Swept:
    """What the search found, and where it could not look."""

    traces: tuple[Trace, ...]
    records: int
    gaps: tuple[Gap, ...]

    @property
    def outside(self) -> int:
        """Records outside the map."""
        return sum(trace.outside for trace in self.traces)

    @property
    def blind(self) -> bool:
        """Whether something could not be searched."""
        return bool(self.gaps)


def wanted(estate: Estate, subject: Subject, given: Iterable[tuple[str, str]] = ()) -> tuple[Wanted, ...]:
    """The values to look for: all identifiers and account keys of the person, and what was typed."""
    known = {one.name for one in estate.policy.identifiers} | {one.kind for one in estate.policy.anchors}
    values = {
        (name, value) for name, held in (*subject.identifiers, *subject.anchors) for value in held if name in known
    }
    return tuple(Wanted(0, name, value) for name, value in sorted(values | set(given)) if value)


def sweep(estate: Estate, subject: Subject, values: tuple[Wanted, ...]) -> Swept:
    """Look through everything once."""
    search = Search(values)
    gaps = [gap for gap in estate.gaps if gap.kind == "unreachable"]
    traces: list[Trace] = []
    count = 0
    for place, collection in sorted(estate.live.items()):
        seen = _Seen(collection, _test(estate, subject, place))
        try:
            for record in estate.stores[place.store].read(Selection(place.collection)):
                count += 1
                seen.add(record, search)
            traces.extend(_traces(estate, subject, place, seen))
        except StoreUnreachableError as error:
            gaps.append(Gap("unreachable", str(place), str(error)))
        except DsrError as error:
            gaps.append(Gap("unreadable", str(place), str(error)))
    for name, store in estate.stores.items():
        if isinstance(store, Reports):
            gaps.extend(Gap("unreadable", name, text) for text in store.problems())
    return Swept(tuple(traces), count, tuple(gaps))


class _Seen:
    """The hits of one collection: how often by field and form, and the keys of the records that hold them."""

    def __init__(self, collection: Collection, reached: Callable[[Record], bool]) -> None:
        self.collection, self._reached = collection, reached
        self.mapped: Counter[tuple[str, str, str, str]] = Counter()
        self.counts: Counter[tuple[str, str, str, str]] = Counter()
        self.keys: dict[tuple[str, str, str, str], set[tuple[object, ...]]] = {}

    def add(self, record: Record, search: Search) -> None:
        """Look through one record."""
        found = {(field, hit.identifier, hit.how, hit.level) for field, hit in _hits(record.values, search)}
        for one in found:
            self.counts[one] += 1
            if self.collection.key:
                key = tuple(record.values.get(name) for name in self.collection.key)
                self.keys.setdefault(one, set()).add(key)
        if found and not self.collection.key and self._reached(record):
            self.mapped.update(found)


def _hits(values: Mapping[str, object], search: Search) -> Iterator[tuple[str, Hit]]:
    for name, text in _texts(values, ()):
        for hit in search.hits(text):
            yield name, hit
        hint = names.read(name.rpartition(".")[2], names.Surroundings(True, False, False))
        if hint.weight and hint.kind in _IN_FIELD:
            for hit in search.field(text):
                if _fits(hit.identifier, hint.kind):
                    yield name, hit


def _fits(identifier: str, kind: str) -> bool:
    """Whether a short value of the identifier is believed in a field of the kind."""
    named = names.read(identifier, names.Surroundings(True, False, False)).kind or "person_id"
    return _IN_FIELD.get(named, named) == _IN_FIELD[kind]


def _texts(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield ".".join(path), str(name)
            yield from _texts(inner, (*path, str(name))[:6])
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, path)
    elif isinstance(value, bytes | bytearray | memoryview):
        yield ".".join(path), bytes(value).decode("utf-8", "replace")
    elif (text := canon(value)) is not None:
        yield ".".join(path), text


def _traces(estate: Estate, subject: Subject, place: Place, seen: _Seen) -> Iterator[Trace]:
    for one, count in sorted(seen.counts.items()):
        field, identifier, how, level = one
        keys = seen.keys.get(one, set())
        mapped = _mapped(estate, subject, place, keys) if seen.collection.key else seen.mapped[one]
        edge = "declared" if mapped == count else "derived" if how != "plain" else "observed"
        yield Trace(f"{place}.{field}".rstrip("."), identifier, how, level, edge, count, mapped)


def _mapped(estate: Estate, subject: Subject, place: Place, keys: set[tuple[object, ...]] | None) -> int:
    """How many of the records with these keys the map leads to."""
    reached = _reached(estate, subject, place)
    if is_nothing(reached) or not keys:
        return 0
    paths = tuple((name,) for name in estate.live[place].key)
    ordered = sorted(keys, key=repr)
    chunks = (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))
    counting = Counting(estate)
    return sum(
        counting.plain(place.store, Selection(place.collection, both(reached, OneOf(paths, frozenset(chunk)))))
        for chunk in chunks
    )


def _test(estate: Estate, subject: Subject, place: Place) -> Callable[[Record], bool]:
    """Whether the map leads to a record; for collections whose records have no key to ask the store by."""
    if estate.live[place].key:
        return lambda record: False
    reached = _reached(estate, subject, place)
    if is_nothing(reached):
        return lambda record: False
    expand = Foreign(estate.stores, estate.live).expand
    pieces = tuple(piece.where for piece in expand(Selection(place.collection, reached), place.store))
    lookup = StoreLookup(estate.stores[place.store])
    return lambda record: any(matches(where, record, lookup) for where in pieces)


def _reached(estate: Estate, subject: Subject, place: Place) -> Predicate:
    reach = Reach(estate, Persons((subject,)))
    entries = [entry for entry in estate.entries() if entry.place == place]
    return either(*(part for entry in entries for part in (reach.mine(entry), reach.shared(entry))))
