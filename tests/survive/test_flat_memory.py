"""Export and erasure take as much memory for many records as for few. Measured from outside, in a process each."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from company import USERS, USERS_DATA, Company, company

RUN = """
import resource, sys
from pathlib import Path
from dsr.cli.main import main
code = main(sys.argv[1:])
sys.stdout.flush()
status = Path("/proc/self/status")
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # of a fork, this counts what its parent had
if status.exists():
    most = int(status.read_text().split("VmHWM:")[1].split()[0])
print(code, most // 1024, file=sys.stderr)
"""
NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made_at TIMESTAMP, text VARCHAR(600))"
DATA = """\
  app.notes: {rule: notes, subject: user_id, start: made_at, fields: {text: content.text}}
  logs.visits: {rule: notes, subject: user_id, start: at, fields: {text: content.text}}
"""
TEXT = 600  # bytes of a record: held in memory, the many would be more than ALLOWED several times over
FEW, MANY, VERY_MANY = 1_000, 30_000, 1_000_000
ALLOWED = 12  # MB more for many than for few, beside SQLite's own cache
CACHE = 32  # MB at most that SQLite keeps of its file
LIMIT = 150  # MB, whatever there is


def made(folder: Path, database: str, records: int) -> Company:
    """One person with so many notes, and as many lines in the logs."""
    logs = folder / "logs"
    logs.mkdir(parents=True)
    tables = tuple(table.replace("TABLE", "TABLE IF NOT EXISTS") for table in (USERS, NOTES))
    made = company(folder, database, tables, USERS_DATA + DATA, stores="  logs: {kind: logs, url: logs}\n")
    made.run("DELETE FROM notes", "DELETE FROM users", "INSERT INTO users VALUES (7, 'a@example.com', NULL)")
    digits = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(10))
    power = len(str(records - 1))
    number = " + ".join(f"d{p}.n * {10**p}" for p in range(power))
    sources = ", ".join(f"({digits}) d{p}" for p in range(power))
    made.run(
        f"INSERT INTO notes SELECT k, 7, '2026-11-01 10:00:00', '{'x' * TEXT}' "
        f"FROM (SELECT {number} AS k FROM {sources}) numbers WHERE k < {records}"
    )
    line = json.dumps({"user_id": 7, "at": "2026-11-01T10:00:00Z", "text": "x" * TEXT}) + "\n"
    with (logs / "visits.jsonl").open("w") as file:
        for _ in range(records):
            file.write(line)
    return made


def megabytes(made: Company, *arguments: str) -> int:
    """The most that a command had at any moment."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments, "--json"],
        cwd=made.folder,
        env={**os.environ, **made.env},
        capture_output=True,
        text=True,
        check=False,
    )
    code, size = done.stderr.split()[-2:]
    assert code == "0", done.stderr
    return int(size)


def sizes(folder: Path, database: str, records: int) -> tuple[int, int, int]:
    """Export for the person, export for machines, erasure; everything must be copied, then be gone."""
    estate = made(folder, database, records)
    full = megabytes(estate, "export", "--user-id", "7", "--unsealed", "full")
    data = megabytes(estate, "export", "--user-id", "7", "--data", "--unsealed", "data")
    with (estate.folder / "data" / "data.jsonl").open() as file:
        assert sum(1 for _ in file) == 2 * records + 1
    token = json.loads((estate.folder / "data" / "manifest.json").read_text())["subject"]
    erased = megabytes(estate, "delete", "--user-id", "7", "--confirm", token)
    assert estate.rows("SELECT COUNT(*) FROM notes") == [(0,)]
    assert (estate.folder / "logs" / "visits.jsonl").read_bytes() == b""
    return full, data, erased


def allowed(database: str) -> int:
    file = Path(database.removeprefix("sqlite:///"))
    return ALLOWED + (min(CACHE, file.stat().st_size >> 20) if file.exists() else 0)


def test_memory_does_not_grow_with_the_records(tmp_path: Path, database: str) -> None:
    few = sizes(tmp_path / "few", database, FEW)
    many = sizes(tmp_path / "many", database, MANY)
    assert max(b - a for a, b in zip(few, many, strict=True)) <= allowed(database), (few, many)
    assert max(many) <= LIMIT, many


@pytest.mark.long
def test_memory_does_not_grow_with_very_many_records(tmp_path: Path, database: str) -> None:
    tenth = sizes(tmp_path / "tenth", database, VERY_MANY // 10)
    whole = sizes(tmp_path / "whole", database, VERY_MANY)
    assert max(b - a for a, b in zip(tenth, whole, strict=True)) <= allowed(database), (tenth, whole)
    assert max(whole) <= LIMIT, whole
