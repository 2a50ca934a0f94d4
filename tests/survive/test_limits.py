"""Columns that do not take everything: what cannot be rewritten is said in the plan, before anything is done."""

import pytest
from calling import Caller
from company import USERS, USERS_DATA, company, counts

from dsr.core.plan import Outcome, Plan
from dsr.jobs.apply import apply
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked

INVOICES = (
    "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id), issued TIMESTAMP"
)
INVOICES_DATA = "  app.invoices: {rule: tax, subject: user_id, start: issued}\n"
NOTED_DATA = "  app.invoices: {rule: tax, subject: user_id, start: issued, fields: {nickname: NICKNAME}}\n"
KEPT = "INSERT INTO invoices (id, user_id, issued) VALUES (1, 1, '2026-03-15'), (2, 2, '2026-03-15')"


def unsupported(plan: Plan) -> list[str]:
    """What the plan says cannot be rewritten."""
    return [gap.text for gap in plan.gaps if gap.kind == "unsupported"]


def with_column(tmp_path, database, column: str, value: str):
    """A company whose users have one more column; both have an invoice that keeps their row as a shell."""
    users = USERS.replace("closed_at", f"{column}, closed_at")
    name = column.split()[0]
    data = USERS_DATA.replace("contact.email}", f"contact.email, {name}: profile}}") + INVOICES_DATA
    made = company(tmp_path, database, (users, INVOICES + ")"), data)
    made.run(
        f"INSERT INTO users (id, email, {name}) VALUES (1, 'a@example.com', {value.format(1)}), "
        f"(2, 'b@example.com', {value.format(2)})",
        KEPT,
    )
    return made, name


@pytest.mark.parametrize(
    ("column", "value", "blank"),
    [
        ("nick TEXT NOT NULL", "'nick{}'", ""),
        ("nick VARCHAR(5) NOT NULL", "'nic{}'", ""),
        ("score INTEGER NOT NULL", "{}7", 0),
        ("born DATE NOT NULL", "'1990-01-0{}'", "1970-01-01"),
        ("prefs JSON NOT NULL", "'{{\"a\": {}}}'", "{}"),
        ("photo BINARY NOT NULL", "X{}", b""),
        ("nick VARCHAR(40) NOT NULL UNIQUE", "'nick{}'", "erased-1"),
        ("nick VARCHAR(21) NOT NULL UNIQUE", "'nick{}'", "~1"),
    ],
    ids=["text", "short text", "integer", "date", "json", "binary", "unique text", "short unique text"],
)
def test_a_column_that_must_not_be_empty_takes_a_blank_of_its_type(tmp_path, database, column, value, blank):
    if "BINARY" in column:
        postgres = database.startswith("postgres")
        column = column.replace("BINARY", "BYTEA" if postgres else "BLOB")
        value = "'\\x0{}'::bytea" if postgres else "X'0{}'"
    made, name = with_column(tmp_path, database, column, value)
    plan, applied = made.erase(("user_id", "1"))
    assert (unsupported(plan), applied.exit_code) == ([], 0)
    ((left,),) = made.rows(f"SELECT {name} FROM users WHERE id = 1")
    assert (left if isinstance(left, bytes | int) else str(left)) == blank
    ((other,),) = made.rows(f"SELECT {name} FROM users WHERE id = 2")
    assert other not in (blank, None)


def test_two_people_erased_at_once_get_different_unique_marks(tmp_path, database):
    made, _ = with_column(tmp_path, database, "nick VARCHAR(40) NOT NULL UNIQUE", "'nick{}'")
    with made.session() as session:
        plan = plan_erasure(session, [Asked((("user_id", "1"),)), Asked((("user_id", "2"),))])
        assert apply(session, plan.id).exit_code == 0
    assert made.rows("SELECT nick FROM users") == [("erased-1",), ("erased-2",)]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("nick VARCHAR(5) NOT NULL UNIQUE", "'nic{}'", "5 characters do not hold a mark"),
        ("badge INTEGER NOT NULL UNIQUE", "{}77", "must be unique and not empty"),
        ("born DATE NOT NULL UNIQUE", "'1990-01-0{}'", "must be unique and not empty"),
    ],
    ids=["too short for a mark", "unique number", "unique date"],
)
def test_a_column_that_cannot_be_blanked_makes_the_plan_incomplete(tmp_path, database, column, value, said):
    made, name = with_column(tmp_path, database, column, value)
    plan, applied = made.erase(("user_id", "1"))
    assert plan.complete is False
    assert [text for text in unsupported(plan) if name in text and said in text]
    assert applied.exit_code == 7
    assert made.rows("SELECT id, email FROM users WHERE id = 1") == [(1, None)]


