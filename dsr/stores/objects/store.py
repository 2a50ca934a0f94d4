"""Objects as a store: the first part of a key is the collection, what follows is the record's `key`.

Objects without a slash in their key are the collection ".". Of versioned buckets a record is a key with all its
versions, also one that is marked as deleted: its old content is still there. A collection without objects is empty, not
unknown.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from urllib.parse import unquote, urlsplit

from dsr.core.clock import Clock
from dsr.core.errors import GuardError, TransientError, UnsupportedError
from dsr.core.fence import Effect
from dsr.core.model import Collection, Field, FieldType, Path, Record
from dsr.core.policy import StoreConfig
from dsr.core.select import Predicate, Selection
from dsr.core.store import Span, Traits, Unit
from dsr.stores.filters import compiled, resolved
from dsr.stores.objects.bucket import BucketPlace
from dsr.stores.objects.folder import FolderPlace
from dsr.stores.objects.listing import Bound, Entry, Place, Refusals, bounds

ROOT = "."
_BATCH = 1000
_BUCKETS = ("s3", "s3a")
_AGAIN = frozenset({"InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "OperationAborted"})
_FIELDS = (
    Field("key", FieldType.TEXT, nullable=False),
    Field("size", FieldType.INTEGER, nullable=False),
    Field("modified", FieldType.INSTANT, nullable=False),
    Field("etag", FieldType.TEXT),
    Field("version", FieldType.TEXT),
)

Found = tuple[Bound, Entry]


class ObjectStore:
    """`url` is a folder (`file://…` or a path) or `s3://bucket/prefix`. It is opened by the first call.

    Options for S3: endpoint_url, region, key, secret, token, anon. Without key and secret the driver looks for
    credentials where S3 tools do.
    """

    def __init__(self, config: StoreConfig) -> None:
        self.name = config.name
        bucket = urlsplit(config.url).scheme in _BUCKETS
        self.traits = Traits(effect=Effect.CONDITIONAL, keys_at_once=_BATCH, atomic_units=False, versions=bucket)
        self._config = config
        self._opened: Place | None = None

    def collections(self) -> Iterable[Collection]:
        """One for each first part of a key."""
        for prefix in self._place().prefixes():
            yield Collection(_name(prefix), _FIELDS, key=("key",), indexes=(("key",),))

    def count(self, selection: Selection) -> int:
        """How many keys are selected."""
        return sum(1 for _ in self._found(selection))

    def span(self, selection: Selection, field: Path, clock: Clock) -> Span:
        """`count`, with the range of the dates at `field`."""
        count, dated, first, last = 0, 0, None, None
        for record in self.records(selection):
            count += 1
            if (date := clock.read(record.at(field))) is not None:
                dated += 1
                first = date if first is None else min(first, date)
                last = date if last is None else max(last, date)
        return Span(count, dated, first, last)

    def read(self, selection: Selection, fields: tuple[Path, ...] | None = None) -> Iterator[Record]:
        """The selected keys with what the listing says of them."""
        heads = None if fields is None else {path[0] for path in fields}
        for record in self.records(selection):
            if heads is None:
                yield record
            else:
                yield Record(record.collection, {k: v for k, v in record.values.items() if k in heads})

    def delete(self, selection: Selection, ceiling: int) -> Iterator[Unit]:
        """Remove the selected keys with all their versions, in units of up to 1,000, each looked for afterwards."""
        refusals = Refusals()
        done = missed = 0
        for batch in self._batches(selection):
            if done + len(batch) > ceiling:
                raise GuardError(
                    f"{self.name}.{selection.collection}: more objects are selected than the limit of {ceiling}; "
                    f"{done} were removed before. Look at the plan again, then raise the limit or make a new plan."
                )
            refusals.keys.clear()
            self._place().remove([entry for _, entry in batch], refusals)
            left = len(refusals.keys | self._left(batch))
            missed += left
            done += len(batch) - left
            if left < len(batch):
                yield Unit(len(batch) - left)
        if missed or refusals.counts:
            raise self._refused(selection.collection, missed, refusals)

    def content(self, record: Record) -> Iterator[bytes]:
        """The object's bytes; of a key marked as deleted, those of its newest version."""
        version = record.values.get("version")
        key = _prefix(record.collection) + str(record.values["key"])
        return self._place().content(key, None if version is None else str(version))

    def files(self) -> tuple[FilePath, ...]:
        """Every object of a folder; none where they lie in a bucket."""
        place = self._place()
        return tuple(sorted(map(FilePath, place.files()))) if isinstance(place, FolderPlace) else ()

    def close(self) -> None:
        """Close the connections, if any were opened."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def records(self, selection: Selection) -> Iterator[Record]:
        """The selected records, also as links inside the store need them."""
        return (_record(selection.collection, entry) for _, entry in self._found(selection))

    def key_of(self, collection: str) -> tuple[str, ...]:
        """Every collection has the same key."""
        return ("key",)

    def _found(self, selection: Selection) -> Iterator[Found]:
        where = resolved(selection.where, self)
        test = compiled(where, self)
        for bound in self._bounds(selection.collection, where):
            for entry in self._place().listing(bound):
                if test(_record(selection.collection, entry)):
                    yield bound, entry

    def _batches(self, selection: Selection) -> Iterator[list[Found]]:
        """Whole keys, so many that their versions fit into one request where they can."""
        batch: list[Found] = []
        size = 0
        for bound, entry in self._found(selection):
            if batch and size + len(entry.versions) > _BATCH:
                yield batch
                batch, size = [], 0
            batch.append((bound, entry))
            size += len(entry.versions)
        if batch:
            yield batch

    def _left(self, batch: list[Found]) -> set[str]:
        parts: dict[Bound, list[Entry]] = {}
        for bound, entry in batch:
            parts.setdefault(bound, []).append(entry)
        return {key for bound, entries in parts.items() for key in self._place().left(bound, entries)}

    def _refused(self, collection: str, missed: int, refusals: Refusals) -> UnsupportedError | TransientError:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(refusals.counts.items()))
        text = (
            f"{self.name}.{collection}: {missed} objects are still there ({reasons or 'removed, but listed again'}). "
        )
        if refusals.counts and not refusals.counts.keys() <= _AGAIN:
            return UnsupportedError(
                f"{text}Look for a lock, a retention setting or a missing right on the store, then run it again."
            )
        return TransientError(f"{text}Run the command again.")

    def _bounds(self, collection: str, where: Predicate) -> tuple[Bound, ...]:
        return bounds(where, _prefix(collection), shallow=collection == ROOT)

    def _place(self) -> Place:
        if self._opened is None:
            self._opened = _opened(self._config)
        return self._opened


def _opened(config: StoreConfig) -> Place:
    url = urlsplit(config.url)
    if url.scheme in _BUCKETS:
        prefix = url.path.strip("/")
        return BucketPlace(config.name, url.netloc, f"{prefix}/" if prefix else "", dict(config.options))
    if url.scheme in ("", "file"):
        # `file://demo/media` is meant as a path from here, not as the folder /media on the host "demo"
        path = unquote(url.netloc + url.path) if url.scheme else config.url
        return FolderPlace(config.name, path.rstrip("/") or "/")
    raise UnsupportedError(
        f"{config.at}: store {config.name!r} has the url scheme {url.scheme!r}. Objects are read from file:// and s3://."
    )


def _name(prefix: str) -> str:
    """The collection of a prefix. A first part that is empty or a dot keeps its slash, to differ from the root's."""
    if not prefix:
        return ROOT
    return prefix if prefix in ("/", "./") else prefix[:-1]


def _prefix(collection: str) -> str:
    if collection == ROOT:
        return ""
    return collection if collection.endswith("/") else f"{collection}/"


def _record(collection: str, entry: Entry) -> Record:
    key = entry.key[len(_prefix(collection)) :]
    return Record(
        collection,
        {"key": key, "size": entry.size, "modified": entry.modified, "etag": entry.etag, "version": entry.version},
    )
