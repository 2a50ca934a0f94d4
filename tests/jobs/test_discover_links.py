"""Links that no foreign key declares, and what the store's owners wrote beside a column."""

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from dsr.core.model import FieldType
from dsr.core.policy import StoreConfig
from dsr.core.progress import Silent
from dsr.engine.detect.columns import Verdict
from dsr.jobs.discover import Discovered, discover
from dsr.jobs.init import init
from dsr.jobs.session import Session
from dsr.stores import open_store

POLICY = """\
version: 1
controller: {name: {en: A, zh: A}, contact: p@example.com, country: CN, timezone: UTC, regimes: [gdpr]}
stores:
  app: {kind: sql, url: "sqlite:///app.db"}
  logs: {kind: logs, url: logs}
subject: {anchors: {user: app.users.id}, identifiers: {}}
rules:
  all: {title: {en: All, zh: 全部}, purposes: [provide_service], basis: {gdpr: contract}, then: delete}
data:
  app.users: {rule: all, subject: id}
"""
IDS = [str(UUID(int=7 * 10**30 + n * 10**11)) for n in range(60)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "retention.yaml").write_text(POLICY, encoding="utf-8")
    base = sqlite3.connect(tmp_path / "app.db")
    with base:
        base.executescript(
            "CREATE TABLE users (id TEXT PRIMARY KEY);"
            "CREATE TABLE members (number INTEGER PRIMARY KEY);"
            "CREATE TABLE parcels (n INTEGER, x TEXT, y TEXT, buyer INTEGER, weight INTEGER);"
        )
        base.executemany("INSERT INTO users VALUES (?)", [(one,) for one in IDS])
        base.executemany("INSERT INTO members VALUES (?)", [(n,) for n in range(1, 101)])
        rows = [(n, IDS[n], IDS[n] if n % 3 else f"parcel-{n:08}", n + 1, n + 1) for n in range(50)]
        base.executemany("INSERT INTO parcels VALUES (?, ?, ?, ?, ?)", rows)
    base.close()
    (tmp_path / "logs").mkdir()
    lines = [json.dumps({"n": n, "z": IDS[n]}) for n in range(50)]
    (tmp_path / "logs" / "requests.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def look(folder: Path) -> Discovered:
    with Session(folder / "retention.yaml", {}, "tester", Silent()) as session:
        return discover(session, check=True)


def test_values_that_are_keys_of_people_are_a_link_in_the_same_store_and_in_another(folder):
    links = {one.name: one.link for one in look(folder).columns if one.link is not None and one.link.how == "values"}
    assert {name: link.to for name, link in links.items()} == {
        "app.parcels.x": "app.users.id",
        "app.parcels.buyer": "app.members.number",
        "logs.requests.z": "app.users.id",
    }


def test_the_gate_closes_on_such_a_link_and_no_value_is_told(folder):
    found = look(folder)
    (column,) = (one for one in found.columns if one.name == "app.parcels.x")
    assert (column.verdict, column.kind, column.standing.value) == (Verdict.IS, "person_id", "undeclared")
    assert column.reason.en == "50 of 50 different values are keys at app.users.id."
    assert found.exit_code == 3
    told = json.dumps(asdict(found), default=str)
    assert not [one for one in IDS if one in told]


def test_a_draft_links_records_by_what_their_values_say(folder, tmp_path):
    init((f"app=sqlite:///{folder / 'app.db'}", f"logs=logs:{folder / 'logs'}"), tmp_path / "draft.yaml")
    text = (tmp_path / "draft.yaml").read_text(encoding="utf-8")
    assert "anchors: {user: app.users.id}" in text
    assert "app.parcels:\n    rule: everything\n    subject: x     # confirm" in text
    assert "logs.requests:\n    rule: everything\n    subject: z     # confirm" in text


@pytest.fixture(params=["postgres_url", "mariadb_url"])
def commented(request: pytest.FixtureRequest) -> str:
    url = request.getfixturevalue(request.param)
    own = " COMMENT '手机号'" if request.param == "mariadb_url" else ""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t1 (id INTEGER PRIMARY KEY, m VARCHAR(20){own}, k VARCHAR(20))")
        if not own:
            connection.exec_driver_sql("COMMENT ON COLUMN t1.m IS '手机号'")
    engine.dispose()
    return url


def test_a_live_comment_says_what_an_empty_column_is_for(commented, tmp_path):
    store = open_store(StoreConfig("app", "sql", commented, "UTC", (), "here"))
    try:
        (table,) = (one for one in store.collections() if one.name == "t1")
    finally:
        store.close()
    assert [(one.name, one.type, one.comment) for one in table.fields] == [
        ("id", FieldType.INTEGER, ""),
        ("m", FieldType.TEXT, "手机号"),
        ("k", FieldType.TEXT, ""),
    ]
    (tmp_path / "retention.yaml").write_text(POLICY.replace("sqlite:///app.db", commented), encoding="utf-8")
    (tmp_path / "logs").mkdir()
    kinds = {one.name: one.kind for one in look(tmp_path).columns}
    assert (kinds["app.t1.m"], kinds["app.t1.k"]) == ("phone", "")
