"""A run that is killed at any commit, to the journal as to the store, is finished by `resume` and ends the same."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from company import USERS, USERS_DATA, Company, company
from killing import killed

from dsr.jobs.apply import resume
from dsr.jobs.people import Asked, find

TABLES = (
    USERS.replace("closed_at", "inviter_id BIGINT REFERENCES users (id), closed_at"),
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP)",
    "CREATE TABLE invoices (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id), issued TIMESTAMP)",
)
DATA = (
    USERS_DATA.replace("}}", "}, refers: {inviter_id: {to: app.users.id, on_erasure: empty}}}")
    + """\
  app.notes: {rule: notes, subject: user_id, start: made}
  app.invoices: {rule: tax, subject: user_id, start: issued}
  logs.requests: {rule: notes, subject: user_id, start: at}
"""
)
ROWS = (
    "INSERT INTO users (id, email, inviter_id) VALUES (1, 'a@example.com', NULL), (2, 'b@example.com', 1), "
    "(3, 'c@example.com', 1)",
    "INSERT INTO notes VALUES (1, 1, '2026-01-01'), (2, 1, '2026-01-01'), (3, 2, '2026-01-01'), "
    "(4, 1, '2026-01-01'), (5, NULL, '2026-01-01')",
    "INSERT INTO invoices VALUES (1, 2, '2026-03-15'), (2, 1, '2010-03-15'), (3, 1, '2010-03-15')",
)


def laid_down(folder: Path, url: str) -> Company:
    Company(folder, url, {}).run(*(f"DROP TABLE IF EXISTS {name}" for name in ("invoices", "notes", "users")))
    small = ("zone: UTC}", "zone: UTC, batch: 2}")
    made = company(folder, url, TABLES, DATA, stores="  logs: {kind: logs, url: logs}\n", rules=small)
    made.run(*ROWS)
    (folder / "logs").mkdir()
    lines = [json.dumps({"user_id": 1 + n % 2, "at": "2026-11-01T00:00:00Z"}) for n in range(6)]
    (folder / "logs" / "requests.jsonl").write_text("\n".join(lines) + "\n")
    return made


def everything(made: Company) -> tuple:
    tables = [made.rows(f"SELECT * FROM {name}") for name in ("users", "notes", "invoices")]
    return *tables, (made.folder / "logs" / "requests.jsonl").read_text()


@pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.long)])
def test_a_process_killed_at_any_commit_loses_nothing_and_ends_the_same(tmp_path, database, stride):
    made = laid_down(tmp_path / "whole", database)
    before = everything(made)
    made.erase(("user_id", "1"), now=datetime.now(UTC))
    after = everything(made)
    assert [rows[0] for rows in after[0]] == [2, 3]
    seen = {"before": 0, "between": 0, "after": 0}
    for commits in range(1, 1000, stride):
        made = laid_down(tmp_path / str(commits), database)
        with made.session(datetime.now(UTC)) as session:
            token = find(session, Asked((("user_id", "1"),))).token
        if not killed(made.folder, made.env, ("delete", "--user-id", "1", "--confirm", token), commits):
            break
        halfway = everything(made)
        seen["before" if halfway == before else "after" if halfway == after else "between"] += 1
        with made.session(datetime.now(UTC)) as session:
            resumed = resume(session)
        assert [one.exit_code for one in resumed] in ([0], [])
        if not resumed:  # killed before the run began, or when all was done
            assert halfway in (before, after)
        if not resumed and halfway == before:
            made.erase(("user_id", "1"), now=datetime.now(UTC))
        assert everything(made) == after
    assert all(seen.values()), seen
    assert everything(made) == after
