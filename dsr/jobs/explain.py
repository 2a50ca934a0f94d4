"""Explaining: which rule decides about a collection or one record, in which order, and what lost."""

from dataclasses import dataclass

from dsr.core.errors import SubjectNotFoundError, UsageError
from dsr.core.model import Collection, Record
from dsr.core.plan import Disposition, Reason
from dsr.core.policy import Entry, Place
from dsr.core.select import Predicate, Selection, both, matches, one_of
from dsr.engine.decide import Case
from dsr.engine.draft import Draft, Scope
from dsr.engine.estate import StoreLookup
from dsr.engine.foreign import Foreign
from dsr.jobs.session import Session


@dataclass(frozen=True, slots=True)
class Rung:
    """One case of the order of decision. `holds` says whether it holds for the record (None: no record was named)."""

    disposition: Disposition
    reason: Reason
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Explained:
    """The ladder of one entry; with a record, `decided` is the number of the rung that decides."""

    entry: str
    rule: str
    asked: bool
    rungs: tuple[Rung, ...]
    decided: int | None


def explain(session: Session, place: str, key: tuple[str, ...] = (), *, asked: bool = False) -> tuple[Explained, ...]:
    """The order of decision in a collection, under a request (`asked`) or by the calendar.

    With a key, the record is read and every case is tried on it. A part of another record is explained by its parent.
    """
    found = _place(session, place)
    draft = Draft(session.estate, Scope(() if asked else None), session.state.holds(), session.now())
    made: list[Explained] = []
    for entry in session.estate.policy.entries_of(found):
        if entry.part_of is not None:
            parent = _parent(session, entry, key) if key else ()
            made.extend(explain(session, str(entry.part_of.to), parent, asked=asked))
            continue
        cases = draft.cases(entry)
        record = _record(session, found, key) if key else None
        if record is not None and not _holds(session, entry.place, entry.where, record):
            continue
        made.append(_explained(session, entry, cases, record, asked=asked))
    return tuple(made)


def _explained(
    session: Session, entry: Entry, cases: tuple[Case, ...], record: Record | None, *, asked: bool
) -> Explained:
    rungs, decided = [], None
    for number, case in enumerate(cases):
        holds = None if record is None else _holds(session, entry.place, case.where, record)
        if holds and decided is None:
            decided = number
        rungs.append(Rung(case.disposition, case.reason, holds))
    return Explained(entry.name, entry.rule, asked, tuple(rungs), decided)


def _place(session: Session, name: str) -> Place:
    for place in session.estate.live:
        if str(place) == name:
            if not session.policy.entries_of(place):
                raise UsageError(f"{name} has no rule. See dsr discover.")
            return place
    known = ", ".join(sorted(str(place) for place in session.estate.live))
    raise UsageError(f"There is no collection {name!r}. Known: {known}.")


def _record(session: Session, place: Place, key: tuple[str, ...]) -> Record:
    collection = session.estate.collection(place)
    selection = _by_key(collection, key)
    record = next(iter(session.estate.stores[place.store].read(selection)), None)
    if record is None:
        raise SubjectNotFoundError(f"{place} has no record with this key. Check the key; it may be gone.")
    return record


def _by_key(collection: Collection, key: tuple[str, ...]) -> Selection:
    if len(key) != len(collection.key):
        names = ", ".join(collection.key) or "(none)"
        raise UsageError(
            f"The key of {collection.name} has {len(collection.key)} parts: {names}. Give each with --key."
        )
    parts = (one_of((name,), (value,)) for name, value in zip(collection.key, key, strict=True))
    return Selection(collection.name, both(*parts))


def _parent(session: Session, entry: Entry, key: tuple[str, ...]) -> tuple[str, ...]:
    via = entry.part_of
    record = _record(session, entry.place, key)
    return tuple(str(record.at(path)) for path in via.fields) if via else ()


def _holds(session: Session, place: Place, where: Predicate, record: Record) -> bool:
    foreign = Foreign(session.estate.stores, session.estate.live)
    lookup = StoreLookup(session.estate.stores[place.store])
    pieces = foreign.expand(Selection(place.collection, where), place.store)
    return any(matches(piece.where, record, lookup) for piece in pieces)
