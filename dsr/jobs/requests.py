"""The register of requests: opened, listed, shown with their dates, extended, refused, closed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from dsr.core.deadlines import Deadline, due
from dsr.core.errors import ApprovalMissingError, UsageError
from dsr.core.letters import Kind
from dsr.core.regimes import Event, Question, Right
from dsr.core.requests import COPIES, Channel, Delay, Ending, Request, Requester, Said, Status, day, pending
from dsr.engine import regimes
from dsr.jobs.freezing import release
from dsr.jobs.lawful import Days, chosen
from dsr.jobs.notices import require_done
from dsr.jobs.people import Asked, checked
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.plans import PlanStatus
from dsr.state.requests import Arrival, Done, RequestAct

EXCESSIVE = "excessive"
"""The ground that takes a second person: nobody alone calls a request unfounded."""
SOON = 14
"""Days before a date from which `list --due` shows it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as it came in. `closed_at` and `ending` are for cases of the past that are brought in."""

    rights: tuple[Right, ...]
    received_at: datetime
    said: Said
    channel: Channel = Channel.EMAIL
    language: str = "en"
    regimes: tuple[str, ...] = ()
    requester: Requester = Requester.SELF
    test: bool = False
    message_id: str = ""
    closed_at: datetime | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new request, by when to answer it, and earlier requests about the same person."""

    request: Request
    due: date | None
    earlier: tuple[str, ...]
    duplicates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One request with the next date that something is to be done by."""

    request: Request
    next: Deadline | None
    days_left: int | None

    @property
    def late(self) -> bool:
        """Whether a date of the law has passed; the company's own targets are no law."""
        return self.days_left is not None and self.days_left < 0

    @property
    def status(self) -> Status:
        """Where it stands."""
        return self.request.status


@dataclass(frozen=True, slots=True)
class Listed:
    """The register, the most urgent first. `late` counts requests past a date of the law."""

    lines: tuple[Line, ...]
    late: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One request with all its dates, each with what it was made from, and with its history."""

    request: Request
    dates: tuple[Deadline, ...]
    pending: tuple[str, ...]
    due: date | None
    days_left: int | None
    earlier: tuple[str, ...]
    acts: tuple[Done, ...]
    said: Said | None

    @property
    def status(self) -> Status:
        """Where it stands."""
        return self.request.status


def open_request(session: Session, wish: Wish, asked: Asked | None = None) -> Opened:
    """Write a request down. No store is asked: whether an account exists says nothing about the request."""
    arrival = arrival_of(session, wish, asked)
    earlier = session.state.requests_with(arrival.tags)
    (request,) = session.state.open_requests((arrival,), session.actor)
    days = Days(session)
    first = due(days.of(request), extended=False)
    found = [session.state.request(id) for id in earlier]
    same = [one for one in found if one.test == request.test]
    twice = [one.id for one in same if one.open and set(one.rights) & set(request.rights)]
    return Opened(request, None if first is None else first.due, tuple(one.id for one in same), tuple(twice))


def arrival_of(session: Session, wish: Wish, asked: Asked | None = None) -> Arrival:
    """The request with everything that is filled in, before it is written down; raises UsageError for what is wrong."""
    now = session.now()
    if wish.received_at > now:
        raise UsageError("The request would have arrived in the future. Correct --received.")
    if not wish.rights:
        raise UsageError("Nothing is asked for. Name a right with --right.")
    if wish.language not in ("en", "zh"):
        raise UsageError("Letters are written in en and zh. Choose one of them with --language.")
    if wish.requester is not Requester.SELF and not (wish.said.name or wish.said.contact or wish.said.authority):
        raise UsageError("Somebody asks for another person: say who, with --name or --contact.")
    values = _values(session, asked) if asked is not None else wish.said.values
    if not values and not wish.said.contact:
        raise UsageError("Nobody was named. Give an identifier, for example --email, or --contact to reply to.")
    said = replace(wish.said, values=values)
    request = Request(
        id="",
        rights=tuple(dict.fromkeys(wish.rights)),
        regimes=chosen(session.policy, wish.regimes),
        channel=wish.channel,
        language=wish.language,
        requester=wish.requester,
        test=wish.test,
        received_at=wish.received_at,
        opened_at=now,
        closed_at=wish.closed_at,
        ending=wish.ending,
    )
    message = session.state.request_tag("message", wish.message_id) if wish.message_id else ""
    return Arrival(request, said, _tags(session, said), message)


def listing(session: Session, *, due: bool = False, closed: bool = False, test: bool = False) -> Listed:
    """The open requests; with `closed` all; with `due` those that something is to be done for within two weeks.

    Test requests stand apart: they are listed alone, or not at all.
    """
    days = Days(session)
    found = session.state.requests(only_open=not closed)
    lines = [line(days, one) for one in found if one.test == test]
    if due:
        lines = [one for one in lines if one.days_left is not None and one.days_left <= SOON]
    lines.sort(key=lambda one: (not one.request.open, one.days_left if one.days_left is not None else 10**6))
    return Listed(tuple(lines), sum(one.late for one in lines))


def line(days: Days, request: Request) -> Line:
    """The request with its next date."""
    if not request.open:
        return Line(request, None, None)
    left = [one for one in pending(request, days.of(request)) if one.event is not Event.TARGET]
    first = min(left, key=lambda one: one.due, default=None)
    return Line(request, first, None if first is None else (first.due - days.today).days)


def show(session: Session, id: str, *, reveal: bool = False) -> Shown:
    """One request. What identifies people is shown on demand only, and that is recorded."""
    request = session.state.request(id)
    days = Days(session)
    found = days.of(request)
    last = due(found, extended=request.extended_at is not None)
    said = session.state.said(id) if reveal else None
    if reveal:
        session.state.record(Act.REVEALED, session.actor, session.now(), subject=request.subject)
    earlier = tuple(one for one in session.state.requests_with(session.state.tags_of(id)) if one != id)
    return Shown(
        request,
        found,
        tuple(one.term for one in pending(request, found)) if request.open else (),
        None if last is None else last.due,
        None if last is None or not request.open else (last.due - days.today).days,
        earlier,
        tuple(one if reveal else replace(one, note="") for one in session.state.acts(id)),
        said,
    )


def acknowledge(session: Session, id: str, at: datetime) -> Request:
    """Write down that receipt was confirmed."""
    request = session.state.request(id)
    _fits(session, request, at)
    changed = replace(request, acknowledged_at=at)
    return session.state.change_request(changed, RequestAct.ACKNOWLEDGED, session.actor)


def ask(session: Session, id: str, question: Question, at: datetime) -> Request:
    """Write down that a question was put to the person; what it does to the clock is the law's business."""
    _fits(session, session.state.request(id), at)
    return session.state.pose(id, question, at, session.actor)


