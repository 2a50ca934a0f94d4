"""Opening the state database: where it lies, its tables, its key. It is made once and never made again in silence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL, inspect, make_url, select
from sqlalchemy.exc import ArgumentError

from dsr.core.errors import StateError
from dsr.state import schema
from dsr.state.connection import Database
from dsr.state.corrections import Corrections
from dsr.state.events import Events
from dsr.state.former import Former
from dsr.state.gates import Gates
from dsr.state.holds import HoldRegister
from dsr.state.journal import Journal
from dsr.state.leases import Leases
from dsr.state.ledger import LedgerRegister
from dsr.state.levels import LevelRegister
from dsr.state.notices import Notices
from dsr.state.openings import Openings
from dsr.state.packages import Packages
from dsr.state.part import Clock
from dsr.state.plans import Plans
from dsr.state.proving import Proving
from dsr.state.requests import RequestRegister
from dsr.state.runs import Runs
from dsr.state.sealing import Seal, read_key, write_key
from dsr.state.subjects import Subjects
from dsr.state.suppression import Suppression
from dsr.state.switch import Switch

_FORMS = "sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE"


class State(
    Subjects,
    Plans,
    Journal,
    Runs,
    Gates,
    HoldRegister,
    RequestRegister,
    Proving,
    Notices,
    Packages,
    Corrections,
    Leases,
    Switch,
    Suppression,
    Former,
    Events,
    Openings,
    LedgerRegister,
    LevelRegister,
):
    """The tool's own database. Every act is one transaction and safe among several processes.

    `folder` is where its key lies, and what else belongs to it.
    """

    def __init__(self, database: Database, seal: Seal, clock: Clock, folder: Path) -> None:
        super().__init__(database, seal, clock)
        self.folder = folder

    def generation(self) -> int:
        """The generation of the hold register, for a check between two batches; a run also shows that it lives."""
        with self._database.read() as connection:
            self.check_lease(connection)
            found = schema.current_number(connection, schema.GENERATION)
        self.keep_lease()
        return found

    @contextmanager
    def together(self) -> Iterator[None]:
        """Makes one transaction of all acts in the block: they are all there afterwards, or none is."""
        with self._database.write():
            yield

    def close(self) -> None:
        """Give back all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def utcnow() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def open_state(url: str, root: Path, *, key: Path | None = None, clock: Clock = utcnow) -> State:
    """Open the state database, and make it when neither it nor its key exist yet.

    Relative SQLite paths count from `root`. The key lies beside a SQLite file, else in `.dsr/key` under `root`,
    unless `key` names another place.
    """
    address = _address(url, root)
    if address.get_backend_name() == "sqlite":
        file = Path(address.database or "")
        key = key or file.parent / "key"
        _make_file(file, key)
    else:
        key = key or root / ".dsr" / "key"
        _make_folder(key.parent)
    database = Database(address)
    try:
        return State(database, _unlock(database, key), clock, key.parent)
    except BaseException:
        database.close()
        raise


def _address(url: str, root: Path) -> URL:
    try:
        address = make_url(url)
        kind = address.get_backend_name()
    except (ArgumentError, ValueError):
        raise StateError(f"state: this is not a database address. Write {_FORMS}.") from None
    if kind == "postgresql":
        return address
    if kind != "sqlite" or address.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StateError(f"state: a database of the kind {address.drivername!r} cannot hold it. Write {_FORMS}.")
    if address.database in (None, "", ":memory:") or str(address.database).startswith("file:"):
        raise StateError("state: the state database must be a file, or the holds are forgotten. Write sqlite:///PATH.")
    return address.set(database=str(root.absolute() / str(address.database)))


def _make_file(file: Path, key: Path) -> None:
    try:
        if _is_there(key) and not file.exists():  # in this order: whoever makes the key has made the file before
            raise StateError(
                f"{file}: the state database is missing, but its key {key} is there. Restore the database from its "
                "newest backup: it holds the legal holds. Only if there never was one, remove the key and try again."
            )
        _make_folder(file.parent)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StateError(
            f"{file}: cannot open the state database ({error.strerror}). Give this user the right to read and "
            "write the folder and the file, or name another place under `state:`."
        ) from None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"{folder}: cannot make the folder of the state database ({error.strerror}).") from None


def _unlock(database: Database, key: Path) -> Seal:
    with database.read() as connection:
        made = inspect(connection).has_table(schema.meta.name)
    if not made:
        _create(database, key)
    with database.read() as connection:
        rows = connection.execute(select(schema.meta.c.name, schema.meta.c.value)).all()
    facts = {row.name: row.value for row in rows}
    if facts.get("schema_version") in schema.EARLIER:
        _upgrade(database)
        return _unlock(database, key)
    if facts.get("schema_version") != schema.VERSION:
        raise StateError(
            f"state database {database.where}: its schema version is not {schema.VERSION}, the one this program "
            "knows. Use the version of the program that wrote it, or a newer one."
        )
    _settle(key)
    seal = Seal(read_key(key))
    if facts.get("key_check") != seal.check:
        raise StateError(
            f"{key}: this is not the key of the state database {database.where}. "
            "Restore the key file that belongs to it; do not make a new one."
        )
    return seal


def _upgrade(database: Database) -> None:
    from dsr.state.upgrading import upgrade  # alembic takes long to load, and is needed once

    with database.write() as connection:
        of_version = schema.meta.c.name == "schema_version"
        version = connection.execute(select(schema.meta.c.value).where(of_version)).scalar_one()
        if version in schema.EARLIER:
            upgrade(connection, version)


def _create(database: Database, key: Path) -> None:
    """Make the tables. The new key gets its name only after they are committed, so an interruption leaves no trace
    that could be taken for a lost database.
    """
    with database.write() as connection:
        if inspect(connection).has_table(schema.meta.name):
            return  # another process was faster
        if _is_there(key):
            raise StateError(
                f"state database {database.where}: it is empty, but a key {key} exists, so it held something once. "
                "Restore the database from its newest backup: it holds the legal holds. Only if there never was "
                "one, remove the key and try again."
            )
        coming = _coming(key)
        coming.unlink(missing_ok=True)
        schema.create(connection, Seal(write_key(coming)).check)
    _settle(key)


def _settle(key: Path) -> None:
    """Give a key whose database is committed its name."""
    try:
        if not _is_there(key):
            _coming(key).rename(key)
    except FileNotFoundError:
        return  # settled before, perhaps by another process; or missing, which reading it will say
    except OSError as error:
        raise StateError(f"{key}: cannot give the new key its name ({error.strerror}). Run it again.") from None


def _is_there(key: Path) -> bool:
    try:
        return key.exists()
    except OSError as error:
        raise StateError(
            f"{key}: cannot reach the key file ({error.strerror}). Give this user the right to its folder."
        ) from None


def _coming(key: Path) -> Path:
    return key.with_name(f"{key.name}.new")
