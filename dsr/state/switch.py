"""The kill switch: while it is on, nothing is purged."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from dsr.core.ledger import What
from dsr.state import schema
from dsr.state.part import Part, clean, instant, micros, readable


@dataclass(frozen=True, slots=True)
class Frozen:
    """Who froze purges, why, and since when."""

    by: str
    reason: str
    since: datetime


class Switch(Part):
    """The switch, with its history."""

    def freeze(self, by: str, reason: str, at: datetime) -> Frozen:
        """Stop purges. If they are frozen already, the first freeze stands and is returned."""
        with self._database.write() as connection:
            table = schema.freeze
            row = connection.execute(select(table).where(table.c.thawed_at.is_(None))).first()
            if row is None:
                values = {"by": clean(by), "reason": clean(reason), "at": micros(at)}
                row = connection.execute(table.insert().values(values).returning(*table.c)).one()
                self._record(connection, What.FROZEN, actor=self._actor(by), at=at)
            with readable("the freeze"):
                return Frozen(row.by, row.reason, instant(row.at))

    def thaw(self, by: str, at: datetime) -> bool:
        """Let purges run again; whether they were frozen."""
        with self._database.write() as connection:
            active = schema.freeze.c.thawed_at.is_(None)
            values = {"thawed_by": clean(by), "thawed_at": micros(at)}
            thawed = connection.execute(update(schema.freeze).where(active).values(values)).rowcount > 0
            if thawed:
                self._record(connection, What.THAWED, actor=self._actor(by), at=at)
            return thawed

    def frozen(self) -> Frozen | None:
        """The freeze in force, if there is one."""
        with self._database.read() as connection:
            row = connection.execute(select(schema.freeze).where(schema.freeze.c.thawed_at.is_(None))).first()
        if row is None:
            return None
        with readable("the freeze"):
            return Frozen(row.by, row.reason, instant(row.at))
