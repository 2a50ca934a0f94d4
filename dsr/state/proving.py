"""What verification keeps, for as short as it can: a fingerprint of the code that is out, and how often was tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from dsr.state import request_tables as tables
from dsr.state.part import Part, instant, micros

WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Sent:
    """A code that is out: its fingerprint, and until when it is good."""

    tag: str
    until: datetime


class Proving(Part):
    """Codes and attempts."""

    def may_try(self, tags: frozenset[str], limit: int) -> bool:
        """Count an attempt against each of the tags; False, and nothing counted, where one has had its `limit`.

        It is counted before anything is compared, in a transaction of the only writer: many at once get no more.
        """
        table, now = tables.attempt, self._clock()
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.since < micros(now - WINDOW)))
            rows = connection.execute(select(table.c.tag, table.c.tries).where(table.c.tag.in_(tags))).all()
            had = {row.tag: int(row.tries) for row in rows}
            if any(count >= limit for count in had.values()):
                return False
            for tag in sorted(tags):
                if tag in had:
                    connection.execute(table.update().where(table.c.tag == tag).values(tries=had[tag] + 1))
                else:
                    connection.execute(table.insert().values(tag=tag, tries=1, since=micros(now)))
        return True

    def code_sent(self, id: str, code: str, until: datetime) -> None:
        """Keep the fingerprint of a new code; one that was out before is void."""
        with self._database.write() as connection:
            connection.execute(delete(tables.code).where(tables.code.c.request == id))
            connection.execute(
                tables.code.insert().values(request=id, tag=self.code_tag(id, code), until=micros(until))
            )

    def sent_code(self, id: str) -> Sent | None:
        """The code that is out."""
        with self._database.read() as connection:
            row = connection.execute(select(tables.code).where(tables.code.c.request == id)).one_or_none()
        return None if row is None else Sent(row.tag, instant(row.until))

    def void_code(self, id: str) -> None:
        """Forget the code."""
        with self._database.write() as connection:
            connection.execute(delete(tables.code).where(tables.code.c.request == id))
        self._database.scrub()

    def code_tag(self, id: str, code: str) -> str:
        """The fingerprint of a code for one request."""
        return self._seal.tag(f"code\0{id}\0{code}".encode()).hex()
