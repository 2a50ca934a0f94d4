"""Plans at rest: the document, its status, and the sealed subjects until nothing more has to be done for them."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, Row, delete, func, select, update

from dsr.core.errors import StalePlanError, StateError, UsageError
from dsr.core.ledger import What, together
from dsr.core.plan import Disposition, Outcome, Plan, digest
from dsr.core.subject import Subject
from dsr.state import schema
from dsr.state.documents import plan_from, plan_text, subject_text
from dsr.state.openings import commit
from dsr.state.part import Part, instant, micros, readable
from dsr.state.sealing import Seal
from dsr.state.subjects import open_subject


class PlanStatus(Enum):
    """Where a plan stands. APPLIED, STALE and CANCELLED are final."""

    OPEN = "open"
    APPLYING = "applying"
    APPLIED = "applied"
    PARTIAL = "partial"
    STALE = "stale"
    CANCELLED = "cancelled"


_NEXT = {
    PlanStatus.OPEN: {PlanStatus.APPLYING, PlanStatus.STALE, PlanStatus.CANCELLED},
    PlanStatus.APPLYING: {PlanStatus.APPLIED, PlanStatus.PARTIAL, PlanStatus.STALE, PlanStatus.CANCELLED},
    PlanStatus.PARTIAL: {PlanStatus.APPLYING, PlanStatus.STALE, PlanStatus.CANCELLED},
    PlanStatus.APPLIED: set(),
    PlanStatus.STALE: set(),
    PlanStatus.CANCELLED: set(),
}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the list of plans. `subjects` counts people, `acting` records that applying changes."""

    id: str
    scope: str
    status: PlanStatus
    made_at: datetime
    subjects: int
    acting: int


class Plans(Part):
    """The register of plans."""

    def next_plan_id(self) -> str:
        """A new id, "P-1", "P-2" and so on; each is given once."""
        with self._database.write() as connection:
            return f"P-{schema.next_number(connection, schema.PLANS)}"

    def save_plan(self, plan: Plan, subjects: tuple[Subject, ...]) -> None:
        """Store a sealed plan as OPEN, with the people that its tokens name."""
        if plan.digest != digest(plan):
            raise StateError(f"plan {plan.id}: its digest does not fit its content. Nothing was stored; plan again.")
        if sorted(one.token for one in subjects) != sorted(plan.subjects):
            raise StateError(f"plan {plan.id}: its subjects are not the ones it names. Nothing was stored; plan again.")
        rows = [
            {"plan": plan.id, "position": at, "sealed": self._seal.close(subject_text(one).encode(), _at(plan.id, at))}
            for at, one in enumerate(subjects)
        ]
        with self._database.write() as connection:
            if connection.execute(select(schema.plan.c.id).where(schema.plan.c.id == plan.id)).first():
                raise StateError(f"plan {plan.id} is stored already. Plan again under a new id.")
            meant = together(commit(connection, self._seal, plan.subjects))
            connection.execute(schema.plan.insert().values(_columns(plan) | {"commitment": meant}))
            if rows:
                connection.execute(schema.plan_subject.insert(), rows)
            facts = ledger_facts(connection, plan.id)
            self._record(connection, What.PLAN, plan=plan.id, scope=plan.scope, counts=_counts(plan), **facts)

    def plan(self, id: str) -> Plan:
        """The plan of that id, exactly as it was saved."""
        with self._database.read() as connection:
            return saved(connection, id)

    def plan_subjects(self, id: str) -> tuple[Subject, ...]:
        """The people of the plan, in the order they were saved. Raises StateError once they are shredded."""
        with self._database.read() as connection:
            return people(connection, self._seal, id)

    def plans(self) -> tuple[PlanRow, ...]:
        """All plans, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(schema.plan).order_by(func.length(schema.plan.c.id), schema.plan.c.id)
            ).all()
        with readable("the list of plans"):
            return tuple(
                PlanRow(r.id, r.scope, PlanStatus(r.status), instant(r.made_at), int(r.subjects), int(r.acting))
                for r in rows
            )

    def set_status(self, id: str, status: PlanStatus) -> None:
        """Move the plan on; its present status again is no change.

        STALE and CANCELLED also end its unfinished run, so that a worker that wakes up late is refused, and shred
        its subjects.
        """
        with self._database.write() as connection:
            if move(connection, id, status):
                self._record(connection, What.STATUS, plan=id, outcome=status.value)
            final = status in (PlanStatus.STALE, PlanStatus.CANCELLED)
            if final:
                unfinished = (schema.run.c.plan == id) & (schema.run.c.outcome.is_(None))
                ended = {"finished_at": micros(self._clock()), "outcome": Outcome.FAILED.value}
                connection.execute(update(schema.run).where(unfinished).values(ended))
                shred(connection, id)
        if final:
            self._database.scrub()

    def shred_plan(self, id: str) -> None:
        """Remove the sealed subjects of the plan, and their traces in the write-ahead log. Twice is no error."""
        with self._database.write() as connection:
            _row(connection, id)
            shred(connection, id)
        self._database.scrub()


def move(connection: Connection, id: str, status: PlanStatus) -> bool:
    """Change the status where that is allowed; whether it was another one. Raises StalePlanError at the plan's end."""
    row = _row(connection, id)
    with readable(f"the status of plan {id}"):
        now = PlanStatus(row.status)
    if status is now:
        return False
    if status not in _NEXT[now]:
        words = f"plan {id} is {now.value} and cannot become {status.value}."
        if _NEXT[now]:
            raise UsageError(f"{words} It can become: {', '.join(sorted(one.value for one in _NEXT[now]))}.")
        raise StalePlanError(f"{words} Make a new plan.")
    connection.execute(update(schema.plan).where(schema.plan.c.id == id).values(status=status.value))
    return True


