"""Legal holds: placing, listing, releasing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from dsr.core.errors import UsageError
from dsr.core.holds import Hold, HoldScope
from dsr.core.select import Selection, is_nothing
from dsr.engine.counting import Counter
from dsr.engine.holding import held_by
from dsr.jobs.fences import Acknowledged, acknowledge
from dsr.jobs.people import Asked, resolve
from dsr.jobs.session import Session
from dsr.state.events import Act

WAIT = 30.0
"""Seconds that placing a hold waits for units at work."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a hold shall cover and why."""

    matter: str
    reason: str
    authority: str
    rules: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """How many records of an entry a hold protects now."""

    entry: str
    count: int


@dataclass(frozen=True, slots=True)
class HoldShown:
    """A hold with what it protects now. The subjects are tokens."""

    hold: Hold
    subjects: tuple[str, ...]
    covered: tuple[Covered, ...]
    acknowledged: tuple[Acknowledged, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether some store does not know of it yet."""
        return any(one.since is None for one in self.acknowledged)

    @property
    def records(self) -> int:
        """All protected records."""
        return sum(one.count for one in self.covered)


def place(
    session: Session, wish: Wish, asked: Iterable[Asked] = (), *, merge: bool = False, wait: float = WAIT
) -> HoldShown:
    """Place a hold. When every store has acknowledged it nothing that it covers disappears, whatever is at work; no
    plan of before can be applied, and every new one respects it. Waits `wait` seconds at most for units at work.
    """
    _known(session, wish)
    wanted = tuple(asked)
    subjects = resolve(session, wanted, merge=merge) if wanted else None
    if subjects is None and not wish.rules and not wish.collections:
        raise UsageError("A hold needs a scope: a person, --rule or --collection.")
    scope = HoldScope(subjects, wish.rules or None, wish.collections or None)
    hold = Hold(
        id=session.state.next_hold_id(),
        matter=wish.matter,
        reason=wish.reason,
        authority=wish.authority,
        scope=scope,
        placed_by=session.actor,
        placed_at=session.now(),
        review_on=wish.review_on,
    )
    session.state.place(hold)
    known = acknowledge(session, session.state.generation(), wait)
    shown = replace(_shown(session, hold), acknowledged=known)
    counts = (("held", shown.records),)
    session.state.record(Act.HOLD_PLACED, session.actor, hold.placed_at, hold=hold.id, counts=counts)
    return shown


def press(session: Session, wait: float = WAIT) -> tuple[Acknowledged, ...]:
    """Make all holds known again to every store, for those that had not acknowledged one."""
    return acknowledge(session, session.state.generation(), wait)


def release(session: Session, hold_id: str, reason: str) -> Hold:
    """Release a hold. What it deferred needs a new plan."""
    now = session.now()
    session.state.release(hold_id, session.actor, now, reason)
    session.state.record(Act.HOLD_RELEASED, session.actor, now, hold=hold_id)
    return next(hold for hold in session.state.all_holds() if hold.id == hold_id)


def show(session: Session, hold_id: str) -> HoldShown:
    """One hold with what it protects now."""
    for hold in session.state.all_holds():
        if hold.id == hold_id:
            return _shown(session, hold)
    raise UsageError(f"There is no hold {hold_id}. See dsr hold list.")


def all_holds(session: Session) -> tuple[Hold, ...]:
    """All holds, the released ones included."""
    return session.state.all_holds()


def _known(session: Session, wish: Wish) -> None:
    rules = {rule.name for rule in session.policy.rules}
    places = {str(entry.place) for entry in session.policy.entries}
    for name, known in [(r, rules) for r in wish.rules] + [(c, places) for c in wish.collections]:
        if name not in known:
            raise UsageError(f"The policy knows no {name!r}. Known: {', '.join(sorted(known))}.")


def _shown(session: Session, hold: Hold) -> HoldShown:
    counter = Counter(session.estate)
    covered = []
    for entry in session.estate.entries():
        where = held_by(session.estate, entry, hold.scope)
        if hold.active and not is_nothing(where):
            chosen = Selection(entry.place.collection, where)
            covered.append(Covered(entry.name, counter.plain(entry.place.store, chosen)))
    subjects = tuple(subject.token for subject in hold.scope.subjects or ())
    return HoldShown(hold, subjects, tuple(one for one in covered if one.count))
