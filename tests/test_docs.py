"""README against the program: every command and option stands in it, and every command in it runs.

`DSR_REGEN=1` writes the list of commands between its two markers anew.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer.main

from dsr.cli import exits
from dsr.cli.main import app
from dsr.cli.run import Common
from dsr.core import errors
from dsr.jobs.sample.estate import build

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- commands -->\n", "<!-- /commands -->"
SHARED = {"--policy", "--lang", "--json", "--help"}
TOLD_ELSEWHERE = "dsr demo"  # builds a company of its own; it has its own test


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    about: str
    options: tuple[str, ...]


def commands() -> Iterator[Command]:
    root = typer.main.get_command(app)
    for name, found in root.commands.items():
        inner = getattr(found, "commands", None)
        leaves = [(f"{name} {sub}", one) for sub, one in (inner or {}).items()]
        if not inner or found.invoke_without_command:
            leaves.insert(0, (name, found))
        for path, leaf in leaves:
            options = [opt for one in leaf.params for opt in one.opts if opt.startswith("--")]
            arguments = [one.metavar or one.name.upper() for one in leaf.params if one.param_type_name == "argument"]
            about = (leaf.help or "").split("\n\n")[0].replace("\n", " ")
            yield Command(" ".join(["dsr", path, *arguments]), about, tuple(o for o in options if o not in SHARED))


def reference() -> str:
    """The list of commands as README shows it."""
    rows = [f"| `{one.name}` | {one.about} | {' '.join(f'`{o}`' for o in one.options)} |" for one in commands()]
    return "\n".join(["| command | what it does | options of its own |", "|---|---|---|", *rows]) + "\n"


def readme() -> str:
    return README.read_text(encoding="utf-8")


def shown() -> list[str]:
    """The commands of README's fenced blocks, with lines that end in a backslash joined."""
    blocks = re.findall(r"^```(?:console|sh|bash)?\n(.*?)^```", readme(), re.M | re.S)
    text = "\n".join(blocks).replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in text.splitlines() if re.match(r"\$ (?:\S+ \| )?dsr ", line)]


def test_readme_lists_every_command_with_its_options():
    text = readme()
    assert BEGIN in text, f"put {BEGIN.strip()} and {END} around README's list of commands"
    before, rest = text.split(BEGIN)
    listed, after = rest.split(END)
    if os.environ.get("DSR_REGEN"):
        README.write_text(before + BEGIN + reference() + END + after, encoding="utf-8")
        return
    assert listed == reference(), "run `make golden` and read the difference"


def test_readme_names_the_options_that_every_command_shares():
    missing = [name for name in SHARED if f"`{name}" not in readme().replace(BEGIN, "")]
    assert missing == []
    assert {f"--{name}" for name in Common.__dataclass_fields__} < SHARED


def test_every_option_that_readme_names_exists():
    known = SHARED | {"--version", "--install-completion", "--show-completion"}
    known |= {option for command in commands() for option in command.options}
    used = {option for line in shown() for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", line)}
    assert used - known == set()


def test_readme_explains_every_exit_code():
    rows = set(re.findall(r"\| *(\d+) *\|", readme()))
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.DsrError)]
    codes = {one.exit_code for one in classes} | {code for code in vars(exits).values() if isinstance(code, int)}
    assert {str(code) for code in codes} - rows == set()


def test_every_command_of_readme_runs_and_ends_as_it_says(tmp_path: Path):
    assert shown()
    shutil.copy(ROOT / "retention.yaml", tmp_path)
    build(tmp_path / "demo", people=150, as_of=datetime.now(UTC).date())
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": tools, "HOME": str(tmp_path), "LANG": "C.UTF-8", "USER": "reader"}
    seen: dict[str, str] = {}
    for line in shown():
        if line.startswith(TOLD_ELSEWHERE):
            continue
        command, _, said = line.partition("  # exit ")
        typed = re.sub(r"\b([A-Z])-…", lambda found, known=seen: known.get(found[1], found[0]), command)
        done = subprocess.run(
            ["bash", "-c", typed], cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert done.returncode == int(said or 0), f"$ {typed}\n{done.stdout}{done.stderr}"
        seen |= {token[0]: token for token in re.findall(r"\b[A-Z]-[0-9a-f]+\b", done.stdout + done.stderr)}


@pytest.mark.parametrize("target", ["demo", "test"])
def test_readme_names_the_two_commands_of_a_newcomer(target: str):
    assert f"make {target}" in readme()
