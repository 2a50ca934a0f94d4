"""A published period is proven by runs inside the promised window and by nothing past its limit."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import Company, company

from dsr.core.notice import Deletion
from dsr.core.periods import Period
from dsr.core.runs import Purged
from dsr.engine.evidence import Doubt, proofs
from dsr.engine.overdue import Survivors
from dsr.engine.policyfile.loader import load
from dsr.jobs.covering import Wish
from dsr.jobs.evidence import evidence, findings
from dsr.jobs.holds import place
from dsr.jobs.purge import plan_purge

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
DAY = timedelta(days=1)
TABLES = (
    "CREATE TABLE users (id BIGINT PRIMARY KEY, email VARCHAR(120), closed_at TIMESTAMP)",
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users (id), written TIMESTAMP)",
    "CREATE INDEX notes_written ON notes (written)",
)
DATA = """\
  app.users: {rule: account, subject: id, start: closed_at, fields: {email: contact.email}}
  app.notes: {rule: notes, subject: user_id, start: written}
"""
PROMISE = "deletion: {every: P1D, copies: P10D}\n"


def shop(folder: Path, url: str, promise: str = PROMISE, data: str = DATA) -> Company:
    made = company(folder, url, TABLES, data, rules=("data:\n", f"{promise}data:\n"))
    made.run(
        "INSERT INTO users (id, email, closed_at) VALUES (1, 'a@example.com', NULL)",
        "INSERT INTO notes (id, user_id, written) VALUES (1, 1, '2020-01-01 00:00:00'), (2, 1, '2026-11-01 00:00:00')",
    )
    return made


def doubts(made: Company, now: datetime, rule: str = "notes") -> tuple[Doubt, ...]:
    with made.session(now) as session:
        return next(one.doubts for one in evidence(session).proofs if one.rule == rule)


def test_without_a_run_and_with_a_record_past_its_limit_nothing_is_proven(tmp_path, database):
    made = shop(tmp_path, database)
    assert doubts(made, NOW) == (Doubt.NEVER, Doubt.OVERDUE)
    with made.session(NOW) as session:
        (proof,) = (one for one in evidence(session).proofs if one.rule == "notes")
    assert (proof.overdue, proof.oldest) == (1, datetime(2020, 1, 1, tzinfo=UTC))


def test_a_run_proves_until_the_promised_time_has_passed(tmp_path, database):
    made = shop(tmp_path, database)
    made.purge(NOW)
    assert doubts(made, NOW + timedelta(hours=1)) == ()
    assert doubts(made, NOW + timedelta(hours=45)) == ()
    assert doubts(made, NOW + timedelta(hours=47)) == (Doubt.STOPPED,)


def test_a_run_that_found_nothing_counts_and_a_rehearsal_does_not(tmp_path, database):
    made = shop(tmp_path, database)
    made.purge(NOW)
    with made.session(NOW + DAY) as session:
        plan_purge(session)
    assert doubts(made, NOW + DAY + timedelta(hours=30)) == ()
    with made.session(NOW + 2 * DAY) as session:
        plan_purge(session, as_of=NOW + 9 * DAY)
    assert Doubt.STOPPED in doubts(made, NOW + 3 * DAY + timedelta(hours=12))


def test_a_plan_that_was_not_applied_proves_nothing(tmp_path, database):
    made = shop(tmp_path, database)
    with made.session(NOW) as session:
        plan_purge(session)
    assert doubts(made, NOW) == (Doubt.NEVER, Doubt.OVERDUE)


def test_a_record_that_expires_between_two_runs_is_not_late_yet(tmp_path, database):
    made = shop(tmp_path, database)
    made.purge(NOW)
    made.run("INSERT INTO notes (id, user_id, written) VALUES (3, 1, '2025-11-23 12:00:00')")  # ends with 23 November
    assert doubts(made, NOW + timedelta(hours=23)) == ()
    assert doubts(made, NOW + timedelta(hours=47)) == (Doubt.STOPPED,)
    assert Doubt.OVERDUE in doubts(made, NOW + timedelta(hours=71))


def test_a_held_record_is_not_late(tmp_path, database):
    made = shop(tmp_path, database)
    with made.session(NOW) as session:
        place(session, Wish("m", "r", "a", rules=("notes",)))
    made.purge(NOW)
    assert doubts(made, NOW) == ()


def test_without_a_promise_in_the_file_nothing_can_be_proven(tmp_path, database):
    made = shop(tmp_path, database, promise="")
    made.purge(NOW)
    assert doubts(made, NOW) == (Doubt.NO_PROMISE,)


def test_every_doubt_is_a_finding_in_both_languages(tmp_path, database):
    made = shop(tmp_path, database)
    with made.session(NOW) as session:
        found = findings(evidence(session))
    said = "\n".join(one.what.en for one in found)
    assert "Notes: the period is not proven: no purge has been run" in said
    assert "1 records are past their period" in said
    assert any("备注：保存期限无法证明：有 1 条记录已超过保存期限" in one.what.zh for one in found)


def test_the_oldest_survivor_is_found_by_one_indexed_statement(tmp_path, database):
    """A search by the start and no scan of the table; where nothing is past its limit, that is all that is asked."""
    made = shop(tmp_path, database)
    asked = asked_of_notes(made, NOW)
    assert len([text for text, _, _ in asked if "min(" in text]) == 1
    assert len(asked) == 2  # whether there is anything, then how many and the oldest
    for _, _, plan in asked:
        assert "notes_written" in plan
        assert "Seq Scan" not in plan
    made.purge(NOW)
    ((_, _, plan),) = asked_of_notes(made, NOW)
    assert "notes_written" in plan


def asked_of_notes(made: Company, now: datetime) -> list[tuple[str, object, str]]:
    """Every statement on the notes that evidence asks, with the database's own plan of it."""
    asked: list[tuple[str, object]] = []
    with made.session(now) as session:
        engine = session.stores["app"]._engine
        sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        evidence(session)
        found = [one for one in asked if re.search(r"FROM (public\.)?notes", one[0])]
        with engine.connect() as connection:
            postgres = engine.dialect.name == "postgresql"
            if postgres:  # of two records its planner would simply read both
                connection.exec_driver_sql("SET enable_seqscan = off")
            explain = "EXPLAIN" if postgres else "EXPLAIN QUERY PLAN"
            return [
                (text, values, str(connection.exec_driver_sql(f"{explain} {text}", values).all()))
                for text, values in found
            ]


