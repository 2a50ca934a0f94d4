"""Every form in which `retention.yaml` says whose a record is, each tried in a real database through the engine."""

from company import USERS, USERS_DATA, company, counts

LIN, BASIL = ("user_id", "1"), ("user_id", "2")
PEOPLE = "INSERT INTO users VALUES (1, 'lin@example.com', NULL), (2, 'basil@example.org', NULL)"


# through another collection's rows ---------------------------------------------------------------------------------

POSTS = (
    "CREATE TABLE posts (id BIGINT PRIMARY KEY)",
    "CREATE TABLE postmeta (id BIGINT PRIMARY KEY, post_id BIGINT, meta_key VARCHAR(40), meta_value VARCHAR(40))",
    "INSERT INTO posts VALUES (0), (7), (8), (9), (10)",
    "INSERT INTO postmeta VALUES (1, 0, '_customer', '1'), (2, 7, '_customer', '2'), (3, 8, '_other', '1'), "
    "(4, 9, '_customer', ''), (5, 10, '_customer', '01'), (6, 0, '_note', 'x')",
)
POSTS_DATA = """\
  app.posts:
    rule: notes
    subject: {through: app.postmeta, where: {meta_key: _customer}, from: post_id, field: meta_value}
  app.postmeta: {part_of: app.posts, via: post_id, fields: {meta_key: none, meta_value: content.text}}
"""


def test_a_key_in_another_row_s_text_column_is_the_same_key(database, tmp_path):
    here = company(tmp_path / "c", database, (USERS, PEOPLE, *POSTS), USERS_DATA + POSTS_DATA)
    plan, applied = here.erase(LIN)
    assert (counts(plan, "app.posts"), counts(plan, "app.postmeta")) == ({"delete": 1}, {"delete": 2})
    assert applied.exit_code == 0
    assert here.rows("SELECT id FROM posts") == [(10,), (7,), (8,), (9,)]
    assert here.rows("SELECT id FROM postmeta") == [(2,), (3,), (4,), (5,)]


# polymorphic owners, JSON paths, composite keys, names of objects ----------------------------------------------------


def test_a_polymorphic_owner_is_a_union_of_entries(database, tmp_path):
    tables = (
        "CREATE TABLE tickets (id BIGINT PRIMARY KEY, user_id BIGINT)",
        "CREATE TABLE files (id BIGINT PRIMARY KEY, owner_type VARCHAR(10), owner_id BIGINT)",
        "INSERT INTO tickets VALUES (1, 2), (2, 1)",
        "INSERT INTO files VALUES (1, 'user', 1), (2, 'ticket', 1), (3, 'ticket', 2), (4, 'user', 2), (5, NULL, 1)",
    )
    data = """\
  app.tickets: {rule: notes, subject: user_id}
  app.files:
    - {where: {owner_type: user}, rule: notes, subject: owner_id, fields: {owner_type: none}}
    - {where: {owner_type: ticket}, rule: notes, subject: {via: owner_id, to: app.tickets.id}}
"""
    here = company(tmp_path / "c", database, (USERS, PEOPLE, *tables), USERS_DATA + data)
    here.erase(LIN)
    assert here.rows("SELECT id FROM files") == [(2,), (4,), (5,)]


def test_an_identifier_inside_json_leads_to_its_record(database, tmp_path):
    kind = "JSONB" if database.startswith("postgresql") else "JSON"
    tables = (
        f"CREATE TABLE hooks (id BIGINT PRIMARY KEY, payload {kind})",
        """INSERT INTO hooks VALUES (1, '{"data": {"customer": {"email": "LIN@example.com"}}}'),
           (2, '{"data": {"customer": {"email": "basil@example.org"}}}'), (3, '{"data": null}'), (4, NULL)""",
    )
    data = (
        "  app.hooks: {rule: notes, subject: {email: payload.data.customer.email}, fields: {payload: content.text}}\n"
    )
    here = company(tmp_path / "c", database, (USERS, PEOPLE, *tables), USERS_DATA + data)
    here.erase(LIN)
    assert here.rows("SELECT id FROM hooks") == [(2,), (3,), (4,)]


def test_json_in_a_column_of_text_is_found_or_named(database, tmp_path):
    tables = (
        "CREATE TABLE hooks (id BIGINT PRIMARY KEY, payload TEXT, note TEXT)",
        """INSERT INTO hooks VALUES (1, '{"customer": {"email": "LIN@example.com"}}', 'lin@example.com'),
           (2, '{"customer": {"email": "basil@example.org"}}', NULL), (3, 'lin@example.com', NULL), (4, '{', NULL),
           (5, NULL, NULL)""",
    )
    data = "  app.hooks: {rule: notes, subject: {email: payload.customer.email}, fields: {note: none}}\n"
    here = company(tmp_path / "c", database, (USERS, PEOPLE, *tables), USERS_DATA + data)
    plan, applied = here.erase(LIN)
    if database.startswith("sqlite"):
        assert plan.complete
        assert applied.exit_code == 0
        assert here.rows("SELECT id FROM hooks") == [(2,), (3,), (4,), (5,)]
    else:  # a cast would fail on the first text that is no JSON
        assert [(gap.kind, gap.where) for gap in plan.gaps] == [("unsupported", "app.hooks.payload")]
        assert applied.exit_code == 7


def test_a_composite_key_leads_to_the_parent_s_person_alone(database, tmp_path):
    tables = (
        "CREATE TABLE orders (shop BIGINT, number BIGINT, user_id BIGINT, PRIMARY KEY (shop, number))",
        "CREATE TABLE boxes (id BIGINT PRIMARY KEY, shop BIGINT, number BIGINT)",
        "INSERT INTO orders VALUES (0, 1, 1), (1, 0, 2), (1, 1, 2)",
        "INSERT INTO boxes VALUES (1, 0, 1), (2, 1, 0), (3, 1, 1), (4, 0, NULL)",
    )
    data = """\
  app.orders: {rule: notes, subject: user_id}
  app.boxes: {rule: notes, subject: {via: [shop, number], to: [app.orders.shop, app.orders.number]}}
"""
    here = company(tmp_path / "c", database, (USERS, PEOPLE, *tables), USERS_DATA + data)
    here.erase(LIN)
    assert here.rows("SELECT id FROM boxes") == [(2,), (3,), (4,)]


def test_the_name_of_an_object_says_whose_it_is_in_another_store(database, tmp_path):
    for name in ("u/1/a.txt", "u/10/b.txt", "u/2/c.txt"):
        path = tmp_path / "c" / "media" / "assets" / name
        path.parent.mkdir(parents=True)
        path.write_text("x", encoding="utf-8")
    stores = '  media: {kind: objects, url: "${MEDIA_URL:-file://media}"}\n'
    data = '  media.assets: {rule: notes, subject: {key: "u/{user_id}/"}}\n'
    here = company(tmp_path / "c", database, (USERS, PEOPLE), USERS_DATA + data, stores=stores)
    here.erase(LIN)
    left = sorted(path.parent.name for path in (tmp_path / "c" / "media").rglob("*.txt"))
    assert left == ["10", "2"]