@pytest.mark.parametrize(
    ("column", "field", "left"),
    [
        ("nickname TEXT", "{category: name, rule: account}", None),
        ("nickname TEXT NOT NULL DEFAULT 'Nick'", "{category: name, rule: account}", ""),
        ("nickname VARCHAR(12)", "{category: name, rule: account, become: Erased}", "Erased"),
        ("nickname INTEGER", "{category: name, rule: account, become: '-1'}", -1),
    ],
    ids=["nullable", "not null", "become text", "become number"],
)
def test_a_field_of_another_rule_leaves_a_record_that_stays(tmp_path, database, column, field, left):
    invoices = f"{INVOICES}, {column})"
    made = company(tmp_path, database, (USERS, invoices), USERS_DATA + NOTED_DATA.replace("NICKNAME", field))
    worth = "7" if "INTEGER" in column else "'Nicky'"
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        KEPT.replace("issued)", "issued, nickname)").replace("'2026-03-15')", f"'2026-03-15', {worth})"),
    )
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert counts(plan, "app.invoices") == {"rewrite": 1}
    assert made.rows("SELECT nickname FROM invoices WHERE id = 1") == [(left,)]
    assert made.rows("SELECT nickname FROM invoices WHERE id = 2") == [(7 if "INTEGER" in column else "Nicky",)]


@pytest.mark.parametrize(
    ("column", "worth", "blank", "said"),
    [
        ("nick TEXT", "'nick{}'", None, ""),
        ("nick VARCHAR(5) NOT NULL", "'nic{}'", "", ""),
        ("nick INTEGER NOT NULL", "{}7", 0, ""),
        ("nick VARCHAR(40) NOT NULL UNIQUE", "'nick{}'", "erased-1", ""),
        ("nick VARCHAR(5) NOT NULL UNIQUE", "'nic{}'", "nic1", "5 characters do not hold a mark"),
        ("nick INTEGER NOT NULL UNIQUE", "{}77", 177, "must be unique and not empty"),
    ],
    ids=["nullable", "not null", "number", "unique", "too short for a mark", "unique number"],
)
def test_what_an_anonymised_record_cannot_become_is_said_and_left(tmp_path, database, column, worth, blank, said):
    notes = f"CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, body TEXT, {column})"
    data = "  app.notes: {rule: notes, subject: user_id, fields: {body: content.text, nick: profile}}\n"
    ends = (
        "starts: {en: the note is made, zh: 备注产生}\n    keep_at_most: P1Y\n    then: delete",
        "starts: {en: the note is made, zh: 备注产生}\n    keep_at_most: P1Y\n    then: anonymise",
    )
    made = company(tmp_path, database, (USERS, notes), USERS_DATA + data, rules=ends)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        f"INSERT INTO notes VALUES (1, 1, 'one', {worth.format(1)}), (2, 2, 'two', {worth.format(2)})",
    )
    plan, applied = made.erase(("user_id", "1"))
    assert [text for text in unsupported(plan) if "nick" in text and said in text] == unsupported(plan)
    assert (plan.complete, applied.exit_code, len(unsupported(plan))) == ((False, 7, 1) if said else (True, 0, 0))
    ((body, nick),) = made.rows("SELECT body, nick FROM notes WHERE id = 1")
    assert (body, nick) == (None, blank)
    ((other, whole),) = made.rows("SELECT body, nick FROM notes WHERE id = 2")
    assert (other, str(whole)) == ("two", worth.format(2).strip("'"))


