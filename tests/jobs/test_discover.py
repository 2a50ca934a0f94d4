"""The gate on a real database: what closes it, what does not, and what it must never do."""

import sqlite3
from pathlib import Path

import pytest

from dsr.core.decisions import Decided
from dsr.core.progress import Silent
from dsr.engine.detect.columns import Verdict
from dsr.engine.detect.gate import Standing
from dsr.jobs.deciding import decide
from dsr.jobs.discover import discover
from dsr.jobs.session import Session

POLICY = """\
version: 1
controller: {name: {en: A, zh: A}, contact: p@example.com, country: CN, timezone: UTC, regimes: [gdpr]}
stores:
  app: {kind: sql, url: "sqlite:///app.db"}
subject:
  anchors: {user: app.users.id}
  identifiers:
    email: {at: [app.users.email], match: email}
rules:
  all:
    title: {en: All, zh: 全部}
    purposes: [provide_service]
    basis: {gdpr: contract}
    then: delete
data:
  app.users:
    rule: all
    subject: id
    fields: {name: name, memo: none, payload: none}
  app.items: {no_personal_data: {en: Things, zh: 物品}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "retention.yaml").write_text(POLICY, encoding="utf-8")
    run(
        tmp_path,
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT, memo TEXT, payload JSON)",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, label TEXT)",
        *(
            f"INSERT INTO users VALUES ({n}, 'p{n}@example.com', 'Ada Nom{n}', 'blue', '{{\"a\": {n}}}')"
            for n in range(30)
        ),
    )
    return tmp_path


def run(folder: Path, *statements: str) -> None:
    base = sqlite3.connect(folder / "app.db")
    with base:
        for one in statements:
            base.execute(one)
    base.close()


def looked(folder: Path, **more):
    with Session(folder / "retention.yaml", {}, "tester", Silent()) as session:
        return discover(session, check=True, **more)


def standings(found) -> dict[str, Standing]:
    return {one.name: one.standing for one in found.failures}


def test_a_declared_estate_passes(folder):
    found = looked(folder)
    assert (found.exit_code, found.failures, found.gaps) == (0, (), ())


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("ALTER TABLE users ADD COLUMN phone TEXT", "app.users.phone"),
        ("ALTER TABLE users ADD COLUMN birth_year INTEGER", "app.users.birth_year"),
        ("CREATE TABLE leads (id INTEGER PRIMARY KEY, mail_address TEXT)", "app.leads.mail_address"),
    ],
)
def test_a_personal_addition_closes_the_gate_even_without_a_single_value(folder, statement, name):
    run(folder, statement)
    found = looked(folder)
    assert found.exit_code == 3
    assert standings(found)[name] is Standing.UNDECLARED


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE users ADD COLUMN theme_color TEXT",
        "ALTER TABLE items ADD COLUMN price_cents INTEGER",
        "CREATE TABLE feature_flags (id INTEGER PRIMARY KEY, flag TEXT, enabled BOOLEAN)",
    ],
)
def test_what_is_not_personal_leaves_it_open(folder, statement):
    run(folder, statement)
    assert looked(folder).exit_code == 0


def test_values_speak_against_a_statement_that_there_are_none(folder):
    run(folder, *(f"INSERT INTO items VALUES ({n}, 'someone{n}@example.org')" for n in range(30)))
    run(folder, "UPDATE users SET memo = 'call 139' || (10000000 + id)")
    assert standings(looked(folder)) == {
        "app.items.label": Standing.CONTRADICTED,
        "app.users.memo": Standing.CONTRADICTED,
    }


def test_a_key_inside_json_is_a_field_like_any_other(folder):
    run(folder, "UPDATE users SET payload = json_object('contact', json_object('mail', 'q' || id || '@example.com'))")
    assert standings(looked(folder)) == {"app.users.payload.contact.mail": Standing.CONTRADICTED}


def test_a_renamed_column_is_missed_and_its_new_name_asked_about(folder):
    run(folder, "ALTER TABLE users RENAME COLUMN name TO full_name")
    found = looked(folder)
    assert found.exit_code == 3
    assert [gap.where for gap in found.gaps if gap.kind == "vanished"] == ["app.users.name"]
    assert standings(found) == {"app.users.full_name": Standing.UNDECLARED}


def test_values_of_another_kind_than_declared_close_the_gate(folder):
    text = POLICY.replace("name: name,", "name: contact.phone,")
    (folder / "retention.yaml").write_text(text, encoding="utf-8")
    run(folder, "UPDATE users SET name = email")
    assert standings(looked(folder)) == {"app.users.name": Standing.CHANGED}


def test_a_store_that_does_not_answer_is_not_a_pass(folder):
    (folder / "app.db").write_bytes(b"no database at all" * 100)
    assert looked(folder).exit_code == 75


def decided(folder: Path, name: str, evidence: str, word: str = "not_personal") -> None:
    entry = f"{{decision: {word}, by: ada, on: 2026-11-24, reason: looked at it, evidence: {evidence}}}"
    text = f"{POLICY}discovery:\n  decisions:\n    {name}: {entry}\n"
    (folder / "retention.yaml").write_text(text, encoding="utf-8")


def test_a_decision_holds_until_the_evidence_changes(folder):
    run(folder, "ALTER TABLE users ADD COLUMN nickname TEXT")
    (asked,) = looked(folder).failures
    decided(folder, asked.name, asked.evidence)
    assert looked(folder).exit_code == 0
    run(folder, "UPDATE users SET nickname = 'other' || id || '@example.com'")
    assert standings(looked(folder)) == {asked.name: Standing.REOPENED}


def test_a_decision_that_it_is_personal_does_not_declare_it(folder):
    run(folder, "ALTER TABLE users ADD COLUMN nickname TEXT")
    (asked,) = looked(folder).failures
    decided(folder, asked.name, asked.evidence, "personal")
    assert standings(looked(folder)) == {asked.name: Standing.UNDECLARED}


def test_no_value_leaves_the_stores(folder):
    run(folder, "UPDATE users SET memo = 'ask canary.person@example.net about it'")
    found = looked(folder)
    assert any(one.verdict is Verdict.CONTAINS and one.kind == "email" for one in found.columns)
    assert "canary" not in repr(found)


def test_the_sample_is_bounded_and_comes_from_both_ends(folder):
    run(folder, "CREATE TABLE big (id INTEGER PRIMARY KEY, what TEXT)")
    base = sqlite3.connect(folder / "app.db")
    with base:
        base.executemany(
            "INSERT INTO big VALUES (?, ?)", ((n, "x" if n < 19_900 else f"z{n}@example.com") for n in range(20_000))
        )
    base.close()
    found = next(one for one in looked(folder, sample=60).columns if one.name == "app.big.what")
    assert found.verdict is not Verdict.NO
    assert found.values <= 60


def test_a_decision_that_is_recorded_opens_the_gate(folder):
    run(folder, "ALTER TABLE users ADD COLUMN nickname TEXT")
    with Session(folder / "retention.yaml", {}, "ada", Silent()) as session:
        (asked,) = discover(session, check=True).failures
        decide(session, asked, Decided.NOT_PERSONAL, "names of ships")
    assert looked(folder).exit_code == 0
    with Session(folder / "retention.yaml", {}, "tester", Silent()) as session:
        (found,) = session.policy.decisions
    assert (found.by, found.reason, found.evidence) == ("ada", "names of ships", asked.evidence)
