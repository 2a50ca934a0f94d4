"""Keys that look like nothing, links that lead nowhere, rows that are not alone theirs."""

import pytest
from company import USERS, USERS_DATA, company, counts, why

from dsr.core.errors import SubjectNotFoundError
from dsr.core.plan import Disposition
from dsr.jobs.apply import apply
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked

NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP, body TEXT)"
NOTES_DATA = "  app.notes: {rule: notes, subject: user_id, start: made, fields: {body: content.text}}\n"


@pytest.mark.parametrize("key", ["0", "-1", "7"])
def test_account_keys_zero_and_negative_are_people(tmp_path, database, key):
    made = company(tmp_path, database, (USERS, NOTES), USERS_DATA + NOTES_DATA)
    made.run(
        "INSERT INTO users VALUES (0, 'zero@example.com', NULL), (-1, 'minus@example.com', NULL), "
        "(7, 'x@example.com', NULL)",
        "INSERT INTO notes VALUES (0, 0, '2026-01-01', 'a'), (-1, -1, '2026-01-01', 'b'), (1, 7, '2026-01-01', 'c'), "
        "(2, NULL, '2026-01-01', 'd')",
    )
    made.erase(("user_id", key))
    assert [row for row in made.rows("SELECT user_id FROM notes") if row == (int(key),)] == []
    assert len(made.rows("SELECT id FROM notes")) == 3
    assert len(made.rows("SELECT id FROM users")) == 2


def test_an_empty_text_may_be_an_account_key_and_is_nobody_elses(tmp_path, database):
    users = "CREATE TABLE users (id VARCHAR(20) PRIMARY KEY, email VARCHAR(120), closed_at TIMESTAMP)"
    notes = NOTES.replace("user_id BIGINT", "user_id VARCHAR(20)")
    made = company(tmp_path, database, (users, notes), USERS_DATA + NOTES_DATA)
    made.run(
        "INSERT INTO users VALUES ('', 'empty@example.com', NULL), ('a', 'a@example.com', NULL)",
        "INSERT INTO notes VALUES (1, '', '2026-01-01', 'x'), (2, 'a', '2026-01-01', 'y'), "
        "(3, NULL, '2026-01-01', 'z')",
    )
    made.erase(("email", "empty@example.com"))
    assert made.rows("SELECT id FROM notes") == [(2,), (3,)]
    assert made.rows("SELECT id FROM users") == [("a",)]


def test_a_composite_key_with_a_zero_part_touches_no_other_row(tmp_path, database):
    orders = "CREATE TABLE orders (shop BIGINT, no BIGINT, user_id BIGINT, made TIMESTAMP, PRIMARY KEY (shop, no))"
    items = (
        "CREATE TABLE items (shop BIGINT, no BIGINT, line BIGINT, what TEXT, PRIMARY KEY (shop, no, line), "
        "FOREIGN KEY (shop, no) REFERENCES orders (shop, no))"
    )
    data = (
        "  app.orders: {rule: notes, subject: user_id, start: made}\n"
        "  app.items: {part_of: app.orders, fields: {what: content.text}}\n"
    )
    made = company(tmp_path, database, (USERS, orders, items), USERS_DATA + data)
    made.run(
        "INSERT INTO users VALUES (1, 'a@example.com', NULL), (2, 'b@example.com', NULL)",
        "INSERT INTO orders VALUES (1, 0, 1, '2026-01-01'), (1, 1, 2, '2026-01-01'), (0, 0, 2, '2026-01-01')",
        "INSERT INTO items VALUES (1, 0, 0, 'x'), (1, 1, 0, 'y'), (0, 0, 0, 'z')",
    )
    made.erase(("user_id", "1"))
    assert made.rows("SELECT shop, no FROM orders") == [(0, 0), (1, 1)]
    assert made.rows("SELECT shop, no, line FROM items") == [(0, 0, 0), (1, 1, 0)]


