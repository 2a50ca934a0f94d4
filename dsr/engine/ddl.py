"""The schema that a dump or a row of migrations makes, without a database: what offline checks look at.

Only what makes or changes tables is read. A statement of that sort that cannot be read is named; it is never taken for
nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from dsr.core.errors import InstallError
from dsr.core.model import Collection, Field, FieldType, Reference

_COPY = re.compile(r"^COPY [^;]*;\n.*?^\\\.$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_META = re.compile(r"^\\.*$", re.MULTILINE)
_ABOUT_TABLES = re.compile(
    r"\s*(?:create\s+(?:\w+\s+){0,3}table|(?:alter|rename|drop)\s+table|comment\s+on)\b", re.IGNORECASE
)
_DEFAULT_SCHEMAS = ("public", "main", "dbo")
_NATIVE: dict[FieldType, tuple[str, ...]] = {
    FieldType.INTEGER: ("INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT", "UINT", "UBIGINT", "SERIAL", "BIGSERIAL"),
    FieldType.NUMBER: ("DECIMAL", "FLOAT", "DOUBLE", "MONEY", "BIGDECIMAL"),
    FieldType.TEXT: (
        "CHAR",
        "NCHAR",
        "VARCHAR",
        "NVARCHAR",
        "TEXT",
        "LONGTEXT",
        "MEDIUMTEXT",
        "TINYTEXT",
        "ENUM",
        "INET",
    ),
    FieldType.BOOLEAN: ("BOOLEAN", "BIT"),
    FieldType.DATE: ("DATE",),
    FieldType.UUID: ("UUID",),
    FieldType.DATETIME: ("DATETIME", "TIMESTAMP", "TIMESTAMPNTZ", "DATETIME2", "SMALLDATETIME"),
    FieldType.INSTANT: ("TIMESTAMPTZ", "TIMESTAMPLTZ"),
    FieldType.JSON: ("JSON", "JSONB", "VARIANT"),
    FieldType.BINARY: ("BINARY", "VARBINARY", "BLOB", "LONGBLOB", "MEDIUMBLOB", "TINYBLOB", "IMAGE"),
}
_TYPES = {name: kind for kind, names in _NATIVE.items() for name in names}


@dataclass(frozen=True, slots=True)
class Unread:
    """A statement about tables that could not be read: in which script, and which one."""

    script: str
    number: int


@dataclass(slots=True)
class Schema:
    """The tables as the statements read so far have made them."""

    tables: dict[str, Collection] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def read(self, name: str, sql: str, dialect: str | None = None) -> None:
        """Read one script after those before it."""
        sqlglot, exp = _library()
        text = _META.sub("", _COPY.sub("", sql))
        for number, statement in enumerate(_statements(sqlglot, text, dialect), start=1):
            if not _ABOUT_TABLES.match(statement):
                continue
            try:
                parsed = sqlglot.parse_one(statement, read=dialect)
            except sqlglot.errors.SqlglotError:
                parsed = None
            if parsed is None or not self._apply(exp, parsed):
                self.unread.append(Unread(name, number))

    def _apply(self, exp: Any, parsed: Any) -> bool:  # noqa: ANN401 - the parser has no types of its own
        if isinstance(parsed, exp.Create) and parsed.kind == "TABLE":
            return self._create(exp, parsed)
        if isinstance(parsed, exp.Drop):
            for table in _dropped(parsed):
                self.tables.pop(_name(table), None)
            return True
        if isinstance(parsed, exp.Comment):
            return self._comment(exp, parsed)
        return isinstance(parsed, exp.Alter) and self._alter(exp, parsed)

    def _create(self, exp: Any, parsed: Any) -> bool:  # noqa: ANN401
        made = parsed.this
        if not isinstance(made, exp.Schema):
            return False  # a table made from a query, or like another one: its columns are not said
        fields, key, references = [], [], []
        for one in made.expressions:
            if isinstance(one, exp.ColumnDef):
                fields.append(_field(exp, one))
                kinds = [constraint.kind for constraint in one.constraints]
                key += [one.name for kind in kinds if isinstance(kind, exp.PrimaryKeyColumnConstraint)]
                references += [_reference(exp, (one.name,), kind) for kind in kinds if isinstance(kind, exp.Reference)]
            else:
                for part in one.find_all(exp.PrimaryKey):
                    key += [column.name for column in part.expressions]
                for part in one.find_all(exp.ForeignKey):
                    names = tuple(column.name for column in part.expressions)
                    references.append(_reference(exp, names, part.args["reference"]))
        name = _name(made.this)
        self.tables[name] = Collection(name, tuple(fields), tuple(key), tuple(references))
        return True

    def _alter(self, exp: Any, parsed: Any) -> bool:  # noqa: ANN401
        name = _name(parsed.this)
        table = self.tables.get(name, Collection(name, ()))
        for action in parsed.args.get("actions") or ():
            if isinstance(action, exp.AlterRename):
                self.tables.pop(name, None)
                name = _name(action.this)
                table = replace(table, name=name)
            else:
                table = _altered(exp, table, action)
        self.tables[name] = table
        return True

    def _comment(self, exp: Any, parsed: Any) -> bool:  # noqa: ANN401
        if isinstance(parsed.this, exp.Column) and parsed.expression is not None:
            column = parsed.this
            name = ".".join(part for part in (column.db, column.table) if part)
            table = self.tables.get(name) or self.tables.get(column.table)
            if table is not None:
                said = parsed.expression.name
                fields = tuple(replace(f, comment=said) if f.name == column.name else f for f in table.fields)
                self.tables[table.name] = replace(table, fields=fields)
        return True


def _altered(exp: Any, table: Collection, action: Any) -> Collection:  # noqa: ANN401
    """The table after one part of an ALTER TABLE."""
    if isinstance(action, exp.RenameColumn):
        old, new = action.this.name, action.args["to"].name
        return replace(table, fields=tuple(replace(f, name=new) if f.name == old else f for f in table.fields))
    if isinstance(action, exp.Drop):
        gone = {one.name for one in _dropped(action)}
        return replace(table, fields=tuple(f for f in table.fields if f.name not in gone))
    if isinstance(action, exp.AlterColumn):
        kind, name = action.args.get("dtype"), action.this.name
        return replace(table, fields=tuple(_retyped(f, kind) if f.name == name else f for f in table.fields))
    column = action if isinstance(action, exp.ColumnDef) else action.find(exp.ColumnDef)
    if column is not None:
        old = action.args.get("rename_from")
        gone = {column.name, old.name if old is not None else column.name}
        return replace(table, fields=(*(f for f in table.fields if f.name not in gone), _field(exp, column)))
    foreign, key = action.find(exp.ForeignKey), action.find(exp.PrimaryKey)
    if foreign is not None:
        names = tuple(one.name for one in foreign.expressions)
        return replace(table, references=(*table.references, _reference(exp, names, foreign.args["reference"])))
    return table if key is None else replace(table, key=tuple(one.name for one in key.expressions))


def _dropped(parsed: Any) -> list[Any]:  # noqa: ANN401
    """What a DROP names; releases of the parser differ in where they keep it."""
    return [*(parsed.args.get("tables") or ()), *([parsed.this] if parsed.this is not None else ())]


def _library() -> tuple[Any, Any]:
    try:
        import sqlglot
        from sqlglot import expressions
    except ImportError as error:
        raise InstallError("Reading SQL scripts needs the module 'sqlglot': pip install 'dsr[ddl]'.") from error
    return sqlglot, expressions


def _statements(sqlglot: Any, text: str, dialect: str | None) -> Iterator[str]:  # noqa: ANN401
    """The statements, split where the dialect's own quotes and comments allow it."""
    try:
        tokens = sqlglot.tokenize(text, read=dialect)
    except sqlglot.errors.SqlglotError:
        yield from text.split(";")
        return
    start = 0
    for token in tokens:
        if token.token_type.name == "SEMICOLON":
            yield text[start : token.start].strip()
            start = token.end + 1
    yield text[start:].strip()


