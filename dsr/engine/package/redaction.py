"""Free text on its way into a package: secrets and other people's data in it are marked and counted.

A record whose text cannot be checked is withheld whole. Only fields of a kind that is free text are looked at, or that
the policy calls `export: redacted`, and the contents of text files.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from dsr.core.errors import DsrError
from dsr.core.model import Path
from dsr.core.policy import Entry, Export, FieldRule, Policy
from dsr.core.subject import Subject
from dsr.engine.detect.blocks import PLAIN, blocks
from dsr.engine.package.fields import in_json_text
from dsr.engine.package.report import Withheld, others_law
from dsr.engine.package.terms import Terms

if TYPE_CHECKING:  # the detectors take a moment to load, which packages without free text need not wait for
    from dsr.engine.detect.others import Known, Others, Own, Part

FREE_TEXT = ("content", "support", "request")
"""The categories whose fields hold what people write, those below them included."""
_NO_TEXT = "content.media"
_CONTACT = "contact"
_MOST_OWN = 10_000
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
_FAILURES = (DsrError, ValueError, RecursionError)
_SNIFF = 1 << 13
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b")
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class UncheckedError(Exception):
    """A content could not be checked, so no copy of it is given."""


class Redactor:
    """One person's package: their own values, and the detectors that all packages of a run share."""

    def __init__(self, subject: Subject, shared: "Shared") -> None:
        self.shared = shared
        self._own: Own | None = None
        self._learned = set(shared.company)
        for _, values in (*subject.anchors, *subject.identifiers):
            self.learn(values)

    def learn(self, values: Iterable[object]) -> None:
        """These values are the person's own."""
        new = {str(value) for value in values if isinstance(value, str | int)} - self._learned
        if new and len(self._learned) < _MOST_OWN:
            self._learned |= new
            self._own = None

    def hide(self, text: str) -> "tuple[str, list[Part]]":
        """The text with marks in it, and what was marked."""
        if self._own is None:
            self._own = self.shared.own(self._learned)
        return self.shared.others().hide(text, self._own)


class Shared:
    """What every package of a run needs: the detectors, made when the first text comes, and the company's addresses."""

    def __init__(self, policy: Policy, known: "Known | None" = None) -> None:
        self._policy, self._known = policy, known
        self._others: Others | None = None
        notice = policy.notice
        contacts = [policy.controller.contact, *(one.contact for one in policy.recipients)]
        contacts += [one.contact for one in (notice.officer, *notice.representatives, *notice.authorities) if one]
        self.company = frozenset(found for one in contacts for found in _ADDRESS.findall(one))

    def others(self) -> "Others":
        """The detectors."""
        if self._others is None:
            from dsr.engine.detect.others import Others

            self._others = Others(self._policy.own_keys, self._known)
        return self._others

    def own(self, values: Iterable[str]) -> "Own":
        """One person's own values, as the detectors compare them."""
        from dsr.engine.detect.others import Own

        return Own(values)


