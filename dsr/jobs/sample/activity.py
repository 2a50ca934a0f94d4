"""What customers do with the service: requests, usage, error samples, generated media."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dsr.jobs.sample import invent
from dsr.jobs.sample.accounts import Row
from dsr.jobs.sample.billing import Order
from dsr.jobs.sample.invent import sql_time
from dsr.jobs.sample.people import LIN, Person, World

_LOG_DAYS = 191  # six months and about a week
_MONTHS = 26
_NAMES = ("harbour at dawn", "草图", "poster_final", "=sum", "tea & lantern", "..hidden", "夏日壁纸", "icon-1x")


@dataclass(frozen=True, slots=True)
class Request:
    """One relayed call. The prompt is not part of it: prompts are not stored."""

    at: datetime
    who: Person
    id: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    status: int
    ip: str


@dataclass(frozen=True, slots=True)
class Media:
    """One generated picture."""

    id: int
    owner: Person
    name: str
    made: datetime

    @property
    def key(self) -> str:
        """Its key in the media store."""
        return f"assets/{self.owner.id}/{self.name}"


def draw_requests(world: World) -> tuple[Request, ...]:
    """All calls of the last half year, in order of time."""
    chance = invent.dice(world.seed, "requests")
    first = world.days_ago(_LOG_DAYS)
    made = [
        _request(chance, one, invent.between(chance, max(first, one.created), one.until))
        for one in world.people
        for _ in range(one.requests)
    ]
    return tuple(sorted(made, key=lambda request: (request.at, request.id)))


def _request(chance: random.Random, one: Person, at: datetime) -> Request:
    status = 200 if chance.random() < 0.97 else invent.pick(chance, (400, 429, 502))
    tokens = int(40 / (chance.random() + 0.01)), int(900 * chance.random())
    return Request(
        at, one, invent.token(chance, 64), invent.pick(chance, invent.MODELS), *tokens, status,
        invent.pick(chance, one.addresses),
    )  # fmt: skip


def logs(world: World, orders: tuple[Order, ...], requests: tuple[Request, ...]) -> Iterator[Row]:
    """One table for two things: top-ups (books) and usage (a log). Times are epoch seconds, names are copies."""
    entries: list[tuple[int, Row]] = []
    for order in orders:
        if order.done is not None:
            at = int(order.done.timestamp())
            kinds = ("topup", "refund") if order.status == "refunded" else ("topup",)
            note = f"order {order.id}"
            entries += [
                (at, (order.buyer.id, kind, at, order.buyer.nickname, note, *[None] * 4, order.cents, None, None))
                for kind in kinds
            ]
    for call in requests:
        at, who = int(call.at.timestamp()), call.who
        tokens = call.prompt_tokens, call.completion_tokens
        line: Row = (
            who.id,
            "usage",
            at,
            who.nickname,
            None,
            call.model,
            "default",
            *tokens,
            sum(tokens),
            call.ip,
            call.id,
        )
        entries.append((at, line))
    for day in range(1, 20):  # the system's own lines: nobody's
        at = int(world.days_ago(day * 7).timestamp())
        entries.append((at, (-1, "system", at, None, "price list reloaded", *[None] * 4, 0, None, None)))
    entries.sort(key=lambda entry: entry[0])
    for number, (_, row) in enumerate(entries, 1):
        yield number, *row


def usage_monthly(world: World) -> Iterator[Row]:
    """Requests and tokens per person, month and model; a person's data as long as the person stands beside it."""
    chance = invent.dice(world.seed, "usage")
    months = [_month(world.now.date(), back) for back in range(_MONTHS, -1, -1)]
    for one in world.people:
        if one.requests < 4:
            continue
        for month in months:
            if month >= one.created.date() and chance.random() < 0.7:
                count = 1 + int(chance.random() * 6 * one.requests)
                yield one.id, month.isoformat(), invent.pick(chance, invent.MODELS), count, count * 731


def _month(day: date, back: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
    return date(year, month + 1, 1)


def error_samples(world: World, requests: tuple[Request, ...]) -> Iterator[Row]:
    """Prompts of failed calls, kept some days to find the error, and one that held a customer's key in clear."""
    chance = invent.dice(world.seed, "error samples")
    recent = [call for call in requests if call.at > world.days_ago(6)]
    number = 0
    for call in recent[:: max(1, len(recent) // 60)]:
        number += 1
        prompt, output = "Draw a lantern festival in an invented town", "upstream closed the stream early"
        yield number, call.who.id, "error", call.id, prompt, output, sql_time(call.at)
    for days in (9, 8):
        number += 1
        who = invent.pick(chance, [one for one in world.people if one.closed is None])
        old = max(world.days_ago(days), who.created)
        yield number, who.id, "error", invent.token(chance, 64), "翻译这段样例文字", "timeout", sql_time(old)
    if recent:
        number += 1
        leaked = f"my key is hice-{invent.token(chance, 80)}, why does it fail?"
        yield number, recent[-1].who.id, "leaked_key", recent[-1].id, leaked, None, sql_time(recent[-1].at)


def draw_media(world: World) -> tuple[Media, ...]:
    """Pictures of the last month and a few days; one in twenty is older than the period."""
    chance = invent.dice(world.seed, "media")
    drawn: list[Media] = []
    for one in world.people:
        for number in range(one.media if one.closed is None else 0):
            old = chance.random() < 0.05 and one.id != LIN
            days = 32 + 6 * chance.random() if old else 29 * chance.random()
            made = max(one.created, world.days_ago(days)).replace(microsecond=0)
            name = f"{number}-{invent.pick(chance, _NAMES)}.png"
            drawn.append(Media(len(drawn) + 1, one, name, min(made, world.now - timedelta(hours=1))))
    return tuple(drawn)


def media_files(world: World, media: tuple[Media, ...], sizes: dict[int, int]) -> Iterator[Row]:
    """The table that names the objects and their delivery links."""
    chance = invent.dice(world.seed, "media files")
    for item in media:
        link = f"https://media.howicodeeasy.example/{invent.token(chance, 96)}.png"
        yield item.id, item.owner.id, item.key, link, "lantern-image", sizes[item.id], sql_time(item.made)


def by_day(requests: tuple[Request, ...]) -> dict[date, list[Request]]:
    """The calls of each day."""
    days: dict[date, list[Request]] = defaultdict(list)
    for request in requests:
        days[request.at.date()].append(request)
    return days
