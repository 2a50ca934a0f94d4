"""The reports of those who review and those who are audited."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE
from dsr.cli.run import Run
from dsr.core.errors import UsageError

if TYPE_CHECKING:
    from dsr.core.report import Report
    from dsr.jobs.session import Session

app = make_app("report", "Reports for reviewers: at the terminal, as JSON, CSV, or a page with pictures.")


class Form(Enum):
    """What a report is written as, instead of tables at the terminal."""

    CSV = "csv"
    HTML = "html"


class RecordForm(Enum):
    """The same for the record of processing."""

    CSV = "csv"
    HTML = "html"
    JSONLD = "jsonld"


TableOption = Annotated[
    str | None,
    typer.Option("--table", metavar="NAME", show_default=False, help="Which table as CSV  [default: the first]"),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", show_default=False, help="Write there instead of stdout")
]


@dataclass(frozen=True, slots=True)
class Output:
    """How a report is wanted."""

    form: Annotated[
        Form | None, typer.Option("--format", show_default=False, help="CSV, or one HTML page with pictures")
    ] = None
    table: TableOption = None
    out: OutOption = None


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, rich_help_panel=Panel.REVIEW.value)


@command(app, "ropa")
def ropa(
    run: Run,
    form: Annotated[
        RecordForm | None,
        typer.Option("--format", show_default=False, help="CSV, one HTML page, or JSON-LD (DPV)"),
    ] = None,
    table: TableOption = None,
    out: OutOption = None,
) -> int | None:
    """Write the record of processing activities: Art. 30 GDPR and what the PIPL asks for, from the policy file."""
    from dsr.jobs.reporting import ropa

    return _deliver(run, ropa, form, table, out)


@command(app, "retention")
def retention(run: Run, output: Output) -> int | None:
    """Show rule by store the oldest record against its limit, what is overdue, and when a backlog clears."""
    from dsr.jobs.retention import retention

    return _deliver(run, retention, output.form, output.table, output.out)


@command(app, "holds")
def holds(run: Run, output: Output) -> int | None:
    """Show every hold, what it saves, when it is reviewed, and the proof that nothing under it was deleted."""
    from dsr.console.speech import BothTongues
    from dsr.jobs.holdreport import holds

    return _deliver(run, lambda session: holds(session, BothTongues()), output.form, output.table, output.out)


@command(app, "overview")
def overview(run: Run, output: Output) -> int | None:
    """Show at one glance what is due, overdue, held, failing or unproven."""
    from dsr.console.speech import BothTongues
    from dsr.jobs.overview import overview

    return _deliver(run, lambda session: overview(session, BothTongues()), output.form, output.table, output.out)


@command(app, "register")
def register_(run: Run, output: Output) -> int | None:
    """Show the register of requests: what was asked, how, when and how it was answered; it names nobody."""
    from dsr.console.speech import BothTongues
    from dsr.jobs.requestreports import register_report

    return _deliver(run, lambda session: register_report(session, BothTongues()), output.form, output.table, output.out)


@command(app, "metrics")
def metrics(
    run: Run,
    output: Output,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", show_default=False, help="Received on that day or later")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", show_default=False, help="Received on that day or earlier")
    ] = None,
) -> int | None:
    """Count the requests by right and law: answered, refused, in time, and how many days it took."""
    from dsr.console.speech import BothTongues
    from dsr.jobs.requestreports import metrics_report

    first, last = _day(since, "--since"), _day(until, "--until")

    def make(session: "Session") -> "Report":
        return metrics_report(session, BothTongues(), first, last)

    return _deliver(run, make, output.form, output.table, output.out)


@command(app, "audit")
def audit(
    run: Run,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The ZIP archive to write; it must not exist")],
    since: Annotated[
        Path | None,
        typer.Option("--since", metavar="POLICY", show_default=False, help="An older policy file, to compare with"),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option("--format", show_default=False, help="The table of contents as CSV, or as a page with pictures"),
    ] = None,
    table: TableOption = None,
    contents: Annotated[
        Path | None,
        typer.Option("--contents", metavar="FILE", show_default=False, help="Write that there instead of stdout"),
    ] = None,
) -> int | None:
    """Write what an auditor asks for into one signed archive: policy, reports, runs, certificates, ledger, roles."""
    from dsr.console.speech import BothTongues
    from dsr.jobs.audit import audit

    return _deliver(run, lambda session: audit(session, BothTongues(), out, since), form, table, contents)


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise UsageError(f"{option} must be a day such as 2027-01-31.") from None


def _deliver(
    run: Run, make: "Callable[[Session], Report]", form: Form | RecordForm | None, table: str | None, out: Path | None
) -> int:
    from dsr.console.reports import show_file, show_report
    from dsr.engine.reporting.values import document

    with run.session() as session:
        report = make(session)
        if form is None:
            if run.show(document(report)):
                show_report(run.console, report)
            return DONE
        from dsr.jobs.reportfiles import Form as Target
        from dsr.jobs.reportfiles import Wanted, write

        written = write(session, report, Wanted(Target(form.value), run.console.lang, table, out))
    if run.show(written):
        show_file(run.console, written)
    return DONE
