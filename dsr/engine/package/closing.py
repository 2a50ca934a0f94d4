"""The files that close a package: lists, dictionary, pages, manifest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from dsr import __version__
from dsr.core.model import Collection
from dsr.core.policy import Entry, Policy
from dsr.core.text import Text
from dsr.engine.package import manifest, process
from dsr.engine.package.copies import Copies
from dsr.engine.package.fields import dictionary
from dsr.engine.package.folder import Folder
from dsr.engine.package.history import History
from dsr.engine.package.page import Pages, Section
from dsr.engine.package.report import Category, Finished, Searched, SearchResult, Withheld
from dsr.engine.package.table import Sheet
from dsr.engine.package.terms import Terms, category_words, moment
from dsr.engine.package.text import document
from dsr.engine.package.timeline import timeline

_BLOCK = 1 << 16
_OPEN = (SearchResult.FAILED, SearchResult.NOT_SEARCHED)
_FIELDS = (
    "store", "collection", "field", "type", "category", "category_en", "category_zh", "rule", "rule_en", "rule_zh",
    "shown",
)  # fmt: skip
_WITHHELD = (
    "store", "collection", "field", "category", "code", "count", "reason_en", "reason_zh", "law_en", "law_zh",
    "remedy_en", "remedy_zh",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything about the package but its records. `records` counts by JSON lines file."""

    token: str
    policy: Policy
    made_at: datetime
    language: str
    categories: tuple[Category, ...]
    withheld: tuple[Withheld, ...]
    searched: tuple[Searched, ...]
    records: tuple[tuple[str, int], ...]
    portable: bool = False
    history: History = History()  # noqa: RUF009 - frozen

    @property
    def failed(self) -> int:
        """Places that could not be searched."""
        return sum(one.result in _OPEN for one in self.searched)


@dataclass(frozen=True, slots=True)
class WithheldLine:
    """What was left out, in words."""

    title: Text
    place: str
    count: int
    reason: Text
    law: Text | None
    remedy: Text


@dataclass(frozen=True, slots=True)
class SearchedLine:
    """A place that was searched, in words."""

    place: str
    result: str
    records: int
    at: Text
    note: str


