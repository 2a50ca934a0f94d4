"""What happens between a plan and its application, and while it is applied."""

import pytest
from company import NOW, USERS, USERS_DATA, Company, company

from dsr.core.errors import GuardError, LockedError, StalePlanError, UsageError
from dsr.core.plan import Outcome
from dsr.core.progress import Silent
from dsr.jobs import holds
from dsr.jobs.apply import apply, resume
from dsr.jobs.covering import Wish
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.purge import freeze, plan_purge
from dsr.jobs.session import Session

NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)"
NOTES_DATA = "  app.notes: {rule: notes, subject: user_id, start: made}\n"
PERSON = [Asked((("user_id", "1"),))]
WISH = Wish("case-7", "evidence is asked for", "Legal")
MANY = 60


@pytest.fixture
def busy(tmp_path, database) -> Company:
    """A company with one person and many notes, which a purge and an erasure remove in units of five."""
    small = ("zone: UTC}", "zone: UTC, batch: 5}")
    made = company(tmp_path, database, (USERS, NOTES), USERS_DATA + NOTES_DATA, rules=small)
    rows = ", ".join(f"({id}, 1, '2020-01-01')" for id in range(MANY))
    made.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com')", f"INSERT INTO notes VALUES {rows}")
    return made


def planned(made: Company) -> str:
    with made.session() as session:
        return plan_erasure(session, PERSON).id


def left(made: Company) -> int:
    return len(made.rows("SELECT id FROM notes"))


def refused(made: Company, plan: str, error: type[Exception], *, said: str) -> None:
    """The plan is refused with those words, and nothing is gone."""
    with made.session() as session, pytest.raises(error, match=said):
        apply(session, plan)
    assert left(made) == MANY
    assert made.rows("SELECT id FROM users") == [(1,)]


class Interrupting(Silent):
    """Does something once, when so many records are gone."""

    def __init__(self, after: int, act) -> None:
        self._after, self._act, self._applying, self.seen = after, act, False, 0

    def begin(self, what: str, total: int | None) -> None:
        self._applying = what == "apply"
        if self._applying and self._after == 0:
            self._act()

    def advance(self, count: int) -> None:
        if self._applying:
            before, self.seen = self.seen, self.seen + count
            if before < self._after <= self.seen:
                self._act()


def watched(made: Company, progress: Silent) -> Session:
    return Session(made.policy, made.env, "tester", progress, lambda: NOW)


def hold(made: Company) -> None:
    with made.session() as session:
        holds.place(session, WISH, PERSON)


def test_a_hold_placed_between_plan_and_apply_makes_the_plan_stale(busy):
    plan = planned(busy)
    hold(busy)
    refused(busy, plan, StalePlanError, said="holds")
    _, applied = busy.erase(("user_id", "1"))
    assert (applied.exit_code, applied.outcome) == (6, Outcome.HELD)
    assert left(busy) == MANY


def test_a_hold_placed_between_two_batches_keeps_everything_that_is_still_there(busy):
    seen: list[int] = []

    def place() -> None:
        hold(busy)
        seen.append(left(busy))

    with watched(busy, Interrupting(12, place)) as session:
        plan = plan_erasure(session, PERSON)
        with pytest.raises(StalePlanError, match="holds changed"):
            apply(session, plan.id)
    assert 0 < seen[0] < MANY
    assert left(busy) == seen[0]
    assert busy.rows("SELECT id FROM users") == [(1,)]
    with busy.session() as session, pytest.raises(StalePlanError):
        resume(session, plan.id)
    assert left(busy) == seen[0]


def test_a_released_hold_needs_a_new_plan(busy):
    hold(busy)
    plan = planned(busy)
    with busy.session() as session:
        holds.release(session, "H-1", "the case is closed")
    refused(busy, plan, StalePlanError, said="holds")
    _, applied = busy.erase(("user_id", "1"))
    assert (applied.exit_code, left(busy)) == (0, 0)


def test_a_policy_edited_between_plan_and_apply_makes_the_plan_stale(busy):
    plan = planned(busy)
    busy.policy.write_text(busy.policy.read_text().replace("P1Y", "P2Y"))
    refused(busy, plan, StalePlanError, said="the policy changed")


