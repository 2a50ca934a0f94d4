"""What the engine knows of a store. Whether a store can do more is a role Protocol; how it does it, `Traits`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path as FilePath
from typing import Protocol, runtime_checkable

from dsr.core.clock import UTC_CLOCK, Clock
from dsr.core.fence import Effect, Guarantee, Permit, Receipts
from dsr.core.model import Collection, Path, Record
from dsr.core.select import Change, Predicate, Selection
from dsr.core.totals import Mark, Tally, Total


@dataclass(frozen=True, slots=True)
class Traits:
    """How a store behaves. `keys_at_once`: how many keys one `OneOf` may carry; the engine sends larger sets in
    chunks. `atomic_units`: an interrupted unit leaves no trace. `residue`: what a delete leaves behind physically,
    in words, or "". `effect`: how a lost answer is settled where the store keeps no receipts. `versions`: a record is
    absent only when all earlier versions of it are gone too, so that nothing is left to reclaim.
    """

    keys_at_once: int = 50_000
    exact_counts: bool = True
    atomic_units: bool = True
    residue: str = ""
    effect: Effect = Effect.REREAD
    versions: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """How many records, how many of them have a date, and the first and last date (UTC) among those."""

    count: int
    dated: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Unit:
    """One committed unit of work: how many records it removed or rewrote."""

    count: int


class Store(Protocol):
    """A place that holds records. Methods raise StoreUnreachableError when the store does not answer,
    UnknownOutcomeError when it was asked to act and did not answer.
    """

    name: str
    traits: Traits

    def collections(self) -> Iterable[Collection]:
        """Everything the store holds, as it is now."""

    def count(self, selection: Selection) -> int:
        """How many records are selected."""

    def span(self, selection: Selection, field: Path, clock: Clock) -> Span:
        """`count`, with the range of the dates at `field`, in one pass."""

    def read(self, selection: Selection, fields: tuple[Path, ...] | None = None) -> Iterator[Record]:
        """The selected records as a stream, each once; only the named fields where they are given."""

    def delete(self, selection: Selection, ceiling: int) -> Iterator[Unit]:
        """Delete the selected records in bounded units, one `Unit` for each that is committed.

        Work is done as the iterator is drawn: a unit not drawn has not happened. The predicate is evaluated again
        inside every unit. Raises GuardError instead of going past `ceiling` records; zero means zero.
        """

    def close(self) -> None:
        """Give back connections and files."""


@dataclass(frozen=True, slots=True)
class Question:
    """How many of some records satisfy `where`, and over which dates at `field` they spread, if one is named."""

    where: Predicate
    field: Path | None = None
    clock: Clock = UTC_CLOCK


@runtime_checkable
class Polls(Protocol):
    """A store that can count many things among the same records in one pass."""

    def poll(self, selection: Selection, questions: Sequence[Question]) -> tuple[Span, ...]:
        """For each question the `span` of the selected records that also satisfy it, without dates where none are
        asked for.
        """


@runtime_checkable
class Rewrites(Protocol):
    """A store that can change fields in place."""

    def rewrite(self, selection: Selection, changes: tuple[Change, ...], ceiling: int) -> Iterator[Unit]:
        """Make the changes in the selected records that do not have them yet; units and ceiling as in `delete`."""


@runtime_checkable
class Aggregates(Protocol):
    """A store that can keep totals of records that go."""

    def aggregate(self, selection: Selection, tally: Tally, ceiling: int) -> Iterator[Unit]:
        """Add the totals of the selected records to a collection of the same store and delete the records.

        Both are one transaction for everything that is selected: a unit not committed has left no trace.
        """

    def marked(self, source: str) -> Mark | None:
        """The mark that was left by `add` and not yet taken away."""

    def add(self, into: str, totals: Iterable[Total], mark: Mark) -> None:
        """Add totals of another store's records, and set the mark of their source, in one transaction."""

    def unmark(self, source: str) -> None:
        """Take a mark away: the records that were added up are gone."""


