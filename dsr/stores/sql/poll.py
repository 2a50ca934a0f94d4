"""Many counts over the same rows in one statement: every condition is asked once for each row, whoever needs it.

The inner query gives a column for each condition that is not made of others, the outer one counts their combinations.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dsr.core.clock import UTC_CLOCK, Clock
from dsr.core.model import Path
from dsr.core.select import And, Dated, Everything, Not, Or, Predicate, Selection
from dsr.core.store import Question, Span
from dsr.stores.sql.compile import Compiler, few_of
from dsr.stores.sql.dialect import Dates, Dialect, Expr

_YES, _NO = "1 = 1", "1 = 0"


@dataclass(frozen=True, slots=True)
class _Answer:
    """The columns of one question: the condition, and per family of dates a column with the dates."""

    condition: str
    dated: str = _NO
    families: tuple[tuple[str, Dates], ...] = ()
    clock: Clock = UTC_CLOCK

    def columns(self) -> Iterator[Expr]:
        """What the outer query selects for it."""
        yield _sum(self.condition)
        if self.families:
            yield _sum(f"({self.condition}) AND ({self.dated})")
        for name, _ in self.families:
            for end in ("min", "max"):
                yield sa.literal_column(f"{end}(CASE WHEN {self.condition} THEN {name} END)")

    def span(self, values: Iterator[Any]) -> Span:
        """The span from what the query gave, which is taken off `values`."""
        count = int(next(values))
        dated = int(next(values)) if self.families else 0
        found = [
            family.decode(value)
            for _, family in self.families
            for value in (next(values), next(values))
            if value is not None
        ]
        # Marks were left out by the query; here the text "05" has become 5, which may be one.
        bare = replace(self.clock, missing=frozenset(), never=frozenset())
        instants: list[datetime] = [instant for value in found if (instant := bare.read(value)) is not None]
        return Span(count, dated, min(instants, default=None), max(instants, default=None))


class Poll:
    """The statement for several questions about the rows of a selection."""

    def __init__(
        self, compiler: Compiler, dialect: Dialect, selection: Selection, questions: Sequence[Question]
    ) -> None:
        self._compiler, self._dialect = compiler, dialect
        self._info, self._where = compiler.selected(selection)
        self._near = few_of(selection.where)
        self._columns: dict[Hashable, sa.Label[Any]] = {}
        self._answers = [self._answer(question) for question in questions]

    def run(self, connection: sa.Connection) -> tuple[Span, ...]:
        """Ask the database. Kept keys are filled in first; the transaction is to be rolled back."""
        for table, keys in self._compiler.kept:
            names = [column.name for column in table.c]
            connection.exec_driver_sql(f"CREATE TEMP TABLE {table.name} ({', '.join(names)})")
            connection.execute(sa.insert(table).from_select(names, keys))
        one: Expr = sa.literal_column("1").label("one")
        inner = sa.select(one, *self._columns.values()).select_from(self._info.table).where(self._where)
        outer = [column for answer in self._answers for column in answer.columns()]
        query = sa.select(*outer).select_from(self._dialect.fenced(inner).subquery())
        values = iter(connection.execute(query).one())
        return tuple(answer.span(values) for answer in self._answers)

    def _answer(self, question: Question) -> _Answer:
        condition = self._condition(question.where)
        if question.field is None:
            return _Answer(condition)
        families = tuple(self._dates(question.field, question.clock))
        dated = self._condition(Dated(question.field, question.clock))
        return _Answer(condition, dated, families, question.clock)

    def _condition(self, where: Predicate) -> str:
        match where:
            case Everything():
                return _YES
            case And(parts):
                return " AND ".join(f"({self._condition(part)})" for part in parts) or _YES
            case Or(parts):
                return " OR ".join(f"({self._condition(part)})" for part in parts) or _NO
            case Not(part):
                return f"({self._condition(part)}) IS NOT TRUE"
            case Dated(field, clock):
                return " OR ".join(f"{name} IS NOT NULL" for name, _ in self._dates(field, clock)) or _NO
            case _:
                if where not in self._columns:
                    self._columns[where] = self._label(
                        self._compiler.where(where, self._info, self._info.table, self._near)
                    )
                return str(self._columns[where].name)

    def _dates(self, field: Path, clock: Clock) -> Iterator[tuple[str, Dates]]:
        spot = self._info.spot(self._info.table, field)
        unmarked = self._compiler.unmarked(spot, clock)
        for number, family in enumerate([] if spot.nothing else self._dialect.dates(spot, clock)):
            key = (field, clock, number)
            if key not in self._columns:
                self._columns[key] = self._label(sa.case((sa.and_(family.bounded, unmarked), family.expr)))
            yield str(self._columns[key].name), family

    def _label(self, made: Expr) -> sa.Label[Any]:
        return made.label(f"c{len(self._columns)}")


def _sum(condition: str) -> Expr:
    return sa.literal_column(f"coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)")
