"""What stays known of erased people: their accounts, by handle, and keyed tags of what they were called.

Records that a law keeps lie under the account, and the identifiers that led to it are gone with the erasure. Whoever
asks again under an old address must not be told that nothing is held. A tag says nothing by itself, and expires.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, tuple_

from dsr.core.plan import Disposition, Plan
from dsr.core.subject import Subject
from dsr.state import schema
from dsr.state.part import Part, micros
from dsr.state.sealing import Seal
from dsr.state.subjects import reduce

Value = tuple[str, str]
_CHUNK = 300
_UNDATED = timedelta(days=366)
"""For how long a tag stays where no day is known on which the kept records go."""


class Former(Part):
    """Under which identifiers people were erased."""

    def former(self, values: Iterable[Value], now: datetime) -> tuple[str, ...]:
        """The handles of erased people of whom records were kept, and who had one of the values."""
        tags = [_tag(self._seal, value) for value in values]
        table = schema.former
        query = select(table.c.subject).where(table.c.tag.in_(tags), table.c.expires > micros(now)).distinct()
        with self._database.read() as connection:
            return tuple(sorted(connection.execute(query).scalars()))


def leave(connection: Connection, seal: Seal, plan: Plan, people: Sequence[Subject], ended_at: datetime) -> None:
    """Forget what the erased people were called. Their accounts stay, for the records that are kept, and tags do.

    A value that was another erased person's before leads to both.
    """
    reduce(connection, seal, people)
    kept = [step.until for step in plan.steps if step.count and step.disposition is not Disposition.DELETE]
    connection.execute(delete(schema.former).where(schema.former.c.expires <= micros(ended_at)))
    if not kept:
        return
    until = max(ended_at + _UNDATED if one is None else one for one in kept)
    rows = [
        {"tag": _tag(seal, (name, text)), "subject": one.token, "expires": micros(until)}
        for one in people
        if one.anchors
        for name, texts in one.identifiers
        for text in texts
    ]
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        known = tuple_(schema.former.c.tag, schema.former.c.subject).in_([(row["tag"], row["subject"]) for row in some])
        connection.execute(delete(schema.former).where(known))
        connection.execute(schema.former.insert(), some)


def _tag(seal: Seal, value: Value) -> str:
    return seal.tag(b"former\0" + "\0".join(value).encode("utf-8", "surrogatepass")).hex()
