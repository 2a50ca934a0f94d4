"""Roles of a team's state database: support plans and cannot act, the executor acts, the auditor reads."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "survive"))

from company import USERS, USERS_DATA, Company, company

from dsr.jobs import holds
from dsr.jobs.apply import apply
from dsr.jobs.covering import Wish
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.roles import write_roles
from dsr.state.grants import statements

ANN = [Asked((("email", "ann@example.com"),))]
PASSWORD = "invented"


@pytest.fixture
def team(tmp_path: Path, postgres_database: Callable[[], str]) -> Iterator[Company]:
    """A company whose state lies in PostgreSQL; roles are gone afterwards."""
    url = postgres_database()
    made = company(tmp_path / "co", f"sqlite:///{tmp_path / 'app.db'}", (USERS,), USERS_DATA)
    made.run("INSERT INTO users VALUES (1, 'ann@example.com', NULL)")
    made.policy.write_text(made.policy.read_text().replace("sqlite:///.dsr/state.db", "${STATE}"))
    made = replace(made, env={**made.env, "STATE": url})
    state = replace(made, url=url)
    with made.session() as session:
        written = write_roles(session, tmp_path / "roles").written
    script = Path(next(one for one in written if one.endswith("state.sql"))).read_text(encoding="utf-8")
    for _ in range(2):  # again is no error
        state.run(*(one.replace("%", "%%") for one in script.split(";\n") if one.strip()))
    yield made
    for role in ("dsr_reader", "dsr_executor", "dsr_auditor"):
        state.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@contextmanager
def account(team: Company, role: str) -> Iterator[Company]:
    url = sa.make_url(team.env["STATE"])
    name = f"{role}_{url.database}"
    owner = replace(team, url=team.env["STATE"])
    owner.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' IN ROLE {role}")
    theirs = url.set(username=name, password=PASSWORD).render_as_string(hide_password=False)
    try:
        yield replace(team, env={**team.env, "STATE": theirs})
    finally:
        owner.run(f"DROP ROLE {name}")


def refused(team: Company, statement: str) -> bool:
    engine = sa.create_engine(team.env["STATE"], poolclass=sa.pool.NullPool)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except sa.exc.ProgrammingError as error:
        return any(word in str(error.orig) for word in ("permission denied", "must be owner"))
    return False


def test_an_executor_places_holds_and_applies_plans_and_cannot_rewrite_the_ledger(team: Company) -> None:
    with account(team, "dsr_executor") as theirs:
        with theirs.session() as session:
            hold = holds.place(session, Wish("M-1", "a dispute", "a court", rules=("notes",))).hold.id
            holds.release(session, hold, "settled")
            plan = plan_erasure(session, ANN)
            assert apply(session, plan.id).exit_code == 0
        trigger = "DROP TRIGGER dsr_outbox_append_only ON dsr_outbox"
        for statement in ("TRUNCATE dsr_event", "DROP TABLE dsr_hold", trigger):
            assert refused(theirs, statement), statement


def test_support_finds_and_plans_and_can_neither_act_nor_approve_nor_lift_a_hold(team: Company) -> None:
    with account(team, "dsr_reader") as theirs:
        with theirs.session() as session:
            assert plan_erasure(session, ANN).complete
        for statement in (
            "INSERT INTO dsr_run (plan, began_at) VALUES ('P-1', 0)",
            "INSERT INTO dsr_approval VALUES ('0', 'P-1', '')",
            "INSERT INTO dsr_shown (store, at, shown, sought, remains, entry) VALUES ('app', 0, 'scrub', 0, '', 0)",
            "UPDATE dsr_plan SET status = 'open'",
            "DELETE FROM dsr_hold",
            "UPDATE dsr_hold SET sealed = ''",
            "DELETE FROM dsr_outbox",
        ):
            assert refused(theirs, statement), statement


def test_an_auditor_reads_and_changes_nothing(team: Company) -> None:
    with account(team, "dsr_auditor") as theirs:
        assert replace(theirs, url=theirs.env["STATE"]).rows("SELECT count(*) FROM dsr_meta") != [(0,)]
        for statement in ("INSERT INTO dsr_subject VALUES ('', '')", "UPDATE dsr_counter SET value = 0"):
            assert refused(theirs, statement), statement


def test_a_file_knows_no_roles() -> None:
    assert statements("sqlite:///state.db") is None
