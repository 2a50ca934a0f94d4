"""The register of requests: what people asked for, by when to answer, and what was done about it."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE, LATE
from dsr.cli.run import Run
from dsr.cli.who import Who
from dsr.core.errors import UsageError
from dsr.core.regimes import Question, Right
from dsr.core.requests import Channel, Delay, Ending, Requester, Said

if TYPE_CHECKING:
    from dsr.jobs.people import Asked
    from dsr.jobs.session import Session

app = make_app("request", "Requests of data subjects: the register, the dates, the answers.")

RequestId = Annotated[str, typer.Argument(metavar="REQUEST", help="The request, such as R-1")]
RightOption = Annotated[
    list[Right] | None,
    typer.Option("--right", show_default=False, help="What is asked for; give it again for several"),
]


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, rich_help_panel=Panel.PEOPLE.value)


@command(app, "open")
def open_(
    run: Run,
    who: Who,
    right: RightOption = None,
    received: Annotated[
        str | None,
        typer.Option(
            "--received", metavar="DATE", show_default=False, help="When it reached the company  [default: now]"
        ),
    ] = None,
    channel: Annotated[Channel, typer.Option("--channel", help="How it came")] = Channel.EMAIL,
    regime: Annotated[
        list[str] | None,
        typer.Option(
            "--regime", metavar="NAME", show_default=False, help="A law that applies  [default: the policy's]"
        ),
    ] = None,
    language: Annotated[str, typer.Option("--language", metavar="LANG", help="The person's language: en, zh")] = "en",
    requester: Annotated[Requester, typer.Option("--requester", help="Who asks")] = Requester.SELF,
    name: Annotated[str, typer.Option("--name", show_default=False, help="Who asks, by name")] = "",
    contact: Annotated[
        str, typer.Option("--contact", metavar="ADDRESS", show_default=False, help="Where to reply")
    ] = "",
    message: Annotated[
        Path | None, typer.Option("--message", metavar="FILE", show_default=False, help="What was written")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="A test, kept apart from lists and figures")] = False,
) -> int | None:
    """Write a request down, with the day on which it reached the company."""
    from dsr.console.requests import show_opened
    from dsr.jobs.requests import Wish, open_request

    said = Said(contact=contact, name=name, message=_text(message))
    with run.session() as session:
        asked = _asked(run, who, contact)
        at = session.now() if received is None else moment(session, received, "--received")
        wish = Wish(
            tuple(right or ()), at, said, channel, language, tuple(regime or ()), requester=requester, test=test
        )
        result = open_request(session, wish, asked)
    if run.show(result):
        show_opened(run.console, result)
    return DONE


@command(app, "import")
def import_(
    run: Run,
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A CSV file, an mbox, a maildir, or a folder of .eml and .json files")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=FIELD", show_default=False, help="What a column means; remembered for such files"
        ),
    ] = None,
    regime: Annotated[
        list[str] | None,
        typer.Option("--regime", metavar="NAME", show_default=False, help="A law that applies where none is written"),
    ] = None,
) -> int | None:
    """Open the requests of a file: of a table all or none, of a mailbox each by itself; none is opened twice."""
    from dsr.console.requests import show_brought
    from dsr.jobs.intake.job import bring_in

    named = dict(one.rpartition("=")[::2] for one in column or ())
    if "" in named:
        raise UsageError("--map takes COLUMN=FIELD, for example --map Arrived=received.")
    with run.session() as session:
        result = bring_in(session, path, named, tuple(regime or ()))
    if run.show(result):
        show_brought(run.console, result)
    return result.exit_code


@command(app, "list")
def list_(
    run: Run,
    due: Annotated[
        bool, typer.Option("--due", help="Only what has to be done within two weeks; exit 11 if late")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Closed requests too")] = False,
    test: Annotated[bool, typer.Option("--test", help="Test requests instead")] = False,
) -> int | None:
    """List the open requests, the most urgent first."""
    from dsr.console.requests import show_listed
    from dsr.jobs.requests import listing

    with run.session() as session:
        result = listing(session, due=due, closed=every, test=test)
    if run.show(result):
        show_listed(run.console, result, due=due)
    return LATE if due and result.late else DONE


@command(app, "show")
def show(
    run: Run,
    request: RequestId,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show names, addresses and words too; recorded")] = False,
) -> int | None:
    """Show one request, and how each of its dates came about."""
    from dsr.console.requests import show_request
    from dsr.jobs.requests import show

    with run.session() as session:
        result = show(session, request, reveal=reveal)
    if run.show(result):
        show_request(run.console, result)
    return DONE


@command(app, "sort")
def sort(run: Run, request: RequestId, right: RightOption = None) -> int | None:
    """Say which rights a request means, where its words left that open."""
    from dsr.jobs.requests import sort

    if not right:
        raise UsageError("Nothing is asked for. Name a right with --right.")
    with run.session() as session:
        sort(session, request, right)
    return after(run, request)


@command(app, "pause")
def pause(
    run: Run,
    request: RequestId,
    question: Annotated[Question, typer.Option("--question", help="What the person was asked")],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", show_default=False, help="When  [default: today]")
    ] = None,
    answered: Annotated[bool, typer.Option("--answered", help="The answer has come: the clock goes on")] = False,
) -> int | None:
    """Write down a question to the person, or its answer; whether the clock stands meanwhile is the law's business."""
    from dsr.jobs import requests

    with run.session() as session:
        at = session.now() if on is None else moment(session, on, "--on")
        act = requests.answered if answered else requests.ask
        act(session, request, question, at)
    return after(run, request)


