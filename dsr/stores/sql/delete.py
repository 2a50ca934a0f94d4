"""Deleting from one table, also where its rows refer to each other."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from dsr.core.model import OnDelete, Reference
from dsr.core.select import And, Not, OneOf, Or, Predicate, Rewritten, Selection, mentions
from dsr.core.store import Unit
from dsr.stores.sql.dialect import Dialect, Expr
from dsr.stores.sql.tables import TableInfo
from dsr.stores.sql.units import Job, Worker, affected, units, whole


def delete(worker: Worker, dialect: Dialect, job: Job, selection: Selection, batch: int) -> Iterator[Unit]:
    """The units of a delete.

    A selection that looks into its own table is one statement: after a part of it, it would select other rows.
    """
    own = [r for r in job.info.collection.references if _refuses(r, selection.collection)]
    sees_itself = mentions(selection.where, selection.collection)
    if not own:
        yield from whole(worker, job) if sees_itself else units(worker, job, batch)
        return
    loose = [r for r in own if all(_nullable(job.info, name) for name in r.fields)]
    fixed = sees_itself or any(_uses(selection.where, name) for r in loose for name in r.fields)
    if job.info.collection.key and loose:
        yield from _detached(worker, dialect, job, loose, None if fixed else batch)
    elif fixed:
        yield from whole(worker, job)
    else:
        yield from _leaves_first(worker, job, own, batch)


def _refuses(reference: Reference, collection: str) -> bool:
    return reference.collection == collection and reference.on_delete in (OnDelete.REFUSE, OnDelete.NOTHING)


def _nullable(info: TableInfo, name: str) -> bool:
    found = info.collection.field(name)
    return found is not None and found.nullable


def _detached(
    worker: Worker, dialect: Dialect, job: Job, references: list[Reference], batch: int | None
) -> Iterator[Unit]:
    """Each unit chooses its rows, empties what refers to them among all selected rows, and deletes them."""
    info, key = job.info, job.info.collection.key
    names = list(dict.fromkeys((*key, *(name for r in references for name in r.keys))))
    while True:
        limit = worker.left + 1 if batch is None else min(batch, worker.left + 1)
        with worker.transaction() as connection:
            chosen = sa.select(*info.columns(info.table, tuple(names))).where(job.condition).limit(limit)
            rows = connection.execute(chosen.with_for_update() if dialect.locks_rows else chosen).all()
            worker.check(len(rows))
            if not rows:
                worker.written(connection, 0)
                return
            places = {name: n for n, name in enumerate(names)}
            these = _are(dialect, info, key, [tuple(row[places[name]] for name in key) for row in rows])
            for reference in references:
                held = [tuple(row[places[name]] for name in reference.keys) for row in rows]
                referring = _are(dialect, info, reference.fields, held)
                # in a fixed set only the chosen rows may change; otherwise every selected row is going anyway
                doomed = these if batch is None else job.condition
                connection.execute(_emptied(info.table, reference, sa.and_(referring, doomed)))
            count = affected(connection, job.statement(these if batch is None else sa.and_(these, job.condition)))
            worker.written(connection, count)
        worker.done += count
        if count:
            yield Unit(count)
        if len(rows) < limit:
            return


def _emptied(table: sa.Table, reference: Reference, condition: Expr) -> sa.Update:
    values: dict[Any, Any] = {table.c[name]: sa.null() for name in reference.fields}
    return sa.update(table).where(condition).values(values)


def _are(dialect: Dialect, info: TableInfo, names: tuple[str, ...], rows: list[tuple[object, ...]]) -> Expr:
    return dialect.one_of([info.spot(info.table, (name,)) for name in names], rows)


def _leaves_first(worker: Worker, job: Job, references: list[Reference], batch: int) -> Iterator[Unit]:
    """Rows nobody refers to go first, round by round; what is left refers to itself in circles and goes together."""
    table = job.info.table
    childless = []
    for reference in references:
        child = table.alias()
        refers = (child.c[f] == table.c[k] for f, k in zip(reference.fields, reference.keys, strict=True))
        itself = sa.and_(*(child.c[k] == table.c[k] for k in reference.keys))
        childless.append(~sa.exists(sa.select(sa.literal_column("1")).where(*refers, ~itself)))
    leaves = Job(job.info, sa.and_(job.condition, *childless), job.statement)
    while True:
        before = worker.done
        yield from units(worker, leaves, batch)
        if worker.done == before:
            break
    yield from whole(worker, job)


def _uses(where: Predicate, name: str) -> bool:
    """Whether the predicate reads the record's own field."""
    match where:
        case And(parts) | Or(parts):
            return any(_uses(part, name) for part in parts)
        case Not(part):
            return _uses(part, name)
        case Rewritten(changes):
            return any(change.field[0] == name for change in changes)
        case OneOf(fields):
            return any(field[0] == name for field in fields)
        case _:
            fields = getattr(where, "fields", None) or ((where.field,) if hasattr(where, "field") else ())
            return any(field[0] == name for field in fields)
