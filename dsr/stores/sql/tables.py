"""The tables of a database as the store works with them: what the engine knows, plus what SQL needs."""

from collections.abc import Collection as Collection_
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from dsr.core import own
from dsr.core.errors import UnsupportedError
from dsr.core.model import Collection, Field, FieldType, Path


@dataclass(frozen=True, slots=True)
class Spot:
    """A column, or a place inside a JSON column, of a table or alias. `base` is the native type without its length."""

    column: "sa.ColumnElement[object]"
    field: Field
    base: str
    path: Path = ()

    @property
    def plain(self) -> bool:
        """Whether it is a whole column that holds no JSON."""
        return not self.path and self.field.type is not FieldType.JSON

    @property
    def nothing(self) -> bool:
        """Whether nothing can stand here: a path into a column that holds no objects."""
        return bool(self.path) and self.field.type is not FieldType.JSON


@dataclass(frozen=True, slots=True)
class TableInfo:
    """One table. `addressed`: its rows have a stable address (rowid, ctid) that chunks may be cut by."""

    collection: Collection
    table: sa.Table
    bases: Mapping[str, str]
    addressed: bool

    def spot(self, source: sa.FromClause, path: Path) -> Spot:
        """The place of a path in the table or an alias of it."""
        found = self.collection.field(path[0])
        if found is None:
            raise UnsupportedError(
                f"Table {self.collection.name!r} has no column {path[0]!r}. "
                "Run `dsr discover` to compare the policy with the database."
            )
        return Spot(source.c[found.name], found, self.bases[found.name], path[1:])

    def columns(self, source: sa.FromClause, names: tuple[str, ...]) -> "list[sa.ColumnElement[object]]":
        """The columns of those names."""
        return [source.c[name] for name in names]


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables by the name the engine uses."""

    tables: Mapping[str, TableInfo]
    store: str

    def table(self, name: str) -> TableInfo:
        """The table of that name."""
        found = self.tables.get(name)
        if found is None:
            raise UnsupportedError(
                f"Store {self.store!r} has no table {name!r}. Run `dsr discover` to see what it holds."
            )
        return found


def without_ours(tables: Iterable[TableInfo]) -> list[TableInfo]:
    """All tables but those that the program made for itself."""
    found = list(tables)
    beside: dict[str | None, set[str]] = {}
    for info in found:
        beside.setdefault(info.table.schema, set()).add(info.table.name)
    return [info for info in found if not own.ours(info.table.name, beside[info.table.schema])]


def with_json(info: TableInfo, inside: Collection_[tuple[str, str]]) -> TableInfo:
    """The table, with texts taken for JSON where the policy names what is in them. A value that is none stays text."""
    name = info.collection.name
    fields = tuple(
        replace(field, type=FieldType.JSON) if field.type is FieldType.TEXT and (name, field.name) in inside else field
        for field in info.collection.fields
    )
    return (
        info if fields == info.collection.fields else replace(info, collection=replace(info.collection, fields=fields))
    )


def build(
    collection: Collection, bases: Mapping[str, str], *, schema: str | None, table: str, addressed: bool
) -> TableInfo:
    """The table of a collection, with columns that leave values as the driver gives them."""
    columns = [sa.Column(field.name, sa.types.NullType()) for field in collection.fields]
    return TableInfo(collection, sa.Table(table, sa.MetaData(), *columns, schema=schema), bases, addressed)
