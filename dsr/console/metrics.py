"""Shows the register of requests and its figures."""

import csv
import io
from collections.abc import Iterable
from dataclasses import fields

from dsr.console.screen import DIM, Column, Console
from dsr.jobs.metrics import Figures, Metrics, Registered


def show_register(console: Console, found: Iterable[Registered]) -> None:
    """The register as CSV, for those who check it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(Registered)]
    rows.writerow(names)
    rows.writerows([_cell(getattr(one, name)) for name in names] for one in found)
    console.raw(text.getvalue())


def show_metrics(console: Console, found: Metrics) -> None:
    """The figures, a row for each right and law."""
    if not found.figures:
        console.show("request.no_figures", style=DIM)
        return
    heads = ("received", "fulfilled", "partial", "refused", "withdrawn", "open", "extended", "on_time")
    numbers = (*heads, "median", "mean", "p95", "oldest")
    columns = (Column("rights"), Column("regime"), *(Column(head, number=True) for head in numbers))
    console.table(columns, (_row(console, one) for one in found.figures))


def _row(console: Console, one: Figures) -> tuple[object, ...]:
    share = f"{one.in_time}/{one.timed}" if one.timed else ""
    counts = (one.received, one.fulfilled, one.partial, one.refused, one.withdrawn, one.open, one.extended, share)
    days = (one.median_days, one.mean_days, one.p95_days, one.oldest_open_days)
    return (console.words.of("right", one.right), one.regime, *counts, *(_number(day) for day in days))


def _number(days: float | None) -> str:
    return "" if days is None else f"{days:g}"


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
