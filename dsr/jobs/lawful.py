"""Which laws apply to a request, each with the calendar that counts under it."""

from collections.abc import Iterable
from datetime import date
from functools import cache

from dsr.core.deadlines import Asked, Deadline
from dsr.core.errors import UsageError
from dsr.core.policy import Policy
from dsr.core.regimes import Regime, Right
from dsr.core.requests import Law, Request, asked, dates, day
from dsr.engine import regimes
from dsr.engine.calendars import WEEKENDS, calendar
from dsr.jobs.session import Session

_CONTROLLER = "controller"


def chosen(policy: Policy, named: Iterable[str]) -> tuple[str, ...]:
    """The laws that are named; where none is, those of the section `requests:`, else all of the controller.

    With several the strictest date decides.
    """
    wanted = tuple(dict.fromkeys(named))
    for one in wanted:
        if one not in regimes.names():
            raise UsageError(f"There are no rules for the regime {one!r}. Known: {', '.join(regimes.names())}.")
    if wanted:
        return wanted
    of_section = policy.casework.regimes if policy.casework is not None else ()
    found = tuple(one for one in of_section or policy.controller.regimes if one in regimes.names())
    if not found:
        raise UsageError("The policy names no regime that is known here. Name one with --regime.")
    return found


def laws(policy: Policy, names: Iterable[str]) -> tuple[Law, ...]:
    """The laws of these names."""
    return tuple(_law(policy, regimes.regime(name)) for name in names)


class Days:
    """Computes the dates of many requests on one day; equal cases are computed once."""

    def __init__(self, session: Session) -> None:
        policy = session.policy
        self.zone = policy.controller.timezone
        self.today = day(session.now(), self.zone)

        @cache
        def named(names: tuple[str, ...]) -> tuple[Law, ...]:
            return laws(policy, names)

        @cache
        def made(
            rights: tuple[Right, ...], names: tuple[str, ...], received: date, questions: tuple[Asked, ...]
        ) -> tuple[Deadline, ...]:
            return dates(rights, named(names), received, questions, self.today)

        self._made = made

    def of(self, request: Request) -> tuple[Deadline, ...]:
        """All dates of the request."""
        questions = tuple(asked(one, self.zone) for one in request.questions)
        return self._made(request.rights, request.regimes, day(request.received_at, self.zone), questions)


def _law(policy: Policy, regime: Regime) -> Law:
    return Law(regime, calendar(_place(policy, regime)))


def _place(policy: Policy, regime: Regime) -> str:
    """The name of the calendar that counts."""
    if regime.calendar != _CONTROLLER:
        return regime.calendar
    if policy.casework is not None and policy.casework.calendar:
        return policy.casework.calendar
    country = policy.controller.country
    return country if country in regime.countries else WEEKENDS
