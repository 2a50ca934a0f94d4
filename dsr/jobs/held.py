"""The holds in force, with the people they cover as they are known now: what they are called since is held too."""

from dataclasses import replace

from dsr.core.errors import StoreUnreachableError
from dsr.core.holds import Hold, Holds
from dsr.core.subject import Subject
from dsr.engine.identity import Ask, Resolver
from dsr.jobs.people import token_of
from dsr.jobs.session import Session

_Named = tuple[tuple[str, frozenset[str]], ...]


def holds_now(session: Session) -> Holds:
    """The active holds; their people are found again, all together, and never become less than they were.

    Raises StoreUnreachableError where the accounts' own store does not answer: then nobody can say whom a hold covers.
    """
    known = session.state.holds()
    held = {one.token: one for hold in known.active for one in hold.scope.subjects or ()}
    if not held:
        return known
    homes = {anchor.ref.place.store for anchor in session.policy.anchors}
    for gap in session.estate.gaps:
        if gap.kind == "unreachable" and gap.where in homes:
            raise StoreUnreachableError(f"{gap.text} It holds the accounts; without it nobody knows what is held.")
    answers = Resolver(session.estate, token_of(session)).resolve(_ask(session, one) for one in held.values())
    grown = {
        token: _more(subject, answer.subject) for (token, subject), answer in zip(held.items(), answers, strict=True)
    }
    return Holds(known.generation, tuple(_with(hold, grown) for hold in known.active))


def _ask(session: Session, subject: Subject) -> Ask:
    """By the accounts, which were confirmed to be one person's; without any by the identifiers, which were not."""
    accounts = tuple((kind, key) for kind, keys in subject.anchors for key in sorted(keys))
    if accounts:
        return Ask(accounts, merge=True)
    named = {one.name for one in session.policy.identifiers}
    return Ask(tuple((name, text) for name, texts in subject.identifiers if name in named for text in sorted(texts)))


def _more(old: Subject, new: Subject | None) -> Subject:
    if new is None:
        return old
    anchors, identifiers = _both(old.anchors, new.anchors), _both(old.identifiers, new.identifiers)
    return replace(old, anchors=anchors, identifiers=identifiers)


def _both(one: _Named, other: _Named) -> _Named:
    names = sorted({*dict(one), *dict(other)})
    return tuple((name, dict(one).get(name, frozenset()) | dict(other).get(name, frozenset())) for name in names)


def _with(hold: Hold, grown: dict[str, Subject]) -> Hold:
    if hold.scope.subjects is None:
        return hold
    return replace(hold, scope=replace(hold.scope, subjects=tuple(grown[one.token] for one in hold.scope.subjects)))
