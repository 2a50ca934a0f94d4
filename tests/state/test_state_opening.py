"""Making, opening and refusing a state database."""

import os
import shutil
import sqlite3
import stat
import traceback
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from statekit import NOON, Spot, hold_over, person, saved_plan

from dsr.core.errors import DsrError, LockedError, StateError
from dsr.state import connection as connecting
from dsr.state import schema
from dsr.state.database import open_state


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def snapshot(spot: Spot) -> tuple[object, ...]:
    with spot.open() as state:
        plans = tuple((row, state.plan(row.id)) for row in state.plans())
        return state.holds(), state.all_holds(), plans, state.unfinished_runs()


def test_folder_database_and_key_are_the_owners_alone(sqlite_spot: Spot) -> None:
    old = os.umask(0)
    try:
        with sqlite_spot.open() as state:
            state.next_plan_id()
            files = sorted(sqlite_spot.key.parent.iterdir())
            assert [mode(file) for file in files] == [0o600] * len(files)
    finally:
        os.umask(old)
    assert mode(sqlite_spot.key.parent) == 0o700
    assert len(sqlite_spot.key.read_bytes()) == 32


def test_sqlite_keeps_a_durable_log_and_overwrites_what_it_deletes(sqlite_state) -> None:
    with sqlite_state._database.read() as connection:
        asked = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert found == ["wal", 2, 1, 1]


def test_opening_again_finds_everything(spot: Spot) -> None:
    with spot.open() as state:
        one = person(state)
        saved_plan(state, one)
        state.place(hold_over("H-1", one))
        before = state.holds(), state.plan("P-1"), state.plan_subjects("P-1")
    with spot.open() as state:
        assert (state.holds(), state.plan("P-1"), state.plan_subjects("P-1")) == before
        assert state.next_plan_id() == "P-2"


def test_absolute_paths_and_another_place_for_the_key(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "mine"
    key.parent.mkdir()
    with open_state(f"sqlite:///{tmp_path}/data/s.db", Path("/nowhere"), key=key) as state:
        state.next_plan_id()
    assert len(key.read_bytes()) == 32
    assert (tmp_path / "data" / "s.db").exists()


def test_a_missing_database_is_not_made_anew_while_its_key_is_there(spot: Spot) -> None:
    with spot.open() as state:
        state.place(hold_over("H-1"))
    if spot.url.startswith("sqlite"):
        for file in spot.file.parent.glob("state.db*"):
            file.unlink()
    else:
        drop_tables(spot)
    with pytest.raises(StateError, match="Restore the database from its newest backup"):
        spot.open()


def drop_tables(spot: Spot) -> None:
    engine = create_engine(spot.url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


def test_an_emptied_database_file_is_not_taken_for_a_new_one(sqlite_spot: Spot) -> None:
    with sqlite_spot.open() as state:
        state.place(hold_over("H-1"))
    sqlite_spot.file.write_bytes(b"")
    with pytest.raises(StateError, match="it is empty, but a key"):
        sqlite_spot.open()


def test_a_missing_key_is_never_replaced(spot: Spot) -> None:
    with spot.open():
        pass
    spot.key.unlink()
    with pytest.raises(StateError, match="key of the state database is missing"):
        spot.open()
    assert not spot.key.exists()


def test_another_databases_key_is_refused(spot: Spot) -> None:
    with spot.open():
        pass
    spot.key.write_bytes(bytes(32))
    with pytest.raises(StateError, match="not the key of the state database"):
        spot.open()


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_can_reach_is_refused(sqlite_spot: Spot, bits: int) -> None:
    with sqlite_spot.open():
        pass
    sqlite_spot.key.chmod(bits)
    with pytest.raises(StateError, match="Run: chmod 600"):
        sqlite_spot.open()


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_the_wrong_length_is_refused(sqlite_spot: Spot, length: int) -> None:
    with sqlite_spot.open():
        pass
    sqlite_spot.key.write_bytes(bytes(length))
    with pytest.raises(StateError, match="not a key of 32 bytes"):
        sqlite_spot.open()


def test_an_unknown_schema_version_is_refused(spot: Spot) -> None:
    with spot.open() as state, state._database.write() as connection:
        connection.exec_driver_sql("UPDATE dsr_meta SET value = '99' WHERE name = 'schema_version'")
    with pytest.raises(StateError, match=rf"its schema version is not {schema.VERSION}, the one"):
        spot.open()


def test_a_file_that_is_no_database_is_refused(sqlite_spot: Spot) -> None:
    sqlite_spot.file.parent.mkdir()
    sqlite_spot.file.write_bytes(b"not a database, though quite long\n" * 100)
    with pytest.raises(StateError, match="the file is damaged"):
        sqlite_spot.open()


def test_an_interrupted_first_start_is_taken_up(sqlite_spot: Spot) -> None:
    with sqlite_spot.open() as state:
        state.place(hold_over("H-1"))
    sqlite_spot.key.rename(sqlite_spot.key.with_name("key.new"))
    with sqlite_spot.open() as state:
        assert len(state.holds().active) == 1
    assert [file.name for file in sqlite_spot.key.parent.glob("key*")] == ["key"]


def test_a_first_start_that_ended_before_its_tables_leaves_nothing_in_the_way(sqlite_spot: Spot) -> None:
    sqlite_spot.file.parent.mkdir()
    sqlite_spot.file.touch()
    sqlite_spot.key.with_name("key.new").write_bytes(b"half")
    with sqlite_spot.open() as state:
        assert state.next_plan_id() == "P-1"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql+pymysql://u:secret-word@host/db",
        "nonsense secret-word",
        "sqlite:///file:x?mode=memory&uri=true",
        "postgresql+psycopg://u:secret-word@127.0.0.1:1/db",
        "postgresql+psycopg://u:secret-word@127.0.0.1:notaport/db",
    ],
)
def test_an_address_that_cannot_hold_the_state_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(StateError) as caught:
        open_state(url, tmp_path)
    assert "secret-word" not in "".join(traceback.format_exception(caught.value))


