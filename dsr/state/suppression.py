"""The suppression list: whom an erasure was for, as keyed tags that expire. Nobody can be read from it.

After a restore the values that stand in a store are tagged the same way, and those on the list came back.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, select

from dsr.core.subject import Subject
from dsr.state import schema
from dsr.state.part import Part, micros

Value = tuple[str, str]
T = TypeVar("T")
_CHUNK = 500


class Suppression(Part):
    """Tags of erased people's accounts; of people without one, of their identifiers."""

    def suppress(self, subjects: Iterable[Subject], at: datetime, expires: datetime) -> None:
        """Remember whom an erasure is for, and forget what has expired. Twice moves the dates on."""
        table = schema.suppressed
        rows = [
            {"tag": self._tagged(value), "at": micros(at), "expires": micros(expires)}
            for one in subjects
            for value in _values(one)
        ]
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.expires <= micros(at)))
            for some in _chunks(rows):
                connection.execute(delete(table).where(table.c.tag.in_([row["tag"] for row in some])))
                connection.execute(table.insert(), some)

    def suppressed(self, values: Iterable[Value], since: datetime, now: datetime) -> frozenset[Value]:
        """Which of the values were erased at or after `since`, by tags that have not expired."""
        table = schema.suppressed
        tags = {self._tagged(value): value for value in values}
        found: set[Value] = set()
        with self._database.read() as connection:
            for some in _chunks(sorted(tags)):
                query = select(table.c.tag).where(
                    table.c.tag.in_(some), table.c.at >= micros(since), table.c.expires > micros(now)
                )
                found |= {tags[row.tag] for row in connection.execute(query)}
        return frozenset(found)

    def _tagged(self, value: Value) -> str:
        return self._seal.tag(b"suppressed\0" + "\0".join(value).encode("utf-8", "surrogatepass")).hex()


def _values(subject: Subject) -> frozenset[Value]:
    named = [(kind, key) for kind, keys in subject.anchors for key in keys]
    return frozenset(named or [(name, text) for name, texts in subject.identifiers for text in texts])


def _chunks(rows: list[T]) -> Iterator[list[T]]:
    return (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
