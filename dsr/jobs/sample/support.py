"""The support desk's tables: people with and without accounts, what they wrote, what was mailed to them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dsr.jobs.sample import invent
from dsr.jobs.sample.accounts import Row
from dsr.jobs.sample.billing import Order
from dsr.jobs.sample.invent import sql_time
from dsr.jobs.sample.people import LATE_WRITER, Person, World

WRITER_EMAIL, WRITER_NAME = "juniper.pebble@example.org", "Juniper Pebble"
"""The person of the story who only ever wrote to support."""

_SUBJECTS = (
    "Invoice address", "余额没有到账", "429 from harbor-large", "How do I rotate a key?", "发票抬头", "Refund please",
    "Picture link does not open", "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "\x1b]0;title\x07 colours",
)  # fmt: skip
_BODIES = (
    "Hello, please have a look.", "您好，请帮忙查一下。", "It works again, thank you.", "谢谢，已经解决了。",
    "Steps: ../../notes, then <b>retry</b>.", "hugo.fern@example.org sees it too.", "=SUM(A1:A9) is what I pasted.",
)  # fmt: skip
_FILES = ("screenshot.png", "截图.png", "../../outside.txt", "trace.log", "=report.csv")
_STAFF = ("Support (Olive)", "Support (Umber)", "客服（松果）")


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody without an account."""

    id: str
    email: str
    name: str
    tickets: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """One conversation. `who` is None for people without an account."""

    id: int
    who: Person | None
    email: str
    opened: datetime
    closed: datetime | None


def draw_contacts(world: World) -> tuple[Contact, ...]:
    """One contact for forty accounts, the story's writer first."""
    chance = invent.dice(world.seed, "contacts")
    drawn = [Contact(invent.unique_id(chance), WRITER_EMAIL, WRITER_NAME, 2)]
    for number in range(len(world.people) // 40):
        name = f"{invent.pick(chance, invent.GIVEN_EN)} {invent.pick(chance, invent.FAMILY_EN)}"
        mail = f"{name.replace(' ', '.').lower()}.w{number}@{invent.pick(chance, invent.DOMAINS)}"
        drawn.append(Contact(invent.unique_id(chance), mail, name, 1))
    return tuple(drawn)


def draw_tickets(world: World, contacts: tuple[Contact, ...]) -> tuple[Ticket, ...]:
    """All conversations, numbered by the date they were opened; the desk has run for a year and a half month."""
    chance = invent.dice(world.seed, "tickets")
    first = world.days_ago(388)
    drawn: list[tuple[datetime, str, Person | None]] = []
    for one in world.people:
        late = one.id == LATE_WRITER
        begin, end = (world.days_ago(12), world.days_ago(9)) if late else (max(first, one.created), one.until)
        if begin < end:
            drawn += [(invent.between(chance, begin, end), one.email, one) for _ in range(one.tickets)]
    for contact in contacts:
        drawn += [(invent.between(chance, first, world.now), contact.email, None) for _ in range(contact.tickets)]
    drawn.sort(key=lambda entry: entry[:2])
    return tuple(_ticket(chance, world, number, *entry) for number, entry in enumerate(drawn, 1))


def _ticket(chance: random.Random, world: World, number: int, at: datetime, email: str, who: Person | None) -> Ticket:
    closed: datetime | None = at + timedelta(hours=2 + 90 * chance.random())
    if closed is not None and (closed > world.now or chance.random() < 0.02):
        closed = None
    return Ticket(number, who, email, at, closed.replace(microsecond=0) if closed else None)


def contact_rows(contacts: tuple[Contact, ...], tickets: tuple[Ticket, ...]) -> Iterator[Row]:
    """The address book of people without accounts."""
    last = {ticket.email: ticket.closed or ticket.opened for ticket in tickets if ticket.who is None}
    for contact in contacts:
        yield contact.id, contact.email, contact.name, sql_time(last[contact.email])


def ticket_rows(world: World, tickets: tuple[Ticket, ...]) -> Iterator[Row]:
    """The conversations. Some subjects are hostile."""
    chance = invent.dice(world.seed, "subjects")
    for ticket in tickets:
        status = "open" if ticket.closed is None else "closed"
        owner = None if ticket.who is None else ticket.who.id
        row = (ticket.id, owner, ticket.email, invent.pick(chance, _SUBJECTS), status)
        yield *row, sql_time(ticket.opened), sql_time(ticket.closed)


def messages(world: World, tickets: tuple[Ticket, ...]) -> Iterator[Row]:
    """Two to five messages per conversation, each a reply to an earlier one."""
    chance = invent.dice(world.seed, "messages")
    number = 0
    for ticket in tickets:
        first, count = number + 1, 2 + int(chance.random() * 4)
        for turn in range(count):
            number += 1
            reply_to = None if turn == 0 else first + int(chance.random() * turn)
            staff = invent.pick(chance, _STAFF) if turn % 2 else None
            sent = ticket.opened + timedelta(minutes=20 * turn)
            author = "staff" if turn % 2 else "customer"
            yield number, ticket.id, reply_to, author, staff, invent.pick(chance, _BODIES), sql_time(sent)


def attachments(world: World, tickets: tuple[Ticket, ...]) -> Iterator[Row]:
    """Files people sent: with a ticket, or as the picture of their profile."""
    chance = invent.dice(world.seed, "attachments")
    number = 0
    for ticket in tickets:
        if chance.random() < 0.3:
            number += 1
            name, size = invent.pick(chance, _FILES), chance.randrange(900, 90_000)
            yield number, "ticket", ticket.id, name, size, sql_time(ticket.opened)
    for one in world.people:
        if chance.random() < 0.1 or one.id in (0, 101):
            number += 1
            yield number, "user", one.id, "avatar.png", chance.randrange(900, 9_000), sql_time(one.created)


def outbox(world: World, tickets: tuple[Ticket, ...], orders: tuple[Order, ...]) -> Iterator[Row]:
    """Mail sent in the last three months and some days, linked to people by the address alone."""
    first = world.days_ago(96)
    sent = [(ticket.opened, ticket.email, "ticket_received", "We have your message") for ticket in tickets]
    sent += [(order.done, order.buyer.email, "receipt", "您的收据 / Your receipt") for order in orders if order.done]
    sent += [(one.created, one.old_email or one.email, "welcome", "Welcome") for one in world.people]
    sent = sorted(entry for entry in sent if first <= entry[0])
    for number, (at, email, template, subject) in enumerate(sent, 1):
        yield number, email, template, subject, sql_time(at)
