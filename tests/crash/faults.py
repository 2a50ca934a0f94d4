"""Faults: each breaks something while a person is erased from a company, and says what has to be true then."""

import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import sqlalchemy as sa
from company import NOW, USERS, USERS_DATA, Company, company

from dsr.core.errors import DsrError, EvidenceError
from dsr.jobs import certifying, holds, trust
from dsr.jobs.apply import apply, resume
from dsr.jobs.covering import Wish
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.plans import cancel

MANY, OTHERS, BATCH = 40, 10, 4
NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, at TIMESTAMP)"
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: at}\n"
PERSON = [Asked((("user_id", "1"),))]
GONE = frozenset((n, 1) for n in range(MANY))
_BUSY = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
)
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["faults"])


@dataclass(frozen=True, slots=True)
class Child:
    """What happens to a process that applies the plan: killed at a commit or where a file of the ledger takes its
    place, or files that may not grow any more.
    """

    kill: int = 0
    room: int = 0
    publish: int = 0


@dataclass(slots=True)
class Scene:
    """A company with one plan, and dice."""

    made: Company
    plan: str
    dice: Random
    at_state: str

    def left(self) -> int:
        return int(self.made.rows("SELECT count(*) FROM notes WHERE user_id = 1")[0][0])

    def start(self, child: Child = Child()) -> multiprocessing.process.BaseProcess:
        made = self.made
        process = _processes.Process(target=_apply, args=(made.folder, made.url, dict(made.env), self.plan, child))
        process.start()
        return process

    def run(self, child: Child = Child()) -> int | None:
        process = self.start(child)
        process.join()
        return process.exitcode

    def refused(self) -> None:
        """The plan is refused, and nothing is gone."""
        before = self.left()
        with suppress(DsrError), self.made.session() as session:
            apply(session, self.plan)
            raise AssertionError("it was applied")
        assert self.left() == before, "something is gone"

    def finish(self) -> None:
        """Go on like an operator would; then every effect happened once and was counted once."""
        for _ in range(4):
            with self.made.session() as session:
                status = next(row.status.value for row in session.state.plans() if row.id == self.plan)
                if status == "open":
                    apply(session, self.plan)
                elif status in ("applying", "partial"):
                    resume(session)
        self.once(MANY)

    def once(self, notes: int) -> None:
        assert self.left() == MANY - notes, "rows are left"
        assert len(self.made.rows("SELECT id FROM notes")) == MANY - notes + OTHERS, "another's rows are gone"
        (effected,) = self.state("SELECT sum(effected) FROM dsr_step WHERE outcome = 'removed'")[0]
        assert effected == notes + 1, f"the journal counts {effected} of {notes + 1}"
        with self.made.session(NOW + timedelta(days=401)) as session:  # a clock may have gone ahead
            certified = certifying.show(session, self.plan).count("removed")
        assert certified == notes + 1, f"the certificate counts {certified} of {notes + 1}"
        if self.receipts():
            (receipts,) = self.made.rows("SELECT sum(records) FROM dsr_receipt")[0]
            assert receipts == notes + 1, f"the receipts count {receipts} of {notes + 1}"

    def receipts(self) -> bool:
        """Whether the store keeps them; where they could not be made it is of class T2: the journal alone counts."""
        engine = sa.create_engine(self.made.url)
        try:
            return bool(sa.inspect(engine).has_table("dsr_receipt"))
        finally:
            engine.dispose()

    def state(self, query: str) -> list[tuple]:
        """Read the state database behind the program's back."""
        engine = sa.create_engine(self.at_state)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.exec_driver_sql(query)]
        engine.dispose()
        return found

    def damage(self, *statements: str) -> None:
        """Change the state database behind the program's back."""
        engine = sa.create_engine(self.at_state)
        with engine.begin() as connection:
            for statement in statements:
                assert connection.exec_driver_sql(statement).rowcount != 0, statement
        engine.dispose()


