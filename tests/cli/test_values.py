"""Options are read as typer reads them, and plain ones without the library that typer needs for the others."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from dsr.cli.command import make_app
from dsr.cli.help import Spoken
from dsr.cli.run import Lang

Words = Annotated[list[str] | None, typer.Option("--word")]
ARGUMENTS = (
    [],
    ["--text", "a b"],
    ["--text", ""],
    ["--word", "a", "--word", ""],
    ["--path", "there"],
    ["--path", "not-there"],
    ["--path", ""],
    ["--path", "-"],
    ["--number", "3"],
    ["--number", "0"],
    ["--number", "many"],
    ["--lang", "zh"],
    ["--lang", "fr"],
    ["--file", "there"],
    ["--file", "not-there"],
    ["--file", "."],
    ["--flag"],
)


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_a_value_is_what_typer_makes_of_it(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("")

    ours, theirs = (_answer(app, arguments) for app in (_app(plain=True), _app(plain=False)))

    assert ours == theirs


def test_a_command_starts_without_the_library_for_other_values(tmp_path: Path) -> None:
    code = (
        "import sys; from dsr.cli.main import main; "
        "main(['find', '--email', 'x@example.org', '--policy', 'none.yaml']); "
        "sys.exit('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)

    assert done.returncode == 0


def _app(*, plain: bool) -> typer.Typer:
    app = make_app("try", "") if plain else typer.Typer(rich_markup_mode=None)

    def show(
        text: Annotated[str | None, typer.Option("--text")] = None,
        word: Words = None,
        path: Annotated[Path | None, typer.Option("--path")] = None,
        file: Annotated[Path | None, typer.Option("--file", exists=True, dir_okay=False)] = None,
        number: Annotated[int, typer.Option("--number", min=1)] = 2000,
        lang: Annotated[Lang | None, typer.Option("--lang")] = None,
        flag: Annotated[bool, typer.Option("--flag")] = False,
    ) -> None:
        typer.echo(repr((text, word, path, file, number, lang, flag)))

    app.command("show", cls=Spoken if plain else None)(show)
    app.command("other")(lambda: None)
    return app


def _answer(app: typer.Typer, arguments: list[str]) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["show", *arguments])
    return result.exit_code, result.output.splitlines()[-1]  # usage lines name the program
