"""The retention policy as typed data: what `retention.yaml` says, after loading and checking.

Nothing past the loader sees a dict. `place` is always "file:line" for messages.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from dsr.core.casework import Casework
from dsr.core.clock import Clock
from dsr.core.decisions import Decision
from dsr.core.matching import Derive, Match
from dsr.core.model import Path
from dsr.core.notice import Deletion, Notice
from dsr.core.periods import Period
from dsr.core.recipients import Recipient as Recipient
from dsr.core.select import Predicate
from dsr.core.text import Text
from dsr.core.totals import Column, Grain

NO_DATA = "none"
"""The category of fields that were looked at and hold nobody's data."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A collection of a store: `app.users`."""

    store: str
    collection: str

    def __str__(self) -> str:
        return f"{self.store}.{self.collection}"


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field of a collection: `app.users.email`."""

    place: Place
    path: Path

    def __str__(self) -> str:
        return f"{self.place}.{'.'.join(self.path)}"


class Code(Enum):
    """Why a record is kept against a wish to have it gone; the five reasons that the published policy names."""

    LEGAL = "legal"
    TAX = "tax"
    PAYMENT = "payment"
    SECURITY = "security"
    DISPUTE = "dispute"


class End(Enum):
    """What becomes of records when their rule ends, or when the person asks."""

    DELETE = "delete"
    ANONYMISE = "anonymise"  # the record stays, every personal field is rewritten
    RETAIN = "retain"  # the request changes nothing; the calendar still does
    AGGREGATE = "aggregate"  # deleted, after their totals were added to another collection; by the calendar only


class Owner(Enum):
    """Whose record it is that a link reaches."""

    SUBJECT = "subject"
    BY_LINKS = "by_links"  # theirs while nobody else links to it, shared otherwise
    SHARED = "shared"  # retained and listed, never deleted for one of several people
    THIRD_PARTY = "third_party"  # neither exported nor touched


class Export(Enum):
    """How a field appears in an access package."""

    PLAIN = "plain"
    SECRET = "secret"  # noqa: S105 - the word, not a password; never shown; listed as withheld
    WITHHELD = "withheld"  # about other people or our defences; listed as withheld
    REDACTED = "redacted"  # free text: secrets and other people's data in it are marked and counted


@dataclass(frozen=True, slots=True)
class Controller:
    """The company that decides. `country` is ISO 3166, `timezone` an IANA name."""

    name: Text
    contact: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    regimes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where a store is and how it is opened. `zone` reads its naive times. `options` are the kind's own.

    `backups`: how long a copy outlives a delete, if said. `inside`: (collection, field) of which the file names parts.
    """

    name: str
    kind: str
    url: str
    zone: str
    options: tuple[tuple[str, str], ...]
    at: str
    backups: Period | None = None
    inside: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Anchor:
    """The field whose values are the accounts of one kind: one record there is one data subject's account.

    Where it takes several fields to name an account, `more` are the others.
    """

    kind: str
    ref: FieldRef
    at: str
    more: tuple[Path, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """All fields of the key."""
        return (self.ref.path, *self.more)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A kind of value by which people are found, and the fields that hold it."""

    name: str
    refs: tuple[FieldRef, ...]
    match: Match
    at: str
    source: str | None = None  # the identifier whose values give this one's, by `derive`
    derive: tuple[Derive, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """A statutory or contractual floor: keep at least that long. `when` is a condition on the record's own fields."""

    period: Period
    code: Code
    cite: Text
    when: Predicate
    verified_on: date | None
    at: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What `then: aggregate` adds up. `period` is the field of `into` that names the calendar unit `grain`.

    Groups of fewer than `k` people are not written.
    """

    into: Place
    grain: Grain | None
    period: str
    groups: tuple[Column, ...]
    sums: tuple[Column, ...]
    count: str
    k: int
    at: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One retention rule. Without `keep_at_most` it ends only by request.

    `sources` say where the data comes from, `interest` which legitimate interest it serves.
    """

    name: str
    title: Text
    purposes: tuple[str, ...]
    basis: tuple[tuple[str, str], ...]
    starts: Text | None
    duties: tuple[Duty, ...]
    keep_at_most: Period | None
    then: End
    on_erasure: End
    must_not_exist: bool
    at: str
    totals: Totals | None = None
    sources: tuple[str, ...] = ()
    interest: Text | None = None


@dataclass(frozen=True, slots=True)
class DirectLink:
    """The record's own fields hold the anchor value of kind `anchor`."""

    fields: tuple[Path, ...]
    anchor: str


@dataclass(frozen=True, slots=True)
class ViaLink:
    """The record's fields hold `keys` of a record in `to`, which belongs to the same person."""

    fields: tuple[Path, ...]
    to: Place
    keys: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class IdentifierLink:
    """The record's field holds a value of an identifier."""

    identifier: str
    field: Path


@dataclass(frozen=True, slots=True)
class KeyLink:
    """The object's key starts with (or is) a template around an identifier or anchor value: "media/{user_id}/"."""

    before: str
    identifier: str
    after: str
    whole: bool  # the template is the whole key, not its beginning


@dataclass(frozen=True, slots=True)
class ThroughLink:
    """A record of `through` (same store) points to this one and names the person at `owner`."""

    fields: tuple[Path, ...]
    through: Place
    where: Predicate
    keys: tuple[Path, ...]  # in `through`, equal to `fields` here
    owner: Path  # in `through`
    anchor: str


@dataclass(frozen=True, slots=True)
class Link:
    """One way from a record to its person. `none` are key values (canonical text) that mean nobody."""

    how: DirectLink | ViaLink | IdentifierLink | KeyLink | ThroughLink
    owner: Owner
    none: frozenset[str]
    at: str


@dataclass(frozen=True, slots=True)
class StartField:
    """The start date lies in the record itself, or, with `fields` and `source`, in a linked record of the same store.

    `keys` in the source equal `fields` here. What lies before `plausible` is taken for no date at all.
    """

    path: Path
    clock: Clock
    fields: tuple[Path, ...] = ()
    source: Place | None = None
    keys: tuple[Path, ...] = ()
    plausible: datetime | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """When the period begins: one date, or the latest (or earliest) of several."""

    parts: tuple[StartField, ...]
    latest: bool = True


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What is said of one field. `rule` names another rule than the record's; `keep` lets it stay in a tombstone."""

    path: Path
    category: str
    rule: str | None
    export: Export
    keep: bool
    become: str | None  # a fixed text to write when the field is erased, where the policy gives one
    at: str

    @property
    def personal(self) -> bool:
        """Whether it holds somebody's data."""
        return self.category != NO_DATA


@dataclass(frozen=True, slots=True)
class Refers:
    """A field in *other* people's records that holds a key of this person's: emptied when that record goes."""

    field: Path
    to: FieldRef
    at: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is declared of one collection, or of the part of it where `where` holds.

    An entry with `part_of` has no rule, links or start of its own: they are the parent's.
    """

    place: Place
    number: int  # among the entries of its collection, from 0
    where: Predicate
    rule: str
    links: tuple[Link, ...]
    start: Start | None
    fields: tuple[FieldRule, ...]
    part_of: ViaLink | None
    refers: tuple[Refers, ...]
    at: str

    @property
    def name(self) -> str:
        """`app.logs` or `app.logs#1`: how plans and messages name the entry."""
        return f"{self.place}#{self.number}" if self.number else str(self.place)


@dataclass(frozen=True, slots=True)
class NoPersonalData:
    """A statement that a collection (or some fields of one) holds nobody's data, and why."""

    place: Place
    reason: Text
    at: str


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits per collection and run. None means no limit; zero means zero."""

    rows: int | None
    percent: float | None


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole file. `digest` is the SHA-256 over the bytes of all its files, in order."""

    controller: Controller
    state: str
    stores: tuple[StoreConfig, ...]
    anchors: tuple[Anchor, ...]
    identifiers: tuple[Identifier, ...]
    rules: tuple[Rule, ...]
    entries: tuple[Entry, ...]
    none: tuple[NoPersonalData, ...]
    recipients: tuple[Recipient, ...]
    purge_guards: Guards
    request_guards: Guards
    digest: str
    files: tuple[str, ...]
    notice: Notice = Notice()  # noqa: RUF009 - frozen
    deletion: Deletion | None = None
    decisions: tuple[Decision, ...] = ()
    casework: Casework | None = None
    own_keys: tuple[str, ...] = ()  # forms of the company's own keys, as regular expressions
    known_keys: tuple[FieldRef, ...] = ()  # where hashes or first characters of keys given out lie

    def rule(self, name: str) -> Rule:
        """The rule of that name; the loader has checked that it exists."""
        return next(rule for rule in self.rules if rule.name == name)

    def entries_of(self, place: Place) -> tuple[Entry, ...]:
        """The entries of a collection, in order."""
        return tuple(entry for entry in self.entries if entry.place == place)

    def anchor(self, kind: str) -> Anchor:
        """The anchor of that kind; the loader has checked that it exists."""
        return next(anchor for anchor in self.anchors if anchor.kind == kind)

    def identifier(self, name: str) -> Identifier | None:
        """The identifier of that name, if declared."""
        return next((one for one in self.identifiers if one.name == name), None)
