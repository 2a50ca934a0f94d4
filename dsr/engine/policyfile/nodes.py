"""The strict YAML tree: texts, lists and mappings with their lines, and nothing that can surprise a reader.

Refused are duplicate keys, anchors, aliases, merge keys, tags, directives, keys that are no text, several documents,
control characters, more than 40 levels and more than 1 MiB. Scalars stay text until a field converts them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from dsr.engine.policyfile.problems import Problems, Spot, shown

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
PARSER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: 20 times as fast
_ODD = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029\ufeff]")
_CORE_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")
_CORE_WORDS = frozenset({"", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"})


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as written. `plain` is without quotes: only then may it stand for a number, a truth value or nothing."""

    text: str
    plain: bool
    at: Spot

    @property
    def null(self) -> bool:
        """Whether it stands for nothing, as YAML 1.2 reads it."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Seq:
    """A list."""

    items: tuple["Node", ...]
    at: Spot


@dataclass(frozen=True, slots=True)
class Pair:
    """A key with its value."""

    key: Scalar
    value: "Node"

    @property
    def name(self) -> str:
        """The key's text."""
        return self.key.text


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping; its keys differ."""

    pairs: tuple[Pair, ...]
    at: Spot

    def get(self, name: str) -> "Node | None":
        """The value of a key, or None where it is not there."""
        return next((pair.value for pair in self.pairs if pair.name == name), None)


Node: TypeAlias = Scalar | Seq | Map


class _Refused(Exception):
    """The file cannot be read further; the problem is noted."""


@dataclass(slots=True)
class _Open:
    """A list or mapping that is still being read."""

    at: Spot
    mapping: bool
    found: list[Node]


def read(source: bytes, file: str, problems: Problems) -> Map | None:
    """The file's top mapping, or None with the problem noted."""
    text = _text(source, file, problems)
    if text is None:
        return None
    try:
        root = _build(_events(text, file, problems), file, problems)
    except _Refused:
        return None
    if isinstance(root, Map):
        return root
    if root is None or (isinstance(root, Scalar) and root.null):
        problems.add(Spot(file, 1), "the file is empty. Begin it with `version: 1`; `dsr init` writes a first one.")
    else:
        problems.add(root.at, "the file does not hold sections. Begin it with `version: 1`.")
    return None


def is_core(scalar: Scalar) -> bool:
    """Whether YAML 1.2 reads the plain scalar as a number, a truth value or nothing."""
    return scalar.plain and (scalar.text in _CORE_WORDS or is_number(scalar))


def is_number(scalar: Scalar) -> bool:
    """Whether YAML 1.2 reads the plain scalar as a number."""
    return scalar.plain and (_CORE_NUMBER.fullmatch(scalar.text) is not None)


def scalars(node: Node) -> Iterator[Scalar]:
    """Every value below a node that is a text; keys are not."""
    if isinstance(node, Scalar):
        yield node
    else:
        for one in node.items if isinstance(node, Seq) else (pair.value for pair in node.pairs):
            yield from scalars(one)


def _text(source: bytes, file: str, problems: Problems) -> str | None:
    if len(source) > MAX_BYTES:
        problems.add(Spot(file, 1), "the file is larger than 1 MiB. Split it with `include:`.")
        return None
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        problems.add(Spot(file, line), "the file is not UTF-8 text. Save it as UTF-8.")
        return None
    odd = _ODD.search(text)
    if odd is not None:
        spot = Spot(file, text.count("\n", 0, odd.start()) + 1)
        problems.add(spot, f"the character U+{ord(odd[0]):04X} cannot stand here. Take it out.")
        return None
    return text


def _events(text: str, file: str, problems: Problems) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=PARSER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        reason = getattr(error, "problem", None) or "it cannot be read"
        line = mark.line + 1 if mark is not None else 1
        indented = text.split("\n")[line - 1 : line]
        tab = " Indent with spaces, not with tabs." if indented and indented[0].lstrip(" ").startswith("\t") else ""
        problems.add(Spot(file, line), f"this is not valid YAML: {reason}. Correct the line or the one above.{tab}")
        raise _Refused from None
    except (ValueError, OverflowError):  # the Python parser lets these out for an impossible "\U…" escape
        problems.add(Spot(file, 1), "the file holds an escape that names no character. Correct it.")
        raise _Refused from None


def _build(events: Iterator[yaml.Event], file: str, problems: Problems) -> Node | None:
    stack: list[_Open] = []
    root: Node | None = None
    documents = 0
    for event in events:
        mark = event.start_mark
        spot = Spot(file, mark.line + 1 if mark is not None else 1)
        _refuse(event, spot, problems)
        made: Node | None = None
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _stop(problems, spot, "the file holds several documents. Keep one; use `include:` for more.")
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(stack) == MAX_DEPTH:
                    raise _stop(problems, spot, f"more than {MAX_DEPTH} levels lie in one another. Write it flatter.")
                stack.append(_Open(spot, isinstance(event, yaml.MappingStartEvent), []))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                made = _close(stack.pop(), problems)
            case yaml.ScalarEvent():
                made = _scalar(event, spot, problems)
        if made is not None and stack:
            stack[-1].found.append(made)
        elif made is not None:
            root = made
    return root


def _refuse(event: yaml.Event, spot: Spot, problems: Problems) -> None:
    anchor = getattr(event, "anchor", None)
    if isinstance(event, yaml.AliasEvent):
        raise _stop(problems, spot, f"aliases ({shown(f'*{anchor}')}) are not read here. Write the value out.")
    if anchor is not None:
        raise _stop(problems, spot, f"anchors ({shown(f'&{anchor}')}) are not read here. Take it out.")
    if getattr(event, "tag", None) is not None:
        raise _stop(problems, spot, "tags (!…) are not read here. Take it out; put text in quotes instead.")
    if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
        raise _stop(problems, spot, "directives (%…) are not read here. Take the line out.")


def _stop(problems: Problems, spot: Spot, what: str) -> _Refused:
    problems.add(spot, what)
    return _Refused()


def _scalar(event: yaml.ScalarEvent, spot: Spot, problems: Problems) -> Scalar:
    odd = _ODD.search(event.value)
    if odd is not None:
        problems.add(spot, f"the text holds the character U+{ord(odd[0]):04X}. Take it out.")
        return Scalar("", False, spot)
    return Scalar(event.value, not event.style, spot)


def _close(done: _Open, problems: Problems) -> Node:
    if not done.mapping:
        return Seq(tuple(done.found), done.at)
    pairs: list[Pair] = []
    seen: dict[str, Spot] = {}
    for key, value in zip(done.found[::2], done.found[1::2], strict=True):
        if not isinstance(key, Scalar):
            problems.add(key.at, "a key is a list or a mapping. Give it a name; write texts with { or [ in quotes.")
        elif key.plain and key.text == "<<":
            problems.add(key.at, "merge keys (<<) are not read here. Write the keys out.")
        elif is_core(key):
            problems.add(key.at, f"the key {shown(key.text)} is not a text. Put it in quotes, or correct it.")
        elif key.text in seen:
            problems.add(key.at, f"{shown(key.text)} stands here twice, first at {seen[key.text]}. Keep one of them.")
        else:
            seen[key.text] = key.at
            pairs.append(Pair(key, value))
    return Map(tuple(pairs), done.at)
