"""What every command shares: its options, its console, and the session it works in."""

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from dsr.core.errors import UsageError

if TYPE_CHECKING:
    from dsr.console.screen import Console
    from dsr.jobs.session import Session

POLICY_FILE = "retention.yaml"


class Lang(Enum):
    """A language that the program speaks."""

    EN = "en"
    ZH = "zh"


PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy", metavar="PATH", show_default=False, help="The policy file  [default: retention.yaml, here or above]"
    ),
]
LangOption = Annotated[
    Lang | None, typer.Option("--lang", show_default=False, help="Language of words and tables  [default: en]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of tables")]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", show_default=False, help="Rehearse as if it were that day (YYYY-MM-DD)"),
]


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every command has."""

    policy: PolicyOption = None
    lang: LangOption = None
    json: JsonOption = False


class Run:
    """One call of one command."""

    def __init__(self, command: str, options: Common, env: Mapping[str, str], lang: str | None = None) -> None:
        """Hold the options; the console and the session are made when they are needed.

        `lang` is the language of the call where the command's own options name none.
        """
        self.command = command
        self.env = env
        self._options = options
        self._lang = options.lang.value if options.lang else lang
        self._console: Console | None = None

    @property
    def console(self) -> "Console":
        """What the person sees."""
        if self._console is None:
            self._console = make_console(self._lang, self._options.json, self.env)
        return self._console

    @property
    def actor(self) -> str:
        """Who runs the command, as the records name them."""
        return self.env.get("DSR_ACTOR") or getpass.getuser()

    def policy_path(self) -> Path:
        """The policy file: the one that is named, or the nearest retention.yaml from here upwards."""
        named = self._options.policy or self.env.get("DSR_POLICY")
        if named:
            path = Path(named)
            if not path.is_file():
                raise UsageError(f"{path}: there is no such policy file. Give another --policy, or run `dsr init`.")
            return path
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / POLICY_FILE).is_file():
                return folder / POLICY_FILE
        raise UsageError(f"There is no {POLICY_FILE} here or above. Name one with --policy, or run `dsr init`.")

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """The policy with its stores and state, opened as they are needed and closed at the end."""
        from dsr.jobs.session import open_session

        progress = self.console.progress()
        session = open_session(self.policy_path(), self.env, self.actor, progress)
        self.console.zone = session.policy.controller.timezone
        try:
            yield session
            session.settle()
        finally:
            progress.end()  # an error breaks off a stretch of work: its bar must not stand in the way of the message
            self.console.remark(session.remarks)
            session.close()

    def instant(self, text: str | None, option: str = "--as-of") -> datetime:
        """The instant that the option names; a session must be open, for a day begins in the controller's zone."""
        return instant(text, self.console.zone, option)

    def show(self, result: object) -> bool:
        """In JSON mode writes the result and says False; otherwise says that it is to be shown in words."""
        return not self.console.result(self.command.replace(" ", "-"), result)


def make_console(lang: str | None, json: bool, env: Mapping[str, str]) -> "Console":
    """The console for the options and the environment."""
    from dsr.console.screen import Console

    wanted = lang or env.get("DSR_LANG") or "en"
    if wanted not in (one.value for one in Lang):
        raise UsageError("DSR_LANG names a language that is not spoken here. Known: en, zh.")
    columns = env.get("COLUMNS", "")
    width = int(columns) if columns.isascii() and columns.isdigit() and int(columns) else None
    return Console(wanted, json, width=width)


def instant(text: str | None, zone: str, option: str = "--as-of") -> datetime:
    """The instant that the option names: a day begins at midnight in the controller's zone; without it, now."""
    if text is None:
        return datetime.now(UTC)
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time.min, ZoneInfo(zone)).astimezone(UTC)
        named = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option} must be a day such as 2027-01-31, or an instant such as 2027-01-31T09:00Z."
        ) from error
    return (named if named.tzinfo else named.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def environment() -> Mapping[str, str]:
    """The process's environment; nothing else in the program reads it."""
    return os.environ
