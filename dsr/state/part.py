"""What every part of the state database shares: the connection, the key, the clock, and how stored values read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from dsr.core.errors import StateError
from dsr.core.ledger import Entry, What
from dsr.state.connection import Database
from dsr.state.outbox import append
from dsr.state.sealing import Seal

Clock = Callable[[], datetime]
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


class Part:
    """A group of acts on the state database. Whoever changes anything records it in the same transaction."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def _record(self, connection: Connection, what: What, **facts: Any) -> int:  # noqa: ANN401 - Entry's own fields
        """Append an entry to the ledger's outbox; its place in the log."""
        return append(connection, Entry(what, facts.pop("at", None) or self._clock(), **facts))

    def _actor(self, name: str) -> str:
        """What stands for a member of staff in the ledger: a tag under the key of this database."""
        return self._seal.tag(b"actor " + clean(name).encode()).hex()[:16]


def micros(instant: datetime) -> int:
    """The stored form of an instant."""
    if instant.tzinfo is None:
        raise StateError("state database: a time without a zone cannot be stored. Give it in UTC.")
    return (instant - _EPOCH) // _MICROSECOND


def instant(stored: int) -> datetime:
    """The instant (UTC) of the stored form."""
    return _EPOCH + timedelta(microseconds=stored)


def clean(text: str) -> str:
    """The text without what a database cannot hold: NUL and lone surrogates become "?"."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Turns what goes wrong while a stored value is read into one clear error."""
    try:
        yield
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        raise StateError(
            f"state database: {what} cannot be read, it is damaged. Restore the database from a backup."
        ) from None
