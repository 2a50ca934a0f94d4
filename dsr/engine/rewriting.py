"""What a field becomes when it is erased, checked against type, length, NOT NULL, UNIQUE and keys beforehand."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from dsr.core.model import Collection, Field, FieldType, Path, coerce
from dsr.core.policy import Entry, FieldRule, IdentifierLink, Link, StartField, ViaLink
from dsr.core.select import Become, Change
from dsr.engine.starting import local
from dsr.engine.walking import paths

_MARK = "erased-"
_KEY_ROOM = {FieldType.INTEGER: 20, FieldType.UUID: 36}
_BLANK: dict[FieldType, object] = {
    FieldType.TEXT: "",
    FieldType.UNKNOWN: "",
    FieldType.INTEGER: 0,
    FieldType.NUMBER: 0,
    FieldType.BOOLEAN: False,
    FieldType.DATE: date(1970, 1, 1),
    FieldType.DATETIME: datetime(1970, 1, 1),  # noqa: DTZ001 - the column is naive
    FieldType.INSTANT: datetime(1970, 1, 1, tzinfo=UTC),
    FieldType.UUID: "00000000-0000-0000-0000-000000000000",
    FieldType.JSON: {},
    FieldType.BINARY: b"",
}


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The changes, and in words what cannot be rewritten and why (no values)."""

    changes: tuple[Change, ...]
    problems: tuple[str, ...] = ()


def of_fields(entry: Entry, collection: Collection, rules: tuple[FieldRule, ...]) -> Rewriting:
    """Erase these declared fields."""
    changes: list[Change] = []
    problems: list[str] = []
    for rule in rules:
        if rule.keep or not rule.personal:
            continue
        made = _change(rule.path, rule.become, collection)
        if isinstance(made, Change):
            changes.append(made)
        elif made:
            problems.append(f"{entry.name}: field {'.'.join(rule.path)} {made}")
    return Rewriting(tuple(changes), tuple(problems))


def anonymised(entry: Entry, collection: Collection) -> Rewriting:
    """Erase every personal field of the entry; the record stays."""
    return of_fields(entry, collection, entry.fields)


def tombstone(
    entry: Entry, collection: Collection, closed_at: datetime | None, needed: frozenset[str] = frozenset()
) -> Rewriting:
    """Erase every column but keys, links, the start date, declared `keep` fields and what others `need`.

    `closed_at` is given for accounts: an erasure closes them, so a start date that is not there yet is set, and the
    calendar can remove the row when nothing needs it any more.
    """
    kept = _structural(entry, collection) | needed | {rule.path[0] for rule in entry.fields if rule.keep}
    given = {rule.path[0]: rule.become for rule in entry.fields if len(rule.path) == 1}
    changes: list[Change] = []
    problems: list[str] = []
    for field in collection.fields:
        if field.name in kept or field.generated:
            continue
        made = _change((field.name,), given.get(field.name), collection)
        if isinstance(made, Change):
            changes.append(made)
        elif made:
            problems.append(f"{entry.name}: field {field.name} {made}")
    start = local(entry)
    if start is not None and closed_at is not None:
        changes.extend(_started(start, collection, closed_at))
    return Rewriting(tuple(changes), tuple(problems))


def in_words(change: Change) -> tuple[str, str]:
    """The field and what it becomes, for plans."""
    words = {
        Become.EMPTY: "empty",
        Become.VALUE: "blank",
        Become.UNIQUE: "unique mark",
        Become.VALUE_IF_EMPTY: "set if empty",
    }
    return (".".join(change.field), words[change.become])


def emptied(fields: tuple[str, ...], collection: Collection) -> tuple[Change, ...]:
    """Changes that cut a reference: its nullable fields become empty. None of them nullable: no changes."""
    found = [collection.field(name) for name in fields]
    return tuple(Change((f.name,)) for f in found if f is not None and f.nullable and f.name not in collection.key)


