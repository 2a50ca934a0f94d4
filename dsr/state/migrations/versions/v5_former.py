"""The fifth version: under which identifiers people were erased of whom records were kept."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "dsr_former",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Index("dsr_former_expires", "expires"),
    )
