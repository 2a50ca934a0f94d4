"""Removing a thousand people from JSON lines, plain and gzipped, beside what must be done in any case: a plain copy of
the files, or unpacking and packing them. Then the whole command, which also counts before and looks again afterwards.
"""

import gzip
import json
import os
import random
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, cast

from figures import Figure, Task, run

PEOPLE = 1_000
WORKER = str(Path(__file__))


def removal(folder: Path, megabytes: int, repeat: int) -> Iterator[Figure]:
    """Each packing: the least that must be done, the log store, the whole command."""
    for packing in ("plain", "gzip"):
        source, work = folder / f"logs-{packing}-{megabytes}", folder / "logs"
        hits, size = _make(source, megabytes, packing)

        def reset(source: Path = source, work: Path = work) -> None:
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(source, work)

        def check(work: Path = work, hits: int = hits, size: int = size) -> bool:
            return _left(work) == (0, size - hits)

        case = f"remove {PEOPLE:,} people from {megabytes} MB of JSON lines, {packing}"
        floor = "plain copy" if packing == "plain" else "unpack and pack (isal)"
        for what, title in (("copy", floor), ("remove", "log store")):
            cpu: list[float] = []

            def checked(what: str = what, cpu: list[float] = cpu, work: Path = work) -> bool:
                cpu.append(json.loads((work.parent / "logs.json").read_text())["cpu"])
                return what == "copy" or check()

            task = Task([sys.executable, WORKER, what, str(work)], reset, checked)
            figure = run(case, title, task, repeat, None)
            figure.more["MB/s of CPU"] = round(megabytes / min(cpu))
            figure.exact = figure.exact if what == "remove" else None
            figure.target = "≥ 400 MB/s" if packing == "plain" and what == "remove" else ""
            yield figure
        yield _command(folder, source, case, (hits, size), repeat)


def _command(folder: Path, source: Path, case: str, lines: tuple[int, int], repeat: int) -> Figure:
    """`dsr delete` on a small database and the logs."""
    estate = folder / "estate"

    def reset() -> None:
        shutil.rmtree(estate, ignore_errors=True)
        shutil.copytree(source, estate / "logs", ignore=shutil.ignore_patterns("about.json"))
        shutil.copy(Path(WORKER).with_suffix(".yaml"), estate / "retention.yaml")
        (estate / "people.txt").write_text("\n".join(people()) + "\n")
        with closing(sqlite3.connect(estate / "app.db")) as app:
            app.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE)")
            app.executemany("INSERT INTO users (email) VALUES (?)", [(mail,) for mail in people()])
            app.commit()

    def check() -> bool:
        hits, size = lines
        return _left(estate / "logs") == (0, size - hits)

    command = [str(Path(sys.executable).with_name("dsr")), "delete", "--from", str(estate / "people.txt")]
    policy = {"DSR_POLICY": str(estate / "retention.yaml")}
    task = Task([*command, "--confirm", str(PEOPLE), "--json"], reset, check, policy)
    return run(case, "dsr delete (plan, apply, verify)", task, repeat, None)


def _make(folder: Path, megabytes: int, packing: str) -> tuple[int, int]:
    """Files of 50 MB; how many lines name one of the wanted, and how many there are."""
    about = folder / "about.json"
    if not about.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        numbers, hits, size = random.Random(5), 0, 0
        wanted = set(people())
        for number in range(max(1, megabytes // 50)):
            name = f"request.{number}.jsonl" + (".gz" if packing == "gzip" else "")
            with _opened(folder / name, "wb") as file:
                written = 0
                while written < min(50, megabytes) * 1_000_000:
                    mail = email(numbers.randrange(1_000_000))
                    line = (
                        json.dumps(
                            {
                                "at": f"2026-{numbers.randrange(1, 13):02d}-{numbers.randrange(1, 29):02d}T10:00:00Z",
                                "id": f"{numbers.getrandbits(128):032x}",
                                "email": mail,
                                "status": 200,
                                "ip": f"10.{numbers.randrange(256)}.{numbers.randrange(256)}.1",
                                "path": "/v1/chat",
                                "model": "model-a1",
                                "agent": "sdk-py/1.0",
                                "tokens": numbers.randrange(4096),
                                "note": f"{numbers.getrandbits(512):0128x}",
                            }
                        ).encode()
                        + b"\n"
                    )
                    written += file.write(line)
                    hits += mail in wanted
                    size += 1
        about.write_text(json.dumps([hits, size]))
    hits, size = json.loads(about.read_text())
    return hits, size


def email(number: int) -> str:
    return f"u{number}.{number * 2654435761 % 65521:04x}@mail{number % 7}.example"


def people() -> list[str]:
    return [email(number) for number in random.Random(7).sample(range(1_000_000), PEOPLE)]


def _opened(path: Path, mode: str) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, mode, 6) if path.suffix == ".gz" else path.open(mode))


def _left(folder: Path) -> tuple[int, int]:
    """Lines of the wanted, and all lines."""
    wanted, found, size = set(people()), 0, 0
    for path in folder.glob("*.jsonl*"):
        with _opened(path, "rb") as file:
            for line in file:
                found += json.loads(line)["email"] in wanted
                size += 1
    return found, size


def _copy(path: Path) -> None:
    """The least that writing a file anew can cost."""
    from isal import igzip

    packed, piece = path.suffix == ".gz", bytearray(1 << 18)
    with path.open("rb") as source, path.with_suffix(".copy").open("wb") as target, memoryview(piece) as view:
        read = igzip.IGzipFile(fileobj=source) if packed else source
        write = igzip.IGzipFile(fileobj=target, mode="wb", compresslevel=1) if packed else target
        while size := read.readinto(view):
            write.write(view[:size])
        if packed:
            write.close()
        os.fsync(target.fileno())


def _work(what: str, folder: Path) -> None:
    import time

    from dsr.core.matching import Match
    from dsr.core.policy import StoreConfig
    from dsr.core.select import Selection, one_of
    from dsr.stores import open_store

    began = time.process_time()
    if what == "copy":
        for path in sorted(folder.glob("*.jsonl*")):
            _copy(path)
    else:
        store = open_store(StoreConfig("logs", "logs", str(folder), None, (), "bench"))
        chosen = Selection("request", one_of(("email",), people(), Match.EXACT))
        sum(unit.count for unit in store.delete(chosen, 10**9))
    (folder.parent / "logs.json").write_text(json.dumps({"cpu": time.process_time() - began}))


if __name__ == "__main__":
    _work(sys.argv[1], Path(sys.argv[2]))
