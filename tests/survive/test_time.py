"""Dates as companies store them: never an hour early, and never gone because a date is missing."""

from datetime import UTC, datetime, timedelta

import pytest
from company import USERS, USERS_DATA, company, counts, why

from dsr.core.plan import Disposition

SECOND = timedelta(seconds=1)
NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TYPE)"


def notes(tmp_path, database, kind: str, start: str, made: dict[int, str], **more):
    """A company with notes of these dates, by the type of the column and the entry's `start`."""
    data = USERS_DATA + f"  app.notes: {{rule: notes, subject: user_id, start: {start}}}\n"
    found = company(tmp_path, database, (USERS, NOTES.replace("TYPE", kind)), data, **more)
    rows = ", ".join(f"({id}, 1, {value})" for id, value in made.items())
    found.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com')", f"INSERT INTO notes VALUES {rows}")
    return found


def left(found, now: datetime) -> list[int]:
    """The notes that are there after a purge at that moment."""
    found.purge(now)
    return [id for (id,) in found.rows("SELECT id FROM notes")]


@pytest.mark.parametrize(("unit", "scale"), [("epoch_seconds", 1), ("epoch_millis", 1000)])
def test_epoch_numbers_end_with_the_controllers_day(tmp_path, database, unit, scale):
    edge = int(datetime(2025, 11, 22, 16, tzinfo=UTC).timestamp())  # midnight of the 23rd in Shanghai
    dates = {1: str(edge * scale - 1), 2: str(edge * scale), 3: "NULL", 4: str(edge * scale * 1000)}
    start = f"{{field: made, unit: {unit}}}"
    found = notes(tmp_path, database, "BIGINT", start, dates, zone="Asia/Shanghai")
    assert left(found, datetime(2026, 11, 23, 12, tzinfo=UTC)) == [2, 3, 4]


@pytest.mark.parametrize(
    ("store", "gone", "kept"),
    [
        ("Asia/Shanghai", "2025-11-22 23:59:59", "2025-11-23 00:00:00"),
        ("UTC", "2025-11-22 15:59:59", "2025-11-22 16:00:00"),
    ],
)
def test_naive_times_are_read_in_the_stores_zone_and_end_in_the_controllers(tmp_path, database, store, gone, kept):
    zones = ("zone: Asia/Shanghai}", f"zone: {store}}}")
    dates = {1: f"'{gone}'", 2: f"'{kept}'"}
    found = notes(tmp_path, database, "TIMESTAMP", "made", dates, zone="Asia/Shanghai", rules=zones)
    assert left(found, datetime(2026, 11, 23, 12, tzinfo=UTC)) == [2]


def test_the_day_ends_at_midnight_in_shanghai_not_in_utc(tmp_path, database):
    midnight = datetime(2026, 11, 23, 16, tzinfo=UTC)
    found = notes(tmp_path, database, "TIMESTAMP", "made", {1: "'2025-11-23 23:00:00'"}, zone="Asia/Shanghai")
    assert left(found, midnight - SECOND) == [1]
    assert left(found, midnight) == []


def test_a_note_of_a_leap_day_is_kept_a_whole_year(tmp_path, database):
    dates = {1: "'2024-02-29'", 2: "'2024-02-28'"}
    found = notes(tmp_path, database, "DATE", "made", dates)
    assert left(found, datetime(2025, 3, 1, tzinfo=UTC)) == [1]
    assert left(found, datetime(2025, 3, 2, tzinfo=UTC) - SECOND) == [1]
    assert left(found, datetime(2025, 3, 2, tzinfo=UTC)) == []


def test_a_period_over_a_clock_change_ends_at_local_midnight(tmp_path, database):
    end = datetime(2026, 3, 31, 22, tzinfo=UTC)  # midnight in Berlin, already in summer time
    found = notes(
        tmp_path,
        database,
        "TIMESTAMP",
        "made",
        {1: "'2026-03-01 12:00:00'"},
        zone="Europe/Berlin",
        rules=("keep_at_most: P1Y", "keep_at_most: P30D"),
    )
    assert left(found, end - SECOND) == [1]
    assert left(found, end) == []


