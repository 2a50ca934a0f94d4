"""Taking deleted values out of a database's files, and saying honestly what that does not reach.

What was measured: in SQLite nothing is left after a VACUUM and a truncated log; in PostgreSQL some rows outlive a
VACUUM and none a VACUUM FULL, but the write-ahead log keeps every one until its segments are used again. Deleted keys
outlive a VACUUM in the pages of an index; REINDEX writes it anew, and VACUUM FULL does so by itself.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from dsr.core.errors import UnsupportedError
from dsr.core.store import Scrubbed

_TRUNCATE = "PRAGMA wal_checkpoint(TRUNCATE)"
_WAL = "SELECT count(*), coalesce(sum(size), 0), max(modification) FROM pg_ls_waldir()"


def scrub(engine: sa.Engine, tables: Iterable[str], *, whole: bool) -> Scrubbed:
    """Reclaim the storage of deleted rows."""
    if engine.dialect.name == "sqlite":
        return _sqlite(engine)
    if engine.dialect.name == "postgresql":
        return _postgres(engine, tables, whole=whole)
    raise UnsupportedError("this database gives no command that takes deleted values out of its files")


def files(engine: sa.Engine) -> tuple[Path, ...]:
    """The files of the database that can be read from here."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            main = connection.exec_driver_sql("PRAGMA database_list").all()[0][2]
            return tuple(path for end in ("", "-wal", "-journal", "-shm") if (path := Path(f"{main}{end}")).is_file())
        if engine.dialect.name != "postgresql":
            return ()
        try:
            folder = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar_one()))
            own = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()")
            places = (folder / "base" / str(own.scalar_one()), folder / "pg_wal")
            return tuple(path for place in places for path in sorted(place.rglob("*")) if path.is_file())
        except (sa.exc.DBAPIError, OSError):
            return ()  # only an administrator may ask, or the server is elsewhere


def _sqlite(engine: sa.Engine) -> Scrubbed:
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            raise UnsupportedError("there is no connection to this database")
        driver.execute("VACUUM")
        busy = driver.execute(_TRUNCATE).fetchone()[0]
        free = driver.execute("PRAGMA freelist_count").fetchone()[0]
    left = []
    if busy:
        left.append("somebody still reads: its write-ahead log keeps older pages until then. Run it again.")
    if free:
        left.append(f"{free} free pages came meanwhile; they are overwritten with zeros.")
    return Scrubbed(("VACUUM", _TRUNCATE), tuple(left), not left)


def _postgres(engine: sa.Engine, tables: Iterable[str], *, whole: bool) -> Scrubbed:
    quoted = engine.dialect.identifier_preparer.quote
    hows = ("VACUUM (FULL)",) if whole else ("VACUUM (INDEX_CLEANUP ON)", "REINDEX TABLE CONCURRENTLY")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            named = ".".join(quoted(part) for part in table.split("."))
            for how in hows:
                connection.exec_driver_sql(f"{how} {named}")
        left = [] if whole else ["rows may outlive a VACUUM in pages that are in use; --full rewrites the tables."]
        left.append(_write_ahead(connection))
        if connection.exec_driver_sql("SHOW archive_mode").scalar_one() != "off":
            left.append("the archive of the write-ahead log keeps every deleted row for as long as it is kept itself.")
    return Scrubbed(hows, tuple(left), whole)


def _write_ahead(connection: sa.Connection) -> str:
    try:
        count, size, newest = connection.exec_driver_sql(_WAL).one()
    except sa.exc.DBAPIError:
        return "the write-ahead log keeps every deleted row until it is used again; this account may not look into it."
    at = (newest if newest.tzinfo else newest.replace(tzinfo=UTC)).astimezone(UTC) if newest else datetime.now(UTC)
    return (
        f"the write-ahead log ({count} segments, {int(size) >> 20} MB, the newest of {at:%Y-%m-%d %H:%M} UTC) keeps "
        "every deleted row until these segments are used again."
    )
