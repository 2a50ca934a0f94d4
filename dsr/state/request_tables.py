"""The tables of requests. Facts of the case stand in clear; everything that identifies a person is sealed or a tag."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

request = Table(
    "dsr_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("rights", Text, nullable=False),
    Column("regimes", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("test", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("acknowledged_at", BigInteger),
    Column("verified_at", BigInteger),
    Column("proof", Text, nullable=False, default=""),
    Column("subject", Text),
    Column("suspected", Integer, nullable=False, default=0),
    Column("extended_at", BigInteger),
    Column("delay", Text),
    Column("closed_at", BigInteger),
    Column("ending", Text),
    Column("ground", Text, nullable=False, default=""),
    Column("in_time", Integer),
    Column("sealed", Text, nullable=False),
    Index("dsr_request_number", "number", unique=True),
    Index("dsr_request_closed", "closed_at"),
)

question = Table(
    "dsr_request_question",
    metadata,
    Column("request", Text, ForeignKey(request.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("question", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
)

tag = Table(
    "dsr_request_tag",
    metadata,
    Column("tag", Text, primary_key=True),
    Column("request", Text, ForeignKey(request.c.id), primary_key=True),
    Index("dsr_request_tag_request", "request"),
)

act = Table(
    "dsr_request_act",
    metadata,
    Column("request", Text, ForeignKey(request.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("sealed", Text),
)

mapping = Table(
    "dsr_request_mapping",
    metadata,
    Column("columns", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
)

code = Table(
    "dsr_request_code",
    metadata,
    Column("request", Text, ForeignKey(request.c.id), primary_key=True),
    Column("tag", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

attempt = Table(
    "dsr_attempt",
    metadata,
    Column("tag", Text, primary_key=True),
    Column("tries", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
)

notice = Table(
    "dsr_request_notice",
    metadata,
    Column("request", Text, ForeignKey(request.c.id), primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sealed", Text),
)

package = Table(
    "dsr_package",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("requests", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("dsr_package_until", "until"),
)
