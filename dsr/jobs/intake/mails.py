"""Requests from e-mail: an mbox, a maildir, a folder of .eml files, JSON files of a form.

A message is read as text and never run. Who sent it is a claim: it names the person to look for, and proves nothing.
`Reply-To` is not believed at all.
"""

import json
import mailbox
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import yaml

from dsr.bundled import folder
from dsr.core.errors import UsageError
from dsr.core.regimes import Right
from dsr.core.requests import Said
from dsr.jobs.intake.rows import Reader, RowError, spoken
from dsr.jobs.requests import Wish

UNCLEAR = (Right.ACCESS, Right.ERASURE)
"""What a message asks for until somebody has read it: what the shortest dates and the most care go with."""
_LONGEST = 100_000
_LARGEST = 25 * 1024 * 1024
_SPACE = re.compile(r"[ \t\r\f\v]+")


class Skipped(Exception):
    """Why a message is no request, in words of ours."""


def files(path: Path) -> Iterator[bytes]:
    """Every message of a mailbox or folder, in the order of their names; what is too large comes cut short."""
    if path.is_dir() and (path / "cur").is_dir():
        with closing(mailbox.Maildir(path, create=False)) as box:
            for key in sorted(box.keys()):
                yield box.get_bytes(key)[:_LARGEST]
    elif path.is_dir():
        for one in sorted(path.iterdir()):
            if one.is_file() and one.suffix.lower() in (".eml", ".json"):
                yield _bytes(one)
    elif path.suffix.lower() in (".eml", ".json"):
        yield _bytes(path)
    else:
        with closing(mailbox.mbox(path, create=False)) as box:
            for key in box.keys():  # noqa: SIM118 - not a dict: iterating it reads the messages
                yield box.get_bytes(key)[:_LARGEST]


def wish(raw: bytes, reader: Reader, email: str | None) -> tuple[Wish, bool]:
    """The request of a message, and whether its words say which right is meant. Raises RowError and Skipped.

    `email` is the policy's identifier for addresses.
    """
    if raw.lstrip()[:1] == b"{":
        return _form(raw, reader), True
    message = message_from_bytes(raw, policy=policy.default)
    _automatic(message)
    sender = _sender(message)
    text = f"{_header(message, 'subject')}\n\n{_body(message)}"[:_LONGEST].strip()
    rights = meant(text)
    made = Wish(
        rights=rights or UNCLEAR,
        received_at=_received(message),
        said=Said(((email, sender[1]),) if email else (), contact=sender[1], name=sender[0], message=text),
        language=spoken(text),
        regimes=reader.regimes,
        message_id=_header(message, "message-id") or text,
    )
    return made, bool(rights)


def meant(text: str) -> tuple[Right, ...]:
    """The rights whose words the text has."""
    low = " ".join(text.lower().split())
    return tuple(right for right, words in _words().items() if any(word in low for word in words))


def _form(raw: bytes, reader: Reader) -> Wish:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise RowError("not a JSON object") from None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise RowError("not a JSON object of texts")
    return reader.wish({"id": raw.decode("utf-8", "replace"), "channel": "form"} | found)


def _automatic(message: EmailMessage) -> None:
    """Bounces, notices of absence and lists ask for nothing."""
    if _header(message, "auto-submitted").lower() not in ("", "no") or _header(message, "return-path") == "<>":
        raise Skipped("an automatic answer")
    if _header(message, "list-id") or _header(message, "precedence").lower() in ("bulk", "list", "junk"):
        raise Skipped("a mailing list")


def _sender(message: EmailMessage) -> tuple[str, str]:
    found = [(name, at) for name, at in getaddresses([_header(message, "from")]) if "@" in at]
    if len(found) != 1:
        raise RowError("it does not name one sender")
    return found[0]


def _received(message: EmailMessage) -> datetime:
    """When our own server took it: the first `Received` is the last one written. Else the sender's own date."""
    stamps = [str(one).rpartition(";")[2] for one in message.get_all("received", [])[:1]]
    for text in (*stamps, _header(message, "date")):
        try:
            found = parsedate_to_datetime(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    raise RowError("it has no date")


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, "")).strip()
    except (ValueError, TypeError, AttributeError, IndexError, LookupError):
        return ""  # a header that is no header


def _body(message: EmailMessage) -> str:
    try:
        part = message.get_body(preferencelist=("plain", "html"))
        text = str(part.get_content()) if part is not None else ""
    except (ValueError, TypeError, AttributeError, LookupError, KeyError):
        return ""
    if part is not None and part.get_content_type() == "text/html":
        return _stripped(text)
    return text


class _Text(HTMLParser):
    """The text of a page, without what is not shown as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        if tag in ("p", "br", "div", "tr", "li"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in ("script", "style")))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _stripped(html: str) -> str:
    reader = _Text()
    reader.feed(html[: 10 * _LONGEST])
    reader.close()
    return _SPACE.sub(" ", "".join(reader.parts)).strip()


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"{path.name}: the file cannot be read ({type(error).__name__}).") from None


@cache
def _words() -> dict[Right, tuple[str, ...]]:
    """The words of each right, from the project's own file."""
    found = yaml.safe_load((folder("policies") / "intake.yaml").read_text(encoding="utf-8"))
    return {Right(name): tuple(str(one).lower() for one in words) for name, words in found.items()}
