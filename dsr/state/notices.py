"""Notices to recipients: which are open, and what proves those that are done."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import select, update

from dsr.core.errors import UsageError
from dsr.core.ledger import What
from dsr.state import request_tables as tables
from dsr.state.part import Part, clean, instant, micros


class NoticeState(Enum):
    """How a notice stands."""

    OPEN = "open"
    TOLD = "told"
    IMPOSSIBLE = "impossible"  # or only with disproportionate effort


@dataclass(frozen=True, slots=True)
class Notice:
    """One recipient of one request."""

    recipient: str
    state: NoticeState
    at: datetime
    proof: str


class Notices(Part):
    """The tasks of Art. 19."""

    def expect_notices(self, id: str, recipients: tuple[str, ...]) -> None:
        """Open a task for each recipient that has none."""
        table, now = tables.notice, self._clock()
        with self._database.write() as connection:
            known = set(connection.execute(select(table.c.recipient).where(table.c.request == id)).scalars())
            rows = [
                {"request": id, "recipient": clean(one), "state": NoticeState.OPEN.value, "at": micros(now)}
                for one in recipients
                if one not in known
            ]
            if rows:
                connection.execute(table.insert(), rows)

    def notices(self, id: str) -> tuple[Notice, ...]:
        """The tasks of a request, by name."""
        table = tables.notice
        with self._database.read() as connection:
            rows = connection.execute(select(table).where(table.c.request == id).order_by(table.c.recipient)).all()
        return tuple(
            Notice(
                row.recipient,
                NoticeState(row.state),
                instant(row.at),
                "" if row.sealed is None else self._seal.open(row.sealed, _place(id, row.recipient)).decode(),
            )
            for row in rows
        )

    def settle_notice(self, id: str, recipient: str, state: NoticeState, proof: str, actor: str) -> None:
        """End a task, with what proves it."""
        table, now = tables.notice, self._clock()
        where = (table.c.request == id) & (table.c.recipient == recipient)
        sealed = self._seal.close(clean(proof).encode(), _place(id, recipient))
        with self._database.write() as connection:
            values = {"state": state.value, "at": micros(now), "sealed": sealed}
            if not connection.execute(update(table).where(where).values(values)).rowcount:
                raise UsageError(f"{id}: {recipient} was not to be told. See dsr request notices {id}.")
            digest = self._seal.tag(b"note\0" + clean(proof).encode()).hex()
            facts = {"act": state.value, "actor": self._actor(actor), "request": id, "digest": digest}
            self._record(connection, What.REQUEST, at=now, **facts)


def _place(id: str, recipient: str) -> str:
    return f"request {id}, notice to {recipient}"
