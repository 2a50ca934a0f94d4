"""The seventh version: where sealed packages lie, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "dsr_package",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("requests", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Index("dsr_package_until", "until"),
    )
