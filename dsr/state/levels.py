"""What was shown of stores' files, each with its entry in the ledger; and certificates that were renewed by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from dsr.core.ledger import What
from dsr.core.levels import ENTRIES, Shown
from dsr.state import schema
from dsr.state.ledger import CertificateRow
from dsr.state.part import Part, instant, micros, readable


@dataclass(frozen=True, slots=True)
class Showing:
    """One store's files were rewritten, or read for `values` of a plan's people and found without them.

    `entry` is its place in the ledger; `remains` says in words of ours what it does not reach.
    """

    store: str
    at: datetime
    shown: Shown
    plan: str | None = None
    values: int = 0
    remains: str = ""
    entry: int = -1


class LevelRegister(Part):
    """Showings, and renewals of certificates."""

    def show(self, made: Iterable[Showing], actor: str) -> None:
        """Write down what was shown, and who did it."""
        with self._database.write() as connection:
            for one in made:
                counts = (("values", one.values),) if one.values else ()
                facts = {"at": one.at, "act": ENTRIES[one.shown], "actor": self._actor(actor), "plan": one.plan}
                entry = self._record(connection, What.ACT, **facts, store=one.store, counts=counts)
                row = {"store": one.store, "at": micros(one.at), "shown": one.shown.value, "plan": one.plan}
                row |= {"sought": one.values, "remains": one.remains, "entry": entry}
                connection.execute(schema.shown.insert().values(row))

    def showing(self, store: str, plan: str, after: datetime, until: datetime) -> Showing | None:
        """The first one of the store, of all records or of this plan's, in that time."""
        table = schema.shown
        query = select(table).where(
            table.c.store == store,
            table.c.at.between(micros(after), micros(until)),
            table.c.plan.is_(None) | (table.c.plan == plan),
        )
        with self._database.read() as connection, readable("what was shown of a store"):
            row = connection.execute(query.order_by(table.c.id).limit(1)).one_or_none()
            if row is None:
                return None
            return Showing(row.store, instant(row.at), Shown(row.shown), row.plan, row.sought, row.remains, row.entry)

    def renew_certificate(self, row: CertificateRow, digest: str) -> None:
        """Keep a certificate of a run that has one, and now reaches deeper."""
        values = {"run": row.run, "plan": row.plan, "at": micros(row.at), "document": row.document.decode()}
        with self._database.write() as connection:
            connection.execute(schema.renewal.insert().values(values))
            self._record(connection, What.CERTIFICATE, plan=row.plan, run=row.run, digest=digest)

    def renewals(self, run: int | None = None) -> tuple[CertificateRow, ...]:
        """All renewed certificates, or those of a run, the oldest first."""
        table = schema.renewal
        query = select(table).order_by(table.c.id)
        if run is not None:
            query = query.where(table.c.run == run)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(CertificateRow(row.run, row.plan, instant(row.at), row.document.encode()) for row in rows)