class Texts:
    """The free text of one entry."""

    def __init__(self, entry: Entry, redactor: Redactor) -> None:
        self._redactor, self._place = redactor, entry.place
        self._rules = tuple(rule for rule in entry.fields if _free(rule))
        self._contacts = tuple(r.path[0] for r in entry.fields if _under(_CONTACT, r.category) and len(r.path) == 1)
        self._hidden: Counter[tuple[FieldRule | None, bool]] = Counter()
        self.unchecked = 0

    def redacted(self, records: list[Mapping[str, object]]) -> list[Mapping[str, object]]:
        """The records with marks in their texts; those that have nothing to hide are passed on as they are."""
        for name in self._contacts:
            self._redactor.learn(record.get(name) for record in records)
        if not self._rules or not self._suspicious(records):
            return records
        made = []
        for record in records:
            try:
                made.append(self._record(record))
            except _FAILURES:
                self.unchecked += 1
        return made

    def content(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """A file's content, marked where it is text; raises UncheckedError where that cannot be done."""
        first, pieces = _beginning(pieces)
        if not _is_text(first):
            yield from chain((first,), pieces)
            return
        coding, errors = next(((c, "strict") for bom, c in _MARKS.items() if first.startswith(bom)), PLAIN)
        try:
            for block in blocks(codecs.iterdecode(chain((first,), pieces), coding, errors)):
                yield self._checked(block).encode(coding, errors)
        except UnicodeError as error:
            raise UncheckedError("The file's text is not what its beginning says.") from error

    def _checked(self, block: str) -> str:
        try:
            return self._text(block, None)
        except _FAILURES as error:
            raise UncheckedError("A part of the file's text could not be checked.") from error

    def left_out(self, policy: Policy, terms: Terms) -> Iterator[Withheld]:
        """What was hidden, by field, and how many records and contents could not be checked."""
        contact = policy.controller.contact
        replace, again = (terms.word(f"{one}_remedy", contact=contact) for one in ("secret", "withheld"))
        law = others_law(policy, terms)
        for (rule, secret), count in self._hidden.items():
            name, category = (".".join(rule.path), rule.category) if rule is not None else ("", "content.file")
            if secret:
                reason = terms.word("part_secret_reason")
                yield Withheld(self._place, name, category, "secret", count, reason, None, replace)
            else:
                reason = terms.word("part_others_reason")
                yield Withheld(self._place, name, category, "others", count, reason, law, again)
        if self.unchecked:
            reason = terms.word("unchecked_reason")
            yield Withheld(self._place, "", "content.text", "unchecked", self.unchecked, reason, law, again)

    def _suspicious(self, records: list[Mapping[str, object]]) -> bool:
        try:
            texts = [t for record in records for rule in self._rules for t in _strings(record, rule.path)]
            return bool(texts) and self._redactor.shared.others().suspicious("\n".join(texts))
        except _FAILURES:
            return True

    def _record(self, record: Mapping[str, object]) -> Mapping[str, object]:
        made = dict(record)
        for rule in self._rules:
            if rule.path[0] in made:
                made[rule.path[0]] = self._at(made[rule.path[0]], rule.path[1:], rule)
        return made

    def _at(self, value: object, path: Path, rule: FieldRule) -> object:
        """The value with the texts at the path marked; at the end of it everything inside is."""
        if isinstance(value, list | tuple):
            return [self._at(one, path, rule) for one in value]
        if isinstance(value, Mapping) and path:
            return {name: self._at(one, path[1:], rule) if name == path[0] else one for name, one in value.items()}
        if isinstance(value, Mapping):
            return self._whole(value, rule)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._text(bytes(value).decode(*PLAIN), rule).encode(*PLAIN)
        if not isinstance(value, str):
            return value
        if (parsed := in_json_text(value)) is not None:
            made = self._at(parsed, path, rule)
            return value if made == parsed else json.dumps(made, ensure_ascii=False)
        return self._text(value, rule)

    def _whole(self, value: Mapping[object, object], rule: FieldRule) -> dict[str, object]:
        """An object of which everything is text, its names too; names that become the same are numbered."""
        made: dict[str, object] = {}
        for name, one in value.items():
            shown = first = self._text(str(name), rule)
            number = 1
            while shown in made:
                number += 1
                shown = f"{first} ({number})"
            made[shown] = self._at(one, (), rule)
        return made

    def _text(self, text: str, rule: FieldRule | None) -> str:
        made, parts = self._redactor.hide(text)
        for one in parts:
            self._hidden[rule, one.secret] += 1
        return made


def _free(rule: FieldRule) -> bool:
    if rule.export is not Export.PLAIN:
        return rule.export is Export.REDACTED
    return any(_under(one, rule.category) for one in FREE_TEXT) and not _under(_NO_TEXT, rule.category)


def _under(above: str, category: str) -> bool:
    return category == above or category.startswith(f"{above}.")


def _strings(value: object, path: Path) -> Iterator[str]:
    """Every text at the path, JSON text as it stands."""
    if isinstance(value, str):
        yield value
        if (parsed := in_json_text(value)) is not None:
            yield from _strings(parsed, path)
    elif isinstance(value, bytes | bytearray | memoryview):
        yield bytes(value).decode(*PLAIN)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one, path)
    elif isinstance(value, Mapping):
        yield from map(str, value) if not path else ()
        for one in value.values() if not path else (value.get(path[0]),):
            yield from _strings(one, path[1:])


def _beginning(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    first = b""
    for piece in pieces:
        first += piece
        if len(first) >= _SNIFF:
            break
    return first, pieces


def _is_text(first: bytes) -> bool:
    """Whether a file that begins so is text: no format of its own, no control characters but those of texts."""
    if first.startswith(tuple(_MARKS)):
        return True
    return bool(first) and not first.startswith(b"%PDF") and _CONTROLS.isdisjoint(first[:_SNIFF])
