"""A folder of log files as a store: every stream is a collection, every changed file one unit of work."""

import os
import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path as Folder

from dsr.core.clock import Clock
from dsr.core.errors import DsrError, GuardError, StoreUnreachableError, TransientError, UnsupportedError
from dsr.core.fence import Effect
from dsr.core.model import Collection, Field, Path, Record
from dsr.core.policy import StoreConfig
from dsr.core.select import Change, Not, Rewritten, Selection, both
from dsr.core.store import Span, Traits, Unit
from dsr.stores.filters import compiled, resolved
from dsr.stores.logs.codec import DamagedError, reader
from dsr.stores.logs.names import DRAFT_PREFIX, Form, LogFile, described
from dsr.stores.logs.rewriting import CeilingError, Rewriting
from dsr.stores.logs.scan import Notes, Scanner, Wanted, blocks, shape_of
from dsr.stores.logs.sieve import sieve
from dsr.stores.logs.swap import opened_for_reading, remove_left

_SAMPLED_FILES = 3  # the newest of each stream
_SAMPLED_RECORDS = 200
_SAMPLED_BYTES = 1 << 16


class LogStore:
    """`url` is the folder. The folder is looked at when a method is called, never before."""

    def __init__(self, config: StoreConfig) -> None:
        self.name = config.name
        self.traits = Traits(
            effect=Effect.CONDITIONAL,
            residue="old blocks of rewritten files stay on the disk until they are used again",
        )
        self._folder = Folder(config.url.removeprefix("file://"))
        self._notes: dict[str, Notes] = {}

    def collections(self) -> Iterable[Collection]:
        """One for each stream, with the fields that its newest files begin with; one for each file of another kind."""
        streams: dict[str, list[LogFile]] = {}
        for file in self._files():
            streams.setdefault(file.collection, []).append(file)
        for name, files in sorted(streams.items()):
            yield Collection(name, tuple(Field(field) for field in self._sampled(files)), open=True)

    def count(self, selection: Selection) -> int:
        """How many records are selected, in one pass."""
        return sum(1 for _ in self._selected(selection))

    def span(self, selection: Selection, field: Path, clock: Clock) -> Span:
        """`count`, with the range of the dates at `field`."""
        count, dated, first, last = 0, 0, None, None
        for record in self._selected(selection):
            count += 1
            if (date := clock.read(record.at(field))) is not None:
                dated += 1
                first = date if first is None else min(first, date)
                last = date if last is None else max(last, date)
        return Span(count, dated, first, last)

    def read(self, selection: Selection, fields: tuple[Path, ...] | None = None) -> Iterator[Record]:
        """The selected records, file by file, in the order in which they were written."""
        heads = None if fields is None else {path[0] for path in fields}
        for record in self._selected(selection):
            if heads is None:
                yield record
            else:
                yield Record(record.collection, {k: v for k, v in record.values.items() if k in heads})

    def sample(self, collection: str, count: int) -> Iterator[Record]:
        """The first records of the newest, the oldest and some other files."""
        files = sorted(self._of(collection), key=lambda file: file.path.stat().st_mtime_ns)
        others = files[2:-2]
        chosen = [
            *files[-2:],
            *(files[:2] if len(files) > 2 else ()),
            *random.SystemRandom().sample(others, min(4, len(others))),
        ]
        for file in dict.fromkeys(chosen):
            yield from islice(_head(file, self._fresh_notes(file)), max(1, count // len(chosen)))

    def delete(self, selection: Selection, ceiling: int) -> Iterator[Unit]:
        """Remove the selected lines, one unit for each file that holds some."""
        return self._rewritten(selection, None, ceiling)

    def rewrite(self, selection: Selection, changes: tuple[Change, ...], ceiling: int) -> Iterator[Unit]:
        """Change the fields inside the selected lines, one unit for each file that holds some."""
        pending = Selection(selection.collection, both(selection.where, Not(Rewritten(changes))))
        return self._rewritten(pending, changes, ceiling)

    def problems(self) -> tuple[str, ...]:
        """What passes found that could not be read, as sentences without content."""
        return tuple(text for name, notes in sorted(self._notes.items()) for text in notes.texts(name))

    def files(self) -> tuple[Folder, ...]:
        """Every file below the folder."""
        return tuple(sorted(self._paths()))

    def close(self) -> None:
        """Nothing stays open between calls."""

    def key_of(self, collection: str) -> tuple[str, ...]:
        """Log lines have no key."""
        return ()

    def records(self, selection: Selection) -> Iterable[Record]:
        """What links inside the folder lead to."""
        return self._selected(selection)

    def _rewritten(self, selection: Selection, changes: tuple[Change, ...] | None, ceiling: int) -> Iterator[Unit]:
        """File by file. A file that cannot be done now does not keep the others waiting; it is named at the end."""
        wanted = self._wanted(selection)
        for draft in [path for path in self._paths() if path.name.startswith(DRAFT_PREFIX)]:
            remove_left(draft)
        done = 0
        failed: list[DsrError] = []  # one for each file at most
        for file in self._of(selection.collection):
            try:
                count = Rewriting(file, wanted, changes, ceiling - done).run(self._fresh_notes(file))
            except (TransientError, UnsupportedError) as error:
                failed.append(error)
                continue
            except CeilingError as error:
                raise GuardError(
                    f"{self.name}.{selection.collection}: more records are selected than the limit of {ceiling}; "
                    f"{done} were changed before. Look at the plan again, then raise the limit or make a new plan."
                ) from error
            if count:
                done += count
                yield Unit(count)
        if failed:
            raise failed[0]

    def _selected(self, selection: Selection) -> Iterator[Record]:
        wanted = self._wanted(selection)
        for file in self._of(selection.collection):
            notes = self._fresh_notes(file)
            with opened_for_reading(file) as source:
                shape = shape_of(file)
                scanner = Scanner(file, shape, wanted, notes)
                try:
                    for block in blocks(reader(source, file.packing), shape, notes):
                        yield from (hit.record for hit in scanner.hits(block))
                except DamagedError as error:
                    notes.damage = str(error)
            notes.number(file)

    def _wanted(self, selection: Selection) -> Wanted:
        where = resolved(selection.where, self)
        return Wanted(compiled(where, self), sieve(where))

    def _fresh_notes(self, file: LogFile) -> Notes:
        self._notes[file.name] = Notes()
        return self._notes[file.name]

    def _sampled(self, files: list[LogFile]) -> Iterator[str]:
        """The fields at the head of the newest files, in the order of their first appearance."""
        readable = [file for file in files if file.form is not Form.OTHER]
        newest = sorted(readable, key=lambda file: file.path.stat().st_mtime_ns, reverse=True)[:_SAMPLED_FILES]
        seen: dict[str, None] = {}
        for file in newest:
            for record in islice(_head(file, Notes()), _SAMPLED_RECORDS):
                seen.update(dict.fromkeys(record.values))
        return iter(seen)

    def _of(self, collection: str) -> list[LogFile]:
        found = [file for file in self._files() if file.collection == collection]
        if not found:
            raise UnsupportedError(
                f"Store {self.name!r} has no collection {collection!r}. Run `dsr discover` to see what it holds."
            )
        other = next((file for file in found if file.form is Form.OTHER), None)
        if other is not None:
            raise UnsupportedError(
                f"{other.name}: not a log that can be read (.jsonl, .ndjson, .log or .csv; plain, .gz or .zst). "
                "Convert it, move it out of the folder, or say in the policy that it holds no personal data."
            )
        return found

    def _files(self) -> list[LogFile]:
        """Every file below the folder but our own drafts, by name."""
        paths = (path for path in self._paths() if not path.name.startswith(DRAFT_PREFIX))
        files = [described(path, path.relative_to(self._folder).parts) for path in paths]
        return sorted(files, key=lambda file: file.name)

    def _paths(self) -> Iterator[Folder]:
        """Everything below the folder that is no folder; links are named, not followed."""
        waiting = [self._folder]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(Folder(entry.path))
                        else:
                            yield Folder(entry.path)
            except OSError as error:
                raise StoreUnreachableError(
                    f"Store {self.name!r}: the folder {folder} cannot be read ({type(error).__name__}). "
                    "Check `url` in the policy, the mount and the rights of this user."
                ) from error


def _head(file: LogFile, notes: Notes) -> Iterator[Record]:
    """The first records, read in small pieces."""
    shape = shape_of(file)
    scanner = Scanner(file, shape, Wanted(lambda record: True, None), notes)
    with opened_for_reading(file) as source:
        fill = reader(source, file.packing)

        def little(view: memoryview) -> int:
            with view[:_SAMPLED_BYTES] as part:  # a part that stays open keeps the buffer from growing
                return fill(part)

        try:
            for block in blocks(little, shape, notes):
                yield from (hit.record for hit in scanner.hits(block))
        except DamagedError as error:
            notes.damage = str(error)