@runtime_checkable
class Samples(Protocol):
    """A store that can give some records of a collection cheaply, from several places in it."""

    def sample(self, collection: str, count: int) -> Iterator[Record]:
        """About `count` records: from the beginning, from the end, and from places chosen at random."""


@runtime_checkable
class Contents(Protocol):
    """A store whose records have a content of their own (objects, attachments)."""

    def content(self, record: Record) -> Iterator[bytes]:
        """The bytes of a record that `read` gave, in pieces of bounded size."""


@runtime_checkable
class Reports(Protocol):
    """A store that can meet records it cannot read (broken log lines) and goes on; it must say so afterwards."""

    def problems(self) -> tuple[str, ...]:
        """What the last pass over each file found unreadable: where and how much, never content."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What applying plans may do to a collection: delete records, change these fields, add records."""

    collection: str
    delete: bool
    update: tuple[str, ...]
    insert: bool


@runtime_checkable
class Grants(Protocol):
    """A store whose own accounts and roles can be told what they may do."""

    def grants(self, allowed: Iterable[Allowance]) -> str:
        """A script for the store's owner; it is not run. Raises UnsupportedError where the store knows no roles."""


@runtime_checkable
class Fences(Protocol):
    """A store that can keep receipts and a fence of ours beside its data, in the transaction of the effect."""

    def guarantee(self) -> Guarantee:
        """Whether it does here, and if not, why. Changes nothing."""

    def prepare(self) -> Guarantee:
        """Make room for receipts and fences where that is wanted and allowed; what is promised then."""

    def standing(self, name: str) -> int:
        """The token of the fence of that name; 0 where there is none. Changes nothing."""

    def beside(self, name: str) -> tuple[str, ...]:
        """The other fences of the same kind, the first word of the name, that were ever raised."""

    def admit(self, name: str, token: int) -> int:
        """Raise the fence of that name to `token`, after the unit that is in flight; returns the token in force.

        A fence never falls: when the store knows a higher token already, that one is returned.
        """

    def permit(self, permit: Permit | None) -> Receipts:
        """From now on every unit shows this permit; what is committed of its step, none without a permit.

        A unit raises StalePlanError when the fences no longer fit it.
        """

    def receipts(self, run: str, step: int) -> Receipts:
        """What is committed of the step, read on a connection of its own."""


class Hiding(Enum):
    """How far a store keeps readers away from restricted records."""

    POLICY = "policy"  # the database hides them from every session that does not say that it must see them
    POLICY_BUT_OWNER = "policy_but_owner"  # the same, but the table's owner sees them, as before
    VIEW = "view"  # weaker: only who reads through a view of ours is kept away
    NONE = "none"  # they are kept, and readers see them


@dataclass(frozen=True, slots=True)
class Restricted:
    """How the records of a collection are hidden; `detail` is the name of the view, or why nothing could be made."""

    collection: str
    records: int
    hiding: Hiding
    detail: str = ""


@runtime_checkable
class Restricts(Protocol):
    """A store that can keep readers away from records, until the mark under which it was asked is taken away."""

    @property
    def hiding(self) -> Hiding:
        """The most that it can do."""

    def restrict(self, mark: str, selections: Sequence[Selection]) -> tuple[Restricted, ...]:
        """Hide the selected records; asked again, also those that have come since."""

    def lift(self, mark: str) -> None:
        """Show what only this mark hides."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What was done to reclaim storage, and in words what may still hold deleted values and until when.

    `reclaimed`: the files in which records stand hold no deleted one any more; `left` may still name logs and archives.
    """

    done: tuple[str, ...]
    left: tuple[str, ...]
    reclaimed: bool


@runtime_checkable
class Scrubs(Protocol):
    """A store that can take deleted values out of its files."""

    def scrub(self, *, whole: bool) -> Scrubbed:
        """Reclaim what earlier deletes left; `whole` rewrites tables, for which others have to wait."""


@runtime_checkable
class Files(Protocol):
    """A store that may lie in files on this machine."""

    def files(self) -> tuple[FilePath, ...]:
        """All files in which its values may stand; none where they cannot be seen from here."""
