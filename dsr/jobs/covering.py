"""From what was wished to what a hold covers: names and dates are checked against the policy and the stores."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dsr.core.errors import UsageError
from dsr.core.holds import Grounded, HoldKind, HoldScope
from dsr.core.policy import FieldRef, Place
from dsr.core.select import Predicate
from dsr.core.subject import Subject
from dsr.engine.policyfile.where import condition_of
from dsr.engine.regimes import regimes
from dsr.engine.walking import paths
from dsr.jobs.session import Session

_CLAIMS = "legal_claims"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a hold shall cover and why. `since` and `until` are days of the controller, both inside; `where` is a
    condition as the policy file writes it; `grounds` are (law, ground).
    """

    matter: str
    reason: str
    authority: str
    rules: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    review_on: date | None = None
    fields: tuple[str, ...] = ()
    where: str | None = None
    since: date | None = None
    until: date | None = None
    reviewer: str | None = None
    grounds: tuple[tuple[str, str], ...] = ()
    kind: HoldKind = HoldKind.MATTER
    disclose: bool = True


def scope_of(session: Session, wish: Wish, subjects: tuple[Subject, ...] | None) -> HoldScope:
    """The scope. UsageError where it names what is not there, or nothing at all."""
    _known(wish.rules, {rule.name for rule in session.policy.rules})
    _known(wish.collections, {str(entry.place) for entry in session.policy.entries})
    fields = tuple(field_of(session, name) for name in wish.fields)
    where = None if wish.where is None else condition_of(wish.where)
    since, until = _midnight(session, wish.since), _midnight(session, wish.until, days=1)
    if since is not None and until is not None and since >= until:
        raise UsageError("The window of the hold ends before it begins: --since comes after --until.")
    scope = HoldScope(subjects, wish.rules or None, wish.collections or None, fields or None, where, since, until)
    if where is not None:
        _has_fields(session, scope, where)
    if scope == HoldScope():
        raise UsageError("A hold needs a scope: a person, --rule, --collection, --field, or --since and --until.")
    return scope


def grounds_of(session: Session, wish: Wish) -> tuple[Grounded, ...]:
    """For each law of the policy the ground that is given, else "legal claims" where the law knows that one.

    A person's own restriction, or a copy that is being made, needs none.
    """
    if wish.kind is not HoldKind.MATTER:
        return ()
    given = dict(wish.grounds)
    _known(tuple(given), set(session.policy.controller.regimes))
    made = []
    for law in regimes(session.policy.controller.regimes):
        name = given.get(law.name, _CLAIMS)
        if law.name in given:
            _known((name,), {ground.name for ground in law.grounds})
        if law.ground(name) is not None:
            made.append(Grounded(law.name, name))
    return tuple(made)


def reviewed_by(session: Session, wish: Wish) -> str | None:
    """Who reviews the hold: somebody else than who places it."""
    if wish.reviewer is not None and wish.reviewer.strip().casefold() in ("", session.actor.casefold()):
        raise UsageError("The reviewer of a hold is somebody else than who places it. Name another --reviewer.")
    if wish.review_on is not None and wish.review_on <= session.now().date():
        raise UsageError("The review date of a hold lies ahead. Name a later --review.")
    return wish.reviewer


def _known(names: tuple[str, ...], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise _unknown(name, sorted(known))


def _unknown(name: str, known: Iterable[str]) -> UsageError:
    return UsageError(f"The policy knows no {name!r}. Known: {', '.join(known)}.")


def field_of(session: Session, name: str) -> FieldRef:
    """The longest declared collection that begins the name wins, as everywhere."""
    places = sorted({entry.place for entry in session.policy.entries}, key=lambda place: -len(str(place)))
    for place in places:
        if name.startswith(f"{place}."):
            path = tuple(name[len(str(place)) + 1 :].split("."))
            _exists(session, place, path[0])
            return FieldRef(place, path)
    raise _unknown(name, [str(place) for place in sorted(places)])


def _has_fields(session: Session, scope: HoldScope, where: Predicate) -> None:
    places = [entry.place for entry in session.policy.entries if scope.narrow and scope.names(entry.place)]
    if not places:
        raise UsageError("--where speaks of the fields of a collection. Name it with --collection.")
    for place in places:
        for path in paths(where):
            _exists(session, place, path[0])


def _exists(session: Session, place: Place, name: str) -> None:
    collection = session.estate.live.get(place)
    if collection is not None and not collection.open and collection.field(name) is None:
        raise _unknown(f"{place}.{name}", [field.name for field in collection.fields])


def _midnight(session: Session, day: date | None, days: int = 0) -> datetime | None:
    if day is None:
        return None
    zone = ZoneInfo(session.policy.controller.timezone)
    return datetime.combine(day + timedelta(days=days), time.min, zone).astimezone(UTC)
