"""The journal of runs: every step is written before the first effect, every unit after it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from dsr.core.certificate import steps_digest
from dsr.core.errors import StalePlanError, StateError
from dsr.core.journal import Ending, Run, StepRow, StepState
from dsr.core.ledger import What
from dsr.core.plan import Outcome
from dsr.state import schema
from dsr.state.former import leave
from dsr.state.gates import close_gate
from dsr.state.part import Part, clean, instant, micros, readable
from dsr.state.plans import PlanStatus, ledger_facts, move, people, saved, shred

_DONE = {Outcome.REMOVED, Outcome.REWRITTEN, Outcome.ABSENT}


class Journal(Part):
    """Runs and their steps."""

    def begin_run(self, plan_id: str, steps: tuple[tuple[int, int], ...]) -> Run:
        """The unfinished run of the plan if there is one, else a new one with a row for each (number, planned count).

        The plan becomes APPLYING in the same transaction; StalePlanError when it has come to its end. The run gets a
        new token, so a process that was at work on it before is refused from now on.
        """
        with self._database.write() as connection:
            move(connection, plan_id, PlanStatus.APPLYING)
            token = schema.next_number(connection, schema.TOKEN)
            found = _unfinished(connection, plan_id)
            if found:
                numbers = {row.number for row in _steps(connection, found[0].id)}
                if numbers != {number for number, _ in steps}:
                    raise StateError(f"run {found[0].id} of plan {plan_id}: its steps are not the plan's. Plan again.")
                connection.execute(update(schema.run).where(schema.run.c.id == found[0].id).values(token=token))
                return replace(found[0], token=token)
            began = self._clock()
            row = {"plan": plan_id, "began_at": micros(began), "token": token}
            id = connection.execute(schema.run.insert().values(row).returning(schema.run.c.id)).scalar_one()
            if steps:
                connection.execute(
                    schema.step.insert(),
                    [
                        {"run": id, "number": number, "planned": planned, "state": StepState.PLANNED.value}
                        for number, planned in steps
                    ],
                )
            facts = ledger_facts(connection, plan_id)
            self._record(connection, What.RUN_BEGAN, at=began, plan=plan_id, run=id, **facts)
            return Run(id, plan_id, instant(micros(began)), key=_key(connection, id), token=token)

    def step_started(self, run: Run, number: int) -> StepRow:
        """Before the first effect of a step, and again when it is taken up after an interruption; how it stood."""
        with self._database.write() as connection:
            _require_live(connection, run)
            row = _step(connection, run, number)
            if row.outcome is not None and row.outcome.settled:
                raise StateError(f"{_name(run, number)} is settled already ({row.outcome.value}); nothing is done.")
            _set(connection, run, number, state=StepState.STARTED.value, outcome=None)
            return row

    def unit_done(self, run: Run, number: int, count: int) -> None:
        """After a unit was committed: add its records.

        When the run was ended meanwhile the unit is counted all the same, and StalePlanError stops the worker.
        """
        with self._database.write() as connection:
            row = _step(connection, run, number)
            if row.state is StepState.PLANNED:
                raise StateError(f"{_name(run, number)} reports work but was never started. Resume the run.")
            _set(connection, run, number, units=row.units + 1, records=row.count + count, effected=row.effected + count)
            close_gate(connection, run.id)
            ended = _ended(connection, run)
        if ended is not None:
            raise ended

    def step_settled(self, run: Run, number: int, units: int, count: int) -> None:
        """After reading the receipts of a store: they are right, whatever was counted here."""
        with self._database.write() as connection:
            _require_live(connection, run)
            _set(connection, run, number, units=units, records=count, effected=count)

    def step_finished(self, run: Run, number: int, outcome: Outcome, count: int, detail: str = "") -> None:
        """After a step: what became of it. `count` is the whole step's and replaces the sum of the units.

        An act that is done stays done. What was unsettled, or kept, may be looked at again with another result.
        """
        self.steps_finished(run, (Ending(number, outcome, count, detail),))

    def steps_finished(self, run: Run, endings: Iterable[Ending]) -> None:
        """The same for several steps, in one transaction."""
        with self._database.write() as connection:
            _require_live(connection, run)
            for one in endings:
                self._finish(connection, run, one)

    def _finish(self, connection: Connection, run: Run, one: Ending) -> None:
        row = _step(connection, run, one.number)
        new = (one.outcome, one.count, clean(one.detail))
        if row.outcome in _DONE and new != (row.outcome, row.count, row.detail):
            raise StateError(
                f"{_name(run, one.number)} was done already and its outcome stays. See: dsr plan show {run.plan}"
            )
        if new == (row.outcome, row.count, row.detail):
            return
        made = {"state": StepState.FINISHED.value, "outcome": new[0].value, "records": new[1], "detail": new[2]}
        _set(connection, run, one.number, **made)
        facts = {"plan": run.plan, "run": run.id, "step": one.number, "outcome": new[0].value}
        self._record(connection, What.STEP, **facts, counts=(("records", new[1]), ("effected", row.effected)))

    def steps(self, run: Run) -> tuple[StepRow, ...]:
        """All steps of the run, by number."""
        with self._database.read() as connection:
            return _steps(connection, run.id)

    def finish_run(self, run: Run, outcome: Outcome) -> Run:
        """End the run. When all its steps and the outcome are settled the plan becomes APPLIED and its subjects are
        shredded, otherwise PARTIAL; all in one transaction. Again with the same outcome is no change.
        """
        with self._database.write() as connection:
            known = _find(connection, run)
            if known.outcome is outcome:
                return known
            if (ended := _ended(connection, run)) is not None:
                raise ended
            rows = _steps(connection, run.id)
            settled = all(row.outcome is not None and row.outcome.settled for row in rows)
            if outcome.settled and not settled:
                raise StateError(
                    f"run {run.id} of plan {run.plan}: steps are still open, so it cannot end as {outcome.value}. "
                    f"Resume it."
                )
            done = settled and outcome.settled
            ended_at = micros(self._clock())
            entry = self._ended_entry(connection, run, outcome, rows, instant(ended_at))
            values = {"finished_at": ended_at, "outcome": outcome.value, "entry": entry}
            connection.execute(update(schema.run).where(schema.run.c.id == run.id).values(values))
            move(connection, run.plan, PlanStatus.APPLIED if done else PlanStatus.PARTIAL)
            if done:
                plan = saved(connection, run.plan)
                leave(connection, self._seal, plan, people(connection, self._seal, run.plan), instant(ended_at))
                shred(connection, run.plan)
        if done:
            self._database.scrub()
        return replace(known, finished_at=instant(ended_at), outcome=outcome, entry=entry)

    def unfinished_runs(self) -> tuple[Run, ...]:
        """Runs that were interrupted or are at work now, the oldest first."""
        with self._database.read() as connection:
            return _unfinished(connection)

    def runs(self, plan: str) -> tuple[Run, ...]:
        """All runs of a plan, the oldest first."""
        query = select(schema.run).where(schema.run.c.plan == plan).order_by(schema.run.c.id)
        with self._database.read() as connection:
            return tuple(_run(connection, row) for row in connection.execute(query))

    def uncertified_runs(self) -> tuple[Run, ...]:
        """Runs that ended without a certificate, because they were interrupted in between."""
        issued = select(schema.certificate.c.run)
        query = select(schema.run).where(schema.run.c.entry.is_not(None), schema.run.c.id.not_in(issued))
        with self._database.read() as connection:
            return tuple(_run(connection, row) for row in connection.execute(query.order_by(schema.run.c.id)))

    def _ended_entry(
        self, connection: Connection, run: Run, outcome: Outcome, rows: tuple[StepRow, ...], at: datetime
    ) -> int:
        """What the ledger says of a whole run: the sums by outcome, and what binds every single step to it."""
        known = [(row.number, (row.outcome or Outcome.PENDING).value, row.count, row.effected) for row in rows]
        sums = {one.value: sum(count for _, word, count, _ in known if word == one.value) for one in Outcome}
        facts: dict[str, object] = {"plan": run.plan, "run": run.id, "outcome": outcome.value}
        facts["steps"] = steps_digest(tuple(known))
        counts = tuple((word, count) for word, count in sums.items() if count)
        facts |= ledger_facts(connection, run.plan)
        return self._record(connection, What.RUN_ENDED, at=at, counts=counts, **facts)


def _unfinished(connection: Connection, plan: str | None = None) -> tuple[Run, ...]:
    query = select(schema.run).where(schema.run.c.outcome.is_(None)).order_by(schema.run.c.id)
    if plan is not None:
        query = query.where(schema.run.c.plan == plan)
    return tuple(_run(connection, row) for row in connection.execute(query).all())


def _find(connection: Connection, run: Run) -> Run:
    return _run(connection, _row(connection, run))


def _row(connection: Connection, run: Run) -> Row[Any]:
    row = connection.execute(select(schema.run).where(schema.run.c.id == run.id)).one_or_none()
    if row is None or row.plan != run.plan:
        raise StateError(f"run {run.id} of plan {run.plan} is not in the journal. Restore it from a backup.")
    return row


def _ended(connection: Connection, run: Run) -> StalePlanError | None:
    row = _row(connection, run)  # asked before every effect: the key, which does not change, is left out
    with readable("a run"):
        token = int(row.token)
    if row.outcome is None and token == run.token:
        return None
    if row.outcome is None:
        return StalePlanError(
            f"run {run.id} of plan {run.plan} was taken over by another process; nothing more is done here. "
            f"See how the plan stands with: dsr plan show {run.plan}"
        )
    return StalePlanError(
        f"run {run.id} of plan {run.plan} was ended meanwhile; nothing more is done under it. "
        f"See how the plan stands with: dsr plan show {run.plan}"
    )


def _require_live(connection: Connection, run: Run) -> None:
    if (ended := _ended(connection, run)) is not None:
        raise ended


def _step(connection: Connection, run: Run, number: int) -> StepRow:
    for row in _steps(connection, run.id, number):
        return row
    raise StateError(f"{_name(run, number)} is not in the journal. Resume the run.")


def _steps(connection: Connection, run: int, number: int | None = None) -> tuple[StepRow, ...]:
    table = schema.step
    query = select(table).where(table.c.run == run).order_by(table.c.number)
    if number is not None:
        query = query.where(table.c.number == number)
    with readable(f"the steps of run {run}"):
        return tuple(_step_row(row) for row in connection.execute(query))


def _set(connection: Connection, run: Run, number: int, **values: object) -> None:
    where = (schema.step.c.run == run.id) & (schema.step.c.number == number)
    connection.execute(update(schema.step).where(where).values(**values))


def _step_row(row: Row[tuple[object, ...]]) -> StepRow:
    outcome = None if row.outcome is None else Outcome(row.outcome)
    state = StepState(row.state)
    return StepRow(
        row.number,
        int(row.planned),
        state,
        int(row.units),
        int(row.records),
        outcome,
        str(row.detail),
        int(row.effected),
    )


def _run(connection: Connection, row: Row[tuple[object, ...]]) -> Run:
    with readable("a run"):
        finished = None if row.finished_at is None else instant(row.finished_at)
        outcome = None if row.outcome is None else Outcome(row.outcome)
        key = _key(connection, row.id)
        return Run(row.id, row.plan, instant(row.began_at), finished, outcome, row.entry, key, int(row.token))


def _key(connection: Connection, id: int) -> str:
    return f"{schema.instance_of(connection)}/{id}"


def _name(run: Run, number: int) -> str:
    return f"step {number} of run {run.id} (plan {run.plan})"
