"""Whether deleted values are gone from the files themselves, and what a scrub does about it."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from calling import Caller
from company import USERS, USERS_DATA, Company, company

from dsr.core.levels import Shown
from dsr.jobs import certifying
from dsr.jobs.people import Asked
from dsr.jobs.scrub import Probe, probe, scrub
from dsr.jobs.verify import verify

CANARY = "canary.wren@example.com"
NOTES = "CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, at TIMESTAMP, body TEXT)"
DATA = USERS_DATA + "  app.notes: {rule: notes, subject: user_id, start: at, fields: {body: content}}\n"
PERSON = Asked((("email", CANARY), ("user_id", "1")))


@pytest.fixture
def shop(database: str, tmp_path: Path) -> Company:
    made = company(tmp_path / "co", database, (USERS, NOTES), DATA)
    said = (f"({n}, {1 + n % 2}, '2026-11-01', 'said by {CANARY if n % 2 == 0 else 'nobody'}')" for n in range(400))
    rows = ", ".join(said)
    made.run(
        f"INSERT INTO users VALUES (1, '{CANARY}', NULL), (2, 'bo@example.com', NULL)",
        f"INSERT INTO notes VALUES {rows}",
    )
    return made


def seen(made: Company) -> Probe:
    with made.session() as session:
        return next(one for one in probe(session, [CANARY]).stores if one.store == "app")


def by_hand(made: Company) -> None:
    """Deleted by another program, which leaves the bytes where they are, in the file and in the write-ahead log."""
    with sqlite3.connect(made.folder.parent / "app.db") as file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA secure_delete=OFF")
        file.execute("DELETE FROM notes WHERE user_id = 1")
        file.execute("DELETE FROM users WHERE id = 1")
        file.commit()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_bytes_that_outlive_a_delete_are_found_and_scrubbed(shop: Company) -> None:
    by_hand(shop)
    raw = shop.folder.parent / "app.db"
    assert CANARY.encode() in raw.read_bytes()
    before = seen(shop)
    assert (before.level, dict(before.found)["utf-8"] > 100) == ("L0", True)
    with shop.session() as session:
        (made,) = scrub(session, ["app"])
    assert (made.able, made.left) == (True, ())
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in raw.parent.glob("app.db*"))
    assert (seen(shop).level, seen(shop).found) == ("L2", ())
    assert len(shop.rows("SELECT id FROM notes")) == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_scrub_says_that_a_reader_keeps_the_log(shop: Company) -> None:
    by_hand(shop)
    reader = sqlite3.connect(shop.folder.parent / "app.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM notes").fetchall()
    with shop.session() as session:
        (made,) = scrub(session, ["app"])
    assert any("somebody still reads" in text for text in made.left)
    reader.close()


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_in_postgresql_the_log_is_what_remains_and_is_said(shop: Company) -> None:
    engine = sa.create_engine(shop.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        assert seen(shop).level == "L0"
        plan, _ = shop.erase(("email", CANARY))
        with shop.session() as session:
            (lazy,) = scrub(session, ["app"])
            assert (lazy.done, lazy.reclaimed) == (("VACUUM (INDEX_CLEANUP ON)", "REINDEX TABLE CONCURRENTLY"), False)
            assert certifying.show(session, plan.id).stores[0].shown is None
            (made,) = scrub(session, ["app"], whole=True)
            (level,) = certifying.show(session, plan.id).stores
            assert (level.shown, level.remains.startswith("the write-ahead log (")) == (Shown.SCRUB, True)
        assert any(text.startswith("the write-ahead log (") and " UTC" in text for text in made.left)
        connection.exec_driver_sql("CHECKPOINT")
        files = connection.exec_driver_sql(
            "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database "
            "WHERE datname = current_database()"
        )
        heap = Path(files.scalar_one())
    engine.dispose()
    assert heap.is_dir()
    assert not [path for path in heap.iterdir() if CANARY.encode() in path.read_bytes()]
    with shop.session() as session:
        verified = verify(session, plan.id, [PERSON], raw=True)
    assert (verified.level, verified.clean, verified.exit_code) == ("L1", True, 7)  # the log still has it


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_bytes_that_show_the_person_and_a_search_for_others_reach_no_deeper(shop: Company) -> None:
    plan, _ = shop.erase(("email", CANARY))
    other, _ = shop.erase(("email", "bo@example.com"))
    copy = shop.folder.parent / "app.db-shm"
    copy.write_bytes(CANARY.encode("utf-16-le"))
    with shop.session() as session:
        verify(session, plan.id, [PERSON], raw=True)
        verify(session, other.id, [Asked((("email", "bo@example.com"),))], raw=True)
        assert certifying.show(session, plan.id).stores[0].shown is None
        assert certifying.show(session, other.id).stores[0].shown is Shown.BYTES


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_verify_bytes_at_the_command_line(shop: Company, monkeypatch, capsys) -> None:
    plan, _ = shop.erase(("email", CANARY))
    call = Caller(shop, monkeypatch, capsys)
    found = call("verify", plan.id, "--email", CANARY, "--bytes", "--json")
    assert found.code == 0, found.err
    assert json.loads(found.out)["level"] == "L2"
    with shop.session(datetime.now(UTC)) as session:
        (level,) = certifying.show(session, plan.id).stores
    assert (level.shown, level.values) == (Shown.BYTES, 1)
    copy = shop.folder.parent / "app.db-shm"
    copy.write_bytes(CANARY.encode("utf-16-le"))
    for lang, words in (("en", "Backups, replicas and archives"), ("zh", "备份、副本和归档")):
        left = call("verify", plan.id, "--email", CANARY, "--bytes", "--lang", lang)
        assert left.code == 7
        assert "utf-16le" in left.out
        assert words in left.out
        assert CANARY not in left.out
    copy.unlink()
    assert call("scrub", "app", "--lang", "zh").code == 0
    assert call("scrub", "nothing").code == 2
