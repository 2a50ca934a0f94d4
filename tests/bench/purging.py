"""The purge of old request logs by the calendar, beside the best chunked deletions that a hand would write."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from figures import SHOP, Figure, Task, run
from people import DSR, WATCHED, Bench

CUTOFF = "2023-05-27 00:00:00.000000"  # a fifth of the logs: 1 M of 5 M at scale 1
FORMS = {
    "sqlite": (
        ("timerange", 1_000, ("wal_autocheckpoint=50000", "secure_delete=ON")),
        ("timerange", 10_000, ("wal_autocheckpoint=50000", "secure_delete=ON")),
        ("keyset", 10_000, ("wal_autocheckpoint=50000", "secure_delete=ON")),
    ),
    "postgresql": (("ctid", 5_000, ()), ("ctid", 10_000, ()), ("keyset", 10_000, ()), ("timerange", 10_000, ())),
}


def purge(bench: Bench) -> Iterator[Figure]:
    """The hand's forms, then ours."""
    case = f"purge a fifth of the logs, {bench.database.name}, sf {bench.sf:g}"
    hands: list[Figure] = []
    for how, chunk, pragmas in FORMS[bench.database.name]:
        said = bench.work / "purge.json"
        options = [part for pragma in pragmas for part in ("--pragma", pragma)]
        hand = bench.peer("purge.py", "--how", how, "--chunk", str(chunk), "--cutoff", CUTOFF, *options)
        hands.append(
            run(
                case,
                f"{how}, chunks of {chunk:,}",
                Task(_into(said, hand), bench.fresh),
                bench.repeat,
                bench.database.pid,
            )
        )
        told = json.loads(said.read_text())
        hands[-1].more |= {"rows": told["rows"], "p50 ms": told["p50_ms"], "p99 ms": told["p99_ms"]}
        yield hands[-1]
    yield from _ours(bench, case, hands)


def _ours(bench: Bench, case: str, hands: list[Figure]) -> Iterator[Figure]:
    """Only the logs expire: the calendar of the policy is moved so that its cut-off is the hand's."""
    calendar(bench)
    env = {**os.environ, **bench.env, "DSR_POLICY": str(bench.work / "calendar.yaml")}
    bench.fresh()
    planned = subprocess.run([*DSR, "purge", "--plan-only", "--json"], env=env, stdout=subprocess.PIPE, check=False)
    plan = json.loads(planned.stdout)["plan"]
    acting = sum(s["count"] for s in plan["steps"] if s["disposition"] in ("delete", "rewrite", "anonymise"))
    file = bench.work / "watched.json"
    command = [sys.executable, WATCHED, str(file), "purge", "--confirm", str(acting), "--json"]

    def check() -> bool:
        return bench.right(sys.executable, __file__, bench.database.url)

    task = Task(command, bench.fresh, check, {**bench.env, "DSR_POLICY": str(bench.work / "calendar.yaml")})
    ours = run(case, "dsr purge (plan, apply, verify)", task, bench.repeat, bench.database.pid)
    best = min(one.total for one in hands)
    ours.ratio = ours.total / best
    told = json.loads(file.read_text())
    taken = sorted(told["statements"])
    acts = told["acts"]
    part = Figure(case, "of it: deleting", acts["client"], acts["server"], acts["wall"], 0)
    part.target = "≤ 1.2, p99 < 50 ms" if bench.database.name == "postgresql" else "≤ 1.5"
    part.ratio = part.total / best
    part.more = {"rows": acting, "statements": len(taken)}
    if taken:
        part.more |= {
            "p50 ms": taken[len(taken) // 2],
            "p99 ms": taken[len(taken) * 99 // 100],
            "longest ms": taken[-1],
        }
    yield ours
    yield part


def calendar(bench: Bench) -> None:
    """The policy with one rule for the logs, whose period ends at the hand's cut-off; the other data keeps its own."""
    from datetime import UTC, datetime

    text = (SHOP / "retention.yaml").read_text()
    days = (datetime.now(UTC) - datetime.fromisoformat(CUTOFF).replace(tzinfo=UTC)).days
    tail = text.partition("  usage:\n")[2]
    rule = "  usage:\n" + tail.partition("  books:\n")[0]
    logs = rule.replace("  usage:\n", "  logs:\n").replace("P24M", f"P{days}D")
    text = text.replace(rule, rule.replace("    keep_at_most: P24M\n", "") + logs)
    text = re.sub(r"(  app\.request_logs:\n    rule: )usage", r"\1logs", text)
    (bench.work / "calendar.yaml").write_text(text)


def _into(file: Path, command: list[str]) -> list[str]:
    """The command with its output in a file."""
    code = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], 'w')).returncode)"
    return [sys.executable, "-c", code, str(file), *command]


def _left(url: str) -> int:
    """What a purge to the midnight of the cut-off may not leave; young rows must all be there."""
    import sqlalchemy as sa

    with sa.create_engine(url).connect() as connection:
        old, young, last = connection.execute(
            sa.text(
                f"SELECT sum(CASE WHEN created_at < '{CUTOFF}' THEN 1 ELSE 0 END),"
                f" sum(CASE WHEN created_at >= '{CUTOFF}' THEN 1 ELSE 0 END), max(id) FROM request_logs"
            )
        ).one()
        first = connection.execute(sa.text("SELECT min(id) FROM request_logs")).scalar_one()
    return 0 if (old or 0) == 0 and young == last - first + 1 else 1


if __name__ == "__main__":
    wrong = _left(sys.argv[1])
    sys.stdout.write("purge: WRONG\n" if wrong else "purge: EXACT\n")
    sys.exit(wrong)
