"""Which person a command is about."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.run import Run
from dsr.core.errors import UsageError
from dsr.core.requests import Requester

if TYPE_CHECKING:
    from dsr.jobs.people import Asked
    from dsr.jobs.tying import Named

_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


def option(flag: str, metavar: str, about: str) -> object:
    """An option whose help does not show a default."""
    return typer.Option(flag, metavar=metavar, show_default=False, help=about)


@dataclass(frozen=True, slots=True)
class Who:
    """The person (several options together describe one), or with --from several people, one on each line."""

    email: Annotated[list[str] | None, option("--email", "ADDRESS", "An e-mail address of the person")] = None
    user_id: Annotated[list[str] | None, option("--user-id", "ID", "An account of the person")] = None
    id: Annotated[list[str] | None, option("--id", "NAME=VALUE", "Any other identifier of the policy file")] = None
    subject: Annotated[str | None, option("--subject", "S-…", "A person found before, by handle")] = None
    file: Annotated[
        Path | None, option("--from", "FILE", "A file with one person a line, as NAME=VALUE or e-mail; - is stdin")
    ] = None
    merge: Annotated[bool, typer.Option("--merge", help="Confirm that several accounts are one person's")] = False

    @property
    def named(self) -> bool:
        """Whether anybody was named."""
        return bool(self.email or self.user_id or self.id or self.subject or self.file)

    def everyone(self, run: Run) -> tuple["Asked", ...]:
        """Everybody who was named; a person at a terminal is asked when nobody was."""
        from dsr.jobs.people import Asked

        values = tuple(self._values())
        if not self.named:
            typed = run.console.ask("who.ask")
            return (Asked((_line(typed, "What was typed"),)),) if typed else ()
        one = (Asked(values, self.subject),) if values or self.subject else ()
        return (*one, *(Asked((value,)) for value in (_read(self.file) if self.file else ())))

    def one(self, run: Run) -> "Asked":
        """The one person who was named."""
        from dsr.jobs.people import Asked

        everyone = self.everyone(run)
        if len(everyone) > 1:
            raise UsageError("This command is about one person; several were named. Call it once for each.")
        return everyone[0] if everyone else Asked()

    def _values(self) -> Iterator[tuple[str, str]]:
        yield from (("email", value) for value in self.email or ())
        yield from (("user_id", value) for value in self.user_id or ())
        for text in self.id or ():
            found = _NAMED.fullmatch(text)
            if found is None:
                raise UsageError("--id takes NAME=VALUE, for example --id phone=+8613800000000.")
            yield found[1], found[2]


@dataclass(frozen=True, slots=True)
class Tie:
    """Which request is answered, or why it is known who asks."""

    request: Annotated[str | None, option("--request", "R-…", "The verified request that this answers")] = None
    identity: Annotated[
        str | None, option("--identity", "REASON", "Answer for the identity yourself; who and why is recorded")
    ] = None

    requester: Annotated[
        Requester, typer.Option("--requester", help="With --identity: who asks", show_default=True)
    ] = Requester.SELF
    authority: Annotated[
        str | None, option("--authority", "TEXT", "With --identity: what shows that one may ask for another")
    ] = None

    def named(self, run: Run, who: Who) -> "Named":
        """Whom it is about; with a request nobody has to be named."""
        from dsr.jobs.tying import Named

        people = who.everyone(run) if who.named or self.request is None else ()
        return Named(people, self.request, self.identity, who.merge, self.requester, self.authority or "")


def _read(file: Path) -> Iterator[tuple[str, str]]:
    if str(file) == "-":
        lines = sys.stdin.read().splitlines()
    else:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"--from: the file cannot be read ({type(error).__name__}). It must be UTF-8 text."
            ) from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _line(line.strip(), f"--from: line {number}")


def _line(text: str, where: str) -> tuple[str, str]:
    found = _NAMED.fullmatch(text)
    if found is not None:
        return found[1], found[2]
    if "@" in text:
        return "email", text
    raise UsageError(f"{where} is neither an e-mail address nor NAME=VALUE, such as user_id=5.")
