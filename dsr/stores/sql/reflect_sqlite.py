"""The tables of a SQLite file, read from its pragmas in four statements."""

from collections import defaultdict

import sqlalchemy as sa

from dsr.core.model import Collection, Field, FieldType, OnDelete, Reference
from dsr.stores.sql.tables import TableInfo, build

_TABLES = """
SELECT name, type, wr FROM pragma_table_list
WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"""
_COLUMNS = f"""
SELECT t.name, x.name, x.type, x."notnull", x.pk, x.hidden FROM ({_TABLES}) t JOIN pragma_table_xinfo(t.name) x
WHERE x.hidden <> 1 ORDER BY t.name, x.cid"""  # noqa: S608 - constants only
_FOREIGN = f"""
SELECT t.name, f.id, f."table", f."from", f."to", f.on_delete FROM ({_TABLES}) t
JOIN pragma_foreign_key_list(t.name) f ORDER BY t.name, f.id, f.seq"""  # noqa: S608 - constants only
_INDEXES = f"""
SELECT t.name, l.name, l."unique", i.name FROM ({_TABLES}) t JOIN pragma_index_list(t.name) l
JOIN pragma_index_info(l.name) i WHERE l.partial = 0 ORDER BY t.name, l.seq, i.seqno"""  # noqa: S608 - constants only
_ON_DELETE = {
    "CASCADE": OnDelete.CASCADE,
    "SET NULL": OnDelete.EMPTY,
    "SET DEFAULT": OnDelete.EMPTY,
    "NO ACTION": OnDelete.REFUSE,
    "RESTRICT": OnDelete.REFUSE,
}


def reflect(connection: sa.Connection) -> list[TableInfo]:
    """All tables."""

    def rows(sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]

    tables = {str(name): (kind == "table" and not without) for name, kind, without in rows(_TABLES)}
    columns: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for name, *column in rows(_COLUMNS):
        columns[str(name)].append(tuple(column))
    keys = {name: _key(found) for name, found in columns.items()}
    indexes = _indexes(rows(_INDEXES))
    foreign = _foreign(rows(_FOREIGN), keys)
    return [
        _table(name, columns[name], keys.get(name, ()), foreign.get(name, ()), indexes.get(name, []), rowid=rowid)
        for name, rowid in tables.items()
    ]


def field_type(declared: str) -> FieldType:
    """The type a declared SQLite type stands for; it only fixes the affinity, not what is stored."""
    name = declared.upper().partition("(")[0].strip()
    for words, found in _BY_WORD:
        if any(word in name for word in words):
            return found
    return FieldType.UNKNOWN if not name else FieldType.NUMBER


_BY_WORD: tuple[tuple[tuple[str, ...], FieldType], ...] = (
    (("BOOL",), FieldType.BOOLEAN),
    (("DATETIME", "TIMESTAMP"), FieldType.DATETIME),
    (("DATE",), FieldType.DATE),
    (("JSON",), FieldType.JSON),
    (("INT",), FieldType.INTEGER),
    (("CHAR", "CLOB", "TEXT", "UUID", "ENUM", "STRING", "TIME"), FieldType.TEXT),
    (("BLOB",), FieldType.BINARY),
)


def _key(columns: list[tuple[object, ...]]) -> tuple[str, ...]:
    parts = sorted((int(str(pk)), str(name)) for name, _, _, pk, _ in columns if pk)
    return tuple(name for _, name in parts)


def _table(
    name: str,
    columns: list[tuple[object, ...]],
    key: tuple[str, ...],
    references: tuple[Reference, ...],
    indexes: list[tuple[bool, tuple[str, ...]]],
    *,
    rowid: bool,
) -> TableInfo:
    fields = tuple(_field(*column, alone=len(key) == 1) for column in columns)
    complete = [names for _, names in indexes]
    if key and key not in complete:
        complete.insert(0, key)
    collection = Collection(
        name,
        fields,
        key=key,
        references=references,
        uniques=tuple(dict.fromkeys(names for unique, names in indexes if unique and names != key)),
        indexes=tuple(dict.fromkeys(complete)),
    )
    bases = {str(column[0]): str(column[1]).upper() for column in columns}
    hidden = {"rowid", "_rowid_", "oid"} <= {field.name.lower() for field in fields}
    return build(collection, bases, schema=None, table=name, addressed=rowid and not hidden)


def _field(name: object, declared: object, notnull: object, pk: object, hidden: object, *, alone: bool) -> Field:
    native = str(declared)
    length = native.partition("(")[2].rstrip(") ")
    found = field_type(native)
    limit = int(length) if found is FieldType.TEXT and length.isdigit() else None
    rowid_alias = bool(pk) and alone and native.upper() == "INTEGER"
    return Field(str(name), found, not notnull and not rowid_alias, limit, native, generated=hidden in (2, 3))


def _indexes(rows: list[tuple[object, ...]]) -> dict[str, list[tuple[bool, tuple[str, ...]]]]:
    """Per table: unique or not, and the columns; indexes over expressions are left out."""
    grouped: dict[tuple[str, str], tuple[bool, list[object]]] = {}
    for table, index, unique, column in rows:
        grouped.setdefault((str(table), str(index)), (bool(unique), []))[1].append(column)
    found: dict[str, list[tuple[bool, tuple[str, ...]]]] = defaultdict(list)
    for (table, _), (unique, names) in grouped.items():
        if None not in names:
            found[table].append((unique, tuple(map(str, names))))
    return found


def _foreign(rows: list[tuple[object, ...]], keys: dict[str, tuple[str, ...]]) -> dict[str, tuple[Reference, ...]]:
    by_lower = {name.lower(): name for name in keys}
    grouped: dict[tuple[str, object], list[tuple[object, ...]]] = defaultdict(list)
    for table, number, *rest in rows:
        grouped[str(table), number].append(tuple(rest))
    found: dict[str, tuple[Reference, ...]] = {}
    for (table, _), parts in grouped.items():
        target = by_lower.get(str(parts[0][0]).lower(), str(parts[0][0]))
        fields = tuple(str(part[1]) for part in parts)
        named = tuple(str(part[2]) for part in parts if part[2] is not None)
        reference = Reference(fields, target, named or keys.get(target, ()), _ON_DELETE[str(parts[0][3])])
        found[table] = (*found.get(table, ()), reference)
    return found
