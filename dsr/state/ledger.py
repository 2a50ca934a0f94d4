"""The ledger's side of the state database: its entries, the newest checkpoint, approvals and certificates."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from dsr.core.ledger import What
from dsr.state import outbox, schema
from dsr.state.part import Part, instant, micros

_CHECKPOINT, _TRUST = "checkpoint", "trust"


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate, as it was issued."""

    run: int
    plan: str
    at: datetime
    document: bytes


class LedgerRegister(Part):
    """Entries, the newest checkpoint, the trust file in force, approvals, certificates."""

    def ledger_size(self) -> int:
        """How many entries the ledger has. Raises StateError where the last ones are missing."""
        with self._database.read() as connection:
            return outbox.size(connection)

    def ledger_entries(self, start: int = 0, count: int | None = None) -> Generator[bytes, None, None]:
        """The entries from `start` on, all of one moment. Raises StateError where one is missing."""
        with self._database.read() as connection:
            left = outbox.size(connection) - start
            yield from outbox.entries(connection, start, left if count is None else min(count, left))

    def ledger_entry(self, index: int) -> bytes:
        """The entry at that place of the log."""
        with self._database.read() as connection:
            query = select(schema.outbox.c.entry).where(schema.outbox.c.seq == index)
            return str(connection.execute(query).scalar_one()).encode()

    def noted(self) -> str | None:
        """The newest checkpoint that was signed, as a note."""
        return self._meta(_CHECKPOINT)

    def note(self, checkpoint: str) -> None:
        """Keep the newest checkpoint."""
        self._set_meta(_CHECKPOINT, checkpoint)

    def trusted(self) -> str | None:
        """The trust file in force, as `version:digest`; None before there was one."""
        return self._meta(_TRUST)

    def trust(self, version: int, digest: str) -> None:
        """From now on only this version of the trust file, or one that follows it, is taken."""
        value = f"{version}:{digest}"
        with self._database.write() as connection:
            if self._meta(_TRUST) == value:
                return
            self._set_meta(_TRUST, value)
            self._record(connection, What.TRUST, version=version, digest=digest)

    def add_approval(self, plan: str | None, digest: str, document: bytes) -> bool:
        """Keep an approval of a plan, or of the policy where no plan is named; False when it is there already."""
        table = schema.approval
        with self._database.write() as connection:
            if connection.execute(select(table.c.digest).where(table.c.digest == digest)).first():
                return False
            connection.execute(table.insert().values(digest=digest, plan=plan, document=document.decode()))
            self._record(connection, What.APPROVAL, plan=plan, digest=digest)
            return True

    def approvals(self, plan: str | None) -> tuple[bytes, ...]:
        """The approvals of a plan; of the policy where no plan is named."""
        table = schema.approval
        query = select(table.c.document).where(table.c.plan.is_(None) if plan is None else table.c.plan == plan)
        with self._database.read() as connection:
            return tuple(str(row.document).encode() for row in connection.execute(query.order_by(table.c.digest)))

    def add_certificate(self, row: CertificateRow, digest: str) -> None:
        """Keep a certificate; one run has one."""
        values = {"run": row.run, "plan": row.plan, "at": micros(row.at), "document": row.document.decode()}
        with self._database.write() as connection:
            connection.execute(schema.certificate.insert().values(values))
            self._record(connection, What.CERTIFICATE, plan=row.plan, run=row.run, digest=digest)

    def certificates(self, plan: str | None = None) -> tuple[CertificateRow, ...]:
        """All certificates, or those of a plan, the oldest first."""
        table = schema.certificate
        query = select(table).order_by(table.c.run)
        if plan is not None:
            query = query.where(table.c.plan == plan)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(CertificateRow(row.run, row.plan, instant(row.at), row.document.encode()) for row in rows)

    def _meta(self, name: str) -> str | None:
        with self._database.read() as connection:
            query = select(schema.meta.c.value).where(schema.meta.c.name == name)
            found: str | None = connection.execute(query).scalar_one_or_none()
            return found

    def _set_meta(self, name: str, value: str) -> None:
        with self._database.write() as connection:
            if not _changed(connection, name, value):
                connection.execute(schema.meta.insert().values(name=name, value=value))


def _changed(connection: Connection, name: str, value: str) -> bool:
    return connection.execute(update(schema.meta).where(schema.meta.c.name == name).values(value=value)).rowcount > 0
