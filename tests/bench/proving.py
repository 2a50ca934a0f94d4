"""What proof costs: receipts, fences, ledger and certificate as a part of bulk erasure and purge.

    python proving.py FIGURES.json COMMAND ...      (a command line of dsr, run in this process and watched)

CPU seconds, of client and database server, inside of everything that only proof needs. The rest of the
command is what it would cost without; both are of one run, so that a busy machine weighs on both alike.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

from figures import Figure
from people import Bench
from purging import calendar
from watched import Meter, server_cpu

ALLOWED = 0.15


def proof(bench: Bench) -> Iterator[Figure]:
    """Erasure of a hundred people, and the purge of a fifth of the logs."""
    people = bench.people(100)
    calendar(bench)
    for what, command, policy in (
        ("erase 100", ["delete", "--from", str(people), "--confirm", "100"], "retention.yaml"),
        ("purge a fifth of the logs", ["purge"], "calendar.yaml"),
    ):
        found = min((_run(bench, command, policy) for _ in range(bench.repeat)), key=lambda one: one["total"])
        case = f"{what}, {bench.database.name}, sf {bench.sf:g}"
        figure = Figure(
            case, "receipts, fences, ledger, certificate", found["client"], found["server"], found["wall"], 0
        )
        figure.target = f"< {1 + ALLOWED:g} of the rest"
        figure.ratio = found["total"] / (found["total"] - found["client"] - found["server"])
        figure.more = {"CPU s of all": round(found["total"], 2), **found["parts"]}
        yield figure


def _run(bench: Bench, command: list[str], policy: str) -> Any:
    bench.fresh()
    file = bench.work / "proof.json"
    env = {**os.environ, **bench.env, "DSR_POLICY": str(bench.work / policy)}
    done = [sys.executable, __file__, str(file), *command, "--json"]
    subprocess.run(done, env=env, stdout=subprocess.DEVNULL, check=False)
    return json.loads(file.read_text())


class Share:
    """A meter for calls that may lie inside one another: only the outermost counts."""

    def __init__(self) -> None:
        self.meter, self.parts = Meter(), dict[str, float]()

    def watch(self, owner: Any, name: str, part: str) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        def outer(*args: Any, **kwargs: Any) -> Any:
            if self.meter.open:
                return inner(*args, **kwargs)
            before = self.meter.client + self.meter.server
            self.meter.start()
            try:
                return inner(*args, **kwargs)
            finally:
                self.meter.stop()
                spent = self.meter.client + self.meter.server - before
                self.parts[part] = round(self.parts.get(part, 0.0) + spent, 3)

        setattr(owner, name, outer)


def main() -> None:
    """Run the command, and write down what its proof cost."""
    begun, server = process_time(), server_cpu()
    from dsr.cli.main import main as dsr
    from dsr.jobs import apply as applying
    from dsr.jobs import certifying
    from dsr.jobs.session import Session
    from dsr.state.part import Part
    from dsr.stores.sql.fence import Fence

    share = Share()
    for name in ("enter", "leave", "admit", "receipts", "prepare", "standing"):
        share.watch(Fence, name, "receipts and fences")
    share.watch(Part, "_record", "ledger")
    share.watch(Session, "settle", "ledger")
    share.watch(certifying, "ready", "ledger")
    share.watch(certifying, "issue", "certificate")
    share.watch(applying, "mark", "receipts and fences")
    code = dsr(sys.argv[2:])
    total = process_time() - begun + server_cpu() - server
    figures = {**share.meter.figures(), "total": total, "parts": share.parts, "code": code}
    Path(sys.argv[1]).write_text(json.dumps(figures))
    sys.exit(code)


if __name__ == "__main__":
    main()
