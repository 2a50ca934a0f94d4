"""The commands for the trust file: who may sign and approve what, and how many of them are needed."""

import re
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.command import Panel, command, make_app
from dsr.cli.exits import DONE
from dsr.cli.run import Run, instant
from dsr.cli.signing import PassphraseOption, Root, new_passphrase
from dsr.core.errors import UsageError

if TYPE_CHECKING:
    from dsr.core.trust import Threshold
    from dsr.jobs.trust import Changed

app = make_app("trust", "Who may sign and approve what, and how many of them are needed: the trust file.")

_RULE = re.compile(r"([^=]+)=([0-9]{1,3})(?:/([0-9]{1,3}))?")


class Role(Enum):
    """What a key may sign."""

    ROOT = "root"
    LEDGER = "ledger"
    CERTIFIER = "certifier"
    APPROVER = "approver"
    REVIEWER = "reviewer"


class Machine(Enum):
    """The keys that a machine has."""

    CERTIFIER = "certifier"
    LEDGER = "ledger"
    ROOT = "root"


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, rich_help_panel=Panel.REVIEW.value)


@command(app, "init")
def init(
    run: Run,
    origin: Annotated[
        str | None,
        typer.Option("--origin", metavar="NAME", show_default=False, help="The ledger's name, such as example.com/dsr"),
    ] = None,
) -> int | None:
    """Make the first trust file, in solo mode; without this the first use makes one under a name of its own."""
    from dsr.jobs.trust import begin

    with run.session() as session:
        return _show(run, begin(session, origin))


@command(app, "show")
def show(run: Run) -> int | None:
    """Show who may sign what and until when, and how many people have to approve."""
    from dsr.jobs.trust import show

    with run.session() as session:
        return _show(run, show(session))


@command(app, "key")
def key(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file of the key")],
    person: Annotated[
        str, typer.Option("--person", metavar="NAME", help="Whose it is, as this system names the person")
    ],
    passphrase_from: PassphraseOption = None,
    bare: Annotated[bool, typer.Option("--bare", help="Without a passphrase: whoever has the file can sign")] = False,
) -> int | None:
    """Make a key of your own; the line it prints goes to whoever keeps the trust file."""
    from dsr.console.trust import show_made
    from dsr.jobs.trust import make_key

    made = make_key(file, person, new_passphrase(run, passphrase_from, bare=bare))
    if run.show(made):
        show_made(run.console, made)
    return DONE


@command(app, "add")
def add(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The line of a person's public key, in a file")],
    role: Annotated[list[Role], typer.Option("--role", metavar="ROLE", help="What it may sign; repeat for several")],
    root: Root,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", show_default=False, help="When it ends  [default: in a year]"),
    ] = None,
    handle: Annotated[
        list[str] | None,
        typer.Option("--handle", metavar="S-…", show_default=False, help="The person as a data subject of ours"),
    ] = None,
) -> int | None:
    """Let a person's key sign: as root, approver or reviewer."""
    from dsr.jobs.trust import add

    roles = tuple(one.value for one in role)
    with run.session() as session:
        ends = _until(run, until)
        return _show(run, add(session, file, roles, ends, tuple(handle or ()), root.signer(run)))


@command(app, "require")
def require(
    run: Run,
    root: Root,
    approvers: Annotated[
        int | None,
        typer.Option("--approvers", metavar="N", min=0, show_default=False, help="How many people approve; 0 is solo"),
    ] = None,
    reviewers: Annotated[
        int | None,
        typer.Option("--reviewers", metavar="N", min=0, show_default=False, help="How many of them are reviewers"),
    ] = None,
    roots: Annotated[
        int | None,
        typer.Option("--roots", metavar="N", min=1, show_default=False, help="How many sign a change of this file"),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule", metavar="RULE=N[/M]", show_default=False, help="N approvers, M of them reviewers, under a rule"
        ),
    ] = None,
) -> int | None:
    """Say how many people approve and sign; with nothing named, renew the file before it expires."""
    from dsr.jobs.trust import require

    rules = tuple(_threshold(one) for one in rule or ())
    with run.session() as session:
        by = root.signer(run)
        return _show(run, require(session, by, approvers=approvers, reviewers=reviewers, roots=roots, rules=rules))


@command(app, "revoke")
def revoke(
    run: Run,
    whose: Annotated[str, typer.Argument(metavar="WHOSE", help="A person, or the beginning of a key's id")],
    root: Root,
) -> int | None:
    """End a person's keys, or one key, from now on; what they signed before stays verifiable."""
    from dsr.jobs.trust import revoke

    with run.session() as session:
        return _show(run, revoke(session, whose, root.signer(run)))


@command(app, "rotate")
def rotate(
    run: Run,
    role: Annotated[Machine, typer.Argument(metavar="ROLE", help="certifier, ledger or root")],
    root: Root,
) -> int | None:
    """Replace a key of this machine by a new one."""
    from dsr.jobs.trust import rotate

    with run.session() as session:
        return _show(run, rotate(session, role.value, root.signer(run)))


@command(app, "sign")
def sign(
    run: Run, draft: Annotated[Path, typer.Argument(metavar="DRAFT", help="A draft of the next version")], root: Root
) -> int | None:
    """Add a root's signature to a draft; with the last one it comes into force."""
    from dsr.jobs.trust import sign

    with run.session() as session:
        return _show(run, sign(session, draft, root.signer(run)))


@command(app, "accept")
def accept(
    run: Run, file: Annotated[Path, typer.Argument(metavar="FILE", help="A trust file, or a draft that is signed")]
) -> int | None:
    """Put a newer trust file in force here; an older one, or one of another chain, is refused."""
    from dsr.jobs.trust import take

    with run.session() as session:
        return _show(run, take(session, file))


def _show(run: Run, changed: "Changed") -> int | None:
    from dsr.console.trust import show_trust

    if run.show(changed):
        show_trust(run.console, changed)
    return DONE


def _until(run: Run, text: str | None) -> datetime | None:
    return None if text is None else instant(text, run.console.zone).replace(microsecond=0)


def _threshold(text: str) -> "Threshold":
    from dsr.core.trust import Threshold

    found = _RULE.fullmatch(text)
    if found is None:
        raise UsageError("--rule takes RULE=N or RULE=N/M, for example --rule invoice=2/1.")
    return Threshold(found[1], int(found[2]), int(found[3] or 0))