@command(app, "extend")
def extend(
    run: Run, request: RequestId, reason: Annotated[Delay, typer.Option("--reason", help="Why it takes longer")]
) -> int | None:
    """Take longer, as far as the laws that apply allow it; tell the person before the first date."""
    from dsr.jobs.requests import extend

    with run.session() as session:
        extend(session, request, reason)
    return after(run, request)


@command(app, "acknowledge")
def acknowledge(
    run: Run,
    request: RequestId,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", show_default=False, help="When  [default: today]")
    ] = None,
) -> int | None:
    """Write down that receipt was confirmed to the person."""
    from dsr.jobs.requests import acknowledge

    with run.session() as session:
        acknowledge(session, request, session.now() if on is None else moment(session, on, "--on"))
    return after(run, request)


@command(app, "refuse")
def refuse(
    run: Run,
    request: RequestId,
    ground: Annotated[str, typer.Option("--ground", metavar="NAME", help="The ground, as the law names it")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The facts behind it")],
) -> int | None:
    """Refuse a request with a ground of the law; as excessive only with a second person."""
    from dsr.jobs.requests import refuse

    with run.session() as session:
        refuse(session, request, ground, reason)
    return after(run, request)


@command(app, "close")
def close(
    run: Run,
    request: RequestId,
    ending: Annotated[Ending, typer.Option("--ending", help="How it ended")] = Ending.FULFILLED,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", show_default=False, help="A note for the register")
    ] = None,
) -> int | None:
    """End a request: answered in whole or in part, withdrawn, or received twice."""
    from dsr.jobs.requests import close

    with run.session() as session:
        close(session, request, ending, note)
    return after(run, request)


def moment(session: "Session", text: str, option: str) -> datetime:
    """The instant of an option: a day begins at midnight where the company is."""
    zone = ZoneInfo(session.policy.controller.timezone)
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time.min, zone).astimezone(UTC)
        named = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} must be a day such as 2027-01-31, or an instant such as 2027-01-31T09:00Z."
        ) from None
    return (named if named.tzinfo else named.replace(tzinfo=zone)).astimezone(UTC)


def after(run: Run, request: str) -> int:
    """What the request looks like now."""
    from dsr.console.requests import show_request
    from dsr.jobs.requests import show

    with run.session() as session:
        result = show(session, request)
    if run.show(result):
        show_request(run.console, result)
    return DONE


def _asked(run: Run, who: Who, contact: str) -> "Asked | None":
    if not who.named and contact:
        return None
    return who.one(run)


def _text(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--message: the file cannot be read ({type(error).__name__}). It must be UTF-8 text."
        ) from None
