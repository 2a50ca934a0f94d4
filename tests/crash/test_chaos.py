"""The fault matrix: every fault once, on kinds of databases in turn; all of it as long as asked by `make chaos`."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from matrix import CELLS, Cell, tried

NAMES = list(dict.fromkeys(cell.name for cell in CELLS))


def _short() -> list[Cell]:
    """One cell of every fault."""
    of = ([cell for cell in CELLS if cell.name == name] for name in NAMES)
    return [cells[number % len(cells)] for number, cells in enumerate(of, 1)]


@pytest.mark.parametrize("cell", _short(), ids=lambda cell: f"{cell.name}, {cell.kind}")
def test_a_fault_loses_nothing_and_does_nothing_twice(
    cell: Cell, tmp_path: Path, postgres_database: Callable[[], str]
) -> None:
    tried(cell, tmp_path, postgres_database, Random(cell.name))
