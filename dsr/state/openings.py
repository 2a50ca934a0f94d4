"""Nonces: what links a commitment in the ledger to a person. Deleting one unlinks the entry for ever."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from dsr.core.ledger import commitment
from dsr.state import schema
from dsr.state.part import Part
from dsr.state.sealing import Seal

_NONCE = 32


@dataclass(frozen=True, slots=True)
class Opening:
    """SHA-256 over the nonce and the handle is the commitment: with both anybody can see whom an entry means."""

    commitment: str
    token: str
    nonce: str


class Openings(Part):
    """The nonces that were not deleted."""

    def openings(self, token: str) -> tuple[Opening, ...]:
        """What links the ledger to this person."""
        table = schema.opening
        with self._database.read() as connection:
            rows = connection.execute(select(table).where(table.c.token == token).order_by(table.c.commitment)).all()
        return tuple(
            Opening(row.commitment, row.token, self._seal.open(row.sealed, _place(row.commitment)).hex())
            for row in rows
        )

    def unlink(self, tokens: Iterable[str]) -> int:
        """Delete the nonces of these people; how many there were. The ledger's tree stays as it is."""
        table, gone = schema.opening, 0
        with self._database.write() as connection:
            for token in tokens:
                gone += connection.execute(delete(table).where(table.c.token == token)).rowcount
        self._database.scrub()
        return gone


def commit(connection: Connection, seal: Seal, tokens: Iterable[str]) -> tuple[str, ...]:
    """New commitments to these people; each has a nonce of its own, so no two can be told to be one person's."""
    rows = []
    for token in tokens:
        nonce = os.urandom(_NONCE)
        made = commitment(nonce, token)
        rows.append({"commitment": made, "token": token, "sealed": seal.close(nonce, _place(made))})
    if rows:
        connection.execute(schema.opening.insert(), rows)
    return tuple(row["commitment"] for row in rows)


def _place(made: str) -> str:
    return f"commitment {made}"
