"""A request of a data subject: what was asked, when it reached the company, and what has happened since.

Dates by which to answer are not kept: they are computed from these facts and the law (`core/deadlines.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from dsr.core.deadlines import Asked, Calendar, Deadline, deadlines
from dsr.core.regimes import Event, Question, Regime, Right

COPIES = frozenset({Right.ACCESS, Right.PORTABILITY})
"""The rights whose answer is a copy."""


class Channel(Enum):
    """How a request reached the company."""

    EMAIL = "email"
    FORM = "form"
    ACCOUNT = "account"  # a form that is reached after signing in
    LETTER = "letter"
    PHONE = "phone"
    CHAT = "chat"
    IN_PERSON = "in_person"


class Requester(Enum):
    """Who asks. Everybody but the person themself has to show that they may."""

    SELF = "self"
    AGENT = "agent"
    GUARDIAN = "guardian"
    HEIR = "heir"


class Delay(Enum):
    """Why an answer takes longer; the reasons that the laws know."""

    COMPLEXITY = "complexity"
    NUMBER = "number"  # of the requests of this person


class Ending(Enum):
    """How a request ended."""

    FULFILLED = "fulfilled"
    PARTIAL = "partial"  # in part, the rest with reasons
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"


class Status(Enum):
    """Where a request stands."""

    INITIATED = "initiated"
    ACKNOWLEDGED = "acknowledged"
    REQUIRES_ACTION = "requires_action"  # of the person: a question is open
    ACCEPTED = "accepted"  # it is known who asks
    DELAYED = "delayed"
    FULFILLED = "fulfilled"
    PARTIAL = "partial"
    REJECTED = "rejected"
    UNFULFILLED = "unfulfilled"


@dataclass(frozen=True, slots=True)
class Posed:
    """A question to the person."""

    question: Question
    at: datetime
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What identifies people: whom it is about, who asks, where to reply, what was written. It is sealed at rest."""

    values: tuple[tuple[str, str], ...] = ()
    contact: str = ""
    name: str = ""
    message: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, without anything that identifies the person. `subject` is a handle, once it is known who asks."""

    id: str
    rights: tuple[Right, ...]
    regimes: tuple[str, ...]
    channel: Channel
    language: str
    requester: Requester
    test: bool
    received_at: datetime
    opened_at: datetime
    acknowledged_at: datetime | None = None
    verified_at: datetime | None = None
    proof: str = ""
    subject: str | None = None
    suspected: bool = False
    extended_at: datetime | None = None
    delay: Delay | None = None
    closed_at: datetime | None = None
    ending: Ending | None = None
    ground: str = ""
    in_time: bool | None = None
    questions: tuple[Posed, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it is still to be answered."""
        return self.closed_at is None

    @property
    def status(self) -> Status:
        """Where it stands."""
        if self.ending is not None:
            return _ENDED[self.ending]
        if any(one.answered_at is None for one in self.questions):
            return Status.REQUIRES_ACTION
        if self.extended_at is not None:
            return Status.DELAYED
        if self.verified_at is not None:
            return Status.ACCEPTED
        return Status.INITIATED if self.acknowledged_at is None else Status.ACKNOWLEDGED

    @property
    def days(self) -> int | None:
        """Whole days from receipt to the end."""
        return None if self.closed_at is None else (self.closed_at - self.received_at).days


_ENDED = {
    Ending.FULFILLED: Status.FULFILLED,
    Ending.PARTIAL: Status.PARTIAL,
    Ending.REJECTED: Status.REJECTED,
    Ending.WITHDRAWN: Status.UNFULFILLED,
    Ending.DUPLICATE: Status.UNFULFILLED,
}


@dataclass(frozen=True, slots=True)
class Law:
    """A law with the calendar that counts under it."""

    regime: Regime
    calendar: Calendar


def dates(
    rights: Iterable[Right],
    laws: Iterable[Law],
    received: date,
    asked: tuple[Asked, ...],
    today: date,
) -> tuple[Deadline, ...]:
    """Every date of a request, law by law; a date that two of its rights share stands once."""
    wanted, found = tuple(rights), dict[tuple[str, str], Deadline]()
    for law in laws:
        for right in wanted:
            for one in deadlines(law.regime, right, received, asked, law.calendar, today):
                found.setdefault((one.regime, one.term), one)
    return tuple(found.values())


def pending(request: Request, found: Iterable[Deadline]) -> Iterator[Deadline]:
    """The dates that something is still to be done by: where an extension was told, the extended ones."""
    every = tuple(found)
    longer = {(one.regime) for one in every if one.event is Event.EXTENDED} if request.extended_at else set()
    for one in every:
        done = one.event is Event.ACKNOWLEDGE and request.acknowledged_at is not None
        later = one.event in (Event.ANSWER, Event.TARGET) and one.regime in longer
        if not done and not later and (one.event is not Event.EXTENDED or request.extended_at is not None):
            yield one


def day(instant: datetime, zone: str) -> date:
    """The day of an instant where the company is."""
    return instant.astimezone(ZoneInfo(zone)).date()


def asked(posed: Posed, zone: str) -> Asked:
    """The question with its days where the company is."""
    answered = posed.answered_at
    return Asked(posed.question, day(posed.at, zone), None if answered is None else day(answered, zone))
