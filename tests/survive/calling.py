"""The program as a person calls it: in a company's folder, with what it said and how it ended."""

from dataclasses import dataclass

import pytest
from company import Company

from dsr.cli.main import main
from dsr.console.streams import flush


@dataclass(frozen=True, slots=True)
class Ran:
    """One call: its exit code, what went to stdout and to stderr."""

    code: int
    out: str
    err: str


class Caller:
    """Calls the program in this process, standing in the company's folder."""

    def __init__(self, made: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        monkeypatch.chdir(made.folder)
        for name in ("DSR_LANG", "DSR_POLICY", "DSR_DEBUG", "COLUMNS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in made.env.items():
            monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> Ran:
        self._capsys.readouterr()
        code = main(arguments)
        flush()
        seen = self._capsys.readouterr()
        return Ran(code, seen.out, seen.err)