def _name(table: Any) -> str:  # noqa: ANN401
    parts = [part for part in (table.args.get("db") and table.db, table.name) if part]
    return ".".join(parts[1:] if parts[0] in _DEFAULT_SCHEMAS and len(parts) > 1 else parts)


def _field(exp: Any, column: Any) -> Field:  # noqa: ANN401
    kinds = [constraint.kind for constraint in column.constraints]
    comment = next((kind.this.name for kind in kinds if isinstance(kind, exp.CommentColumnConstraint)), "")
    nullable = not any(isinstance(kind, exp.NotNullColumnConstraint | exp.PrimaryKeyColumnConstraint) for kind in kinds)
    return _retyped(Field(column.name, nullable=nullable, comment=comment), column.args.get("kind"))


def _retyped(made: Field, kind: Any) -> Field:  # noqa: ANN401
    if kind is None:
        return made
    word = kind.this.name if hasattr(kind.this, "name") else str(kind.this)
    size = next((one.name for one in kind.expressions if one.name.isdigit()), "") if kind.expressions else ""
    found = _TYPES.get(word.upper(), FieldType.UNKNOWN)
    return replace(
        made, type=found, native=kind.sql(), max_length=int(size) if size and found is FieldType.TEXT else None
    )


def _reference(exp: Any, fields: tuple[str, ...], reference: Any) -> Reference:  # noqa: ANN401
    target = reference.this
    table = target.this if isinstance(target, exp.Schema) else target
    keys = tuple(column.name for column in target.expressions) if isinstance(target, exp.Schema) else ("id",)
    return Reference(fields, _name(table), keys)
