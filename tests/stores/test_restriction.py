"""Restriction in real databases: in PostgreSQL no reader can forget it, elsewhere a view leaves the records out."""

import sqlite3
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsr.core.policy import StoreConfig
from dsr.core.select import Selection, one_of
from dsr.core.store import Hiding, Restricted
from dsr.stores.sql.store import SqlStore

PEOPLE = Selection("people", one_of(("id",), ["0"]))
PARTS = Selection("parts", one_of(("b",), ["x"]))


def filled(url: str, *more: str) -> tuple[sa.Engine, SqlStore]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40))",
            "CREATE TABLE parts (a INTEGER, b VARCHAR(20), PRIMARY KEY (a, b))",
            "INSERT INTO people VALUES (0, '100% wren'), (1, 'heron')",
            "INSERT INTO parts VALUES (0, 'x'), (1, 'x'), (1, 'y')",
            *more,
        ):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    return engine, SqlStore(StoreConfig("app", "sql", url, "UTC", (), "retention.yaml:1"))


def rows(engine: sa.Engine, what: str, role: str = "") -> set[tuple[object, ...]]:
    with engine.begin() as connection:
        if role:
            connection.exec_driver_sql(f"SET ROLE {role}")
        return {tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {what}")}


def test_no_reader_of_postgres_can_forget_it_not_even_the_owner(postgres_url: str):
    engine, store = filled(
        postgres_url, "CREATE ROLE shop", "GRANT ALL ON SCHEMA public TO shop", "ALTER TABLE people OWNER TO shop",
        "CREATE ROLE clerk", "GRANT ALL ON people, parts TO clerk",
    )  # fmt: skip
    try:
        assert store.restrict("H-1", [PEOPLE, PARTS]) == (
            Restricted("people", 1, Hiding.POLICY), Restricted("parts", 2, Hiding.POLICY)
        )  # fmt: skip
        assert store.restrict("H-2", [PEOPLE]) == (Restricted("people", 1, Hiding.POLICY),)
        for role in ("shop", "clerk"):
            assert rows(engine, "people", role) == {(1, "heron")}
        assert rows(engine, "parts", "clerk") == {(1, "y")}
        with engine.begin() as connection:
            connection.exec_driver_sql("SET ROLE clerk")
            assert connection.exec_driver_sql("UPDATE people SET name = 'z' WHERE id = 0").rowcount == 0
            assert connection.exec_driver_sql("DELETE FROM people WHERE id = 0").rowcount == 0
            connection.exec_driver_sql("INSERT INTO people VALUES (2, 'new')")
        assert {one.name for one in store.collections()} == {"people", "parts"}
        assert store.count(PEOPLE) == 1
        store.lift("H-1")
        assert rows(engine, "parts", "clerk") == {(0, "x"), (1, "x"), (1, "y")}
        assert rows(engine, "people", "clerk") == {(1, "heron"), (2, "new")}
        store.lift("H-2")
        assert len(rows(engine, "people", "clerk")) == 3
        assert not rows(engine, "pg_policy")
        assert not rows(engine, "(SELECT 1 FROM pg_class WHERE relrowsecurity OR relforcerowsecurity) AS secured")
    finally:
        store.close()
        _without_roles(engine)


def test_a_table_with_policies_of_its_own_keeps_them(postgres_url: str):
    engine, store = filled(
        postgres_url, "CREATE ROLE clerk", "GRANT ALL ON people TO clerk",
        "CREATE POLICY own ON people USING (id < 1)", "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
    )  # fmt: skip
    try:
        assert rows(engine, "people", "clerk") == {(0, "100% wren")}
        assert store.restrict("H-1", [PEOPLE]) == (Restricted("people", 1, Hiding.POLICY_BUT_OWNER),)
        assert rows(engine, "people", "clerk") == set()
        store.lift("H-1")
        assert rows(engine, "people", "clerk") == {(0, "100% wren")}
    finally:
        store.close()
        _without_roles(engine)


def dumped(engine: sa.Engine, role: str) -> "subprocess.CompletedProcess[str]":
    """What the server's own pg_dump says of the table of people in the name of a role."""
    with engine.connect() as connection:
        process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        program = Path(f"/proc/{process}/exe").resolve().with_name("pg_dump")
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [program, "--dbname", address, "--role", role, "--table", "people", "--data-only"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_dump_by_whom_the_policy_binds_fails_loudly_and_is_whole_by_whom_it_does_not(postgres_url: str):
    """Nobody makes a backup that lacks people without knowing it: ADR 34."""
    engine, store = filled(
        postgres_url, "CREATE ROLE shop", "GRANT ALL ON SCHEMA public TO shop", "ALTER TABLE people OWNER TO shop",
        "CREATE ROLE clerk BYPASSRLS", "GRANT ALL ON people TO clerk",
    )  # fmt: skip
    try:
        assert "wren" in dumped(engine, "shop").stdout
        store.restrict("H-1", [PEOPLE])
        bound = dumped(engine, "shop")
        assert bound.returncode != 0
        assert "row-level security" in bound.stderr
        assert "wren" not in bound.stdout
        whole = dumped(engine, "clerk")
        assert (whole.returncode, "wren" in whole.stdout) == (0, True), whole.stderr
        assert rows(engine, "people", "clerk") == {(0, "100% wren"), (1, "heron")}
        with engine.begin() as connection:  # the superuser
            assert connection.exec_driver_sql("SELECT count(*) FROM people").scalar_one() == 2
        store.lift("H-1")
        assert "wren" in dumped(engine, "shop").stdout
    finally:
        store.close()
        _without_roles(engine)


def test_an_owner_with_policies_of_its_own_goes_on_seeing_them(postgres_url: str):
    """A company whose own policies let the owner pass has an app that counts on it; the answer says so: ADR 34."""
    engine, store = filled(
        postgres_url, "CREATE ROLE shop", "GRANT ALL ON SCHEMA public TO shop", "ALTER TABLE people OWNER TO shop",
        "CREATE ROLE clerk", "GRANT ALL ON people TO clerk",
        "CREATE POLICY own ON people USING (true)", "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
    )  # fmt: skip
    try:
        assert store.restrict("H-1", [PEOPLE]) == (Restricted("people", 1, Hiding.POLICY_BUT_OWNER),)
        assert rows(engine, "people", "shop") == {(0, "100% wren"), (1, "heron")}
        assert rows(engine, "people", "clerk") == {(1, "heron")}
        store.lift("H-1")
    finally:
        store.close()
        _without_roles(engine)


def test_what_came_later_is_hidden_when_asked_again(postgres_url: str):
    engine, store = filled(postgres_url)
    assert store.restrict("H-1", [PARTS])[0].records == 2
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO parts VALUES (7, 'x')")
    assert store.restrict("H-1", [PARTS])[0].records == 3
    store.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    sqlite3.connect(tmp_path / "app.db").close()
    return f"sqlite:///{tmp_path / 'app.db'}"


@pytest.mark.parametrize("kind", ["sqlite_url", "mariadb_url"])
def test_elsewhere_a_view_leaves_them_out_and_is_named_as_the_weaker_form(kind: str, request: pytest.FixtureRequest):
    engine, store = filled(request.getfixturevalue(kind))
    assert store.restrict("H-1", [PEOPLE, PARTS]) == (
        Restricted("people", 1, Hiding.VIEW, "people_unrestricted"),
        Restricted("parts", 2, Hiding.VIEW, "parts_unrestricted"),
    )
    assert rows(engine, "people_unrestricted") == {(1, "heron")}
    assert rows(engine, "parts_unrestricted") == {(1, "y")}
    assert len(rows(engine, "people")) == 2
    assert {one.name for one in store.collections()} == {"people", "parts"}
    store.lift("H-1")
    assert rows(engine, "parts_unrestricted") == {(0, "x"), (1, "x"), (1, "y")}
    store.close()


def test_somebody_elses_view_is_left_alone(sqlite_url: str):
    engine, store = filled(sqlite_url, "CREATE VIEW people_unrestricted AS SELECT 1")
    assert store.restrict("H-1", [PEOPLE]) == (Restricted("people", 1, Hiding.NONE, "taken"),)
    assert rows(engine, "people_unrestricted") == {(1,)}
    store.close()


def _without_roles(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for role in ("shop", "clerk"):
            if connection.exec_driver_sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'").first():
                connection.exec_driver_sql(f"DROP OWNED BY {role} CASCADE")
                connection.exec_driver_sql(f"DROP ROLE {role}")
