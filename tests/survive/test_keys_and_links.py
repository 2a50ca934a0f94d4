"""Keys that look like nothing, links that lead nowhere, rows that are not alone theirs."""

from dataclasses import replace

import pytest
from company import USERS, USERS_DATA, Company, company, counts, why

from dsr.core.errors import SubjectNotFoundError
from dsr.core.plan import Disposition
from dsr.jobs.apply import apply
from dsr.jobs.erase import plan_erasure
from dsr.jobs.export import export
from dsr.jobs.holds import Wish, place
from dsr.jobs.people import Asked, find

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
    with made.session() as session:
        export(session, [Asked((("user_id", "1"),))], tmp_path / "package")
    files = [path for path in (tmp_path / "package").rglob("*") if path.is_file()]
    assert files
    assert not [path.name for path in files if "Pia Pilot" in path.read_text(encoding="utf-8")]
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


def test_links_that_are_empty_lead_to_nobody(tmp_path, database):
    items = "CREATE TABLE items (id BIGINT PRIMARY KEY, shop BIGINT, no BIGINT)"
    orders = "CREATE TABLE orders (shop BIGINT, no BIGINT, user_id BIGINT, made TIMESTAMP, PRIMARY KEY (shop, no))"
    data = """\
  app.orders: {rule: notes, subject: user_id, start: made}
  app.items: {rule: notes, subject: {via: [shop, no], to: [app.orders.shop, app.orders.no]}}
"""
    made = company(tmp_path, database, (USERS, NOTES, orders, items), USERS_DATA + NOTES_DATA + data)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, NULL)",
        "INSERT INTO notes (id, user_id) VALUES (1, 1), (2, NULL), (3, 2)",
        "INSERT INTO orders (shop, no, user_id) VALUES (0, 0, 1), (1, 0, NULL)",
        "INSERT INTO items VALUES (1, 0, 0), (2, NULL, 0), (3, 0, NULL), (4, NULL, NULL), (5, 1, 0)",
    )
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert [made.rows(f"SELECT id FROM {name}") for name in ("users", "notes", "items")] == [
        [(2,)],
        [(2,), (3,)],
        [(2,), (3,), (4,), (5,)],
    ]
    assert made.rows("SELECT shop FROM orders") == [(1,)]


def test_an_identifier_that_several_people_share_is_not_followed(tmp_path, database):
    """The family's address was once given by both; whoever asks gets their own records, and the stop is counted."""
    former = "CREATE TABLE former (id BIGINT PRIMARY KEY, user_id BIGINT, email VARCHAR(120), made TIMESTAMP)"
    outbox = "CREATE TABLE outbox (id BIGINT PRIMARY KEY, to_email VARCHAR(120), made TIMESTAMP)"
    data = """\
  app.former: {rule: account, subject: user_id, start: made, fields: {email: contact.email}}
  app.outbox: {rule: notes, subject: {email: to_email}, start: made}
"""
    more = ("at: [app.users.email]", "at: [app.users.email, app.former.email]")
    made = company(tmp_path, database, (USERS, former, outbox), USERS_DATA + data, rules=more)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        "INSERT INTO former (id, user_id, email) VALUES (1, 1, 'family@example.com'), (2, 2, 'Family@Example.com')",
        "INSERT INTO outbox (id, to_email) VALUES (1, 'a@example.com'), (2, 'b@example.com'), "
        "(3, 'family@example.com')",
    )
    with made.session() as session:
        assert find(session, Asked((("email", "a@example.com"),))).stops == 1
    _, applied = made.erase(("email", "a@example.com"))
    assert applied.exit_code == 0
    assert made.rows("SELECT id FROM users") == [(2,)]
    assert made.rows("SELECT id FROM outbox") == [(2,), (3,)]


CIRCLE = (
    "CREATE TABLE teams (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, made TIMESTAMP)",
    "CREATE TABLE posts (id BIGINT PRIMARY KEY, team_id BIGINT NOT NULL REFERENCES teams (id), user_id BIGINT, "
    "made TIMESTAMP)",
)
CIRCLE_DATA = """\
  app.teams: {rule: notes, subject: owner_id, start: made, refers: {}}
  app.posts: {rule: notes, subject: {via: team_id, to: app.teams.id}, start: made}
"""


def test_two_tables_that_refer_to_each_other_in_a_circle_are_erased(tmp_path, database):
    teams = CIRCLE[0].replace("owner_id BIGINT NOT NULL", "owner_id BIGINT, first_id BIGINT REFERENCES posts (id)")
    posts = CIRCLE[1].replace(" NOT NULL REFERENCES teams (id)", "")
    if database.startswith("sqlite"):
        posts = CIRCLE[1]
    data = CIRCLE_DATA.replace("refers: {}", "refers: {first_id: {to: app.posts.id, on_erasure: empty}}")
    made = company(tmp_path, database, (USERS, posts, teams), USERS_DATA + data)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        "INSERT INTO teams (id, owner_id) VALUES (1, 1), (2, 2)",
        "INSERT INTO posts (id, team_id) VALUES (1, 1), (2, 2), (3, 1)",
        "UPDATE teams SET first_id = id",
    )
    if database.startswith("postgres"):
        made.run("ALTER TABLE posts ADD FOREIGN KEY (team_id) REFERENCES teams (id)")
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0), applied.steps
    assert made.rows("SELECT id, first_id FROM teams") == [(2, 2)]
    assert made.rows("SELECT id FROM posts") == [(2,)]


