"""The sixth version: what was shown of stores' files, and the certificates that were renewed by it."""

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two tables to which rows are only added."""
    op.create_table(
        "dsr_shown",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("store", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("plan", sa.Text),
        sa.Column("sought", sa.BigInteger, nullable=False),
        sa.Column("remains", sa.Text, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.Index("dsr_shown_store", "store", "at"),
    )
    op.create_table(
        "dsr_renewal",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("run", _ROW_ID, sa.ForeignKey("dsr_run.id"), nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Index("dsr_renewal_run", "run"),
    )
    for table in ("dsr_shown", "dsr_renewal"):
        _append_only(table)


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN RAISE EXCEPTION '{table} is append-only'; END$$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
