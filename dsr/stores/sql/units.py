"""Changing many rows in bounded units, each its own transaction, with the condition inside every statement."""

import json
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import sqlalchemy as sa

from dsr.core.errors import GuardError
from dsr.core.store import Unit
from dsr.stores.sql.dialect import AS_IS, Expr, Native, bind
from dsr.stores.sql.fence import Fence
from dsr.stores.sql.tables import TableInfo

_WINDOW = 250_000  # row numbers held at once
_STEP = 1_000  # the least rows of a unit in PostgreSQL
_PROBES, _PROBE, _PROBED = 64, 4, 200  # so many looks at a table, at so many pages or row numbers each

Statement = sa.Delete | sa.Update


@dataclass(frozen=True, slots=True)
class Job:
    """What is done to the rows of one table where `condition` holds. `statement` makes the statement of one unit from
    a narrower condition.
    """

    info: TableInfo
    condition: Expr
    statement: Callable[[Expr], Statement]


class Worker:
    """Runs transactions against one database and keeps the ceiling. `what` is "store.table"."""

    def __init__(self, engine: sa.Engine, ceiling: int, what: str, guard: Callable[[], Any], fence: Fence) -> None:
        self.engine = engine
        self._fence = fence
        self._ceiling = ceiling
        self._what = what
        self.guard = guard
        self.done = 0

    @property
    def left(self) -> int:
        """How many records may still be changed."""
        return self._ceiling - self.done

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction for changes, driver errors reported as ours; it ends with `written`."""
        with self.guard(), self._writing() as connection, connection.begin():
            self.done += self._fence.enter(connection)
            yield connection

    def written(self, connection: sa.Connection, count: int) -> None:
        """The last word of a transaction: how many rows it changed. Raises where that passes the ceiling."""
        self.check(count)
        self._fence.leave(connection, count)

    def _writing(self) -> sa.Connection:
        return self.engine.connect().execution_options(dsr_write=True)

    def run(self, statement: sa.Executable, parameters: Mapping[str, object] | None = None) -> int:
        """One statement in a transaction. Nothing of it stays when it would pass the ceiling."""
        with self.transaction() as connection:
            count = affected(connection, statement, parameters or {})
            self.written(connection, count)
        self.done += count
        return count

    def check(self, count: int) -> None:
        """Raise where so many more would pass the ceiling."""
        if count > self.left:
            raise GuardError(
                f"{self._what}: more records are selected than the limit of {self._ceiling}; {self.done} were changed "
                "before. Look at the plan again, then raise the limit or make a new plan."
            )

    def fits(self, job: Job, limit: int) -> bool:
        """Whether at most `limit` rows are selected; reads no more than one above."""
        one: Expr = sa.literal_column("1").label("one")
        few = sa.select(one).select_from(job.info.table).where(job.condition).limit(limit + 1).subquery()
        with self.guard(), self.engine.connect() as connection:
            count: int = connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()
        return count <= limit


class Pace:
    """How many rows the next unit takes, so that one statement stays short for everybody else."""

    def __init__(self, first: int, least: int, most: int, seconds: float) -> None:
        self.rows = min(first, most)
        self._least, self._most, self._seconds = min(least, most), most, seconds
        self._started = 0.0

    def start(self) -> None:
        """A unit begins."""
        self._started = monotonic()

    def stop(self) -> None:
        """A unit has ended: halve or double at most."""
        factor = self._seconds / max(monotonic() - self._started, 1e-4)
        self.rows = max(self._least, min(self._most, int(self.rows * min(2.0, max(0.5, factor)))))


def whole(worker: Worker, job: Job) -> Iterator[Unit]:
    """Everything in one unit."""
    count = worker.run(job.statement(job.condition))
    if count:
        yield Unit(count)


def units(worker: Worker, job: Job, batch: int) -> Iterator[Unit]:
    """Everything, in units of about `batch` rows; one statement where that is enough."""
    if worker.engine.dialect.name in ("mysql", "mariadb"):
        yield from _limited(worker, job, batch)
    elif worker.left <= batch or worker.fits(job, batch):
        yield from whole(worker, job)
    elif not job.info.addressed:
        yield from _keyed(worker, job, batch)
    elif worker.engine.dialect.name == "sqlite":
        yield from _by_rowid(worker, job, batch)
    else:
        yield from _by_ctid(worker, job, batch)


def _limited(worker: Worker, job: Job, batch: int) -> Iterator[Unit]:
    """MariaDB and MySQL: the rows are chosen by a derived table, which the planner treats as any other query."""
    info = job.info
    while True:
        limit = min(batch, worker.left + 1)
        if info.collection.key:
            key = info.columns(info.table, info.collection.key)
            # evaluated by the same statement; a derived table may read the table that is changed
            some = sa.select(*key).where(job.condition).limit(limit).correlate(None).subquery()
            statement = job.statement(sa.and_(*(a == b for a, b in zip(key, some.c, strict=True))))
        else:
            statement = job.statement(job.condition).with_dialect_options(mysql_limit=limit)
        count = worker.run(statement)
        if count:
            yield Unit(count)
        if count < limit:
            return


def _keyed(worker: Worker, job: Job, batch: int) -> Iterator[Unit]:
    """Tables whose rows have no address to cut by; without a key everything is one statement."""
    info = job.info
    if not info.collection.key:
        yield from whole(worker, job)
        return
    key = info.columns(info.table, info.collection.key)
    left = key[0] if len(key) == 1 else sa.tuple_(*key)
    while True:
        limit = min(batch, worker.left + 1)
        some = sa.select(*key).where(job.condition).order_by(*key).limit(limit).correlate(None)
        count = worker.run(job.statement(sa.and_(left.in_(some), job.condition)))
        if count:
            yield Unit(count)
        if count < limit:
            return


def row_address(info: TableInfo) -> Expr:
    """The name under which SQLite gives the row's number, where no column hides it."""
    taken = {field.name.lower() for field in info.collection.fields}
    return sa.literal_column(next(name for name in ("rowid", "_rowid_", "oid") if name not in taken))