@pytest.mark.parametrize("kept", ["retained", "held"])
def test_a_cascade_of_the_database_never_reaches_what_is_retained_or_held(tmp_path, database, kept):
    """The parents of a kept record stay as tombstones, whatever the database would take along with them."""
    shops = "CREATE TABLE shops (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users (id) ON DELETE CASCADE, x TEXT)"
    bills = (
        "CREATE TABLE bills (id BIGINT PRIMARY KEY, shop_id BIGINT REFERENCES shops (id) ON DELETE CASCADE, "
        "issued TIMESTAMP)"
    )
    data = """\
  app.shops: {rule: notes, subject: user_id, fields: {x: content.text}}
  app.bills: {rule: RULE, subject: {via: shop_id, to: app.shops.id}, start: issued}
""".replace("RULE", "tax" if kept == "retained" else "notes")
    made = company(tmp_path, database, (USERS, shops, bills), USERS_DATA + data)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        "INSERT INTO shops VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'z')",
        "INSERT INTO bills VALUES (1, 1, '2026-03-15'), (2, 2, '2010-03-15'), (3, 3, '2026-03-15')",
    )
    if kept == "held":
        made.run("DELETE FROM bills WHERE id = 2")
        with made.session() as session:
            place(session, Wish("m", "r", "a", collections=("app.bills",)))
    _, applied = made.erase(("user_id", "1"))
    assert applied.exit_code == 0
    assert made.rows("SELECT id FROM bills") == [(1,), (3,)]
    assert made.rows("SELECT id, x FROM shops") == [(1, None), (3, "z")]
    assert made.rows("SELECT id, email FROM users") == [(1, None), (2, "b@example.com")]


MANY = 200_000


def test_two_hundred_thousand_keys_cross_from_one_store_to_another(tmp_path, database, request):
    """The parcels lie in a database of their own and know nothing but the order."""
    away = f"sqlite:///{tmp_path / 'far.db'}"
    if database.startswith("postgres"):
        away = request.getfixturevalue("postgres_database")()
    far = Company(tmp_path, away, {})
    (tmp_path / "far.db").touch()
    far.run(
        "CREATE TABLE parcels (id BIGINT PRIMARY KEY, order_id BIGINT)",
        f"INSERT INTO parcels VALUES (1, 0), (2, {MANY - 1}), (3, {MANY}), (4, NULL), (5, 77777)",
        "CREATE INDEX parcels_order ON parcels (order_id)",
    )
    orders = "CREATE TABLE orders (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)"
    data = """\
  app.orders: {rule: notes, subject: user_id, start: made}
  far.parcels: {rule: notes, subject: {via: order_id, to: app.orders.id}}
"""
    stores = '  far: {kind: sql, url: "${FAR_URL}"}\n'
    made = company(tmp_path, database, (USERS, orders), USERS_DATA + data, stores=stores)
    made = replace(made, env={**made.env, "FAR_URL": away})
    numbers = f"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        f"INSERT INTO orders (id, user_id) {numbers} SELECT i, CASE WHEN i < {MANY} THEN 1 ELSE 2 END FROM n",
        "CREATE INDEX orders_user ON orders (user_id)",
    )
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert (counts(plan, "far.parcels"), counts(plan, "app.orders")) == ({"delete": 3}, {"delete": MANY})
    assert far.rows("SELECT id FROM parcels") == [(3,), (4,)]
    assert made.rows("SELECT id FROM orders") == [(MANY,)]


def test_records_each_of_which_says_whose_the_other_is_are_named_and_stay_as_shells(tmp_path, database):
    """Two tables, each of which says whose the other's record is, under keys that the database checks at once."""
    data = """\
  app.teams: {rule: notes, subject: [{field: owner_id}, {via: first_id, to: app.posts.id}], start: made}
  app.posts: {rule: notes, subject: {via: team_id, to: app.teams.id}, start: made}
"""
    teams = CIRCLE[0].replace("owner_id BIGINT NOT NULL", "owner_id BIGINT, first_id BIGINT REFERENCES posts (id)")
    posts = CIRCLE[1].replace(" NOT NULL REFERENCES teams (id)", "")
    if database.startswith("sqlite"):
        posts = CIRCLE[1]
    made = company(tmp_path, database, (USERS, posts, teams), USERS_DATA + data)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com')",
        "INSERT INTO teams (id, owner_id) VALUES (1, 1)",
        "INSERT INTO posts (id, team_id) VALUES (1, 1)",
        "UPDATE teams SET first_id = id",
    )
    if database.startswith("postgres"):
        made.run("ALTER TABLE posts ADD FOREIGN KEY (team_id) REFERENCES teams (id)")
    plan, applied = made.erase(("user_id", "1"))
    assert ([gap.where for gap in plan.gaps], applied.exit_code) == (["app.teams"], 7)
    assert made.rows("SELECT id, first_id FROM teams") == [(1, 1)]
    assert made.rows("SELECT id, team_id FROM posts") == [(1, 1)]
    assert made.rows("SELECT id, email FROM users") == [(1, None)]