def answered(session: Session, id: str, question: Question, at: datetime) -> Request:
    """Write down that the person has answered."""
    _fits(session, session.state.request(id), at)
    return session.state.answer(id, question, at, session.actor)


def sort(session: Session, id: str, rights: Iterable[Right]) -> Request:
    """Say which rights a request means."""
    named = tuple(dict.fromkeys(rights))
    changed = replace(session.state.request(id), rights=named)
    word = " ".join(one.value for one in named)
    return session.state.change_request(changed, RequestAct.SORTED, session.actor, word=word)


def extend(session: Session, id: str, delay: Delay) -> Request:
    """Take longer, where a law allows it and its first date has not passed."""
    request = session.state.request(id)
    days = Days(session)
    found = days.of(request)
    first = {one.regime: one for one in found if one.event is Event.ANSWER}
    able = [one.regime for one in found if one.event is Event.EXTENDED and one.regime in first]
    if not able:
        raise UsageError(f"{id}: no law that applies knows an extension. Answer it, or refuse it with a ground.")
    in_time = [name for name in able if first[name].due >= days.today]
    if not in_time:
        last = max(first[name].due for name in able)
        raise UsageError(f"{id}: an extension had to be told by {last}. Answer at once; it is late.")
    if request.extended_at is not None:
        raise UsageError(f"{id}: it was extended already, and no law extends twice.")
    changed = replace(request, extended_at=session.now(), delay=delay)
    return session.state.change_request(changed, RequestAct.EXTENDED, session.actor, word=delay.value)


def refuse(session: Session, id: str, ground: str, reason: str) -> Request:
    """Refuse with a ground that every law that applies knows; as excessive only when a second person says so too."""
    request = session.state.request(id)
    for name in request.regimes:
        law = regimes.regime(name)
        if law.ground(ground) is None:
            known = ", ".join(one.name for one in law.grounds)
            raise UsageError(f"{id}: the regime {name} knows no ground {ground!r}. Known: {known}.")
    if not reason.strip():
        raise UsageError(f"{id}: a refusal needs the facts behind it. Say them with --reason.")
    if ground == EXCESSIVE:
        _second(session, request, reason)
    return _closed(session, request, Ending.REJECTED, ground, reason)


