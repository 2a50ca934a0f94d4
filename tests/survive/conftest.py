"""Every test here runs on SQLite and on PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The url of an empty database."""
    if request.param == "sqlite":
        path = tmp_path / "app.db"
        sa.create_engine(f"sqlite:///{path}").connect().close()
        path.touch()
        return f"sqlite:///{path}"
    make: Callable[[], str] = request.getfixturevalue("postgres_database")
    return make()
