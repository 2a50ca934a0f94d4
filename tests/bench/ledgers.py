"""Verifies a ledger of many entries: everything is hashed anew and compared with the published files.

    python tests/bench/ledgers.py [ENTRIES]

Filling the state database and publishing it (every tile is synced to disk) is not part of the figure.
"""

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, process_time

import sqlalchemy as sa

from dsr.core.ledger import Entry, What, entry_bytes
from dsr.core.progress import Silent
from dsr.jobs.ledger import verify
from dsr.jobs.publishing import publish
from dsr.jobs.session import Session
from dsr.state import schema
from dsr.state.database import State, open_state

CHUNK = 20_000


def fill(state: State, count: int, now: datetime) -> None:
    """Entries as a run writes them: one for every step."""
    with state._database.write() as connection:
        for start in range(state.ledger_size(), count, CHUNK):
            numbers = range(start, min(count, start + CHUNK))
            connection.execute(schema.outbox.insert(), [{"seq": n, "entry": entry(n, now)} for n in numbers])
        last = sa.update(schema.counter).where(schema.counter.c.name == schema.LEDGER)
        connection.execute(last.values(value=count))


def entry(number: int, now: datetime) -> str:
    counts = (("effected", number % 97), ("records", number % 97))
    run = number // 50 + 1
    return entry_bytes(
        Entry(What.STEP, now, plan=f"P-{run}", run=run, step=number % 50, outcome="removed", counts=counts)
    ).decode()


def measured(count: int, folder: Path) -> Iterator[str]:
    """CPU and wall seconds of one verification."""
    now = datetime.now(UTC)
    state = open_state("sqlite:///.dsr/state.db", folder)
    session = Session(folder / "none.yaml", {}, "bench", Silent())
    session.__dict__["state"] = state
    with session:
        publish(state, now)
        fill(state, count, now)
        publish(state, now)
        cpu, wall = process_time(), monotonic()
        found = verify(session)
        yield f"{found.size:,} entries verified: {process_time() - cpu:.1f} s of CPU, {monotonic() - wall:.1f} s\n"


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="dsr-ledger-") as folder:
        for line in measured(count, Path(folder)):
            sys.stdout.write(line)


if __name__ == "__main__":
    main()
