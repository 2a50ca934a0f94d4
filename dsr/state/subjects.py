"""People by token: the handle that messages and files use, and the sealed values behind it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection, delete, select

from dsr.core.errors import StateError
from dsr.core.subject import Subject
from dsr.state import schema
from dsr.state.documents import subject_from, subject_text
from dsr.state.part import Part, readable
from dsr.state.sealing import Seal

Kinds = Iterable[tuple[str, frozenset[str]]]
_CHUNK = 500


class Subjects(Part):
    """The sealed register of subjects."""

    def token(self, anchors: Kinds, identifiers: Kinds) -> str:
        """The handle of the person with these accounts and values: "S-" and 8 hex digits, in whatever order given."""
        return token(self._seal, anchors, identifiers)

    def remember(self, subjects: Iterable[Subject]) -> None:
        """Store the subjects; one that was there under the same token is replaced."""
        wanted = tuple(subjects)
        with self._database.write() as connection:
            known = self._known(connection, [subject.token for subject in wanted])
            changed: dict[str, Subject] = {}
            for subject in wanted:
                before = changed.get(subject.token) or known.get(subject.token)
                if before is not None and self._collides(before, subject):
                    raise StateError(
                        f"state database: {subject.token} is already the handle of another person. Nothing was stored. "
                        "Name this person by one more identifier, which gives another handle."
                    )
                if before != subject:
                    changed[subject.token] = subject
            self._write(connection, changed)

    def subject(self, token: str) -> Subject | None:
        """The subject behind a token, if it is remembered."""
        with self._database.read() as connection:
            return self._find(connection, token)

    def forget(self, tokens: Iterable[str]) -> None:
        """Remove the subjects, and their traces in the write-ahead log. Unknown tokens are no error."""
        with self._database.write() as connection:
            for one in tokens:
                connection.execute(delete(schema.subject).where(schema.subject.c.token == one))
        self._database.scrub()

    def _find(self, connection: Connection, token: str) -> Subject | None:
        return self._known(connection, [token]).get(token)

    def _known(self, connection: Connection, tokens: list[str]) -> dict[str, Subject]:
        found: dict[str, Subject] = {}
        for some in _chunks(tokens):
            rows = connection.execute(select(schema.subject).where(schema.subject.c.token.in_(some)))
            found |= {row.token: open_subject(self._seal, row.sealed, _place(row.token)) for row in rows}
        return found

    def _write(self, connection: Connection, subjects: Mapping[str, Subject]) -> None:
        for some in _chunks(list(subjects)):
            connection.execute(delete(schema.subject).where(schema.subject.c.token.in_(some)))
            connection.execute(schema.subject.insert(), [_row(self._seal, subjects[one]) for one in some])

    def _collides(self, known: Subject, new: Subject) -> bool:
        """Whether the one token is rightly that of two different people."""
        if _content(known.anchors, known.identifiers) == _content(new.anchors, new.identifiers):
            return False
        return all(token(self._seal, one.anchors, one.identifiers) == new.token for one in (known, new))


def token(seal: Seal, anchors: Kinds, identifiers: Kinds) -> str:
    """The handle under the key of the seal."""
    return "S-" + seal.tag(_content(anchors, identifiers)).hex()[:8]


def reduce(connection: Connection, seal: Seal, people: Iterable[Subject]) -> None:
    """Remember of these people their accounts alone; of those without one, nothing."""
    whole = list(people)
    bare = [replace(one, identifiers=(), stops=0) for one in whole if one.anchors]
    for some in _chunks([one.token for one in whole]):
        connection.execute(delete(schema.subject).where(schema.subject.c.token.in_(some)))
    if bare:
        connection.execute(schema.subject.insert(), [_row(seal, one) for one in bare])


def open_subject(seal: Seal, sealed: object, place: str) -> Subject:
    """The subject that was sealed at that place."""
    with readable(place):
        return subject_from(seal.open(sealed, place))


def _row(seal: Seal, subject: Subject) -> dict[str, str]:
    text = subject_text(subject).encode()
    return {"token": subject.token, "sealed": seal.close(text, _place(subject.token))}


def _content(anchors: Kinds, identifiers: Kinds) -> bytes:
    return json.dumps([_sorted(anchors), _sorted(identifiers)], separators=(",", ":")).encode()


def _sorted(kinds: Kinds) -> list[tuple[str, list[str]]]:
    merged: dict[str, set[str]] = {}
    for kind, values in kinds:
        merged.setdefault(kind, set()).update(values)
    return [(kind, sorted(merged[kind])) for kind in sorted(merged) if merged[kind]]


def _place(token: str) -> str:
    return f"subject {token}"


def _chunks(tokens: list[str]) -> Iterator[list[str]]:
    return (tokens[start : start + _CHUNK] for start in range(0, len(tokens), _CHUNK))
