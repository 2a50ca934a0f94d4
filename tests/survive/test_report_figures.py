"""Figures of the reports against what lies in the database, before and after holds and purges."""

from datetime import UTC, date, datetime, timedelta

import pytest
from company import USERS, USERS_DATA, company

from dsr.console.speech import BothTongues
from dsr.core.report import Level, Report, Word
from dsr.core.runs import Purged
from dsr.engine.standing import Standing
from dsr.jobs.holds import Wish, place
from dsr.jobs.overview import overview
from dsr.jobs.retention import forecasts, retention

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TABLES = (
    USERS,
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users (id), written TIMESTAMP)",
    "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users (id), issued TIMESTAMP)",
)
DATA = (
    USERS_DATA
    + """\
  app.notes: {rule: notes, subject: user_id, start: written}
  app.invoices: {rule: tax, subject: user_id, start: issued}
"""
)


@pytest.fixture
def made(tmp_path, database):
    shop = company(tmp_path, database, TABLES, DATA, rules=("data:\n", "deletion: {every: P1D, copies: P10D}\ndata:\n"))
    shop.run(
        "INSERT INTO users VALUES (1, 'a@example.com', NULL), (2, 'b@example.com', '2020-01-01 00:00:00')",
        "INSERT INTO notes VALUES (1, 1, '2020-01-01 00:00:00'), (2, 1, '2025-11-25 00:00:00'), (3, 1, NULL)",
        "INSERT INTO notes VALUES (4, 1, '2020-02-01 00:00:00'), (5, 1, '2026-11-01 00:00:00')",
        "INSERT INTO invoices VALUES (1, 2, '2019-05-05 00:00:00')",
    )
    return shop


def rows(report: Report, table: str) -> dict[str, dict[str, object]]:
    found = report.table(table)
    assert found is not None
    keys = [column.key for column in found.columns]
    lines = [dict(zip(keys, (cell.value for cell in row), strict=True)) for row in found.rows]
    return {one["rule"].code if isinstance(one["rule"], Word) else str(one["rule"]): one for one in lines}


def facts(report: Report) -> dict[str, object]:
    return {one.key: one.cell.value for one in report.facts}


def test_retention_tells_the_oldest_record_against_its_limit_and_what_is_overdue(made):
    with made.session(NOW) as session:
        notes = rows(retention(session), "standing")["notes"]
    assert (notes["records"], notes["oldest"], notes["limit"]) == (5, date(2020, 1, 1), date(2025, 11, 23))
    assert (notes["overdue"], notes["oldest_overdue"], notes["undated"]) == (2, date(2020, 1, 1), 1)


def test_a_hold_moves_records_from_overdue_to_held_in_both_reports(made):
    with made.session(NOW) as session:
        place(session, Wish("m", "r", "a", rules=("notes",)))
        notes = rows(retention(session), "standing")["notes"]
        seen = overview(session, BothTongues())
    assert (notes["overdue"], notes["held"]) == (0, 2)
    assert rows(seen, "rules")["notes"]["overdue"] == 0
    assert facts(seen)["holds"] == 1


def test_the_overview_tells_what_is_overdue_and_what_ends_within_a_week(made):
    with made.session(NOW) as session:
        report = overview(session, BothTongues())
    notes = rows(report, "rules")["notes"]
    assert (notes["overdue"], notes["soon"]) == (2, 1)
    assert [one.code for one in notes["proof"]] == ["never", "overdue"]
    assert facts(report)["last_purge"].en == "none in 90 days"
    assert rows(report, "rules")["account"]["overdue"] == 1


def test_empty_shells_are_not_overdue_and_are_told_apart(made):
    made.purge(NOW)
    assert made.rows("SELECT id, email FROM users WHERE id = 2") == [(2, None)]
    with made.session(NOW + timedelta(hours=1)) as session:
        seen, kept = overview(session, BothTongues()), rows(retention(session), "standing")["account"]
    assert (kept["overdue"], kept["shells"]) == (0, 1)
    assert rows(seen, "rules")["account"]["overdue"] == 0
    assert facts(seen)["unproven"] == 0
    assert {note.level for note in seen.notes} == {Level.GOOD, Level.PLAIN}


def test_a_purge_that_stopped_running_makes_the_overview_say_so(made):
    made.purge(NOW)
    with made.session(NOW + 3 * DAY) as session:
        report = overview(session, BothTongues())
    assert "stopped" in [one.code for one in rows(report, "rules")["notes"]["proof"]]
    assert facts(report)["unproven"] > 0


def test_a_review_that_has_come_is_marked(made):
    with made.session(NOW) as session:
        place(session, Wish("m", "r", "a", rules=("notes",), review_on=date(2026, 11, 25)))
    with made.session(NOW + 2 * DAY) as session:
        holds = overview(session, BothTongues()).table("holds")
    assert holds is not None
    assert holds.rows[0][-1].level is Level.BAD


def standing(overdue: int, weeks: tuple[int, ...]) -> Standing:
    return Standing("notes", "app", "notes", None, overdue=overdue, weeks=weeks)


def run(days_ago: int, removed: int, *, unfinished: bool = False) -> Purged:
    left = frozenset({"notes"} if unfinished else ())
    return Purged("P-1", NOW - days_ago * DAY, (("notes", removed),), left, frozenset())


@pytest.mark.parametrize(
    ("overdue", "weeks", "purges", "word", "clears"),
    [
        (0, (7, 7, 7, 7), (run(10, 100),), "none", None),
        (50, (7, 7, 7, 7), (), "stopped", None),
        (50, (7, 7, 7, 7), (run(10, 100, unfinished=True),), "stopped", None),
        (50, (70, 70, 70, 70), (run(10, 100),), "grows", None),  # ten a day come, ten a day go
        (90, (7, 7, 7, 7), (run(10, 60), run(1, 40)), "clears", NOW + 10 * DAY),  # one a day comes, ten go
    ],
)
def test_a_backlog_clears_when_purges_remove_more_than_comes(overdue, weeks, purges, word, clears):
    (made,) = forecasts((standing(overdue, weeks),), purges, NOW)
    assert (made.word, made.clears) == (word, clears)
