"""A draft for an estate that nobody has mapped: it loads, it covers everything, it deletes nothing by the calendar."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsr.core.errors import StoreUnreachableError, UsageError
from dsr.core.progress import Silent
from dsr.jobs.init import init
from dsr.jobs.people import Asked, find
from dsr.jobs.purge import plan_purge
from dsr.jobs.sample.estate import build
from dsr.jobs.session import Session


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    build(folder / "demo", people=60, as_of=date(2026, 11, 23))
    return folder


def drafted(folder: Path, *sources: str) -> Session:
    init(sources, folder / "retention.yaml")
    return Session(folder / "retention.yaml", {}, "tester", Silent())


@pytest.fixture(scope="module")
def session(estate: Path, tmp_path_factory: pytest.TempPathFactory):
    sources = (
        f"app=sqlite:///{estate}/demo/app.db",
        f"logs=logs:{estate}/demo/logs",
        f"media=file://{estate}/demo/media",
    )
    with drafted(tmp_path_factory.mktemp("draft"), *sources) as made:
        yield made


def test_the_draft_loads_and_leaves_nothing_undeclared(session):
    assert session.policy.rules
    assert (session.estate.gaps, session.gaps) == ((), ())


def test_the_draft_finds_people_by_the_links_it_read(session):
    found = find(session, Asked((("email", "lin.xia@example.com"),)))
    assert found.accounts == 1
    assert {place.place for place in found.places if place.own} >= {"app.users", "app.orders", "app.sessions"}


def test_the_draft_deletes_nothing_by_the_calendar(session):
    assert not plan_purge(session).appliable


def test_every_guess_waits_for_a_person(session):
    text = session.policy_path.read_text(encoding="utf-8")
    assert "password_hash: {category: credential, export: secret}     # confirm" in text
    assert "email: {at: [app.users.email], match: email}     # confirm" in text


def test_an_existing_file_is_left_alone(estate, tmp_path):
    (tmp_path / "retention.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError):
        init((f"app=sqlite:///{estate}/demo/app.db",), tmp_path / "retention.yaml")
    assert (tmp_path / "retention.yaml").read_text(encoding="utf-8") == "mine"


def test_a_store_that_does_not_answer_gives_no_file(tmp_path):
    with pytest.raises(StoreUnreachableError):
        init((f"app=sqlite:///{tmp_path}/nothing.db",), tmp_path / "retention.yaml")
    assert not (tmp_path / "retention.yaml").exists()


@pytest.mark.parametrize("source", ["app", "=sqlite:///x.db", "a b=sqlite:///x.db", "app="])
def test_a_source_without_a_name_or_address_is_refused(tmp_path, source):
    with pytest.raises(UsageError):
        init((source,), tmp_path / "retention.yaml")


def test_a_password_in_a_broken_source_is_not_repeated(tmp_path):
    with pytest.raises(UsageError) as raised:
        init(("postgresql://user:hunter2@host/db?x=y",), tmp_path / "retention.yaml")
    assert "hunter2" not in str(raised.value)


def test_odd_names_composite_keys_and_several_references_are_drafted_so_that_they_load(tmp_path):
    url = f"sqlite:///{tmp_path}/odd.db"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in (
            'CREATE TABLE users (id INTEGER PRIMARY KEY, "e-mail" TEXT, "NO" TEXT, "odd name" TEXT)',
            "CREATE TABLE pairs (a INTEGER, b INTEGER, user_id INTEGER REFERENCES users (id), PRIMARY KEY (a, b))",
            "CREATE TABLE parts (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, what TEXT, "
            "FOREIGN KEY (a, b) REFERENCES pairs (a, b))",
            "CREATE TABLE moves (id INTEGER PRIMARY KEY, x INTEGER REFERENCES parts (id), "
            "y INTEGER REFERENCES parts (id))",
            'CREATE TABLE "order" (id INTEGER PRIMARY KEY, "true" TEXT)',
            "CREATE TABLE loose (word TEXT)",
            'CREATE TABLE "会员" (id INTEGER PRIMARY KEY, "证件号码" TEXT, "备 注" TEXT)',
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    with drafted(tmp_path, f"app={url}") as session:
        assert (session.estate.gaps, session.gaps) == ((), ())
    written = (tmp_path / "retention.yaml").read_text(encoding="utf-8")
    assert "  app.会员:\n" in written
    assert "      证件号码: government_id" in written


def test_values_say_what_a_column_is_and_none_of_them_is_written_down(tmp_path):
    url = f"sqlite:///{tmp_path}/odd.db"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, c7 TEXT, phone TEXT, dob DATE, extra JSON)"
        )
        for n in range(40):
            connection.exec_driver_sql(
                "INSERT INTO users VALUES (?, ?, ?, ?, ?)",
                (n, f"p{n}@example.com", f"{n % 2}", f"19{50 + n}-03-0{n % 9 + 1}", f'{{"ip": "203.0.113.{n}"}}'),
            )
    engine.dispose()
    with drafted(tmp_path, f"app={url}") as session:
        fields = {str(field.path[0]): field.category for field in session.policy.entries[0].fields}
        text = session.policy_path.read_text(encoding="utf-8")
    assert fields == {"c7": "contact.email", "phone": "none", "dob": "birth", "extra": "device.ip"}
    assert "example.com" not in text.replace("privacy@example.com", "")
    assert "203.0" not in text


def test_people_are_found_by_what_a_column_holds_whatever_its_name(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/crm.db")
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE customer (nr INTEGER PRIMARY KEY, mail TEXT, mobile TEXT)",
            "CREATE TABLE newsletter (addr TEXT PRIMARY KEY, since TEXT)",
            "CREATE TABLE hooks (id INTEGER PRIMARY KEY, payload TEXT)",
            "INSERT INTO customer VALUES (1, 'ann.lee@example.org', '+8613800138000')",
            "INSERT INTO customer VALUES (2, 'zhang.wei@example.com', '+8613900139000')",
            "INSERT INTO newsletter VALUES ('ann.lee@example.org', '2024-01-01')",
            """INSERT INTO hooks VALUES (1, '{"buyer": {"mail": "ann.lee@example.org"}}')""",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    with drafted(tmp_path, f"app=sqlite:///{tmp_path}/crm.db") as session:
        text = session.policy_path.read_text(encoding="utf-8")
        assert text.index("app.customer:") < text.index("app.newsletter:")
        found = find(session, Asked((("email", "Ann.Lee@example.org"),)))
        assert {place.entry: place.own for place in found.places} == {
            "app.customer": 1,
            "app.newsletter": 1,
            "app.hooks": 1,
        }
        assert find(session, Asked((("phone", "+86 138 0013 8000"),))).token == found.token


def test_a_password_stays_out_of_the_file(tmp_path, postgres_database):
    url = sa.make_url(postgres_database()).set(username="postgres", password="hunter-2")
    begun = init((f"app={url.render_as_string(hide_password=False)}",), tmp_path / "retention.yaml")
    text = (tmp_path / "retention.yaml").read_text(encoding="utf-8")
    assert "hunter-2" not in text
    assert begun.variables == ("DSR_APP_URL",)
    assert 'url: "${DSR_APP_URL}"' in text
