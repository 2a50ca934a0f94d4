"""The demo: the whole story on an invented company, told with real commands."""

import io
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsr.cli.command import Panel, command
from dsr.cli.exits import DONE
from dsr.cli.run import POLICY_FILE, Run

if TYPE_CHECKING:
    from dsr.core.text import Text
    from dsr.jobs.session import Session

PEOPLE = 3000


class Stage:
    """Tells the story on the screen and runs each command in this process, as if it had been typed in the folder."""

    def __init__(self, run: Run) -> None:
        """Stand in the current folder, which is the company's."""
        self._run = run

    def say(self, words: "Text") -> None:
        """Tell what comes next."""
        if not self._run.console.json:
            self._run.console.line()
            self._run.console.line(words.in_(self._run.console.lang), style="bold")

    def run(self, *arguments: str) -> int:
        """Print the command and run it."""
        from dsr.cli.main import main

        console = self._run.console
        if not console.json:
            console.line()
            console.line(f"$ dsr {shlex.join(arguments)}", style="cyan")
        quiet = io.StringIO()
        silence = redirect_stdout(quiet) if console.json else nullcontext()
        with silence, redirect_stderr(quiet) if console.json else nullcontext():
            return main([*arguments, *(() if "--lang" in arguments else ("--lang", console.lang))])

    def session(self) -> "Session":
        """A session on the company's policy file."""
        from dsr.core.progress import Silent
        from dsr.jobs.session import open_session

        return open_session(Path(POLICY_FILE), self._run.env, self._run.actor, Silent())


def register(root: typer.Typer) -> None:
    """Add the command."""
    command(root, "demo", Panel.START)(demo)


def demo(
    run: Run,
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where to build the company")] = Path("demo"),
    people: Annotated[
        int, typer.Option("--people", metavar="COUNT", min=400, help="How many customers it has")
    ] = PEOPLE,
) -> int | None:
    """Build an invented company and tell the whole story with real commands; needs no server."""
    from dsr.console.demo import show_told
    from dsr.jobs.demo import prepare, tell

    run.console.say("demo.building", count=people, path=folder)
    built = prepare(folder, datetime.now(UTC).date(), people)
    with _standing_in(folder):
        result = tell(Stage(run), built, folder)
    if run.show(result):
        show_told(run.console, result)
    return DONE


@contextmanager
def _standing_in(folder: Path) -> Iterator[None]:
    """Inside the folder, with nobody at the keyboard: the commands run as cron would run them."""
    back, keyboard = Path.cwd(), sys.stdin
    os.chdir(folder)
    try:
        with Path(os.devnull).open() as nothing:
            sys.stdin = nothing
            yield
    finally:
        sys.stdin = keyboard
        os.chdir(back)