def scene(folder: Path, url: str, dice: Random, state: str | None = None, option: str = "") -> Scene:
    """A person with many notes, another one with some, and the plan that erases the first.

    `state` is another database for the state than a file.
    """
    made = company(folder, url, (USERS, NOTES), DATA, rules=("zone: UTC}", f"zone: UTC, batch: {BATCH}{option}}}"))
    if state is not None:
        made.policy.write_text(made.policy.read_text().replace("sqlite:///.dsr/state.db", state))
    mine = ", ".join(f"({n}, 1, '2026-11-01')" for n in range(MANY))
    others = ", ".join(f"({n}, 2, '2026-11-01')" for n in range(900, 900 + OTHERS))
    made.run(
        "INSERT INTO users VALUES (1, 'ann@example.com', NULL), (2, 'bo@example.com', NULL)",
        f"INSERT INTO notes VALUES {mine}",
        f"INSERT INTO notes VALUES {others}",
    )
    with made.session() as session:
        plan = plan_erasure(session, PERSON).id
    return Scene(made, plan, dice, state or f"sqlite:///{folder / '.dsr' / 'state.db'}")


def _apply(folder: Path, url: str, env: Mapping[str, str], plan: str, child: Child) -> None:
    left = child.kill

    @sa.event.listens_for(sa.Engine, "commit")
    def committed(_connection: sa.Connection) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if child.publish:
        sys.addaudithook(partial(_at_rename, count(1), child.publish, str(folder / ".dsr")))
    if child.room:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (child.room, child.room))
    with suppress(DsrError), Company(folder, url, env).session(NOW) as session:
        apply(session, plan)


def _at_rename(seen: "count[int]", at: int, folder: str, event: str, args: tuple[object, ...]) -> None:
    """Every file of the ledger is written beside its place and renamed."""
    if event == "os.rename" and str(args[1]).startswith(folder) and next(seen) == at:
        os.kill(os.getpid(), signal.SIGKILL)


def apply_here(folder: str, url: str, plan: str) -> None:
    """Apply the plan in this process."""
    _apply(Path(folder), url, {"APP_URL": url}, plan, Child())


# faults ---------------------------------------------------------------------------------------------------------------


def kill_at_a_commit(at: Scene) -> None:
    at.run(Child(kill=at.dice.randrange(1, 60)))
    at.finish()


def kill_again_in_the_resume(at: Scene) -> None:
    for _ in range(2):
        at.run(Child(kill=at.dice.randrange(1, 30)))
    at.finish()


def kill_at_publishing(at: Scene) -> None:
    """Where a file of the ledger is about to take its place: tiles, checkpoint."""
    at.run(Child(publish=at.dice.randrange(1, 8)))
    at.finish()


def disk_full(at: Scene) -> None:
    """No file may grow beyond a size; of the state database, where it is one, and of the ledger."""
    state = at.made.folder / ".dsr" / "state.db"
    size = state.stat().st_size if state.exists() else 0
    at.run(Child(room=at.dice.randrange(4096, size + 60_000)))
    at.finish()


def failing_system_call(at: Scene) -> None:
    """A write, a sync or a removal of a file fails, or ends the process in its midst, as strace injects it."""
    call, times = at.dice.choice((("pwrite64", 400), ("fdatasync", 80), ("unlink", 12)))
    how = at.dice.choice(("error=EIO", "signal=KILL"))
    made = at.made
    code = "import faults, sys; faults.apply_here(*sys.argv[1:])"
    inject = f"inject={call}:{how}:when={at.dice.randrange(1, times)}"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject]
    python = [sys.executable, "-c", code, str(made.folder), made.url, at.plan]
    env = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([*strace, *python], env=env, capture_output=True, check=False)
    at.finish()


