"""The forms of `retention.yaml` that real schemas need, each tried on a small company in a real database."""

import hashlib
import re
from pathlib import Path

import pytest
from company import USERS, USERS_DATA, Company, company, counts, why

from dsr.core.errors import PolicyError, SubjectAmbiguousError
from dsr.core.plan import Disposition
from dsr.jobs.erase import plan_erasure
from dsr.jobs.export import export
from dsr.jobs.people import Asked, find

FORMER = "    email: {at: [app.users.email], match: email}\n"
PEOPLE = "INSERT INTO users VALUES (1, 'Lin.Xia@example.com', NULL), (2, 'basil@example.org', NULL)"


def identified(folder: Path, url: str, tables: tuple[str, ...], data: str, more: str) -> Company:
    return company(folder, url, (USERS, PEOPLE, *tables), USERS_DATA + data, rules=(FORMER, FORMER + more))


# derived identifiers ----------------------------------------------------------------------------------------------


def test_a_hash_of_an_address_leads_to_its_records(database, tmp_path):
    digest = hashlib.sha256(b"lin.xia@example.com").hexdigest()
    here = identified(
        tmp_path / "c",
        database,
        ("CREATE TABLE visits (id BIGINT PRIMARY KEY, visitor VARCHAR(64))",
         f"INSERT INTO visits VALUES (0, '{digest}'), (1, '{digest.upper()}'), (2, 'x'), (3, NULL)"),
        "  app.visits: {rule: notes, subject: {email_hash: visitor}, fields: {visitor: identifier}}\n",
        "    email_hash: {from: email, derive: [lower, sha256]}\n",
    )  # fmt: skip
    plan, applied = here.erase(("user_id", "1"))
    assert counts(plan, "app.visits") == {"delete": 1}
    assert applied.exit_code == 0
    assert here.rows("SELECT id FROM visits") == [(1,), (2,), (3,)]


LOGINS = (
    "CREATE TABLE logins (id BIGINT PRIMARY KEY, name VARCHAR(64))",
    "INSERT INTO logins VALUES (0, 'lin.xia'), (1, 'basil'), (2, '')",
)
BY_NAME = "  app.logins: {rule: notes, subject: {login: name}, fields: {name: identifier}}\n"
LOGIN = "    login: {from: email, derive: local_part}\n"


def test_the_local_part_of_an_address_leads_to_its_records(database, tmp_path):
    here = identified(tmp_path / "c", database, LOGINS, BY_NAME, LOGIN)
    plan, _ = here.erase(("user_id", "1"))
    assert counts(plan, "app.logins") == {"delete": 1}
    assert here.rows("SELECT id FROM logins") == [(1,), (2,)]


def test_a_derived_value_that_another_person_gives_too_is_nobody_s(database, tmp_path):
    """lin.xia@example.com and lin.xia@example.org are two people and one local part."""
    here = identified(tmp_path / "c", database, LOGINS, BY_NAME, LOGIN)
    here.run("INSERT INTO users VALUES (3, 'lin.xia@example.org', NULL)")
    with here.session() as session:
        assert find(session, Asked((("user_id", "1"),))).stops == 1
        both = plan_erasure(session, [Asked((("user_id", "1"),)), Asked((("user_id", "3"),))])
    assert counts(both, "app.logins") == {}
    plan, _ = here.erase(("user_id", "1"))
    assert counts(plan, "app.logins") == {}
    assert len(here.rows("SELECT id FROM logins")) == 3


def test_an_address_without_an_account_derives_too(database, tmp_path):
    here = identified(tmp_path / "c", database, (*LOGINS, "INSERT INTO logins VALUES (9, 'guest')"), BY_NAME, LOGIN)
    here.erase(("email", "guest@example.net"))
    assert here.rows("SELECT id FROM logins") == [(0,), (1,), (2,)]


