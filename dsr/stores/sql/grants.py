"""Database roles: SQL that lets a reader read, an executor do what the policy names, and an auditor see our tables."""

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from dsr.core.errors import UnsupportedError
from dsr.core.store import Allowance
from dsr.stores.sql.fence import FENCE, RECEIPT
from dsr.stores.sql.restrict import TABLE as RESTRICTED
from dsr.stores.sql.tables import Schema
from dsr.stores.sql.totals import MARKS

READER, EXECUTOR, AUDITOR = "dsr_reader", "dsr_executor", "dsr_auditor"
_ROLES = (READER, EXECUTOR, AUDITOR)
_OURS = (RECEIPT, FENCE, MARKS, RESTRICTED)
_HEAD = """\
-- Roles for dsr, to be run once by the owner of the database, and again after the policy or the tables have changed.
-- {reader}: support staff, who find, export and plan. {executor}: the account that applies plans, and no other.
-- {auditor}: reviewers, who see the tables of dsr and no data. Then let your accounts have one of them each.
-- dsr 所用的角色：由数据库所有者运行；政策文件或数据表变更后再次运行。然后为每个账户授予其中一个角色。
"""


def statements(engine: sa.Engine, schema: Schema, allowed: Iterable[Allowance]) -> str:
    """The whole script. Raises UnsupportedError where the database knows no roles."""
    if engine.dialect.name == "sqlite":
        raise UnsupportedError("SQLite has no roles. Give the file to one account of the system alone.")
    written = _Writer(engine, schema)
    head = _HEAD.format(reader=READER, executor=EXECUTOR, auditor=AUDITOR)
    return head + "\n" + "\n".join(f"{one};" for one in written.lines(tuple(allowed))) + "\n"


class _Writer:
    """Writes grants in the words of one database."""

    def __init__(self, engine: sa.Engine, schema: Schema) -> None:
        self._engine, self._schema = engine, schema
        self._names = engine.dialect.identifier_preparer
        self._postgres = engine.dialect.name == "postgresql"

    def lines(self, allowed: tuple[Allowance, ...]) -> Iterator[str]:
        """All statements, in order: roles, our tables, nothing for anybody, then what each may."""
        tables = [info.table for info in self._schema.tables.values()]
        yield from self._roles(tables)
        for table in _OURS:
            yield str(sa.schema.CreateTable(table, if_not_exists=True).compile(self._engine)).strip()
        yield from self._nothing(tables)
        for table in tables:
            for role in (READER, EXECUTOR):
                yield self._grant("SELECT", table, role)
        for table in _OURS:
            yield self._grant("SELECT, INSERT, UPDATE, DELETE", table, EXECUTOR)
            yield self._grant("SELECT", table, READER)
            yield self._grant("SELECT", table, AUDITOR)
        for one in allowed:
            yield from self._acts(one)

    def _acts(self, one: Allowance) -> Iterator[str]:
        info = self._schema.tables.get(one.collection)
        if info is None:
            return
        if one.delete:
            yield self._grant("DELETE", info.table, EXECUTOR)
        if one.insert:
            yield self._grant("INSERT", info.table, EXECUTOR)
        columns = [name for name in one.update if name in info.table.c]
        if columns:
            named = ", ".join(self._names.quote(name) for name in columns)
            yield self._grant(f"UPDATE ({named})", info.table, EXECUTOR)

    def _grant(self, what: str, table: sa.Table, role: str) -> str:
        return f"GRANT {what} ON {self._names.format_table(table)} TO {role}"

    def _roles(self, tables: list[sa.Table]) -> Iterator[str]:
        for role in _ROLES:
            if not self._postgres:
                yield f"CREATE ROLE IF NOT EXISTS {role}"
                continue
            known = f"SELECT FROM pg_roles WHERE rolname = '{role}'"
            yield f"DO $$ BEGIN IF NOT EXISTS ({known}) THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
        if self._postgres:
            for schema in sorted({self._names.quote(table.schema) for table in tables if table.schema}):
                yield f"GRANT USAGE ON SCHEMA {schema} TO {', '.join(_ROLES)}"

    def _nothing(self, tables: list[sa.Table]) -> Iterator[str]:
        """Whatever an earlier policy allowed is taken back first."""
        for role in _ROLES:
            if not self._postgres:
                yield f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {role}"
                continue
            for table in (*tables, *_OURS):
                yield f"REVOKE ALL ON {self._names.format_table(table)} FROM {role}"
