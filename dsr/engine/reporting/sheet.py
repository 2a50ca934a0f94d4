"""A table of a report as CSV that no spreadsheet runs."""

import csv
import io
from decimal import Decimal

from dsr.core.report import Cell, Table
from dsr.engine.package.text import csv_row
from dsr.engine.reporting.values import several, words


def sheet(table: Table, language: str, zone: str) -> str:
    """The table with a heading row; cells with several values hold them separated by line breaks."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(csv_row(column.head.in_(language) for column in table.columns)[0])
    for row in table.rows:
        writer.writerow(csv_row(_plain(cell, language, zone) for cell in row)[0])
    return out.getvalue()


def _plain(cell: Cell, language: str, zone: str) -> object:
    value = cell.value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value  # without separators: a spreadsheet should read a number
    return "\n".join(words(one, language, zone) for one in several(value))
