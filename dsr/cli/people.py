"""The commands of those who answer people: find, export, delete."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.command import Panel, command
from dsr.cli.exits import DONE
from dsr.cli.plans import Agreement, ConfirmOption, PlanOnlyOption, carry_out
from dsr.cli.run import AsOfOption, Run
from dsr.core.errors import UsageError

if TYPE_CHECKING:
    from dsr.jobs.people import Asked

_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


def _option(flag: str, metavar: str, about: str) -> object:
    return typer.Option(flag, metavar=metavar, show_default=False, help=about)


@dataclass(frozen=True, slots=True)
class Who:
    """The person (several options together describe one), or with --from several people, one on each line."""

    email: Annotated[list[str] | None, _option("--email", "ADDRESS", "An e-mail address of the person")] = None
    user_id: Annotated[list[str] | None, _option("--user-id", "ID", "An account of the person")] = None
    id: Annotated[list[str] | None, _option("--id", "NAME=VALUE", "Any other identifier of the policy file")] = None
    subject: Annotated[str | None, _option("--subject", "S-…", "A person found before, by handle")] = None
    file: Annotated[
        Path | None, _option("--from", "FILE", "A file with one person a line, as NAME=VALUE or e-mail; - is stdin")
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


DeepOption = Annotated[
    bool, typer.Option("--deep", help="Look through every record of every store, declared or not; slow")
]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    command(root, "find", Panel.PEOPLE)(find)
    command(root, "export", Panel.PEOPLE)(export)
    command(root, "delete", Panel.PEOPLE)(delete)


def find(run: Run, who: Who, deep: DeepOption = False) -> int | None:
    """Say which person it is, with how many accounts, and how many records lie where."""
    from dsr.console.people import show_person
    from dsr.jobs.people import find

    asked = who.one(run)
    with run.session() as session:
        result = find(session, asked, merge=who.merge, deep=deep)
    if run.show(result):
        show_person(run.console, result)
    return DONE


def export(
    run: Run,
    who: Who,
    out: Annotated[
        Path | None, _option("--out", "DIR", "A new folder for the package  [default: export-DATE-TIME]")
    ] = None,
    data: Annotated[bool, typer.Option("--data", help="For machines: one file of JSON lines and the manifest")] = False,
) -> int | None:
    """Write the access package: everything that is held about a person, readable and complete."""
    from dsr.console.people import show_packages
    from dsr.engine.package.writer import Form
    from dsr.jobs.export import export

    asked = who.everyone(run)
    folder = out or Path(f"export-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    form = Form.DATA if data else Form.FULL
    with run.session() as session:
        result = export(session, asked, folder, language=run.console.lang, form=form, merge=who.merge)
    if run.show(result):
        show_packages(run.console, result)
    return result.exit_code


def delete(
    run: Run,
    who: Who,
    plan_only: PlanOnlyOption = False,
    confirm: ConfirmOption = None,
    as_of: AsOfOption = None,
) -> int | None:
    """Plan the erasure of a person, show it, ask, and carry it out; holds and duties to keep are respected."""
    from dsr.jobs.erase import plan_erasure

    asked = who.everyone(run)
    with run.session() as session:
        date = run.instant(as_of) if as_of is not None else None
        plan = plan_erasure(session, asked, merge=who.merge, as_of=date)
        return carry_out(run, session, plan, None if plan_only else Agreement(confirm))


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
