"""The register of legal holds. It is read whole or not at all: without a readable register nothing is deleted."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from dsr.core.errors import StateError, UsageError
from dsr.core.holds import Hold, Holds
from dsr.core.ledger import What
from dsr.state import schema
from dsr.state.documents import hold_from, hold_text
from dsr.state.part import Part, readable


class HoldRegister(Part):
    """Holds, sealed one by one. The generation counts every placing and release, so a lost row is noticed."""

    def next_hold_id(self) -> str:
        """A new id, "H-1", "H-2" and so on; each is given once."""
        with self._database.write() as connection:
            return f"H-{schema.next_number(connection, schema.HOLDS)}"

    def place(self, hold: Hold) -> None:
        """Put a hold into force."""
        if not hold.active:
            raise UsageError(f"hold {hold.id} is released already and cannot be placed. Place a new one.")
        with self._database.write() as connection:
            if any(one.id == hold.id for one in self._all(connection)):
                raise UsageError(f"hold {hold.id} is in the register already. Place it under a new id.")
            connection.execute(schema.hold.insert().values(id=hold.id, sealed=self._sealed(hold)))
            generation = schema.next_number(connection, schema.GENERATION)
            self._record(connection, What.HOLD_PLACED, hold=hold.id, version=generation)

    def release(self, id: str, by: str, at: datetime, reason: str) -> None:
        """End a hold. It stays in the register."""
        with self._database.write() as connection:
            holds = self._all(connection)
            hold = next((one for one in holds if one.id == id), None)
            if hold is None or not hold.active:
                active = ", ".join(one.id for one in holds if one.active) or "none"
                state = "is not in the register" if hold is None else "is released already"
                raise UsageError(f"hold {id} {state}. Active holds: {active}.")
            released = replace(hold, released_by=by, released_at=at, release_reason=reason)
            where = schema.hold.c.id == id
            connection.execute(schema.hold.update().where(where).values(sealed=self._sealed(released)))
            generation = schema.next_number(connection, schema.GENERATION)
            self._record(connection, What.HOLD_RELEASED, hold=id, version=generation)

    def holds(self) -> Holds:
        """The active holds with their generation, as of one moment. StateError when any part cannot be read."""
        with self._database.read() as connection:
            active = tuple(hold for hold in self._all(connection) if hold.active)
            return Holds(schema.current_number(connection, schema.GENERATION), active)

    def all_holds(self) -> tuple[Hold, ...]:
        """Every hold, released ones too, in the order of their numbers."""
        with self._database.read() as connection:
            return self._all(connection)

    def _all(self, connection: Connection) -> tuple[Hold, ...]:
        found = []
        for row in connection.execute(select(schema.hold.c.id, schema.hold.c.sealed)):
            with readable(f"hold {row.id}"):
                found.append(hold_from(self._seal.open(row.sealed, _place(row.id))))
        changes = len(found) + sum(not hold.active for hold in found)
        if changes != schema.current_number(connection, schema.GENERATION):
            raise StateError(
                "state database: the register of holds is incomplete, so nothing may be deleted. "
                "Restore the database from its newest backup and compare the holds with the matters' files."
            )
        return tuple(sorted(found, key=lambda hold: (len(hold.id), hold.id)))

    def _sealed(self, hold: Hold) -> str:
        return self._seal.close(hold_text(hold).encode(), _place(hold.id))


def _place(id: str) -> str:
    return f"hold {id}"
