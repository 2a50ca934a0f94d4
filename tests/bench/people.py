"""Access and erasure of one and of a hundred people, ours beside the hand-written SQL limit."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from databases import Database
from figures import SHOP, Figure, Task, run

DSR = [str(Path(sys.executable).with_name("dsr"))]
WATCHED = str(Path(__file__).with_name("watched.py"))


@dataclass(frozen=True, slots=True)
class Bench:
    """One database at one scale, with a working folder."""

    database: Database
    sf: float
    repeat: int
    work: Path

    @property
    def env(self) -> dict[str, str]:
        pid = str(self.database.pid or "")
        return {"SHOP_URL": self.database.url, "BENCH_SERVER_PID": pid, "DSR_POLICY": str(self.work / "retention.yaml")}

    def fresh(self) -> None:
        self.database.fresh(self.sf)

    def peer(self, script: str, *options: str) -> list[str]:
        return [sys.executable, str(SHOP / script), *options, "--url", self.database.url]

    def says(self, *command: str) -> str:
        env = {**os.environ, **self.env}
        done = subprocess.run(command, env=env, check=False, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def people(self, count: int) -> Path:
        file = self.work / f"people-{count}.txt"
        file.write_text(self.says(*self.script("truth.py"), "emails", "--sf", f"{self.sf:g}", "-n", str(count)))
        return file

    def script(self, name: str) -> list[str]:
        return [sys.executable, str(SHOP / name)]

    def right(self, *command: str) -> bool:
        text = self.says(*command)
        if not text.rstrip().endswith("EXACT"):
            sys.stderr.write(text)
            return False
        return True


def access(bench: Bench, count: int) -> Iterator[Figure]:
    """Everything that is held about some people, written to files."""
    case = f"access {count}, {bench.database.name}, sf {bench.sf:g}"
    people, out, limits = bench.people(count), bench.work / "out", []
    limit = ("--emails", str(people), "--out", str(out), "--batch", "all" if count > 1 else "1")
    for style in ("db", "py"):
        check = bench.peer("truth.py", "check-access", "--emails", str(people), "--out", str(out))
        task = Task(
            bench.peer("limit_sql.py", "access", *limit, "--style", style),
            lambda: shutil.rmtree(out, ignore_errors=True),
            lambda check=check: bench.right(*check),
        )
        limits.append(
            run(
                case,
                f"SQL limit ({'JSON by the database' if style == 'db' else 'JSON by Python'})",
                task,
                bench.repeat,
                bench.database.pid,
            )
        )
        yield limits[-1]
    answer = bench.work / "export.json"
    command = [*DSR, "export", "--from", str(people), "--unsealed", str(out), "--data", "--json"]

    def reset() -> None:
        shutil.rmtree(out, ignore_errors=True)

    def check_ours() -> bool:
        reset_plain = bench.work / "plain"
        shutil.rmtree(reset_plain, ignore_errors=True)
        renamed(people.read_text().split(), out, reset_plain, bench)
        return bench.right(*bench.peer("truth.py", "check-access", "--emails", str(people), "--out", str(reset_plain)))

    answer.unlink(missing_ok=True)
    target = "≤ 3" if count > 1 else "≤ 1 s more"
    ours = run(
        case, "dsr export", Task(command, reset, check_ours, bench.env), bench.repeat, bench.database.pid, target
    )
    compare(ours, limits, count)
    yield ours


def renamed(emails: list[str], out: Path, plain: Path, bench: Bench) -> None:
    """Our packages in the form that truth.py reads: DIR/<email>.jsonl, {"table", "row"} a line."""
    plain.mkdir()
    folders = {json.loads((one / "manifest.json").read_text())["subject"]: one for one in packages(out)}
    for email, token in zip(emails, tokens(emails, bench), strict=True):
        data = folders[token] / "data.jsonl"
        with (plain / f"{email}.jsonl").open("w") as file:
            for line in map(json.loads, data.read_text().splitlines() if data.exists() else ()):
                file.write(json.dumps({"table": line["collection"], "row": line["record"]}) + "\n")


def packages(out: Path) -> list[Path]:
    return [out] if (out / "manifest.json").exists() else sorted(path for path in out.iterdir() if path.is_dir())


_TOKENS: dict[tuple[str, ...], list[str]] = {}


def tokens(emails: list[str], bench: Bench) -> list[str]:
    """The handles of the people, in their order."""
    known = _TOKENS.get((str(bench.work), *emails))
    if known is None:
        again = bench.work / "again"
        shutil.rmtree(again, ignore_errors=True)
        file = bench.work / "again.txt"
        file.write_text("\n".join(emails) + "\n")
        said = bench.says(*DSR, "export", "--from", str(file), "--unsealed", str(again), "--data", "--json")
        known = [one["token"] for one in json.loads(said)["packages"]]
        shutil.rmtree(again)
        _TOKENS[str(bench.work), *emails] = known
    return known


def erasure(bench: Bench, count: int) -> Iterator[Figure]:
    """The erasure of some people: whole command, and the deleting and rewriting alone."""
    case = f"erase {count}, {bench.database.name}, sf {bench.sf:g}"
    people, state = bench.people(count), bench.work / "state.json"
    bench.fresh()
    subprocess.run(bench.peer("truth.py", "snapshot", "--emails", str(people), "--save", str(state)), check=True)

    def check() -> bool:
        return bench.right(*bench.peer("truth.py", "check-erased", "--state", str(state), "--mode", "policy"))

    limit_command = bench.peer("limit_sql.py", "erase", "--emails", str(people), "--mode", "policy")
    limit_task = Task([*limit_command, "--batch", "all" if count > 1 else "1"], bench.fresh, check)
    limit = run(case, "SQL limit", limit_task, bench.repeat, bench.database.pid)
    yield limit
    bench.fresh()
    given = str(count) if count > 1 else tokens(people.read_text().split(), bench)[0]
    command = ["delete", "--from", str(people), "--confirm", given, "--json"]
    task = Task([*DSR, *command], bench.fresh, check, bench.env)
    target = "≤ 3" if count > 1 else "≤ 1 s more"
    ours = run(case, "dsr delete (plan, apply, verify)", task, bench.repeat, bench.database.pid, target)
    compare(ours, [limit], count)
    yield ours
    if count > 1:
        yield from _parts(bench, case, command, limit)


def _parts(bench: Bench, case: str, command: list[str], limit: Figure) -> Iterator[Figure]:
    """The same once more, watched from inside."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(bench.repeat):
        bench.fresh()
        file = bench.work / "watched.json"
        bench.says(sys.executable, WATCHED, str(file), *command)
        for name, one in json.loads(file.read_text()).items():
            if name in ("acts", "apply"):
                known = best.get(name)
                if known is None or one["client"] + one["server"] < known["client"] + known["server"]:
                    best[name] = one
    for name, what, target in (
        ("acts", "of it: deleting and rewriting", "≤ 1.5"),
        ("apply", "of it: apply and verify", ""),
    ):
        one = best[name]
        figure = Figure(case, what, one["client"], one["server"], one["wall"], 0, target=target)
        figure.ratio = figure.total / limit.total
        yield figure


def compare(ours: Figure, limits: list[Figure], count: int) -> None:
    """The ratio to the best limit; for one person the seconds beyond it."""
    best = min(one.total for one in limits)
    ours.ratio = ours.total / best
    if count == 1:
        ours.more["CPU s beyond the limit"] = round(ours.total - best, 2)
