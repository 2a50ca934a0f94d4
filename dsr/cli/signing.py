"""The options of commands that sign with a person's key."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.exits import DONE
from dsr.cli.run import Run
from dsr.core.errors import UsageError

if TYPE_CHECKING:
    from dsr.jobs.trust import Signer

PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-from", metavar="FILE", show_default=False, help="Where the key's passphrase stands; - is stdin"
    ),
]


@dataclass(frozen=True, slots=True)
class Root:
    """The root key that signs a change of the trust file."""

    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", show_default=False, help="The root key to sign with  [default: this machine's]"
        ),
    ] = None
    passphrase_from: PassphraseOption = None
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where the draft goes while other roots have to sign")
    ] = Path("trust-draft.json")

    def signer(self, run: Run) -> "Signer":
        """With the passphrase, asked for where it is needed."""
        from dsr.jobs.trust import Signer

        return Signer(self.key, passphrase(run, self.key, self.passphrase_from), self.out)


def passphrase(run: Run, key: Path | None, source: Path | None) -> str | None:
    """The passphrase of a key: from the file that is named, or typed by the person at the terminal."""
    if source is not None:
        return _line(source)
    if key is None:
        return None
    from dsr.state.keys import needs_passphrase

    return run.console.secret("key.passphrase", path=key) if needs_passphrase(key) else None


def new_passphrase(run: Run, source: Path | None, *, bare: bool) -> str | None:
    """The passphrase for a new key; None where it is to lie open."""
    if bare:
        return None
    given = _line(source) if source is not None else run.console.secret("key.new_passphrase")
    if not given:
        raise UsageError("A person's key needs a passphrase. Give it with --passphrase-from FILE, or say --bare.")
    return given


def _line(source: Path) -> str:
    if str(source) == "-":
        return sys.stdin.readline().rstrip("\n")
    try:
        return source.read_text(encoding="utf-8").split("\n")[0]
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{source}: the passphrase cannot be read there. Name a text file with one line.") from None


@dataclass(frozen=True, slots=True)
class Approver:
    """An approval that is signed here, signed elsewhere and taken in, or signed here for elsewhere."""

    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", show_default=False, help="Your own key, to sign with")
    ] = None
    passphrase_from: PassphraseOption = None
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", show_default=False, help="Write the approval there; record nothing"),
    ] = None
    add: Annotated[
        Path | None,
        typer.Option("--add", metavar="FILE", show_default=False, help="Take in an approval that was signed elsewhere"),
    ] = None

    def approve(self, run: Run, plan: str | None) -> int | None:
        """Approve a plan, or the policy where none is named."""
        from dsr.console.trust import show_approved
        from dsr.jobs.approving import add, approve

        secret = passphrase(run, self.key, self.passphrase_from)
        with run.session() as session:
            if self.key is not None and self.add is None:
                result = approve(session, plan, self.key, secret, out=self.out)
            elif self.add is not None and self.key is None:
                result = add(session, plan, self.add)
            else:
                raise UsageError("Give either your own key with --key, or an approval from elsewhere with --add.")
        if run.show(result):
            show_approved(run.console, result)
        return DONE
