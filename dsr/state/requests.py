"""The register of requests. A change, the act beside it and the ledger's entry are one transaction.

The ledger learns the request's number, the act and a keyed tag of who acted; never a word that somebody typed.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from dsr.core.errors import UsageError
from dsr.core.ledger import What
from dsr.core.regimes import Question, Right
from dsr.core.requests import Channel, Delay, Ending, Posed, Request, Requester, Said
from dsr.state import request_tables as tables
from dsr.state import schema
from dsr.state.part import Part, clean, instant, micros, readable

_CHUNK = 500


class RequestAct(Enum):
    """What was done about a request."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    SORTED = "sorted"  # it was said which rights it means
    ASKED = "asked"
    ANSWERED = "answered"
    EXTENDED = "extended"
    PROPOSED = "proposed"  # to refuse it as excessive, which takes a second person
    CLOSED = "closed"
    SUSPECTED = "suspected"  # of fraud
    AUTHORISED = "authorised"  # to ask for another person
    OVERRIDDEN = "overridden"  # somebody of ours answers for the identity
    CODE_SENT = "code_sent"
    DECLARED = "declared"
    VERIFIED = "verified"
    FAILED = "failed"  # what was shown did not fit
    EXPORTED = "exported"
    PLANNED = "planned"
    WRITTEN = "written"  # a letter
    HELD = "held"  # while a copy is being prepared
    RESTRICTED = "restricted"
    LIFTED = "lifted"  # the restriction has ended
    MISDELIVERED = "misdelivered"  # a copy reached the wrong person
    STOPPED = "stopped"  # the app stopped a purpose that was objected to
    CORRECTING = "correcting"  # by a plan
    EXPIRED = "expired"  # removed at the end of the register's own period


