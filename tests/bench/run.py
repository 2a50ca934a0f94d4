"""Measures `dsr` against hand-written SQL on the benchmark's shop, and prints one table.

    python tests/bench/run.py                          0.75 million rows, SQLite and PostgreSQL, a few minutes
    python tests/bench/run.py --sf 1                   7.5 million rows, with the purge of a million
    python tests/bench/run.py --only access,erase --on sqlite

CPU seconds of the command and of the database server count first; wall time on a busy machine says little. A result
that is not EXACT has no speed. The figures go to bench-out/ as JSON.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from databases import SHOP, Database, Sqlite, machine, postgres
from figures import Figure, save, table
from holding import holding
from logs import removal
from people import Bench, access, erasure
from proving import proof
from purging import purge
from wide import overview

OUT = Path(__file__).resolve().parents[2] / "bench-out"
CASES = ("access", "erase", "purge", "proof", "holds", "logs", "overview")
ON = ("sqlite", "postgresql")


def main() -> int:
    """Load, measure, print, save."""
    options = arguments()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="dsr-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    try:
        for one in measured(options, folder):
            sys.stdout.write(table([one]).splitlines()[-1] + "\n")
            sys.stdout.flush()
            figures.append(one)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    about = machine()
    sys.stdout.write(f"\n{about['cpu']}, {about['cores']} cores, Python {about['python']}\n\n{table(figures)}\n")
    chosen = {name: str(value) for name, value in vars(options).items()}
    save(OUT / f"bench-sf{options.sf:g}.json", about, chosen, figures)
    return 1 if any(one.exact is False for one in figures) else 0


def measured(options: argparse.Namespace, folder: Path) -> Iterator[Figure]:
    """Every case, on every database."""
    with ExitStack() as stack:
        if "logs" in options.only:
            yield from removal(folder, options.log_mb, options.repeat)
        if "overview" in options.only:
            yield from overview(folder, options.repeat)
        for name in options.on if set(options.only) - {"logs", "overview"} else ():
            place = folder / name
            place.mkdir(exist_ok=True)
            database: Database = Sqlite(place) if name == "sqlite" else stack.enter_context(postgres(place))
            database.load(options.sf)
            work = folder / f"work-{name}"
            work.mkdir(exist_ok=True)
            shutil.copy(SHOP / "retention.yaml", work)
            bench = Bench(database, options.sf, options.repeat, work)
            yield from cases(options, bench)


def cases(options: argparse.Namespace, bench: Bench) -> Iterator[Figure]:
    """The cases of one database; reading ones share one copy."""
    if "access" in options.only:
        bench.fresh()
        for count in options.people:
            yield from access(bench, count)
    if "erase" in options.only:
        for count in options.people:
            yield from erasure(bench, count)
    if "purge" in options.only:
        yield from purge(bench)
    if "proof" in options.only:
        yield from proof(bench)
    if "holds" in options.only:
        yield from holding(bench, options.holds)


def arguments() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sf", type=float, default=0.1, help="scale: 1 is 7.5 million rows")
    parser.add_argument("--on", type=names(ON), default=ON, help=f"which of {','.join(ON)}")
    parser.add_argument("--only", type=names(CASES), default=CASES, help=f"which of {','.join(CASES)}")
    parser.add_argument("--people", type=lambda text: [int(part) for part in text.split(",")], default=[1, 100])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--holds", type=int, default=30, help="how many are placed while purges run")
    parser.add_argument("--log-mb", type=int, default=200, help="size of the log files")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the loaded databases for the next time")
    return parser.parse_args()


def names(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """A list of names out of those that are known."""

    def read(text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        if not set(found) <= set(known):
            raise argparse.ArgumentTypeError(f"known: {', '.join(known)}")
        return found

    return read


if __name__ == "__main__":
    sys.exit(main())