def _by_rowid(worker: Worker, job: Job, batch: int) -> Iterator[Unit]:
    """SQLite: where the rows lie close together their numbers are walked, and the rest is looked for after that."""
    rowid = row_address(job.info)
    # opaque to the planner: each unit must go by row number, not through an index that holds all selected rows
    again = sa.sql.elements.Grouping(job.condition).op("IS")(sa.literal_column("TRUE"))
    low, high, listed = (sa.bindparam(name, type_=AS_IS) for name in ("low", "high", "listed"))
    dense = job.statement(sa.and_(rowid >= low, rowid <= high, again))
    pace = Pace(batch, 1_000, max(batch, 50_000) if batch >= 10_000 else batch, 0.5)
    stretch = _dense_rowids(worker, job, rowid, again)
    while stretch:
        some, stretch = stretch[: pace.rows], stretch[pace.rows :]
        pace.start()
        count = worker.run(dense, {"low": some[0], "high": some[-1]})
        pace.stop()
        if count:
            yield Unit(count)
    each = sa.select(sa.func.json_each(listed).table_valued("value").c.value)
    sparse = job.statement(sa.and_(rowid.in_(each), again))
    for window in _rowids(worker, job, rowid):
        place = 0
        while place < len(window):
            chosen = window[place : place + pace.rows]
            place += len(chosen)
            pace.start()
            if chosen[-1] - chosen[0] < 4 * len(chosen):
                count = worker.run(dense, {"low": chosen[0], "high": chosen[-1]})
            else:
                count = worker.run(sparse, {"listed": json.dumps(chosen)})
            pace.stop()
            if count:
                yield Unit(count)