def test_people_of_one_batch_get_their_own_derived_records(database, tmp_path):
    here = identified(tmp_path / "c", database, LOGINS, BY_NAME, LOGIN)
    with here.session() as session:
        people = [Asked((("user_id", "1"),)), Asked((("user_id", "2"),))]
        packages = export(session, people, tmp_path / "out").packages
    found = sorted(len((Path(p.folder) / "data/app/logins.jsonl").read_text().splitlines()) for p in packages)
    assert found == [1, 1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("    login: {from: mail, derive: lower}\n", 'derived from "mail", which is no identifier with `at:`'),
        ("    login: {from: email}\n", "has no `derive:`"),
        ("    login: {derive: lower}\n", "has no `from:`"),
        ("    login: {from: email, derive: md5}\n", '"md5" is not known'),
        ("    a: {from: email, derive: lower}\n    login: {from: a, derive: lower}\n", 'derived from "a", which is no'),
    ],
)
def test_the_loader_says_what_is_wrong_with_a_derived_identifier(tmp_path, line, said):
    here = on_file(tmp_path, LOGINS, BY_NAME, rules=(FORMER, FORMER + line))
    with here.session() as session, pytest.raises(PolicyError, match=said):
        session.policy  # noqa: B018 - reading it loads it


# accounts with a key of several fields ----------------------------------------------------------------------------

TENANTS = (
    "CREATE TABLE members (tenant VARCHAR(20), id BIGINT, email VARCHAR(120), closed_at TIMESTAMP, "
    "PRIMARY KEY (tenant, id))",
    "CREATE TABLE posts (id BIGINT PRIMARY KEY, tenant VARCHAR(20), author BIGINT, at TIMESTAMP)",
    "CREATE TABLE invoices (id BIGINT PRIMARY KEY, tenant VARCHAR(20) NOT NULL, member BIGINT NOT NULL, "
    "issued_at TIMESTAMP, FOREIGN KEY (tenant, member) REFERENCES members (tenant, id))",
    "INSERT INTO members VALUES ('', 0, 'zero@example.com', NULL), ('a', 0, 'a0@example.com', '2020-01-01'), "
    "('a', 5, 'five@example.com', NULL), ('b', 5, 'bea@example.com', NULL)",
    "INSERT INTO posts VALUES (1, 'a', 5, '2026-11-01'), (2, 'b', 5, '2026-11-01'), (3, 'a', NULL, '2026-11-01'), "
    "(4, '', 0, '2026-11-01'), (5, 'a', 0, '2026-11-01')",
    "INSERT INTO invoices VALUES (1, 'b', 5, '2026-01-01')",
)
TENANT_DATA = """\
  app.members: {rule: account, subject: [tenant, id], start: closed_at, fields: {email: contact.email, tenant: none}}
  app.posts: {rule: notes, subject: [tenant, author], start: at, fields: {tenant: none}}
  app.invoices: {rule: tax, subject: [tenant, member], start: issued_at, fields: {tenant: none}}
"""
TENANT_SUBJECT = """\
  anchors: {member: [app.members.tenant, app.members.id]}
  identifiers:
    email: {at: [app.members.email], match: email}
"""


def tenants(folder: Path, url: str, data: str = TENANT_DATA) -> Company:
    made = company(folder, url, TENANTS, data)
    text = made.policy.read_text(encoding="utf-8")
    old = text[text.index("  anchors:") : text.index("rules:")]
    made.policy.write_text(text.replace(old, TENANT_SUBJECT), encoding="utf-8")
    return made


def test_an_account_of_two_fields_is_found_and_erased_alone(database, tmp_path):
    here = tenants(tmp_path / "c", database)
    plan, applied = here.erase(("email", "five@example.com"))
    assert (counts(plan, "app.members"), counts(plan, "app.posts")) == ({"delete": 1}, {"delete": 1})
    assert applied.exit_code == 0
    assert here.rows("SELECT tenant, id FROM members") == [("", 0), ("a", 0), ("b", 5)]
    assert here.rows("SELECT id FROM posts") == [(2,), (3,), (4,), (5,)]


def test_empty_and_zero_parts_are_values(database, tmp_path):
    here = tenants(tmp_path / "c", database)
    here.erase(("member", "/0"))
    assert here.rows("SELECT tenant, id FROM members") == [("a", 0), ("a", 5), ("b", 5)]
    assert here.rows("SELECT id FROM posts") == [(1,), (2,), (3,), (5,)]


def test_its_kept_records_leave_an_empty_shell(database, tmp_path):
    here = tenants(tmp_path / "c", database)
    plan, applied = here.erase(("member", '["b", "5"]'))
    assert counts(plan, "app.members") == {"rewrite": 1}
    assert applied.exit_code == 0
    assert here.rows("SELECT tenant, id, email FROM members WHERE tenant = 'b'") == [("b", 5, None)]
    assert here.rows("SELECT id FROM invoices") == [(1,)]


