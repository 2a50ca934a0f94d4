"""A hold on a person covers what they are called later: found again when a plan is made, and when it is applied."""

import pytest
from company import NOW, USERS, USERS_DATA, Company, company

from dsr.core.errors import StalePlanError, StoreUnreachableError
from dsr.jobs import holds
from dsr.jobs.apply import apply
from dsr.jobs.covering import Wish
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
