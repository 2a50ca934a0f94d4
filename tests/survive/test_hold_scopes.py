"""What a hold can cover, who reviews it, and what its release plans again."""

import json
import shutil
from datetime import date, timedelta

import pytest
from calling import Caller
from company import NOW, USERS, USERS_DATA, Company, company, counts

from dsr.core.errors import StateError, UsageError
from dsr.jobs import holds
from dsr.jobs.apply import apply
from dsr.jobs.covering import Wish
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.purge import plan_purge

NOTES = (
    "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, made TIMESTAMP, state VARCHAR(20), answer VARCHAR(50))"
)
LINES = "CREATE TABLE lines (id BIGINT PRIMARY KEY, note_id BIGINT, body VARCHAR(50))"
DATA = (
    USERS_DATA
    + """\
  app.notes: {rule: notes, subject: user_id, start: made, fields: {state: none, answer: content}}
  app.lines: {part_of: app.notes, via: note_id, fields: {body: content}}
"""
)
PERSON = [Asked((("user_id", "1"),))]


def wish(**more) -> Wish:
    return Wish("case-7", "evidence is asked for", "Legal", **more)


@pytest.fixture
def shop(tmp_path, database) -> Company:
    made = company(tmp_path / "co", database, (USERS, NOTES, LINES), DATA)
    made.run(
        "INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')",
        "INSERT INTO notes VALUES (1, 1, '2020-03-01', 'open', 'yes'), (2, 1, '2021-06-30 23:00', 'open', NULL), "
        "(3, 1, NULL, 'done', 'no'), (4, 2, '2021-07-03', NULL, NULL), (5, 2, '2020-01-01', 'done', 'no')",
        "INSERT INTO lines VALUES (10, 1, 'x'), (20, 2, 'x'), (40, 4, 'x'), (50, 5, 'x')",
    )
    return made


def ids(made: Company, table: str) -> list[int]:
    return [row[0] for row in made.rows(f"SELECT id FROM {table}")]


@pytest.mark.parametrize(
    ("extent", "notes", "lines"),
    [
        ({"where": "{state: open}", "collections": ("app.notes",)}, [1, 2], [10, 20]),
        ({"where": "{state: null}", "collections": ("app.notes",)}, [4], [40]),
        ({"where": "{state: {not: [done]}}", "collections": ("app.notes",)}, [1, 2, 4], [10, 20, 40]),
        ({"fields": ("app.notes.answer",)}, [1, 3, 5], [10, 50]),
        ({"since": date(2021, 6, 30), "until": date(2021, 7, 1)}, [2, 3], [20]),
        ({"since": date(2021, 7, 3)}, [3, 4], [40]),
        ({"until": date(2020, 2, 1), "rules": ("notes",)}, [3, 5], [50]),
        ({"fields": ("app.lines.body",), "where": "{id: {gt: 15}}", "until": date(2021, 7, 1)}, [2, 3, 5], [20, 50]),
    ],
)
def test_a_purge_leaves_exactly_what_a_hold_covers(shop: Company, extent: dict, notes: list, lines: list) -> None:
    """The note without a date is never purged; a day is added at both ends of a window."""
    with shop.session() as session:
        shown = holds.place(session, wish(**extent))
        assert not shown.pending
    shop.purge()
    assert ids(shop, "notes") == sorted({*notes, 3})
    assert ids(shop, "lines") == lines


def test_a_hold_that_names_nothing_known_is_refused(shop: Company) -> None:
    refused = {
        "needs a scope": {},
        "no 'app.gone'": {"collections": ("app.gone",)},
        "no 'app.notes.gone'": {"fields": ("app.notes.gone",)},
        "no 'app.lines.state'": {"collections": ("app.notes", "app.lines"), "where": "{state: open}"},
        "--where is not a condition": {"collections": ("app.notes",), "where": "{state: [secret.value"},
        "Name it with --collection": {"rules": ("notes",), "where": "{state: open}"},
        "ends before it begins": {"since": date(2021, 1, 2), "until": date(2021, 1, 1)},
        "no 'lgpd'": {"rules": ("notes",), "grounds": (("lgpd", "legal_claims"),)},
        "no 'whim'": {"rules": ("notes",), "grounds": (("gdpr", "whim"),)},
        "Name another --reviewer": {"rules": ("notes",), "reviewer": "Tester"},
        "Name a later --review": {"rules": ("notes",), "review_on": NOW.date()},
    }
    with shop.session() as session:
        for said, extent in refused.items():
            with pytest.raises(UsageError, match=said) as caught:
                holds.place(session, wish(**extent))
            assert "secret" not in str(caught.value)
        assert holds.all_holds(session) == ()


