"""Input that is broken gives a finding with a name; it never counts as looked at and clean."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsr.core.progress import Silent
from dsr.engine.detect.gate import Standing
from dsr.jobs.discover import discover
from dsr.jobs.session import Session

POLICY = """\
version: 1
controller: {name: {en: A, zh: A}, contact: p@example.com, country: CN, timezone: UTC, regimes: [gdpr]}
stores:
  app: {kind: sql, url: "sqlite:///app.db"}
  logs: {kind: logs, url: logs}
subject:
  anchors: {user: app.users.id}
  identifiers:
    email: {at: [app.users.email], match: email}
rules:
  all: {title: {en: All, zh: 全部}, purposes: [provide_service], basis: {gdpr: contract}, then: delete}
data:
  app.users: {rule: all, subject: id, fields: {payload: none}}
  logs.api: {no_personal_data: {en: Counters, zh: 计数}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "retention.yaml").write_text(POLICY, encoding="utf-8")
    base = sqlite3.connect(tmp_path / "app.db")
    with base:
        base.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, payload TEXT)")
        base.executemany("INSERT INTO users VALUES (?, ?, '{}')", [(n, f"p{n}@example.com") for n in range(30)])
    base.close()
    (tmp_path / "logs" / "api").mkdir(parents=True)
    (tmp_path / "logs" / "api" / "a.jsonl").write_text('{"count": 1}\n' * 30, encoding="utf-8")
    return tmp_path


def looked(folder: Path):
    with Session(folder / "retention.yaml", {}, "tester", Silent()) as session:
        return discover(session, check=True)


def test_the_estate_as_it_is_passes(folder):
    assert looked(folder).exit_code == 0


def test_json_that_breaks_off_is_named_and_still_looked_through(folder):
    base = sqlite3.connect(folder / "app.db")
    with base:
        base.execute("UPDATE users SET payload = '{\"a\": \"' || email || ' wrote' WHERE id % 2")
    base.close()
    found = looked(folder)
    assert [gap.where for gap in found.gaps if gap.kind == "broken"] == ["app.users.payload"]
    assert {one.name: one.standing for one in found.failures} == {"app.users.payload": Standing.CONTRADICTED}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "latin-1"])
def test_a_log_in_another_encoding_is_no_clean_log(folder, encoding):
    line = (
        '{"count": 1, "text": "écrit à lin.xia@example.com"}\n'
        if encoding == "latin-1"
        else '{"text": "林夏写信给 lin.xia@example.com"}\n'
    )
    (folder / "logs" / "api" / "b.jsonl").write_bytes((line * 30).encode(encoding))
    found = looked(folder)
    assert found.exit_code in (3, 75)
    assert found.gaps or found.failures


def test_a_log_line_that_breaks_off_is_no_clean_log(folder):
    (folder / "logs" / "api" / "b.jsonl").write_text('{"text": "lin.xia@example.com\n' * 30, encoding="utf-8")
    assert looked(folder).exit_code in (3, 75)


def test_a_file_that_is_no_database_is_no_clean_store(folder):
    (folder / "app.db").write_bytes(b"this is no database at all" * 400)
    found = looked(folder)
    assert found.exit_code == 75
    assert [(gap.kind, gap.where) for gap in found.gaps if gap.where == "app"] == [("unreachable", "app")]


def test_a_log_folder_that_is_not_there_is_no_clean_store(folder):
    (folder / "logs").rename(folder / "elsewhere")
    found = looked(folder)
    assert found.exit_code == 75
    assert ("unreachable", "logs") in [(gap.kind, gap.where) for gap in found.gaps]


def test_a_table_that_may_not_be_read_is_named_and_the_others_are_looked_at(folder, postgres_url):
    owner = sa.create_engine(postgres_url)
    with owner.begin() as connection:
        for statement in (
            "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, payload TEXT)",
            "CREATE TABLE diary (id INTEGER PRIMARY KEY, phone TEXT)",
            "DROP ROLE IF EXISTS looker",
            "CREATE ROLE looker LOGIN PASSWORD 'looker'",
            "GRANT SELECT ON users TO looker",
        ):
            connection.exec_driver_sql(statement)
    try:
        url = sa.make_url(postgres_url).set(username="looker", password="looker")
        text = POLICY.replace("sqlite:///app.db", url.render_as_string(hide_password=False))
        (folder / "retention.yaml").write_text(text, encoding="utf-8")
        found = looked(folder)
    finally:
        with owner.begin() as connection:
            connection.exec_driver_sql("DROP OWNED BY looker")
            connection.exec_driver_sql("DROP ROLE looker")
        owner.dispose()
    assert found.exit_code == 75
    assert [gap.where for gap in found.gaps if gap.kind in ("unreachable", "unreadable")] == ["app.diary"]
    assert "app.users.email" in [one.name for one in found.columns]
