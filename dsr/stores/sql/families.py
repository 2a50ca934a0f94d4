"""The database families: what belongs together for each."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from dsr.stores.sql import reflect_mariadb, reflect_postgres, reflect_sqlite
from dsr.stores.sql.dialect import Dialect
from dsr.stores.sql.mariadb import MariaDialect
from dsr.stores.sql.postgres import PostgresDialect
from dsr.stores.sql.sqlite import SqliteDialect
from dsr.stores.sql.tables import TableInfo


@dataclass(frozen=True, slots=True)
class Family:
    """One family. `settle` is a statement to run after deleting; `residue` is what a delete leaves physically."""

    dialect: Dialect
    reflect: Callable[[sa.Connection], list[TableInfo]]
    residue: str
    settle: str | None = None


def family_of(name: str) -> Family:
    """The family of an SQLAlchemy dialect."""
    return _FAMILIES[name]


_SQLITE = Family(
    SqliteDialect(),
    reflect_sqlite.reflect,
    "",
    settle="PRAGMA wal_checkpoint(TRUNCATE)",
)
_POSTGRES = Family(
    PostgresDialect(),
    reflect_postgres.reflect,
    "Deleted rows stay in table and index pages until VACUUM (FULL for certain), and in write-ahead log and replicas.",
)
_MARIADB = Family(
    MariaDialect(),
    reflect_mariadb.reflect,
    "Deleted rows stay in pages, undo and binary logs until InnoDB purges and reuses them, and in replicas.",
)
_FAMILIES = {"sqlite": _SQLITE, "postgresql": _POSTGRES, "mysql": _MARIADB, "mariadb": _MARIADB}