def test_a_release_plans_again_what_the_hold_had_deferred(shop: Company) -> None:
    with shop.session() as session:
        held = holds.place(session, wish(rules=("notes",), reviewer="kim")).hold
        plan = plan_erasure(session, PERSON)
        apply(session, plan.id)
        purge = plan_purge(session)
        apply(session, purge.id)
    assert ids(shop, "notes") == [1, 2, 3, 4, 5]
    with shop.session(NOW + timedelta(days=2)) as session:
        released = holds.release(session, held.id, "the case is closed")
        assert [(one.earlier, one.subjects) for one in released.plans] == [(plan.id, plan.subjects), (purge.id, ())]
        again, calendar = (one.plan for one in released.plans)
        assert again is not None
        assert calendar is not None
        assert counts(again, "app.notes") == {"delete": 3}
        assert counts(calendar, "app.notes") == {"delete": 4, "retain": 1}
        assert ids(shop, "notes") == [1, 2, 3, 4, 5]
        apply(session, again.id)
        assert ids(shop, "notes") == [4, 5]
        session.state.forget(plan.subjects)
        second = holds.place(session, wish(rules=("notes",))).hold
        assert holds.release(session, second.id, "a mistake").plans == ()


def test_what_was_deferred_for_people_no_longer_remembered_is_named(shop: Company) -> None:
    with shop.session() as session:
        held = holds.place(session, wish(rules=("notes",))).hold
        plan = plan_erasure(session, PERSON)
        apply(session, plan.id)
        session.state.forget(plan.subjects)
        (one,) = holds.release(session, held.id, "the case is closed").plans
        assert (one.earlier, one.plan) == (plan.id, None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hold_is_placed_shown_and_released_at_the_command_line(shop: Company, monkeypatch, capsys) -> None:
    call = Caller(shop, monkeypatch, capsys)
    why = ("--matter", "case-7", "--reason", "evidence", "--authority", "Legal")
    extent = ("--collection", "app.notes", "--where", "{answer: canary-value}", "--since", "2020-01-01")
    more = ("--until", "2020-12-31", "--reviewer", "kim", "--review", "2099-01-31", "--ground", "gdpr=others_rights")
    placed = call("hold", "place", *why, *extent, *more, "--json")
    assert placed.code == 0, placed.err
    shown = json.loads(placed.out)
    assert shown["conditions"] == ["answer"]
    assert [(one["regime"], one["ground"]) for one in shown["grounds"]] == [("gdpr", "others_rights")]
    assert shown["hold"]["reviewer"] == "kim"
    for lang, words in (("en", "rights of other people"), ("zh", "损害他人的权利")):
        said = call("hold", "show", "H-1", "--lang", lang).out
        assert words in said
        assert "2020-01-01 – 2020-12-31" in said
    assert call("hold", "release", "H-1", "--reason", "closed").code == 0
    said = call("hold", "place", *why, "--field", "app.notes.answer").out
    assert "Records with a value in app.notes.answer are kept whole" in said
    assert "canary-value" not in placed.out + said
    assert "canary-value" not in (shop.folder / ".dsr" / "state.db").read_bytes().decode("latin-1")


def test_with_a_register_that_cannot_be_read_nothing_is_deleted(shop: Company) -> None:
    with shop.session() as session:
        erasure, purge = plan_erasure(session, PERSON).id, plan_purge(session).id
        holds.place(session, wish(rules=("tax",)))
        with session.state._database.write() as connection:
            connection.exec_driver_sql("UPDATE dsr_hold SET sealed = 'x'")
            connection.exec_driver_sql("UPDATE dsr_counter SET value = 0 WHERE name = 'holds-generation'")
    for plan in (erasure, purge):
        with shop.session() as session, pytest.raises(StateError):
            apply(session, plan)
    with shop.session() as session, pytest.raises(StateError):
        plan_purge(session)
    assert ids(shop, "notes") == [1, 2, 3, 4, 5]


def test_a_new_state_database_in_place_of_a_lost_one_deletes_nothing_that_the_old_one_held(shop: Company) -> None:
    """The folder was lost whole, with its key: as in a container without its volume."""
    with shop.session() as session:
        assert not holds.place(session, wish(collections=("app.notes",))).pending
    shutil.rmtree(shop.folder / ".dsr")
    with shop.session() as session:
        plan = plan_erasure(session, PERSON).id
        with pytest.raises(StateError, match="holds of another state database"):
            apply(session, plan)
    assert ids(shop, "notes") == [1, 2, 3, 4, 5]
    shop.run("DELETE FROM dsr_fence WHERE substr(name, 1, 6) = 'holds '")
    with shop.session() as session:
        assert apply(session, plan).exit_code == 0
    assert ids(shop, "notes") == [4, 5]
