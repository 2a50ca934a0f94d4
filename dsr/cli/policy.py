"""The commands of those who own the rules: check, render, diff, schema."""

from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE, INVALID, TRY_AGAIN
from dsr.cli.run import AsOfOption, Run
from dsr.cli.signing import Approver
from dsr.core.errors import UsageError

app = make_app("policy", "Check the policy file, and write the published text from it.")


class Form(Enum):
    """What the text is written as."""

    MD = "md"
    HTML = "html"
    TXT = "txt"
    JSON = "json"


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, rich_help_panel=Panel.RULES.value)


@command(app, "check")
def check(
    run: Run,
    offline: Annotated[bool, typer.Option("--offline", help="Check the file alone; do not look at the stores")] = False,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Hold the published periods against the runs that really happened")
    ] = False,
    text: Annotated[
        Path | None,
        typer.Option("--text", metavar="FILE", show_default=False, help="Say what a page written by others lacks"),
    ] = None,
) -> int | None:
    """Check the file, its words in every language, what the laws want said, and that it declares all stored data."""
    from dsr.console.policy import show_check, show_read
    from dsr.jobs.policy import check, read

    with run.session() as session:
        if text is not None:
            page = read(session, text)
            if run.show(page):
                show_read(run.console, page)
            return INVALID if page.findings else DONE
        result = check(session, live=not offline, proof=evidence)
    if run.show(result):
        show_check(run.console, result)
    return INVALID if not result.sound else DONE if result.seen else TRY_AGAIN


@command(app, "render")
def render(
    run: Run,
    form: Annotated[Form, typer.Option("--format", help="Markdown, HTML, plain text or JSON")] = Form.MD,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", show_default=False, help="Write there instead of stdout")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="CODE", show_default=False, help="Another language that has a folder"),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option("--templates", metavar="DIR", show_default=False, help="Sentences and pages of your own"),
    ] = None,
    proven: Annotated[
        bool, typer.Option("--proven", help="Mark the periods that the runs of the purge do not prove")
    ] = False,
    withhold: Annotated[bool, typer.Option("--withhold", help="Do not state them at all")] = False,
    as_of: AsOfOption = None,
) -> int | None:
    """Write the privacy policy that the file promises, in the language of --lang."""
    from dsr.console.policy import show_text
    from dsr.jobs.policy import Proof, Writing, write

    proof = Proof.WITHHELD if withhold else Proof.MARKED if proven else Proof.NOT_ASKED
    with run.session() as session:
        wanted = Writing(language or run.console.lang, form.value, templates, out, proof)
        result = write(session, wanted, run.instant(as_of))
    if run.show(result):
        show_text(run.console, result)
    return DONE


@command(app, "diff")
def diff(
    run: Run,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The policy file as it was")],
    new: Annotated[
        Path | None,
        typer.Argument(metavar="[NEW]", show_default=False, help="As it is now  [default: the policy file]"),
    ] = None,
    count: Annotated[
        bool, typer.Option("--count", help="Count in the stores which records newly come into reach of deletion")
    ] = False,
) -> int | None:
    """Say what a change of the file means for people: notice, periods, duties, ends, data, recipients, deletion."""
    from dsr.console.policy import show_compared
    from dsr.jobs.policy import compare
    from dsr.jobs.reach import newly_reached

    if count and new is not None:
        raise UsageError("--count looks into the stores of the policy file: name the new one with --policy.")
    result = compare(old, new or run.policy_path(), run.env)
    if count:
        with run.session() as session:
            result = replace(result, reached=newly_reached(session, old))
    if run.show(result):
        show_compared(run.console, result)
    return DONE


@command(app, "approve")
def approve(run: Run, approver: Approver) -> int | None:
    """Approve the policy file as it stands: purges run under it, within its guards, until it changes."""
    return approver.approve(run, None)


@command(app, "schema")
def schema(run: Run) -> int | None:
    """Print the JSON Schema of the policy file, for editors."""
    from dsr.jobs.policy import schema

    result = schema()
    if run.show(result):
        run.console.raw(result.text)
    return DONE
