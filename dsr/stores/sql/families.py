"""The database families: what belongs together for each."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from dsr.stores.sql.dialect import Dialect
from dsr.stores.sql.tables import TableInfo


@dataclass(frozen=True, slots=True)
class Family:
    """One family. `settle` is a statement to run after deleting; `residue` is what a delete leaves physically.

    `text_as_json`: JSON is read from columns of text as from any other.
    """

    dialect: Dialect
    reflect: Callable[[sa.Connection], list[TableInfo]]
    residue: str
    settle: str | None = None
    text_as_json: bool = False


def family_of(name: str) -> Family:
    """The family of an SQLAlchemy dialect; each is loaded when a database of it is opened."""
    match name:
        case "sqlite":
            from dsr.stores.sql.reflect_sqlite import reflect as reflect_sqlite
            from dsr.stores.sql.sqlite import SqliteDialect

            settle = "PRAGMA wal_checkpoint(TRUNCATE)"
            return Family(SqliteDialect(), reflect_sqlite, "", settle, text_as_json=True)
        case "postgresql":
            from dsr.stores.sql.postgres import PostgresDialect
            from dsr.stores.sql.reflect_postgres import reflect as reflect_postgres

            return Family(PostgresDialect(), reflect_postgres, _POSTGRES)
        case _:
            from dsr.stores.sql.mariadb import MariaDialect
            from dsr.stores.sql.reflect_mariadb import reflect as reflect_mariadb

            return Family(MariaDialect(), reflect_mariadb, _MARIADB)


_POSTGRES = (
    "Deleted rows stay in table and index pages until VACUUM (FULL for certain), and in write-ahead log and replicas."
)
_MARIADB = "Deleted rows stay in pages, undo and binary logs until InnoDB purges and reuses them, and in replicas."
