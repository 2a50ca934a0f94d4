"""What was done by whom: an append-only list that holds tokens, ids, counts and words of ours, never a value."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import select

from dsr.core.errors import StateError
from dsr.core.ledger import Entry, What
from dsr.state import schema
from dsr.state.openings import commit
from dsr.state.outbox import append
from dsr.state.part import Part, clean, instant, micros, readable

Counts = tuple[tuple[str, int], ...]


class Act(Enum):
    """What happened."""

    FOUND = "found"
    REVEALED = "revealed"  # personal data was shown on screen
    EXPORTED = "exported"
    PLANNED = "planned"
    APPROVED = "approved"
    CANCELLED = "cancelled"
    APPLIED = "applied"
    PURGED = "purged"
    RESUMED = "resumed"
    VERIFIED = "verified"
    REFUSED = "refused"  # a guard, a lock or a stale plan stopped an act
    HOLD_PLACED = "hold_placed"
    HOLD_PRESSED = "hold_pressed"  # made known again to stores that had not acknowledged it
    HOLD_RELEASED = "hold_released"
    FROZEN = "frozen"
    THAWED = "thawed"
    SCRUBBED = "scrubbed"  # the storage of deleted records was reclaimed
    UNLOCKED = "unlocked"  # leases of holders that are gone were broken


@dataclass(frozen=True, slots=True)
class Event:
    """One act. `actor` is the user of the system; `counts` are records by word ("removed", "held")."""

    id: int
    at: datetime
    what: Act
    actor: str
    subject: str | None = None
    plan: str | None = None
    hold: str | None = None
    counts: Counts = ()


_TOKEN = re.compile(r"S-[0-9a-f]{8}")
_PLAN = re.compile(r"P-[0-9]+")
_HOLD = re.compile(r"H-[0-9]+")
_WORD = re.compile(r"[a-z][a-z_]{0,31}")


class Events(Part):
    """The audit list."""

    def record(
        self,
        what: Act,
        actor: str,
        at: datetime,
        *,
        subject: str | None = None,
        plan: str | None = None,
        hold: str | None = None,
        counts: Counts = (),
    ) -> None:
        """Add one event. Anything but a token, an id or a word of ours is refused, so no value gets in by mistake."""
        self._add(what, actor, at, ((subject, counts),), plan, hold)

    def record_each(self, what: Act, actor: str, at: datetime, people: Iterable[tuple[str, Counts]]) -> None:
        """Add an event for each of these people, with their tokens and counts; all in one transaction."""
        self._add(what, actor, at, tuple(people))

    def _add(
        self,
        what: Act,
        actor: str,
        at: datetime,
        about: tuple[tuple[str | None, Counts], ...],
        plan: str | None = None,
        hold: str | None = None,
    ) -> None:
        words = {word for _, counts in about for word, _ in counts}
        named = [(plan, _PLAN), (hold, _HOLD), *((one, _TOKEN) for one, _ in about), *((word, _WORD) for word in words)]
        if not all(value is None or form.fullmatch(value) for value, form in named):
            raise StateError(
                f"state database: the event {what.value!r} would hold something else than tokens, ids and words. "
                "Nothing was recorded; report this as a bug."
            )
        if not about:
            return
        row = {"at": micros(at), "what": what.value, "actor": clean(actor), "plan": plan, "hold": hold}
        rows = [{**row, "subject": token, "counts": json.dumps(counts)} for token, counts in about]
        facts: dict[str, Any] = {"act": what.value, "actor": self._actor(actor), "plan": plan, "hold": hold}
        with self._database.write() as connection:
            connection.execute(schema.audit.insert(), rows)
            made = iter(commit(connection, self._seal, [token for token, _ in about if token is not None]))
            meant = [None if token is None else next(made) for token, _ in about]
            entries = (
                Entry(What.ACT, at, **facts, subject=subject, counts=counts)
                for subject, (_, counts) in zip(meant, about, strict=True)
            )
            append(connection, *entries)

    def who(self, what: Act, plan: str) -> str | None:
        """Who did that to a plan, the first time."""
        table = schema.audit
        query = select(table.c.actor).where(table.c.plan == plan, table.c.what == what.value).order_by(table.c.id)
        with self._database.read() as connection:
            found: str | None = connection.execute(query.limit(1)).scalar_one_or_none()
        return found

    def looks(self, subject: str) -> Iterator[tuple[datetime, Act]]:
        """When somebody looked a person up, saw their data on screen, or copied it; the oldest first."""
        table = schema.audit
        looking = (Act.FOUND.value, Act.REVEALED.value, Act.EXPORTED.value)
        query = select(table.c.at, table.c.what).where(table.c.subject == subject, table.c.what.in_(looking))
        with self._database.read() as connection, readable("an event"):
            for row in connection.execute(query.order_by(table.c.id)):
                yield instant(row.at), Act(row.what)

    def events(self, after: int = 0, limit: int = 1000, what: Act | None = None) -> tuple[Event, ...]:
        """Events, or those of one act, in the order they were recorded: at most `limit`, after the id `after`."""
        table = schema.audit
        query = select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
        if what is not None:
            query = query.where(table.c.what == what.value)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        with readable("an event"):
            return tuple(
                Event(
                    r.id,
                    instant(r.at),
                    Act(r.what),
                    r.actor,
                    r.subject,
                    r.plan,
                    r.hold,
                    tuple((word, int(count)) for word, count in json.loads(r.counts)),
                )
                for r in rows
            )
