"""State databases that earlier versions of the program really wrote, opened by this one."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from statekit import CANARY, Spot, fork

from dsr.core.errors import StateError
from dsr.core.journal import StepState
from dsr.state import request_tables, schema

OLD = Path(__file__).parent / "old"
"""What each version had written: a person, two holds, one of them released, two plans, a run in the midst of a step."""


@pytest.fixture(params=schema.EARLIER)
def old(request: pytest.FixtureRequest, spot: Spot) -> Spot:
    """A database of that version, with its key."""
    kind = "sqlite" if spot.url.startswith("sqlite") else "postgres"
    script = (OLD / f"v{request.param}.{kind}.sql").read_text(encoding="utf-8")
    spot.key.parent.mkdir(exist_ok=True)
    spot.key.write_bytes(bytes(range(32)))
    spot.key.chmod(0o600)
    if kind == "sqlite":
        with sqlite3.connect(spot.file) as file:
            file.executescript(script)
        return spot
    engine = sa.create_engine(spot.url)
    with engine.begin() as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace("%", "%%"))
    engine.dispose()
    return spot


def test_nothing_is_lost_and_work_goes_on(old: Spot) -> None:
    with old.open() as state:
        first, second = state.all_holds()
        assert (first.id, first.active, second.id, second.release_reason) == ("H-1", True, "H-2", "settled")
        assert (first.grounds, first.scope.where) == ((), None)
        assert state.generation() == 3
        (person,) = state.plan_subjects("P-1")
        assert CANARY in person.values("email")
        assert state.subject(person.token) == person
        assert [row.status.value for row in state.plans()] == ["applying", "open"]
        (run,) = state.unfinished_runs()
        assert next((row.state, row.count) for row in state.steps(run)) == (StepState.STARTED, 2)
        again = state.begin_run("P-1", ((1, 4), (2, 1), (3, 7)))
        assert again.id == run.id
        state.step_started(again, 1)
        state.unit_done(again, 1, 2)
        assert state.steps(again)[0].effected >= 2
        assert state.next_hold_id() == "H-3"


def test_it_has_the_tables_of_a_new_one(old: Spot) -> None:
    with old.open() as state, state._database.write() as connection:
        known = sa.MetaData()
        for made in (schema._metadata, request_tables.metadata):
            for table in made.tables.values():
                table.to_metadata(known)
        assert compare_metadata(MigrationContext.configure(connection), known) == []
        names = connection.execute(sa.select(schema.counter.c.name)).scalars().all()
        assert sorted(names) == ["holds", "holds-generation", "ledger", "plans", "requests", "tokens"]
        assert dict(connection.execute(schema.meta.select()).all())["schema_version"] == schema.VERSION
    with old.open() as state:
        state.place(replace(state.all_holds()[0], id="H-9"))
        with pytest.raises(StateError), state._database.write() as connection:
            connection.execute(schema.outbox.delete())
        assert state.ledger_size() > 0


def test_eight_processes_that_open_it_at_once_upgrade_it_once(old: Spot) -> None:
    def opened() -> None:
        with old.open() as state:
            assert len(state.all_holds()) == 2

    for child in [fork(opened) for _ in range(8)]:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with old.open() as state:
        assert state.next_plan_id() == "P-3"


def test_an_upgrade_that_fails_halfway_leaves_the_old_database(old: Spot, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Operations, "create_table", None)
        with pytest.raises(TypeError):
            old.open()
    with old.open() as state:
        assert len(state.all_holds()) == 2
