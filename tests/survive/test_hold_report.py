"""The report on holds: what they save, and the proof that nothing under them went."""

from datetime import UTC, datetime, timedelta

import pytest
from browsing import names_once, parse_strictly
from company import USERS, USERS_DATA, company

from dsr.console.speech import BothTongues
from dsr.core.holds import Hold, HoldScope
from dsr.core.report import Cell, Level, Report
from dsr.core.runs import Changed
from dsr.engine.reporting.page import page
from dsr.engine.sparing import Standing, generations, spared
from dsr.jobs.holdreport import holds
from dsr.jobs.holds import Wish, place, press, release
from dsr.jobs.purge import plan_purge

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TABLES = (USERS, "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users (id), written TIMESTAMP)")
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: written}\n"


@pytest.fixture
def made(tmp_path, database):
    shop = company(tmp_path, database, TABLES, DATA)
    shop.run(
        "INSERT INTO users VALUES (1, 'a@example.com', NULL)",
        "INSERT INTO notes VALUES (1, 1, '2020-01-01 00:00:00'), (2, 1, '2026-11-01 00:00:00')",
    )
    return shop


def row(report: Report, hold: str) -> dict[str, Cell]:
    table = report.table("holds")
    assert table is not None
    keys = [column.key for column in table.columns]
    return next(dict(zip(keys, one, strict=True)) for one in table.rows if one[0].value == hold)


def test_a_purge_after_a_hold_spares_it_and_the_report_proves_that(made):
    with made.session(NOW) as session:
        place(session, Wish("m", "r", "a", rules=("notes",)))
    made.purge(NOW + DAY)
    with made.session(NOW + DAY) as session:
        session.settle()
        report = holds(session, BothTongues())
    line = row(report, "H-1")
    assert (line["then"].value, line["now"].value, line["saved"].value) == (2, 2, 1)
    assert (line["proof"].value.code, line["proof"].level) == ("proven", Level.GOOD)
    assert line["acknowledged"].value.en == "1 of 1 stores when it was placed"
    assert len([note for note in report.notes if note.level is Level.GOOD]) == 2  # proven, and the ledger whole


def test_a_released_hold_keeps_its_proof_and_saves_nothing_more(made):
    with made.session(NOW) as session:
        place(session, Wish("m", "r", "a", rules=("notes",)))
        release(session, "H-1", "over")
    made.purge(NOW + DAY)
    with made.session(NOW + DAY) as session:
        line = row(holds(session, BothTongues()), "H-1")
    assert (line["state"].value.code, line["saved"].value, line["proof"].value.code) == ("released", None, "proven")
    assert made.rows("SELECT id FROM notes") == [(2,)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_its_page_is_valid_html(made, language):
    with made.session(NOW) as session:
        place(session, Wish("m<b>", "r", "a", rules=("notes",)))
        text = page(holds(session, BothTongues()), language)
    parse_strictly(text)
    assert names_once(text)
    assert "m&lt;b&gt;" in text


def test_a_store_that_acknowledges_later_makes_the_proof_whole(tmp_path, database):
    """A unit of a run is at work when the hold is placed; once it has ended, `hold press` reaches the store."""
    made = company(tmp_path, database, TABLES, DATA, rules=("zone: UTC}", "zone: UTC, receipts: 0}"))
    made.run(
        "INSERT INTO users VALUES (1, 'a@example.com', NULL)",
        "INSERT INTO notes VALUES (1, 1, '2020-01-01 00:00:00'), (2, 1, '2026-11-01 00:00:00')",
    )
    with made.session(NOW) as session:
        plan = plan_purge(session)
        run = session.state.begin_run(plan.id, tuple((step.number, step.count) for step in plan.steps))
        session.state.unit_begins(run, 1, "app", session.state.generation())
        assert place(session, Wish("m", "r", "a", rules=("notes",)), wait=0).pending
        early = row(holds(session, BothTongues()), "H-1")
        assert early["proof"].value.code == "unacknowledged"
        assert "dsr hold press" in early["proof"].value.text.en
        session.state.unit_ends(run)
    with made.session(NOW + 2 * DAY) as session:
        assert [one.since is None for one in press(session, wait=0)] == [False]
        session.settle()
        report = holds(session, BothTongues())
    line = row(report, "H-1")
    assert (line["proof"].value.code, line["proof"].level) == ("proven", Level.GOOD)
    assert line["acknowledged"].value.en == "1 of 1 stores, the last on 2026-11-25"
    assert line["then"].value == 2  # what was counted when it was placed


def hold(number: int, placed: datetime, released: datetime | None = None) -> Hold:
    return Hold(f"H-{number}", "m", "r", "a", HoldScope(), "tester", placed, released_at=released)


def run(began: datetime, finished: datetime | None, generation: int, records: int) -> Changed:
    return Changed("P-1", "expired", 1, began, finished, generation, records)


def test_every_placing_and_every_release_counts_one_generation():
    first, second = hold(1, NOW, NOW + DAY), hold(2, NOW + 2 * DAY)
    third = hold(3, NOW + 3 * DAY)
    assert generations((first, second, third)) == {"H-1": 1, "H-2": 3, "H-3": 4}


SAID = {"held": 5, "stores": 2, "acknowledged": 2, "gone": 3}


@pytest.mark.parametrize(
    ("counts", "runs", "standing"),
    [
        (SAID, (), Standing.PROVEN),
        (SAID, (run(NOW + DAY, NOW + DAY, 1, 90),), Standing.PROVEN),  # knew it
        (SAID, (run(NOW - DAY, NOW - DAY, 0, 90),), Standing.PROVEN),  # over before
        (SAID, (run(NOW - DAY, NOW + DAY, 0, 3),), Standing.PROVEN),  # at work, and stopped where it was
        (SAID, (run(NOW - DAY, NOW + DAY, 0, 4),), Standing.BROKEN),  # went on
        (SAID, (run(NOW - DAY, None, 0, 4),), Standing.BROKEN),
        (SAID, (run(NOW + DAY, NOW + DAY, 0, 1),), Standing.BROKEN),  # began later without knowing it
        (SAID | {"acknowledged": 1}, (), Standing.UNACKNOWLEDGED),
        (
            SAID | {"gone": 9},
            (run(NOW - DAY, NOW + DAY, 0, 9),),
            Standing.PROVEN,
        ),  # counted when the last store answered
        ({"held": 5}, (), Standing.UNRECORDED),
    ],
)
def test_only_runs_that_know_a_hold_may_change_records_after_it(counts, runs, standing):
    assert spared(hold(1, NOW), 1, counts, runs).standing is standing


def test_what_happens_after_a_release_breaks_nothing():
    over = hold(1, NOW, NOW + DAY)
    assert spared(over, 1, SAID, (run(NOW + 2 * DAY, NOW + 2 * DAY, 0, 9),)).standing is Standing.PROVEN