@pytest.mark.parametrize(
    ("column", "become", "said"),
    [
        ("nickname VARCHAR(4)", "Erased", "holds at most 4 characters"),
        ("nickname INTEGER", "Erased", "is of type integer"),
        ("nickname DATE", "2026-02-30", "is of type date"),
        ("nickname VARCHAR(40) UNIQUE", "Erased", "must be unique"),
        ("nickname JSON", "Erased", "is of type json"),
    ],
    ids=["too long", "no number", "no date", "unique", "no json"],
)
def test_a_fixed_text_that_the_column_cannot_hold_is_refused_by_the_plan(tmp_path, database, column, become, said):
    invoices = f"{INVOICES}, {column})"
    field = f"{{category: name, rule: account, become: '{become}'}}"
    made = company(tmp_path, database, (USERS, invoices), USERS_DATA + NOTED_DATA.replace("NICKNAME", field))
    made.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')", KEPT)
    plan, applied = made.erase(("user_id", "1"))
    assert plan.complete is False
    assert [text for text in unsupported(plan) if said in text]
    assert applied.exit_code == 7
    assert counts(plan, "app.invoices") == {"retain": 1}
    assert made.rows("SELECT id FROM invoices") == [(1,), (2,)]


def test_a_limit_that_only_the_database_knows_stops_the_step_and_nothing_else(tmp_path, database):
    invoices = f"{INVOICES}, nickname TEXT CHECK (nickname IS NOT NULL AND length(nickname) > 2))"
    field = "{category: name, rule: account}"
    made = company(tmp_path, database, (USERS, invoices), USERS_DATA + NOTED_DATA.replace("NICKNAME", field))
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        KEPT.replace("issued)", "issued, nickname)").replace("'2026-03-15')", "'2026-03-15', 'Nicky')"),
    )
    _, applied = made.erase(("user_id", "1"))
    assert (applied.outcome, applied.exit_code) == (Outcome.UNSUPPORTED, 7)
    assert made.rows("SELECT nickname FROM invoices") == [("Nicky",), ("Nicky",)]
    details = " ".join(step.detail for step in applied.steps)
    assert "refused" in details
    assert "Nicky" not in details


LOGS = "CREATE TABLE logs (id BIGINT PRIMARY KEY, user_id BIGINT, type VARCHAR(10), made BIGINT)"
LOGS_DATA = """\
  app.logs:
    - {where: {type: topup}, rule: tax, subject: user_id, start: {field: made, unit: epoch_seconds}}
    - {where: {type: usage}, rule: notes, subject: user_id, start: {field: made, unit: epoch_seconds}}
"""


def test_one_table_with_two_rules_keeps_and_deletes_by_row(tmp_path, database):
    made = company(tmp_path, database, (USERS, LOGS), USERS_DATA + LOGS_DATA)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        "INSERT INTO logs VALUES (1, 1, 'topup', 1767225600), (2, 1, 'usage', 1767225600), "
        "(3, 2, 'usage', 1767225600), "
        "(4, 1, 'usage', 1262304000), (5, 1, 'topup', 1262304000)",
    )
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert counts(plan, "app.logs") == {"retain": 1, "delete": 1}
    assert counts(plan, "app.logs#1") == {"delete": 2}
    assert made.rows("SELECT id FROM logs") == [(1,), (3,)]


def test_a_plan_says_which_of_the_two_a_row_of_it_is_about(tmp_path, database, monkeypatch, capsys):
    made = company(tmp_path, database, (USERS, LOGS), USERS_DATA + LOGS_DATA)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com')",
        "INSERT INTO logs VALUES (1, 1, 'topup', 1767225600), (2, 1, 'usage', 1767225600)",
    )
    ran = Caller(made, monkeypatch, capsys)("delete", "--user-id", "1", "--plan-only")
    assert {"app.logs", "app.logs#1"} <= set(ran.out.split())


def test_rows_that_no_entry_takes_are_reported_and_left(tmp_path, database):
    made = company(tmp_path, database, (USERS, LOGS), USERS_DATA + LOGS_DATA)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com')",
        "INSERT INTO logs VALUES (1, 1, 'usage', 1767225600), (2, 1, 'gift', 1767225600), (3, 1, NULL, 1767225600)",
    )
    plan, applied = made.erase(("user_id", "1"))
    (gap,) = [gap for gap in plan.gaps if gap.where == "app.logs"]
    assert gap.text.startswith("2 records match no entry")
    assert applied.exit_code == 7
    assert made.rows("SELECT id FROM logs") == [(2,), (3,)]
