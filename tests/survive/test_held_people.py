"""A hold on a person covers what they are called later: found again when a plan is made, and when it is applied."""

from dataclasses import replace

import pytest
from company import NOW, USERS, USERS_DATA, Company, company, counts

from dsr.core.errors import StalePlanError, StoreUnreachableError
from dsr.jobs import holds
from dsr.jobs.apply import apply
from dsr.jobs.covering import Wish
from dsr.jobs.erase import plan_erasure
from dsr.jobs.held import holds_now
from dsr.jobs.people import Asked
from dsr.jobs.purge import plan_purge

MAILS = "CREATE TABLE mails (id BIGINT PRIMARY KEY, to_email VARCHAR(120), sent TIMESTAMP)"
DATA = (
    USERS_DATA
    + "  app.mails: {rule: notes, subject: {email: to_email}, start: sent, fields: {to_email: contact.email}}\n"
)
WISH = Wish("case-7", "evidence is asked for", "Legal")


@pytest.fixture
def shop(tmp_path, database) -> Company:
    made = company(tmp_path / "co", database, (USERS, MAILS), DATA)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'ann@example.com'), (2, 'bo@example.com')",
        "INSERT INTO mails VALUES (1, 'ann@example.com', '2020-01-01'), (2, 'ann.new@example.com', '2020-01-01'), "
        "(3, 'bo@example.com', '2020-01-01'), (4, 'cy@example.com', '2020-01-01')",
    )
    return made


def held(made: Company, *asked: tuple[str, str]) -> None:
    with made.session() as session:
        holds.place(session, WISH, [Asked((one,)) for one in asked])


def renamed(made: Company) -> None:
    made.run("UPDATE users SET email = 'ann.new@example.com' WHERE id = 1")


def left(made: Company) -> list[int]:
    return [row[0] for row in made.rows("SELECT id FROM mails ORDER BY id")]


def test_an_identifier_gained_before_the_plan_is_held_beside_the_old_one(shop: Company) -> None:
    held(shop, ("user_id", "1"))
    renamed(shop)
    shop.purge(NOW)
    assert left(shop) == [1, 2]


def test_an_identifier_gained_after_the_plan_is_held(shop: Company) -> None:
    """The plan counted the record among those to delete, so it is refused or keeps it; either way nothing is lost."""
    held(shop, ("user_id", "1"))
    with shop.session() as session:
        plan = plan_purge(session)
    renamed(shop)
    with shop.session() as session:
        try:
            apply(session, plan.id)
        except StalePlanError:
            assert left(shop) == [1, 2, 3, 4]
        else:
            assert left(shop) == [1, 2]
    shop.purge(NOW)
    assert left(shop) == [1, 2]


def test_somebody_without_an_account_who_opens_one_is_held_with_it(shop: Company) -> None:
    held(shop, ("email", "cy@example.com"))
    shop.run("INSERT INTO users (id, email, closed_at) VALUES (3, 'cy@example.com', '2020-01-01')")
    shop.purge(NOW)
    assert left(shop) == [4]
    assert shop.rows("SELECT id FROM users ORDER BY id") == [(1,), (2,), (3,)]


def test_an_address_that_two_accounts_came_to_share_leads_nowhere(shop: Company) -> None:
    """Whose it is nobody has confirmed; what was held stays so."""
    held(shop, ("email", "cy@example.com"))
    shop.run("INSERT INTO users (id, email) VALUES (3, 'cy@example.com'), (4, 'cy@example.com')")
    with shop.session() as session:
        (hold,) = holds_now(session).active
    assert [one.anchors for one in hold.scope.subjects or ()] == [()]
    shop.purge(NOW)
    assert 4 in left(shop)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_the_accounts_nobody_knows_what_is_held(shop: Company) -> None:
    held(shop, ("user_id", "1"))
    shop.folder.parent.joinpath("app.db").rename(shop.folder.parent / "away.db")
    with shop.session() as session, pytest.raises(StoreUnreachableError, match="nobody knows what is held"):
        plan_purge(session)


ADDRESSES = (
    "CREATE TABLE addresses (id BIGINT PRIMARY KEY, street TEXT, made TIMESTAMP)",
    "CREATE TABLE lines (id BIGINT PRIMARY KEY, address_id BIGINT, text TEXT)",
    "INSERT INTO addresses VALUES (5, 'shared', '2026-01-01'), (6, 'own', '2026-11-20')",
    "INSERT INTO lines VALUES (50, 5, 'a'), (60, 6, 'b')",
)
SHARED = """\
  app.addresses: {rule: account, subject: {through: app.users, from: address_id, field: id, owner: by_links}, start: made, fields: {street: contact.address}}
  app.lines: {part_of: app.addresses, via: address_id, fields: {text: contact.address}}
"""  # noqa: E501


@pytest.mark.parametrize("named", [(), ("app.lines",)], ids=["the person is held", "the part is held"])
def test_the_part_of_a_shared_record_stays_while_it_is_held_for_one_of_them(tmp_path, database, named):
    """The part has its parent's fate, and a hold that names its collection protects it by itself."""
    users = USERS.replace("closed_at", "address_id BIGINT, closed_at")
    made = company(tmp_path / "co", database, (users, *ADDRESSES), USERS_DATA + SHARED)
    made.run("INSERT INTO users (id, email, address_id) VALUES (1, 'a@example.com', 5), (2, 'b@example.com', 5)")
    with made.session() as session:
        placed = holds.place(session, replace(WISH, collections=named), [Asked((("user_id", "1"),))])
        together = plan_erasure(session, [Asked((("user_id", "1"),)), Asked((("user_id", "2"),))])
    assert counts(together, "app.lines") == {"hold": 1}
    plan, _ = made.erase(("user_id", "2"))
    assert counts(plan, "app.addresses") == {"retain": 1}
    assert counts(plan, "app.lines") == ({"hold": 1} if named else {"retain": 1})
    made.erase(("user_id", "1"))
    assert made.rows("SELECT id FROM addresses") == [(5,), (6,)]
    assert made.rows("SELECT id, text FROM lines") == [(50, "a"), (60, "b")]
    with made.session() as session:
        holds.release(session, placed.hold.id, "settled")
    _, applied = made.purge() if named else made.erase(("user_id", "1"))
    assert applied.exit_code == 0
    assert (made.rows("SELECT id FROM addresses"), made.rows("SELECT id FROM lines")) == ([(6,)], [(60,)])
