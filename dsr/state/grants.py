"""Roles for a state database on PostgreSQL: support records and plans, the executor acts, the auditor reads."""

from collections.abc import Iterator

from sqlalchemy import make_url

from dsr.state import request_tables, schema

READER, EXECUTOR, AUDITOR = "dsr_reader", "dsr_executor", "dsr_auditor"
_ADDED = (schema.subject, schema.plan, schema.plan_subject, schema.audit, schema.outbox, schema.opening, schema.meta)
"""To what support adds rows: who was found, what was planned, and the ledger's account of both."""
_CHANGED = (schema.subject, schema.meta, schema.counter)
_HEAD = """\
-- Roles for the state database of dsr, to be run once by its owner, and again after an update of dsr.
-- {reader}: support staff, who find, plan and work on requests. {executor}: the account that places holds and applies
-- plans. {auditor}: reviewers, who read. No role owns a table, so nobody can take a trigger away that keeps the ledger.
-- dsr 状态数据库的角色：由其所有者运行；dsr 更新后再次运行。任何角色都不拥有数据表，无人能移除保护账本的触发器。
"""


def statements(address: str) -> str | None:
    """The whole script; None where the database is a file, which knows no roles."""
    if make_url(address).get_backend_name() != "postgresql":
        return None
    head = _HEAD.format(reader=READER, executor=EXECUTOR, auditor=AUDITOR)
    return head + "\n" + "\n".join(f"{one};" for one in _lines()) + "\n"


def _lines() -> Iterator[str]:
    requests = sorted(request_tables.metadata.tables)
    tables = [*sorted(schema.tables()), *requests]
    everyone = f"{READER}, {EXECUTOR}, {AUDITOR}"
    for role in (READER, EXECUTOR, AUDITOR):
        known = f"SELECT FROM pg_roles WHERE rolname = '{role}'"
        yield f"DO $$ BEGIN IF NOT EXISTS ({known}) THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
    yield f"REVOKE ALL ON {', '.join(tables)} FROM {everyone}"
    yield f"GRANT SELECT ON {', '.join(tables)} TO {everyone}"
    yield f"GRANT INSERT, UPDATE, DELETE ON {', '.join(tables)} TO {EXECUTOR}"
    yield f"GRANT INSERT, UPDATE, DELETE ON {', '.join(requests)} TO {READER}"
    yield f"GRANT INSERT ON {', '.join(table.name for table in _ADDED)} TO {READER}"
    yield f"GRANT UPDATE ON {', '.join(table.name for table in _CHANGED)} TO {READER}"
    yield f"GRANT DELETE ON {schema.subject.name} TO {READER}"  # a subject that is found again is written anew
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {READER}, {EXECUTOR}"
