"""The outbox: what the ledger is made from. Entries are written in the transaction of what they record, gapless."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from dsr.core.errors import StateError
from dsr.core.ledger import LARGEST, Entry, entry_bytes
from dsr.state import schema

_CHUNK = 20_000
_MISSING = (
    "ledger: entries are missing from the state database, so nothing may be deleted. Restore the database from its "
    "newest backup, and keep this one: it is evidence."
)


def append(connection: Connection, *added: Entry) -> int:
    """Add entries, at least one; the place of the first in the log, from 0."""
    raws = [entry_bytes(entry) for entry in added]
    if (largest := max(len(raw) for raw in raws)) > LARGEST:
        raise StateError(f"ledger: an entry of {largest} bytes is too large. Nothing was recorded; report this.")
    first = schema.next_number(connection, schema.LEDGER, len(raws)) - len(raws)
    rows = [{"seq": seq, "entry": raw.decode()} for seq, raw in enumerate(raws, first)]
    connection.execute(schema.outbox.insert(), rows)
    return first


def size(connection: Connection) -> int:
    """How many entries there are. Raises StateError where the last ones are missing."""
    last = connection.execute(select(func.max(schema.outbox.c.seq))).scalar_one()
    count = 0 if last is None else int(last) + 1
    if count != schema.current_number(connection, schema.LEDGER):
        raise StateError(_MISSING)
    return count


def entries(connection: Connection, start: int, count: int) -> Iterator[bytes]:
    """So many entries from `start` on, in order. Raises StateError where one is missing."""
    table, expected = schema.outbox, start
    wanted = (table.c.seq >= start) & (table.c.seq < start + count)
    query = select(table.c.seq, table.c.entry).where(wanted).order_by(table.c.seq)
    with connection.execution_options(yield_per=_CHUNK).execute(query) as rows:
        for seq, entry in rows:
            if seq != expected:
                raise StateError(_MISSING)
            expected += 1
            yield entry.encode()
    if expected != start + count:
        raise StateError(_MISSING)
