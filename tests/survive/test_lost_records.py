"""Records that are found, or dated, by way of others that go as well: whatever goes first, none is left behind."""

from dataclasses import replace

import pytest
from company import USERS, USERS_DATA, Company, company, counts, why

from dsr.core.plan import Disposition

TWO_USERS = "INSERT INTO users (id, email, closed_at) VALUES (1, 'a@example.com', NULL), (2, 'b@example.com', NULL)"


def gaps(plan) -> list[str]:
    return [gap.text for gap in plan.gaps if gap.kind == "unsupported"]


def two_stores(folder, database, request, far: tuple[str, ...], near: tuple[str, ...], data: str):
    """A company with its second database."""
    away = f"sqlite:///{folder / 'far.db'}"
    if database.startswith("postgres"):
        away = request.getfixturevalue("postgres_database")()
    (folder / "far.db").touch()
    other = Company(folder, away, {})
    other.run(*far)
    made = company(folder, database, (USERS, TWO_USERS, *near), USERS_DATA + data, stores=FAR)
    return replace(made, env={**made.env, "FAR_URL": away}), other


FAR = '  far: {kind: sql, url: "${FAR_URL}"}\n'
BOOKS = """\
  app.books: {rule: notes, subject: [{field: user_id}, {via: leaf_id, to: far.leaves.id}]}
  far.leaves: {part_of: app.books, via: book_id}
"""


def test_a_circle_through_two_stores_leaves_nothing_behind_in_either(tmp_path, database, request):
    """Leaves are parts of books, and some books are found by a leaf."""
    far = (
        "CREATE TABLE leaves (id BIGINT PRIMARY KEY, book_id BIGINT)",
        "INSERT INTO leaves VALUES (1, 1), (2, 2), (3, 3), (4, NULL)",
    )
    near = (
        "CREATE TABLE books (id BIGINT PRIMARY KEY, user_id BIGINT, leaf_id BIGINT)",
        "INSERT INTO books VALUES (1, 1, NULL), (2, NULL, 1), (3, 2, NULL)",
    )
    made, other = two_stores(tmp_path, database, request, far, near, BOOKS)
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert (counts(plan, "app.books"), counts(plan, "far.leaves")) == ({"delete": 2}, {"delete": 2})
    assert (made.rows("SELECT id FROM books"), other.rows("SELECT id FROM leaves")) == ([(3,)], [(3,), (4,)])


@pytest.mark.parametrize("by", ["calendar", "request"])
def test_a_record_that_another_dates_goes_before_that_one(tmp_path, database, by):
    """The account is as old as its card, and the card is the account's: the database must let go of one of them."""
    users = USERS.replace("closed_at", "card_id BIGINT, closed_at")
    cards = "CREATE TABLE cards (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)"
    data = """\
  app.users: {rule: tax, subject: id, start: {via: card_id, field: app.cards.made, to: app.cards.id}, fields: {email: contact.email}}
  app.cards: {rule: notes, subject: user_id, start: made}
"""  # noqa: E501
    if database.startswith("sqlite"):
        users = users.replace("card_id BIGINT", "card_id BIGINT REFERENCES cards (id)")
    made = company(tmp_path, database, (users, cards), data)
    made.run(
        "INSERT INTO cards VALUES (5, 1, '2001-05-01'), (6, 2, '2026-05-01')",
        "INSERT INTO users (id, email, card_id) VALUES (1, 'a@example.com', 5), (2, 'b@example.com', 6)",
    )
    if database.startswith("postgres"):
        made.run("ALTER TABLE users ADD FOREIGN KEY (card_id) REFERENCES cards (id)")
    plan, applied = made.purge() if by == "calendar" else made.erase(("user_id", "1"))
    assert (counts(plan, "app.users")["delete"], counts(plan, "app.cards")) == (1, {"delete": 1})
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert (made.rows("SELECT id FROM users"), made.rows("SELECT id FROM cards")) == ([(2,)], [(6,)])


