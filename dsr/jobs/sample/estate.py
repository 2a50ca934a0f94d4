"""Builds the sample estate in a folder: a SQLite app database, a log folder and a media folder."""

import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from dsr.core.errors import UsageError
from dsr.jobs.sample import accounts, activity, billing, invent, logfiles, media, people, support
from dsr.jobs.sample.accounts import Row
from dsr.jobs.sample.people import World
from dsr.jobs.sample.schema import SCHEMA

MARKER = ".dsr-sample"
"""A file that says that the folder is ours to rebuild."""


@dataclass(frozen=True, slots=True)
class Story:
    """The e-mail addresses of the people whom the demo follows; all invented."""

    customer: str = "lin.xia@example.com"  # orders, invoices, media, tickets, an old address, a shared home
    customer_old: str = "xia.lin@example.net"
    housemate: str = "jiang.qinghe@example.net"  # lives at the customer's address, was invited by her
    disputed: str = "basil.thistle@example.org"  # a chargeback runs: goes under legal hold
    writer: str = support.WRITER_EMAIL  # wrote to support, never had an account
    twin_one: str = "mei.bailu@example.com"  # two accounts, one address but for upper and lower case
    twin_two: str = "Mei.Bailu@Example.com"
    closed: str = "hazel.inkwell@example.net"  # closed the account more than a year ago, invoices remain
    late_writer: str = "teal.wharf@example.com"  # closed the account, then wrote to support
    quiet: str = "sage.ridge@example.org"  # an account and hardly anything else
    zero: str = "zero@example.org"  # the account with id 0


@dataclass(frozen=True, slots=True)
class Built:
    """What was built. `counts` gives rows per table, lines per log stream and objects, by name."""

    folder: Path
    as_of: date
    seed: int
    people: int
    story: Story
    counts: tuple[tuple[str, int], ...]

    def count(self, name: str) -> int:
        """The count of one collection: "users", "requests", "assets"."""
        return dict(self.counts)[name]


def build(folder: Path, *, people: int = 3000, seed: int = 7, as_of: date) -> Built:
    """Build the estate; the same seed, size and date give the same bytes.

    An estate built here before is replaced; a folder that holds anything else is left alone.
    """
    _clear(folder)
    world = _world(seed, people, as_of)
    requests = activity.draw_requests(world)
    pictures = activity.draw_media(world)
    sizes = media.write(folder / "media", pictures)
    (folder / "logs").mkdir()
    lines = (
        ("requests", logfiles.write_requests(folder / "logs", world, requests)),
        ("security", logfiles.write_security(folder / "logs", world)),
    )
    rows = _write_database(folder / "app.db", _tables(world, requests, pictures, sizes))
    counts = (*rows, *lines, ("assets", len(pictures)))
    return Built(folder, as_of, seed, len(world.people), Story(), counts)


def _world(seed: int, count: int, as_of: date) -> World:
    return people.populate(seed, count, datetime.combine(as_of, time.min, UTC))


def _clear(folder: Path) -> None:
    marker = folder / MARKER
    if folder.exists() and not marker.exists() and any(folder.iterdir()):
        raise UsageError(
            f"{folder}: the folder is not empty and was not built as sample data. "
            "Give an empty or a new folder, or move its files away."
        )
    for part in ("logs", "media"):
        if (folder / part).exists():
            shutil.rmtree(folder / part)
    for file in folder.glob("app.db*"):
        file.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text("Sample data with invented people; safe to delete.\n", encoding="utf-8")


def _tables(
    world: World,
    requests: tuple[activity.Request, ...],
    pictures: tuple[activity.Media, ...],
    sizes: dict[int, int],
) -> Iterable[tuple[str, Iterable[Row]]]:
    orders = billing.draw_orders(world)
    contacts = support.draw_contacts(world)
    tickets = support.draw_tickets(world, contacts)
    migrations = [(number, f"20{13 + number}-03-01 09:00:00.000000") for number in range(1, 13)]
    return (
        ("schema_migrations", migrations),
        ("models", [(name, "lumen-harbor", 100 * cost) for cost, name in enumerate(invent.MODELS, 1)]),
        ("addresses", accounts.addresses(world)),
        ("users", accounts.users(world)),
        ("old_emails", accounts.old_emails(world)),
        ("oauth_accounts", accounts.oauth_accounts(world)),
        ("sessions", accounts.sessions(world)),
        ("api_keys", accounts.api_keys(world)),
        ("consents", accounts.consents(world)),
        ("abuse_flags", accounts.abuse_flags(world)),
        ("orders", billing.orders(world, orders)),
        ("order_items", billing.order_items(orders)),
        ("invoices", billing.invoices(world, orders)),
        ("payments", billing.payments(world, orders)),
        ("balances", billing.balances(orders)),
        ("balance_ledger", billing.balance_ledger(orders)),
        ("webhooks", billing.webhooks(world, orders)),
        ("logs", activity.logs(world, orders, requests)),
        ("usage_monthly", activity.usage_monthly(world)),
        ("error_samples", activity.error_samples(world, requests)),
        ("media_files", activity.media_files(world, pictures, sizes)),
        ("contacts", support.contact_rows(contacts, tickets)),
        ("tickets", support.ticket_rows(world, tickets)),
        ("messages", support.messages(world, tickets)),
        ("attachments", support.attachments(world, tickets)),
        ("outbox", support.outbox(world, tickets, orders)),
    )


def _write_database(path: Path, tables: Iterable[tuple[str, Iterable[Row]]]) -> list[tuple[str, int]]:
    counts = []
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        # A crash while building costs a rebuild, nothing else.
        base.execute("PRAGMA synchronous = OFF")
        base.execute("PRAGMA journal_mode = OFF")
        base.executescript(SCHEMA)
        base.execute("BEGIN")
        for name, rows in tables:
            counts.append((name, _insert(base, name, rows)))
        base.execute("COMMIT")
    return counts


def _insert(base: sqlite3.Connection, table: str, rows: Iterable[Row]) -> int:
    width = base.execute("SELECT count(*) FROM pragma_table_info(?)", (table,)).fetchone()[0]
    places = ", ".join("?" * width)
    statement = f"INSERT INTO {table} VALUES ({places})"  # noqa: S608 - names come from the schema above
    return base.executemany(statement, rows).rowcount
