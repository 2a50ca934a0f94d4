"""The fault matrix: every fault on SQLite and on PostgreSQL, once here, and for as long as asked by `make chaos`."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from faults import EVERYWHERE, SERVERS, Scene, scene

CELLS = [(fault, kind) for fault in EVERYWHERE for kind in ("sqlite", "postgres")] + [(f, "postgres") for f in SERVERS]


@pytest.mark.parametrize(("fault", "kind"), CELLS, ids=lambda one: getattr(one, "__name__", one))
def test_a_fault_loses_nothing_and_does_nothing_twice(
    fault: Callable[[Scene], None], kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    if kind == "sqlite":
        (tmp_path / "app.db").touch()
    else:
        make: Callable[[], str] = request.getfixturevalue("postgres_database")
        url = make()
    fault(scene(tmp_path / "co", url, Random(fault.__name__)))
