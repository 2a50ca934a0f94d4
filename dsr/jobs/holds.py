"""Legal holds: placing, listing, releasing."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from dsr.core.errors import GuardError, UsageError
from dsr.core.holds import Hold, HoldKind
from dsr.core.plan import Plan
from dsr.core.select import Everything, Selection, is_nothing
from dsr.core.text import Text
from dsr.engine.counting import Counter
from dsr.engine.draft import Scope
from dsr.engine.holding import held_by
from dsr.engine.regimes import regime
from dsr.engine.sparing import generations, spared
from dsr.engine.walking import paths
from dsr.jobs.covering import Wish, grounds_of, reviewed_by, scope_of
from dsr.jobs.fences import Acknowledged, acknowledge
from dsr.jobs.people import Asked, resolve
from dsr.jobs.planning import planned_now, saved
from dsr.jobs.session import Session
from dsr.state.events import Act, Counts
from dsr.state.plans import PlanStatus

WAIT = 30.0
"""Seconds that placing a hold waits for units at work."""


_ENDS = {
    HoldKind.MATTER: "Release it with dsr hold release.",
    HoldKind.COPY: "It ends when the copy was made, or the request is closed.",
    HoldKind.RESTRICTION: "End it with dsr request lift, after the person was told.",
}


@dataclass(frozen=True, slots=True)
class Covered:
    """How many records of an entry a hold protects now."""

    entry: str
    count: int


@dataclass(frozen=True, slots=True)
class Ground:
    """Why one law lets the records be kept, in both languages."""

    regime: str
    ground: str
    title: Text
    cite: Text


@dataclass(frozen=True, slots=True)
class HoldShown:
    """A hold with what it protects now. The subjects are tokens; of its condition only the fields are named."""

    hold: Hold
    subjects: tuple[str, ...]
    covered: tuple[Covered, ...]
    grounds: tuple[Ground, ...] = ()
    conditions: tuple[str, ...] = ()
    acknowledged: tuple[Acknowledged, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether some store does not know of it yet."""
        return any(one.since is None for one in self.acknowledged)

    @property
    def records(self) -> int:
        """All protected records."""
        return sum(one.count for one in self.covered)


@dataclass(frozen=True, slots=True)
class Replanned:
    """A plan that kept records because of the hold, and the new one for the same people, or for the calendar.

    None where the people are no longer remembered: then their identifiers have to be given again.
    """

    earlier: str
    subjects: tuple[str, ...]
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Released:
    """A hold that was released, and the new plans of what it had deferred."""

    hold: Hold
    plans: tuple[Replanned, ...]


def place(
    session: Session, wish: Wish, asked: Iterable[Asked] = (), *, merge: bool = False, wait: float = WAIT
) -> HoldShown:
    """Place a hold. When every store has acknowledged it nothing that it covers disappears, whatever is at work; no
    plan of before can be applied, and every new one respects it. Waits `wait` seconds at most for units at work.
    """
    wanted = tuple(asked)
    subjects = resolve(session, wanted, merge=merge) if wanted else None
    scope, grounds, reviewer = scope_of(session, wish, subjects), grounds_of(session, wish), reviewed_by(session, wish)
    hold = Hold(
        id=session.state.next_hold_id(),
        matter=wish.matter,
        reason=wish.reason,
        authority=wish.authority,
        scope=scope,
        placed_by=session.actor,
        placed_at=session.now(),
        review_on=wish.review_on,
        reviewer=reviewer,
        grounds=grounds,
        kind=wish.kind,
        disclose=wish.disclose,
    )
    return enforce(session, hold, wait)


def enforce(session: Session, hold: Hold, wait: float = WAIT) -> HoldShown:
    """Write a hold down, make it known to every store, and record what it protects and who acknowledged it."""
    session.state.place(hold)
    known = acknowledge(session, session.state.generation(), wait)
    made = replace(shown(session, hold), acknowledged=known)
    counts = (
        ("held", made.records),
        *_answers(known),
        ("gone", sum(one.gone for one in known)),
    )
    session.state.record(Act.HOLD_PLACED, session.actor, hold.placed_at, hold=hold.id, counts=counts)
    return made


