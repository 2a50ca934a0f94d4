"""What an UPDATE assigns for the changes of a rewrite."""

from typing import Any

import sqlalchemy as sa

from dsr.core.errors import UnsupportedError
from dsr.core.select import Become, Change
from dsr.stores.sql.compile import Compiler
from dsr.stores.sql.dialect import Dialect, Expr
from dsr.stores.sql.tables import Spot, TableInfo


def assignments(compiler: Compiler, dialect: Dialect, info: TableInfo, changes: tuple[Change, ...]) -> dict[Any, Any]:
    """Column by column; several paths in one JSON column are changed one inside the other."""
    made: dict[str, Expr] = {}
    for change in changes:
        spot = info.spot(info.table, change.field)
        if spot.nothing:
            if change.become is Become.EMPTY:
                continue
            raise UnsupportedError(
                f"Column {spot.field.name!r} of {info.collection.name!r} holds no JSON; "
                "a path inside it cannot be written. Name the whole column in the policy."
            )
        if spot.path:
            made[spot.field.name] = _inside(
                compiler, dialect, info, spot, change, made.get(spot.field.name, spot.column)
            )
        else:
            made[spot.field.name] = _whole(compiler, dialect, info, spot, change)
    return {info.table.c[name]: value for name, value in made.items()}


def _whole(compiler: Compiler, dialect: Dialect, info: TableInfo, spot: Spot, change: Change) -> Expr:
    if change.become is Become.UNIQUE:
        return dialect.written(spot, compiler.unique(change, info, info.table))
    if change.become is Become.EMPTY or change.value is None:
        return spot.column if change.become is Become.VALUE_IF_EMPTY else sa.null()
    value = dialect.stored(spot, change.value)
    if change.become is Become.VALUE_IF_EMPTY:
        return sa.case((dialect.is_null(spot), value), else_=spot.column)
    return value


def _inside(compiler: Compiler, dialect: Dialect, info: TableInfo, spot: Spot, change: Change, column: Expr) -> Expr:
    if change.become is Become.UNIQUE:
        return dialect.json_changed(column, spot, compiler.unique(change, info, info.table))
    if change.become is Become.EMPTY or change.value is None:
        return column if change.become is Become.VALUE_IF_EMPTY else dialect.json_changed(column, spot, None)
    made = dialect.json_changed(column, spot, dialect.json_value(change.value))
    if change.become is Become.VALUE_IF_EMPTY:
        return sa.case((dialect.is_null(spot), made), else_=column)
    return made
