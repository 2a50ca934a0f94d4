"""Writes one person's access package as records stream in, collection by collection; nothing is kept in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from dsr import __version__
from dsr.core.errors import DsrError
from dsr.core.model import Collection, Record
from dsr.core.policy import Entry, Place, Policy, Rule
from dsr.core.subject import Subject
from dsr.core.text import Text
from dsr.engine.package import closing
from dsr.engine.package.collecting import Current, Outputs
from dsr.engine.package.copies import Copies
from dsr.engine.package.folder import Folder
from dsr.engine.package.history import History, history
from dsr.engine.package.names import Names
from dsr.engine.package.page import Pages, Section
from dsr.engine.package.portability import Portable
from dsr.engine.package.redaction import Redactor, Shared, Texts, UncheckedError
from dsr.engine.package.report import Category, Finished, Kept, Searched, SearchResult, Withheld
from dsr.engine.package.sealing import Sealing
from dsr.engine.package.table import Output, Tagged
from dsr.engine.package.terms import load

_BATCH = 32  # records that are encoded together


class Form(Enum):
    """FULL is for the person; DATA (one file of JSON lines, contents and the manifest) for bulk work and machines."""

    FULL = "full"
    DATA = "data"


class Package:
    """One person, one folder or sealed file. `begin`, `add` for each record, `end`; for each collection; then `finish`.

    Values are encoded in batches: a record must not change after it was added. Leaving a `with` block without
    `finish` removes what was written.
    """

    def __init__(
        self,
        folder: Path,
        subject: Subject,
        policy: Policy,
        language: str,
        made_at: datetime,
        form: Form = Form.FULL,
        sealing: Sealing | None = None,
        shared: Shared | None = None,
    ) -> None:
        self._folder = Folder(folder, subject.token, sealing)
        self._token, self._policy, self._made_at, self._form = subject.token, policy, made_at, form
        self._pages = Pages(policy, load(), language, __version__)
        self._redactor = Redactor(subject, shared or Shared(policy))
        self._texts: dict[str, Texts] = {}
        self._names, self._stores = Names(), Names()
        self._outputs: dict[Place, Outputs] = {}
        self._dictionary = closing.Dictionary(self._folder)
        self._categories: dict[str, Category] = {}
        self._sections: list[Section] = []
        self._withheld: list[Withheld] = []
        self._searched: list[Searched] = []
        self._portable = Portable(self._folder, policy)
        self._shared = Output(self._folder, "data.jsonl")
        self._copies = Copies(self._folder, full=form is Form.FULL)
        self._history = History()
        self._current: Current | None = None
        self._rows: list[Record] = []

    def begin(self, entry: Entry, rule: Rule, collection: Collection) -> None:
        """Records of this entry follow. Entries of one collection share its files."""
        if self._current is not None:
            raise DsrError(f"{entry.name} was begun before {self._current.entry.name} was ended.")
        portable = None
        if self._form is Form.FULL:
            portable = self._portable.lines(entry, rule, collection, self._path(entry.place))
        self._current = Current(entry, rule, collection, self._texts_of(entry), portable)

    def add(self, record: Record) -> None:
        """Take one record."""
        rows = self._rows
        rows.append(record)
        if len(rows) >= _BATCH:
            self._send()

    def end(self, until: date | None, kept: tuple[Kept, ...] = ()) -> None:
        """The entry is done. `until` is this person's end date (None: by request only), `kept` what erasure leaves."""
        self._send()
        current, self._current = self._current, None
        if current is None:
            raise DsrError("A collection was ended that was not begun.")
        if not current.records:
            return
        category = self._category(current)
        category.records += current.records
        category.ends(until, kept)
        self._outputs[current.entry.place].flush()
        self._withheld.extend(current.left_out(self._policy, self._pages.terms))
        if self._form is Form.FULL:
            self._show(current)

    def file(self, entry: Entry, record: Record, name: str, pieces: Iterator[bytes]) -> None:
        """Copy an object's content under a name of ours; errors of the source pass through and leave no part of it."""
        texts = self._texts_of(entry)
        try:
            self._copies.add(entry.place, name, texts.content(pieces))
        except UncheckedError:
            texts.unchecked += 1

    def withheld(
        self, place: Place, category: str, code: str, count: int, reason: Text, law: Text | None, remedy: Text
    ) -> None:
        """Something was found and is not copied. Fields that the policy hides are listed without this."""
        self._withheld.append(Withheld(place, "", category, code, count, reason, law, remedy))

    def searched(self, place: Place, result: SearchResult, records: int, at: datetime, note: str) -> None:
        """How the search of one collection ended."""
        self._searched.append(Searched(place, result, records, at, note))

    def looked(self, looks: Iterable[tuple[datetime, str]]) -> None:
        """When somebody looked at the person's data, and how: found, revealed, exported. The oldest first."""
        if self._form is Form.FULL:
            zone = self._policy.controller.timezone
            self._history = history(self._folder, looks, self._pages.terms, zone)

    def finish(self) -> Finished:
        """Write the rest, flush everything to disk and give the folder its name."""
        if self._current is not None:
            raise DsrError(f"{self._current.entry.name} was not ended before the package was finished.")
        try:
            for texts in self._texts.values():
                self._withheld.extend(texts.left_out(self._policy, self._pages.terms))
            contents = self._contents()
            sheets = [one.sheet for one in self._outputs.values() if one.sheet is not None]
            self._copies.close()
            self._shared.flush()
            if self._form is Form.FULL:
                portable = self._portable.close(self._pages.terms, self._token, self._made_at)
                contents = replace(contents, portable=portable, history=self._history)
                sheets += closing.write_readable(
                    self._folder, self._pages, contents, self._sections, self._copies, self._dictionary
                )
            done = closing.write_manifest(self._folder, contents, self._copies, self._form.value, sheets)
            self._folder.seal()
            done = replace(done, sealed=self._folder.sealed)
        except BaseException:
            self.abandon()
            raise
        return done

    def abandon(self) -> None:
        """Remove what was written; harmless when there is nothing."""
        self._folder.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.abandon()

    def _send(self) -> None:
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        current = self._current
        if current is None:
            raise DsrError("A record was added outside of a collection.")
        place = current.entry.place
        outputs = self._outputs.get(place)
        if outputs is None:
            outputs = self._outputs[place] = self._made(place, current.collection)
        current.take(rows, outputs, self._pages if self._form is Form.FULL else None)

    def _texts_of(self, entry: Entry) -> Texts:
        found = self._texts.get(entry.name)
        if found is None:
            found = self._texts[entry.name] = Texts(entry, self._redactor)
        return found

    def _made(self, place: Place, collection: Collection) -> Outputs:
        if self._form is Form.DATA:
            return Outputs(Tagged(self._shared, place), None)
        return Outputs.make(self._folder, f"data/{self._path(place)}", collection, self._policy, place)

    def _path(self, place: Place) -> str:
        return f"{self._stores.of(place.store)}/{self._names.of(place.collection)}"

    def _category(self, current: Current) -> Category:
        """The kind of data that the entry's records are, with what they can hold."""
        category = self._categories.setdefault(current.rule.name, Category(current.rule))
        category.places[current.entry.place] = None
        for one in current.entry.fields:
            if one.category and one.rule in (None, current.rule.name):
                category.fields[one.category] = None
        return category

    def _show(self, current: Current) -> None:
        """Write the entry's part of the page to the side, and its fields into the dictionary."""
        number = len(self._sections) + 1
        section = Section(f"{number}.html", self._folder.scratched)
        self._folder.scratch(section.name, current.shown(self._pages, number, current.records))
        self._sections.append(section)
        self._dictionary.describe(current.entry, current.collection, self._policy, self._pages.terms)

    def _contents(self) -> closing.Contents:
        return closing.Contents(
            self._token,
            self._policy,
            self._made_at,
            self._pages.language,
            tuple(self._categories.values()),
            tuple(self._withheld),
            tuple(self._searched),
            tuple((one.lines.path, one.lines.rows) for one in self._outputs.values()),
        )
