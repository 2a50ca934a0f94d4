"""Restriction in a database: the keys of restricted records in a table of ours, and what keeps readers away from them.

PostgreSQL gets a restrictive row policy on each table, which nobody has to think of (docs/adr/0034). SQLite and MariaDB
know none; there the weaker form is a view beside the table that leaves the records out.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sqlalchemy as sa

from dsr.core import own
from dsr.core.select import Selection
from dsr.core.store import Hiding, Restricted
from dsr.stores.sql.compile import Compiler
from dsr.stores.sql.connect import SEES
from dsr.stores.sql.dialect import Expr
from dsr.stores.sql.tables import TableInfo

_metadata = sa.MetaData()


def _name(length: int) -> sa.types.TypeEngine[str]:
    """A name that is compared byte by byte everywhere."""
    return sa.String(length).with_variant(sa.String(length, collation="utf8mb4_bin"), "mysql", "mariadb")


TABLE = sa.Table(
    own.RESTRICTED,
    _metadata,
    sa.Column("mark", _name(20), primary_key=True),
    sa.Column("collection", _name(200), primary_key=True),
    sa.Column("record", _name(500), primary_key=True),
)
POLICY, EVERYBODY = "dsr_restriction", "dsr_everybody"
VIEW = "{}_unrestricted"
_RULES = sa.text(
    "SELECT c.relrowsecurity, EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = :policy), "
    "EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = :everybody) "
    "FROM pg_class c WHERE c.oid = to_regclass(:name)"
)

Guard = Callable[[], AbstractContextManager[None]]


class Restriction:
    """The restrictions of one database."""

    def __init__(self, engine: sa.Engine, compiler: Callable[[], Compiler], guard: Guard) -> None:
        self._engine, self._compiler, self._guard = engine, compiler, guard
        self._postgres = engine.dialect.name == "postgresql"
        self._names = engine.dialect.identifier_preparer
        self.hiding = Hiding.POLICY if self._postgres else Hiding.VIEW

    def restrict(self, mark: str, selections: Sequence[Selection]) -> tuple[Restricted, ...]:
        """Keys first, then what hides them, table by table."""
        with self._guard():
            self._prepare()
            found = [self._marked(mark, selection) for selection in selections]
            return tuple(self._hidden(info, count) for info, count in found if count)

    def lift(self, mark: str) -> None:
        """Take the keys away, and the policies of tables in which nothing is restricted any more."""
        with self._guard():
            with self._engine.connect() as connection:
                if not sa.inspect(connection).has_table(TABLE.name):
                    return
            with self._writing() as connection:
                mine = TABLE.c.mark == mark
                names = connection.execute(sa.select(TABLE.c.collection).where(mine).distinct()).scalars().all()
                connection.execute(sa.delete(TABLE).where(mine))
                left = set(connection.execute(sa.select(TABLE.c.collection).distinct()).scalars())
                for name in names if self._postgres else ():
                    if name not in left:
                        self._open(connection, self._compiler().selected(Selection(name))[0])

    def _prepare(self) -> None:
        with self._engine.connect() as connection:
            if sa.inspect(connection).has_table(TABLE.name):
                return
        with self._writing() as connection:
            _metadata.create_all(connection)
            if self._postgres:  # the policies ask it on behalf of whoever reads
                connection.exec_driver_sql(f"GRANT SELECT ON {TABLE.name} TO PUBLIC")

    def _marked(self, mark: str, selection: Selection) -> tuple[TableInfo, int]:
        """Write down the keys of what is selected; how many records of the collection the mark hides now."""
        info, where = self._compiler().selected(selection)
        if not info.collection.key:
            return info, 0
        record = _record(info, info.table)
        mine = sa.and_(TABLE.c.mark == mark, TABLE.c.collection == info.collection.name)
        known = sa.select(TABLE.c.record).where(mine)
        columns = [sa.literal(mark, sa.String), sa.literal(info.collection.name, sa.String), record]
        new = sa.select(*columns).select_from(info.table).where(where, record.not_in(known))
        with self._writing() as connection:
            connection.execute(sa.insert(TABLE).from_select(["mark", "collection", "record"], new))
            count = sa.select(sa.func.count()).select_from(TABLE).where(mine)
            return info, int(connection.execute(count).scalar_one())

    def _hidden(self, info: TableInfo, count: int) -> Restricted:
        try:
            with self._writing() as connection:
                hiding, detail = self._policy(connection, info) if self._postgres else self._view(connection, info)
        except sa.exc.DBAPIError:  # not our table, or somebody is at work in it
            hiding, detail = Hiding.NONE, "refused"
        return Restricted(info.collection.name, count, hiding, detail)

    def _policy(self, connection: sa.Connection, info: TableInfo) -> tuple[Hiding, str]:
        table = self._names.format_table(info.table)
        named = {"name": table, "policy": POLICY, "everybody": EVERYBODY}
        secured, there, ours = connection.execute(_RULES, named).one()
        mine = ours or not secured
        if not there:
            if not secured:
                connection.exec_driver_sql(f"CREATE POLICY {EVERYBODY} ON {table} USING (true)")
                for how in ("ENABLE", "FORCE"):
                    connection.exec_driver_sql(f"ALTER TABLE {table} {how} ROW LEVEL SECURITY")
            free = f"current_setting('{SEES}', true) = 'seen'"
            rule = f"coalesce({free}, false) OR {self._written(info, _free(info))}"
            connection.exec_driver_sql(f"CREATE POLICY {POLICY} ON {table} AS RESTRICTIVE USING ({rule})")
        return (Hiding.POLICY if mine else Hiding.POLICY_BUT_OWNER), ""

    def _open(self, connection: sa.Connection, info: TableInfo) -> None:
        table = self._names.format_table(info.table)
        connection.exec_driver_sql(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
        named = {"name": table, "policy": POLICY, "everybody": EVERYBODY}
        if connection.execute(_RULES, named).one()[2]:
            connection.exec_driver_sql(f"DROP POLICY {EVERYBODY} ON {table}")
            for how in ("NO FORCE", "DISABLE"):
                connection.exec_driver_sql(f"ALTER TABLE {table} {how} ROW LEVEL SECURITY")

    def _view(self, connection: sa.Connection, info: TableInfo) -> tuple[Hiding, str]:
        name = VIEW.format(info.table.name)
        look = sa.inspect(connection)
        if name in look.get_view_names(info.table.schema):
            ours = own.RESTRICTED in (look.get_view_definition(name, info.table.schema) or "")
            return (Hiding.VIEW, name) if ours else (Hiding.NONE, "taken")
        if look.has_table(name, info.table.schema):
            return Hiding.NONE, "taken"
        table = self._names.format_table(info.table)
        view = self._names.format_table(sa.table(name, schema=info.table.schema))
        rule = self._written(info, _free(info))
        made = f"CREATE VIEW {view} AS SELECT * FROM {table} WHERE {rule}"  # noqa: S608 - names are quoted
        connection.exec_driver_sql(made.replace("%", "%%"))
        return Hiding.VIEW, name

    def _written(self, info: TableInfo, condition: Expr) -> str:
        text = str(condition.compile(self._engine, compile_kwargs={"literal_binds": True}))
        return text.replace("%%", "%")

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._engine.connect().execution_options(dsr_write=True) as connection, connection.begin():
            yield connection


def _free(info: TableInfo) -> Expr:
    """The record is not among those whose keys we keep; a set that is read once for a statement."""
    kept = sa.select(TABLE.c.record).where(TABLE.c.collection == sa.literal(info.collection.name, sa.String))
    return _record(info, info.table).not_in(kept)


def _record(info: TableInfo, source: sa.FromClause) -> sa.ColumnElement[Any]:
    """The key as one text; several columns with a separator that no key should hold."""
    text = sa.Text().with_variant(sa.CHAR(), "mysql", "mariadb")
    parts = [sa.cast(column, text) for column in info.columns(source, info.collection.key)]
    made: sa.ColumnElement[Any] = parts[0]
    for part in parts[1:]:
        made = made.concat(sa.literal("\x1f", sa.String)).concat(part)
    return made