def test_the_calendar_ends_accounts_of_two_fields(database, tmp_path):
    here = tenants(tmp_path / "c", database)
    here.purge()
    assert len(here.rows("SELECT id FROM members")) == 4  # a post is newer than the account's own end
    here.run("UPDATE posts SET at = '2019-12-01' WHERE id = 5")
    here.purge()
    assert here.rows("SELECT tenant, id FROM members") == [("", 0), ("a", 5), ("b", 5)]


def test_a_package_of_such_an_account_holds_its_records_only(database, tmp_path):
    here = tenants(tmp_path / "c", database)
    with here.session() as session:
        people = [Asked((("member", "a/5"),)), Asked((("member", "b/5"),))]
        packages = export(session, people, tmp_path / "out").packages
    for package in packages:
        assert len((Path(package.folder) / "data/app/posts.jsonl").read_text().splitlines()) == 1


def test_two_accounts_with_one_address_are_named_not_merged(database, tmp_path):
    here = tenants(tmp_path / "c", database)
    here.run("UPDATE members SET email = 'five@example.com' WHERE tenant = 'b'")
    with here.session() as session, pytest.raises(SubjectAmbiguousError):
        find(session, Asked((("email", "five@example.com"),)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("subject: [tenant, author]", "subject: author", "is named by 2 field(s), here by 1"),
        ("subject: [tenant, author]", "subject: {key: 'p/{member}/'}", "whose key has several parts"),
        ("subject: [tenant, id]", "subject: {email: email}", "its subject is `[tenant, id]`"),
        (
            "subject: [tenant, author]",
            "subject: {through: app.invoices, from: member, field: member}",
            "`through` leads to accounts of several fields",
        ),
    ],
)
def test_the_loader_says_what_such_an_account_needs(tmp_path, old, new, said):
    path = tmp_path / "app.db"
    path.touch()
    here = tenants(tmp_path / "c", f"sqlite:///{path}", TENANT_DATA.replace(old, new))
    with here.session() as session, pytest.raises(PolicyError, match=re.escape(said)):
        session.policy  # noqa: B018 - reading it loads it


def on_file(tmp_path: Path, tables: tuple[str, ...], data: str, **more) -> Company:
    path = tmp_path / "app.db"
    path.touch()
    return company(tmp_path / "c", f"sqlite:///{path}", (USERS, PEOPLE, *tables), USERS_DATA + data, **more)


# dates ------------------------------------------------------------------------------------------------------------

NOTES = (
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, at TIMESTAMP)",
    "INSERT INTO notes VALUES (1, 1, '1970-01-01 00:00:00'), (2, 1, '1990-01-01 00:00:00'), "
    "(3, 1, '2020-01-01 00:00:00'), (4, 1, NULL)",
)
NOTED = "  app.notes: {rule: notes, subject: user_id, start: START}\n"


@pytest.mark.parametrize(
    ("start", "left", "doubtful"),
    [
        ("at", [1, 4], 1),
        ("{field: at, plausible: 2000-01-01}", [1, 2, 4], 2),
        ("{field: at, plausible: any}", [4], 0),
        ("{latest: [at, {via: user_id, field: app.users.closed_at}]}", [1, 4], 1),
    ],
)
def test_a_date_too_early_to_be_true_ends_nothing_and_is_reported(database, tmp_path, start, left, doubtful):
    here = company(tmp_path / "c", database, (USERS, PEOPLE, *NOTES), USERS_DATA + NOTED.replace("START", start))
    plan, _ = here.purge()
    assert [id_ for (id_,) in here.rows("SELECT id FROM notes")] == left
    kept = {s.reasons[0].why.value: s.count for s in plan.steps if s.entry == "app.notes" and s.count}
    assert kept.get("implausible", 0) == doubtful
    assert kept["no_start"] == 1


def test_a_duty_without_a_believable_date_keeps_the_record_for_a_request_too(database, tmp_path):
    data = USERS_DATA + NOTED.replace("START", "at").replace("rule: notes", "rule: tax")
    here = company(tmp_path / "c", database, (USERS, PEOPLE, *NOTES), data)
    plan, _ = here.erase(("user_id", "1"))
    assert why(plan, "app.notes", Disposition.RETAIN)[0] == "implausible"
    assert [gap.kind for gap in plan.gaps if gap.where == "app.notes"] == ["implausible", "no_start"]
