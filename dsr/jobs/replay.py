"""After a restore: which erased people's records came back, and the plan that erases them again."""

from collections.abc import Iterator
from datetime import datetime

from dsr.core.errors import SubjectNotFoundError, UsageError
from dsr.core.model import Path
from dsr.core.plan import Plan
from dsr.core.policy import DirectLink, Entry, IdentifierLink, KeyLink, Link, Place
from dsr.core.select import Selection, key_at
from dsr.core.subject import account_key
from dsr.engine.draft import Scope
from dsr.engine.reach import KEY
from dsr.jobs.people import Asked, resolve
from dsr.jobs.planning import planned_now, saved
from dsr.jobs.session import Session

_AT_ONCE = 5_000

Value = tuple[str, str]


def plan_replay(session: Session, since: datetime) -> Plan:
    """The plan that erases again everybody who was erased at or after `since` and stands in a store; saved.

    `since` is the time of the backup: what was erased before is not in it. Holds of now are respected.
    """
    if since > session.now():
        raise UsageError("--since is the time of the backup that was restored; it lies behind.")
    back = sorted(_back(session, since))
    if not back:
        raise SubjectNotFoundError("Nobody who was erased since then stands in a store. Nothing has to be done again.")
    subjects = resolve(session, (Asked((value,)) for value in back), merge=True)
    planned = planned_now(session, Scope(subjects), None)
    return saved(session, planned, subjects, session.policy.request_guards)


def limits(session: Session) -> Iterator[str]:
    """What a replay cannot know, for whoever reads its plan."""
    blind = [entry.name for entry in session.estate.entries() if not any(_own_key(link) for link in entry.links)]
    if blind and session.policy.anchors:
        yield (
            f"{', '.join(blind)}: people with an account are found here only by their account, or by the records that "
            "these hang on. Where this came back without them, erase by the address again: dsr delete --email …"
        )
    yield "Whoever was given the key of an erased account since then is in the plan too. Look before you confirm."


def _own_key(link: Link) -> bool:
    """Whether the record itself says which account it belongs to."""
    return isinstance(link.how, DirectLink) or (isinstance(link.how, KeyLink) and link.how.after != "")


def _back(session: Session, since: datetime) -> set[Value]:
    """Erased values that stand in a store now, found in one pass over each field that can hold them."""
    found: set[Value] = set()
    some: set[Value] = set()
    for value in _standing(session):
        some.add(value)
        if len(some) >= _AT_ONCE:
            found |= session.state.suppressed(some, since, session.now())
            some.clear()
    return found | session.state.suppressed(some, since, session.now())


def _standing(session: Session) -> Iterator[Value]:
    """Every account key and identifier in the fields that the policy names, as a subject carries it."""
    for anchor in session.policy.anchors:
        yield from _read(session, anchor.ref.place, anchor.paths, anchor.kind)
    for identifier in session.policy.identifiers:
        for ref in identifier.refs:
            yield from _identified(session, ref.place, ref.path, identifier.name)
    for entry in session.estate.entries():
        yield from _linked(session, entry)


def _linked(session: Session, entry: Entry) -> Iterator[Value]:
    for link in entry.links:
        match link.how:
            case DirectLink(fields, anchor):
                yield from _read(session, entry.place, fields, anchor)
            case IdentifierLink(identifier, field):
                yield from _identified(session, entry.place, field, identifier)
            case KeyLink(before, identifier, after) if after:
                for _, text in _read(session, entry.place, (KEY,), identifier):
                    if text.startswith(before):
                        yield _named(session, identifier, text[len(before) :].split(after)[0])


def _identified(session: Session, place: Place, field: Path, identifier: str) -> Iterator[Value]:
    for _, text in _read(session, place, (field,), identifier):
        yield _named(session, identifier, text)


def _named(session: Session, identifier: str, text: str) -> Value:
    """The value as a subject carries it: that of an account's own key is the account."""
    declared = session.policy.identifier(identifier)
    if declared is None:
        return identifier, text
    for anchor in session.policy.anchors:
        if anchor.ref in declared.refs and not anchor.more:
            return anchor.kind, text
    return identifier, declared.match.fold(text)


def _read(session: Session, place: Place, fields: tuple[Path, ...], name: str) -> Iterator[Value]:
    if place not in session.estate.live:
        return
    for record in session.stores[place.store].read(Selection(place.collection), fields):
        key = key_at(record, fields)
        if key is not None:
            yield name, account_key(key)
