"""The third version: the register of requests."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """The tables of requests, and their counter."""
    op.create_table(
        "dsr_request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("rights", sa.Text, nullable=False),
        sa.Column("regimes", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("test", sa.Integer, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger),
        sa.Column("verified_at", sa.BigInteger),
        sa.Column("proof", sa.Text, nullable=False, default=""),
        sa.Column("subject", sa.Text),
        sa.Column("suspected", sa.Integer, nullable=False, default=0),
        sa.Column("extended_at", sa.BigInteger),
        sa.Column("delay", sa.Text),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("ending", sa.Text),
        sa.Column("ground", sa.Text, nullable=False, default=""),
        sa.Column("in_time", sa.Integer),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Index("dsr_request_number", "number", unique=True),
        sa.Index("dsr_request_closed", "closed_at"),
    )
    _beside()
    _proving()
    op.execute("INSERT INTO dsr_counter (name, value) VALUES ('requests', 0)")


def _beside() -> None:
    op.create_table(
        "dsr_request_question",
        sa.Column("request", sa.Text, sa.ForeignKey("dsr_request.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
    )
    op.create_table(
        "dsr_request_tag",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("request", sa.Text, sa.ForeignKey("dsr_request.id"), primary_key=True),
        sa.Index("dsr_request_tag_request", "request"),
    )
    op.create_table(
        "dsr_request_act",
        sa.Column("request", sa.Text, sa.ForeignKey("dsr_request.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text),
    )
    op.create_table(
        "dsr_request_mapping",
        sa.Column("columns", sa.Text, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
    )


def _proving() -> None:
    op.create_table(
        "dsr_request_code",
        sa.Column("request", sa.Text, sa.ForeignKey("dsr_request.id"), primary_key=True),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dsr_attempt",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dsr_request_notice",
        sa.Column("request", sa.Text, sa.ForeignKey("dsr_request.id"), primary_key=True),
        sa.Column("recipient", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.Text),
    )