def test_a_folder_without_rights_is_named(sqlite_spot: Spot) -> None:
    with sqlite_spot.open():
        pass
    if os.geteuid() == 0:  # rights do not bind root: ask as somebody else
        error = as_nobody(sqlite_spot)
    else:
        sqlite_spot.key.parent.chmod(0)
        error = failure(sqlite_spot)
        sqlite_spot.key.parent.chmod(0o700)
    assert error.startswith("StateError")
    assert "right" in error


def failure(spot: Spot) -> str:
    try:
        with spot.open():
            return "opened"
    except DsrError as error:
        return f"{type(error).__name__}: {error}"


def as_nobody(spot: Spot) -> str:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        os.write(write, failure(spot).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answers:
        answer = answers.read()
    os.waitpid(child, 0)
    return answer


def test_a_flipped_byte_is_refused_or_changes_nothing(sqlite_spot: Spot, tmp_path: Path) -> None:
    """Whatever byte of the file is damaged: an error of ours, or the very same holds, plans and runs."""
    with sqlite_spot.open() as state:
        one = person(state)
        saved_plan(state, one)
        state.place(hold_over("H-1", one))
        state.place(hold_over("H-2"))
        state.release("H-2", "kim", NOON, "settled")
    whole = sqlite_spot.file.read_bytes()
    truth = snapshot(sqlite_spot)
    used = [at for at in range(0, len(whole), 7) if whole[at]]
    copy = Spot(sqlite_spot.url, tmp_path / "copy")
    refused = 0
    for at in used[:: max(1, len(used) // 150)]:
        shutil.rmtree(copy.root, ignore_errors=True)
        copy.file.parent.mkdir(parents=True)
        shutil.copy(sqlite_spot.key, copy.key)
        copy.file.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            assert snapshot(copy) == truth
        except StateError:
            refused += 1
    assert refused > 10


def test_a_writer_that_never_ends_is_named_as_a_lock(sqlite_spot: Spot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "_WAIT_SECONDS", 0)
    with sqlite_spot.open() as state:
        other = sqlite3.connect(sqlite_spot.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockedError, match="another process has been writing"):
            state.next_plan_id()
        other.close()
        assert state.next_plan_id() == "P-1"
