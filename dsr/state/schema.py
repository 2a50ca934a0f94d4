"""The tables of the state database. Instants are integer microseconds since 1970 (UTC)."""

import secrets

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    select,
    update,
)

from dsr.core.errors import StateError
from dsr.state import request_tables

VERSION, EARLIER = "7", ("1", "2", "3", "4", "5", "6")
"""Of the schema. Earlier ones are brought to this one; any other is refused."""

_metadata = MetaData()
_ROW_ID = BigInteger().with_variant(Integer(), "sqlite")

meta = Table("dsr_meta", _metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

counter = Table(
    "dsr_counter", _metadata, Column("name", Text, primary_key=True), Column("value", BigInteger, nullable=False)
)

subject = Table(
    "dsr_subject", _metadata, Column("token", Text, primary_key=True), Column("sealed", Text, nullable=False)
)

plan = Table(
    "dsr_plan",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("subjects", BigInteger, nullable=False),
    Column("acting", BigInteger, nullable=False),
    Column("shredded", Integer, nullable=False, default=0),
    Column("document", Text, nullable=False),
    Column("commitment", Text),
)

plan_subject = Table(
    "dsr_plan_subject",
    _metadata,
    Column("plan", Text, ForeignKey(plan.c.id), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sealed", Text, nullable=False),
)

run = Table(
    "dsr_run",
    _metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("plan", Text, ForeignKey(plan.c.id), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("outcome", Text),
    Column("entry", BigInteger),
    Column("token", BigInteger, nullable=False, default=0),
    Index("dsr_run_plan", "plan"),
)

gate = Table(
    "dsr_gate",
    _metadata,
    Column("run", _ROW_ID, ForeignKey(run.c.id), primary_key=True, autoincrement=False),
    Column("step", Integer, nullable=False),
    Column("store", Text, nullable=False),
    Column("holds", BigInteger, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("birth", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
)

seen = Table(
    "dsr_seen", _metadata, Column("store", Text, primary_key=True), Column("token", BigInteger, nullable=False)
)

step = Table(
    "dsr_step",
    _metadata,
    Column("run", _ROW_ID, ForeignKey(run.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("planned", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("units", BigInteger, nullable=False, default=0),
    Column("records", BigInteger, nullable=False, default=0),
    Column("effected", BigInteger, nullable=False, default=0, server_default="0"),
    Column("outcome", Text),
    Column("detail", Text, nullable=False, default=""),
)

hold = Table("dsr_hold", _metadata, Column("id", Text, primary_key=True), Column("sealed", Text, nullable=False))

lease = Table(
    "dsr_lease",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("birth", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
)

freeze = Table(
    "dsr_freeze",
    _metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("thawed_by", Text),
    Column("thawed_at", BigInteger),
)

audit = Table(
    "dsr_event",
    _metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("subject", Text),
    Column("plan", Text),
    Column("hold", Text),
    Column("counts", Text, nullable=False),
)

outbox = Table(
    "dsr_outbox",
    _metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
)

opening = Table(
    "dsr_opening",
    _metadata,
    Column("commitment", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Index("dsr_opening_token", "token"),
)

approval = Table(
    "dsr_approval",
    _metadata,
    Column("digest", Text, primary_key=True),
    Column("plan", Text),
    Column("document", Text, nullable=False),
    Index("dsr_approval_plan", "plan"),
)

certificate = Table(
    "dsr_certificate",
    _metadata,
    Column("run", _ROW_ID, ForeignKey(run.c.id), primary_key=True),
    Column("plan", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("dsr_certificate_plan", "plan"),
)

shown = Table(
    "dsr_shown",
    _metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("store", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("shown", Text, nullable=False),
    Column("plan", Text),
    Column("sought", BigInteger, nullable=False),
    Column("remains", Text, nullable=False),
    Column("entry", BigInteger, nullable=False),
    Index("dsr_shown_store", "store", "at"),
)

renewal = Table(
    "dsr_renewal",
    _metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("run", _ROW_ID, ForeignKey(run.c.id), nullable=False),
    Column("plan", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("dsr_renewal_run", "run"),
)

suppressed = Table(
    "dsr_suppressed",
    _metadata,
    Column("tag", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Index("dsr_suppressed_expires", "expires"),
)

former = Table(
    "dsr_former",
    _metadata,
    Column("tag", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("expires", BigInteger, nullable=False),
    Index("dsr_former_expires", "expires"),
)

PLANS, HOLDS, GENERATION, LEDGER, TOKEN = "plans", "holds", "holds-generation", "ledger", "tokens"
REQUESTS = "requests"
INSTANCE = "instance"
_APPENDED = ("dsr_event", "dsr_outbox", "dsr_approval", "dsr_certificate", "dsr_shown", "dsr_renewal")


def tables() -> tuple[str, ...]:
    """The names of all of them but those of requests."""
    return tuple(_metadata.tables)


def create(connection: Connection, key_check: str) -> None:
    """Make all tables, and the rows that every later write relies on."""
    _metadata.create_all(connection)
    request_tables.metadata.create_all(connection)
    _append_only(connection, _APPENDED)
    connection.execute(
        meta.insert(),
        [
            {"name": "schema_version", "value": VERSION},
            {"name": "key_check", "value": key_check},
            {"name": INSTANCE, "value": secrets.token_hex(8)},
        ],
    )
    connection.execute(
        counter.insert(), [{"name": name, "value": 0} for name in (PLANS, HOLDS, GENERATION, LEDGER, TOKEN, REQUESTS)]
    )


def _append_only(connection: Connection, tables: tuple[str, ...]) -> None:
    for table in tables:
        if connection.dialect.name == "sqlite":
            for act in ("update", "delete"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        connection.exec_driver_sql(
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN RAISE EXCEPTION '{table} is append-only'; END$$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )


def next_number(connection: Connection, name: str, count: int = 1) -> int:
    """Raise the counter, by one or for `count` at once, and return it; two processes never get the same."""
    made = connection.execute(
        update(counter).where(counter.c.name == name).values(value=counter.c.value + count).returning(counter.c.value)
    ).scalar_one_or_none()
    return _whole(made, name)


def current_number(connection: Connection, name: str) -> int:
    """The counter as it stands."""
    return _whole(connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar_one_or_none(), name)


def instance_of(connection: Connection) -> str:
    """What tells this state database from every other one."""
    found = connection.execute(select(meta.c.value).where(meta.c.name == INSTANCE)).scalar_one_or_none()
    if not found:
        raise StateError("state database: its own name is missing, it is damaged. Restore it from a backup.")
    return str(found)


def _whole(value: object, name: str) -> int:
    if not isinstance(value, int) or value < 0:
        raise StateError(f"state database: the counter {name!r} is missing or damaged. Restore it from a backup.")
    return value
