"""Who asks, and who else is to be told: the commands of a request before and after the act itself."""

from pathlib import Path
from typing import Annotated

import typer

from dsr.cli.command import command
from dsr.cli.exits import DONE, UNVERIFIED
from dsr.cli.requests import RequestId
from dsr.cli.requests import app as requests
from dsr.cli.run import Run
from dsr.cli.who import option
from dsr.core.errors import UsageError
from dsr.core.letters import Form, Kind


def register(root: typer.Typer) -> None:
    """Add the commands to the group of requests."""
    command(requests, "verify")(verify)
    command(requests, "notices")(notices)
    command(requests, "letter")(letter)


def verify(
    run: Run,
    request: RequestId,
    send_code: Annotated[
        bool, typer.Option("--send-code", help="Put a message with a code into the outbox, to the address on file")
    ] = False,
    code: Annotated[str | None, option("--code", "CODE", "The code that the person gave back")] = None,
    token: Annotated[str | None, option("--token", "TOKEN", "What the app signed after signing in again")] = None,
    point: Annotated[list[str] | None, option("--point", "FIELD=VALUE", "A data point that the person named")] = None,
    declaration: Annotated[
        Path | None, option("--declaration", "FILE", "A signed declaration; deleted after the check")
    ] = None,
    authority: Annotated[str | None, option("--authority", "TEXT", "What shows that one may ask for another")] = None,
    suspect: Annotated[str | None, option("--suspect", "REASON", "Fraud is suspected: two proofs are needed")] = None,
) -> int | None:
    """Find out who asks, by as much as fits what is asked; what is shown is compared and not kept. Exit 13 if not."""
    from dsr.console.verification import show_code, show_verified
    from dsr.jobs import proving

    evidence = proving.Evidence(code, token, tuple(_point(one) for one in point or ()), declaration)
    with run.session() as session:
        if authority is not None:
            proving.authorise(session, request, authority)
        if suspect is not None:
            proving.suspect(session, request, suspect)
        if send_code:
            sent = proving.send_code(session, request)
            if run.show(sent):
                show_code(run.console, sent)
            return DONE
        result = proving.verify(session, request, evidence) if evidence.any else proving.standing(session, request)
    if run.show(result):
        show_verified(run.console, result)
    return DONE if result.enough else UNVERIFIED


def notices(
    run: Run,
    request: RequestId,
    recipient: Annotated[str | None, option("--recipient", "NAME", "Who was told")] = None,
    proof: Annotated[str | None, option("--proof", "TEXT", "What proves it, such as a ticket")] = None,
    impossible: Annotated[
        str | None, option("--impossible", "FACTS", "Why it cannot be told, or only with disproportionate effort")
    ] = None,
) -> int | None:
    """List the recipients that have to be told of what was done (Art. 19), or write down that one was told."""
    from dsr.console.verification import show_notices
    from dsr.jobs import notices

    if recipient is not None and (proof is None) == (impossible is None):
        raise UsageError("Say what proves it with --proof, or why it cannot be done with --impossible.")
    with run.session() as session:
        if recipient is None:
            result = notices.tasks(session, request)
        elif proof is not None:
            result = notices.told(session, request, recipient, proof)
        else:
            result = notices.impossible(session, request, recipient, impossible or "")
    if run.show({"notices": result}):
        show_notices(run.console, result)
    return DONE


def letter(
    run: Run,
    request: RequestId,
    kind: Annotated[
        Kind,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Which letter: acknowledgement, identity, extension, refusal, access, erasure, retained, released, "
            "notice, nothing, complaint, restriction, lifting, rectification, objection",
        ),
    ],
    form: Annotated[Form, typer.Option("--format", help="Its form")] = Form.TXT,
    out: Annotated[Path | None, option("--out", "FILE", "A new file  [default: stdout]")] = None,
    recipient: Annotated[str | None, option("--recipient", "NAME", "To whom a notice goes")] = None,
    counsel: Annotated[str | None, option("--counsel", "NAME", "The lawyer who decided what may be told")] = None,
    templates: Annotated[
        Path | None, option("--templates", "DIR", "A folder with sentences and pages of your own")
    ] = None,
) -> int | None:
    """Write a letter in the person's language, saying what the register, the plan and the law bear out."""
    from dsr.jobs.letters import Writing, write

    with run.session() as session:
        result = write(session, request, Writing(kind, form, out, recipient, counsel, templates))
    if run.show(result):
        if out is None:
            run.console.raw(result.text)
        else:
            run.console.say("talk.written", path=str(out))
    return DONE


def _point(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise UsageError("--point takes FIELD=VALUE, for example --point app.users.country=DE.")
    return name, value
