"""A state database of each kind, empty and real."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from statekit import Spot

from dsr.state.database import State


@pytest.fixture
def sqlite_spot(tmp_path: Path) -> Spot:
    return Spot("sqlite:///.dsr/state.db", tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def spot(request: pytest.FixtureRequest, tmp_path: Path) -> Spot:
    """An address where no state database is yet."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_spot")
    return Spot(request.getfixturevalue("postgres_url"), tmp_path)


@pytest.fixture
def state(spot: Spot) -> Iterator[State]:
    with spot.open() as opened:
        yield opened


@pytest.fixture
def sqlite_state(sqlite_spot: Spot) -> Iterator[State]:
    with sqlite_spot.open() as opened:
        yield opened
