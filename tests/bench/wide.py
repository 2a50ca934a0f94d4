"""The overview of a wide estate: 500 collections, nearly all of one account table, and 10,000 requests."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from figures import Figure, Task, run

from dsr.core.progress import Silent
from dsr.core.regimes import Right
from dsr.core.requests import Channel, Ending, Said
from dsr.jobs.requests import Wish, arrival_of
from dsr.jobs.session import Session

COLLECTIONS, ROWS, ACCOUNTS, REQUESTS = 500, 400, 1_000, 10_000
LATE = 25
"""Collections in which something is past its limit again since the last purge."""

_DAY = timedelta(days=1)
_RIGHTS = (Right.ACCESS, Right.ERASURE, Right.PORTABILITY)
_HEAD = """\
version: 1
controller:
  name: {en: Wide Example, zh: 宽表示例}
  contact: privacy@wide.example
  country: CN
  timezone: Asia/Shanghai
  languages: [en, zh]
  regimes: [gdpr, pipl]
state: sqlite:///.dsr/state.db
stores:
  app: {kind: sql, url: "sqlite:///app.db", zone: UTC}
subject:
  anchors: {user: app.users.id}
  identifiers:
    email: {at: [app.users.email], match: email}
guards:
  purge: {percent: 100}
deletion: {every: P1D, copies: P65D}
rules:
"""
_RULE = """\
  RULE:
    title: {en: Kind RULE, zh: 种类 RULE}
    purposes: [provide_service]
    basis: {gdpr: contract, pipl: contract}
    starts: {en: it is made, zh: 产生}
    keep_at_most: PERIOD
    then: delete
"""


def overview(folder: Path, repeat: int) -> Iterator[Figure]:
    """Build the estate once, purge it, let some records fall due again, and measure."""
    work = folder / "wide"
    if not (work / "retention.yaml").exists():
        work.mkdir(parents=True, exist_ok=True)
        _build(work)
    dsr = str(Path(sys.executable).with_name("dsr"))
    command = [dsr, "report", "overview", "--json", "--policy", str(work / "retention.yaml")]

    def check() -> bool:
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        facts = told["facts"]
        return (facts["overdue"], facts["requests"]) == (LATE, REQUESTS // 10)

    case = f"overview of {COLLECTIONS} collections and {REQUESTS:,} requests"
    yield run(case, "dsr report overview", Task(command, check=check, env=dict(os.environ)), repeat, None, "< 5 s")


def _build(work: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    names = [f"t{number}" for number in range(1, COLLECTIONS)]
    with closing(sqlite3.connect(work / "app.db")) as base:
        base.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, closed_at TEXT)")
        people = ((n, f"p{n}@example.org") for n in range(ACCOUNTS))
        base.executemany("INSERT INTO users VALUES (?, ?, NULL)", people)
        for name in names:
            _table(base, name, now)
        base.commit()
    rules = [_RULE.replace("RULE", f"k{n}").replace("PERIOD", f"P{n + 1}M") for n in range(20)]
    data = [
        f"  app.{name}: {{rule: k{at % 20}, subject: user_id, start: made_at, fields: {{note: content.text}}}}\n"
        for at, name in enumerate(names)
    ]
    users = "data:\n  app.users: {rule: k0, subject: id, start: closed_at, fields: {email: contact.email}}\n"
    (work / "retention.yaml").write_text("".join([_HEAD, *rules, users, *data]), encoding="utf-8")
    dsr = str(Path(sys.executable).with_name("dsr"))
    subprocess.run([dsr, "purge", "--policy", str(work / "retention.yaml")], check=True, capture_output=True)
    with closing(sqlite3.connect(work / "app.db")) as base:
        for name in names[:LATE]:
            base.execute(f"INSERT INTO {name} (user_id, note, made_at) VALUES (1, 'x', '2020-01-01 00:00:00')")
        base.commit()
    _ask(work, now)


def _table(base: sqlite3.Connection, name: str, now: datetime) -> None:
    base.execute(
        f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), note TEXT, made_at TEXT)"
    )
    base.execute(f"CREATE INDEX {name}_made ON {name} (made_at)")
    base.execute(f"CREATE INDEX {name}_user ON {name} (user_id)")
    days = ((now - number * _DAY).strftime("%Y-%m-%d %H:%M:%S") for number in range(ROWS))
    rows = ((number % ACCOUNTS, "x", made) for number, made in enumerate(days))
    base.executemany(f"INSERT INTO {name} (user_id, note, made_at) VALUES (?, ?, ?)", rows)


def _ask(work: Path, now: datetime) -> None:
    """Ten thousand requests of the last years, of which every tenth is open."""
    with Session(work / "retention.yaml", {}, "bench", Silent()) as session:
        arrivals = [arrival_of(session, _wish(number, now)) for number in range(REQUESTS)]
        for start in range(0, REQUESTS, 1_000):
            session.state.open_requests(arrivals[start : start + 1_000], "bench")


def _wish(number: int, now: datetime) -> Wish:
    received = now - (1 + number % 700) * _DAY
    closed = None if number % 10 == 0 else received + (number % 28) * _DAY / 28
    said = Said((("email", f"p{number}@example.org"),))
    ending = None if closed is None else Ending.FULFILLED
    return Wish((_RIGHTS[number % 3],), received, said, Channel.EMAIL, closed_at=closed, ending=ending)
