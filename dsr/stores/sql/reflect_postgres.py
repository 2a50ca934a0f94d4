"""The tables of a PostgreSQL database, read from its catalogues in three statements."""

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from dsr.core.model import Collection, Field, FieldType, OnDelete, Reference
from dsr.stores.sql.tables import TableInfo, build

_TABLES = """
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""
_COLUMNS = f"""
SELECT c.oid::bigint, n.nspname, c.relname, pg_table_is_visible(c.oid),
    c.relkind = 'r' AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid),
    a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.atttypmod, NOT a.attnotnull,
    a.attgenerated::text <> '' OR a.attidentity::text = 'a',
    CASE WHEN b.typcategory = 'A' THEN '[]' WHEN b.typtype = 'e' THEN 'enum' ELSE b.typname::text END,
    coalesce(col_description(c.oid, a.attnum), '')
FROM (SELECT c.* {_TABLES}) c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
ORDER BY n.nspname, c.relname, a.attnum"""  # noqa: S608 - constants only
_CONSTRAINTS = f"""
SELECT k.conrelid::bigint, k.contype::text, k.conkey::int[], k.confrelid::bigint, k.confkey::int[], k.confdeltype::text
FROM pg_catalog.pg_constraint k WHERE k.contype IN ('p', 'f') AND k.conrelid IN (SELECT c.oid {_TABLES})
ORDER BY k.conname"""  # noqa: S608 - constants only
_INDEXES = f"""
SELECT i.indrelid::bigint, i.indisunique, i.indnkeyatts, i.indkey::int[]
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = x.relam
WHERE i.indisvalid AND i.indpred IS NULL AND m.amname IN ('btree', 'hash')
AND i.indrelid IN (SELECT c.oid {_TABLES}) ORDER BY x.relname"""  # noqa: S608 - constants only
_TYPES = {
    "text": FieldType.TEXT, "varchar": FieldType.TEXT, "bpchar": FieldType.TEXT, "name": FieldType.TEXT,
    "citext": FieldType.TEXT, "enum": FieldType.TEXT, "int2": FieldType.INTEGER, "int4": FieldType.INTEGER,
    "int8": FieldType.INTEGER, "numeric": FieldType.NUMBER, "float4": FieldType.NUMBER, "float8": FieldType.NUMBER,
    "bool": FieldType.BOOLEAN, "date": FieldType.DATE, "timestamp": FieldType.DATETIME,
    "timestamptz": FieldType.INSTANT, "uuid": FieldType.UUID, "json": FieldType.JSON, "jsonb": FieldType.JSON,
    "bytea": FieldType.BINARY,
}  # fmt: skip
_ON_DELETE = {"c": OnDelete.CASCADE, "n": OnDelete.EMPTY, "d": OnDelete.EMPTY}


@dataclass(slots=True)
class _Found:
    """One table while it is put together."""

    name: str
    schema: str
    table: str
    addressed: bool
    fields: list[Field]
    bases: dict[str, str]
    by_number: dict[int, str]


def reflect(connection: sa.Connection) -> list[TableInfo]:
    """All tables; those of the search path go by their bare name."""
    found: dict[int, _Found] = {}
    for oid, schema, table, visible, addressed, number, name, *column in connection.exec_driver_sql(_COLUMNS):
        shown = table if visible else f"{schema}.{table}"
        one = found.setdefault(oid, _Found(shown, schema, table, addressed, [], {}, {}))
        native, modifier, nullable, generated, base, comment = column
        kind = _TYPES.get(base, FieldType.UNKNOWN)
        length = modifier - 4 if base in ("varchar", "bpchar") and modifier > 4 else None
        one.fields.append(Field(name, kind, nullable, length, native, generated, comment))
        one.bases[name] = base
        one.by_number[number] = name
    keys, references = _constraints(connection, found)
    indexes = _indexes(connection, found)
    return [_table(one, keys.get(oid, ()), references[oid], indexes[oid]) for oid, one in found.items()]


def _table(
    one: _Found, key: tuple[str, ...], references: list[Reference], indexes: list[tuple[bool, tuple[str, ...]]]
) -> TableInfo:
    collection = Collection(
        one.name,
        tuple(one.fields),
        key=key,
        references=tuple(references),
        uniques=tuple(dict.fromkeys(names for unique, names in indexes if unique and names != key)),
        indexes=tuple(dict.fromkeys(names for _, names in indexes)),
    )
    return build(collection, one.bases, schema=one.schema, table=one.table, addressed=one.addressed)


def _constraints(
    connection: sa.Connection, found: dict[int, _Found]
) -> tuple[dict[int, tuple[str, ...]], dict[int, list[Reference]]]:
    keys: dict[int, tuple[str, ...]] = {}
    references: dict[int, list[Reference]] = defaultdict(list)
    for oid, kind, numbers, target, target_numbers, on_delete in connection.exec_driver_sql(_CONSTRAINTS):
        if oid not in found:
            continue
        names = tuple(found[oid].by_number[n] for n in numbers)
        if kind == "p":
            keys[oid] = names
        elif target in found:
            held = tuple(found[target].by_number[n] for n in target_numbers)
            what = _ON_DELETE.get(on_delete, OnDelete.REFUSE)
            references[oid].append(Reference(names, found[target].name, held, what))
    return keys, references


def _indexes(connection: sa.Connection, found: dict[int, _Found]) -> dict[int, list[tuple[bool, tuple[str, ...]]]]:
    """Unique or not, and the key columns; indexes over expressions (column number 0) are left out."""
    indexes: dict[int, list[tuple[bool, tuple[str, ...]]]] = defaultdict(list)
    for oid, unique, width, numbers in connection.exec_driver_sql(_INDEXES):
        if oid in found and all(n in found[oid].by_number for n in numbers[:width]):
            indexes[oid].append((unique, tuple(found[oid].by_number[n] for n in numbers[:width])))
    return indexes
