"""Tables that the program makes in a database are left alone; a customer's that sound like them are not skipped."""

import pytest
from company import USERS, USERS_DATA, company

from dsr.jobs.discover import discover
from dsr.jobs.doctor import examine
from dsr.jobs.init import init

THEIRS = {"dsr_x", "dsr_leads", "dsr_plan_archive", "dsr_receipts"}
TABLES = (USERS, *(f"CREATE TABLE {name} (id BIGINT PRIMARY KEY, email VARCHAR(120))" for name in sorted(THEIRS)))


@pytest.fixture
def here(database, tmp_path):
    made = company(
        tmp_path / "c", database, (*TABLES, "INSERT INTO users VALUES (1, 'a@example.com', NULL)"), USERS_DATA
    )
    if not database.startswith("sqlite"):  # the program's own database may lie in the customer's
        text = made.policy.read_text(encoding="utf-8")
        made.policy.write_text(text.replace("state: sqlite:///.dsr/state.db", f"state: {database}"), encoding="utf-8")
    made.erase(("user_id", "1"))
    return made


def test_receipts_and_state_are_nobody_s_data_and_other_tables_must_be_declared(here):
    with here.session() as session:
        found = discover(session)
    assert {gap.where.split(".")[1] for gap in found.gaps} == THEIRS
    assert {one.name.split(".")[1] for one in found.columns} == {*THEIRS, "users"}


def test_the_doctor_asks_for_them_too(here):
    with here.session() as session:
        found = examine(session)
    assert {one.where.split(".")[1] for one in found.findings if "." in one.where} >= THEIRS


def test_a_draft_maps_them(here, tmp_path):
    init((f"app={here.url}",), tmp_path / "draft.yaml")
    text = (tmp_path / "draft.yaml").read_text(encoding="utf-8")
    mapped = {line.strip().split(":")[0] for line in text.splitlines() if line.startswith("  app.")}
    assert mapped == {"app.users", *(f"app.{name}" for name in THEIRS)}
