"""Writing one file anew without the selected records, or with their fields changed."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

from dsr.core.errors import TransientError, UnsupportedError
from dsr.core.select import Change
from dsr.stores.logs.codec import DamagedError, reader
from dsr.stores.logs.names import LogFile
from dsr.stores.logs.scan import Block, Hit, Notes, Scanner, Wanted, blocks, shape_of
from dsr.stores.logs.shape import Shape
from dsr.stores.logs.swap import ChangedError, Draft, opened_for_reading

_TRIES = 5


class CeilingError(Exception):
    """The file holds more selected records than may still be changed; nothing of it was."""


class Rewriting:
    """One file, one wish. `changes` None means that the selected records go; `limit` is how many may be changed."""

    def __init__(self, file: LogFile, wanted: Wanted, changes: tuple[Change, ...] | None, limit: int) -> None:
        self._file, self._wanted, self._changes, self._limit = file, wanted, changes, limit

    def run(self, notes: Notes) -> int:
        """Do it and say how many records were changed. A file without any is not touched.

        Raises TransientError when the file keeps changing or cannot be written, UnsupportedError when it is damaged.
        """
        for _ in range(_TRIES):
            notes.clear()
            try:
                return self._once(notes)
            except ChangedError:
                continue
            except OSError as error:
                raise TransientError(
                    f"{self._file.name}: cannot be rewritten ({os.strerror(error.errno or 0)}); it is as it was. "
                    "Check the free space of the disk and the rights in the folder, then run the command again."
                ) from error
        raise TransientError(
            f"{self._file.name}: keeps changing while it is read; it is as it was. "
            "Rotate the log or wait for a quiet moment, then run the command again."
        )

    def _once(self, notes: Notes) -> int:
        """One pass. The new file begins to exist at the first hit, with a copy of all that came before."""
        offset = removed = added = count = 0
        shape = shape_of(self._file)
        scanner = Scanner(self._file, shape, self._wanted, notes)
        draft: Draft | None = None
        with opened_for_reading(self._file) as source, ExitStack() as stack:
            was = os.fstat(source.fileno())
            try:
                for block in blocks(reader(source, self._file.packing), shape, notes):
                    hits = list(scanner.hits(block))  # at most a block
                    count += len(hits)
                    if count > self._limit:
                        raise CeilingError
                    if hits and draft is None:
                        draft = stack.enter_context(Draft(self._file, source, was))
                        draft.copy(offset)
                    offset += len(block.data)
                    removed += sum(hit.end - hit.start for hit in hits)
                    if draft is not None and hits:
                        made = [self._instead(shape, block, hit) for hit in hits]
                        added += sum(map(len, made))
                        draft.write(b"".join(_woven(block, hits, made)))
                    elif draft is not None:
                        draft.write(block.data)
            except DamagedError as error:
                notes.damage = str(error)
                notes.number(self._file)
                if count:
                    raise self._damaged(count) from error
                return 0
            notes.number(self._file)
            if draft is not None:
                draft.replace(offset - removed + added)
                notes.linked = was.st_nlink > 1
        return count

    def _instead(self, shape: Shape, block: Block, hit: Hit) -> bytes:
        raw = block.data[hit.start : hit.end]
        return b"" if self._changes is None else shape.edited(raw, self._changes)

    def _damaged(self, count: int) -> UnsupportedError:
        return UnsupportedError(
            f"{self._file.name}: the compressed data is damaged, so the file cannot be written anew without loss; "
            f"{count} selected records stand before the damage and are still there. "
            "Repair the file or take it out of the folder, then run the command again."
        )


def _woven(block: Block, hits: list[Hit], made: list[bytes]) -> Iterator[bytes | memoryview]:
    """The block with each hit replaced."""
    at = 0
    view = memoryview(block.data)
    for hit, piece in zip(hits, made, strict=True):
        yield view[at : hit.start]
        yield piece
        at = hit.end
    yield view[at:]
