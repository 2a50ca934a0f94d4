"""The fault matrix for as long as asked: `make chaos MINUTES=10`. It prints what ran, and ends with 1 on anomalies."""

import sys
import tempfile
import time
from collections import Counter
from itertools import count, cycle
from pathlib import Path
from random import Random

import sqlalchemy as sa

for _folder in ("", "survive"):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / _folder))

from matrix import CELLS, KINDS, Cell, tried  # noqa: E402 - the path comes first
from servers import postgres  # noqa: E402


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
                print(f"run {number} {cell.name} {cell.kind}: {said}", file=sys.stderr, flush=True)  # noqa: T201
    print(_table(runs, wrong))  # noqa: T201
    return 1 if wrong else 0


def _run(cell: Cell, number: int, folder: Path, server: str) -> str:
    folder.mkdir()
    made = count()

    def database() -> str:
        name = f"chaos_{number}_{next(made)}"
        engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return sa.make_url(server).set(database=name).render_as_string(hide_password=False)

    try:
        tried(cell, folder, database, Random(number))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is what is looked for
        return f"{type(error).__name__}: {error}"
    return ""


def _table(runs: Counter[Cell], wrong: Counter[Cell]) -> str:
    lines = [f"| fault | {' | '.join(KINDS)} |", "|---" * (len(KINDS) + 1) + "|"]
    for name in dict.fromkeys(cell.name for cell in CELLS):
        row = [name.replace("_", " ")]
        for kind in KINDS:
            done = [cell for cell in runs if (cell.name, cell.kind) == (name, kind)]
            row.append(f"{runs[done[0]]} runs, {wrong[done[0]]} wrong" if done else "–")
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1))
