"""One request from named texts: a row of a table, or an object of a JSON file. No fault is guessed away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import TypeVar
from zoneinfo import ZoneInfo

from dsr.core.regimes import Right
from dsr.core.requests import Channel, Ending, Requester, Said
from dsr.jobs.requests import Wish

FIELDS = (
    *("right", "received", "channel", "language", "regime", "requester", "name", "contact", "message", "authority"),
    *("test", "id", "closed", "ending"),
)
"""What a column may mean, beside the identifiers of the policy."""
E = TypeVar("E", bound=Enum)
_TRUE, _FALSE = ("yes", "true", "1", "是"), ("no", "false", "0", "否", "")


class RowError(Exception):
    """Why a row cannot be read, in words without its values."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads rows: `identifiers` are the policy's names, `zone` is where a day begins, nothing comes after `now`."""

    identifiers: frozenset[str]
    zone: str
    now: datetime
    regimes: tuple[str, ...] = ()

    def wish(self, row: Mapping[str, str]) -> Wish:
        """The request of a row. Raises RowError."""
        cells = {name: text.strip() for name, text in row.items()}
        unknown = sorted(set(cells) - {*FIELDS, *self.identifiers})
        if unknown:
            raise RowError(f"there is no field {', '.join(unknown)}")
        closed, ending = cells.get("closed", ""), cells.get("ending", "")
        if bool(closed) != bool(ending):
            raise RowError("`closed` and `ending` go together")
        received = self._moment(cells.get("received", ""), "received")
        wish = Wish(
            rights=tuple(_choice(one, Right, "right") for one in _split(cells.get("right", ""))),
            received_at=received,
            said=Said(
                tuple((name, cells[name]) for name in sorted(self.identifiers) if cells.get(name)),
                *(cells.get(name, "") for name in ("contact", "name", "message", "authority")),
            ),
            channel=_choice(cells.get("channel") or "email", Channel, "channel"),
            language=cells.get("language") or spoken(cells.get("message", "")),
            regimes=tuple(_split(cells.get("regime", ""))) or self.regimes,
            requester=_choice(cells.get("requester") or "self", Requester, "requester"),
            test=_truth(cells.get("test", "")),
            message_id=cells.get("id", ""),
            closed_at=self._moment(closed, "closed") if closed else None,
            ending=_choice(ending, Ending, "ending") if ending else None,
        )
        self._check(wish)
        return wish

    def _check(self, wish: Wish) -> None:
        """Say by the names of columns what the register would refuse by the names of options."""
        if not wish.rights:
            raise RowError("`right` is empty")
        if wish.received_at > self.now:
            raise RowError("`received` is in the future")
        if wish.closed_at is not None and wish.closed_at < wish.received_at:
            raise RowError("it was closed before it was received")
        if wish.language not in ("en", "zh"):
            raise RowError("`language` is neither en nor zh")
        if wish.requester is not Requester.SELF and not (wish.said.name or wish.said.contact or wish.said.authority):
            raise RowError("`name` or `contact` has to say who asks for another person")
        if not wish.said.values and not wish.said.contact:
            columns = ", ".join(sorted(self.identifiers | {"contact"}))
            raise RowError(f"nobody is named by any of: {columns}")

    def _moment(self, text: str, name: str) -> datetime:
        try:
            if len(text) == 10:
                return datetime.combine(date.fromisoformat(text), time.min, ZoneInfo(self.zone)).astimezone(UTC)
            found = datetime.fromisoformat(text)
        except ValueError:
            raise RowError(f"`{name}` is not a date such as 2027-01-31") from None
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)


def spoken(text: str) -> str:
    """The language of a text: Chinese where it has Han characters."""
    return "zh" if any("\u4e00" <= char <= "\u9fff" for char in text) else "en"


@dataclass(frozen=True, slots=True)
class Sound:
    """A request that could be read, and on which line."""

    line: int
    wish: Wish


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read: the line (or the number of the message), and why."""

    line: int
    why: str


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.replace(";", " ").replace(",", " ").split())


def _choice(text: str, known: type[E], name: str) -> E:
    try:
        return known(text.lower())
    except ValueError:
        raise RowError(f"`{name}` is none of: {', '.join(one.value for one in known)}") from None


def _truth(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise RowError("`test` is neither yes nor no")
