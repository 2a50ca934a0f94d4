"""How commands show their help: sections in plain text that answer at once, in the language of the call."""

import re
import shutil
from collections.abc import Iterator
from enum import Enum
from typing import Any

from typer.core import TyperCommand, TyperGroup

from dsr.cli.values import taken

Rows = list[tuple[str, str]]
ARGUMENTS, OPTIONS, COMMANDS = "Arguments", "Options", "Commands"


class Panel(Enum):
    """The sections of `dsr --help`: one per person's job."""

    START = "Start"
    PEOPLE = "Answer people (support staff)"
    REVIEW = "Review and hold (compliance)"
    CALENDAR = "Keep the calendar (operations)"
    RULES = "Own the rules (lawyers and engineers)"


class Spoken(TyperCommand):
    """A command whose help speaks the language that the context carries."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own types are private
        """Read what was typed."""
        taken(self, ctx)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types are private
        """Write the page."""
        formatter.write(_page(self, ctx, []))


class Sections(TyperGroup):
    """A group whose commands stand in sections."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own types are private
        """Read what was typed."""
        taken(self, ctx)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types are private
        """Write the page."""
        sections: dict[str, Rows] = {}
        for name in self.list_commands(ctx):
            found = self.get_command(ctx, name)
            if found is not None and not found.hidden:
                panel = getattr(found, "rich_help_panel", None)
                title = panel if isinstance(panel, str) else COMMANDS
                sections.setdefault(title, []).append((name, _told(_paragraphs(found.help)[0], ctx)))
        ordered = [panel.value for panel in Panel if panel.value in sections]
        titles = [*ordered, *(title for title in sections if title not in ordered)]
        formatter.write(_page(self, ctx, [(title, sections[title]) for title in titles]))


def _page(command: Any, ctx: Any, commands: list[tuple[str, Rows]]) -> str:  # noqa: ANN401
    from dsr.console.helping import page

    pieces = (_told(re.sub(r"[{}]", "", piece), ctx) for piece in command.collect_usage_pieces(ctx))
    usage = " ".join([ctx.command_path, *pieces])
    about = "\n\n".join(_told(paragraph, ctx) for paragraph in _paragraphs(command.help))
    lists: dict[str, Rows] = {ARGUMENTS: [], OPTIONS: []}
    for parameter in command.get_params(ctx):
        argument = parameter.param_type_name == "argument"
        lists[ARGUMENTS if argument else OPTIONS].extend(_row(parameter, ctx))
    sections = [(_told(f"{title}:", ctx), rows) for title, rows in [*lists.items(), *commands]]
    return page(_told("Usage: ", ctx) + usage, about, sections, shutil.get_terminal_size().columns)


def _row(parameter: Any, ctx: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """One parameter: its name, and what it means with what typer adds in brackets."""
    record = parameter.get_help_record(ctx)
    if record is not None:
        name, text = record
        about = parameter.help or ""
        added = text.removeprefix(about)
        for word in ("default: ", "required"):
            added = added.replace(word, _told(word, ctx))
        yield name.partition(" <list")[0], _told(" ".join(about.split()), ctx) + added


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in (text or "").split("\n\n")]


def _told(text: str, ctx: Any) -> str:  # noqa: ANN401
    from dsr.console.helping import told

    return told(text, ctx.obj or "en")
