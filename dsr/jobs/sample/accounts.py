"""The account tables: users and what hangs on them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from dsr.jobs.sample import invent
from dsr.jobs.sample.invent import sql_time
from dsr.jobs.sample.people import SHARED_ADDRESS, World

Row = tuple[object, ...]
_SCRYPT_LOOKALIKE = "scrypt$16384$8$1$"


def homes(world: World) -> dict[int, int]:
    """Which address each account uses: a third have one, some share theirs with the account before."""
    chance = invent.dice(world.seed, "homes")
    used: dict[int, int] = {}
    last = SHARED_ADDRESS
    for person in world.people:
        if person.address is not None:
            used[person.id] = person.address
        elif person.id >= 1000 and chance.random() < 0.34:
            if last == SHARED_ADDRESS or chance.random() > 0.04:
                last += 1
            used[person.id] = last
    return used


def addresses(world: World) -> Iterator[Row]:
    """Postal addresses. The app notes when the last account that used one was closed."""
    chance = invent.dice(world.seed, "addresses")
    users = defaultdict(list)
    by_id = {person.id: person for person in world.people}
    for person, address in homes(world).items():
        users[address].append(by_id[person])
    for address in sorted(users):
        closings = [person.closed for person in users[address]]
        unused = max((at for at in closings if at is not None), default=None) if None not in closings else None
        city, country = invent.pick(chance, invent.CITIES)
        street = f"{chance.randrange(1, 400)} {invent.pick(chance, invent.STREETS)}"
        yield address, street, city, f"X{chance.randrange(10000):04d}", country, sql_time(unused)


def users(world: World) -> Iterator[Row]:
    """One row per account."""
    chance = invent.dice(world.seed, "users")
    home = homes(world)
    for one in world.people:
        seen = one.until - timedelta(seconds=chance.randrange(3600, 86_400))
        yield (
            one.id,
            one.email,
            one.nickname,
            one.name,
            _SCRYPT_LOOKALIKE + invent.token(chance, 256),
            one.phone,
            one.language,
            one.country,
            "active" if one.closed is None else "closed",
            home.get(one.id),
            one.inviter,
            sql_time(max(seen, one.created)),
            one.addresses[0],
            sql_time(one.created),
            sql_time(one.closed),
        )


def old_emails(world: World) -> Iterator[Row]:
    """Addresses that people used before."""
    chance = invent.dice(world.seed, "old emails")
    changed = (person for person in world.people if person.old_email is not None)
    for number, one in enumerate(changed, 1):
        yield number, one.id, one.old_email, sql_time(invent.between(chance, one.created, one.until))


def oauth_accounts(world: World) -> Iterator[Row]:
    """Sign-in by an outside account."""
    chance = invent.dice(world.seed, "oauth")
    for one in world.people:
        if chance.random() < 0.12 and one.id >= 1000:
            provider = invent.pick(chance, ("octoforge", "bluechat"))
            yield provider, invent.token(chance, 48), one.id, one.nickname[:128], sql_time(one.created)


def sessions(world: World) -> Iterator[Row]:
    """Sign-ins; closing an account ends them. A few are older than the period, one has a date in the future."""
    chance = invent.dice(world.seed, "sessions")
    for one in world.people:
        if one.closed is not None or (chance.random() < 0.2 and one.id >= 1000):
            continue
        for _ in range(1 + (chance.random() < 0.4)):
            old = chance.random() < 0.06 and one.id >= 1000
            used = world.now - timedelta(days=32 + 12 * chance.random() if old else 29 * chance.random())
            used = max(used, one.created)
            row = [invent.unique_id(chance), one.id, invent.token(chance, 256), invent.pick(chance, one.addresses)]
            yield *row, one.agent, sql_time(max(one.created, used - timedelta(days=9))), sql_time(used)
    odd = world.people[-1]
    for used_at in (None, world.now + timedelta(days=400)):  # never used, and a clock that was wrong
        row = [invent.unique_id(chance), odd.id, invent.token(chance, 256), odd.addresses[0], odd.agent]
        yield *row, sql_time(odd.created), sql_time(used_at)


def api_keys(world: World) -> Iterator[Row]:
    """API keys: hash and prefix only, as the keys themselves are shown once and not stored."""
    chance = invent.dice(world.seed, "api keys")
    number = 0
    for one in world.people:
        if chance.random() < 0.25 and one.id >= 1000:
            continue
        for label in ("default", "build server")[: 1 + (chance.random() < 0.35)]:
            number += 1
            revoked = one.closed
            if revoked is None and chance.random() < 0.05:
                revoked = invent.between(chance, max(one.created, world.days_ago(170)), world.now)
            used = invent.between(chance, one.created, revoked or world.now)
            row = (number, one.id, label, f"hice-{invent.token(chance, 20)}", invent.token(chance, 256))
            yield *row, sql_time(one.created), sql_time(used), sql_time(revoked)


def consents(world: World) -> Iterator[Row]:
    """Consent to the newsletter and to transfers abroad, some withdrawn."""
    chance = invent.dice(world.seed, "consents")
    for one in world.people:
        for purpose in ("newsletter", "transfer_abroad")[: 1 + (one.language == "zh")]:
            if chance.random() < 0.4:
                withdrawn = None
                if chance.random() < 0.12:
                    first, last = (1180, 1100) if one.early_orders else (1000, 0)
                    end = min(one.until, world.days_ago(last))
                    withdrawn = invent.between(chance, max(one.created, world.days_ago(first)), end)
                yield one.id, purpose, sql_time(one.created), sql_time(withdrawn), one.addresses[0]


def abuse_flags(world: World) -> Iterator[Row]:
    """What the abuse detector raised; how it works is not for export."""
    chance = invent.dice(world.seed, "abuse flags")
    number = 0
    for one in world.people:
        if one.disputed or (chance.random() < 0.03 and one.id >= 1000):
            raised = invent.between(chance, max(one.created, world.days_ago(375)), one.until)
            if raised < one.until:
                number += 1
                kind = "chargeback" if one.disputed else invent.pick(chance, ("key_sharing", "burst", "card_testing"))
                outcome = invent.pick(chance, ("watched", "limited", "cleared"))
                yield (
                    number,
                    one.id,
                    kind,
                    f"rule {chance.randrange(9)}: rate > {chance.randrange(90)}/s",
                    outcome,
                    sql_time(raised),
                )