def fitting(field: Field, text: str) -> Change | str:
    """The change that writes the text there, or words that say why the field cannot hold it."""
    if field.max_length is not None and len(text) > field.max_length:
        return f"holds at most {field.max_length} characters; the text is longer"
    value = text if field.type in (FieldType.TEXT, FieldType.UNKNOWN) else coerce(text, field.type)
    if value is None:
        return f"is of type {field.type.value}; the text is none"
    return Change((field.name,), Become.VALUE, value)


def links(entry: Entry, collection: Collection) -> set[str]:
    """The fields by which records find each other; an identifier's value that a person has is none of them."""
    names = {name for reference in collection.references for name in reference.fields}
    for link in [*entry.links, *([entry.part_of] if entry.part_of else [])]:
        how = link.how if isinstance(link, Link) else link
        if not isinstance(how, IdentifierLink):
            names |= {path[0] for path in getattr(how, "fields", ())}
    return names


def _structural(entry: Entry, collection: Collection) -> set[str]:
    names = set(collection.key)
    links: list[Link | ViaLink] = [*entry.links, *([entry.part_of] if entry.part_of else [])]
    for link in links:
        how = link.how if isinstance(link, Link) else link
        if not isinstance(how, IdentifierLink):
            names |= {path[0] for path in getattr(how, "fields", ())}
    names |= {path[0] for path in _start_paths(entry)}
    required = {name for r in collection.references for name in r.fields if not _nullable(collection, name)}
    return names | required | _where_fields(entry)


def _start_paths(entry: Entry) -> list[Path]:
    parts = entry.start.parts if entry.start else ()
    return [part.path for part in parts if part.source is None] + [path for part in parts for path in part.fields]


def _where_fields(entry: Entry) -> set[str]:
    return {path[0] for path in paths(entry.where)}


def _nullable(collection: Collection, name: str) -> bool:
    field = collection.field(name)
    return field is None or field.nullable


def _started(start: StartField, collection: Collection, as_of: datetime) -> list[Change]:
    field = collection.field(start.path[0])
    if field is None or len(start.path) > 1 or not field.nullable or start.clock.missing or start.clock.never:
        return []
    value: object = start.clock.bound(as_of, field.type)
    if field.type in (FieldType.TEXT, FieldType.UNKNOWN) and isinstance(value, date | datetime):
        value = value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return [Change(start.path, Become.VALUE_IF_EMPTY, value)]


def _change(path: Path, become: str | None, collection: Collection) -> Change | str | None:
    """The change, or words that say why there is none, or None where nothing has to change."""
    field = collection.field(path[0])
    if len(path) > 1 or field is None:
        return Change(path) if become is None else Change(path, Become.VALUE, become)
    if field.generated:
        return None
    if field.name in collection.key:
        return "is part of the key and cannot be rewritten; let the record be deleted instead"
    unique = any(field.name in group for group in collection.uniques)
    if become is not None:
        return _given(field, become, unique)
    if field.nullable:
        return Change(path)
    if any(field.name in reference.fields for reference in collection.references):
        return "is a reference that must not be empty; declare it `keep: true` or let the record be deleted"
    if unique:
        return _unique(field, collection)
    return Change(path, Become.VALUE, _BLANK[field.type])


def _given(field: Field, become: str, unique: bool) -> Change | str:
    if unique:
        return "must be unique and cannot take the same text in every record; drop `become:`"
    made = fitting(field, become)
    return made if isinstance(made, Change) else f"cannot take what `become:` says: it {made}"


def _unique(field: Field, collection: Collection) -> Change | str:
    if field.type not in (FieldType.TEXT, FieldType.UNKNOWN) or not collection.key:
        return f"must be unique and not empty, and its type ({field.type.value}) cannot hold a mark; change the column"
    room = len(collection.key) - 1
    for name in collection.key:
        part = collection.field(name)
        room += (part.max_length if part and part.max_length else _KEY_ROOM.get(part.type, 64)) if part else 64
    for mark in (_MARK, "~"):
        if field.max_length is None or len(mark) + room <= field.max_length:
            return Change((field.name,), Become.UNIQUE, mark)
    return f"must be unique, and {field.max_length} characters do not hold a mark and the key; change the column"
