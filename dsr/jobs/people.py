"""Finding people: from what was typed to subjects that plans and exports can name by a token."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsr.core.errors import StoreUnreachableError, SubjectAmbiguousError, SubjectNotFoundError, UsageError
from dsr.core.select import Selection, is_nothing
from dsr.core.subject import Subject, account_key, account_parts
from dsr.engine.counting import Counter
from dsr.engine.derived import Value
from dsr.engine.identity import Account, Answer, Ask, Resolver, Tokens
from dsr.engine.parents import rules_of
from dsr.engine.reach import Persons, Reach
from dsr.jobs.session import Session
from dsr.state.events import Act

if TYPE_CHECKING:
    from dsr.jobs.sweep import Swept


@dataclass(frozen=True, slots=True)
class Asked:
    """One person as described on the command line: `values` are (identifier, value); or a token given earlier."""

    values: tuple[tuple[str, str], ...] = ()
    token: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """How many records of a person lie in one collection, and how many of those are shared."""

    place: str
    entry: str
    rule: str
    own: int
    shared: int


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person and where their records lie. `identifiers` counts values by kind, never shows them."""

    token: str
    accounts: int
    identifiers: tuple[tuple[str, int], ...]
    stops: int
    places: tuple[PlaceCount, ...]
    swept: "Swept | None" = None

    @property
    def records(self) -> int:
        """All their own records."""
        return sum(place.own for place in self.places)


def find(session: Session, asked: Asked, *, merge: bool = False, deep: bool = False) -> FoundPerson:
    """Who it is and how many records lie where. Raises SubjectNotFoundError and SubjectAmbiguousError.

    With `deep` every record of every store is looked through for the person's identifiers, declared or not.
    """
    (subject,) = resolve(session, (asked,), merge=merge)
    places = tuple(_places(session, subject))
    swept = _swept(session, subject, asked) if deep else None
    if not any(place.own or place.shared for place in places) and not (swept is not None and swept.traces):
        raise SubjectNotFoundError(nobody(session))
    session.state.record(Act.FOUND, session.actor, session.now(), subject=subject.token)
    return FoundPerson(
        subject.token,
        sum(len(keys) for _, keys in subject.anchors),
        tuple((name, len(v)) for name, v in subject.identifiers if session.policy.identifier(name)),
        subject.stops,
        places,
        swept,
    )


def resolve(session: Session, asked: Iterable[Asked], *, merge: bool = False) -> tuple[Subject, ...]:
    """The subjects, remembered in the state database. Several asks that turn out to be one person give one subject."""
    wanted = tuple(asked)
    if not wanted:
        raise UsageError(_NO_NAME)
    _answering(session)
    known = [_known(session, one.token) for one in wanted if one.token is not None]
    asks = tuple(Ask(checked(session, one), merge) for one in wanted if one.token is None)
    resolver = Resolver(session.estate, token_of(session))
    answers = resolver.resolve(asks)
    for answer in answers:
        if answer.subject is None:
            raise _ambiguous(session, resolver, answer)
    found = [*known, *(answer.subject for answer in answers if answer.subject is not None)]
    subjects = tuple({subject.token: subject for subject in found}.values())
    session.state.remember(subjects)
    _remark(session, wanted, subjects)
    return subjects


def _remark(session: Session, wanted: Iterable[Asked], found: Iterable[Subject]) -> None:
    """Say whose the values were before an erasure: what was kept lies under that account, and not under them."""
    values = {
        (name, declared.match.fold(value))
        for one in wanted
        for name, value in one.values
        if (declared := session.policy.identifier(name)) is not None
    }
    if values:
        for token in sorted(set(session.state.former(values, session.now())) - {one.token for one in found}):
            remark = (
                f"Somebody who was called so was erased: {token}. What had to be kept is found with --subject {token} "
                "and not by these identifiers. Whether it is the same person is for you to judge."
            )
            session.remarks[remark] = None


def nobody(session: Session) -> str:
    """What to say where no record was found."""
    return _GONE if session.remarks else _NOBODY


def _swept(session: Session, subject: Subject, asked: Asked) -> "Swept":
    from dsr.jobs.sweep import sweep, wanted  # its detectors are for this alone

    return sweep(session.estate, subject, wanted(session.estate, subject, asked.values))


