"""One connection to the state database: transactions that behave the same on SQLite and PostgreSQL, clear errors."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from dsr.core.errors import DsrError, InstallError, LockedError, StateError

_WAIT_SECONDS = 30
_TURNS = 200
_WRITES = "dsr_writes"
_WRITER_LOCK = 0x6473722D73746174  # "dsr-stat": all writers of one PostgreSQL database queue here
_FULL = {"SQLITE_FULL", "53100"}
_BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_LOCKED", "55P03"}
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
_DENIED = {"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH", "42501", "28000", "28P01"}
_DAMAGE = "state database {name}: the file is damaged. Restore it, with its key file, from a backup."


class _Inside(threading.local):
    """What a thread is in the midst of."""

    connection: Connection | None = None
    scrub: bool = False


class Database:
    """The state database. `where` names it in messages, without password."""

    def __init__(self, url: URL) -> None:
        self.where = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
        self._sqlite = url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(url) if self._sqlite else _postgres_engine(url)
        self._inside = _Inside()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database throughout; inside a writing one it is part of that."""
        if self._inside.connection is not None:
            yield self._inside.connection
            return
        with self._explained(), self._engine.connect() as connection:
            if not self._sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction of the only writer: what it reads stays true until it commits.

        Inside another one of the same thread it is part of that one.
        """
        if self._inside.connection is not None:
            yield self._inside.connection
            return
        with self._explained(), self._engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                if not self._sqlite:
                    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
                self._inside.connection = connection
                try:
                    yield connection
                finally:
                    self._inside.connection = None
        if self._inside.scrub:
            self.scrub()

    def scrub(self) -> None:
        """Take deleted values out of SQLite's write-ahead log too, unless a reader still needs it.

        PostgreSQL reclaims them when it vacuums; they are sealed until then.
        """
        self._inside.scrub = self._inside.connection is not None  # then it is done when that transaction ends
        if self._sqlite and not self._inside.scrub:
            with self._explained(), self._engine.connect() as connection:
                raw = connection.connection.driver_connection
                if isinstance(raw, sqlite3.Connection):
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise _explain(error, str(self.where)) from None  # a driver's own words may quote values
        except UnicodeError:
            raise StateError(_DAMAGE.format(name=self.where)) from None  # SQLite names a broken table in broken words


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, not where the driver guesses
        _log_ahead(connection)
        for setting in ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switches to the write-ahead log. While others do so too SQLite refuses at once; then wait for them."""
    for _ in range(_TURNS):
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname not in _BUSY:
                raise
            connection.execute("BEGIN IMMEDIATE")  # this one waits
            connection.execute("ROLLBACK")
            continue
        if mode == ("wal",):
            return
        break
    raise sqlite3.OperationalError("no write-ahead log here")


def _postgres_engine(url: URL) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    connect: dict[str, Any] = {"connect_timeout": _WAIT_SECONDS} if "psycopg" in url.drivername else {}
    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=connect)
    except ImportError:
        raise InstallError(
            "The state database is PostgreSQL, whose driver is not installed. Run: pip install 'dsr[postgres]'"
        ) from None
    if connect:
        from dsr.state.patient import Patient

        @event.listens_for(engine, "do_connect")
        def open_(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> Patient:
            return Patient.connect(*arguments, **named)

    return engine


def _explain(error: SQLAlchemyError | sqlite3.Error, where: str) -> DsrError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = str(getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or "")
    short = "_".join(code.split("_")[:2])  # SQLITE_IOERR_WRITE -> SQLITE_IOERR
    name = f"{where} ({code or type(cause).__name__})"
    if {code, short} & _BUSY:
        return LockedError(
            f"state database {name}: another process has been writing for {_WAIT_SECONDS} s. "
            "Wait until it ends and try again; nothing was changed."
        )
    if {code, short} & _FULL or short == "SQLITE_IOERR":
        return StateError(
            f"state database {name}: the disk is full or cannot be written. Earlier entries are intact. "
            "Make room, then resume."
        )
    if {code, short} & _DAMAGED:
        return StateError(_DAMAGE.format(name=name))
    if {code, short} & _DENIED:
        return StateError(f"state database {name}: no access. Give this user the right to read and write it.")
    return StateError(
        f"state database {name}: it did not answer as it should. Check that it runs and that the address in "
        "`state:` is right. Nothing is deleted without it."
    )
