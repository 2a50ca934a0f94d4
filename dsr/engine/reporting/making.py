"""Short ways to make the parts of a report in its own words."""

from collections.abc import Iterable
from datetime import datetime

from dsr.core.policy import Policy
from dsr.core.report import Cell, Chart, Column, Fact, Level, Note, One, Report, Series, Shape, Table, Value
from dsr.core.text import Text
from dsr.engine.package.terms import Terms, load


class Maker:
    """Makes one report; every word is looked up under its name in `templates/report/words.yaml`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.terms: Terms = load("report")

    def word(self, key: str, **values: Text | str | int) -> Text:
        """Words of this report, or those that all share."""
        own = f"{self.name}.{key}"
        return self.terms.word(own if own in self.terms.words else f"all.{key}", **values)

    def columns(self, *keys: str) -> tuple[Column, ...]:
        """Columns by key; those that hold numbers begin with "#"."""
        plain = ((key.removeprefix("#"), key.startswith("#")) for key in keys)
        return tuple(Column(key, self.word(f"head.{key}"), number) for key, number in plain)

    def table(
        self, key: str, columns: tuple[Column, ...], rows: Iterable[Iterable[Value | Cell]], *, cards: bool = False
    ) -> Table:
        """A table; plain values become cells."""
        made = tuple(tuple(cell(value) for value in row) for row in rows)
        return Table(key, self.word(f"table.{key}"), columns, made, self.word(f"empty.{key}"), cards)

    def fact(self, key: str, value: Value | Cell) -> Fact:
        """A fact."""
        return Fact(key, self.word(f"head.{key}"), cell(value))

    def note(self, level: Level, key: str, **values: Text | str | int) -> Note:
        """A note."""
        return Note(level, self.word(f"note.{key}", **values))

    def chart(self, key: str, shape: Shape, labels: Iterable[Text], *series: tuple[str, Iterable[int]]) -> Chart:
        """A chart."""
        made = tuple(Series(one, self.word(f"head.{one}"), tuple(values)) for one, values in series)
        return Chart(key, self.word(f"chart.{key}"), shape, tuple(labels), made)

    def report(
        self,
        policy: Policy,
        at: datetime,
        *,
        facts: Iterable[Fact] = (),
        notes: Iterable[Note] = (),
        tables: Iterable[Table] = (),
        charts: Iterable[Chart] = (),
    ) -> Report:
        """The whole."""
        return Report(
            self.name,
            self.word("title"),
            self.word("lead"),
            policy.controller.name,
            at,
            policy.controller.timezone,
            tuple(facts),
            tuple(notes),
            tuple(tables),
            tuple(charts),
        )


def cell(value: Value | Cell) -> Cell:
    """A value as a cell."""
    return value if isinstance(value, Cell) else Cell(value)


def bad(value: One) -> Cell:
    """A figure that should be zero, or a date that should not have come."""
    return Cell(value, Level.BAD if value else Level.PLAIN)
