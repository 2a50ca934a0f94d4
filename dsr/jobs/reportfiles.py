"""Reports as files: CSV, HTML with pictures, and JSON-LD for the record of processing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from dsr.core.errors import UsageError
from dsr.core.report import Report, Table, Written
from dsr.engine.reporting.linked import linked
from dsr.engine.reporting.page import page
from dsr.engine.reporting.sheet import sheet
from dsr.jobs.session import Session


class Form(Enum):
    """What a report is written as; the terminal's tables are the other way to see it."""

    CSV = "csv"
    HTML = "html"
    JSONLD = "jsonld"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a report is wanted: `table` names the one for CSV, `out` the file; without one it goes to stdout."""

    form: Form
    lang: str
    table: str | None = None
    out: Path | None = None


def write(session: Session, report: Report, wanted: Wanted) -> Written:
    """The report as text of one format, and in the file that was asked for."""
    text, others = _WRITERS[wanted.form](session, report, wanted)
    if wanted.out is not None:
        try:
            wanted.out.write_text(text, encoding="utf-8-sig" if wanted.form is Form.CSV else "utf-8", newline="")
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise UsageError(f"{wanted.out}: the text cannot be written there: {why}. Choose another --out.") from error
    return Written(report.name, wanted.form.value, text, str(wanted.out) if wanted.out is not None else None, others)


def _csv(_session: Session, report: Report, wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    table = _table(report, wanted.table)
    others = () if wanted.table else tuple(one.key for one in report.tables if one is not table)
    return sheet(table, wanted.lang, report.zone), others


def _table(report: Report, name: str | None) -> Table:
    if name is None:
        return report.tables[0]
    found = report.table(name)
    if found is None:
        known = ", ".join(one.key for one in report.tables)
        raise UsageError(f"This report has no table {name!r}. Its tables: {known}.")
    return found


def _html(_session: Session, report: Report, wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    return page(report, wanted.lang), ()


def _jsonld(session: Session, report: Report, _wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    if report.name != "ropa":
        raise UsageError("Only the record of processing (dsr report ropa) is written as JSON-LD.")
    return json.dumps(linked(session.policy, report), ensure_ascii=False, indent=2) + "\n", ()


_WRITERS: Mapping[Form, Callable[[Session, Report, Wanted], tuple[str, tuple[str, ...]]]] = {
    Form.CSV: _csv,
    Form.HTML: _html,
    Form.JSONLD: _jsonld,
}
