"""The fourth version: the suppression list, from which erasures are done again after a restore."""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "dsr_suppressed",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Index("dsr_suppressed_expires", "expires"),
    )