def purged(*days: float) -> tuple[Purged, ...]:
    start = datetime(2026, 11, 1, 2, tzinfo=UTC)
    return tuple(
        Purged(f"P-{n}", start + timedelta(days=day), (), frozenset(), frozenset()) for n, day in enumerate(days)
    )


@pytest.mark.parametrize(
    ("copies", "days", "expected"),
    [
        ("P10D", (0, 1, 2, 3), ()),
        ("P10D", (0, 1, 3, 4), (Doubt.EFFECTIVE,)),  # a pause of two days once
        ("P11D", (0, 1, 3, 4), ()),  # which a longer promise covers
        ("P9D", (0, 1, 2, 3), (Doubt.EFFECTIVE,)),
    ],
)
def test_what_really_happens_must_not_take_longer_than_the_promise(tmp_path, copies, days, expected):
    """Longest gap between runs, then the lag of the processor (3 days), then the oldest backup (7 days)."""
    made = shop(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    policy = load(made.policy, made.env)
    store = replace(policy.stores[0], backups=Period.parse("P7D"))
    processor = "recipients: [{name: M, role: processor, country: DE, purpose: {en: mail, zh: 邮件}, lag: P3D}]\n"
    made.policy.write_text(made.policy.read_text("utf-8") + processor, "utf-8")
    recipient = load(made.policy, made.env).recipients[0]
    promised = Deletion(Period.parse("P1D"), Period.parse(copies), "retention.yaml:1")
    policy = replace(policy, stores=(store,), recipients=(recipient,), deletion=promised)
    runs = purged(*days)
    now = runs[-1].at + timedelta(hours=3)
    found = {one.rule: one.doubts for one in proofs(policy, runs, Survivors((), frozenset()), now)}
    assert found["notes"] == expected


def test_a_run_counts_only_for_what_it_finished_and_saw(tmp_path):
    made = shop(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    policy, (run,) = load(made.policy, made.env), purged(0)
    for broken in (replace(run, unfinished=frozenset({"notes"})), replace(run, blind=frozenset({"app"}))):
        found = {one.rule: one.doubts for one in proofs(policy, (broken,), Survivors((), frozenset()), run.at)}
        assert found["notes"] == (Doubt.NEVER,)
    assert Doubt.UNSEEN in proofs(policy, (run,), Survivors((), frozenset({"app"})), run.at)[0].doubts
