"""Bringing a state database of an earlier version to this one, in the transaction of the caller.

The version stands in `dsr_meta`, where the program reads it before anything else;
alembic is loaded only when it differs.
"""

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, update

from dsr.state import schema


def upgrade(connection: Connection, version: str) -> None:
    """Run what is missing, the oldest first. It gains what is new, and loses nothing."""
    scripts = ScriptDirectory(str(Path(__file__).parent / "migrations"))
    missing = list(scripts.iterate_revisions(schema.VERSION, version))
    with Operations.context(MigrationContext.configure(connection)):
        for one in reversed(missing):
            one.module.upgrade()
    newest = update(schema.meta).where(schema.meta.c.name == "schema_version").values(value=schema.VERSION)
    connection.execute(newest)
