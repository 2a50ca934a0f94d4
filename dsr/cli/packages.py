"""The command that writes access packages, and who can open them."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.run import Run
from dsr.cli.who import Tie, Who, option
from dsr.core.errors import UsageError
from dsr.core.requests import COPIES

if TYPE_CHECKING:
    from dsr.engine.package.sealing import Sealing

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Packing:
    """Where packages go, and for whom they are sealed."""

    out: Annotated[
        Path | None,
        option("--out", "FILE", "The sealed file; for several people a folder  [default: export-DATE-TIME.zip.age]"),
    ] = None
    recipient: Annotated[
        list[str] | None, option("--recipient", "KEY", "Seal for the person's public key (age1… or an SSH key)")
    ] = None
    passphrase_file: Annotated[
        Path | None, option("--passphrase-file", "FILE", "Write generated passphrases there instead of showing them")
    ] = None
    part_size: Annotated[
        int, typer.Option("--part-size", metavar="MB", min=1, help="Split a sealed file larger than this")
    ] = 2000
    unsealed: Annotated[Path | None, option("--unsealed", "DIR", "A new folder instead, which anybody can read")] = None

    def check(self) -> None:
        """Raise UsageError when the options contradict each other."""
        sealed = {"--out": self.out, "--recipient": self.recipient, "--passphrase-file": self.passphrase_file}
        said = [name for name, value in sealed.items() if value]
        if self.unsealed is not None and said:
            raise UsageError(f"--unsealed writes a plain folder; {said[0]} is about a sealed file. Leave one out.")
        if self.recipient and self.passphrase_file is not None:
            raise UsageError("With --recipient there is no passphrase. Leave --passphrase-file out.")

    def target(self, people: int) -> Path:
        """Where the package goes, or the packages of several people."""
        from dsr.engine.package.sealing import SEALED

        name = f"export-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        return self.unsealed or self.out or Path(name if people > 1 else f"{name}{SEALED}")

    def sealing(self, passphrases: "Passphrases") -> "Sealing | None":
        """How packages are sealed; None for a plain folder."""
        from dsr.engine.package.sealing import Sealing

        if self.unsealed is not None:
            return None
        return Sealing(tuple(self.recipient or ()), passphrases.of, self.part_size * _MB)


@dataclass(slots=True)
class Passphrases:
    """The passphrases of one export: kept in a file of their own, or shown to the person at the terminal at the end."""

    file: Path | None
    made: dict[str, str] = field(default_factory=dict)

    def of(self, token: str) -> str:
        """A new passphrase for one package, kept before anything is sealed with it."""
        from dsr.engine.package.sealing import generated

        self.made[token] = generated()
        if self.file is not None:
            self._keep(f"{token} {self.made[token]}\n".encode())
        return self.made[token]

    def refuse(self, run: Run) -> None:
        """Raise UsageError when a passphrase would have nowhere to go."""
        if self.file is None and (run.console.json or not run.console.attended):
            raise UsageError(
                "There is no terminal to show the passphrase on. Name --passphrase-file FILE, or seal for the person's "
                "own key with --recipient."
            )
        if self.file is not None and (self.file.is_symlink() or self.file.exists()):
            raise UsageError(f"{self.file} exists. Name a new file for the passphrases.")

    def _keep(self, line: bytes) -> None:
        first = len(self.made) == 1
        try:
            handle = os.open(self.file or "", os.O_WRONLY | os.O_CREAT | (os.O_EXCL if first else os.O_APPEND), 0o600)
        except OSError as error:
            raise UsageError(f"--passphrase-file: {self.file} cannot be written ({error.strerror}).") from None
        with os.fdopen(handle, "wb") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def export(
    run: Run,
    who: Who,
    packing: Packing,
    tie: Tie,
    data: Annotated[bool, typer.Option("--data", help="For machines: one file of JSON lines and the manifest")] = False,
) -> int | None:
    """Write the access package: everything that is held about a person, readable and complete, in one sealed file."""
    from dsr.engine.package.writer import Form
    from dsr.jobs import packaging, tying
    from dsr.jobs.export import export

    packing.check()
    passphrases = Passphrases(packing.passphrase_file)
    sealing = packing.sealing(passphrases)
    if sealing is not None and not sealing.recipients:
        passphrases.refuse(run)
    named, form = tie.named(run, who), Form.DATA if data else Form.FULL
    target = packing.target(len(named.people) or 1)
    lang = run.console.lang
    with run.session() as session:
        tied = tying.tie(session, named, COPIES)
        result = export(session, tied.people, target, language=lang, form=form, merge=who.merge, sealing=sealing)
        tying.exported(session, tied)
        result = packaging.kept(session, result, tied.requests)
    if run.show(result):
        from dsr.console.people import show_packages

        show_packages(run.console, result)
    if passphrases.file is None and passphrases.made:
        from dsr.console.people import show_passphrases

        show_passphrases(run.console, passphrases.made)
    return result.exit_code
