"""A role of PostgreSQL that may not read a table: it is named, and nothing counts as looked through."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from calling import Caller
from company import USERS, USERS_DATA, company

NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)"
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: made}\n"


def test_a_table_that_the_role_may_not_read_is_named_and_nothing_is_done(
    tmp_path: Path, postgres_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, capsys
):
    made = company(tmp_path, postgres_database(), (USERS, NOTES), DATA)
    role = f"reader_{sa.make_url(made.url).database}"
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com')",
        "INSERT INTO notes VALUES (1, 1, '2020-01-01')",
        f"CREATE ROLE {role} LOGIN",
        f"GRANT SELECT, UPDATE, DELETE ON users TO {role}",
    )
    weak = sa.make_url(made.url).set(username=role).render_as_string(hide_password=False)
    call = Caller(replace(made, env={"APP_URL": weak}), monkeypatch, capsys)
    try:
        for command in (("discover",), ("delete", "--email", "a@example.com", "--plan-only"), ("purge",)):
            ran = call(*command)
            assert ran.code in (3, 7, 75), ran
            assert "notes" in ran.out + ran.err
            assert "Traceback" not in ran.err
        assert made.rows("SELECT id FROM notes") == [(1,)]
    finally:
        made.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert made.rows("SELECT id FROM users") == [(1,)]