class Dictionary:
    """fields.csv: what each field of the copied collections means."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        self.sheet: Sheet | None = None

    def describe(self, entry: Entry, collection: Collection, policy: Policy, terms: Terms) -> None:
        """Add the fields of an entry, once."""
        if entry.name in self._seen:
            return
        self._seen.add(entry.name)
        if self.sheet is None:
            self.sheet = Sheet(self._folder, "fields.csv", _FIELDS)
        for column in dictionary(entry, collection):
            words = category_words(column.category, policy, terms) or Text("", "")
            title = next((rule.title for rule in policy.rules if rule.name == column.rule), Text("", ""))
            self.sheet.put(
                entry.place.store,
                entry.place.collection,
                column.name,
                column.type,
                column.category,
                words.en,
                words.zh,
                column.rule,
                title.en,
                title.zh,
                column.export.value,
            )


def write_readable(
    folder: Folder, pages: Pages, contents: Contents, sections: list[Section], copies: Copies, fields: Dictionary
) -> list[Sheet]:
    """Write the lists and pages; the lists are given back for the manifest."""
    sheets = [_searched(folder, contents), _withheld(folder, contents)]
    sheets += [one for one in (fields.sheet, copies.sheet, contents.history.sheet) if one is not None]
    for sheet in sheets:
        sheet.flush()
    made = process.document(contents.categories, contents.policy, pages.terms, contents.token, contents.made_at)
    folder.append("processing.json", document(made))
    _write(folder, "processing.html", _processing(pages, contents))
    _write(folder, "index.html", _index(pages, contents, sections, copies))
    return sheets


def write_manifest(folder: Folder, contents: Contents, copies: Copies, form: str, sheets: list[Sheet]) -> Finished:
    """Write the manifest, the last file of all, and say what the package holds."""
    changed = tuple((sheet.path, sheet.changed) for sheet in sheets if sheet.changed)
    head = manifest.Head(
        tool=f"dsr {__version__}",
        subject=contents.token,
        made_at=contents.made_at,
        policy=contents.policy.digest,
        form=form,
        language=contents.language,
        complete=not contents.failed,
        records=contents.records,
        changed_cells=changed,
        searched=contents.searched,
        withheld=contents.withheld,
    )
    own = tuple(folder.sums())  # a few files for each collection
    _write(folder, manifest.NAME, manifest.pieces(head, chain(own, copies.sums())))
    return Finished(
        folder=str(folder.target),
        token=contents.token,
        complete=head.complete,
        records=sum(count for _, count in contents.records),
        files=copies.count,
        size=copies.size + sum(one.size for one in folder.sums()),
        withheld=sum(one.count for one in contents.withheld),
        changed_cells=sum(count for _, count in changed),
    )


def _searched(folder: Folder, contents: Contents) -> Sheet:
    sheet = Sheet(folder, "searched.csv", ("store", "collection", "result", "records", "at", "note"))
    for one in contents.searched:
        sheet.put(one.place.store, one.place.collection, one.result.value, one.records, one.at, one.note)
    for none in contents.policy.none:
        note = f"{none.reason.en} / {none.reason.zh}"
        sheet.put(none.place.store, none.place.collection, "nobodys_data", None, None, note)
    return sheet


def _withheld(folder: Folder, contents: Contents) -> Sheet:
    sheet = Sheet(folder, "withheld.csv", _WITHHELD)
    for one in contents.withheld:
        law = one.law or Text("", "")
        sheet.put(
            one.place.store,
            one.place.collection,
            one.field,
            one.category,
            one.code,
            one.count,
            one.reason.en,
            one.reason.zh,
            law.en,
            law.zh,
            one.remedy.en,
            one.remedy.zh,
        )
    return sheet


def _processing(pages: Pages, contents: Contents) -> Iterator[bytes]:
    return pages.stream("processing.html.j2", "processing_title", **_common(pages, contents))


def _index(pages: Pages, contents: Contents, sections: list[Section], copies: Copies) -> Iterator[bytes]:
    zone = contents.policy.controller.timezone
    return pages.stream(
        "index.html.j2",
        "title",
        **_common(pages, contents),
        records=sum(count for _, count in contents.records),
        failed=contents.failed,
        looked=sum(one.result not in _OPEN for one in contents.searched),
        sections=sections,
        files=copies.listed(),
        left_out=sum(one.count for one in contents.withheld),
        withheld=[_withheld_line(one, contents.policy, pages.terms) for one in contents.withheld],
        searched=[
            SearchedLine(str(one.place), one.result.value, one.records, moment(one.at, zone), one.note)
            for one in contents.searched
        ],
        nobody=contents.policy.none,
        portable=contents.portable,
        history=contents.history,
    )


def _common(pages: Pages, contents: Contents) -> dict[str, object]:
    policy, terms = contents.policy, pages.terms
    return {
        "token": contents.token,
        "made": moment(contents.made_at, policy.controller.timezone),
        "categories": [process.line(one, policy, terms) for one in contents.categories],
        "timeline": timeline(contents.categories, _today(contents)),
        "recipients": process.recipients(policy, terms),
        "rights": process.rights(policy, terms),
    }


def _today(contents: Contents) -> date:
    return contents.made_at.astimezone(ZoneInfo(contents.policy.controller.timezone)).date()


def _withheld_line(one: Withheld, policy: Policy, terms: Terms) -> WithheldLine:
    place = f"{one.place}.{one.field}" if one.field else str(one.place)
    title = category_words(one.category, policy, terms) or terms.name(one.field or str(one.place))
    return WithheldLine(title, place, one.count, one.reason, one.law, one.remedy)


def _write(folder: Folder, path: str, pieces: Iterable[bytes]) -> None:
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            folder.append(path, b"".join(gathered))
            gathered.clear()
            size = 0
    folder.append(path, b"".join(gathered))
