"""Runs `dsr` in this process and writes down what its statements and its acts cost.

    python watched.py FIGURES.json COMMAND ...      (a command line of dsr)

`statements`: milliseconds of every DELETE and UPDATE on a store, its commit included.
`acts`: CPU seconds, of the client and of the database's own processes, spent in deleting and rewriting alone.
`apply`: the same for the whole of applying, checks included.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa


class Meter:
    """CPU seconds between `start` and `stop`, summed."""

    def __init__(self) -> None:
        self.client = self.server = self.wall = 0.0
        self._at = (0.0, 0.0, 0.0)
        self.open = False

    def start(self) -> None:
        self.open = True
        server = server_cpu()  # looking is not part of what is measured
        self._at = (time.process_time(), server, time.monotonic())

    def stop(self) -> None:
        self.open = False
        client, server, wall = self._at
        self.client += time.process_time() - client
        self.server += server_cpu() - server
        self.wall += time.monotonic() - wall

    def figures(self) -> dict[str, float]:
        return {"client": round(self.client, 3), "server": round(self.server, 3), "wall": round(self.wall, 3)}


def server_cpu() -> float:
    """CPU seconds of the live processes under the server whose id is given, to the nanosecond."""
    parent = os.environ.get("BENCH_SERVER_PID")
    if not parent:
        return 0.0
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                if stat[1] == parent:
                    total += int((folder / "schedstat").read_text().split()[0])
            except (OSError, IndexError):
                continue
    return total / 1e9


def metered(meter: Meter, generator: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """The generator with the time inside it measured, and not that of whoever draws from it."""

    def run(*args: Any, **kwargs: Any) -> Iterator[Any]:
        inner = generator(*args, **kwargs)
        while True:
            meter.start()
            try:
                item = next(inner)
            except StopIteration:
                return
            finally:
                meter.stop()
            yield item

    return run


def listen(acts: Meter, taken: list[float]) -> None:
    """Time from a changing statement on a store to the end of its transaction."""
    open_: dict[int, float] = {}

    @sa.event.listens_for(sa.Engine, "before_cursor_execute")
    def before(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if acts.open and statement.startswith(("DELETE", "UPDATE")):
            open_.setdefault(id(connection), time.monotonic())

    @sa.event.listens_for(sa.pool.Pool, "checkin")
    def checkin(_dbapi: Any, _record: Any) -> None:
        now = time.monotonic()
        taken.extend((now - began) * 1000 for began in open_.values())
        open_.clear()


def main() -> None:
    from dsr.cli.main import main as dsr
    from dsr.jobs import apply as job
    from dsr.stores.sql.store import SqlStore

    acts, applying, taken = Meter(), Meter(), list[float]()
    SqlStore.delete = metered(acts, SqlStore.delete)  # type: ignore[method-assign]
    SqlStore.rewrite = metered(acts, SqlStore.rewrite)  # type: ignore[method-assign]
    real = job.apply

    def apply(*args: Any, **kwargs: Any) -> Any:
        applying.start()
        try:
            return real(*args, **kwargs)
        finally:
            applying.stop()

    job.apply = apply
    listen(acts, taken)
    code = dsr(sys.argv[2:])
    figures = {"acts": acts.figures(), "apply": applying.figures(), "statements": [round(ms, 2) for ms in taken]}
    Path(sys.argv[1]).write_text(json.dumps(figures))
    sys.exit(code)


if __name__ == "__main__":
    main()
