"""Rows that name each other round in a circle, by columns that must not be empty or say whose they are.

None of them can be deleted first. The plan says so, and what it cannot delete it empties.
"""

import pytest
from company import USERS, USERS_DATA, Company, company, counts

WALLETS = "CREATE TABLE wallets (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, note TEXT, card_id BIGINT {})"
CARDS = "CREATE TABLE cards (id BIGINT PRIMARY KEY, note TEXT, wallet_id BIGINT {})"
DATA = """\
  app.wallets: {rule: notes, subject: user_id, fields: {note: content.text}}
  app.cards: {rule: notes, subject: {via: wallet_id, to: app.wallets.id}, fields: {note: content.text}}
"""
ROWS = (
    "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
    "INSERT INTO wallets VALUES (1, 1, 'w1', 11), (2, 2, 'w2', 12)",
    "INSERT INTO cards VALUES (11, 'c1', 1), (12, 'c2', 2)",
)
CARD, WALLET = "REFERENCES cards (id)", "REFERENCES wallets (id)"


def tied(folder, url, card: str, wallet: str) -> Company:
    """Every wallet names a card and every card a wallet; the constraints of both columns are given."""
    postgres = url.startswith("postgres")  # takes no foreign key to a table that is not there yet
    tables = (WALLETS.format("NOT NULL" if postgres else f"NOT NULL {card}"), CARDS.format(wallet))
    made = company(folder, url, (USERS, *tables, *ROWS), USERS_DATA + DATA)
    if postgres:
        made.run(f"ALTER TABLE wallets ADD FOREIGN KEY (card_id) {card}")
    return made


def gaps(plan) -> list[str]:
    return [gap.text for gap in plan.gaps if gap.kind == "unsupported"]


@pytest.mark.parametrize(
    "wallet",
    [f"NOT NULL {WALLET}", WALLET, f"{WALLET} ON DELETE SET NULL"],
    ids=["neither may be empty", "one says whose it is", "one would be emptied by the database"],
)
def test_a_circle_that_no_order_deletes_is_emptied_and_named_in_the_plan(tmp_path, database, wallet):
    made = tied(tmp_path, database, CARD, wallet)
    plan, applied = made.erase(("user_id", "1"))
    (said,) = gaps(plan)
    assert said.startswith("1 records are named by records of app.cards")
    assert said.endswith("be empty, and make a new plan.")
    assert (plan.complete, applied.exit_code) == (False, 7)
    assert counts(plan, "app.wallets") == counts(plan, "app.cards") == {"rewrite": 1}
    assert made.rows("SELECT id, note, card_id FROM wallets") == [(1, None, 11), (2, "w2", 12)]
    assert made.rows("SELECT id, note, wallet_id FROM cards") == [(11, None, 1), (12, "c2", 2)]
    assert made.rows("SELECT id, email FROM users") == [(1, None), (2, "b@example.com")]


def test_the_shells_of_a_circle_go_once_a_column_of_it_may_be_empty(tmp_path, database):
    made = tied(tmp_path, database, CARD, f"NOT NULL {WALLET}")
    made.erase(("user_id", "1"))
    if database.startswith("postgres"):
        made.run("ALTER TABLE wallets ALTER card_id DROP NOT NULL")
    else:
        made.run(
            "ALTER TABLE wallets ADD COLUMN new_id BIGINT REFERENCES cards (id)",
            "UPDATE wallets SET new_id = card_id",
            "ALTER TABLE wallets DROP COLUMN card_id",
        )
    plan, applied = made.erase(("user_id", "1"))
    assert (gaps(plan), applied.exit_code) == ([], 0)
    assert [made.rows(f"SELECT id FROM {table}") for table in ("wallets", "cards", "users")] == [
        [(2,)],
        [(12,)],
        [(2,)],
    ]


@pytest.mark.parametrize("by", [CARD, WALLET], ids=["the wallet goes with its card", "the card goes with its wallet"])
def test_a_circle_that_the_database_cuts_by_a_cascade_is_deleted(tmp_path, database, by):
    card, wallet = (f"{one} ON DELETE CASCADE" if one == by else one for one in (CARD, WALLET))
    made = tied(tmp_path, database, card, f"NOT NULL {wallet}")
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert [made.rows(f"SELECT id FROM {table}") for table in ("wallets", "cards", "users")] == [
        [(2,)],
        [(12,)],
        [(2,)],
    ]


def test_only_those_who_really_name_each_other_are_tied(tmp_path, database):
    """Members name the team; it names its founder."""
    users = USERS.replace("closed_at", "team_id BIGINT NOT NULL, closed_at")
    teams = "CREATE TABLE teams (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL REFERENCES users (id), name TEXT)"
    data = "  app.teams: {rule: notes, subject: owner_id, fields: {name: content.text}}\n"
    if database.startswith("sqlite"):
        users = users.replace("team_id BIGINT NOT NULL", "team_id BIGINT NOT NULL REFERENCES teams (id)")
    made = company(tmp_path, database, (users, teams), USERS_DATA + data)
    made.run(
        "INSERT INTO users (id, email, team_id) VALUES (1, 'a@example.com', 5), (2, 'b@example.com', 5)",
        "INSERT INTO teams VALUES (5, 1, 'five')",
    )
    if database.startswith("postgres"):
        made.run("ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams (id)")
    plan, applied = made.erase(("user_id", "2"))
    assert (gaps(plan), applied.exit_code) == ([], 0)
    assert made.rows("SELECT id FROM users") == [(1,)]
    plan, applied = made.erase(("user_id", "1"))
    assert (len(gaps(plan)), applied.exit_code) == (1, 7)
    assert made.rows("SELECT id, email FROM users") == [(1, None)]
    assert made.rows("SELECT * FROM teams") == [(5, 1, None)]


def test_what_hangs_on_a_record_that_a_cascade_takes_goes_before(tmp_path, database):
    """The card goes with its wallet; the slip is found through the card, and would stay behind unseen."""
    made = tied(tmp_path, database, CARD, f"NOT NULL {WALLET} ON DELETE CASCADE")
    slips = "  app.xslips: {rule: notes, subject: {via: card_id, to: app.cards.id}}\n"
    made.policy.write_text(made.policy.read_text() + slips)
    made.run(
        "CREATE TABLE xslips (id BIGINT PRIMARY KEY, card_id BIGINT)", "INSERT INTO xslips VALUES (21, 11), (22, 12)"
    )
    plan, applied = made.erase(("user_id", "1"))
    assert (plan.complete, applied.exit_code) == (True, 0)
    assert made.rows("SELECT id FROM xslips") == [(22,)]
    assert [made.rows(f"SELECT id FROM {table}") for table in ("wallets", "cards", "users")] == [
        [(2,)],
        [(12,)],
        [(2,)],
    ]
