"""How deeply a store has forgotten, as a certificate says it: with the date, and with what shows it.

L0 something is open; L1 absent when looked for again; L2 storage reclaimed, which was shown later and stands in the
ledger, or came with the delete itself; L3 the copies are gone as well, by the life of backups that the policy states.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from dsr.core.proof import Checkpoint, Fields, ProofError, decode64, encode64, included, leaf_hash, parse, written

LEVELS = ("L0", "L1", "L2", "L3")


class Shown(Enum):
    """What shows that a store's files hold nothing any more."""

    VERSIONS = "versions"  # a record is absent only when every version of it is
    SCRUB = "scrub"  # the files were rewritten without what was deleted
    BYTES = "bytes"  # all files were read, and the values that were looked for stand in none


ENTRIES = {Shown.SCRUB: "reclaimed", Shown.BYTES: "searched"}
"""The acts of the ledger that show it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry of the ledger and its path to the root."""

    index: int
    entry: bytes
    path: tuple[bytes, ...]

    def document(self) -> dict[str, object]:
        """As a certificate writes it."""
        return {"index": self.index, "entry": encode64(self.entry), "path": [encode64(one) for one in self.path]}


@dataclass(frozen=True, slots=True)
class StoreLevel:
    """One store: `shown` and when, how many `values` were looked for, what `remains` there, when its copies expire."""

    store: str
    open: bool
    finished: datetime
    shown: Shown | None = None
    shown_at: datetime | None = None
    values: int = 0
    remains: str = ""
    copies_by: datetime | None = None
    leaf: Leaf | None = None

    def level(self, at: datetime) -> str:
        """The level that is reached at that time."""
        if self.open:
            return "L0"
        if self.shown is None:
            return "L1"
        return "L3" if self.copies_by is not None and self.copies_by <= at else "L2"

    def reached(self, at: datetime) -> datetime | None:
        """When it was reached."""
        moments = {"L0": None, "L1": self.finished, "L2": self.shown_at, "L3": self.copies_by}
        return moments[self.level(at)]

    def document(self, at: datetime) -> dict[str, object]:
        """As a certificate of that time writes it."""
        reached = self.reached(at)
        return {
            "store": self.store,
            "level": self.level(at),
            "level_at": None if reached is None else written(reached),
            "shown": "" if self.shown is None else self.shown.value,
            "shown_at": None if self.shown_at is None else written(self.shown_at),
            "values": self.values,
            "remains": self.remains,
            "copies_by": None if self.copies_by is None else written(self.copies_by),
            "proof": None if self.leaf is None else self.leaf.document(),
        }


_NAMES = ("store", "level", "level_at", "shown", "shown_at", "values", "remains", "copies_by", "proof")


def read_level(value: object, open_stores: Iterable[str], finished: datetime, issued: datetime) -> StoreLevel:
    """The level of one store, no higher than its facts bear out. Raises ProofError."""
    one = Fields(value, "a store", *_NAMES)
    made = StoreLevel(
        store=one.text("store"),
        open=one.text("store") in open_stores,
        finished=finished,
        shown=_shown(one),
        shown_at=one.maybe("shown_at"),
        values=one.number("values"),
        remains=one.text("remains"),
        copies_by=one.maybe("copies_by"),
        leaf=None if one.raw("proof") is None else _leaf(one.raw("proof")),
    )
    earliest = finished if made.shown_at is None else made.shown_at
    checks = (
        ((made.shown is None) == (made.shown_at is None), "does not say when its storage was reclaimed, or how"),
        (finished <= earliest <= issued, "says that storage was reclaimed before the run ended, or in the future"),
        (made.shown is not Shown.VERSIONS or earliest == finished, "reclaims by versions what is deleted later"),
        ((made.leaf is not None) == (made.shown in ENTRIES), "lacks the ledger's entry of what it says"),
        ((made.values > 0) == (made.shown is Shown.BYTES), "does not say how many values were looked for"),
        (not made.open or (made.shown, made.copies_by) == (None, None), "claims a level although something is open"),
        (made.copies_by is None or made.copies_by >= earliest, "says that copies are gone before their time"),
        (made.level(issued) == one.text("level"), "claims another level than its facts bear out"),
        (made.reached(issued) == one.maybe("level_at"), "does not say when its level was reached"),
    )
    for good, problem in checks:
        if not good:
            raise ProofError(f"the store {made.store} of the certificate {problem}")
    return made


def bound(made: StoreLevel, plan: str, checkpoint: Checkpoint) -> None:
    """Raises ProofError unless the ledger says the same of the store."""
    if made.leaf is None or made.shown is None or made.shown_at is None:
        return
    leaf = made.leaf
    if not included(leaf_hash(leaf.entry), leaf.index, checkpoint.size, list(leaf.path), checkpoint.root):
        raise ProofError("the ledger's entry is not in the tree of the checkpoint")
    said = parse(leaf.entry)
    expected: dict[str, object] = {"v": 1, "what": "act", "act": ENTRIES[made.shown], "at": written(made.shown_at)}
    expected |= {"store": made.store}
    if made.shown is Shown.BYTES:
        expected |= {"plan": plan, "counts": {"values": made.values}}
    if not isinstance(said, dict) or {name: one for name, one in said.items() if name != "actor"} != expected:
        raise ProofError("the certificate says something else than the ledger's entry")


def _shown(one: Fields) -> Shown | None:
    word = one.text("shown")
    if word and word not in {way.value for way in Shown}:
        one.refuse("shown", "a way of ours")
    return Shown(word) if word else None


def _leaf(value: object) -> Leaf:
    one = Fields(value, "the ledger's proof", "index", "entry", "path")
    path = tuple(decode64(text, 32) for text in one.texts("path"))
    return Leaf(one.number("index"), decode64(one.text("entry")), path)
