"""A drawn world in few words, for whoever reads a failure."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from dsr.core.model import Collection
from dsr.core.policy import DirectLink, Entry, IdentifierLink, Rule, StartField, ThroughLink, ViaLink
from dsr.core.select import Everything, Not, OneOf, Predicate


def telling(world: Any) -> Iterator[str]:
    """Line by line."""
    yield f"asked={world.asked} restricted={world.restricted} zone={world.policy.controller.timezone}"
    yield from (f"hold {cover}" for cover in world.holds)
    yield from (_rule(rule) for rule in world.policy.rules)
    yield "addresses at " + ", ".join(str(r) for i in world.policy.identifiers if i.name == "email" for r in i.refs)
    yield from (f"none: {one.place}" for one in world.policy.none)
    for place, collection in world.collections.items():
        yield _table(str(place), collection)
        yield from (f"  {_entry(entry)}" for entry in world.policy.entries_of(place))
        yield from ("    " + " ".join(f"{k}={_plain(v)}" for k, v in row.items()) for row in world.rows[place])


def _rule(rule: Rule) -> str:
    duties = [f"{d.code.value}:{d.period}/{d.period.start.value}{_where(d.when)}" for d in rule.duties]
    most = f"{rule.keep_at_most}/{rule.keep_at_most.start.value}" if rule.keep_at_most else None
    marks = " MUST NOT EXIST" if rule.must_not_exist else ""
    return f"rule {rule.name}: most={most} then={rule.then.value} asked={rule.on_erasure.value} {duties}{marks}"


def _table(name: str, collection: Collection) -> str:
    fields = [f"{f.name}:{f.type.value}{'' if f.nullable else '!'}" for f in collection.fields]
    keys = [f"{r.fields}->{r.collection}({r.on_delete.value})" for r in collection.references]
    return f"{name} key={collection.key} {' '.join(fields)} {' '.join(keys)}"


def _entry(entry: Entry) -> str:
    links = [f"{_how(n.how)}[{n.owner.value}{sorted(n.none) or ''}]" for n in entry.links]
    part = f" part of {_how(entry.part_of)}" if entry.part_of else ""
    parts = [_start(p) for p in entry.start.parts] if entry.start else []
    starts = f"{'latest' if entry.start.latest else 'earliest'}{parts}" if entry.start else ""
    fields = [f"{f.path[0]}:{'keep' if f.keep else f.rule}" for f in entry.fields]
    refers = [f"{r.field[0]}->{r.to}" for r in entry.refers]
    return f"{entry.name}{_where(entry.where)}: {entry.rule}{part} {links} {starts} {fields} refers={refers}"


def _how(how: object) -> str:
    match how:
        case DirectLink(fields):
            return f"direct {_names(fields)}"
        case ViaLink(fields, to, keys):
            return f"via {_names(fields)}->{to}.{_names(keys)}"
        case IdentifierLink(_, field):
            return f"address {field[0]}"
        case ThroughLink(fields, to, where, keys, owner):
            return f"through {to}{_where(where)} {_names(keys)}->{_names(fields)} owner {owner[0]}"
        case _:
            return str(how)


def _start(part: StartField) -> str:
    marks = f" 0={sorted(part.clock.missing)} never={sorted(part.clock.never)}" if part.clock.missing else ""
    source = f" in {part.source} by {_names(part.fields)}" if part.source else ""
    return f"{part.path[0]} {part.clock.unit.value} {part.clock.zone}{marks}{source}"


def _names(paths: tuple[tuple[str, ...], ...]) -> str:
    return "+".join(path[0] for path in paths)


def _where(where: Predicate) -> str:
    match where:
        case Everything():
            return ""
        case Not(part):
            return f" not{_where(part)}"
        case OneOf(fields, keys):
            return f" where {_names(fields)} in {sorted(str(key[0]) for key in keys)}"
        case _:
            return f" where {where}"


def _plain(value: object) -> str:
    return str(value) if isinstance(value, date) else repr(value)
