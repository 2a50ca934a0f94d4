"""Running a command several times, what it cost, and the table of it all."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

SHOP = Path(__file__).parent / "shop"


@dataclass(slots=True)
class Figure:
    """The best of several runs of one command: CPU seconds of it and of the server, wall seconds, megabytes."""

    case: str
    what: str
    cpu_s: float
    server_cpu_s: float
    wall_s: float
    rss_mb: int
    exact: bool | None = None
    ratio: float | None = None
    target: str = ""
    more: dict[str, object] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return self.cpu_s + self.server_cpu_s


@dataclass(frozen=True, slots=True)
class Task:
    """A command with what comes before each run and what says that its result is right."""

    command: Sequence[str]
    reset: Callable[[], None] = lambda: None
    check: Callable[[], bool] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[int, ...] = (0,)


def run(case: str, what: str, task: Task, repeat: int, pid: int | None, target: str = "") -> Figure:
    """Run it; the least CPU and the least wall time count, the greatest memory, and every result must be right."""
    found: list[dict[str, float]] = []
    exact: bool | None = None
    for _ in range(repeat):
        task.reset()
        command = [sys.executable, str(SHOP / "measure.py"), "--repeat", "1", "--label", case]
        command += ["--server-pid", str(pid)] if pid else []
        env = {**os.environ, **task.env}
        done = subprocess.run([*command, "--", *task.command], env=env, check=True, stdout=subprocess.PIPE, text=True)
        one = json.loads(done.stdout)
        if one["rc"] not in task.codes:
            raise SystemExit(f"{case}, {what}: the command ended with {one['rc']}: {' '.join(task.command)}")
        found.append(one)
        if task.check is not None:
            exact = task.check() and exact is not False
    best = min(found, key=lambda one: one["cpu_s"] + one.get("server_cpu_s", 0))
    return Figure(
        case,
        what,
        best["cpu_s"],
        best.get("server_cpu_s", 0.0),
        min(one["wall_s"] for one in found),
        max(int(one["rss_mb"]) for one in found),
        exact,
        target=target,
    )


def table(figures: Sequence[Figure]) -> str:
    """One line for each figure, as Markdown."""
    lines = [
        "| case | what | CPU s | server CPU s | sum | ratio | target | wall s | MB | result |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | --- |",
    ]
    for one in figures:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        exact = {None: "", True: "EXACT", False: "WRONG"}[one.exact]
        more = ", ".join(f"{name} {value}" for name, value in one.more.items())
        result = ", ".join(part for part in (exact, more) if part)
        lines.append(
            f"| {one.case} | {one.what} | {one.cpu_s:.2f} | {one.server_cpu_s:.2f} | {one.total:.2f} | {ratio} "
            f"| {one.target} | {one.wall_s:.2f} | {one.rss_mb} | {result} |"
        )
    return "\n".join(lines)


def save(path: Path, machine: Mapping[str, object], options: Mapping[str, object], figures: Sequence[Figure]) -> None:
    """The same as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(one), "total_cpu_s": round(one.total, 3)} for one in figures]
    path.write_text(json.dumps({"machine": machine, "options": options, "figures": rows}, indent=1) + "\n")
