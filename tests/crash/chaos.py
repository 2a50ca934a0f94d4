"""The fault matrix for as long as asked: `make chaos MINUTES=10`. It prints what ran, and ends with 1 on anomalies."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path
from random import Random

import sqlalchemy as sa

for _folder in ("", "survive"):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / _folder))

from faults import EVERYWHERE, SERVERS, Scene, scene  # noqa: E402 - the path comes first
from servers import postgres  # noqa: E402

Cell = tuple[Callable[[Scene], None], str]
CELLS: list[Cell] = [(fault, kind) for fault in EVERYWHERE for kind in ("SQLite", "PostgreSQL")]
CELLS += [(fault, "PostgreSQL") for fault in SERVERS]


def main(minutes: float) -> int:
    """Run every cell at least once, and go on in turn until the time is over."""
    end = time.monotonic() + minutes * 60
    runs: Counter[Cell] = Counter()
    wrong: Counter[Cell] = Counter()
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        for number, cell in zip(count(), cycle(CELLS), strict=False):
            if number >= len(CELLS) and time.monotonic() > end:
                break
            runs[cell] += 1
            said = _run(cell, number, Path(folder) / str(number), server)
            if said:
                wrong[cell] += 1
                print(f"run {number} {cell[0].__name__} {cell[1]}: {said}", file=sys.stderr)  # noqa: T201
    print(_table(runs, wrong))  # noqa: T201
    return 1 if wrong else 0


def _run(cell: Cell, number: int, folder: Path, server: str) -> str:
    fault, kind = cell
    folder.mkdir()
    url = f"sqlite:///{folder / 'app.db'}"
    if kind == "SQLite":
        (folder / "app.db").touch()
    else:
        engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE chaos_{number}")
        engine.dispose()
        url = sa.make_url(server).set(database=f"chaos_{number}").render_as_string(hide_password=False)
    try:
        fault(scene(folder / "co", url, Random(number)))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is what is looked for
        return f"{type(error).__name__}: {error}"
    return ""


def _table(runs: Counter[Cell], wrong: Counter[Cell]) -> str:
    lines = ["| fault | SQLite | PostgreSQL |", "|---|---|---|"]
    for fault in (*EVERYWHERE, *SERVERS):
        cells = []
        for kind in ("SQLite", "PostgreSQL"):
            done = runs[fault, kind]
            cells.append(f"{done} runs, {wrong[fault, kind]} wrong" if done else "–")
        lines.append(f"| {fault.__name__.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1))
