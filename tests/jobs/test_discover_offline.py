"""The gate on SQL scripts: what a dump or a row of migrations makes, judged without a database."""

from pathlib import Path

import pytest

from dsr.core.errors import UsageError
from dsr.core.progress import Silent
from dsr.engine.ddl import Schema
from dsr.jobs.discover_offline import discover_offline
from dsr.jobs.session import Session

POLICY = """\
version: 1
controller: {name: {en: A, zh: A}, contact: p@example.com, country: CN, timezone: UTC, regimes: [gdpr]}
stores:
  app: {kind: sql, url: "postgresql://nowhere.invalid/none"}
subject:
  anchors: {user: app.users.id}
  identifiers:
    email: {at: [app.users.email], match: email}
rules:
  all: {title: {en: All, zh: 全部}, purposes: [provide_service], basis: {gdpr: contract}, then: delete}
data:
  app.users: {rule: all, subject: id, fields: {name: name}}
"""
DUMP = """\
SET statement_timeout = 0;
CREATE TABLE public.users (id bigint NOT NULL, email character varying(255), name text);
COPY public.users (id, email, name) FROM stdin;
1\tcreate table x;\tA
\\.
ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "retention.yaml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def test_only_tables_of_our_own_are_left_out(folder):
    ours = "CREATE TABLE dsr_receipt (run text);\nCREATE TABLE public.dsr_fence (name text);\n"
    theirs = "CREATE TABLE dsr_tickets (id bigint, email text);\nCREATE TABLE dsr_hold (id bigint, name text);\n"
    found = looked(folder, DUMP + ours + theirs)
    assert {one.name.split(".")[1] for one in found.columns} - {"users"} == {"dsr_tickets", "dsr_hold"}


def looked(folder: Path, *scripts: str, dialect: str | None = "postgres"):
    (folder / "sql").mkdir(exist_ok=True)
    for number, script in enumerate(scripts):
        (folder / "sql" / f"{number:03d}.sql").write_text(script, encoding="utf-8")
    with Session(folder / "retention.yaml", {}, "tester", Silent()) as session:
        return discover_offline(session, (f"app={folder / 'sql'}",), dialect)


def test_a_dump_that_is_declared_passes_without_a_database(folder):
    found = looked(folder, DUMP)
    assert (found.exit_code, found.gaps, found.failures) == (0, (), ())


@pytest.mark.parametrize(
    ("migration", "name"),
    [
        ("ALTER TABLE users ADD COLUMN phone text;", "app.users.phone"),
        ("ALTER TABLE users RENAME COLUMN name TO full_name;", "app.users.full_name"),
        ("CREATE TABLE leads (id serial PRIMARY KEY, x text); COMMENT ON COLUMN leads.x IS '手机号';", "app.leads.x"),
        (
            "CREATE TABLE tags (id int); ALTER TABLE tags RENAME TO people; ALTER TABLE people ADD birthday date;",
            "app.people.birthday",
        ),
    ],
)
def test_a_personal_addition_in_a_migration_closes_the_gate(folder, migration, name):
    found = looked(folder, DUMP, migration)
    assert found.exit_code == 3
    assert name in [one.name for one in found.failures]


HARMLESS = ["ALTER TABLE users ADD theme text;", "CREATE TABLE flags (id int, enabled bool);", "DROP TABLE x;"]


@pytest.mark.parametrize("migration", HARMLESS)
def test_what_is_not_personal_leaves_it_open(folder, migration):
    assert looked(folder, DUMP, migration).exit_code == 0


@pytest.mark.parametrize("migration", ["ALTER TABLE users DROP COLUMN name;", "DROP TABLE users;"])
def test_what_the_policy_names_and_the_scripts_drop_closes_the_gate(folder, migration):
    found = looked(folder, DUMP + "CREATE TABLE other (id int);", migration)
    assert found.exit_code == 3
    assert [gap.kind for gap in found.gaps] == ["vanished"]


@pytest.mark.parametrize("script", ["CREATE TABLE broken (id INT,, x;", "CREATE TABLE y AS SELECT 1;", "-- nothing"])
def test_what_cannot_be_read_is_not_a_pass(folder, script):
    assert looked(folder, *([] if script.startswith("--") else [DUMP]), script).exit_code == 75


def test_a_store_that_the_policy_does_not_have_is_a_wrong_call(folder):
    with Session(folder / "retention.yaml", {}, "tester", Silent()) as session, pytest.raises(UsageError):
        discover_offline(session, ("shop=x.sql",), None)


def test_mysql_is_read_with_comments_and_changes():
    made = Schema()
    made.read(
        "a.sql",
        "CREATE TABLE `t_user` (`id` int(11) NOT NULL, `m` varchar(20) COMMENT '手机号', PRIMARY KEY (`id`))"
        " ENGINE=InnoDB; ALTER TABLE `t_user` CHANGE `m` `mobile` varchar(9), ADD `mail` text AFTER `id`;",
        "mysql",
    )
    assert [field.name for field in made.tables["t_user"].fields] == ["id", "mobile", "mail"]
    assert made.tables["t_user"].key == ("id",)
    assert made.unread == []
