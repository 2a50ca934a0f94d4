"""Who the sample's people are: a small cast that the demo's story follows, and a seeded crowd around them."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dsr.jobs.sample import invent

FIRST_CROWD_ID = 1000
_DAY = timedelta(days=1)
_CLOSED_SHARE = 0.045  # beyond the period; low enough for the default guard of a purge
_JUST_CLOSED_SHARE = 0.01
_EARLY_SHARE = 0.015


@dataclass(frozen=True, slots=True)
class Person:
    """One account and how busy it is. `until` is when its activity ends: at closing, or now."""

    id: int
    email: str
    name: str
    nickname: str
    language: str
    country: str
    phone: str | None
    created: datetime
    closed: datetime | None
    until: datetime
    addresses: tuple[str, str]
    agent: str
    inviter: int | None = None
    address: int | None = None
    old_email: str | None = None
    orders: int = 0
    early_orders: int = 0
    media: int = 0
    tickets: int = 0
    requests: int = 0
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """Everything the tables are drawn from. `now` is the start of the day `as_of`, UTC."""

    seed: int
    now: datetime
    people: tuple[Person, ...]

    def days_ago(self, days: float) -> datetime:
        """An instant before now."""
        return self.now - timedelta(days=days)


def populate(seed: int, count: int, now: datetime) -> World:
    """The cast and as many others as make up `count`, ordered by id."""
    chance = invent.dice(seed, "people")
    cast = _cast(now)
    crowd: list[Person] = []
    for number in range(max(0, count - len(cast))):
        crowd.append(_one_of_the_crowd(chance, FIRST_CROWD_ID + number, now, crowd))
    return World(seed, now, tuple(_hostile_nicknames(cast + crowd)))


LIN, HOUSEMATE, DISPUTED, TWIN_ONE, TWIN_TWO, CLOSED, LATE_WRITER, QUIET = 101, 102, 103, 104, 105, 106, 107, 108
SHARED_ADDRESS = 1


def _cast(now: datetime) -> list[Person]:
    def ago(days: int) -> datetime:
        return now - days * _DAY

    def person(number: int, email: str, name: str, created: int, closed: int | None = None) -> Person:
        return Person(
            id=number,
            email=email,
            name=name,
            nickname=name.split()[0],
            language="en",
            country="GB",
            phone="+44 7700 900" + f"{number:03d}",
            created=ago(created),
            closed=None if closed is None else ago(closed),
            until=now if closed is None else ago(closed),
            addresses=("192.0.2.17", "2001:db8:17::1"),
            agent=invent.AGENTS[0],
        )

    lin = _chinese(person(LIN, "lin.xia@example.com", "林夏", 760))
    mate = _chinese(person(HOUSEMATE, "jiang.qinghe@example.net", "江青禾", 500))
    twin = _chinese(person(TWIN_ONE, "mei.bailu@example.com", "梅白露", 420))
    return [
        replace(person(0, "zero@example.org", "Zero Quartz", 1500), orders=1, requests=4, phone=None),
        replace(
            lin,
            nickname="夏天的林",
            inviter=0,
            address=SHARED_ADDRESS,
            old_email="xia.lin@example.net",
            orders=6,
            media=4,
            tickets=2,
            requests=90,
        ),
        replace(mate, inviter=LIN, address=SHARED_ADDRESS, orders=2, media=1, requests=25),
        replace(
            person(DISPUTED, "basil.thistle@example.org", "Basil Thistle", 300),
            orders=4,
            tickets=1,
            requests=60,
            disputed=True,
        ),
        replace(twin, orders=1, requests=12),
        replace(twin, id=TWIN_TWO, email="Mei.Bailu@Example.com", created=ago(90), requests=5, inviter=TWIN_ONE),
        replace(person(CLOSED, "hazel.inkwell@example.net", "Hazel Inkwell", 900, 400), orders=2),
        # Wrote to support after closing: newer children than the cutoff, which a purge reports and leaves alone.
        replace(person(LATE_WRITER, "teal.wharf@example.com", "Teal Wharf", 600, 60), orders=1, tickets=1),
        person(QUIET, "sage.ridge@example.org", "Sage Ridge", 45),
    ]


def _chinese(person: Person) -> Person:
    return replace(person, language="zh", country="CN")


def _one_of_the_crowd(chance: random.Random, number: int, now: datetime, others: list[Person]) -> Person:
    early = chance.random() < _EARLY_SHARE
    created = _early_date(chance, now) if early else now - timedelta(days=1 + 1200 * chance.random() ** 1.4)
    created = created.replace(microsecond=0)
    closed = _closing_date(chance, created, now)
    english = chance.random() < 0.6
    name, mail = _english_name(chance) if english else _chinese_name(chance)
    busy = chance.random() ** 4
    return Person(
        id=number,
        email=f"{mail}{number}@{invent.pick(chance, invent.DOMAINS)}",
        name=name,
        nickname=name.split()[0] if english else name,
        language="en" if english else "zh",
        country=invent.pick(chance, ("GB", "DE", "US", "FR", "SG")) if english else "CN",
        phone=invent.phone(chance) if chance.random() < 0.4 else None,
        created=created,
        closed=closed,
        until=closed or now,
        addresses=(invent.address_v4(chance), invent.address_v6(chance)),
        agent=invent.pick(chance, invent.AGENTS),
        inviter=invent.pick(chance, others).id if others and chance.random() < 0.25 else None,
        old_email=f"{mail}{number}.old@{invent.pick(chance, invent.DOMAINS)}" if chance.random() < 0.06 else None,
        orders=int(chance.random() ** 2 * 4),
        early_orders=chance.randrange(1, 3) if early else 0,
        media=chance.randrange(1, 5) if chance.random() < 0.08 else 0,
        tickets=1 if chance.random() < 0.18 else 0,
        requests=int(busy * 40) if closed is None else 0,
    )


def _early_date(chance: random.Random, now: datetime) -> datetime:
    """In the calendar year whose ten-year duty, counted from the end of the year, has passed."""
    return datetime(now.year - 12, 7, 1, tzinfo=UTC) + timedelta(days=chance.randrange(300))


def _closing_date(chance: random.Random, created: datetime, now: datetime) -> datetime | None:
    draw = chance.random()
    if draw < _CLOSED_SHARE:
        first, last = max(created + 2 * _DAY, now - 600 * _DAY), now - 36 * _DAY
    elif draw < _CLOSED_SHARE + _JUST_CLOSED_SHARE:
        first, last = max(created + 2 * _DAY, now - 27 * _DAY), now - _DAY
    else:
        return None
    return invent.between(chance, first, last) if first < last else None


def _english_name(chance: random.Random) -> tuple[str, str]:
    given, family = invent.pick(chance, invent.GIVEN_EN), invent.pick(chance, invent.FAMILY_EN)
    return f"{given} {family}", f"{given}.{family}".lower()


def _chinese_name(chance: random.Random) -> tuple[str, str]:
    family, given = invent.pick(chance, invent.FAMILY_ZH), invent.pick(chance, invent.GIVEN_ZH)
    return family[0] + given[0], f"{family[1]}.{given[1]}"


def _hostile_nicknames(people: list[Person]) -> list[Person]:
    """Give some of the crowd, evenly spread, nicknames that break careless programs."""
    crowd = [index for index, one in enumerate(people) if one.id >= FIRST_CROWD_ID]
    step = max(1, len(crowd) // len(invent.HOSTILE))
    for index, nickname in zip(crowd[::step], invent.HOSTILE, strict=False):
        people[index] = replace(people[index], nickname=nickname)
    return people
