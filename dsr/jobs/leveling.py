"""How deeply each store of a run has forgotten, as its certificate says it, and what has been shown since."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dsr.core import merkle
from dsr.core.certificate import KIND, SCHEMA, Certificate, CertifiedStep, acting
from dsr.core.levels import Leaf, Shown, StoreLevel
from dsr.core.proof import Checkpoint, Envelope, parse, read_envelope, seal, written
from dsr.core.trust import CERTIFIER
from dsr.jobs.publishing import ledger_folder, publish
from dsr.jobs.session import Session
from dsr.jobs.trusting import signing_key
from dsr.state.database import State
from dsr.state.ledger import CertificateRow


def leaf_of(state: State, index: int, head: Checkpoint) -> Leaf:
    """An entry of the ledger with its path to this head."""
    path = merkle.inclusion(ledger_folder(state).tiles(head.size), index, head.size)
    return Leaf(index, state.ledger_entry(index), tuple(path))


def first_levels(
    session: Session, plan: str, steps: Iterable[CertifiedStep], finished: datetime, head: Checkpoint
) -> tuple[StoreLevel, ...]:
    """The level of every store from which something had to go."""
    fresh = (StoreLevel(store, is_open, _whole(finished)) for store, is_open in acting(steps).items())
    return tuple(_proven(session.state, _level(session, plan, one), head) for one in fresh)


def renewal(session: Session, row: CertificateRow, found: Certificate) -> Envelope | None:
    """The certificate anew with what was shown of its stores since; None where that would say nothing new."""
    state, now = session.state, session.now()
    levels = tuple(_level(session, found.plan, one) for one in found.stores or _unsaid(found))
    if [_said(one, now) for one in levels] == [_said(one, found.issued_at) for one in found.stores]:
        return None
    head = publish(state, now)
    statement = parse(read_envelope(row.document, KIND).payload)
    if not isinstance(statement, dict):
        return None
    predicate = statement["predicate"] | {"schema": SCHEMA, "issued_at": written(max(now, found.issued_at))}
    predicate["stores"] = [_proven(state, one, head).document(now) for one in levels]
    predicate["ledger"] = leaf_of(state, found.index, head).document() | {"checkpoint": head.note}
    key = signing_key(state, session.trust, CERTIFIER, now)
    return seal(KIND, statement | {"predicate": predicate}, key)


def _unsaid(found: Certificate) -> Iterator[StoreLevel]:
    """What a certificate of the earlier kind left unsaid."""
    for store, is_open in acting(found.steps).items():
        yield StoreLevel(store, is_open, found.finished_at)


def _proven(state: State, one: StoreLevel, head: Checkpoint) -> StoreLevel:
    """With the path of its entry to this head."""
    return one if one.leaf is None else replace(one, leaf=leaf_of(state, one.leaf.index, head))


def _level(session: Session, plan: str, one: StoreLevel) -> StoreLevel:
    """With what the register shows of the store; what was shown first stays."""
    if one.open:
        return one
    made = one if one.shown is not None else _shown(session, plan, one)
    store = next((store for store in session.policy.stores if store.name == one.store), None)
    if store is None or store.backups is None:
        return made
    ends = _whole(store.backups.until(made.shown_at or made.finished, session.policy.controller.timezone))
    return replace(made, copies_by=max(ends, made.copies_by or ends))


def _shown(session: Session, plan: str, one: StoreLevel) -> StoreLevel:
    store = session.stores.get(one.store)
    if store is not None and store.traits.versions:
        return replace(one, shown=Shown.VERSIONS, shown_at=one.finished)
    known = session.state.showing(one.store, plan, one.finished, session.now())
    if known is None:
        residue = store.traits.residue if store is not None else ""
        return replace(one, remains=one.remains or residue)
    return replace(
        one,
        shown=known.shown,
        shown_at=_whole(known.at),
        values=known.values,
        remains=known.remains,
        leaf=Leaf(known.entry, b"", ()),
    )


def _said(one: StoreLevel, at: datetime) -> tuple[str, datetime | None, datetime | None]:
    return one.level(at), one.shown_at, one.copies_by


def _whole(instant: datetime) -> datetime:
    """To the second, as documents write it."""
    return instant.astimezone(UTC).replace(microsecond=0)