@pytest.mark.parametrize(
    ("stored", "still", "over"),
    [
        # 02:30 came twice that night, and the second one counts
        (
            "2025-10-26 02:30:00",
            datetime(2025, 10, 26, 1, 30, tzinfo=UTC),
            datetime(2025, 10, 26, 1, 30, 1, tzinfo=UTC),
        ),
        # 02:30 never came that night: it is over when the hour that was skipped is over by either reading
        ("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 2, 0, 1, tzinfo=UTC)),
    ],
    ids=["repeated hour", "skipped hour"],
)
def test_a_time_that_two_clocks_could_have_shown_is_read_at_its_latest(tmp_path, database, stored, still, over):
    at_once = ("keep_at_most: P1Y", "keep_at_most: P0D")
    dates = {1: f"'{stored}'"}
    found = notes(tmp_path, database, "TIMESTAMP", "made", dates, zone="Europe/Berlin", rules=at_once)
    assert left(found, still - SECOND) == [1]
    assert left(found, over) == []


def test_missing_and_future_dates_are_kept_and_reported_and_never_is_kept(tmp_path, database):
    future = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    start = "{field: made, unit: epoch_seconds, missing: [0], never: [-1]}"
    dates = {1: "NULL", 2: "0", 3: "-1", 4: str(future), 5: "1000000000"}
    found = notes(tmp_path, database, "BIGINT", start, dates)
    plan, applied = found.purge()
    kept = {s.reasons[0].why.value: s.count for s in plan.steps if s.entry == "app.notes" and s.count}
    assert kept == {"no_start": 2, "future_start": 1, "expired": 1}
    assert applied.exit_code == 0
    assert found.rows("SELECT id FROM notes") == [(1,), (2,), (3,), (4,)]


def test_a_duty_without_a_start_date_keeps_the_record_and_says_so(tmp_path, database):
    invoices = "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT, issued TIMESTAMP)"
    data = USERS_DATA + "  app.invoices: {rule: tax, subject: user_id, start: issued}\n"
    found = company(tmp_path, database, (USERS, invoices), data)
    found.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com')", "INSERT INTO invoices VALUES (1, 1, NULL)")
    plan, applied = found.erase(("user_id", "1"))
    assert [gap.where for gap in plan.gaps] == ["app.invoices"]
    assert applied.exit_code == 7
    assert found.rows("SELECT id FROM invoices") == [(1,)]


def test_unused_since_counts_from_the_latest_of_several_dates(tmp_path, database):
    users = USERS.replace("closed_at", "seen_at BIGINT, closed_at")
    start = "{latest: [closed_at, {field: seen_at, unit: epoch_seconds}]}"
    found = company(tmp_path, database, (users,), USERS_DATA.replace("start: closed_at", f"start: {start}"))
    old, new = (int(datetime(year, 11, 1, tzinfo=UTC).timestamp()) for year in (2020, 2026))
    found.run(
        f"INSERT INTO users (id, closed_at, seen_at) VALUES (1, '2020-01-01', {old}), (2, '2020-01-01', {new}), "
        f"(3, '2026-11-01', {old}), (4, NULL, {old}), (5, '2020-01-01', NULL), (6, NULL, NULL)",
    )
    plan, _ = found.purge()
    assert counts(plan, "app.users") == {"delete": 3, "retain": 1}
    assert found.rows("SELECT id FROM users") == [(2,), (3,), (6,)]


TICKETS = "CREATE TABLE tickets (id BIGINT PRIMARY KEY, user_id BIGINT, closed_at TIMESTAMP)"
MESSAGES = "CREATE TABLE messages (id BIGINT PRIMARY KEY, ticket_id BIGINT REFERENCES tickets (id))"


def test_a_parents_date_counts_for_its_children(tmp_path, database):
    data = (
        "  app.tickets: {rule: notes, subject: user_id, start: closed_at}\n"
        "  app.messages: {rule: notes, subject: {via: ticket_id, to: app.tickets.id}, "
        "start: {via: ticket_id, field: app.tickets.closed_at}}\n"
    )
    found = company(tmp_path, database, (USERS, TICKETS, MESSAGES), USERS_DATA + data)
    found.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com')",
        "INSERT INTO tickets VALUES (1, 1, '2025-11-22'), (2, 1, '2025-11-23'), (3, 1, NULL)",
        "INSERT INTO messages VALUES (1, 1), (2, 2), (3, 3), (4, NULL)",
    )
    plan, _ = found.purge()
    assert found.rows("SELECT id FROM tickets") == [(2,), (3,)]
    assert found.rows("SELECT id FROM messages") == [(2,), (3,), (4,)]
    assert why(plan, "app.messages", Disposition.RETAIN) == ["no_start"]


def test_a_parent_with_newer_children_is_reported_and_not_purged(tmp_path, database):
    data = (
        "  app.tickets: {rule: notes, subject: user_id, start: closed_at}\n"
        "  app.messages: {rule: notes, subject: {via: ticket_id, to: app.tickets.id}, start: sent_at}\n"
    )
    messages = MESSAGES.replace("ticket_id", "sent_at TIMESTAMP, ticket_id")
    found = company(tmp_path, database, (USERS, TICKETS, messages), USERS_DATA + data)
    found.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com')",
        "INSERT INTO tickets VALUES (1, 1, '2020-01-01'), (2, 1, '2020-01-01')",
        "INSERT INTO messages (id, ticket_id, sent_at) VALUES (1, 1, '2026-11-01'), (2, 1, '2020-01-01'), "
        "(3, 2, '2020-01-01')",
    )
    plan, _ = found.purge()
    assert why(plan, "app.tickets", Disposition.RETAIN) == ["newer_children"]
    assert found.rows("SELECT id FROM tickets") == [(1,)]
    assert found.rows("SELECT id FROM messages") == [(1,)]


def test_a_part_is_kept_until_its_parents_last_day(tmp_path, database):
    tables = (
        USERS,
        "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)",
        "CREATE TABLE lines (id BIGINT PRIMARY KEY, invoice_id BIGINT REFERENCES invoices)",
        "CREATE TABLE taxes (id BIGINT PRIMARY KEY, line_id BIGINT REFERENCES lines)",
    )
    data = USERS_DATA + (
        "  app.invoices: {rule: tax, subject: user_id, start: made}\n"
        "  app.lines: {part_of: app.invoices}\n"
        "  app.taxes: {part_of: app.lines}\n"
    )
    found = company(tmp_path, database, tables, data)
    found.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com')",
        "INSERT INTO invoices VALUES (1, 1, '2024-05-01'), (2, 1, '2026-05-01'), (3, 1, '2010-05-01')",
        "INSERT INTO lines VALUES (1, 1), (2, 2), (3, 3)",
        "INSERT INTO taxes VALUES (1, 1), (2, 2), (3, 3)",
    )
    plan, _ = found.erase(("email", "a@example.com"))
    untils = {step.entry: step.until for step in plan.steps if step.disposition is Disposition.RETAIN and step.count}
    assert set(untils) == {"app.invoices", "app.lines", "app.taxes"}
    assert set(untils.values()) == {datetime(2037, 1, 1, tzinfo=UTC)}