def ledger_facts(connection: Connection, id: str) -> dict[str, object]:
    """What the ledger says of a plan with every run of it: its digest, its policy, and the commitment to its people."""
    table = schema.plan
    row = connection.execute(select(table.c.document, table.c.commitment).where(table.c.id == id)).one()
    with readable(f"plan {id}"):
        data = json.loads(row.document)
        meant = {"subject": row.commitment, "people": len(data["subjects"])} if row.commitment else {}
        return {"digest": data["digest"], "policy": data["policy"], **meant}


def saved(connection: Connection, id: str) -> Plan:
    """The plan of that id, exactly as it was saved."""
    row = _row(connection, id)
    with readable(f"plan {id}"):
        found = plan_from(row.document)
        if found.id != id:
            raise ValueError("another plan's document")
    return found


def people(connection: Connection, seal: Seal, id: str) -> tuple[Subject, ...]:
    """The people of the plan, in the order they were saved. Raises StateError once they are shredded."""
    row, table = _row(connection, id), schema.plan_subject
    query = select(table.c.position, table.c.sealed).where(table.c.plan == id).order_by(table.c.position)
    rows = connection.execute(query).all()
    if row.shredded:
        raise StateError(
            f"plan {id}: it is {row.status}, so the identities of its subjects were removed. "
            "To act for these people again, make a new plan from their identifiers."
        )
    if len(rows) != row.subjects:
        raise StateError(f"plan {id}: some of its subjects are missing. Restore the state database from a backup.")
    return tuple(open_subject(seal, one.sealed, _at(id, one.position)) for one in rows)


def shred(connection: Connection, id: str) -> None:
    """Delete the sealed subjects of the plan."""
    connection.execute(delete(schema.plan_subject).where(schema.plan_subject.c.plan == id))
    connection.execute(update(schema.plan).where(schema.plan.c.id == id).values(shredded=1))


def _row(connection: Connection, id: str) -> Row[str, str, int, int]:
    table = schema.plan
    query = select(table.c.document, table.c.status, table.c.subjects, table.c.shredded).where(table.c.id == id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UsageError(f"there is no plan {id}. List the plans with: dsr plan list")
    return row


def _columns(plan: Plan) -> dict[str, object]:
    return {
        "id": plan.id,
        "scope": plan.scope,
        "status": PlanStatus.OPEN.value,
        "made_at": micros(plan.made_at),
        "subjects": len(plan.subjects),
        "acting": sum(step.count for step in plan.steps if step.disposition.acts),
        "document": plan_text(plan),
    }


def _counts(plan: Plan) -> tuple[tuple[str, int], ...]:
    return tuple((one.value, plan.count(one)) for one in Disposition if plan.count(one))


def _at(plan: str, position: int) -> str:
    return f"plan {plan}, subject {position}"