def close(session: Session, id: str, ending: Ending, note: str | None = None) -> Request:
    """End a request as answered, withdrawn, or received twice."""
    if ending is Ending.REJECTED:
        raise UsageError(f"{id}: a refusal needs its ground. Use dsr request refuse.")
    request = session.state.request(id)
    if ending in (Ending.FULFILLED, Ending.PARTIAL):
        require_done(session, id)
        if session.policy.casework is not None:
            _answered(session, request, noted=bool((note or "").strip()))
    return _closed(session, request, ending, "", note)


def _answered(session: Session, request: Request, *, noted: bool) -> None:
    """A request is not called fulfilled before what it asks for was done."""
    acts = session.state.acts(request.id)
    done = {one.act for one in acts}
    plans = {one.word for one in acts if one.act == RequestAct.PLANNED.value}
    applied = {one.id for one in session.state.plans() if one.status is PlanStatus.APPLIED}
    wanted = set(request.rights)
    if any(one.act == RequestAct.WRITTEN.value and one.word == Kind.NOTHING.value for one in acts):
        return
    copied = [one.act for one in acts if one.act in (RequestAct.EXPORTED.value, RequestAct.MISDELIVERED.value)]
    if wanted & COPIES and copied[-1:] != [RequestAct.EXPORTED.value]:
        raise UsageError(f"{request.id}: no copy was made yet. Run dsr export --request {request.id}.")
    if Right.RESTRICTION in wanted and RequestAct.RESTRICTED.value not in done:
        raise UsageError(f"{request.id}: nothing was restricted yet. Run dsr request restrict {request.id}.")
    if Right.RECTIFICATION in wanted and not {plan for plan, _ in session.state.corrections(request.id)} & applied:
        raise UsageError(f"{request.id}: nothing was corrected yet. Run dsr request rectify {request.id}.")
    if Right.ERASURE in wanted and not plans & applied:
        raise UsageError(f"{request.id}: no erasure was carried out yet. Run dsr delete --request {request.id}.")
    if Right.WITHDRAWAL in wanted and not plans & applied and not noted:
        raise UsageError(
            f"{request.id}: nothing was ended yet. Run dsr delete --request {request.id}, or say with --note what was "
            "stopped instead."
        )
    if Right.COMPLAINT in wanted and not noted:
        raise UsageError(f"{request.id}: say with --note what was found and done about the complaint.")
    if Right.BREACH in wanted and not noted:
        raise UsageError(f"{request.id}: say with --note when the authority was told, or why nobody is at risk.")
    if Right.OBJECTION in wanted:
        from dsr.jobs.objecting import require_answered  # it plans, which the register need not load

        require_answered(session, request)


def _closed(session: Session, request: Request, ending: Ending, ground: str, note: str | None) -> Request:
    days = Days(session)
    last = due(days.of(request), extended=request.extended_at is not None)
    in_time = None if last is None else days.today <= last.due
    changed = replace(request, closed_at=session.now(), ending=ending, ground=ground, in_time=in_time)
    word = f"{ending.value} {ground}".strip()
    release(session, request)
    return session.state.change_request(changed, RequestAct.CLOSED, session.actor, word=word, note=note)


def _second(session: Session, request: Request, reason: str) -> None:
    """Two different people must call a request excessive; the first proposes it."""
    proposed = [one.actor for one in session.state.acts(request.id) if one.act == RequestAct.PROPOSED.value]
    if any(one != session.actor for one in proposed):
        return
    if not proposed:
        session.state.note_request(request.id, RequestAct.PROPOSED, session.actor, word=EXCESSIVE, note=reason)
    raise ApprovalMissingError(
        f"{request.id}: refusing it as excessive takes a second person. It is proposed; have somebody else run the "
        "same command."
    )


def _values(session: Session, asked: Asked) -> tuple[tuple[str, str], ...]:
    if asked.token is None:
        return checked(session, asked) if asked.values else ()
    subject = session.state.subject(asked.token)
    if subject is None:
        raise UsageError(f"Nobody is known as {asked.token}. Name the person by an identifier, such as --email.")
    anchors = tuple((kind, key) for kind, keys in subject.anchors for key in sorted(keys))
    return anchors or tuple((name, value) for name, values in subject.identifiers for value in sorted(values))


def _tags(session: Session, said: Said) -> frozenset[str]:
    made = set()
    for name, value in said.values:
        known = session.policy.identifier(name)
        folded = known.match.fold(value) if known is not None else value
        made.add(session.state.request_tag(name, folded))
    return frozenset(made)


def _fits(session: Session, request: Request, at: datetime) -> None:
    zone = session.policy.controller.timezone
    if at > session.now():
        raise UsageError(f"{request.id}: that day lies in the future. Give one that has come.")
    if day(at, zone) < day(request.received_at, zone):
        raise UsageError(f"{request.id}: that day lies before the request arrived. Give a later one.")
