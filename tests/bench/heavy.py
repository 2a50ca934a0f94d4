"""A copy of one person who has very much: exported, sealed for a key, opened again and counted; the memory it took.

python tests/bench/heavy.py [--folder DIR] ROWS:FILES ...      (default 1000000:2000 10000000:20000)
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from figures import Figure, Task, run, table

DSR = (str(Path(sys.executable).with_name("dsr")),)
BYTES = 26_000  # of a file
CHUNK = 1_000_000
PNG = b"\x89PNG\r\n\x1a\n"  # without it some would begin like text in UTF-16, and be withheld as unreadable
CALLS = """CREATE TABLE calls
  (id INTEGER PRIMARY KEY, user_id INTEGER, made_at TEXT, model TEXT, tokens INTEGER, agent TEXT)"""
POLICY = """\
version: 1
controller:
  name: {en: Example, zh: 示例}
  contact: privacy@example.com
  country: CN
  timezone: UTC
  languages: [en, zh]
  regimes: [gdpr, pipl]
state: sqlite:///.dsr/state.db
stores:
  app: {kind: sql, url: "sqlite:///app.db", zone: UTC}
  media: {kind: objects, url: "file://media"}
subject:
  anchors: {user: app.users.id}
  identifiers: {user_id: {at: [app.users.id]}}
rules:
  usage:
    title: {en: Usage, zh: 使用记录}
    purposes: [provide_service]
    basis: {gdpr: contract, pipl: contract}
    starts: {en: it is made, zh: 产生}
    keep_at_most: P1Y
    then: delete
data:
  app.users: {rule: usage, subject: id, start: closed_at, fields: {}}
  app.calls:
    rule: usage
    subject: user_id
    start: made_at
    fields: {model: usage.model, tokens: usage.tokens, agent: technical.user_agent}
  media.assets: {rule: usage, subject: {key: "{user_id}/"}, start: modified}
"""
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"


def made(folder: Path, rows: int, files: int) -> None:
    """The person with so many rows and files, and somebody else with a few."""
    (folder / "retention.yaml").write_text(POLICY, encoding="utf-8")
    base = sqlite3.connect(folder / "app.db")
    base.execute("PRAGMA journal_mode = OFF")
    base.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, closed_at TEXT)")
    base.execute(CALLS)
    base.executemany("INSERT INTO users VALUES (?, NULL)", [(1,), (2,)])
    for start in range(0, rows, CHUNK):
        numbers = range(start, min(rows, start + CHUNK))
        base.executemany(
            "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?)",
            (
                (n, 2 if n % 1000 == 999 else 1, f"2026-0{n % 9 + 1}-1{n % 10} 10:00:00", "lantern-2", n % 4096, AGENT)
                for n in numbers
            ),
        )
        base.commit()
    base.execute("CREATE INDEX calls_user ON calls (user_id)")
    base.commit()
    base.close()
    noise = random.Random(7)
    for number in range(files):
        path = folder / "media" / "assets" / "1" / f"{number % 100:02}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG + noise.randbytes(BYTES))


def opened(sealed: Path, key: object) -> tuple[int, int]:
    """How many rows and files a sealed package holds."""
    from pyrage import decrypt_file

    plain = sealed.with_suffix(".plain")
    decrypt_file(str(sealed), str(plain), [key])
    found = Counter[str]()
    with zipfile.ZipFile(plain) as archive:
        for name in archive.namelist():
            if name.endswith("/data/app/calls.jsonl"):
                with archive.open(name) as lines:
                    found["rows"] += sum(1 for _ in lines)
            found["files"] += "/files/" in name
    plain.unlink()
    return found["rows"], found["files"]


def measured(folder: Path, rows: int, files: int) -> Figure:
    """One export of one size."""
    from pyrage import x25519

    made(folder, rows, files)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9
    key, sealed = x25519.Identity.generate(), folder / "copy.zip.age"
    policy = ("--policy", str(folder / "retention.yaml"))
    command = (*DSR, "export", "--user-id", "1", "--recipient", str(key.to_public()), "--out", str(sealed), "--json")

    def right() -> bool:
        return opened(sealed, key) == (rows - rows // 1000, files)

    task = Task((*command, *policy), check=right)
    figure = run(f"{rows:,} rows and {files:,} files, {size:.2f} GB", "dsr export --recipient", task, 1, None)
    figure.more = {"sealed MB": sealed.stat().st_size // 10**6}
    return figure


def main() -> None:
    """Measure every size and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=["1000000:2000", "10000000:20000"], metavar="ROWS:FILES")
    parser.add_argument("--folder", type=Path, help="where to work; needs about ten times the data")
    options = parser.parse_args()
    sys.stdout.write(table([*_each(options.sizes, options.folder)]) + "\n")


def _each(sizes: list[str], folder: Path | None) -> Iterator[Figure]:
    for size in sizes:
        rows, _, files = size.partition(":")
        with tempfile.TemporaryDirectory(prefix="dsr-heavy-", dir=folder) as own:
            yield measured(Path(own), int(rows), int(files))


if __name__ == "__main__":
    main()
