"""Bringing requests in from files. What was brought in before is known again and not opened twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dsr.core.errors import DsrError, UsageError
from dsr.core.matching import Match
from dsr.jobs.intake import mails, tables
from dsr.jobs.intake.rows import Reader, RowError, Sound, Unread
from dsr.jobs.requests import Wish, arrival_of
from dsr.jobs.session import Session
from dsr.state.requests import Arrival

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Brought:
    """What was opened. `known` were brought in before, `skipped` are no requests, `unsorted` need to be read."""

    opened: tuple[str, ...]
    known: int
    skipped: tuple[Unread, ...]
    unreadable: tuple[Unread, ...]
    unsorted: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0, or 7 where something could not be read."""
        return 7 if self.unreadable else 0


def bring_in(session: Session, path: Path, named: Mapping[str, str], regimes: tuple[str, ...]) -> Brought:
    """Open the requests of a table (all rows or none), a mailbox, or a folder of messages (each for itself)."""
    if not path.exists():
        raise UsageError(f"{path.name}: there is no such file or folder.")
    names = {one.name for one in session.policy.identifiers} | {one.kind for one in session.policy.anchors}
    reader = Reader(frozenset(names), session.policy.controller.timezone, session.now(), regimes)
    if path.suffix.lower() in (".csv", ".tsv"):
        return _table(session, path, reader, named)
    if named:
        raise UsageError("--map says what columns mean; only a CSV file has some.")
    return _messages(session, path, reader)


def _table(session: Session, path: Path, reader: Reader, named: Mapping[str, str]) -> Brought:
    arrivals: list[Arrival] = []
    wrong: list[Unread] = []
    for one in tables.wishes(path, reader, named, session.state):
        made = _arrival(session, one.wish, one.line) if isinstance(one, Sound) else one
        if isinstance(made, Unread):
            wrong.append(made)
        else:
            arrivals.append(made)
    if wrong:
        told = "\n".join(f"{path.name}:{one.line}: {one.why}." for one in wrong[:_SHOWN])
        more = f"\n… {len(wrong) - _SHOWN} more." if len(wrong) > _SHOWN else ""
        raise UsageError(f"{path.name}: nothing was imported.\n{told}{more}")
    fresh = _fresh(session, arrivals)
    opened = session.state.open_requests(fresh, session.actor)
    return Brought(tuple(one.id for one in opened), len(arrivals) - len(fresh), (), (), ())


def _messages(session: Session, path: Path, reader: Reader) -> Brought:
    email = next((one.name for one in session.policy.identifiers if one.match is Match.EMAIL and one.refs), None)
    skipped: list[Unread] = []
    wrong: list[Unread] = []
    arrivals: list[Arrival] = []
    clear: set[str] = set()
    for number, raw in enumerate(mails.files(path), 1):
        try:
            wish, meant = mails.wish(raw, reader, email)
        except mails.Skipped as reason:
            skipped.append(Unread(number, str(reason)))
            continue
        except RowError as error:
            wrong.append(Unread(number, str(error)))
            continue
        made = _arrival(session, wish, number)
        if isinstance(made, Unread):
            wrong.append(made)
            continue
        arrivals.append(made)
        clear |= {made.message} if meant else set()
    fresh = _fresh(session, arrivals)
    opened = session.state.open_requests(fresh, session.actor)
    unsorted = tuple(made.id for made, one in zip(opened, fresh, strict=True) if one.message not in clear)
    known = len(arrivals) - len(fresh)
    return Brought(tuple(one.id for one in opened), known, tuple(skipped), tuple(wrong), unsorted)


def _arrival(session: Session, wish: Wish, line: int) -> Arrival | Unread:
    try:
        return arrival_of(session, wish)
    except DsrError as error:
        return Unread(line, str(error).rstrip("."))


def _fresh(session: Session, arrivals: list[Arrival]) -> tuple[Arrival, ...]:
    """Those whose message was not brought in before, nor earlier in the same file."""
    known = session.state.known_tags([one.message for one in arrivals])
    first = {one.message: one for one in reversed(arrivals)}
    return tuple(one for one in first.values() if one.message not in known)[::-1]
