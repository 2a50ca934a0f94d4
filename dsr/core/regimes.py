"""What a privacy law asks of an answer, as data: terms, pauses, grounds to refuse, remedies, each with its citation."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from dsr.core.text import Text


class Right(Enum):
    """What a person asks for."""

    ACCESS = "access"
    PORTABILITY = "portability"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    WITHDRAWAL = "withdrawal"
    COMPLAINT = "complaint"
    BREACH = "breach"  # nobody asks: data reached the wrong person, and an authority may have to hear of it


class Event(Enum):
    """What has to have happened by a date."""

    ACKNOWLEDGE = "acknowledge"
    TARGET = "target"  # the company's own aim, before the law's last day
    ANSWER = "answer"
    EXTENDED = "extended"  # the answer, when an extension was told in time


class Question(Enum):
    """What the company may have to ask back."""

    IDENTITY = "identity"
    CLARIFICATION = "clarification"
    FEE = "fee"


class Effect(Enum):
    """What an open question does to the clock."""

    RUNS_ON = "runs_on"
    EXCLUDES_DAYS = "excludes_days"
    STARTS_WITH_ANSWER = "starts_with_answer"


class Mark(Enum):
    """How well an entry is known."""

    READ = "read"
    SECONDARY = "secondary"
    RECALL = "recall"
    OUR_RULE = "our_rule"


@dataclass(frozen=True, slots=True)
class Cite:
    """Where something is written, and who last looked when."""

    text: Text
    mark: Mark
    verified_on: date


@dataclass(frozen=True, slots=True)
class Span:
    """How long: calendar months, calendar days, or working days; exactly one of them is not None."""

    months: int | None = None
    days: int | None = None
    working_days: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One date that the law sets. `rolls` moves it from a day off to the next working day."""

    id: str
    event: Event
    rights: frozenset[Right]
    span: Span
    rolls: bool
    cite: Cite


@dataclass(frozen=True, slots=True)
class Pause:
    """What asking back does. A question that is put later than `within` days after receipt does not stop the clock.

    `within_mark` says how well that number is known: it may be this project's own.
    """

    question: Question
    effect: Effect
    within: int | None
    cite: Cite
    within_mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason to refuse that the law knows."""

    name: str
    title: Text
    cite: Cite


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a person can do who does not agree."""

    text: Text
    cite: Cite


@dataclass(frozen=True, slots=True)
class Regime:
    """One law. `calendar` names the days off: a country, a country with a region, or `controller`.

    With `controller` the holidays of its place count where it lies in one of `countries`. `notes` tell doubts.
    """

    name: str
    title: Text
    calendar: str
    pauses: tuple[Pause, ...]
    terms: tuple[Term, ...]
    grounds: tuple[Ground, ...]
    remedies: tuple[Remedy, ...]
    countries: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()

    def term(self, right: Right, event: Event) -> Term | None:
        """The term for a right, where the law sets one."""
        return next((one for one in self.terms if one.event is event and right in one.rights), None)

    def pause(self, question: Question) -> Pause | None:
        """What the question does here; None where the law gives it no effect, so the clock runs on."""
        return next((one for one in self.pauses if one.question is question), None)

    def ground(self, name: str) -> Ground | None:
        """The ground of that name."""
        return next((one for one in self.grounds if one.name == name), None)