NOTES = """\
  app.notes:
    - {where: {kind: open}, rule: notes, subject: user_id, fields: {text: content.text}}
    - {where: {kind: done}, rule: account, subject: user_id, fields: {text: content.text}}
"""


def noted(folder, database, column: str, rows: str) -> Company:
    notes = f"CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, kind TEXT, text TEXT, prev_id {column})"
    made = company(folder, database, (USERS, notes, TWO_USERS), USERS_DATA + NOTES)
    made.run(f"INSERT INTO notes VALUES {rows}")
    return made


CIRCLE = "(1, 1, 'open', 'a', 2), (2, 1, 'done', 'b', 1), (3, 2, 'open', 'c', 3)"


def test_records_of_two_rules_that_name_each_other_are_cut_apart_and_go(tmp_path, database):
    made = noted(tmp_path, database, "BIGINT REFERENCES notes (id)", CIRCLE)
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert made.rows("SELECT id FROM notes") == [(3,)]


def test_records_of_two_rules_that_cannot_be_cut_apart_are_named_in_the_plan(tmp_path, database):
    made = noted(tmp_path, database, "BIGINT NOT NULL REFERENCES notes (id)", CIRCLE)
    plan, applied = made.erase(("user_id", "1"))
    (said,) = gaps(plan)
    assert said.startswith("1 records are named by records of app.notes that cannot be deleted before them")
    assert (plan.complete, applied.exit_code) == (False, 7)
    assert made.rows("SELECT id, text, prev_id FROM notes") == [(1, None, 2), (2, None, 1), (3, "c", 3)]


def test_a_child_that_goes_does_not_first_keep_and_then_free_its_parent(tmp_path, database):
    """The newer child of an order is over itself: plan and run look at the order alike."""
    tables = (
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)",
        "CREATE TABLE clicks (id BIGINT PRIMARY KEY, order_id BIGINT, made TIMESTAMP)",
        "INSERT INTO orders VALUES (1, 1, '2020-01-01'), (2, 1, '2020-01-01'), (3, 1, '2020-01-01')",
        "INSERT INTO clicks VALUES (1, 1, '2026-09-01'), (2, 2, '2026-11-20')",
    )
    data = """\
  app.orders: {rule: notes, subject: user_id, start: made}
  app.clicks: {rule: account, subject: {via: order_id, to: app.orders.id}, start: made}
"""
    made = company(tmp_path, database, (USERS, TWO_USERS, *tables), USERS_DATA + data)
    plan, applied = made.purge()
    assert (counts(plan, "app.orders"), counts(plan, "app.clicks")) == ({"delete": 2, "retain": 1}, {"delete": 1})
    assert why(plan, "app.orders", Disposition.RETAIN) == ["newer_children"]
    assert applied.exit_code == 0
    assert (made.rows("SELECT id FROM orders"), made.rows("SELECT id FROM clicks")) == ([(2,)], [(2,)])


def test_an_account_that_is_lost_sight_of_is_never_called_erased(tmp_path, database):
    """Visits name the account and go first; its only date goes with them, so the duty has no end any more."""
    visits = "CREATE TABLE visits (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)"
    data = """\
  app.users: {rule: tax, subject: id, start: app.visits.made, fields: {email: contact.email}}
  app.visits: {rule: notes, subject: user_id, start: made}
"""
    made = company(tmp_path, database, (USERS, TWO_USERS, visits), data)
    made.run("INSERT INTO visits VALUES (1, 1, '2001-05-01'), (2, 2, '2026-05-01')")
    plan, applied = made.erase(("user_id", "1"))
    assert counts(plan, "app.users") == {"delete": 1}
    assert (applied.exit_code, applied.outcome.value) == (7, "failed")
    assert [step.detail for step in applied.steps if step.entry == "app.users" and step.detail] == [
        "1 records of the person were to go and are not found by this step any more; make a new plan for them"
    ]
    assert made.rows("SELECT id FROM users") == [(1,), (2,)]
    again, applied = made.erase(("user_id", "1"))
    assert ([gap.kind for gap in again.gaps], applied.exit_code) == (["no_start"], 7)