def test_somebody_with_an_account_and_nothing_else_is_erased(tmp_path, database):
    made = company(tmp_path, database, (USERS, NOTES), USERS_DATA + NOTES_DATA)
    made.run("INSERT INTO users VALUES (1, 'a@example.com', NULL)")
    plan, applied = made.erase(("email", "A@example.com"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert made.rows("SELECT id FROM users") == []


def test_nobody_is_found_by_identifiers_that_nobody_has(tmp_path, database):
    made = company(tmp_path, database, (USERS, NOTES), USERS_DATA + NOTES_DATA)
    made.run("INSERT INTO users VALUES (1, 'a@example.com', NULL)")
    with made.session() as session, pytest.raises(SubjectNotFoundError):
        plan_erasure(session, [Asked((("email", "nobody@example.com"),))])


def test_an_address_of_two_people_stays_until_only_one_of_them_has_it(tmp_path, database):
    users = USERS.replace("closed_at", "address_id BIGINT REFERENCES addresses (id), closed_at")
    addresses = "CREATE TABLE addresses (id BIGINT PRIMARY KEY, street TEXT, made TIMESTAMP)"
    data = (
        "  app.addresses: {rule: account, subject: {through: app.users, from: address_id, field: id, owner: by_links}, "
        "start: made, fields: {street: contact.address}}\n"
    )
    made = company(tmp_path, database, (addresses, users), USERS_DATA + data)
    made.run(
        "INSERT INTO addresses VALUES (5, 'shared', '2026-01-01'), (6, 'own', '2026-01-01')",
        "INSERT INTO users (id, email, address_id) VALUES (1, 'a@example.com', 5), (2, 'b@example.com', 5), "
        "(3, 'c@example.com', 6)",
    )
    plan, _ = made.erase(("user_id", "1"))
    assert why(plan, "app.addresses", Disposition.RETAIN) == ["shared"]
    made.erase(("user_id", "3"))
    assert made.rows("SELECT id FROM addresses") == [(5,)]
    made.erase(("user_id", "2"))
    assert made.rows("SELECT id FROM addresses") == []


def test_a_third_partys_record_on_a_followed_link_is_neither_exported_nor_touched(tmp_path, database):
    flights = "CREATE TABLE flights (id BIGINT PRIMARY KEY, user_id BIGINT, pilot_id BIGINT, made TIMESTAMP)"
    pilots = "CREATE TABLE pilots (id BIGINT PRIMARY KEY, flight_id BIGINT, name TEXT, made TIMESTAMP)"
    data = (
        "  app.flights: {rule: notes, subject: user_id, start: made}\n"
        "  app.pilots: {rule: notes, subject: {via: flight_id, to: app.flights.id, owner: third_party}, start: made, "
        "fields: {name: name}}\n"
    )
    made = company(tmp_path, database, (USERS, flights, pilots), USERS_DATA + data)
    made.run(
        "INSERT INTO users VALUES (1, 'a@example.com', NULL)",
        "INSERT INTO flights VALUES (1, 1, 9, '2026-01-01')",
        "INSERT INTO pilots VALUES (9, 1, 'Pia Pilot', '2026-01-01')",
    )
    plan, _ = made.erase(("user_id", "1"))
    assert made.rows("SELECT name FROM pilots") == [("Pia Pilot",)]
    assert counts(plan, "app.pilots") == {"retain": 1}


def test_self_references_and_cycles_end(tmp_path, database):
    posts = (
        "CREATE TABLE posts (id BIGINT PRIMARY KEY, user_id BIGINT, reply_to BIGINT REFERENCES posts (id), "
        "made TIMESTAMP)"
    )
    data = (
        "  app.posts: {rule: notes, subject: user_id, start: made, "
        "refers: {reply_to: {to: app.posts.id, on_erasure: empty}}}\n"
    )
    made = company(tmp_path, database, (USERS, posts), USERS_DATA + data)
    made.run(
        "INSERT INTO users VALUES (1, 'a@example.com', NULL), (2, 'b@example.com', NULL)",
        "INSERT INTO posts VALUES (1, 1, NULL, '2026-01-01'), (2, 2, 1, '2026-01-01'), (3, 1, 2, '2026-01-01'), "
        "(4, 1, 3, '2026-01-01')",
        "UPDATE posts SET reply_to = 4 WHERE id = 1",
    )
    _, applied = made.erase(("user_id", "1"))
    assert applied.exit_code == 0
    assert made.rows("SELECT id, reply_to FROM posts") == [(2, None)]


def test_a_table_without_a_primary_key_is_erased_too(tmp_path, database):
    visits = "CREATE TABLE visits (user_id BIGINT, page TEXT, made TIMESTAMP)"
    data = "  app.visits: {rule: notes, subject: user_id, start: made, fields: {page: usage.endpoint}}\n"
    made = company(tmp_path, database, (USERS, visits), USERS_DATA + data)
    made.run(
        "INSERT INTO users VALUES (1, 'a@example.com', NULL)",
        "INSERT INTO visits VALUES (1, '/a', '2026-01-01'), (1, '/a', '2026-01-01'), (2, '/a', '2026-01-01')",
    )
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert made.rows("SELECT user_id FROM visits") == [(2,)]


def test_kept_children_keep_their_parent_as_an_empty_shell(tmp_path, database):
    invoices = (
        "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id), issued TIMESTAMP)"
    )
    data = "  app.invoices: {rule: tax, subject: user_id, start: issued}\n"
    made = company(tmp_path, database, (USERS, invoices), USERS_DATA + data)
    made.run(
        "INSERT INTO users VALUES (1, 'a@example.com', NULL), (2, 'b@example.com', NULL)",
        "INSERT INTO invoices VALUES (1, 1, '2026-03-15'), (2, 1, '2010-03-15'), (3, 2, '2026-03-15')",
    )
    plan, applied = made.erase(("user_id", "1"))
    assert applied.exit_code == 0
    assert counts(plan, "app.invoices") == {"delete": 1, "retain": 1}
    assert made.rows("SELECT id, email FROM users") == [(1, None), (2, "b@example.com")]
    assert made.rows("SELECT id FROM invoices") == [(1,), (3,)]


FOLDERS = (
    "CREATE TABLE folders (id BIGINT PRIMARY KEY, parent_id BIGINT, made TIMESTAMP)",
    "CREATE TABLE shares (id BIGINT PRIMARY KEY, folder_id BIGINT, user_id BIGINT, made TIMESTAMP)",
    "INSERT INTO users (id) VALUES (1), (2), (3)",
    "INSERT INTO folders (id, parent_id) VALUES (5, NULL), (6, 5), (7, 6), (8, NULL)",
    "INSERT INTO shares (id, folder_id, user_id) VALUES (1, 5, 1), (2, 5, 2), (3, 8, 1)",
)
FOLDERS_DATA = """\
  app.shares: {rule: notes, subject: user_id, start: made}
  app.folders:
    rule: notes
    start: made
    subject:
      - {via: parent_id, to: app.folders.id}
      - {through: app.shares, from: folder_id, field: user_id, owner: by_links}
"""


@pytest.mark.parametrize(
    ("asked", "left"),
    [(("1",), [5, 6, 7]), (("1", "3"), [5, 6, 7]), (("1", "2"), [])],
    ids=["one of the two", "one of the two and somebody else", "both"],
)
def test_what_two_people_share_in_a_circle_of_links_goes_when_both_are_asked_for(tmp_path, database, asked, left):
    """What hangs under it has the same fate; each person was found alone before."""
    made = company(tmp_path, database, (USERS, *FOLDERS), USERS_DATA + FOLDERS_DATA)
    with made.session() as session:
        plan = plan_erasure(session, [Asked((("user_id", key),)) for key in asked])
        assert apply(session, plan.id).exit_code == 0
    assert [id for (id,) in made.rows("SELECT id FROM folders")] == left
    assert counts(plan, "app.folders") == ({"delete": 1, "retain": 3} if left else {"delete": 4})


def test_a_record_under_a_shared_one_that_also_names_the_person_as_third_party_is_listed_once(tmp_path, database):
    papers = "CREATE TABLE papers (id BIGINT PRIMARY KEY, folder_id BIGINT, reader_id BIGINT, made TIMESTAMP)"
    data = """\
  app.papers:
    rule: notes
    start: made
    subject: [{via: folder_id, to: app.folders.id}, {field: reader_id, owner: third_party}]
"""
    row = "INSERT INTO papers VALUES (1, 6, 1, '2026-01-01'), (2, NULL, 1, '2026-01-01')"
    made = company(tmp_path, database, (USERS, *FOLDERS, papers, row), USERS_DATA + FOLDERS_DATA + data)
    plan, _ = made.erase(("user_id", "1"))
    assert sorted(why(plan, "app.papers", Disposition.RETAIN)) == ["shared", "third_party"]
    assert counts(plan, "app.papers") == {"retain": 2}
