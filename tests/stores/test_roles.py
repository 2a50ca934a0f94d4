"""Roles on real servers: whoever has one can do what it is for, and the server itself refuses the rest."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "survive"))

from company import USERS, USERS_DATA, Company, company

from dsr.core.errors import DsrError, UsageError
from dsr.core.fence import Effect
from dsr.jobs.apply import apply
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.roles import write_roles
from dsr.jobs.session import Session

TABLES = (
    USERS,
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made_at TIMESTAMP)",
    "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT, issued_at TIMESTAMP, nickname VARCHAR(40))",
    'CREATE TABLE models (id BIGINT PRIMARY KEY, "order" VARCHAR(40))',
    "INSERT INTO users VALUES (1, 'ann@example.com', NULL), (2, 'bob@example.com', NULL)",
    "INSERT INTO notes VALUES (1, 1, '2026-11-01'), (2, 2, '2026-11-01')",
    "INSERT INTO invoices VALUES (1, 1, '2026-11-01', 'annie')",
)
DATA = (
    USERS_DATA
    + "  app.notes: {rule: notes, subject: user_id, start: made_at}\n"
    + "  app.invoices: {rule: kept, subject: user_id, start: issued_at,\n"
    + "    fields: {nickname: {category: name, rule: account}}}\n"
    + "  app.models: {no_personal_data: {en: models, zh: 模型}}\n"
)
KEPT = """rules:
  kept:
    title: {en: Kept, zh: 保存}
    purposes: [provide_service]
    basis: {gdpr: contract, pipl: contract}
    starts: {en: the invoice is issued, zh: 开具发票}
    keep_at_most: P10Y
    then: anonymise
    on_erasure: retain
"""
ANN = [Asked((("email", "ann@example.com"),))]
PASSWORD = "invented"


@pytest.fixture(params=["postgres", "mariadb"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    make: Callable[[], str] = request.getfixturevalue(f"{request.param}_database")
    url = make()
    tables = tuple(t.replace('"order"', "`order`") if "mariadb" in url else t for t in TABLES)
    made = company(tmp_path / "co", url, tables, DATA, rules=("rules:\n", KEPT))
    with made.session() as session:
        (script,) = write_roles(session, tmp_path / "roles").written
    for _ in range(2):  # again is no error
        for one in Path(script).read_text(encoding="utf-8").split(";\n"):
            if one.strip():
                made.run(one.replace("%", "%%"))
    return made


@contextmanager
def account(shop: Company, role: str) -> Iterator[Company]:
    """The company as somebody with that role alone reaches it; the account is gone afterwards."""
    url = sa.make_url(shop.url)
    name = f"{role}_{url.database}"
    if url.get_backend_name() == "postgresql":
        made = (f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' IN ROLE {role}",)
        gone = (f"DROP ROLE {name}",)
    else:
        made = (
            f"CREATE USER {name}@localhost IDENTIFIED BY '{PASSWORD}'",
            f"GRANT {role} TO {name}@localhost",
            f"SET DEFAULT ROLE {role} FOR {name}@localhost",
        )
        gone = (f"DROP USER {name}@localhost",)
    shop.run(*made)
    theirs = url.set(username=name, password=PASSWORD).render_as_string(hide_password=False)
    try:
        yield Company(shop.folder, theirs, {"APP_URL": theirs})
    finally:
        shop.run(*gone)


@pytest.fixture(autouse=True)
def no_roles_left(shop: Company) -> Iterator[None]:
    yield
    for role in ("dsr_reader", "dsr_executor", "dsr_auditor"):
        shop.run(*((f"DROP OWNED BY {role}",) if "postgresql" in shop.url else ()), f"DROP ROLE {role}")


def refused(shop: Company, statement: str) -> bool:
    engine = sa.create_engine(shop.url, poolclass=sa.pool.NullPool)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError as error:
        return any(word in str(error.orig).lower() for word in ("denied", "must be owner", "permission"))
    return False


def tried(session: Session, plan: str) -> int:
    """How applying the plan ends."""
    try:
        return apply(session, plan).exit_code
    except DsrError as error:
        return error.exit_code


def test_a_reader_finds_and_plans_and_changes_nothing(shop: Company):
    before = [shop.rows(f"SELECT * FROM {name}") for name in ("users", "notes", "invoices")]
    with account(shop, "dsr_reader") as theirs:
        with theirs.session() as session:
            plan = plan_erasure(session, ANN)
            assert plan.complete
            assert tried(session, plan.id) not in (0, 1)
        for statement in (
            "DELETE FROM notes",
            "UPDATE notes SET user_id = 3",
            "INSERT INTO notes VALUES (9, 9, NULL)",
            "DELETE FROM dsr_receipt",
            "UPDATE dsr_fence SET token = 0",
            "DROP TABLE notes",
        ):
            assert refused(theirs, statement), statement
    assert [shop.rows(f"SELECT * FROM {name}") for name in ("users", "notes", "invoices")] == before


def test_an_executor_can_do_what_the_policy_names_and_no_more(shop: Company):
    with account(shop, "dsr_executor") as theirs:
        with theirs.session() as session:
            plan = plan_erasure(session, ANN)
            applied = apply(session, plan.id)
            assert (applied.exit_code, session.stores["app"].guarantee().effect) == (0, Effect.RECEIPT)
        for statement in (
            "DELETE FROM models",
            "UPDATE models SET id = 3",
            "DELETE FROM invoices",  # its rule keeps the rows
            "UPDATE invoices SET id = 9",
            "UPDATE notes SET id = 9",
            "INSERT INTO notes VALUES (9, 9, NULL)",
            "DROP TABLE notes",
            "ALTER TABLE notes ADD COLUMN more BIGINT",
            "CREATE TABLE more (id BIGINT)",
            "TRUNCATE TABLE notes",
        ):
            assert refused(theirs, statement), statement
    assert shop.rows("SELECT id FROM notes") == [(2,)]
    assert shop.rows("SELECT id, email FROM users") == [(1, None), (2, "bob@example.com")]
    assert shop.rows("SELECT id, nickname FROM invoices") == [(1, None)]


def test_an_auditor_reads_our_tables_and_nobodys_data(shop: Company):
    shop.erase(("email", "ann@example.com"))
    with account(shop, "dsr_auditor") as theirs:
        assert theirs.rows("SELECT count(*) FROM dsr_receipt")[0][0] > 0
        assert theirs.rows("SELECT count(*) FROM dsr_fence")[0][0] > 0
        for table in ("users", "notes", "invoices", "models"):
            assert refused(theirs, f"SELECT * FROM {table}"), table
        assert refused(theirs, "DELETE FROM dsr_receipt")


def test_what_the_policy_no_longer_names_is_taken_back(shop: Company, tmp_path: Path):
    shop.policy.write_text(
        shop.policy.read_text().replace(
            "  app.notes: {rule: notes, subject: user_id, start: made_at}",
            "  app.notes: {no_personal_data: {en: x, zh: 无}}",
        )
    )
    with shop.session() as session:
        (script,) = write_roles(session, tmp_path / "later").written
        with pytest.raises(UsageError):
            write_roles(session, tmp_path / "later")
    for one in Path(script).read_text(encoding="utf-8").split(";\n"):
        if one.strip():
            shop.run(one.replace("%", "%%"))
    with account(shop, "dsr_executor") as theirs:
        assert refused(theirs, "DELETE FROM notes")
