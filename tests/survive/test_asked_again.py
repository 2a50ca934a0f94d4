"""Somebody who was erased asks again: what a law kept is found, and what they were called is kept nowhere."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from calling import Caller
from company import NOW, USERS, USERS_DATA, Company, company

from dsr.core.errors import SubjectNotFoundError
from dsr.jobs.people import Asked, find

TABLES = (
    USERS,
    "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users, issued TIMESTAMP)",
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)",
)
DATA = (
    USERS_DATA
    + """\
  app.invoices: {rule: tax, subject: user_id, start: issued}
  app.notes: {rule: notes, subject: user_id, start: made}
"""
)
ANN = Asked((("email", " ANN@example.com"),))


@pytest.fixture
def shop(tmp_path: Path, database: str) -> Company:
    made = company(tmp_path / "co", database, TABLES, DATA)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'ann@example.com'), (2, 'bo@example.com')",
        "INSERT INTO invoices VALUES (1, 1, '2026-11-01')",
        "INSERT INTO notes VALUES (1, 1, '2026-11-01'), (2, 2, '2026-11-01')",
    )
    return made


def test_what_was_kept_is_named_by_handle(shop: Company) -> None:
    plan, _ = shop.erase(("email", "ann@example.com"))
    with shop.session() as session:
        with pytest.raises(SubjectNotFoundError, match="any more"):
            find(session, ANN)
        (remark,) = session.remarks
        assert plan.subjects[0] in remark
    with shop.session() as session:
        kept = find(session, Asked(token=plan.subjects[0]))
        assert {place.entry: place.own for place in kept.places if place.own} == {"app.users": 1, "app.invoices": 1}
        assert not session.remarks


def test_whoever_is_erased_whole_leaves_no_trace(shop: Company) -> None:
    shop.erase(("email", "bo@example.com"))
    with shop.session() as session:
        with pytest.raises(SubjectNotFoundError, match="nothing is held"):
            find(session, Asked((("email", "bo@example.com"),)))
        assert not session.remarks


def test_the_trace_names_nobody_and_expires_with_what_was_kept(shop: Company) -> None:
    plan, _ = shop.erase(("email", "ann@example.com"))
    with shop.session() as session:
        remembered = session.state.subject(plan.subjects[0])
        assert remembered is not None
        assert remembered.identifiers == ()
        connection = session.state._database._engine.connect()
        tags = [row[0] for row in connection.exec_driver_sql("SELECT tag FROM dsr_former").all()]
        connection.close()
        assert tags
        assert all(len(tag) == 64 for tag in tags)
        value = (("email", "ann@example.com"),)
        (until,) = [step.until for step in plan.steps if step.entry == "app.invoices" and step.count]
        assert session.state.former(value, until - timedelta(seconds=1)) == plan.subjects
        assert session.state.former(value, until + timedelta(days=400)) == ()


def test_a_new_customer_with_the_old_address_is_never_taken_for_the_old_one(shop: Company) -> None:
    plan, _ = shop.erase(("email", "ann@example.com"))
    shop.run("INSERT INTO users (id, email) VALUES (9, 'ann@example.com')")
    with shop.session() as session:
        found = find(session, ANN)
        assert found.token != plan.subjects[0]
        assert found.records == 1
        (remark,) = session.remarks
        assert plan.subjects[0] in remark


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_support_reads_it_in_words_and_as_json(shop: Company, monkeypatch, capsys) -> None:
    plan, _ = shop.erase(("email", "ann@example.com"), now=NOW)
    shop.run("INSERT INTO users (id, email) VALUES (9, 'ann@example.com')")
    call = Caller(shop, monkeypatch, capsys)
    english = call("find", "--email", "ann@example.com")
    assert f"--subject {plan.subjects[0]}" in english.err
    assert "曾" in call("find", "--email", "ann@example.com", "--lang", "zh").err
    document = json.loads(call("find", "--email", "ann@example.com", "--json").out)
    assert plan.subjects[0] in document["remarks"][0]
