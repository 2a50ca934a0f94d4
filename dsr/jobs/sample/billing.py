"""The billing tables: orders and everything that money leaves behind."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dsr.jobs.sample import invent
from dsr.jobs.sample.accounts import Row
from dsr.jobs.sample.invent import sql_time
from dsr.jobs.sample.people import Person, World

_PACKS = (("credits-5", 500), ("credits-20", 2000), ("credits-50", 5000), ("media-pack", 1200))
_NOTES = (None, None, None, None, "please send the invoice to my accountant", "开票请写公司名称", "=1+1", "for the lab")


@dataclass(frozen=True, slots=True)
class Order:
    """One order before it is spread over the tables. `done` is None while it is pending."""

    id: int
    buyer: Person
    status: str
    items: tuple[tuple[str, int, int], ...]
    created: datetime
    done: datetime | None

    @property
    def cents(self) -> int:
        """The total."""
        return sum(quantity * cents for _, quantity, cents in self.items)


def draw_orders(world: World) -> tuple[Order, ...]:
    """All orders, numbered by date as a shop numbers them."""
    chance = invent.dice(world.seed, "orders")
    drawn: list[tuple[datetime, int, Person]] = []
    for one in world.people:
        dates = [invent.between(chance, _recent_start(world, one), one.until) for _ in range(one.orders)]
        dates += [_early_date(chance, world, one) for _ in range(one.early_orders)]
        drawn.extend((at, one.id, one) for at in dates)
    drawn.sort(key=lambda entry: entry[:2])
    return tuple(_order(chance, number, at, one) for number, (at, _, one) in enumerate(drawn, 1))


def _recent_start(world: World, one: Person) -> datetime:
    first = max(one.created, world.days_ago(1300))
    return min(first, one.until - timedelta(hours=1))


def _early_date(chance: random.Random, world: World, one: Person) -> datetime:
    last = datetime(world.now.year - 11, 12, 28, tzinfo=UTC)
    return invent.between(chance, one.created, min(last, one.until))


def _order(chance: random.Random, number: int, at: datetime, one: Person) -> Order:
    draw = chance.random()
    status = "completed" if draw < 0.94 else "refunded" if draw < 0.975 else "pending"
    if one.id < 1000 or one.early_orders:
        status = "completed"
    items = tuple(
        (sku, 1 + (chance.random() < 0.1), cents)
        for sku, cents in (invent.pick(chance, _PACKS) for _ in range(1 + int(chance.random() ** 3 * 3)))
    )
    return Order(number, one, status, items, at, None if status == "pending" else at + timedelta(minutes=4))


def orders(world: World, drawn: tuple[Order, ...]) -> Iterator[Row]:
    """One row per order; the latest of the customer in dispute is marked."""
    chance = invent.dice(world.seed, "order notes")
    disputed = {order.buyer.id: order.id for order in drawn if order.buyer.disputed}
    for order in drawn:
        status = "disputed" if disputed.get(order.buyer.id) == order.id else order.status
        row = (order.id, order.buyer.id, status, "USD", order.cents, invent.pick(chance, order.buyer.addresses))
        yield *row, invent.pick(chance, _NOTES), sql_time(order.created), sql_time(order.done)


def order_items(drawn: tuple[Order, ...]) -> Iterator[Row]:
    """The lines of the orders; lines are counted from zero."""
    for order in drawn:
        for line, (sku, quantity, cents) in enumerate(order.items):
            yield order.id, line, sku, quantity, cents


def invoices(world: World, drawn: tuple[Order, ...]) -> Iterator[Row]:
    """One invoice per completed order. One lacks its date, one carries a date in the future (a typing error)."""
    billed = [order for order in drawn if order.done is not None]
    odd = [order.id for order in billed if order.buyer.id >= 1000][-2:]
    wrong: dict[int, datetime | None] = dict(zip(odd, (None, world.now + timedelta(days=3653)), strict=False))
    for number, order in enumerate(billed, 1):
        buyer, issued = order.buyer, wrong.get(order.id, order.done)
        serial = f"INV-{order.created.year}-{number:06d}"
        row = (number, order.id, serial, buyer.name, buyer.country, buyer.nickname, order.cents)
        yield *row, sql_time(issued)


def payments(world: World, drawn: tuple[Order, ...]) -> Iterator[Row]:
    """One payment per completed order, with the provider's answer as it came."""
    chance = invent.dice(world.seed, "payments")
    number = 0
    for order in drawn:
        if order.done is None:
            continue
        number += 1
        raw = {
            "id": f"pay_{invent.token(chance, 64)}",
            "object": "payment",
            "amount": order.cents,
            "customer": {
                "id": f"cust_{order.buyer.id:06d}",
                "email": order.buyer.email,
                "name": order.buyer.name,
                "country": order.buyer.country,
            },
            "card": {"brand": "examplecard", "last4": f"{chance.randrange(10000):04d}"},
        }
        status = "refunded" if order.status == "refunded" else "paid"
        yield number, order.id, "creem", raw["id"], status, sql_time(order.done), _json(raw)


def webhooks(world: World, drawn: tuple[Order, ...]) -> Iterator[Row]:
    """What the provider told us in the last year and two weeks; the person stands only inside the payload."""
    chance = invent.dice(world.seed, "webhooks")
    first = world.days_ago(380)
    disputed = {order.buyer.id: order.id for order in drawn if order.buyer.disputed}
    for order in drawn:
        if order.done is None or order.done < first:
            continue
        events = [("checkout.completed", order.done)]
        if disputed.get(order.buyer.id) == order.id:
            events.append(("dispute.created", invent.between(chance, order.done, world.now)))
        for event, at in events:
            customer = {"id": f"cust_{order.buyer.id:06d}", "email": order.buyer.email, "name": order.buyer.name}
            payload = {"event": event, "data": {"order": order.id, "amount": order.cents, "customer": customer}}
            yield invent.unique_id(chance), "creem", event, _json(payload), sql_time(at)


def balances(drawn: tuple[Order, ...]) -> Iterator[Row]:
    """What is left of what was paid, per person and currency, as of the last movement."""
    for entries in _by_buyer(drawn):
        last, paid = entries[-1], sum(order.cents for order in entries) * 10_000
        yield last.buyer.id, "USD", paid // 3, sql_time(last.done)


def balance_ledger(drawn: tuple[Order, ...]) -> Iterator[Row]:
    """The movements, numbered from zero for each person."""
    for entries in _by_buyer(drawn):
        for seq, order in enumerate(entries):
            yield order.buyer.id, "USD", seq, "topup", order.cents * 10_000, sql_time(order.done)


def _by_buyer(drawn: tuple[Order, ...]) -> list[list[Order]]:
    grouped: dict[int, list[Order]] = {}
    for order in drawn:
        if order.done is not None:
            grouped.setdefault(order.buyer.id, []).append(order)
    return [grouped[buyer] for buyer in sorted(grouped)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