def _dense_rowids(worker: Worker, job: Job, rowid: Expr, again: Expr) -> range:
    """The row numbers among which at least every fourth is selected, as far as a look at a few of them tells."""
    least, greatest = (
        sa.select(end(rowid)).select_from(job.info.table).scalar_subquery() for end in (sa.func.min, sa.func.max)
    )
    places = sa.func.json_each(sa.bindparam("places", type_=AS_IS)).table_valued("value", name="dsr_place")
    near = (rowid >= places.c.value, rowid < places.c.value + sa.literal_column(str(_PROBED)), again)
    inner = sa.select(sa.func.count()).select_from(job.info.table).where(*near).correlate(places).scalar_subquery()
    with worker.guard(), worker.engine.connect() as connection:
        first, last = connection.execute(sa.select(least, greatest)).one()
        step = 0 if first is None else (last - first) // _PROBES
        if step < 2 * _PROBED:
            return range(0)
        looks = json.dumps([first + n * step for n in range(_PROBES)])
        seen: list[int] = list(connection.execute(sa.select(inner).select_from(places), {"places": looks}).scalars())
    hits = [n for n, count in enumerate(seen) if count]
    if not hits or 4 * sum(seen) < _PROBED * (hits[-1] - hits[0] + 1):
        return range(0)
    return range(first + max(0, hits[0] - 1) * step, first + (hits[-1] + 1) * step)


def _rowids(worker: Worker, job: Job, rowid: Expr) -> Iterator[list[int]]:
    """The selected row numbers in order, a bounded window at a time.

    They are asked for in order only where they are more than a window: an index gives them faster as they come.
    """
    query = sa.select(rowid).select_from(job.info.table).where(job.condition).limit(_WINDOW)
    found = _numbers(worker, query)
    if len(found) < _WINDOW:
        yield sorted(found)
        return
    query = query.order_by(rowid)
    found = _numbers(worker, query)
    while found:
        yield found.tolist()
        found = _numbers(worker, query.where(rowid > bind(found[-1])))


def _numbers(worker: Worker, query: sa.Select[Any]) -> "array[int]":
    with worker.guard(), worker.engine.connect() as connection:
        return array("q", connection.execute(query).scalars())


