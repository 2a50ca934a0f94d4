"""The tables of a MariaDB or MySQL database, read from information_schema."""

from collections import defaultdict

import sqlalchemy as sa

from dsr.core.model import Collection, Field, FieldType, OnDelete, Reference
from dsr.stores.sql.tables import TableInfo, build

_COLUMNS = """
SELECT c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE, c.IS_NULLABLE, c.CHARACTER_MAXIMUM_LENGTH,
    COALESCE(c.GENERATION_EXPRESSION, ''), COALESCE(c.COLLATION_NAME, ''),
    c.COLUMN_COMMENT
FROM information_schema.COLUMNS c JOIN information_schema.TABLES t
    ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION"""
_JSON = """
SELECT TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
WHERE CONSTRAINT_SCHEMA = DATABASE() AND CHECK_CLAUSE LIKE 'json_valid(`_%'"""
_INDEXES = """
SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = DATABASE() AND INDEX_TYPE IN ('BTREE', 'HASH') ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"""
_FOREIGN = """
SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE
FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
    ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME
    AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_SCHEMA = DATABASE()
ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION"""
_TYPES = {
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"), FieldType.TEXT),
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year"), FieldType.INTEGER),
    **dict.fromkeys(("decimal", "float", "double"), FieldType.NUMBER),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), FieldType.BINARY),
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "timestamp": FieldType.INSTANT,  # stored in UTC, and our sessions are in UTC
    "json": FieldType.JSON,
}
_ON_DELETE = {"CASCADE": OnDelete.CASCADE, "SET NULL": OnDelete.EMPTY, "SET DEFAULT": OnDelete.EMPTY}
_Rows = dict[str, list[tuple[str, ...]]]


def reflect(connection: sa.Connection) -> list[TableInfo]:
    """All tables of the database of the url."""

    def rows(sql: str) -> list[tuple[str, ...]]:
        # text() because the driver would take % for a parameter
        found = connection.execute(sa.text(sql.replace(":", "\\:")))
        return [tuple(row) for row in found]

    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    checked = {(table, clause[12:].partition("`")[0]) for table, clause in (rows(_JSON) if is_mariadb else [])}
    columns: _Rows = defaultdict(list)
    for table, *column in rows(_COLUMNS):
        columns[table].append(tuple(column))
    indexes = _indexes(rows(_INDEXES))
    references = _references(rows(_FOREIGN))
    made = []
    for table, found in columns.items():
        json = {name for of, name in checked if of == table}
        fields = tuple(_field(*column, json=column[0] in json) for column in found)
        bases = {name: f"{kind}:{collation}" for name, kind, _, _, _, _, collation, _ in found}
        key = indexes[table].get("PRIMARY", (True, ()))[1]
        collection = Collection(
            table,
            fields,
            key=key,
            references=tuple(references[table]),
            uniques=tuple(names for name, (unique, names) in indexes[table].items() if unique and name != "PRIMARY"),
            indexes=tuple(dict.fromkeys(names for _, names in indexes[table].values())),
        )
        made.append(build(collection, bases, schema=None, table=table, addressed=False))
    return made


def _field(
    name: str,
    kind: str,
    native: str,
    nullable: str,
    length: object,
    generated: str,
    _: str,
    comment: str,
    *,
    json: bool,
) -> Field:
    found = FieldType.JSON if json else _TYPES.get(kind.lower(), FieldType.UNKNOWN)
    limit = int(str(length)) if found is FieldType.TEXT and length is not None else None
    return Field(name, found, nullable == "YES", limit, native, bool(generated), comment)


def _indexes(rows: list[tuple[str, ...]]) -> dict[str, dict[str, tuple[bool, tuple[str, ...]]]]:
    """Unique or not, and the columns; indexes over expressions or beginnings of texts are left out."""
    partial = {(table, index) for table, index, _, column, part in rows if column is None or part is not None}
    found: dict[str, dict[str, tuple[bool, tuple[str, ...]]]] = defaultdict(dict)
    for table, index, non_unique, column, _ in rows:
        if (table, index) not in partial:
            before = found[table].get(index, (True, ()))[1]
            found[table][index] = (not int(non_unique), (*before, column))
    return found


def _references(rows: list[tuple[str, ...]]) -> dict[str, list[Reference]]:
    grouped: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    for table, constraint, *rest in rows:
        grouped[table, constraint].append(tuple(rest))
    found: dict[str, list[Reference]] = defaultdict(list)
    for (table, _), parts in grouped.items():
        fields, keys = tuple(part[0] for part in parts), tuple(part[2] for part in parts)
        on_delete = _ON_DELETE.get(parts[0][3], OnDelete.REFUSE)
        found[table].append(Reference(fields, parts[0][1], keys, on_delete))
    return found