def test_a_column_added_between_plan_and_apply_makes_the_plan_stale(busy):
    plan = planned(busy)
    busy.run("ALTER TABLE notes ADD COLUMN body TEXT")
    refused(busy, plan, StalePlanError, said="the schema of app changed")


def test_a_table_added_between_plan_and_apply_makes_the_plan_stale(busy):
    plan = planned(busy)
    busy.run("CREATE TABLE letters (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users (id))")
    refused(busy, plan, StalePlanError, said="the schema of app changed")


def test_a_plan_is_applied_once(busy):
    plan, applied = busy.erase(("user_id", "1"))
    assert applied.exit_code == 0
    busy.run("INSERT INTO notes VALUES (1000, 1, '2020-01-01')")
    with busy.session() as session, pytest.raises(StalePlanError):
        apply(session, plan.id)
    assert left(busy) == 1


def test_counts_grown_beyond_the_ceiling_make_the_plan_stale(busy):
    plan = planned(busy)
    rows = ", ".join(f"({id}, 1, '2020-01-01')" for id in range(1000, 1011))
    busy.run(f"INSERT INTO notes VALUES {rows}")
    with busy.session() as session, pytest.raises(StalePlanError, match="now has 71 records"):
        apply(session, plan)
    assert left(busy) == MANY + 11


def test_a_few_more_records_than_planned_go_too(busy):
    plan = planned(busy)
    busy.run("INSERT INTO notes VALUES (1000, 1, '2020-01-01')")
    with busy.session() as session:
        assert apply(session, plan).exit_code == 0
    assert left(busy) == 0


def test_records_that_pour_in_while_the_plan_is_applied_stop_it_at_the_ceiling(busy):
    rows = ", ".join(f"({id}, 1, '2020-01-01')" for id in range(1000, 1100))
    with watched(busy, Interrupting(0, lambda: busy.run(f"INSERT INTO notes VALUES {rows}"))) as session:
        applied = apply(session, plan_erasure(session, PERSON).id)
    assert (applied.outcome, applied.exit_code) == (Outcome.FAILED, 7)
    assert left(busy) >= 100 - 10
    assert busy.rows("SELECT id FROM users") == [(1,)]


def test_a_plan_for_a_future_date_is_a_rehearsal(busy):
    with busy.session() as session:
        plan = plan_erasure(session, PERSON, as_of=NOW.replace(year=2027))
    assert plan.appliable is False
    refused(busy, plan.id, UsageError, said="rehearsal for a future date")


def test_a_freeze_stops_a_purge_that_was_planned_before(busy):
    with busy.session() as session:
        plan = plan_purge(session)
        freeze(session, "an investigation")
    refused(busy, plan.id, LockedError, said="frozen")


def test_a_guard_trips_before_the_first_effect(tmp_path, database):
    limit = ("purge: {percent: 100}", "purge: {percent: 10}")
    made = company(tmp_path, database, (USERS, NOTES), USERS_DATA + NOTES_DATA, rules=limit)
    rows = ", ".join(f"({id}, 1, '{2020 if id < 11 else 2026}-06-01')" for id in range(100))
    made.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com')", f"INSERT INTO notes VALUES {rows}")
    with made.session() as session, pytest.raises(GuardError, match="would change 11 records"):
        plan_purge(session)
    assert left(made) == 100


def test_a_run_that_was_stopped_in_the_middle_passes_the_guard_it_passed_before(tmp_path, database):
    changes = ("zone: UTC}\n", "zone: UTC, batch: 5}\n")
    made = company(tmp_path, database, (USERS, NOTES), USERS_DATA + NOTES_DATA, rules=changes)
    text = made.policy.read_text().replace("purge: {percent: 100}", "purge: {percent: 60}")
    made.policy.write_text(text)
    rows = ", ".join(f"({id}, 1, '{2020 if id < 60 else 2026}-06-01')" for id in range(100))
    made.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com')", f"INSERT INTO notes VALUES {rows}")

    def stop() -> None:
        raise KeyboardInterrupt

    with watched(made, Interrupting(30, stop)) as session:
        plan = plan_purge(session)
        with pytest.raises(KeyboardInterrupt):
            apply(session, plan.id)
    assert 40 < left(made) < 100
    with made.session() as session:
        (applied,) = resume(session)
    assert (applied.exit_code, left(made)) == (0, 40)
