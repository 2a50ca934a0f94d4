"""The fields of a collection as the package shows them: columns, secrets left out and counted, the dictionary."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dsr.core.clock import Clock, Unit
from dsr.core.model import Collection, Path
from dsr.core.policy import Entry, Export, FieldRule

HIDDEN = (Export.SECRET, Export.WITHHELD)
"""How fields are declared that no copy holds."""
OTHERS = "(other fields)"
"""The CSV column for what records of an open collection hold beyond its listed fields."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field in the dictionary; `category` is "" where the policy names none."""

    name: str
    type: str
    category: str
    rule: str
    export: Export


class Hiding:
    """Takes the fields out that the policy keeps out of copies, and counts the records that had them."""

    def __init__(self, entry: Entry) -> None:
        self.rules = tuple(rule for rule in entry.fields if rule.export in HIDDEN)
        self.counts = dict.fromkeys(self.rules, 0)

    def strip(self, records: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
        """The records without the hidden fields; records that have none are passed on as they are."""
        return [self._stripped(record) for record in records]

    def _stripped(self, record: Mapping[str, object]) -> Mapping[str, object]:
        for rule in self.rules:
            if rule.path[0] in record:
                made, found = _without(record, rule.path)
                record = made if isinstance(made, Mapping) else {}
                self.counts[rule] += found
        return record


def columns(collection: Collection, entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """The CSV columns: the listed fields but those that every entry hides, and one for the rest where there may be."""
    hidden = [{r.path[0] for r in e.fields if r.export in HIDDEN and len(r.path) == 1} for e in entries]
    gone = set.intersection(*hidden) if hidden else set()
    named = tuple(field.name for field in collection.fields if field.name not in gone)
    return (*named, OTHERS) if collection.open else named


def dictionary(entry: Entry, collection: Collection) -> tuple[Column, ...]:
    """Every listed field of the collection, then what the policy says of places inside fields."""
    said: dict[Path, FieldRule] = {rule.path: rule for rule in entry.fields}
    listed: dict[Path, str] = {(field.name,): field.type.value for field in collection.fields}
    made = []
    for path in dict.fromkeys((*listed, *said)):
        rule = said.get(path)
        made.append(
            Column(
                name=".".join(path),
                type=listed.get(path, "unknown"),
                category=rule.category if rule is not None else "",
                rule=(rule.rule if rule is not None else None) or entry.rule,
                export=rule.export if rule is not None else Export.PLAIN,
            )
        )
    return tuple(made)


def clocks(entry: Entry) -> dict[str, Clock]:
    """The fields of the record itself that hold counted seconds, which a person cannot read as a date."""
    if entry.start is None:
        return {}
    return {
        part.path[0]: part.clock
        for part in entry.start.parts
        if part.source is None and len(part.path) == 1 and part.clock.unit is not Unit.NATIVE
    }


def in_json_text(text: str | bytes) -> object | None:
    """What JSON that was stored as text says; None where it is no object, list or text in JSON."""
    if text.strip()[:1] not in ("{", "[", '"', b"{", b"[", b'"'):
        return None
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed


def _without(value: object, path: Path) -> tuple[object, bool]:
    """A copy of the value without what stands at the path, and whether anything stood there. Lists are searched."""
    if isinstance(value, list | tuple):
        pairs = [_without(one, path) for one in value]
        return [made for made, _ in pairs], any(found for _, found in pairs)
    if isinstance(value, Mapping):
        if path[0] not in value:
            return value, False
        rest = {key: one for key, one in value.items() if key != path[0]}
        if len(path) == 1:
            return rest, value[path[0]] is not None
        made, found = _without(value[path[0]], path[1:])
        return {key: made if key == path[0] else one for key, one in value.items()}, found
    if isinstance(value, str | bytes) and value.strip()[:1] in ("{", "[", '"', b"{", b"[", b'"'):
        return _without_in_text(value, path)
    return value, False


def _without_in_text(value: str | bytes, path: Path) -> tuple[object, bool]:
    """JSON that was stored as text is searched too; broken JSON might hold the secret and is left out whole."""
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return None, True
    made, found = _without(parsed, path)
    return (made, True) if found else (value, False)
