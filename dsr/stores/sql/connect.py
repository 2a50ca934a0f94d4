"""Opening a database: which driver, and what every session of ours is told first."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from dsr.core.errors import PolicyError
from dsr.core.policy import StoreConfig
from dsr.stores.sql.sqlite_functions import lend

SEES = "dsr.restricted"
"""The setting with which a session of PostgreSQL says that it must see restricted records."""

_LONGEST = 3600
"""Seconds that a statement of MariaDB may take where `statement_timeout` sets no limit; beyond, nobody is there."""

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
# the linter takes conditions over expressions for missing joins
_ENGINE: dict[str, Any] = {"hide_parameters": True, "enable_from_linting": False}
_OPTIONS = {
    "lock_timeout": 5.0,
    "statement_timeout": 0.0,
    "connect_timeout": 10.0,
    "answer_timeout": 60.0,
    "batch": 10_000.0,
    "receipts": 1.0,
}
"""What `options` of a store may set, in seconds and rows. No statement timeout: big tables take their time. After
`answer_timeout` seconds of silence PostgreSQL is asked on another line whether it is still at work.
`receipts: 0` keeps our two tables out of the database.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one SQL store."""

    lock_timeout: float
    statement_timeout: float
    connect_timeout: float
    answer_timeout: float
    batch: int
    receipts: bool


def settings_of(config: StoreConfig) -> Settings:
    """The options of a store, checked."""
    values = dict(_OPTIONS)
    for name, text in config.options:
        if name not in values:
            raise PolicyError(
                f"{config.at}: store {config.name!r} has no option {name!r}. Known: {', '.join(sorted(values))}."
            )
        try:
            values[name] = float(text)
        except ValueError:
            raise PolicyError(f"{config.at}: option {name!r} of store {config.name!r} must be a number.") from None
        if values[name] < 0 or (name == "batch" and values[name] < 1):
            raise PolicyError(f"{config.at}: option {name!r} of store {config.name!r} is too small.")
    return Settings(
        values["lock_timeout"],
        values["statement_timeout"],
        values["connect_timeout"],
        values["answer_timeout"],
        int(values["batch"]),
        bool(values["receipts"]),
    )


def engine_of(config: StoreConfig, settings: Settings) -> sa.Engine:
    """The engine of a store; it connects at first use. Raises ModuleNotFoundError when the driver is missing."""
    try:
        url = sa.make_url(config.url)
    except sa.exc.ArgumentError:
        raise PolicyError(
            f"{config.at}: the url of store {config.name!r} is no database url. "
            "Forms: sqlite:///path, postgresql://user@host/db, mysql://user@host/db."
        ) from None
    family, _, driver = url.drivername.partition("+")
    if family not in _DRIVERS:
        raise PolicyError(
            f"{config.at}: store {config.name!r} names the database {family!r}. Known: {', '.join(sorted(_DRIVERS))}."
        )
    if family == "sqlite":
        return _sqlite(config, url, settings)
    if not driver:
        url = url.set(drivername=_DRIVERS[family])
    return _server(url, settings)


def _sqlite(config: StoreConfig, url: sa.URL, settings: Settings) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise PolicyError(f"{config.at}: store {config.name!r} needs a file: sqlite:///path/to/file.db.")
    file = Path(url.database)

    def connect() -> sqlite3.Connection:
        # mode=rw never creates a file: an empty database in place of a mistyped path would look like "nothing held"
        return sqlite3.connect(
            f"file:{quote(str(file.absolute()))}?mode=rw",
            uri=True,
            timeout=settings.lock_timeout,
            isolation_level=None,
            check_same_thread=False,
        )

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool, **_ENGINE)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        lend(connection)
        for pragma in ("foreign_keys=ON", "secure_delete=ON", "wal_autocheckpoint=50000", "cache_size=-32768"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # a write that starts as a read can fail half-way when another writer came first
        write = connection.get_execution_options().get("dsr_write")
        if write:  # pages of indexes that many units touch are then read and written once
            connection.exec_driver_sql("PRAGMA cache_size=-65536")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _server(url: sa.URL, settings: Settings) -> sa.Engine:
    postgres = url.get_backend_name() == "postgresql"
    arguments: dict[str, Any] = {"connect_timeout": int(settings.connect_timeout) or 1}
    if postgres:
        # Plans must see the real bounds of each chunk, so nothing is prepared.
        arguments |= {"prepare_threshold": None, "application_name": "dsr"}
    else:
        wait = settings.statement_timeout + settings.lock_timeout if settings.statement_timeout else _LONGEST
        arguments |= {"charset": "utf8mb4", "read_timeout": wait, "write_timeout": wait}
    engine = sa.create_engine(url, connect_args=arguments, pool_pre_ping=True, **_ENGINE)
    if postgres:
        _patiently(engine, settings)
    statements = _postgres_session(settings) if postgres else _mysql_session(settings)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own class
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()

    return engine


def _patiently(engine: sa.Engine, settings: Settings) -> None:
    from dsr.stores.sql.patient import Patient

    @sa.event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> Patient:
        made = Patient.connect(*arguments, **named)
        made.silence, made.patience = settings.answer_timeout, max(1, int(settings.connect_timeout))
        return made


def _postgres_session(settings: Settings) -> list[str]:
    """One message for all; not as start-up options, which poolers refuse."""
    each = [
        f"SET lock_timeout = {int(settings.lock_timeout * 1000)}",
        f"SET statement_timeout = {int(settings.statement_timeout * 1000)}",
        "SET DateStyle = 'ISO, YMD'",
        "SET TimeZone = 'UTC'",
        "SET IntervalStyle = 'iso_8601'",
        "SET extra_float_digits = 1",
        "SET jit = off",
        f"SET {SEES} = 'seen'",
    ]
    return ["; ".join(each)]


def _mysql_session(settings: Settings) -> list[str]:
    return [
        f"SET SESSION innodb_lock_wait_timeout = {max(1, int(settings.lock_timeout))}",
        "SET SESSION time_zone = '+00:00'",
        "SET NAMES utf8mb4",
    ]
