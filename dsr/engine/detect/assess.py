"""Assessing a collection: every column judged, with what links it to people and a digest of the evidence."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dsr.core.model import Collection, Field, FieldType, Path, Reference
from dsr.core.policy import Place
from dsr.engine.detect.calibration import calibrated
from dsr.engine.detect.columns import Column, Judged, Reason, Verdict, hint_of, judge
from dsr.engine.detect.flatten import Values, columns
from dsr.engine.detect.included import Inclusions
from dsr.engine.detect.profile import Profile, profile

_COLLAPSED = (FieldType.JSON,)


@dataclass(frozen=True, slots=True)
class Link:
    """How a column leads to a person. `how`: "key" (declared in the store), "name" or "values" (inferred)."""

    to: str
    how: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """The answer for one column of one collection. `evidence` changes only when the answer may."""

    place: Place
    path: Path
    type: FieldType
    judged: Judged
    link: Link | None
    evidence: str
    values: int
    mask: str
    broken: int = 0

    @property
    def name(self) -> str:
        """`app.users.email`, as messages and the policy file write it."""
        return ".".join((str(self.place), *self.path))


@dataclass(frozen=True, slots=True)
class Looked:
    """A collection after looking: its columns, and how many records were sampled."""

    place: Place
    columns: tuple[Assessed, ...]
    sampled: int


def assess(
    place: Place,
    collection: Collection,
    records: Iterable[Mapping[str, object]],
    people: frozenset[str],
    inclusions: Inclusions | None = None,
) -> Looked:
    """Judge every column. `people` are the collections of the same store whose records are people."""
    found, count = columns(collection, records)
    made = (_assessed(place, collection, one, people) for one in found if not _is_shell(one, found))
    if inclusions is not None:
        texts = {one.path: one.texts for one in found}
        made = (_included(one, texts[one.path], inclusions) for one in made)
    return Looked(place, tuple(made), count)


def evidence(column: Column, path: Path, judged: Judged) -> str:
    """A digest of what a decision rests on: name, type, kind and verdict; not how many values were sampled."""
    return _digest(path, column.type, judged)


def _digest(path: Path, kind: FieldType, judged: Judged) -> str:
    shape = [list(path), kind.value, judged.kind, judged.verdict.value]
    return "e-" + hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:12]


def _assessed(place: Place, collection: Collection, found: Values, people: frozenset[str]) -> Assessed:
    reference = next((one for one in collection.references if found.path == one.fields), None)
    column = _column(place, collection, found, reference)
    made: Profile = profile(found.texts, hint_of(column).kind)
    judged = judge(column, made)
    if reference is not None and reference.collection in people and judged.verdict is Verdict.NO:
        judged = Judged(Verdict.IS, "person_id", 0.97, (Reason("key", "person_id", reference.collection),))
    return Assessed(
        place, found.path, found.field.type, judged, _link(place, reference, people, judged),
        evidence(column, found.path, judged),
        made.values, made.mask if judged.kind not in ("free_text", "") else "",
        found.broken if found.broken <= found.parsed else 0,
    )  # fmt: skip


def _included(column: Assessed, texts: Sequence[str | None], inclusions: Inclusions) -> Assessed:
    """A column that says nothing, but whose values are keys of people, leads to them."""
    if column.judged.personal or column.link is not None:
        return column
    found = inclusions.of(column.place, column.path, column.type, texts)
    if found is None:
        return column
    reason = Reason("included", "person_id", str(found.keys), found.count, found.of)
    judged = Judged(Verdict.IS, "person_id", calibrated("plausible", 0.95), (reason,))
    shape = _digest(column.path, column.type, judged)
    return replace(column, judged=judged, link=Link(str(found.keys), "values"), evidence=shape, mask="")


def _column(place: Place, collection: Collection, found: Values, reference: Reference | None) -> Column:
    parents = [place.collection.rpartition(".")[2] or place.collection]
    name, inner = found.path[-1], list(found.path[:-1])
    while name == "*" and inner:
        name = inner.pop()
    kind: Field = found.field
    return Column(
        name=name,
        parents=(*parents, *(one for one in inner if one != "*")),
        type=kind.type if kind.type not in _COLLAPSED else FieldType.UNKNOWN,
        length=kind.max_length,
        comment=kind.comment,
        key=found.path == collection.key,
        refers=reference.collection if reference is not None else "",
    )


def _link(place: Place, reference: Reference | None, people: frozenset[str], judged: Judged) -> Link | None:
    if reference is not None and reference.collection in people:
        return Link(f"{place.store}.{reference.collection}.{reference.keys[0]}", "key")
    if judged.kind == "person_id":
        return Link("", "name")
    return None


def _is_shell(one: Values, found: tuple[Values, ...]) -> bool:
    """A JSON field of which only the inside says anything."""
    return not one.texts and any(other.path[:-1] == one.path for other in found if len(other.path) > 1)
