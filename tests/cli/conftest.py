"""A small shop on a real SQLite file, and the program called in it as a person would."""

import sqlite3
from pathlib import Path

import pytest
from clikit import POLICY, TABLES, Dsr, Ran

from dsr.cli.main import main
from dsr.console.streams import flush


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shop's folder, which is also where one stands."""
    base = sqlite3.connect(tmp_path / "app.db")
    base.executescript(TABLES)
    base.close()
    (tmp_path / "retention.yaml").write_text(POLICY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("DSR_LANG", "DSR_POLICY", "DSR_DEBUG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def dsr(shop: Path, capsys: pytest.CaptureFixture[str]) -> Dsr:
    """The program, called in the shop."""

    def call(*args: str) -> Ran:
        capsys.readouterr()
        code = main(args)
        flush()
        seen = capsys.readouterr()
        return Ran(code, seen.out, seen.err)

    return call
