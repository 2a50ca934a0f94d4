"""A shop that erased a person: its certificate, its trust file and its plan, as real bytes."""

import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from clikit import CANARY, POLICY, TABLES

from dsr.core.plan import Plan
from dsr.core.progress import Silent
from dsr.core.trust import Trust, read_trust
from dsr.jobs.apply import apply
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.session import Session
from dsr.jobs.trusting import trust_path
from dsr.state.documents import plan_text

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PERSON = (("email", CANARY),)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one erasure left behind."""

    plan: Plan
    plan_text: str
    certificate: bytes
    trust_file: bytes

    @property
    def trust(self) -> Trust:
        return read_trust(self.trust_file)


def open_shop(folder: Path, policy: str = POLICY) -> Callable[..., Session]:
    """A new shop in the folder; the call opens a session in it, by default as `planner` at NOW."""
    folder.mkdir(parents=True, exist_ok=True)
    base = sqlite3.connect(folder / "app.db")
    base.executescript(TABLES)
    base.close()
    (folder / "retention.yaml").write_text(policy, encoding="utf-8")

    def session(actor: str = "planner", after: timedelta = timedelta()) -> Session:
        return Session(folder / "retention.yaml", {}, actor, Silent(), lambda: NOW + after)

    return session


def erased(folder: Path) -> Evidence:
    with open_shop(folder)() as session:
        plan = plan_erasure(session, [Asked(PERSON)])
        apply(session, plan.id)
        row = session.state.certificates(plan.id)[-1]
        return Evidence(plan, plan_text(plan), row.document, trust_path(session.state).read_bytes())
