"""The ledger against everything that may be done to it: edited, truncated, forked, lost, rolled back, used by many."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from statekit import CANARY, NOON, Spot, fork, hold_over, person, saved_plan

from dsr.core.errors import EvidenceError, StateError
from dsr.core.ledger import LARGEST, Entry, What, commitment, entry_bytes, together
from dsr.core.plan import Outcome
from dsr.core.progress import Silent
from dsr.core.proof import leaf_hash
from dsr.jobs.ledger import verify, verify_folder
from dsr.jobs.publishing import ledger_folder, publish, settle
from dsr.jobs.session import Session
from dsr.jobs.trusting import in_force, key_path, read, trust_path
from dsr.state.database import State
from dsr.state.events import Act
from dsr.state.ledger import CertificateRow
from dsr.state.outbox import append
from dsr.state.plans import PlanStatus


class At(Session):
    """A session on a state database alone."""

    def __init__(self, state: State) -> None:
        super().__init__(Path("none.yaml"), {}, "tester", Silent(), lambda: NOON)
        self.__dict__["state"] = state


def acts(state: State, count: int = 3) -> None:
    for _ in range(count):
        state.record(Act.FOUND, "lee", NOON, subject=person(state).token)


def tampered(state: State, *statements: str) -> None:
    """As somebody with all rights to the database would do it."""
    with state._database.write() as connection:
        kind = connection.dialect.name
        if kind == "sqlite":
            for act in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS dsr_outbox_no_{act}")
        else:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS dsr_outbox_append_only ON dsr_outbox")
        for statement in statements:
            connection.exec_driver_sql(statement)


def entries(state: State) -> list[dict]:
    return [json.loads(one) for one in state.ledger_entries()]


def test_every_change_of_state_is_one_entry_of_its_transaction(state: State):
    subject = person(state)
    plan = saved_plan(state, subject)
    run = state.begin_run(plan.id, ((1, 4), (2, 1), (3, 7)))
    state.step_started(run, 1)
    state.unit_done(run, 1, 4)
    for number, outcome, count in ((1, Outcome.REMOVED, 4), (2, Outcome.REWRITTEN, 1), (3, Outcome.RETAINED, 7)):
        state.step_finished(run, number, outcome, count)
        state.step_finished(run, number, outcome, count)
    ended = state.finish_run(run, Outcome.REMOVED)
    state.place(hold_over("H-1"))
    state.release("H-1", "lee", NOON, "over")
    state.freeze("lee", "a migration", NOON)
    state.freeze("kim", "again", NOON)
    state.thaw("lee", NOON)
    state.thaw("lee", NOON)
    other = saved_plan(state)
    state.set_status(other.id, PlanStatus.CANCELLED)
    found = entries(state)
    words = ["plan", "run_began", "step", "step", "step", "run_ended", "hold_placed", "hold_released"]
    assert [one["what"] for one in found] == [*words, "frozen", "thawed", "plan", "status"]
    assert ended.entry == 5
    (opening,) = state.openings(subject.token)
    assert found[0]["subject"] == found[5]["subject"] == opening.commitment
    assert commitment(bytes.fromhex(opening.nonce), subject.token) == opening.commitment
    assert found[5]["counts"] == {"removed": 4, "rewritten": 1, "retained": 7}
    assert found[5]["digest"] == plan.digest


def test_an_act_that_fails_leaves_no_entry_and_acts_together_are_one(state: State):
    def half() -> None:
        with state.together():
            state.place(hold_over("H-1"))
            state.record(Act.HOLD_PLACED, "lee", NOON, hold="not an id")

    with pytest.raises(StateError):
        half()
    assert (entries(state), state.all_holds()) == ([], ())
    with state.together():
        state.place(hold_over("H-1"))
        assert [hold.id for hold in state.all_holds()] == ["H-1"]
        state.record(Act.HOLD_PLACED, "lee", NOON, hold="H-1")
    assert [one["what"] for one in entries(state)] == ["hold_placed", "act"]


@pytest.mark.parametrize("statement", ["UPDATE dsr_outbox SET entry = 'x'", "DELETE FROM dsr_outbox"])
def test_the_outbox_only_grows(state: State, statement: str):
    acts(state)
    with pytest.raises(StateError), state._database.write() as connection:
        connection.exec_driver_sql(statement)
    assert len(entries(state)) == 3


def test_an_entry_takes_no_value_and_no_person(state: State):
    for wrong in ({"act": CANARY}, {"plan": "P-1; x"}, {"subject": "S-0123abcd"}, {"actor": "lee"}, {"digest": "x"}):
        with pytest.raises(StateError, match="something else than an id"):
            entry_bytes(Entry(What.ACT, NOON, **wrong))
    with pytest.raises(StateError, match="not words of ours"):
        entry_bytes(Entry(What.ACT, NOON, counts=((CANARY, 1),)))


def test_nothing_personal_is_in_the_published_files(state: State):
    acts(state)
    saved_plan(state, person(state))
    publish(state, NOON)
    token = person(state).token
    for path in ledger_folder(state).path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in (CANARY.encode(), token.encode(), b"lee", b"canary"):
                assert secret not in content


def test_a_deleted_nonce_unlinks_its_entries_and_the_tree_stays(state: State):
    acts(state)
    saved_plan(state, person(state), person(state, 2, "other@example.com"))
    before = publish(state, NOON)
    token = person(state).token
    assert len(state.openings(token)) == 4
    assert state.unlink([token]) == 4
    assert state.openings(token) == ()
    assert state.unlink([token]) == 0
    assert len(state.openings(person(state, 2, "other@example.com").token)) == 1
    assert publish(state, NOON) == before
    assert verify(At(state)).size == before.size


def test_several_people_stand_under_one_root():
    one, two = commitment(b"1" * 32, "S-00000001"), commitment(b"2" * 32, "S-00000002")
    assert together(()) is None
    assert together((one,)) == one
    assert together((one, two)) not in (one, two, together((two, one)))


def test_a_second_publication_without_entries_changes_nothing(state: State):
    acts(state)
    first = publish(state, NOON)
    assert publish(state, NOON + timedelta(days=1)) == first
    settle(state, NOON)
    assert state.noted() == first.note


def test_the_files_can_be_lost_and_are_made_again_byte_by_byte(state: State):
    acts(state, 300)
    publish(state, NOON)
    folder = ledger_folder(state).path
    before = {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    shutil.rmtree(folder)
    publish(state, NOON)
    assert {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()} == before


REFUSED = "The ledger is refused"
TAMPERINGS: dict[str, tuple[str, ...]] = {
    "edited": ("UPDATE dsr_outbox SET entry = replace(entry, 'found', 'fount') WHERE seq = 100",),
    "the newest edited": ("UPDATE dsr_outbox SET entry = replace(entry, 'trust', 'trusty') WHERE seq = 299",),
    "exchanged": (
        "UPDATE dsr_outbox SET seq = -1 WHERE seq = 5",
        "UPDATE dsr_outbox SET seq = 5 WHERE seq = 6",
        "UPDATE dsr_outbox SET seq = 6 WHERE seq = -1",
    ),
    "one put in": (
        "UPDATE dsr_outbox SET seq = seq + 1000",
        "UPDATE dsr_outbox SET seq = seq - 999 WHERE seq >= 1010",
        "UPDATE dsr_outbox SET seq = seq - 1000 WHERE seq >= 1000",
        "INSERT INTO dsr_outbox (seq, entry) VALUES (10, '{}')",
        "UPDATE dsr_counter SET value = value + 1 WHERE name = 'ledger'",
    ),
    "the newest taken away": (
        "DELETE FROM dsr_outbox WHERE seq >= 290",
        "UPDATE dsr_counter SET value = 290 WHERE name = 'ledger'",
    ),
    "all taken away": ("DELETE FROM dsr_outbox", "UPDATE dsr_counter SET value = 0 WHERE name = 'ledger'"),
}


@pytest.mark.parametrize("statements", TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_tampered_database_is_found(state: State, statements: tuple[str, ...]):
    acts(state, 299)
    publish(state, NOON)
    assert verify(At(state)).size == 300
    tampered(state, *statements)
    with pytest.raises(EvidenceError, match=REFUSED):
        verify(At(state))


@pytest.mark.parametrize("name", ["the newest edited", "the newest taken away", "all taken away"])
def test_nothing_more_is_published_over_a_tampered_end(state: State, name: str):
    acts(state, 299)
    head = publish(state, NOON)
    tampered(state, *TAMPERINGS[name])
    acts(state, 1)
    with pytest.raises(EvidenceError, match=REFUSED):
        publish(state, NOON)
    assert ledger_folder(state).head() == head.note


def test_missing_entries_stop_everything(state: State):
    acts(state, 20)
    publish(state, NOON)
    tampered(state, "DELETE FROM dsr_outbox WHERE seq = 20")
    with pytest.raises(StateError, match="entries are missing"):
        publish(state, NOON)
    tampered(state, "DELETE FROM dsr_outbox WHERE seq = 3", "UPDATE dsr_counter SET value = 20 WHERE name = 'ledger'")
    with pytest.raises((StateError, EvidenceError)):
        verify(At(state))


def test_a_history_written_anew_and_signed_with_the_real_key_does_not_fit_a_copy(sqlite_state: State, tmp_path: Path):
    state = sqlite_state
    acts(state, 20)
    copy = tmp_path / "copy"
    copy.write_text(publish(state, NOON).note)
    tampered(state, TAMPERINGS["edited"][0].replace("100", "7"))
    shutil.rmtree(ledger_folder(state).path)
    tampered(state, "DELETE FROM dsr_meta WHERE name = 'checkpoint'")
    acts(state, 5)
    publish(state, NOON)
    assert verify(At(state)).size == 26
    with pytest.raises(EvidenceError, match="the first 21 entries are not those"):
        verify(At(state), copy)


def test_a_checkpoint_kept_elsewhere_finds_a_database_that_went_back(sqlite_state: State, tmp_path: Path):
    acts(sqlite_state, 5)
    early = tmp_path / "early"
    early.write_text(publish(sqlite_state, NOON).note)
    acts(sqlite_state, 5)
    late = tmp_path / "late"
    late.write_text(publish(sqlite_state, NOON).note)
    assert verify(At(sqlite_state), early).since == 6
    tampered(sqlite_state, "DELETE FROM dsr_outbox WHERE seq >= 8", "UPDATE dsr_counter SET value = 8")
    tampered(sqlite_state, "DELETE FROM dsr_meta WHERE name = 'checkpoint'")
    shutil.rmtree(ledger_folder(sqlite_state).path)
    publish(sqlite_state, NOON)
    assert verify(At(sqlite_state), early).size == 8
    with pytest.raises(EvidenceError, match="signed over 11 entries and there are only 8"):
        verify(At(sqlite_state), late)


def _files(state: State) -> Iterator[Path]:
    yield from sorted(one for one in ledger_folder(state).path.rglob("*") if one.is_file())


def test_every_single_byte_of_the_checkpoint_counts(sqlite_state: State):
    acts(sqlite_state)
    publish(sqlite_state, NOON)
    trust, path = in_force(sqlite_state, NOON), ledger_folder(sqlite_state).path / "checkpoint"
    note = path.read_bytes()
    for at in range(len(note)):
        for bit in (1, 128):
            path.write_bytes(note[:at] + bytes([note[at] ^ bit]) + note[at + 1 :])
            with pytest.raises(EvidenceError, match=REFUSED):
                verify_folder(path.parent, trust)
    for cut in range(len(note)):
        path.write_bytes(note[:cut])
        with pytest.raises(EvidenceError, match=REFUSED):
            publish(sqlite_state, NOON)


def test_every_published_file_counts(sqlite_state: State):
    acts(sqlite_state, 299)
    publish(sqlite_state, NOON)
    trust, folder = in_force(sqlite_state, NOON), ledger_folder(sqlite_state).path
    seen = 0
    for path in _files(sqlite_state):
        whole = path.read_bytes()
        changes: list[Callable[[], object]] = [
            lambda path=path, raw=whole: path.write_bytes(bytes([raw[0] ^ 1]) + raw[1:]),
            lambda path=path, raw=whole: path.write_bytes(raw[:-1]),
            lambda path=path, raw=whole: path.write_bytes(raw[: len(raw) // 2]),
            path.unlink,
        ]
        for change in changes:
            change()
            with pytest.raises(EvidenceError, match=REFUSED):
                verify_folder(folder, trust)
            path.write_bytes(whole)
            seen += 1
    assert seen >= 20
    assert verify_folder(folder, trust).size == 300


def test_a_checkpoint_of_another_log_or_key_is_refused(sqlite_state: State, tmp_path: Path):
    acts(sqlite_state)
    publish(sqlite_state, NOON)
    with Spot("sqlite:///.dsr/state.db", tmp_path / "other").open() as other:
        acts(other)
        (ledger_folder(sqlite_state).path / "checkpoint").write_text(publish(other, NOON).note)
    with pytest.raises(EvidenceError, match="of another log"):
        publish(sqlite_state, NOON)


def test_a_key_that_others_can_read_signs_nothing(sqlite_state: State):
    acts(sqlite_state)
    publish(sqlite_state, NOON)
    acts(sqlite_state)
    path = key_path(sqlite_state, "ledger")
    assert path.stat().st_mode & 0o777 == 0o400
    for mode in (0o440, 0o404, 0o420):
        path.chmod(mode)
        with pytest.raises(StateError, match="can be read by others"):
            publish(sqlite_state, NOON)
    path.chmod(0o400)
    publish(sqlite_state, NOON)


def test_a_lost_or_foreign_key_signs_nothing(sqlite_state: State):
    acts(sqlite_state)
    publish(sqlite_state, NOON)
    acts(sqlite_state)
    path = key_path(sqlite_state, "ledger")
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(StateError, match="cannot be reached"):
        publish(sqlite_state, NOON)
    settle(sqlite_state, NOON)  # a machine without the key is no fault
    path.write_bytes(key_path(sqlite_state, "certifier").read_bytes())
    path.chmod(0o400)
    with pytest.raises(EvidenceError, match="does not have the role ledger"):
        publish(sqlite_state, NOON)
    path.chmod(0o600)
    path.write_bytes(kept[:-5])
    with pytest.raises(StateError, match="the key cannot be used"):
        publish(sqlite_state, NOON)


def test_a_trust_file_that_is_lost_or_older_is_refused(sqlite_state: State, tmp_path: Path):
    acts(sqlite_state)
    publish(sqlite_state, NOON)
    path = trust_path(sqlite_state)
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(EvidenceError, match="there is no trust file"):
        publish(sqlite_state, NOON)
    with Spot("sqlite:///.dsr/state.db", tmp_path / "other").open() as other:
        in_force(other, NOON)
        path.write_bytes(trust_path(other).read_bytes())
    with pytest.raises(EvidenceError, match="does not follow version 1"):
        publish(sqlite_state, NOON)
    path.write_bytes(kept)
    assert read(path, NOON).now.mode == "solo"
    with pytest.raises(EvidenceError, match="expired"):
        read(path, NOON + timedelta(days=5 * 366))
    with pytest.raises(EvidenceError, match="from the future"):
        read(path, NOON - timedelta(days=1))


def test_many_processes_record_and_publish_at_once(spot: Spot):
    def work() -> None:
        with spot.open() as mine:
            for _ in range(6):
                acts(mine, 12)
                publish(mine, NOON)

    children = [fork(work) for _ in range(4)]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    with spot.open() as state:
        verified = verify(At(state))
    assert verified.size == verified.published == 1 + 4 * 6 * 12


def test_the_leaves_are_the_entries(sqlite_state: State):
    acts(sqlite_state)
    publish(sqlite_state, NOON)
    raw = (ledger_folder(sqlite_state).path / "tile/0/000.p/4").read_bytes()
    assert raw == b"".join(leaf_hash(one) for one in sqlite_state.ledger_entries())


def test_several_entries_added_together_follow_the_last_one_without_a_gap(state: State):
    acts(state, 2)
    bare = len(entry_bytes(Entry(What.TRUST, NOON, store="a"))) - 1
    added = [Entry(What.TRUST, NOON, store="a" * count) for count in (3, LARGEST - bare, 2)]
    with state._database.write() as connection:
        first = append(connection, *added)
        after = append(connection, added[0])
    assert (first, after) == (2, 5)
    assert list(state.ledger_entries())[2:] == [*map(entry_bytes, added), entry_bytes(added[0])]


def test_what_is_too_large_for_an_entry_is_not_recorded(state: State):
    with pytest.raises(StateError, match="too large"), state._database.write() as connection:
        append(connection, Entry(What.TRUST, NOON), Entry(What.TRUST, NOON, store="a" * LARGEST))
    assert state.ledger_size() == 0


def test_entries_beyond_the_last_are_missing_ones(state: State):
    acts(state)
    assert len(list(state.ledger_entries(1, 99))) == 2
    with pytest.raises(StateError, match="entries are missing"):
        list(state.ledger_entries(4))


def test_what_is_trusted_and_approved_is_recorded_once(state: State):
    plan = saved_plan(state).id
    before = state.ledger_size()
    one, two, three, four, five = (f"{number}" * 64 for number in range(5))
    for _ in range(2):
        state.trust(1, one)
    assert [state.add_approval(plan, two, b"two") for _ in range(2)] == [True, False]
    assert state.add_approval(None, four, b"four")
    assert state.add_approval(plan, three, b"three")
    state.trust(2, five)
    assert state.trusted() == f"2:{five}"
    assert (state.approvals(plan), state.approvals(None), state.approvals("P-99")) == (
        (b"two", b"three"),
        (b"four",),
        (),
    )
    assert [(entry["what"], entry["digest"], entry.get("version")) for entry in entries(state)[before:]] == [
        ("trust", one, 1),
        ("approval", two, None),
        ("approval", four, None),
        ("approval", three, None),
        ("trust", five, 2),
    ]


def test_certificates_come_back_as_they_were_issued_the_oldest_first(state: State):
    rows = []
    for number in range(3):
        plan = saved_plan(state).id
        run = state.begin_run(plan, ((1, 1),)).id
        rows.append(CertificateRow(run, plan, NOON + timedelta(seconds=number), b"%d" % number))
    for number in (2, 0, 1):
        state.add_certificate(rows[number], f"{number}" * 64)
    assert state.certificates() == tuple(rows)
    assert state.certificates(rows[1].plan) == (rows[1],)
    assert state.certificates("P-99") == ()
    found = [(one["plan"], one["run"], one["digest"]) for one in entries(state)[-3:]]
    assert found == [(rows[number].plan, rows[number].run, f"{number}" * 64) for number in (2, 0, 1)]
