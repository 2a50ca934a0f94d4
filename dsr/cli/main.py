"""The program: commands, exit codes, and the last word on every error."""

import errno
import logging
import os
import re
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from dsr import __version__
from dsr.cli import (
    certificate,
    demo,
    estate,
    holds,
    ledger,
    people,
    plans,
    policy,
    purge,
    reports,
    requests,
    review,
    rights,
    texts,
    trust,
    verification,
)
from dsr.cli.command import make_app
from dsr.cli.exits import BUG, DONE, INTERRUPTED, TRY_AGAIN
from dsr.cli.run import Lang, LangOption, environment, make_console
from dsr.console.streams import flush
from dsr.core.errors import DsrError, UsageError

if TYPE_CHECKING:
    from dsr.console.screen import Console

app = make_app("dsr", "Keeps the promises of a privacy policy: find, export, delete, purge and prove from one file.")

_PERSONAL = re.compile(r"@|^\+?[\d -]{6,}$")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dsr {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version")
    ] = False,
    lang: LangOption = None,
) -> None:
    pass


for group in (
    demo,
    estate,
    people,
    requests,
    verification,
    rights,
    plans,
    holds,
    review,
    certificate,
    trust,
    reports,
    ledger,
    purge,
    policy,
    texts,
):
    group.register(app)


def run() -> None:
    """The console script: prepares the process and ends it with the exit code."""
    _prepare(environment())
    code = main()
    flush()
    sys.exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error becomes one message."""
    args = list(sys.argv[1:] if argv is None else argv)
    named = [one for one in args if one not in ("--lang", _lang(args)) and not one.startswith("--lang=")]
    if not named or named in ([name] for name, group in _groups().items() if group.info.no_args_is_help):
        args.append("--help")
    try:
        code = app(args, prog_name="dsr", standalone_mode=False, obj=_spoken(args))
    except DsrError as error:
        return _tell(args, _kind(error), _discreet(str(error), args), error.exit_code)
    except typer.TyperException as error:
        return _tell(args, "usage", _usage(error, args), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted(args)
    except SystemExit as error:  # typer ends some of its own commands so
        return error.code if isinstance(error.code, int) else BUG
    except OSError as error:
        return _refused(args, error)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug must not print what it held in its hands
        return _bug(args, error)
    if code == INTERRUPTED:
        return _interrupted(args)
    return code if isinstance(code, int) else DONE


def _prepare(env: Mapping[str, str]) -> None:
    # A core dump, a library's warning or its log line could hold personal data.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not env.get("DSR_DEBUG"):
        warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())
    signal.signal(signal.SIGTERM, _stop)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(args: Sequence[str], kind: str, message: str, code: int) -> int:
    _console(args).error(kind, message, code)
    return code


def _console(args: Sequence[str]) -> "Console":
    """A console for the last word, when what was typed may not even be understood."""
    try:
        return make_console(_lang(args), "--json" in args, environment())
    except UsageError:  # the language itself is wrong
        return make_console("en", "--json" in args, {})


def _lang(args: Sequence[str]) -> str | None:
    """What was typed as the language, wherever it stands."""
    after = next((after for before, after in pairwise(args) if before == "--lang"), None)
    return next((one.removeprefix("--lang=") for one in args if one.startswith("--lang=")), after)


def _spoken(args: Sequence[str]) -> str | None:
    """The language of help, and of commands that name none; one that is not spoken is refused later, in words."""
    wanted = _lang(args) or environment().get("DSR_LANG")
    return next((one.value for one in Lang if one.value == wanted), None)


def _kind(error: DsrError) -> str:
    name = type(error).__name__.removesuffix("Error")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _usage(error: typer.TyperException, args: Sequence[str]) -> str:
    """Typer's message without what was typed: it may be somebody's address."""
    message = error.format_message().replace("Value error, ", "")
    if message.startswith("Got unexpected extra argument"):
        message = (
            "There is an argument too many. A person is named with --email, --user-id, --id NAME=VALUE or --from FILE."
        )
    for typed in sorted((one.partition("=")[2] or one for one in args), key=len, reverse=True):
        if len(typed) > 1 and not typed.startswith("-") and not typed.replace("-", "").isalpha():
            message = message.replace(typed, "…")
    hint = " ".join(["dsr", *_subcommands(args)])
    return f"{message}\nSee `{hint} --help`."


def _discreet(message: str, args: Sequence[str]) -> str:
    """The message without an address or a number that was typed where a name of ours belongs."""
    for typed in sorted((one.partition("=")[2] or one for one in args), key=len, reverse=True):
        if _PERSONAL.search(typed):
            message = message.replace(typed, "…")
    return message


def _groups() -> dict[str, typer.Typer]:
    made = (group.typer_instance for group in app.registered_groups)
    return {str(group.info.name): group for group in made if group is not None}


def _subcommands(args: Sequence[str]) -> list[str]:
    """The part of what was typed that names a command of ours."""
    inner = _groups().get(args[0]) if args else None
    if inner is not None:
        known = [command.name for command in inner.registered_commands]
        return list(args[:2]) if len(args) > 1 and args[1] in known else [args[0]]
    return [args[0]] if args and args[0] in (command.name for command in app.registered_commands) else []


def _interrupted(args: Sequence[str]) -> int:
    console = _console(args)
    console.error("interrupted", console.words("talk.interrupted"), INTERRUPTED)
    return INTERRUPTED


def _refused(args: Sequence[str], error: OSError) -> int:
    if error.errno == errno.EPIPE:  # the reader has gone away
        return DONE
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)
    message = f"The operating system refused: {os.strerror(error.errno or 0)} ({name})."
    next_step = "Free some space and run it again." if full else "Set DSR_DEBUG=1 to see where."
    _trace(error)
    return _tell(args, "system", f"{message} {next_step}", TRY_AGAIN if full else BUG)


def _bug(args: Sequence[str], error: Exception) -> int:
    _trace(error)
    message = f"This is a bug: {type(error).__name__}. Set DSR_DEBUG=1 to see where; values are never shown."
    return _tell(args, "bug", message, BUG)


def _trace(error: BaseException) -> None:
    """Where it happened, for those who ask: files, lines and code, never the message, which may hold values."""
    if environment().get("DSR_DEBUG"):
        for line in traceback.format_tb(error.__traceback__):
            typer.echo(line, err=True, nl=False)
        typer.echo(type(error).__name__, err=True)
