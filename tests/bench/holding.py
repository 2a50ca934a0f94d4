"""How long placing a hold takes while a purge deletes: until every store acknowledged and the records are counted."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from figures import Figure
from people import DSR, Bench
from purging import calendar

from dsr.core.progress import Silent
from dsr.jobs import holds
from dsr.jobs.covering import Wish
from dsr.jobs.session import Session

WISH = Wish("bench", "a dispute", "a court", collections=("app.request_logs",), where="{user_id: 17}")


def holding(bench: Bench, rounds: int) -> Iterator[Figure]:
    """A purge starts, and when rows are going a hold is placed; the purge stops, the hold is released, and again."""
    calendar(bench)
    env = {**os.environ, **bench.env, "DSR_POLICY": str(bench.work / "calendar.yaml")}
    bench.fresh()
    taken = []
    for _ in range(rounds):
        while (one := _placed(bench, env)) is None:
            bench.fresh()
        taken.append(one)
    taken.sort()
    case = f"hold during a purge, {bench.database.name}, sf {bench.sf:g}"
    figure = Figure(case, "until every store has acknowledged", 0, 0, taken[-1], 0, target="p99 < 1 s")
    figure.more = {"holds": rounds}
    for part in (50, 99):
        figure.more[f"p{part} ms"] = round(taken[len(taken) * part // 100] * 1000)
    yield figure


def _placed(bench: Bench, env: dict[str, str]) -> float | None:
    """Seconds that a hold took; None where the purge was over before it was placed."""
    command = [*DSR, "purge", "--json"]
    purge = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Session(Path(env["DSR_POLICY"]), env, "bench", Silent()) as session:
            _ = session.estate
            while purge.poll() is None and not _deleting(session):
                time.sleep(0.01)
            begun = time.perf_counter()
            shown = holds.place(session, WISH)
            took = time.perf_counter() - begun
            late = purge.poll() is not None
            session.state.release(shown.hold.id, "bench", session.now(), "measured")
    finally:
        purge.wait()
    return None if late or shown.pending else took


def _deleting(session: Session) -> bool:
    """Whether a batch was committed already."""
    state = session.state
    return any(step.effected for run in state.unfinished_runs() for step in state.steps(run))