def press(session: Session, wait: float = WAIT) -> tuple[Acknowledged, ...]:
    """Make all holds known again to every store, for those that had not acknowledged one.

    What runs that do not know a hold had changed by then is counted: from now on it must not grow.
    """
    known = acknowledge(session, session.state.generation(), wait)
    every, now = session.state.all_holds(), session.now()
    runs = session.state.changed(min((one.placed_at for one in every), default=now))
    born = generations(every)
    for hold in every:
        if hold.active:
            changed = max(spared(hold, born[hold.id], {}, runs).unknowing, sum(one.gone for one in known))
            counts = (*_answers(known), ("gone", changed))
            session.state.record(Act.HOLD_PRESSED, session.actor, now, hold=hold.id, counts=counts)
    return known


def _answers(known: tuple[Acknowledged, ...]) -> Counts:
    return ("stores", len(known)), ("acknowledged", sum(one.since is not None for one in known))


def release(session: Session, hold_id: str, reason: str, *, kind: HoldKind = HoldKind.MATTER) -> Released:
    """Release a hold, and plan again what it had deferred. Nothing is deleted: the new plans are to be applied."""
    now = session.now()
    for one in session.state.holds().active:
        if one.id == hold_id and one.kind is not kind:
            raise UsageError(f"hold {hold_id} is of another kind. {_ENDS[one.kind]}")
    session.state.release(hold_id, session.actor, now, reason)
    session.state.record(Act.HOLD_RELEASED, session.actor, now, hold=hold_id)
    hold = next(hold for hold in session.state.all_holds() if hold.id == hold_id)
    return Released(hold, tuple(_planned_again(session, plan) for plan in _deferred(session, hold)))


def show(session: Session, hold_id: str) -> HoldShown:
    """One hold with what it protects now."""
    for hold in session.state.all_holds():
        if hold.id == hold_id:
            return shown(session, hold)
    raise UsageError(f"There is no hold {hold_id}. See dsr hold list.")


def all_holds(session: Session) -> tuple[Hold, ...]:
    """All holds, the released ones included."""
    return session.state.all_holds()


def _deferred(session: Session, hold: Hold) -> tuple[Plan, ...]:
    """The plans that kept records because of the hold: for the same people the newest, and the newest purge."""
    found: dict[tuple[str, ...], Plan] = {}
    for row in session.state.plans():
        if row.made_at >= hold.placed_at and row.status in (PlanStatus.APPLIED, PlanStatus.PARTIAL):
            plan = session.state.plan(row.id)
            found.pop(plan.subjects, None)
            if any(step.count and step.reasons[0].hold == hold.id for step in plan.steps):
                found[plan.subjects] = plan
    return tuple(found.values())


def _planned_again(session: Session, plan: Plan) -> Replanned:
    subjects = tuple(one for token in plan.subjects if (one := session.state.subject(token)) is not None)
    if len(subjects) < len(plan.subjects):
        return Replanned(plan.id, plan.subjects, None)
    calendar = plan.scope == "expired"
    limits = session.policy.purge_guards if calendar else session.policy.request_guards
    planned = planned_now(session, Scope(None if calendar else subjects), None)
    with suppress(GuardError):  # saved all the same; whoever applies it meets the guard
        saved(session, planned, subjects, limits)
    return Replanned(plan.id, plan.subjects, planned.plan)


def shown(session: Session, hold: Hold) -> HoldShown:
    """A hold with what it protects now."""
    counter = Counter(session.estate)
    covered = []
    for entry in session.estate.entries():
        where = held_by(session.estate, entry, hold.scope)
        if hold.active and not is_nothing(where):
            chosen = Selection(entry.place.collection, where)
            covered.append(Covered(entry.name, counter.plain(entry.place.store, chosen)))
    subjects = tuple(subject.token for subject in hold.scope.subjects or ())
    conditions = dict.fromkeys(".".join(path) for path in paths(hold.scope.where or Everything()))
    found = tuple(one for one in covered if one.count)
    return HoldShown(hold, subjects, found, tuple(_grounds(hold)), tuple(conditions))


def _grounds(hold: Hold) -> Iterator[Ground]:
    for one in hold.grounds:
        known = regime(one.regime).ground(one.ground)
        if known is not None:
            yield Ground(one.regime, one.ground, known.title, known.cite.text)
