"""Coverage: what the live stores hold and the policy does not declare. Nothing is skipped in silence."""

from collections.abc import Collection as Collection_
from collections.abc import Iterator

from dsr.core.model import Collection, Field, FieldType, Path
from dsr.core.plan import Gap
from dsr.core.policy import Entry, Place, Policy, ThroughLink
from dsr.core.select import Selection, either, is_nothing, negate
from dsr.engine.estate import Estate
from dsr.engine.walking import named

_MAY_NAME_PEOPLE = (FieldType.TEXT, FieldType.JSON, FieldType.BINARY, FieldType.UNKNOWN)
OBJECT_FIELDS = frozenset({"key", "size", "modified", "version", "etag"})


def gaps(estate: Estate) -> tuple[Gap, ...]:
    """Undeclared collections, undeclared fields that can hold a person's data, and fields that are gone."""
    found: list[Gap] = []
    none = {statement.place for statement in estate.policy.none}
    for place, collection in sorted(estate.live.items()):
        entries = estate.policy.entries_of(place)
        if not entries and place not in none:
            text = "It is not declared. Give it a rule in `data:`, or say `no_personal_data:` and why."
            found.append(Gap("unmapped", str(place), text))
        elif entries:
            found.extend(_fields(estate.policy, place, collection, entries))
            found.extend(_unmatched(estate, place, entries))
    return tuple(found)


def _unmatched(estate: Estate, place: Place, entries: tuple[Entry, ...]) -> Iterator[Gap]:
    """Records of a divided collection that no entry takes."""
    left = negate(either(*(entry.where for entry in entries)))
    if is_nothing(left):
        return
    count = estate.stores[place.store].count(Selection(place.collection, left))
    if count:
        text = f"{count} records match no entry of it. Add an entry with `where:`, or `else: true` for the rest."
        yield Gap("unmapped", str(place), text)


def declared_paths(policy: Policy, place: Place, collection: Collection, entries: tuple[Entry, ...]) -> set[Path]:
    """The paths whose meaning the policy or the schema says."""
    return _structural(policy, place, collection) | {path for entry in entries for path in named(entry)}


def _fields(policy: Policy, place: Place, collection: Collection, entries: tuple[Entry, ...]) -> Iterator[Gap]:
    known = {path[0] for path in declared_paths(policy, place, collection, entries)}
    for field in collection.fields:
        if field.name not in known and _may_name(field):
            text = "The field is not declared. Give it a category under `fields:`; `none` if it holds nobody's data."
            yield Gap("unmapped", f"{place}.{field.name}", text)
    yield from _closed(place, collection, entries)
    yield from _gone(place, collection, entries)


def _closed(place: Place, collection: Collection, entries: tuple[Entry, ...]) -> Iterator[Gap]:
    """Texts into which the policy names a path: nothing would ever be found there."""
    inside = {path[0] for entry in entries for path in named(entry) if len(path) > 1}
    for field in collection.fields:
        if field.name in inside and field.type is FieldType.TEXT:
            text = "The policy names a part of the field, and the column is text, not JSON. Change the column's type."
            yield Gap("unsupported", f"{place}.{field.name}", text)


def vanished(estate: Estate, stores: Collection_[str]) -> Iterator[Gap]:
    """Collections and fields of these stores that the policy names and that are not there."""
    for place in dict.fromkeys(entry.place for entry in estate.policy.entries):
        if place.store in stores and place not in estate.live:
            yield Gap("vanished", str(place), "The policy names it, the store does not have it. Fix `data:`.")
        elif place.store in stores:
            yield from _gone(place, estate.live[place], estate.policy.entries_of(place))


def _gone(place: Place, collection: Collection, entries: tuple[Entry, ...]) -> Iterator[Gap]:
    if collection.open:
        return
    live = {field.name for field in collection.fields}
    for name in sorted({path[0] for entry in entries for path in named(entry)} - live):
        text = "The policy names the field, the store does not have it. Fix `data:`."
        yield Gap("vanished", f"{place}.{name}", text)


def _may_name(field: Field) -> bool:
    return field.type in _MAY_NAME_PEOPLE


def _structural(policy: Policy, place: Place, collection: Collection) -> set[Path]:
    """Fields whose meaning is known from elsewhere: keys, references, identifiers, fields other entries link by."""
    names = set(collection.key) | {name for reference in collection.references for name in reference.fields}
    if set(collection.key) == {"key"}:
        names |= OBJECT_FIELDS
    found: set[Path] = {(name,) for name in names}
    for identifier in policy.identifiers:
        found |= {ref.path for ref in identifier.refs if ref.place == place}
    for entry in policy.entries:
        for link in entry.links:
            if isinstance(link.how, ThroughLink) and link.how.through == place:
                found |= {link.how.owner, *link.how.keys}
    return found
