"""JSON lines: one object per line. A change replaces the bytes of one value and leaves the rest of the line."""

import json
from collections.abc import Iterator, Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import NamedTuple

from dsr.core.model import Path, canon
from dsr.core.select import Become, Change
from dsr.stores.logs.shape import BOM, Span, UnreadableError

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


class JsonLines:
    """Lines end with LF; a CR before it belongs to the ending."""

    def start(self, block: bytes) -> int:
        """After the byte order mark, if there is one."""
        return len(BOM) if block.startswith(BOM) else 0

    def cut(self, buffer: bytearray, size: int) -> int:
        """After the last line ending."""
        return buffer.rfind(b"\n", 0, size) + 1

    def spans(self, block: bytes, start: int) -> Iterator[Span]:
        """Line by line."""
        size = len(block)
        while start < size:
            end = block.find(b"\n", start) + 1 or size
            yield start, end
            start = end

    def parse(self, raw: bytes) -> Mapping[str, object] | None:
        """The object on the line."""
        if not raw.strip():
            return None
        try:
            value = json.loads(raw.decode())
        except UnicodeDecodeError as error:
            raise UnreadableError("not UTF-8") from error
        except (ValueError, RecursionError) as error:
            raise UnreadableError("not JSON") from error
        if not isinstance(value, dict):
            raise UnreadableError("not a JSON object")
        return value

    def edited(self, raw: bytes, changes: tuple[Change, ...]) -> bytes:
        """The line with the values replaced. A field that is absent is added. What becomes empty is null in the line
        itself and gone inside an inner object.
        """
        text = raw.decode()
        for change in changes:
            text = _changed(text, change)
        return text.encode(errors="surrogatepass")


class _Member(NamedTuple):
    name: str
    named: int  # where the name begins
    start: int
    end: int


class _Edit(NamedTuple):
    """The text from `start` to `end` gives way to the new value, wrapped in objects of the names in `rest`."""

    start: int
    end: int
    rest: Path = ()
    added: bool = False


def _changed(text: str, change: Change) -> str:
    current = _at(text, change.field)
    target = change.target(current, ())
    if (target is None and current is None) or (change.become is Become.VALUE_IF_EMPTY and current is not None):
        return text
    if target is None and len(change.field) > 1:
        while span := _removal(text, _skip(text, 0), change.field):
            text = text[: span[0]] + text[span[1] :]
        return text
    made = json.dumps(target, ensure_ascii=text.isascii(), default=canon)
    for edit in reversed(_edits(text, _skip(text, 0), change.field)):
        text = text[: edit.start] + _wrapped(made, edit, text) + text[edit.end :]
    return text


def _removal(text: str, at: int, path: Path) -> Span | None:
    """Where a member at the path stands, with the comma that goes with it."""
    members, _ = _members(text, at)
    for number, member in enumerate(members):
        if member.name != path[0]:
            continue
        if len(path) > 1:
            found = _removal(text, member.start, path[1:]) if text[member.start] == "{" else None
            if found is not None:
                return found
        elif number + 1 < len(members):
            return member.named, members[number + 1].named
        else:
            return (members[number - 1].end if number else member.named), member.end
    return None


def _wrapped(made: str, edit: _Edit, text: str) -> str:
    for name in reversed(edit.rest[1:] if edit.added else edit.rest):
        made = f"{{{json.dumps(name)}: {made}}}"
    if not edit.added:
        return made
    first = text[: edit.start].rstrip(_SPACE).endswith("{")
    return f"{'' if first else ', '}{json.dumps(edit.rest[0])}: {made}"


def _at(text: str, path: Path) -> object:
    value: object = json.loads(text)
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _edits(text: str, at: int, path: Path) -> list[_Edit]:
    """Where the value at the path stands, or where it belongs. A name that stands twice is changed twice: the last
    one counts here, but another program may read the first.
    """
    members, closing = _members(text, at)
    found = [member for member in members if member.name == path[0]]
    if not found:
        return [_Edit(closing, closing, path, added=True)]
    edits: list[_Edit] = []
    for member in found:
        if len(path) > 1 and text[member.start] == "{":
            edits += _edits(text, member.start, path[1:])
        elif len(path) == 1 or member is found[-1]:
            edits.append(_Edit(member.start, member.end, path[1:]))
    return edits


def _members(text: str, at: int) -> tuple[list[_Member], int]:
    """The members of the object that opens at `at`, and where it closes. The text is known to be valid."""
    members: list[_Member] = []
    at = _skip(text, at + 1)
    while text[at] != "}":
        named = at
        name, at = scanstring(text, at + 1, True)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        members.append(_Member(name, named, start, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return members, at


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
