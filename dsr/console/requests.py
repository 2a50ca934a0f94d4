"""Shows requests, and in both languages how each of their dates came about."""

from dsr.console.screen import BAD, BOLD, DIM, GOOD, WARN, Cell, Column, Console
from dsr.core.deadlines import Deadline, How, Step
from dsr.core.regimes import Mark
from dsr.core.requests import Request
from dsr.core.text import Text
from dsr.engine.regimes import regime
from dsr.jobs.intake.job import Brought
from dsr.jobs.requests import Line, Listed, Opened, Shown

_ROWS = 100
"""Rows that a person is shown; a screen of thousands takes seconds to draw and nobody reads it."""
_NEAR = 2
"""Days before a date from which it is marked."""


def show_opened(console: Console, opened: Opened) -> None:
    """A new request, and what is known about earlier ones."""
    console.show("request.opened", style=GOOD, request=opened.request.id, rights=_rights(console, opened.request))
    if opened.due is not None:
        console.show("request.due", due=opened.due.isoformat())
    if opened.duplicates:
        console.show("request.duplicates", style=WARN, others=", ".join(opened.duplicates))
    elif opened.earlier:
        console.show("request.earlier", style=WARN, count=len(opened.earlier), others=", ".join(opened.earlier))


def show_brought(console: Console, brought: Brought) -> None:
    """What came in from a file."""
    console.show("request.brought", style=GOOD, count=len(brought.opened), known=brought.known)
    if brought.unsorted:
        console.show("request.unsorted", style=WARN, count=len(brought.unsorted), ids=", ".join(brought.unsorted))
    for style, found in ((DIM, brought.skipped), (BAD, brought.unreadable)):
        for one in found:
            console.bullet(console.words("request.unread", line=str(one.line), why=console.told(one.why)), style=style)


def show_listed(console: Console, listed: Listed, *, due: bool) -> None:
    """The register, one request a row."""
    if not listed.lines:
        console.show("request.none_due" if due else "request.none", style=GOOD if due else DIM)
        return
    columns = (
        Column("request"),
        Column("rights"),
        Column("state"),
        Column("received"),
        Column("next"),
        Column("due"),
        Column("days_left", number=True),
        Column("regime"),
    )
    console.table(columns, (_row(console, one) for one in listed.lines[:_ROWS]))
    if len(listed.lines) > _ROWS:
        console.show("request.more", style=DIM, count=len(listed.lines) - _ROWS)
    if listed.late:
        console.line()
        console.show("request.late", style=BAD, count=listed.late)


def show_request(console: Console, shown: Shown) -> None:
    """One request with its dates and its history."""
    request = shown.request
    console.show("request.title", style=BOLD, request=request.id, rights=_rights(console, request))
    console.facts(_facts(console, shown))
    for one in shown.dates:
        console.line()
        _date(console, one, settled=one.term not in shown.pending)
    for name in request.regimes:
        for note in regime(name).notes:
            console.line()
            console.line(_in(console, note), DIM)
    if shown.acts:
        console.line()
        columns = (Column("when"), Column("act"), Column("who"), Column("what"))
        console.table(
            columns,
            (
                (console.when(one.at), console.words.of("act", one.act), one.actor, _words(console, one.word))
                for one in shown.acts
            ),
        )


def _facts(console: Console, shown: Shown) -> list[tuple[str, object]]:
    request, words = shown.request, console.words
    rows: list[tuple[str, object]] = [
        ("state", words.of("request_status", shown.status.value)),
        ("received", f"{console.when(request.received_at)}  {words.of('channel', request.channel.value)}"),
        ("laws", ", ".join(_in(console, regime(name).title) for name in request.regimes)),
        ("requester", words.of("requester", request.requester.value)),
        ("language", request.language),
    ]
    if shown.due is not None:
        rows.append(("due", Cell(shown.due, _urgency(shown.days_left))))
    if request.subject is not None:
        rows.append(("subject", request.subject))
    if request.test:
        rows.append(("test", True))
    if request.ground:
        rows.append(("ground", request.ground))
    if request.in_time is not None:
        rows.append(("in_time", request.in_time))
    if shown.earlier:
        rows.append(("earlier", ", ".join(shown.earlier)))
    if shown.said is not None:
        said = shown.said
        rows += [("identifiers", "\n".join(f"{name}={value}" for name, value in said.values))]
        parts = (("name", said.name), ("contact", said.contact), ("authority", said.authority))
        rows += [(head, value) for head, value in (*parts, ("message", said.message)) if value]
    return rows


def _date(console: Console, one: Deadline, *, settled: bool) -> None:
    """One date with the steps that led to it."""
    law = _in(console, regime(one.regime).title)
    event = console.words.of("event", one.event.value)
    console.show("request.date", style=DIM if settled else BOLD, event=event, due=one.due.isoformat(), law=law)
    for step in one.steps:
        console.bullet(_step(console, one, step))
    if one.waiting:
        console.bullet(console.words("request.waiting"), style=WARN)
    mark = "" if one.cite.mark is Mark.READ else console.words.of("mark", one.cite.mark.value)
    cite = f"{_in(console, one.cite.text)}  {one.cite.verified_on.isoformat()}  {mark}".rstrip()
    console.line(f"    {cite}  [{one.version}]", DIM)


def _step(console: Console, deadline: Deadline, step: Step) -> str:
    words, word = console.words, step.word
    if step.how in (How.STARTS, How.TOO_LATE):
        word = words.of("question", word)
    elif step.how is How.COUNTED:
        word = words(f"count.{step.word}", count=step.count)
    elif step.how is How.ROLLED and word == "weekend":
        word = words("step.weekend")
    said = words(f"step.{step.how.value}", day=step.day.isoformat(), count=step.count, word=word, year=str(step.count))
    if step.how is How.TOO_LATE:
        ours = [one.within_mark for one in regime(deadline.regime).pauses if one.question.value == step.word]
        said += "".join(f" ({words.of('mark', mark.value)})" for mark in ours if mark is not None)
    return said


def _row(console: Console, one: Line) -> tuple[object, ...]:
    request, words = one.request, console.words
    status = words.of("request_status", one.status.value)
    head = (request.id, _rights(console, request), status, console.day(request.received_at))
    if one.next is None:
        return (*head, "", console.day(request.closed_at), "", "")
    style = _urgency(one.days_left)
    name = words.of("event", one.next.event.value)
    return (*head, name, Cell(one.next.due, style), Cell(one.days_left, style), one.next.regime)


def _urgency(days_left: int | None) -> str:
    if days_left is None:
        return ""
    return BAD if days_left < 0 else WARN if days_left <= _NEAR else ""


def _rights(console: Console, request: Request) -> str:
    return ", ".join(console.words.of("right", one.value) for one in request.rights)


def _words(console: Console, word: str) -> str:
    groups = ("right", "question", "delay", "ending", "ground")
    return ", ".join(
        next((console.words(f"{g}.{one}") for g in groups if console.words.has(f"{g}.{one}")), one)
        for one in word.split()
    )


def _in(console: Console, text: Text) -> str:
    return text.in_(console.lang)