def _answering(session: Session) -> None:
    """Nobody can be found, and nobody be called unknown, while the accounts' own store does not answer."""
    homes = {anchor.ref.place.store for anchor in session.policy.anchors}
    for gap in session.estate.gaps:
        if gap.kind == "unreachable" and gap.where in homes:
            raise StoreUnreachableError(f"{gap.text} It holds the accounts; without it nobody can be found.")


def _known(session: Session, token: str) -> Subject:
    remembered = session.state.subject(token)
    if remembered is None:
        raise SubjectNotFoundError(f"Nobody is known as {token}. Find the person by an identifier first: dsr find.")
    given = tuple((kind, key) for kind, keys in remembered.anchors for key in sorted(keys))
    if not given:
        return remembered
    (answer,) = Resolver(session.estate, token_of(session)).resolve((Ask(given, merge=True),))
    return answer.subject if answer.subject is not None and answer.subject.anchors else remembered


def checked(session: Session, asked: Asked) -> tuple[Value, ...]:
    """The values that were given, each under a name that the policy knows; raises UsageError for another."""
    names = {i.name for i in session.policy.identifiers} | {a.kind for a in session.policy.anchors}
    for name, value in asked.values:
        if name not in names:
            known = ", ".join(sorted(names))
            raise UsageError(f"{name!r} is not an identifier of this policy. Known identifiers: {known}.")
        if len(value) > _LONGEST:
            raise UsageError(f"The {name} is longer than {_LONGEST} characters, so it is none.")
        if value == "" and session.policy.identifier(name) is not None and not _may_be_empty(session, name):
            raise UsageError(f"The {name} is empty; an empty value names nobody. Give a value.")
    if not asked.values:
        raise UsageError(_NO_NAME)
    return tuple((name, _key(session, name, value)) for name, value in asked.values)


def _key(session: Session, name: str, value: str) -> str:
    """The key of an account of several parts, written acme/5 or, where a part holds a slash, as a JSON list."""
    anchor = next((one for one in session.policy.anchors if one.kind == name), None)
    if anchor is None or not anchor.more:
        return value
    count = len(anchor.paths)
    with suppress(ValueError):
        return account_key(account_parts(value, count))
    parts = value.split("/")
    if len(parts) != count:
        names = "/".join(path[-1] for path in anchor.paths)
        raise UsageError(f"An account of kind {name} has {count} parts. Write --id {name}={names}, or a JSON list.")
    return account_key(parts)


def _may_be_empty(session: Session, name: str) -> bool:
    """Only account keys may be the empty text."""
    return any(
        anchor.ref in identifier.refs
        for anchor in session.policy.anchors
        for identifier in session.policy.identifiers
        if identifier.name == name
    )


def token_of(session: Session) -> Tokens:
    """Makes handles under the key of the state database."""

    def made(accounts: Iterable[Account], values: Iterable[Value]) -> str:
        return session.state.token(_grouped(accounts), _grouped(values))

    return made


def _grouped(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, frozenset[str]], ...]:
    groups: dict[str, set[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, set()).add(value)
    return tuple((name, frozenset(values)) for name, values in sorted(groups.items()))


def _ambiguous(session: Session, resolver: Resolver, answer: Answer) -> SubjectAmbiguousError:
    each = resolver.resolve(Ask((account,)) for account in answer.candidates)
    subjects = tuple(one.subject for one in each if one.subject is not None)
    session.state.remember(subjects)
    tokens = ", ".join(subject.token for subject in subjects)
    return SubjectAmbiguousError(
        f"These identifiers lead to {len(answer.candidates)} accounts: {tokens}. "
        "Name one with --subject, or confirm with --merge that they are one person."
    )


def _places(session: Session, subject: Subject) -> Iterable[PlaceCount]:
    reach, counter = Reach(session.estate, Persons((subject,))), Counter(session.estate)
    for entry in session.estate.entries():
        counts = []
        for where in (reach.mine(entry), reach.shared(entry)):
            nothing = is_nothing(where)
            chosen = Selection(entry.place.collection, where)
            counts.append(0 if nothing else counter.plain(entry.place.store, chosen))
        yield PlaceCount(str(entry.place), entry.name, ", ".join(rules_of(session.policy, entry)), counts[0], counts[1])


_NOBODY = "No record belongs to these identifiers. Check the spelling; if it is right, answer that nothing is held."
_GONE = "No record belongs to these identifiers any more."
_NO_NAME = "Nobody was named. Give an identifier, for example --email, or --subject S-…."
_LONGEST = 1_000
"""Characters of an identifier; addresses have at most 254, and looking for long texts in logs is slow."""
