"""A server that takes every connection and never answers: what is waited for, and what not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from wires import Line

from dsr.core.errors import StateError, StoreUnreachableError
from dsr.core.policy import StoreConfig
from dsr.state.database import open_state
from dsr.state.patient import Patient
from dsr.stores.sql.connect import engine_of, settings_of
from dsr.stores.sql.store import SqlStore

QUICK = (("answer_timeout", "0.2"), ("connect_timeout", "1"))


def config(url: str) -> StoreConfig:
    return StoreConfig("app", "sql", url, "UTC", QUICK, "retention.yaml:1")


def opened(url: str) -> sa.Engine:
    return engine_of(config(url), settings_of(config(url)))


@pytest.fixture
def line(postgres_database: Callable[[], str]) -> Line:
    return Line(postgres_database())


def test_a_statement_that_takes_long_is_waited_for(line: Line) -> None:
    engine = opened(line.url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT pg_sleep(0.6), 7").scalars(1).one() == 7
    engine.dispose()


def test_an_answer_that_got_lost_is_not_waited_for(line: Line) -> None:
    """The server works, and has long done what it was asked for."""
    engine = opened(line.url)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE there (id INT)")
        line.cut_at(1, "lost")
        with pytest.raises(sa.exc.OperationalError):
            connection.commit()
    assert sa.inspect(engine).has_table("there")
    engine.dispose()


def test_a_store_that_takes_connections_and_says_nothing_is_not_reachable(line: Line) -> None:
    engine = opened(line.url)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE there (id INT)")
        line.cut_at(1, "never")
        with pytest.raises(sa.exc.OperationalError):
            connection.commit()
    store = SqlStore(config(line.url))
    with pytest.raises(StoreUnreachableError, match="does not answer"):
        list(store.collections())
    store.close()
    engine.dispose()


def test_a_state_database_that_says_nothing_ends_the_command(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Patient, "patience", 0.2)
    state = open_state(line.url, tmp_path)
    line.cut_at(1, "never")
    with pytest.raises(StateError, match="did not answer"):
        state.next_token()
    state.close()
