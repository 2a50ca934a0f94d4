"""Who is let into the stores before the first effect: only a run that knows of every hold, and nobody has replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from building import NOW, direct, entry, field, memory, person, policy, rule, start, table
from building import plan as planned_for

from dsr.core.errors import StalePlanError, StateError
from dsr.core.fence import holds_fence, run_fence
from dsr.core.journal import HOLDS_CHANGED, Run
from dsr.core.policy import StoreConfig
from dsr.engine.fencing import admit, fenced
from dsr.engine.planner import Planned
from dsr.stores.sql.store import SqlStore

RUN = Run(1, "P-1", NOW, key="here/1", token=4)
USERS = table("users", field("id", nullable=False), field("email"))
NOTES = table("notes", field("id", nullable=False), field("user_id"), field("at"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    (tmp_path / "app.db").touch()
    made = SqlStore(StoreConfig("app", "sql", f"sqlite:///{tmp_path / 'app.db'}", "UTC", (), "retention.yaml:1"))
    yield made
    made.close()


@pytest.fixture
def planned() -> Planned:
    """It acts in two stores."""
    rules = (rule("account", "P1Y"), rule("notes", "P1Y"))
    entries = (
        entry("app.users", "account", direct("id")),
        entry("far.notes", "notes", direct("user_id"), starts=start("at")),
    )
    made = policy(rules, entries, stores=("app", "far"))
    stores = {
        "app": memory({USERS: [{"id": 1, "email": None}]}),
        "far": memory({NOTES: [{"id": 1, "user_id": 1}]}, "far"),
    }
    return planned_for(made, stores, person("1"))


def never() -> int:
    raise AssertionError("the register is read only where a store knows of another generation")


def test_a_run_is_let_in_where_there_are_fences(store: SqlStore, planned: Planned) -> None:
    """The other store has none: its gate does instead."""
    found = admit({"app": store, "far": memory({NOTES: []}, "far")}, planned, RUN, never)
    assert dict(found.fenced) == {"app": store}
    assert dict(found.silent) == {}
    assert store.standing(holds_fence(RUN.key)) == planned.plan.holds
    assert store.standing(run_fence(RUN.key)) == RUN.token


def test_a_store_that_does_not_answer_is_named_with_what_it_said(
    store: SqlStore, planned: Planned, tmp_path: Path
) -> None:
    (tmp_path / "app.db").unlink()
    found = admit({"app": store, "far": memory({NOTES: []}, "far")}, planned, RUN, never)
    assert dict(found.fenced) == {}
    assert list(found.silent) == ["app"]
    assert "does not answer" in found.silent["app"]


@pytest.mark.parametrize("silent", ["app", "far"])
def test_one_that_does_not_answer_keeps_no_other_out(
    store: SqlStore, planned: Planned, tmp_path: Path, silent: str
) -> None:
    """Whichever comes first: a store that is left out would be taken for one without fences."""
    gone = SqlStore(StoreConfig("gone", "sql", f"sqlite:///{tmp_path / 'gone.db'}", "UTC", (), "retention.yaml:1"))
    other = "far" if silent == "app" else "app"
    found = admit({silent: gone, other: store}, planned, RUN, never)
    assert dict(found.fenced) == {other: store}
    assert list(found.silent) == [silent]
    gone.close()


def test_holds_that_the_register_knows_make_the_plan_stale(store: SqlStore, planned: Planned) -> None:
    later = planned.plan.holds + 1
    assert fenced(store) is store
    store.admit(holds_fence(RUN.key), later)
    with pytest.raises(StalePlanError) as raised:
        admit({"app": store, "far": memory({NOTES: []}, "far")}, planned, RUN, lambda: later)
    assert str(raised.value) == HOLDS_CHANGED


def test_holds_that_only_the_store_knows_of_stop_everything(store: SqlStore, planned: Planned) -> None:
    assert fenced(store) is store
    store.admit(holds_fence(RUN.key), planned.plan.holds + 1)
    with pytest.raises(StateError, match=r"'app' knows of changes .* place again what is missing"):
        admit({"app": store, "far": memory({NOTES: []}, "far")}, planned, RUN, lambda: planned.plan.holds)


def test_holds_of_another_state_database_stop_everything(store: SqlStore, planned: Planned) -> None:
    """As when the folder of the state was lost, and a new one was made in its place."""
    assert fenced(store) is store
    store.admit(holds_fence("there/7"), 0)
    admit({"app": store, "far": memory({NOTES: []}, "far")}, planned, RUN, never)
    store.admit(holds_fence("there/7"), 1)
    with pytest.raises(StateError, match=r"holds of another state database.*'holds there' from dsr_fence"):
        admit({"app": store, "far": memory({NOTES: []}, "far")}, planned, RUN, never)


def test_a_run_that_another_process_took_over_is_not_let_in(store: SqlStore, planned: Planned) -> None:
    assert fenced(store) is store
    store.admit(run_fence(RUN.key), RUN.token + 1)
    with pytest.raises(StalePlanError, match="took this run over"):
        admit({"app": store, "far": memory({NOTES: []}, "far")}, planned, RUN, never)


def test_a_store_without_receipts_is_not_fenced(tmp_path: Path) -> None:
    (tmp_path / "plain.db").touch()
    options = (("receipts", "0"),)
    plain = SqlStore(
        StoreConfig("app", "sql", f"sqlite:///{tmp_path / 'plain.db'}", "UTC", options, "retention.yaml:1")
    )
    assert fenced(plain) is None
    assert fenced(memory({NOTES: []})) is None
    plain.close()
