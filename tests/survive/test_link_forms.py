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
