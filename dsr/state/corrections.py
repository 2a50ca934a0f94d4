"""Corrections that were planned for a request: the field, and in the ledger keyed digests of both values."""

from sqlalchemy import select

from dsr.core.ledger import What
from dsr.state import request_tables as tables
from dsr.state.part import Part, clean, micros
from dsr.state.requests import act_place

CORRECTING = "correcting"


class Corrections(Part):
    """Which plan corrects which field. Values are never kept; who has one can find it in the ledger with the key."""

    def correcting(self, id: str, plan: str, change: tuple[str, str, str], actor: str) -> None:
        """Write down that a plan changes a field, from one value to another."""
        table, now, (field, before, after) = tables.act, self._clock(), change
        with self._database.write() as connection:
            number = len(connection.execute(select(table.c.number).where(table.c.request == id)).all()) + 1
            row = {"request": id, "number": number, "at": micros(now), "act": CORRECTING, "actor": clean(actor)}
            sealed = self._seal.close(self.value_digest(field, after).encode(), act_place(id, number))
            connection.execute(table.insert().values(row | {"word": f"{plan} {field}", "sealed": sealed}))
            facts = {"at": now, "actor": self._actor(actor), "request": id, "plan": plan}
            for act, value in (("correcting_from", before), ("correcting_to", after)):
                self._record(connection, What.REQUEST, act=act, digest=self.value_digest(field, value), **facts)

    def corrections(self, id: str) -> tuple[tuple[str, str], ...]:
        """The plans and the fields, in order."""
        table = tables.act
        query = select(table.c.word).where(table.c.request == id, table.c.act == CORRECTING).order_by(table.c.number)
        with self._database.read() as connection:
            words = connection.execute(query).scalars().all()
        return tuple((plan, field) for plan, _, field in (word.partition(" ") for word in words))

    def corrects(self, id: str, plan: str, field: str, value: str) -> bool:
        """Whether that plan was made to write that value there."""
        table, wanted = tables.act, f"{plan} {field}"
        query = select(table).where(table.c.request == id, table.c.act == CORRECTING, table.c.word == wanted)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        digest = self.value_digest(field, value).encode()
        return row is not None and self._seal.open(row.sealed, act_place(id, row.number)) == digest

    def value_digest(self, field: str, value: str) -> str:
        """What stands in the ledger for a value of a field: a tag under the key of this database."""
        return self._seal.tag(b"value\0" + field.encode() + b"\0" + value.encode("utf-8", "surrogatepass")).hex()
