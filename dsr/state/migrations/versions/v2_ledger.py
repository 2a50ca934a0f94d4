"""The second version: the ledger with its outbox, gates, and what is remembered of fences."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Everything that was there stays."""
    _logged()
    _fenced()
    op.add_column("dsr_plan", sa.Column("commitment", sa.Text))
    op.add_column("dsr_run", sa.Column("entry", sa.BigInteger))
    op.add_column("dsr_run", sa.Column("token", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("dsr_step", sa.Column("effected", sa.BigInteger, nullable=False, server_default="0"))
    for name in ("ledger", "tokens"):
        op.execute(f"INSERT INTO dsr_counter (name, value) VALUES ('{name}', 0)")  # noqa: S608 - our own names
    op.execute(f"INSERT INTO dsr_meta (name, value) VALUES ('instance', '{secrets.token_hex(8)}')")  # noqa: S608


def _logged() -> None:
    op.create_table(
        "dsr_outbox",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Text, nullable=False),
    )
    op.create_table(
        "dsr_opening",
        sa.Column("commitment", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Index("dsr_opening_token", "token"),
    )
    op.create_table(
        "dsr_approval",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("plan", sa.Text),
        sa.Column("document", sa.Text, nullable=False),
        sa.Index("dsr_approval_plan", "plan"),
    )
    op.create_table(
        "dsr_certificate",
        sa.Column("run", _ROW_ID, sa.ForeignKey("dsr_run.id"), primary_key=True),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Index("dsr_certificate_plan", "plan"),
    )
    for table in ("dsr_outbox", "dsr_approval", "dsr_certificate"):
        _append_only(table)


def _fenced() -> None:
    op.create_table(
        "dsr_gate",
        sa.Column("run", _ROW_ID, sa.ForeignKey("dsr_run.id"), primary_key=True, autoincrement=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("store", sa.Text, nullable=False),
        sa.Column("holds", sa.BigInteger, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.BigInteger, nullable=False),
        sa.Column("birth", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dsr_seen",
        sa.Column("store", sa.Text, primary_key=True),
        sa.Column("token", sa.BigInteger, nullable=False),
    )


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
