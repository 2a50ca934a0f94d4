"""Receipts, fences and gates: done once, counted right, and not at all after a hold, a cancel or a takeover."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import NOW, USERS, USERS_DATA, Company, company
from wires import Line

from dsr.core.errors import StalePlanError, StateError, UnknownOutcomeError
from dsr.core.fence import Effect, Permit, Receipts, holds_fence, run_fence
from dsr.core.plan import Outcome
from dsr.core.policy import StoreConfig
from dsr.core.select import Selection, one_of
from dsr.jobs import certifying, holds
from dsr.jobs.apply import Applied, apply, resume
from dsr.jobs.covering import Wish
from dsr.jobs.doctor import Grade, examine
from dsr.jobs.erase import plan_erasure
from dsr.jobs.fences import How
from dsr.jobs.people import Asked
from dsr.jobs.plans import cancel, show
from dsr.jobs.session import Session
from dsr.stores.sql.store import SqlStore

NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, at TIMESTAMP)"
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: at}\n"
MANY, BATCH = 23, 5
PERSON = [Asked((("user_id", "1"),))]
WISH = Wish("M-1", "a dispute", "a court", collections=("app.notes",))
MINE = Selection("notes", one_of(("user_id",), [1]))
RUN, HOLDS = "here/1", 3
PERMIT = Permit(RUN, step=1, token=4, holds=HOLDS)


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        (tmp_path / "app.db").touch()
        return f"sqlite:///{tmp_path / 'app.db'}"
    make: Callable[[], str] = request.getfixturevalue(f"{request.param}_database")
    return make()


@pytest.fixture
def shop(database: str, tmp_path: Path) -> Company:
    made = company(tmp_path / "co", database, (USERS, NOTES), DATA)
    text = made.policy.read_text().replace("zone: UTC}", f"zone: UTC, batch: {BATCH}}}", 1)
    made.policy.write_text(text)
    made.run(
        "INSERT INTO users VALUES (1, 'ann@example.com', NULL), (2, 'bo@example.com', NULL)",
        "INSERT INTO notes VALUES " + ", ".join(f"({n}, 1, '2026-11-01')" for n in range(MANY)),
        "INSERT INTO notes VALUES (900, 2, '2026-11-01')",
    )
    return made


@pytest.fixture
def opened(shop: Company) -> Iterator[Callable[[], SqlStore]]:
    """Opens the database as a store, as another process would."""
    made: list[SqlStore] = []

    def open_() -> SqlStore:
        options = (("batch", str(BATCH)),)
        made.append(SqlStore(StoreConfig("app", "sql", shop.url, "UTC", options, "retention.yaml:1")))
        return made[-1]

    yield open_
    for store in made:
        store.close()


def left(shop: Company) -> int:
    return int(shop.rows("SELECT count(*) FROM notes WHERE user_id = 1")[0][0])


def admitted(store: SqlStore) -> SqlStore:
    assert store.prepare().effect is Effect.RECEIPT
    assert store.admit(holds_fence(RUN), HOLDS) == HOLDS
    assert store.admit(run_fence(RUN), PERMIT.token) == PERMIT.token
    store.permit(PERMIT)
    return store


def test_a_unit_and_its_receipt_are_one(shop: Company, opened: Callable[[], SqlStore]) -> None:
    store = admitted(opened())
    units = store.delete(MINE, MANY)
    first = next(units)
    assert opened().receipts(RUN, 1) == Receipts(1, first.count)
    assert first.count + sum(unit.count for unit in units) == MANY
    assert opened().receipts(RUN, 1).records == MANY
    assert left(shop) == 0


@pytest.mark.parametrize("fence", [run_fence(RUN), holds_fence(RUN)])
def test_a_worker_that_wakes_up_late_does_nothing(shop: Company, opened: Callable[[], SqlStore], fence: str) -> None:
    """It had passed every check of its own before it was stopped; only the store can refuse it."""
    units = admitted(opened()).delete(MINE, MANY)
    first = next(units)
    assert opened().admit(fence, 9) == 9
    with pytest.raises(StalePlanError):
        next(units)
    assert left(shop) == MANY - first.count
    assert opened().receipts(RUN, 1) == Receipts(1, first.count)


def test_without_its_fence_nothing_is_done(shop: Company, opened: Callable[[], SqlStore]) -> None:
    """A database that was restored from a backup meanwhile knows nothing of the run."""
    units = admitted(opened()).delete(MINE, MANY)
    next(units)
    shop.run("DELETE FROM dsr_fence")
    with pytest.raises(StalePlanError):
        next(units)


def test_a_fence_never_falls(opened: Callable[[], SqlStore]) -> None:
    store = admitted(opened())
    assert store.admit(holds_fence(RUN), HOLDS - 1) == HOLDS
    assert (store.standing(holds_fence(RUN)), store.standing("another")) == (HOLDS, 0)


def test_a_receipt_that_is_there_already_is_never_done_again(shop: Company, opened: Callable[[], SqlStore]) -> None:
    """A commit whose answer got lost arrives after its receipts were read."""
    slow, quick = admitted(opened()), opened()
    quick.permit(PERMIT)
    units = quick.delete(MINE, MANY)
    done = next(units).count
    assert done + sum(unit.count for unit in slow.delete(MINE, MANY)) == MANY
    found = opened().receipts(RUN, 1)
    assert (found.records, left(shop)) == (MANY, 0)


def test_a_hold_waits_for_the_unit_in_flight(shop: Company, opened: Callable[[], SqlStore]) -> None:
    """E5: whoever is told that the hold is in force finds every record of then still there at the end."""
    if shop.url.startswith("sqlite"):
        shop.run("PRAGMA journal_mode=WAL")
    worker, placer, seen = admitted(opened()), opened(), []
    stop = threading.Event()

    def work() -> None:
        try:
            for _ in worker.delete(MINE, MANY):
                stop.set()
        except StalePlanError:
            seen.append("refused")

    thread = threading.Thread(target=work)
    thread.start()
    assert stop.wait(60)
    placer.admit(holds_fence(RUN), HOLDS + 1)
    acknowledged = left(shop)
    thread.join(60)
    assert left(shop) == acknowledged
    assert (acknowledged == 0) or seen == ["refused"]


def test_receipts_may_be_refused_or_unwanted(shop: Company, opened: Callable[[], SqlStore]) -> None:
    store = opened()
    assert (store.guarantee().effect, store.guarantee().why) == (Effect.REREAD, "receipts_missing")
    assert store.prepare().why == "receipts_kept"
    off = SqlStore(StoreConfig("app", "sql", shop.url, "UTC", (("receipts", "0"),), "retention.yaml:1"))
    with closing(off):  # type: ignore[type-var]
        assert (off.prepare().effect, off.prepare().why) == (Effect.REREAD, "receipts_off")


class Stopped(BaseException):
    """Stands for the end of the process."""


class Stopping:
    """The state database, until its process ends at the given call of the journal."""

    CALLS = ("begin_run", "step_started", "unit_begins", "unit_done", "unit_ends", "step_settled", "step_finished",
             "finish_run", "acknowledged")  # fmt: skip

    def __init__(self, state: object, at: int) -> None:
        self._state, self._left = state, at

    def __getattr__(self, name: str) -> object:
        found = getattr(self._state, name)
        if name not in self.CALLS:
            return found

        def call(*arguments: object, **named: object) -> object:
            if self._left == 0:
                raise Stopped
            self._left -= 1
            return found(*arguments, **named)

        return call

    @property
    def reached(self) -> bool:
        return self._left == 0


def removed(applied: Applied, entry: str) -> int:
    return sum(step.count for step in applied.steps if step.entry == entry and step.outcome is Outcome.REMOVED)


def stopped_at(shop: Company, plan: str, at: int) -> bool:
    """Apply until the call of that number; whether the process ended there."""
    with shop.session() as session:
        session.__dict__["state"] = stopping = Stopping(session.state, at)
        try:
            apply(session, plan)
        except Stopped:
            assert stopping.reached
            return True
        finally:
            session.__dict__["state"] = stopping._state
    return False


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("receipts", [True, False])
@pytest.mark.parametrize("stride", [2, pytest.param(1, marks=pytest.mark.long)])
def test_killed_before_any_write_of_the_journal_the_counts_stay_true(
    database: str, tmp_path: Path, receipts: bool, stride: int
) -> None:
    """E1, E2: at every call, with and without receipts; killed once more while resuming.

    The short form is killed at every other call on one database and at those between on the other.
    """
    shop = company(tmp_path / "co", database, (USERS, NOTES), DATA)
    option = f"batch: {BATCH}" if receipts else f"batch: {BATCH}, receipts: 0"
    shop.policy.write_text(shop.policy.read_text().replace("zone: UTC}", f"zone: UTC, {option}}}", 1))
    at, alive = int(stride > 1 and database.startswith("sqlite")), True
    while alive:
        shop.run(
            "DELETE FROM notes",
            "DELETE FROM users",
            "INSERT INTO users VALUES (1, 'ann@example.com', NULL)",
            "INSERT INTO notes VALUES " + ", ".join(f"({n}, 1, '2026-11-01')" for n in range(MANY)),
        )
        with shop.session() as session:
            plan = plan_erasure(session, PERSON).id
        alive = stopped_at(shop, plan, at)
        if alive:
            stopped_at(shop, plan, at // 2)
            with shop.session() as session:
                (applied,) = resume(session, plan) if session.state.plans()[-1].status.value != "applied" else (None,)
            if applied is not None:
                assert (applied.exit_code, removed(applied, "app.notes"), removed(applied, "app.users")) == (0, MANY, 1)
        assert left(shop) == 0
        with shop.session() as session:
            assert session.state.unfinished_runs() == ()
            assert certifying.show(session, plan).count("removed") == MANY + 1
            assert len(session.state.certificates(plan)) == 1
        at += stride
    assert at > 10


def test_a_cancelled_run_is_shut_out_of_its_stores(shop: Company) -> None:
    with shop.session() as session:
        plan = plan_erasure(session, PERSON)
    assert stopped_at(shop, plan.id, 5)
    with shop.session() as session:
        (run,) = session.state.unfinished_runs()
        assert cancel(session, plan.id).missed == ()
        assert session.stores["app"].standing(run_fence(run.key)) > run.token  # type: ignore[attr-defined]
    with shop.session() as session, pytest.raises(StalePlanError):
        resume(session, plan.id)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_run_had_changed_before_it_was_cancelled_is_counted_to_the_record(shop: Company) -> None:
    """The process died after the commit of a unit and before the journal knew of it, at some of these points."""
    behind = 0
    for at in (5, 6, 7):
        shop.run("DELETE FROM notes WHERE user_id = 1", "DELETE FROM users WHERE id = 1")
        shop.run(
            "INSERT INTO users VALUES (1, 'ann@example.com', NULL)",
            "INSERT INTO notes VALUES " + ", ".join(f"({n}, 1, '2026-11-01')" for n in range(MANY)),
        )
        with shop.session() as session:
            plan = plan_erasure(session, PERSON).id
        assert stopped_at(shop, plan, at)
        with shop.session() as session:
            (run,) = session.state.unfinished_runs()
            gone = MANY - left(shop) + 1 - len(shop.rows("SELECT id FROM users WHERE id = 1"))
            behind += sum(row.effected for row in session.state.steps(run)) < gone
            (before,) = show(session, plan).runs
            cancel(session, plan)
            (after,) = show(session, plan).runs
            assert before.changed <= after.changed == gone
    assert behind > 0


def test_a_hold_names_every_store_and_what_was_gone(shop: Company) -> None:
    with shop.session() as session:
        plan = plan_erasure(session, PERSON)
    assert stopped_at(shop, plan.id, 6)
    gone = MANY - left(shop)
    with shop.session() as session:
        shown = holds.place(session, WISH)
    (known,) = shown.acknowledged
    assert (known.store, known.how, known.since, known.gone) == ("app", How.FENCE, NOW, gone)
    assert not shown.pending


def test_a_state_database_that_forgot_holds_deletes_nothing(shop: Company) -> None:
    """An older state database in place of the newest one has lost the hold; the stores have not."""
    state = shop.folder / ".dsr"
    shop.erase(("user_id", "2"))
    shutil.copytree(state, shop.folder / "old")
    with shop.session() as session:
        holds.place(session, WISH)
    shutil.rmtree(state)
    (shop.folder / "old").rename(state)
    with shop.session() as session:
        plan = plan_erasure(session, PERSON)
        with pytest.raises(StateError, match="holds may be missing"):
            apply(session, plan.id)
    assert left(shop) == MANY


def test_the_doctor_sees_that_a_store_went_back_in_time(database: str, shop: Company) -> None:
    if not database.startswith("sqlite"):
        shop.erase(("user_id", "2"))
        shop.run("DELETE FROM dsr_fence")
    else:
        file = Path(sa.make_url(database).database or "")
        shutil.copy(file, file.with_suffix(".bak"))
        shop.erase(("user_id", "2"))
        shutil.copy(file.with_suffix(".bak"), file)
    with shop.session() as session:
        bad = [one for one in examine(session).findings if one.grade is Grade.TROUBLE]
    assert [one.where for one in bad if "went back in time" in one.text] == ["app"]


def test_the_doctor_names_the_class_of_every_store(shop: Company) -> None:
    def said() -> str:
        with shop.session() as session:
            return " ".join(one.text for one in examine(session).findings if one.where == "app")

    before = said()
    assert "class T2 until" in before
    assert shop.rows("SELECT count(*) FROM users") == [(2,)]
    shop.erase(("user_id", "2"))
    assert "class T1" in said()


def test_a_store_without_fences_is_waited_for(shop: Company) -> None:
    """A unit at work in such a store keeps the hold pending; when its process is gone it may have acted."""
    shop.policy.write_text(shop.policy.read_text().replace(f"batch: {BATCH}", "receipts: 0"))
    with shop.session() as session:
        plan = plan_erasure(session, PERSON)
        run = session.state.begin_run(plan.id, tuple((s.number, s.count) for s in plan.steps))
        session.state.unit_begins(run, 1, "app", session.state.generation())
        shown = holds.place(session, WISH, wait=0)
        assert (shown.pending, [one.how for one in shown.acknowledged]) == (True, [How.WORKING])
        with pytest.raises(StalePlanError, match="holds changed"):
            session.state.unit_begins(run, 1, "app", session.state.generation() - 1)
        session.state.unit_ends(run)
        assert [one.how for one in holds.press(session, wait=0)] == [How.GATE]


def test_a_process_that_died_at_work_is_named(shop: Company) -> None:
    shop.policy.write_text(shop.policy.read_text().replace(f"batch: {BATCH}", "receipts: 0"))
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from dsr.core.progress import Silent\n"
        "from dsr.jobs.session import Session\n"
        "from dsr.jobs.erase import plan_erasure\n"
        "from dsr.jobs.people import Asked\n"
        "session = Session(Path(sys.argv[1]), os.environ, 'tester', Silent())\n"
        "plan = plan_erasure(session, [Asked((('user_id', '1'),))])\n"
        "run = session.state.begin_run(plan.id, tuple((s.number, s.count) for s in plan.steps))\n"
        "session.state.unit_begins(run, 1, 'app', session.state.generation())\n"
        "os._exit(9)\n"
    )
    env = {**os.environ, **shop.env}
    assert subprocess.run([sys.executable, "-c", code, shop.policy], env=env, check=False).returncode == 9
    with shop.session() as session:
        shown = holds.place(session, WISH)
    assert [one.how for one in shown.acknowledged] == [How.LOST]


@pytest.mark.parametrize("answer", ["after", "before"])
@pytest.mark.parametrize("stride", [2, pytest.param(1, marks=pytest.mark.long)])
def test_a_connection_cut_at_any_commit(
    postgres_database: Callable[[], str], tmp_path: Path, answer: str, stride: int
) -> None:
    """E3: the line breaks before or after a COMMIT arrives, at each COMMIT of the run in turn."""
    line = Line(postgres_database())
    try:
        shop = company(tmp_path / "co", line.url, (USERS, NOTES), DATA)
        text = shop.policy.read_text()
        shop.policy.write_text(text.replace("zone: UTC}", f"zone: UTC, batch: {BATCH}}}", 1))
        cut, at = True, 1 + int(stride > 1 and answer == "after")
        while cut:
            shop.run(
                "DELETE FROM notes",
                "DELETE FROM users",
                "INSERT INTO users VALUES (1, 'ann@example.com', NULL)",
                "INSERT INTO notes VALUES " + ", ".join(f"({n}, 1, '2026-11-01')" for n in range(MANY)),
            )
            with shop.session() as session:
                plan = plan_erasure(session, PERSON).id
                line.cut_at(at, answer)
                applied = _until_done(session, shop, plan)
                cut = line.has_cut()
            assert (applied.exit_code, removed(applied, "app.notes"), removed(applied, "app.users")) == (
                0,
                MANY,
                1,
            ), (at, [s.detail for s in applied.steps])
            assert left(shop) == 0
            with shop.session() as session:
                assert certifying.show(session, plan).count("removed") == MANY + 1
            at += stride
        assert at > 6
    finally:
        line.close()


def _until_done(session: Session, shop: Company, plan: str) -> Applied:
    try:
        applied = apply(session, plan)
    except UnknownOutcomeError:
        applied = None
    if applied is not None and applied.outcome.settled:
        return applied
    with shop.session() as again:
        assert again.state.certificates(plan) == ()
        return resume(again, plan)[0]
