"""Stores that do not answer: at the plan, when it is applied, and in the middle."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import USERS, USERS_DATA, Company, company
from outage import Line, Moved, Wire
from test_meanwhile import Interrupting, watched

from dsr.core.errors import StoreUnreachableError
from dsr.core.plan import Outcome
from dsr.jobs.apply import apply, resume
from dsr.jobs.discover import discover
from dsr.jobs.erase import plan_erasure
from dsr.jobs.export import export
from dsr.jobs.people import Asked, find
from dsr.jobs.purge import plan_purge

NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)"
DATA = """\
  app.notes: {rule: notes, subject: user_id, start: made}
  logs.requests: {rule: notes, subject: user_id, start: at}
  media.assets: {rule: notes, subject: {key: "{user_id}/"}, start: modified}
"""
STORES = "  logs: {kind: logs, url: logs}\n  media: {kind: objects, url: file://media}\n"
BY_MAIL = [Asked((("email", "a@example.com"),))]
MANY = 60


@dataclass(frozen=True, slots=True)
class Estate:
    """A company with three stores, and the line to each."""

    made: Company
    lines: dict[str, Line]

    def left(self) -> tuple[int, int, int]:
        """Notes, log lines and files of the person that are there."""
        notes = len(self.made.rows("SELECT id FROM notes WHERE user_id = 1"))
        lines = (self.made.folder / "logs" / "requests.jsonl").read_text().splitlines()
        files = list((self.made.folder / "media" / "assets" / "1").iterdir())
        return notes, sum(json.loads(line)["user_id"] == 1 for line in lines), len(files)

    def users(self) -> list[int]:
        return [id for (id,) in self.made.rows("SELECT id FROM users")]


@pytest.fixture
def estate(tmp_path: Path, database: str) -> Iterator[Estate]:
    small = ("zone: UTC}", "zone: UTC, batch: 5}")
    made = company(tmp_path, database, (USERS, NOTES), USERS_DATA + DATA, stores=STORES, rules=small)
    rows = ", ".join(f"({id}, {1 + id // MANY}, '2020-01-01')" for id in range(MANY + 3))
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        f"INSERT INTO notes VALUES {rows}",
    )
    (tmp_path / "logs").mkdir()
    lines = [json.dumps({"user_id": 1 + n % 2, "at": "2026-11-01T00:00:00Z"}) for n in range(10)]
    (tmp_path / "logs" / "requests.jsonl").write_text("\n".join(lines) + "\n")
    for user in (1, 2):
        folder = tmp_path / "media" / "assets" / str(user)
        folder.mkdir(parents=True)
        (folder / "a.png").write_bytes(b"a")
    line = Wire(database) if database.startswith("postgres") else Moved(tmp_path / "app.db", database)
    moved = {name: Moved(tmp_path / name) for name in ("logs", "media")}
    yield Estate(replace(made, env={"APP_URL": line.url}), {"app": line, **moved})
    if isinstance(line, Wire):
        line.cut()


ALL, NONE = (MANY, 5, 1), (0, 0, 0)


@pytest.mark.parametrize("lost", ["logs", "media"])
def test_a_store_lost_at_the_plan_is_named_and_the_account_waits_for_it(estate, lost):
    estate.lines[lost].cut()
    with estate.made.session() as session:
        plan = plan_erasure(session, BY_MAIL)
        applied = apply(session, plan.id)
    assert [(gap.kind, gap.where) for gap in plan.gaps] == [("unreachable", lost)]
    assert (plan.complete, applied.exit_code) == (False, 75)
    assert estate.users() == [1, 2]
    estate.lines[lost].mend()
    _, again = estate.made.erase(("email", "a@example.com"))
    assert again.exit_code == 0
    assert (estate.left(), estate.users()) == (NONE, [2])


def test_the_store_of_the_accounts_lost_at_the_plan_leaves_nothing_to_plan(estate):
    estate.lines["app"].cut()
    with estate.made.session() as session, pytest.raises(StoreUnreachableError):
        plan_erasure(session, BY_MAIL)
    with estate.made.session() as session:
        assert discover(session).exit_code == 75
        assert [gap.where for gap in plan_purge(session).gaps] == ["app"]
    with estate.made.session() as session, pytest.raises(StoreUnreachableError):
        export(session, BY_MAIL, estate.made.folder / "package")
    assert not (estate.made.folder / "package").exists()


@pytest.mark.parametrize("lost", ["app", "logs", "media"])
def test_a_store_lost_at_apply_means_that_nothing_is_done(estate, lost):
    with estate.made.session() as session:
        plan = plan_erasure(session, BY_MAIL)
    estate.lines[lost].cut()
    with estate.made.session() as session, pytest.raises(StoreUnreachableError, match="Nothing was done"):
        apply(session, plan.id)
    estate.lines[lost].mend()
    assert (estate.left(), estate.users()) == (ALL, [1, 2])
    with estate.made.session() as session:
        assert apply(session, plan.id).exit_code == 0
    assert (estate.left(), estate.users()) == (NONE, [2])


@pytest.mark.parametrize("lost", ["app", "logs", "media"])
def test_a_store_lost_in_the_middle_is_finished_by_resume(estate, lost):
    with watched(estate.made, Interrupting(1 if lost != "app" else 30, estate.lines[lost].cut)) as session:
        plan = plan_erasure(session, BY_MAIL)
        applied = apply(session, plan.id)
    assert applied.exit_code == 75
    assert applied.outcome in (Outcome.UNKNOWN, Outcome.PENDING)
    estate.lines[lost].mend()
    assert estate.left() != ALL
    assert estate.users() == [1, 2]
    with estate.made.session() as session:
        (resumed,) = resume(session)
    assert resumed.exit_code == 0
    assert (estate.left(), estate.users()) == (NONE, [2])
    assert len(estate.made.rows("SELECT id FROM notes")) == 3


def test_a_store_lost_while_exporting_is_a_failed_search(estate):
    estate.lines["logs"].cut()
    with estate.made.session() as session:
        exported = export(session, BY_MAIL, estate.made.folder / "package")
    assert exported.exit_code == 7
    searched = (estate.made.folder / "package" / "searched.csv").read_text(encoding="utf-8")
    assert "failed" in next(line for line in searched.splitlines() if "logs" in line)


def dsr(made: Company, *arguments: str) -> "subprocess.Popen[str]":
    """The program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from dsr.cli.main import run; run()", *arguments],
        cwd=made.folder,
        env={**os.environ, **made.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_process_killed_in_the_middle_is_finished_by_resume(estate):
    made = estate.made
    rows = ", ".join(f"({id}, 1, '2020-01-01')" for id in range(1000, 1200))
    made.run(f"INSERT INTO notes VALUES {rows}")
    with made.session() as session:
        token = find(session, BY_MAIL[0]).token
    killed = dsr(made, "delete", "--email", "a@example.com", "--confirm", token)
    engine = sa.create_engine(made.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        while killed.poll() is None:
            if connection.exec_driver_sql("SELECT count(*) FROM notes").scalar_one() < 200:
                killed.send_signal(signal.SIGKILL)
                break
    engine.dispose()
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert 0 < estate.left()[0] < 200
    resumed = dsr(made, "resume")
    out, err = resumed.communicate()
    assert resumed.returncode == 0, out + err
    assert (estate.left(), estate.users()) == (NONE, [2])
    assert len(made.rows("SELECT id FROM notes")) == 3
