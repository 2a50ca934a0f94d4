"""The register as its readers want it: one line a request (11 CCR § 7101), and figures per right and law (§ 7102)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import mean, median, quantiles

from dsr.core.requests import Ending, Request, day
from dsr.jobs.session import Session

_ANSWERED = (Ending.FULFILLED, Ending.PARTIAL, Ending.REJECTED)


@dataclass(frozen=True, slots=True)
class Registered:
    """One request as the register tells it: date, nature and manner, answer, ground of denial."""

    request: str
    received: date
    rights: tuple[str, ...]
    channel: str
    regimes: tuple[str, ...]
    requester: str
    answered: date | None
    ending: str
    ground: str
    days: int | None
    extended: bool
    in_time: bool | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One right under one law. Days count from receipt to the answer; None where nothing was answered."""

    right: str
    regime: str
    received: int
    fulfilled: int
    partial: int
    refused: int
    withdrawn: int
    open: int
    extended: int
    in_time: int
    timed: int
    median_days: float | None
    mean_days: float | None
    p95_days: float | None
    oldest_open_days: int | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """All figures of a time. Test requests and those received twice are not counted."""

    since: date | None
    until: date | None
    figures: tuple[Figures, ...]


def register(session: Session) -> tuple[Registered, ...]:
    """Every request but the tests, without anything that identifies a person."""
    zone = session.policy.controller.timezone
    return tuple(
        Registered(
            one.id,
            day(one.received_at, zone),
            tuple(right.value for right in one.rights),
            one.channel.value,
            one.regimes,
            one.requester.value,
            None if one.closed_at is None else day(one.closed_at, zone),
            one.status.value,
            one.ground,
            one.days,
            one.extended_at is not None,
            one.in_time,
        )
        for one in session.state.requests()
        if not one.test
    )


def metrics(session: Session, since: date | None = None, until: date | None = None) -> Metrics:
    """The figures of the requests that were received from `since` to `until`."""
    zone, today = session.policy.controller.timezone, day(session.now(), session.policy.controller.timezone)
    groups: dict[tuple[str, str], list[Request]] = {}
    for one in session.state.requests():
        received = day(one.received_at, zone)
        early = since is not None and received < since
        if one.test or one.ending is Ending.DUPLICATE or early or (until is not None and received > until):
            continue
        for right in one.rights:
            for regime in one.regimes:
                groups.setdefault((right.value, regime), []).append(one)
    made = (_figures(key, found, zone, today) for key, found in sorted(groups.items()))
    return Metrics(since, until, tuple(made))


def _figures(key: tuple[str, str], found: list[Request], zone: str, today: date) -> Figures:
    ends = Counter(one.ending for one in found)
    days = [one.days for one in found if one.ending in _ANSWERED and one.days is not None]
    ages = [(today - day(one.received_at, zone)).days for one in found if one.open]
    timed = [one.in_time for one in found if one.in_time is not None and one.ending in _ANSWERED]
    return Figures(
        right=key[0],
        regime=key[1],
        received=len(found),
        fulfilled=ends[Ending.FULFILLED],
        partial=ends[Ending.PARTIAL],
        refused=ends[Ending.REJECTED],
        withdrawn=ends[Ending.WITHDRAWN],
        open=len(ages),
        extended=sum(one.extended_at is not None for one in found),
        in_time=sum(timed),
        timed=len(timed),
        median_days=float(median(days)) if days else None,
        mean_days=round(mean(days), 1) if days else None,
        p95_days=_p95(days),
        oldest_open_days=max(ages, default=None),
    )


def _p95(days: Iterable[int]) -> float | None:
    found = list(days)
    if len(found) < 2:
        return float(found[0]) if found else None
    return round(quantiles(found, n=20, method="inclusive")[-1], 1)
