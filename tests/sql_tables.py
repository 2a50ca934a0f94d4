"""Lays collections and their records down as tables of a real database."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from dsr.core.model import Collection, Field, FieldType, OnDelete

_T = FieldType
TYPES = {
    "sqlite": {
        _T.TEXT: "TEXT",
        _T.INTEGER: "INTEGER",
        _T.NUMBER: "NUMERIC",
        _T.BOOLEAN: "BOOLEAN",
        _T.DATE: "DATE",
        _T.DATETIME: "DATETIME",
        _T.INSTANT: "TIMESTAMP",
        _T.UUID: "UUID",
        _T.JSON: "JSON",
        _T.BINARY: "BLOB",
    },
    "postgresql": {
        _T.TEXT: "text",
        _T.INTEGER: "bigint",
        _T.NUMBER: "numeric",
        _T.BOOLEAN: "boolean",
        _T.DATE: "date",
        _T.DATETIME: "timestamp",
        _T.INSTANT: "timestamptz",
        _T.UUID: "uuid",
        _T.JSON: "jsonb",
        _T.BINARY: "bytea",
    },
    "mysql": {
        _T.TEXT: "VARCHAR(60)",
        _T.INTEGER: "BIGINT",
        _T.NUMBER: "DECIMAL(30,6)",
        _T.BOOLEAN: "VARCHAR(5)",
        _T.DATE: "DATE",
        _T.DATETIME: "DATETIME(6)",
        _T.INSTANT: "TIMESTAMP(6) NULL",
        _T.UUID: "CHAR(36)",
        _T.JSON: "JSON",
        _T.BINARY: "VARBINARY(60)",
    },
}
_ON_DELETE = {OnDelete.CASCADE: "CASCADE", OnDelete.EMPTY: "SET NULL", OnDelete.REFUSE: "NO ACTION"}


@dataclass(frozen=True)
class Table:
    """A collection and its records, as they should be laid down."""

    collection: Collection
    records: Sequence[Mapping[str, object]]


def lay_down(engine: sa.Engine, tables: Sequence[Table]) -> None:
    """Drop what is there and make the tables anew."""
    family = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
    quote = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        _drop_all(connection, family)
        for table in tables:
            connection.exec_driver_sql(_create(table.collection, family, quote))
            names = [field.name for field in table.collection.fields]
            rows = [
                {
                    f"p{n}": _stored(record.get(name), table.collection.field(name), family)
                    for n, name in enumerate(names)
                }
                for record in table.records
            ]
            into = ", ".join(map(quote, names))
            values = ", ".join(f":p{n}" for n in range(len(names)))
            if rows:
                connection.execute(
                    sa.text(f"INSERT INTO {quote(table.collection.name)} ({into}) VALUES ({values})"), rows
                )
        for table in tables:
            for index in table.collection.indexes:
                name = quote(f"i_{table.collection.name}_{'_'.join(index)}")
                connection.exec_driver_sql(
                    f"CREATE INDEX {name} ON {quote(table.collection.name)} ({', '.join(map(quote, index))})"
                )
            if family != "sqlite":
                for n, reference in enumerate(table.collection.references):
                    connection.exec_driver_sql(
                        f"ALTER TABLE {quote(table.collection.name)} ADD CONSTRAINT fk_{table.collection.name}_{n} "
                        + _foreign(reference, quote)
                    )


def _drop_all(connection: sa.Connection, family: str) -> None:
    names = sa.inspect(connection).get_table_names()
    if family == "mysql":
        connection.exec_driver_sql("SET foreign_key_checks = 0")
    for name in names:
        cascade = " CASCADE" if family == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TABLE {connection.dialect.identifier_preparer.quote(name)}{cascade}")
    if family == "mysql":
        connection.exec_driver_sql("SET foreign_key_checks = 1")


def _create(collection: Collection, family: str, quote) -> str:
    parts = [f"{quote(field.name)} {_declared(field, collection, family)}" for field in collection.fields]
    if collection.key:
        parts.append(f"PRIMARY KEY ({', '.join(map(quote, collection.key))})")
    parts += [f"UNIQUE ({', '.join(map(quote, names))})" for names in collection.uniques]
    if family == "sqlite":
        parts += [_foreign(reference, quote) for reference in collection.references]
    tail = " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci" if family == "mysql" else ""
    return f"CREATE TABLE {quote(collection.name)} ({', '.join(parts)}){tail}"


def _declared(field: Field, collection: Collection, family: str) -> str:
    sized = f"VARCHAR({field.max_length})" if field.max_length is not None else TYPES[family][field.type]
    kind = field.native or sized
    if family == "mysql" and field.type is FieldType.TEXT and field.name in collection.key:
        kind += " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"  # "a" and "A" are two keys
    return kind if field.nullable and field.name not in collection.key else f"{kind} NOT NULL"


def _foreign(reference, quote) -> str:
    fields, keys = ", ".join(map(quote, reference.fields)), ", ".join(map(quote, reference.keys))
    return (
        f"FOREIGN KEY ({fields}) REFERENCES {quote(reference.collection)} ({keys}) "
        f"ON DELETE {_ON_DELETE[reference.on_delete]}"
    )


def _stored(value: object, field: Field | None, family: str) -> object:
    if value is None or field is None:
        return None
    if field.type is FieldType.JSON:
        return json.dumps(value)
    if family == "postgresql":
        return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
        return value.isoformat(sep=" ") if family == "sqlite" else value.replace(tzinfo=None)
    if family == "mysql" and isinstance(value, bool):
        return "true" if value else "false"
    if family == "mysql":
        return str(value) if isinstance(value, UUID) else value
    if isinstance(value, datetime | date | UUID):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
    return float(value) if isinstance(value, Decimal) else value
