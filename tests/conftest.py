"""What all tests share: the servers, each started at most once per process, and a database of one's own there."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from servers_redis import redis_empty, redis_server  # noqa: F401 - fixtures
from servers_s3 import s3_plain, s3_versioned  # noqa: F401 - fixtures

# The suite that gates a change gives one answer for one tree; the long form looks elsewhere each time.
settings.register_profile(
    "dsr", deadline=None, suppress_health_check=list(HealthCheck), max_examples=25, derandomize=True
)
settings.register_profile(
    "long",
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=int(os.environ.get("DSR_EXAMPLES", 4000)),
)
settings.load_profile("dsr")

# Folders of tests lie in memory where the system offers it with room: thousands of commits otherwise wait for a disk
# that nobody unplugs.
_MEMORY = Path("/dev/shm")
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
    _room = os.statvfs(_MEMORY)
    if _room.f_bavail * _room.f_frsize > 4 << 30 and not _room.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The url of a PostgreSQL server's first database."""
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """The url of a MariaDB server, without a database."""
    with servers.mariadb() as url:
        yield url


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes fresh PostgreSQL databases; gives the url of each."""
    yield from _databases(postgres_server, "DROP DATABASE IF EXISTS {} WITH (FORCE)")


@pytest.fixture
def mariadb_database(mariadb_server: str) -> Iterator[Callable[[], str]]:
    """Makes fresh MariaDB databases; gives the url of each."""
    yield from _databases(mariadb_server, "DROP DATABASE IF EXISTS {}")


@pytest.fixture
def postgres_url(postgres_database: Callable[[], str]) -> str:
    """A fresh PostgreSQL database."""
    return postgres_database()


@pytest.fixture
def mariadb_url(mariadb_database: Callable[[], str]) -> str:
    """A fresh MariaDB database."""
    return mariadb_database()


def _databases(server: str, drop: str) -> Iterator[Callable[[], str]]:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    made: list[str] = []

    def make() -> str:
        name = f"t{next(_numbers)}"
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        made.append(name)
        return sa.make_url(server).set(database=name).render_as_string(hide_password=False)

    yield make
    with engine.connect() as connection:
        for name in made:
            connection.exec_driver_sql(drop.format(name))
    engine.dispose()