def _by_ctid(worker: Worker, job: Job, batch: int) -> Iterator[Unit]:
    """PostgreSQL: where the rows lie close together their pages are walked, and the rest is looked for after that.

    An address may hold another row by then, which is why every statement asks the condition again.
    """
    stretch = _dense(worker, job) if batch >= _STEP else None
    if stretch is not None:
        yield from _by_pages(worker, job, batch, stretch)
        if worker.fits(job, batch):
            yield from whole(worker, job)
            return
    yield from _by_bounds(worker, job, batch)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Pages of a table, and the most selected rows that were seen on one of them."""

    first: int
    last: int
    rows: int


def _dense(worker: Worker, job: Job) -> _Stretch | None:
    """The part of a large table with at least one selected row a page, as far as a look at a few pages tells."""
    name = worker.engine.dialect.identifier_preparer.format_table(job.info.table)
    with worker.guard(), worker.engine.connect() as connection:
        size = sa.select(sa.func.pg_relation_size(sa.cast(bind(name), Native("regclass"))) / sa.literal_column("8192"))
        pages = int(connection.execute(size).scalar_one())
        step = pages // _PROBES
        if step < 2 * _PROBE:
            return None
        seen: list[int] = list(connection.execute(_probes(job), {"step": step, "last": step * (_PROBES - 1)}).scalars())
    hits = [n for n, count in enumerate(seen) if count]
    if not hits or sum(seen) < _PROBE * (hits[-1] - hits[0] + 1):
        return None
    return _Stretch(max(0, hits[0] - 1) * step, (hits[-1] + 1) * step, -(-max(seen) // _PROBE))


def _probes(job: Job) -> sa.Select[Any]:
    """How many rows are selected on a few pages here and there."""
    ctid: Expr = sa.literal_column("ctid")
    step, last = (sa.bindparam(name, type_=sa.Integer) for name in ("step", "last"))
    places = (
        sa.func.generate_series(sa.literal_column("0"), last, step)
        .table_valued("first")
        .render_derived(name="dsr_place")
    )
    low, high = (_page(places.c.first + sa.literal_column(str(more))) for more in (0, _PROBE))
    inner = (
        sa.select(sa.func.count()).select_from(job.info.table).where(ctid >= low, ctid < high, _opaque(job.condition))
    )
    counted = sa.select(inner.correlate(places).scalar_subquery()).select_from(places)
    return counted.order_by(places.c.first)


def _page(number: Expr) -> Expr:
    """The address at which a page begins."""
    made: Expr = sa.cast(sa.func.format(bind("(%s,0)"), number), Native("tid"))
    return made


def _by_pages(worker: Worker, job: Job, batch: int, stretch: _Stretch) -> Iterator[Unit]:
    """So many pages a unit as hold about `batch` rows."""
    ctid: Expr = sa.literal_column("ctid")
    low, high = (sa.cast(sa.bindparam(name, type_=AS_IS), Native("tid")) for name in ("low", "high"))
    statement = job.statement(sa.and_(ctid >= low, ctid < high, _opaque(job.condition)))
    first, least, most = (max(1, rows // stretch.rows) for rows in (batch, min(_STEP, batch), 4 * batch))
    pace, place = Pace(first, least, most, 0.03), stretch.first
    while place < stretch.last:
        end = min(place + pace.rows, stretch.last)
        pace.start()
        count = worker.run(statement, {"low": f"({place},0)", "high": f"({end},0)"})
        pace.stop()
        place = end
        if count:
            yield Unit(count)


def _by_bounds(worker: Worker, job: Job, batch: int) -> Iterator[Unit]:
    """The bounds of all units are found in one pass, then each unit reads its own pages only."""
    ctid: Expr = sa.literal_column("ctid")
    step = max(1, min(_STEP, batch))
    # numbered as they are found: to sort them all takes longer, and a sample of them cuts as well
    numbered = sa.select(ctid.label("place"), sa.func.row_number().over().label("n")).select_from(job.info.table)
    inner = numbered.where(job.condition).subquery()
    query = sa.select(sa.cast(inner.c.place, sa.Text).label("address"))
    query = query.where(inner.c.n % sa.literal_column(str(step)) == sa.literal_column("0")).order_by(inner.c.place)
    with worker.guard(), worker.engine.connect() as connection:
        bounds: list[str | None] = list(connection.execute(query).scalars())
    bounds.append(None)
    low, high = (sa.cast(sa.bindparam(name, type_=AS_IS), Native("tid")) for name in ("low", "high"))
    middle = job.statement(sa.and_(ctid > low, ctid <= high, _opaque(job.condition)))
    rest = job.statement(sa.and_(ctid > low, job.condition))
    pace, place, last = Pace(batch, step, 4 * batch, 0.03), 0, "(0,0)"
    while place < len(bounds):
        place = min(place + max(1, pace.rows // step), len(bounds))
        upper = bounds[place - 1]
        pace.start()
        count = worker.run(rest if upper is None else middle, {"low": last} | ({"high": upper} if upper else {}))
        pace.stop()
        last = upper or last
        if count:
            yield Unit(count)


def _opaque(condition: Expr) -> Expr:
    """The condition in a form that PostgreSQL's planner does not look into, where nothing is looked up elsewhere.

    To guess how many dates lie below a day it searches the index for the first date that is left, over every row that
    was deleted before: late units were planned for longer than they deleted.
    """
    if any(isinstance(part, sa.sql.selectable.SelectBase) for part in sa.sql.visitors.iterate(condition)):
        return condition
    made: Expr = sa.case((condition, sa.true()), else_=sa.false())
    return made


def affected(
    connection: sa.Connection, statement: sa.Executable, parameters: Mapping[str, object] | None = None
) -> int:
    """Execute a change; how many rows it touched. sqlite3 does not count for statements that begin with WITH."""
    count = connection.execute(statement, parameters or {}).rowcount
    return int(connection.exec_driver_sql("SELECT changes()").scalar_one()) if count < 0 else count
