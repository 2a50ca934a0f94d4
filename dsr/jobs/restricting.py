"""Restriction of processing (GDPR Art. 18): a hold, and readers kept away as far as each store can.

The hold keeps purges and the erasures of others from the records; the stores hide them. It ends only after the person
was told (Art. 18(3)).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dsr.core.errors import UsageError
from dsr.core.holds import Hold, HoldKind
from dsr.core.letters import Kind
from dsr.core.policy import Place
from dsr.core.regimes import Right
from dsr.core.requests import Request
from dsr.core.select import Predicate, Selection, either, is_nothing
from dsr.core.store import Hiding, Restricts
from dsr.core.text import Text
from dsr.engine.counting import Counter
from dsr.engine.foreign import Foreign
from dsr.engine.parents import rules_of
from dsr.engine.reach import Persons, Reach
from dsr.jobs.covering import Wish
from dsr.jobs.fences import Acknowledged
from dsr.jobs.holds import Released, place, release
from dsr.jobs.notices import expect_of
from dsr.jobs.session import Session
from dsr.jobs.tying import Named, tie
from dsr.state.requests import RequestAct

_REASON = "The person asked for the restriction of processing"
_ORDER = (Hiding.POLICY, Hiding.POLICY_BUT_OWNER, Hiding.VIEW, Hiding.NONE)


@dataclass(frozen=True, slots=True)
class Hidden:
    """The restricted records of one collection, and who can still read them. `detail`: a view, or why there is none."""

    store: str
    collection: str
    records: int
    hiding: Hiding
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Restricting:
    """A restriction in force: the hold behind it, and every collection with records of the person."""

    request: str
    hold: str
    hidden: tuple[Hidden, ...]
    acknowledged: tuple[Acknowledged, ...] = ()

    @property
    def weakest(self) -> Hiding:
        """The weakest form that some of the records have."""
        return max((one.hiding for one in self.hidden), key=_ORDER.index, default=Hiding.POLICY)

    @property
    def pending(self) -> bool:
        """Whether some store does not know of the hold yet."""
        return any(one.since is None for one in self.acknowledged)


def restrict(session: Session, id: str) -> Restricting:
    """Restrict what is held about the person of a verified request."""
    tied = tie(session, Named((), id), frozenset({Right.RESTRICTION}))
    if in_force(session, session.state.request(id)) is not None:
        raise UsageError(f"{id}: the restriction is in force already. See dsr hold list.")
    wish = Wish(id, _REASON, session.policy.controller.contact, kind=HoldKind.RESTRICTION)
    made = place(session, wish, tied.people)
    hidden = _hide(session, made.hold)
    found = Restricting(id, made.hold.id, hidden, made.acknowledged)
    word = f"{made.hold.id} {found.weakest.value}"
    session.state.note_request(id, RequestAct.RESTRICTED, session.actor, word=word)
    places = {Place(one.store, one.collection) for one in hidden}
    expect_of(session, id, (entry for entry in session.policy.entries if entry.place in places))
    return found


def refresh(session: Session) -> None:
    """Hide also what has come since about people whose data is restricted."""
    for hold in session.state.holds().active:
        if hold.kind is HoldKind.RESTRICTION:
            _hide(session, hold)


def lift(session: Session, id: str, reason: str) -> Released:
    """End a restriction; only after the letter that tells the person was written."""
    if not reason.strip():
        raise UsageError(f"{id}: say why the restriction ends: --reason.")
    request = session.state.request(id)
    hold = in_force(session, request)
    if hold is None:
        raise UsageError(f"{id}: no restriction of it is in force.")
    acts = [(one.act, one.word) for one in session.state.acts(id)]
    since = max(place for place, (act, _) in enumerate(acts) if act == RequestAct.RESTRICTED.value)
    if (RequestAct.WRITTEN.value, Kind.LIFTING.value) not in acts[since:]:
        raise UsageError(
            f"{id}: the person is told before a restriction ends (GDPR Article 18(3)). "
            f"Write to them first: dsr request letter {id} --kind lifting."
        )
    for store in session.stores.values():
        if isinstance(store, Restricts):
            store.lift(hold)
    made = release(session, hold, reason, kind=HoldKind.RESTRICTION)
    session.state.note_request(id, RequestAct.LIFTED, session.actor, word=hold)
    return made


def in_force(session: Session, request: Request) -> str | None:
    """The active hold that restricts for a request."""
    word = session.state.acts_of(RequestAct.RESTRICTED).get(request.id, "").partition(" ")[0]
    return word if any(one.id == word for one in session.state.holds().active) else None


def kinds(session: Session, request: Request) -> tuple[Text, ...]:
    """What is restricted for a request, as people call it."""
    word = in_force(session, request)
    found: dict[str, Text] = {}
    for hold in session.state.holds().active:
        if hold.id == word:
            reach, counter = Reach(session.estate, Persons(hold.scope.subjects or ())), Counter(session.estate)
            for entry in session.estate.entries():
                where = reach.mine(entry)
                chosen = Selection(entry.place.collection, where)
                if not is_nothing(where) and counter.plain(entry.place.store, chosen):
                    found |= {name: session.policy.rule(name).title for name in rules_of(session.policy, entry)}
    return tuple(found.values())


def weakest(session: Session, request: Request) -> Hiding:
    """How a restriction hides, where it does so least."""
    return Hiding(session.state.acts_of(RequestAct.RESTRICTED)[request.id].partition(" ")[2])


def _hide(session: Session, hold: Hold) -> tuple[Hidden, ...]:
    made: list[Hidden] = []
    reach = Reach(session.estate, Persons(hold.scope.subjects or ()))
    chosen = dict(_selected(session, reach))
    for name, store in session.stores.items():
        wheres = {place.collection: where for place, where in chosen.items() if place.store == name}
        counter = Counter(session.estate)
        counts = {one: counter.plain(name, Selection(one, where)) for one, where in wheres.items()}
        shown = {one for one, count in counts.items() if count}
        if isinstance(store, Restricts):
            foreign = Foreign(session.estate.stores, session.estate.live)
            pieces = [s for one in shown for s in foreign.expand(Selection(one, wheres[one]), name)]
            done = {one.collection: one for one in store.restrict(hold.id, pieces)}
            made += [Hidden(name, o.collection, o.records, o.hiding, o.detail) for o in done.values()]
            shown -= done.keys()
        made += [Hidden(name, one, counts[one], Hiding.NONE, "cannot") for one in sorted(shown)]
    return tuple(made)


def _selected(session: Session, reach: Reach) -> Iterator[tuple[Place, Predicate]]:
    """The person's own records; what is others' too is kept, and not hidden from them."""
    for where_from in sorted({entry.place for entry in session.estate.entries()}):
        where = either(*(reach.mine(entry) for entry in session.policy.entries_of(where_from)))
        if not is_nothing(where):
            yield where_from, where
