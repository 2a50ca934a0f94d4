"""What the tests of the state database share: plainly invented people, plans and holds."""

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dsr.core.holds import Hold, HoldScope
from dsr.core.plan import Disposition, Gap, Plan, Reason, Step, Why, sealed
from dsr.core.subject import Subject
from dsr.state.database import State, open_state

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
CANARY = "canary.person@mail.example"


@dataclass(frozen=True)
class Spot:
    """Where a test keeps its state database."""

    url: str
    root: Path

    def open(self) -> State:
        return open_state(self.url, self.root, clock=lambda: NOON)

    @property
    def key(self) -> Path:
        return self.root / ".dsr" / "key"

    @property
    def file(self) -> Path:
        return self.root / ".dsr" / "state.db"


def person(state: State, number: int = 0, email: str = CANARY) -> Subject:
    anchors = (("user", frozenset({str(number), f"{number}-old"})),)
    identifiers = (("email", frozenset({email, f"{number}.{email}"})), ("phone", frozenset()))
    return Subject(state.token(anchors, identifiers), anchors, identifiers, stops=2)


def plan_for(id: str, *subjects: Subject) -> Plan:
    steps = (
        Step(1, "app", "orders", "app.orders", "order", Disposition.DELETE, 4, (Reason(Why.REQUESTED, "order"),)),
        Step(
            2,
            "app",
            "users",
            "app.users",
            "account",
            Disposition.REWRITE,
            1,
            (Reason(Why.REFERENCED, until=NOON), Reason(Why.TAX, "invoice", "Cite", "引用", NOON, "H-1", "note")),
            (("email", "empty"),),
            NOON,
        ),
        Step(3, "app", "invoices", "app.invoices", "invoice", Disposition.RETAIN, 7, (Reason(Why.TAX),), until=NOON),
    )
    tokens = tuple(one.token for one in subjects)
    scope = "subject" if subjects else "expired"
    gaps = (Gap("no_start", "app.orders", "2 records without a date"),)
    return sealed(
        Plan(id, scope, tokens, NOON, NOON, "d" * 64, 3, (("app", "f1"),), steps, gaps, ("订单",)),
    )


def saved_plan(state: State, *subjects: Subject) -> Plan:
    plan = plan_for(state.next_plan_id(), *subjects)
    state.save_plan(plan, subjects)
    return plan


def hold_over(id: str, *subjects: Subject) -> Hold:
    scope = HoldScope(subjects or None, rules=("order",), collections=None)
    return Hold(id, "Matter 7", "a dispute about an order", "Court of Example", scope, "lee", NOON, NOON.date())


def fork(act: Callable[[], object]) -> int:
    """Run the act in a child, which ends with 0 only if the act did; its process id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(code)
    return child
