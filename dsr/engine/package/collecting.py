"""One entry's records on their way into the files of their collection and onto the page."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsr.core.model import Collection, Record
from dsr.core.policy import Entry, Export, Place, Policy, Rule
from dsr.engine.package.cells import Cells
from dsr.engine.package.fields import Hiding, clocks, columns
from dsr.engine.package.folder import Folder
from dsr.engine.package.page import Pages
from dsr.engine.package.redaction import Texts
from dsr.engine.package.report import Withheld, others_law
from dsr.engine.package.sample import Sample
from dsr.engine.package.table import Lines, Sheet
from dsr.engine.package.terms import Terms, category_words, joined

_CODES = {Export.SECRET: "secret", Export.WITHHELD: "others_or_security"}


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files of one collection; `sheet` is None where no CSV is wanted."""

    lines: Lines
    sheet: Sheet | None

    @classmethod
    def make(cls, folder: Folder, path: str, collection: Collection, policy: Policy, place: Place) -> "Outputs":
        """JSON lines and their CSV twin."""
        sheet = Sheet(folder, f"{path}.csv", columns(collection, policy.entries_of(place)))
        return cls(Lines(folder, f"{path}.jsonl"), sheet)

    def flush(self) -> None:
        """Write what was gathered."""
        self.lines.flush()
        if self.sheet is not None:
            self.sheet.flush()


@dataclass(slots=True)
class Current:
    """The entry whose records are streaming in."""

    entry: Entry
    rule: Rule
    collection: Collection
    texts: Texts
    portable: Lines | None = None
    records: int = 0
    outputs: Outputs | None = None
    sample: Sample | None = None
    _hiding: Hiding = field(init=False)

    def __post_init__(self) -> None:
        self._hiding = Hiding(self.entry)

    def take(self, rows: list[Record], outputs: Outputs, pages: Pages | None) -> None:
        """Write the records; with pages, keep the first for showing."""
        self.records += len(rows)
        self.outputs = outputs
        values = [row.values for row in rows]
        if self._hiding.rules:
            values = self._hiding.strip(values)
        values = self.texts.redacted(values)
        if not values:
            return
        outputs.lines.add(values)
        if self.portable is not None:
            self.portable.add(values)
        if outputs.sheet is not None:
            outputs.sheet.add(values)
        if pages is not None:
            if self.sample is None:
                self.sample = Sample(Cells(pages.terms, pages.policy.controller.timezone), clocks(self.entry))
            self.sample.add(values)

    def left_out(self, policy: Policy, terms: Terms) -> Iterator[Withheld]:
        """The hidden fields that some record had, each with how many records that were."""
        contact = policy.controller.contact
        for rule, count in self._hiding.counts.items():
            if count:
                kind = "secret" if rule.export is Export.SECRET else "withheld"
                yield Withheld(
                    place=self.entry.place,
                    field=".".join(rule.path),
                    category=rule.category,
                    code=_CODES[rule.export],
                    count=count,
                    reason=terms.word(f"{kind}_reason"),
                    law=others_law(policy, terms) if kind == "withheld" else None,
                    remedy=terms.word(f"{kind}_remedy", contact=contact),
                )

    def shown(self, pages: Pages, number: int, total: int) -> str:
        """The part of the page that shows the first records."""
        sample, outputs, terms = self.sample, self.outputs, pages.terms
        if sample is None or outputs is None or outputs.sheet is None:
            return ""
        titles = {
            one.path[0]: words
            for one in self.entry.fields
            if len(one.path) == 1 and (words := category_words(one.category, pages.policy, terms)) is not None
        }
        heads = sample.heads(tuple(one.name for one in self.collection.fields), titles)
        hidden = tuple(
            category_words(rule.category, pages.policy, terms) or terms.name(".".join(rule.path))
            for rule, count in self._hiding.counts.items()
            if count
        )
        return pages.records(
            id=f"records-{number}",
            title=self.rule.title,
            place=str(self.entry.place),
            total=total,
            shown=len(sample.rows),
            hidden=joined(hidden) if hidden else None,
            layout=sample.layout.value,
            columns=heads,
            record=sample.rows[0],
            table_rows=sample.table_rows(heads),
            blocks=sample.blocks(heads, terms),
            trimmed=len(heads) < len(self.collection.fields) - len(hidden),
            csv=outputs.sheet.path,
            jsonl=outputs.lines.path,
        )