def stopped_and_cancelled(at: Scene) -> None:
    """The process is stopped where it holds no lock, else nobody could cancel it before it goes on."""
    process = at.start()
    _reach(at, at.dice.randrange(1, MANY // 2))
    os.kill(process.pid or 0, signal.SIGSTOP)
    while process.exitcode is None and not _writable(at):
        os.kill(process.pid or 0, signal.SIGCONT)
        while process.exitcode is None and not _writable(at):
            pass
        os.kill(process.pid or 0, signal.SIGSTOP)
    cancelled = False
    try:
        with suppress(DsrError), at.made.session() as session:
            cancelled = not cancel(session, at.plan).missed
        before = at.left()
    finally:
        os.kill(process.pid or 0, signal.SIGCONT)
    process.join()
    assert not cancelled or at.left() == before, "a stopped process deleted after the cancel"


def eight_at_once(at: Scene) -> None:
    processes = [at.start() for _ in range(8)]
    for process in processes:
        process.join()
    at.finish()


def hold_meanwhile(at: Scene) -> None:
    process = at.start()
    _reach(at, at.dice.randrange(1, MANY))
    with at.made.session() as session:
        shown = holds.place(session, Wish("M-1", "a dispute", "a court", collections=("app.notes",)))
        assert not shown.pending
    there = at.left()
    process.join()
    assert at.left() == there, "rows in scope disappeared after the acknowledgement"


def clock_jumps(at: Scene) -> None:
    at.run(Child(kill=at.dice.randrange(5, 40)))
    for days in (-400, 400):
        with suppress(DsrError), at.made.session(NOW + timedelta(days=days)) as session:
            resume(session)
    at.finish()


def schema_drift(at: Scene) -> None:
    at.made.run("ALTER TABLE notes ADD COLUMN email VARCHAR(50)")
    at.refused()


def data_drift(at: Scene) -> None:
    rows = ", ".join(f"({n}, 1, '2026-11-02')" for n in range(100, 200))
    at.made.run(f"INSERT INTO notes VALUES {rows}")
    at.refused()


def expired_key(at: Scene) -> None:
    """Years later no key of the trust file is good any more: a new plan is refused, and so is the certificate's key."""
    with at.made.session() as session:
        trust.begin(session)
    later = NOW + timedelta(days=6 * 365)
    with at.made.session(later) as session:
        plan = plan_erasure(session, PERSON).id
    before = at.left()
    with suppress(EvidenceError), at.made.session(later) as session:
        apply(session, plan)
        raise AssertionError("it was applied")
    assert at.left() == before, "something is gone"


def damaged_journal(at: Scene) -> None:
    at.damage("UPDATE dsr_plan SET document = replace(document, '\"count\":40', '\"count\":41')")
    at.refused()


def damaged_register_of_holds(at: Scene) -> None:
    at.damage("UPDATE dsr_counter SET value = value + 1 WHERE name = 'holds-generation'")
    at.refused()


def truncated_ledger(at: Scene) -> None:
    trigger = "dsr_outbox_no_delete" if at.at_state.startswith("sqlite") else "dsr_outbox_append_only ON dsr_outbox"
    at.damage(f"DROP TRIGGER {trigger}", "DELETE FROM dsr_outbox WHERE seq >= 1")
    at.refused()


def lost_key(at: Scene) -> None:
    (at.made.folder / ".dsr" / "key").unlink()
    at.refused()


def wrong_key(at: Scene) -> None:
    key = at.made.folder / ".dsr" / "key"
    key.write_bytes(at.dice.randbytes(32))
    at.refused()


def locked_table(at: Scene) -> None:
    """Another session holds the rows for longer than the store is waited for."""
    engine = sa.create_engine(at.made.url)
    policy = at.made.policy.read_text()
    at.made.policy.write_text(policy.replace(f"batch: {BATCH}", f"batch: {BATCH}, lock_timeout: 1"))
    with at.made.session() as session:
        at.plan = plan_erasure(session, PERSON).id
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "LOCK TABLE notes")
        at.run()
        other.rollback()
    engine.dispose()
    at.finish()


EVERYWHERE: tuple[Callable[[Scene], None], ...] = (
    kill_at_a_commit,
    kill_again_in_the_resume,
    disk_full,
    stopped_and_cancelled,
    kill_at_publishing,
    eight_at_once,
    hold_meanwhile,
    clock_jumps,
    locked_table,
    schema_drift,
    data_drift,
    damaged_journal,
    damaged_register_of_holds,
    truncated_ledger,
    lost_key,
    wrong_key,
    expired_key,
)
if shutil.which("strace"):
    EVERYWHERE = (*EVERYWHERE, failing_system_call)


def _reach(at: Scene, gone: int) -> None:
    """Wait until so many are gone, or the process has had its time."""
    end = time.monotonic() + 10
    while at.left() > MANY - gone and time.monotonic() < end:
        pass


def _writable(at: Scene) -> bool:
    files = [at.made.folder / ".dsr" / "state.db"] if at.at_state.startswith("sqlite") else []
    if at.made.url.startswith("sqlite"):
        files.append(at.made.folder.parent / "app.db")
    for file in files:
        with sqlite3.connect(file, timeout=0, isolation_level=None) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
                database.execute("ROLLBACK")
            except sqlite3.OperationalError:
                return False
    return bool(files) or at.state(_BUSY) == [(0,)]
