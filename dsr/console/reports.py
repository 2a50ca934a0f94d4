"""Shows a report at the terminal: facts, every table, then what has to be done and how figures are meant."""

from dsr.console.screen import BAD, BOLD, DIM, GOOD, WARN, Console
from dsr.console.screen import Cell as Styled
from dsr.console.screen import Column as Heading
from dsr.core.report import Cell, Level, Report, Table, Written
from dsr.engine.reporting.values import lines

STYLES = {Level.PLAIN: "", Level.GOOD: GOOD, Level.WARN: WARN, Level.BAD: BAD}
_ROWS = 200
"""Rows that a person is shown; drawing ten thousand takes seconds. Files and JSON have them all."""
MARKS = {Level.PLAIN: "-", Level.GOOD: "+", Level.WARN: "!", Level.BAD: "!"}


def show_report(console: Console, report: Report) -> None:
    """The whole report in words. Charts are drawn in its HTML form; their figures stand in the tables."""
    console.show("report.title", style=BOLD, title=report.title.in_(console.lang), at=console.when(report.at))
    console.line()
    if report.facts:
        console.facts((one.head, _styled(console, one.cell)) for one in report.facts)
        console.line()
    for table in report.tables:
        console.line(table.title.in_(console.lang), BOLD)
        _table(console, table)
        console.line()
    for note in sorted(report.notes, key=lambda one: one.level is Level.PLAIN):
        console.bullet(note.text.in_(console.lang), MARKS[note.level], STYLES[note.level] or DIM)


def show_file(console: Console, written: Written) -> None:
    """The text itself, or where it was written; tables that it leaves out are named."""
    if written.out is None:
        console.raw(written.text)
    else:
        console.say("talk.written", path=written.out)
    if written.others:
        console.say("report.others", names=", ".join(written.others))


def _table(console: Console, table: Table) -> None:
    if not table.rows:
        console.line(f"  {table.empty.in_(console.lang)}", DIM)
    elif table.cards:
        for row in table.rows:
            pairs = zip(table.columns, row, strict=True)
            console.facts((column.head, _styled(console, cell)) for column, cell in pairs if cell.value is not None)
            console.line()
    else:
        shown = table.told
        columns = [Heading(table.columns[at].head, table.columns[at].number) for at in shown]
        console.table(columns, ([_styled(console, row[at]) for at in shown] for row in table.rows[:_ROWS]))
        if len(table.rows) > _ROWS:
            console.show("report.more", style=DIM, count=len(table.rows) - _ROWS)


def _styled(console: Console, cell: Cell) -> Styled:
    value = cell.value
    number = isinstance(value, int) and not isinstance(value, bool)
    shown: object = value if number else "\n".join(lines(cell, console.lang, console.zone))
    return Styled(shown, STYLES[cell.level])