@dataclass(frozen=True, slots=True)
class Done:
    """One act: when, by whom, a word of ours, and what was noted with it."""

    at: datetime
    act: str
    actor: str
    word: str
    note: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request to be opened. `tags` are fingerprints of whom it is about, `message` that of what it came in."""

    request: Request
    said: Said
    tags: frozenset[str]
    message: str = ""


class RequestRegister(Part):
    """Requests, each with its questions, acts and sealed part."""

    def request_tag(self, name: str, value: str) -> str:
        """A fingerprint of a value, by which another request about it is noticed. It says nothing without the key."""
        return self._seal.tag(b"request\0" + name.encode() + b"\0" + value.encode("utf-8", "surrogatepass")).hex()

    def open_requests(self, arrivals: Sequence[Arrival], actor: str) -> tuple[Request, ...]:
        """Write the requests down under new numbers: all of them, or none."""
        made = []
        with self._database.write() as connection:
            for one in arrivals:
                number = schema.next_number(connection, schema.REQUESTS)
                request = replace(one.request, id=f"R-{number}")
                made.append(request)
                sealed = self._seal.close(_said_text(one.said).encode(), _place(request.id))
                connection.execute(
                    tables.request.insert().values(_columns(request) | {"number": number, "sealed": sealed})
                )
                rows = [{"tag": tag, "request": request.id} for tag in sorted({*one.tags, one.message} - {""})]
                if rows:
                    connection.execute(tables.tag.insert(), rows)
                word = " ".join(right.value for right in request.rights)
                self._act(connection, request.id, RequestAct.OPENED.value, actor, word=word, number=1)
        return tuple(made)

    def request(self, id: str) -> Request:
        """One request."""
        with self._database.read() as connection:
            return self._one(connection, id)

    def requests(self, *, only_open: bool = False) -> tuple[Request, ...]:
        """All requests, or the open ones, in the order of their numbers: two statements, however many there are."""
        table, asked = tables.request, tables.question
        wanted = select(table).order_by(table.c.number)
        posed = select(asked).order_by(asked.c.request, asked.c.number)
        if only_open:
            wanted = wanted.where(table.c.closed_at.is_(None))
            posed = posed.join(table, table.c.id == asked.c.request).where(table.c.closed_at.is_(None))
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
            questions = {
                id: tuple(found) for id, found in groupby(connection.execute(posed).all(), lambda row: row.request)
            }
        with readable("the register of requests"):
            return tuple(_request(row, questions.get(row.id, ())) for row in rows)

    def said(self, id: str) -> Said:
        """What identifies the people of a request."""
        with self._database.read() as connection:
            return self._said(connection, id)

    def acts(self, id: str) -> tuple[Done, ...]:
        """What was done about a request, in order."""
        table = tables.act
        with self._database.read() as connection:
            rows = connection.execute(select(table).where(table.c.request == id).order_by(table.c.number)).all()
        return tuple(
            Done(
                instant(row.at),
                row.act,
                row.actor,
                row.word,
                "" if row.sealed is None else self._seal.open(row.sealed, act_place(id, row.number)).decode(),
            )
            for row in rows
        )

    def requests_with(self, tags: Iterable[str]) -> tuple[str, ...]:
        """The requests that have one of the tags, in the order of their numbers."""
        wanted, table, found = sorted(tags), tables.tag, set[tuple[int, str]]()
        with self._database.read() as connection:
            for start in range(0, len(wanted), _CHUNK):
                query = (
                    select(tables.request.c.number, tables.request.c.id)
                    .join(table, table.c.request == tables.request.c.id)
                    .where(table.c.tag.in_(wanted[start : start + _CHUNK]))
                )
                found |= {(row.number, row.id) for row in connection.execute(query)}
        return tuple(id for _, id in sorted(found))

    def known_tags(self, tags: Sequence[str]) -> frozenset[str]:
        """Those of the tags that some request has."""
        table, found = tables.tag, set[str]()
        with self._database.read() as connection:
            for start in range(0, len(tags), _CHUNK):
                query = select(table.c.tag).where(table.c.tag.in_(tags[start : start + _CHUNK]))
                found.update(connection.execute(query).scalars())
        return frozenset(found)

    def tags_of(self, id: str) -> frozenset[str]:
        """The tags of a request."""
        with self._database.read() as connection:
            return frozenset(
                connection.execute(select(tables.tag.c.tag).where(tables.tag.c.request == id)).scalars().all()
            )

    def acts_of(self, act: RequestAct) -> dict[str, str]:
        """The word of the last such act of each request."""
        table = tables.act
        query = select(table.c.request, table.c.word).where(table.c.act == act.value).order_by(table.c.number)
        with self._database.read() as connection:
            return {row.request: row.word for row in connection.execute(query)}

    def pose(self, id: str, question: Question, at: datetime, actor: str) -> Request:
        """Write down that the question was asked."""
        with self._database.write() as connection:
            request = self._open(connection, id)
            if any(one.question is question and one.answered_at is None for one in request.questions):
                raise UsageError(f"{id}: that question is open already. Record its answer with --answered.")
            row = {"request": id, "number": len(request.questions) + 1, "question": question.value, "at": micros(at)}
            connection.execute(tables.question.insert().values(row))
            self._act(connection, id, RequestAct.ASKED.value, actor, word=question.value)
            return self._one(connection, id)

    def answer(self, id: str, question: Question, at: datetime, actor: str) -> Request:
        """Write down that the question was answered."""
        with self._database.write() as connection:
            request = self._open(connection, id)
            found = [
                n for n, one in enumerate(request.questions, 1) if one.question is question and not one.answered_at
            ]
            if not found:
                raise UsageError(f"{id}: no such question is open. See dsr request show {id}.")
            if at < request.questions[found[0] - 1].at:
                raise UsageError(f"{id}: the answer would come before its question. Give a later day.")
            where = (tables.question.c.request == id) & (tables.question.c.number == found[0])
            connection.execute(update(tables.question).where(where).values(answered_at=micros(at)))
            self._act(connection, id, RequestAct.ANSWERED.value, actor, word=question.value)
            return self._one(connection, id)

    def change_request(
        self, changed: Request, act: Enum, actor: str, *, word: str = "", note: str | None = None
    ) -> Request:
        """Write the facts of an open request anew, with the act that changed them."""
        with self._database.write() as connection:
            self._open(connection, changed.id)
            where = tables.request.c.id == changed.id
            connection.execute(update(tables.request).where(where).values(_columns(changed)))
            self._act(connection, changed.id, str(act.value), actor, word=word, note=note)
            return self._one(connection, changed.id)

    def note_request(self, id: str, act: Enum, actor: str, *, word: str = "", note: str | None = None) -> None:
        """Write down an act that changes no fact."""
        with self._database.write() as connection:
            self._one(connection, id)
            self._act(connection, id, str(act.value), actor, word=word, note=note)

    def say(self, id: str, said: Said) -> None:
        """Replace what identifies the people of an open request."""
        with self._database.write() as connection:
            self._open(connection, id)
            sealed = self._seal.close(_said_text(said).encode(), _place(id))
            connection.execute(update(tables.request).where(tables.request.c.id == id).values(sealed=sealed))

    def mapping(self, columns: str) -> tuple[tuple[str, str], ...]:
        """How the columns of such a file were read last time; empty where none was."""
        with self._database.read() as connection:
            query = select(tables.mapping.c.sealed).where(tables.mapping.c.columns == columns)
            sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            return ()
        with readable("a mapping of columns"):
            return tuple((a, b) for a, b in json.loads(self._seal.open(sealed, f"mapping {columns}")))

    def remember_mapping(self, columns: str, pairs: tuple[tuple[str, str], ...]) -> None:
        """Keep how the columns of such a file are read."""
        sealed = self._seal.close(json.dumps(pairs).encode(), f"mapping {columns}")
        with self._database.write() as connection:
            connection.execute(delete(tables.mapping).where(tables.mapping.c.columns == columns))
            connection.execute(tables.mapping.insert().values(columns=columns, sealed=sealed))

    def expired_requests(self, before: datetime) -> int:
        """How many were closed before that instant."""
        query = select(func.count()).select_from(tables.request).where(tables.request.c.closed_at < micros(before))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def expire_requests(self, before: datetime, actor: str) -> int:
        """Remove what was closed before that instant, with everything that belongs to it; how many there were."""
        gone = select(tables.request.c.id).where(tables.request.c.closed_at < micros(before))
        with self._database.write() as connection:
            for table in tables.metadata.sorted_tables[::-1]:
                if "request" in table.c:
                    connection.execute(delete(table).where(table.c.request.in_(gone)))
            count = connection.execute(
                delete(tables.request).where(tables.request.c.closed_at < micros(before))
            ).rowcount
            if count:
                facts = {"act": RequestAct.EXPIRED.value, "actor": self._actor(actor), "counts": (("requests", count),)}
                self._record(connection, What.REQUEST, **facts)
        self._database.scrub()
        return count

    def _one(self, connection: Connection, id: str) -> Request:
        row = connection.execute(select(tables.request).where(tables.request.c.id == id)).one_or_none()
        if row is None:
            raise UsageError(f"There is no request {id}. See dsr request list.")
        asked = tables.question
        questions = connection.execute(select(asked).where(asked.c.request == id).order_by(asked.c.number)).all()
        with readable(f"request {id}"):
            return _request(row, questions)

    def _open(self, connection: Connection, id: str) -> Request:
        found = self._one(connection, id)
        if not found.open:
            raise UsageError(f"Request {id} is closed and does not change any more. Open a new one.")
        return found

    def _said(self, connection: Connection, id: str) -> Said:
        sealed = connection.execute(
            select(tables.request.c.sealed).where(tables.request.c.id == id)
        ).scalar_one_or_none()
        with readable(f"request {id}"):
            return _said_from(self._seal.open(sealed, _place(id)))

    def _act(
        self,
        connection: Connection,
        id: str,
        act: str,
        actor: str,
        *,
        word: str = "",
        note: str | None = None,
        number: int | None = None,
    ) -> None:
        if number is None:
            count = select(func.count()).select_from(tables.act).where(tables.act.c.request == id)
            number = int(connection.execute(count).scalar_one()) + 1
        now = self._clock()
        row = {"request": id, "number": number, "at": micros(now), "act": act, "actor": clean(actor), "word": word}
        meant: dict[str, Any] = {}
        if note is not None:
            row["sealed"] = self._seal.close(clean(note).encode(), act_place(id, number))
            meant["digest"] = self._seal.tag(b"note\0" + clean(note).encode()).hex()
        connection.execute(tables.act.insert().values(row))
        self._record(connection, What.REQUEST, at=now, act=act, actor=self._actor(actor), request=id, **meant)


def _columns(request: Request) -> dict[str, object]:
    made: dict[str, object] = {}
    for field in fields(request):
        value = getattr(request, field.name)
        match value:
            case datetime():
                made[field.name] = micros(value)
            case Enum():
                made[field.name] = value.value
            case bool():
                made[field.name] = int(value)
            case _:
                made[field.name] = value
    made |= {"rights": " ".join(one.value for one in request.rights), "regimes": " ".join(request.regimes)}
    del made["questions"]
    return made


def _request(row: Any, questions: Iterable[Any]) -> Request:  # noqa: ANN401 - rows of these tables
    return Request(
        id=row.id,
        rights=_rights(row.rights),
        regimes=_names(row.regimes),
        channel=Channel(row.channel),
        language=row.language,
        requester=Requester(row.requester),
        test=bool(row.test),
        received_at=instant(row.received_at),
        opened_at=instant(row.opened_at),
        acknowledged_at=_moment(row.acknowledged_at),
        verified_at=_moment(row.verified_at),
        proof=row.proof,
        subject=row.subject,
        suspected=bool(row.suspected),
        extended_at=_moment(row.extended_at),
        delay=None if row.delay is None else Delay(row.delay),
        closed_at=_moment(row.closed_at),
        ending=None if row.ending is None else Ending(row.ending),
        ground=row.ground,
        in_time=None if row.in_time is None else bool(row.in_time),
        questions=tuple(_posed(questions)),
    )


@cache
def _rights(words: str) -> tuple[Right, ...]:
    return tuple(Right(one) for one in words.split())


@cache
def _names(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _posed(rows: Iterable[Any]) -> Iterator[Posed]:
    for row in rows:
        yield Posed(Question(row.question), instant(row.at), _moment(row.answered_at))


def _moment(stored: int | None) -> datetime | None:
    return None if stored is None else instant(stored)


def _said_text(said: Said) -> str:
    body = {field.name: getattr(said, field.name) for field in fields(said)}
    return json.dumps(body, sort_keys=True)


def _said_from(text: bytes) -> Said:
    body = json.loads(text)
    return Said(**body | {"values": tuple((name, value) for name, value in body["values"])})


def _place(id: str) -> str:
    return f"request {id}"


def act_place(id: str, number: int) -> str:
    """What the note of an act is sealed to."""
    return f"request {id}, act {number}"
