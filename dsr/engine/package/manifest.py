"""manifest.json: what the package is, and size and SHA-256 of every other file in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from dsr.core.text import Text
from dsr.engine.package.folder import Sum
from dsr.engine.package.report import Searched, Withheld
from dsr.engine.package.text import document, json_text

NAME = "manifest.json"
SCHEMA = "dsr/manifest/1"


@dataclass(frozen=True, slots=True)
class Head:
    """What the manifest says of the whole package."""

    tool: str
    subject: str
    made_at: datetime
    policy: str
    form: str
    language: str
    complete: bool
    records: tuple[
        tuple[str, int], ...
    ]  # by JSON lines file; in the data form, where there is one for all, by collection
    changed_cells: tuple[tuple[str, int], ...]  # by CSV file
    searched: tuple[Searched, ...]
    withheld: tuple[Withheld, ...]


def pieces(head: Head, files: Iterable[Sum]) -> Iterator[bytes]:
    """The manifest as a stream: files may be many."""
    whole = document({"schema": SCHEMA, **_plain(head)})
    yield whole[: whole.rindex(b"\n}")] + b',\n  "files": ['
    before = b"\n"
    for one in files:
        yield before + b"    " + json_text({"path": one.path, "size": one.size, "sha256": one.sha256}).encode()
        before = b",\n"
    yield b"\n  ]\n}\n"


def _plain(head: Head) -> dict[str, object]:
    return {
        "tool": head.tool,
        "subject": head.subject,
        "made_at": head.made_at.isoformat(),
        "policy": head.policy,
        "form": head.form,
        "language": head.language,
        "complete": head.complete,
        "records": dict(head.records),
        "changed_cells": dict(head.changed_cells),
        "searched": [
            {
                "place": str(one.place),
                "result": one.result.value,
                "records": one.records,
                "at": one.at.isoformat(),
                "note": one.note,
            }
            for one in head.searched
        ],
        "withheld": [
            {
                "place": str(one.place),
                "field": one.field,
                "category": one.category,
                "code": one.code,
                "count": one.count,
                "reason": _two(one.reason),
                "law": _two(one.law),
                "remedy": _two(one.remedy),
            }
            for one in head.withheld
        ],
    }


def _two(text: Text | None) -> dict[str, str] | None:
    return {"en": text.en, "zh": text.zh} if text is not None else None
