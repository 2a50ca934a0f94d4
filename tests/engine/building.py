"""Short ways to write policies, stores and plans in tests."""

from collections.abc import Mapping
from datetime import UTC, datetime

from dsr.core.clock import Clock
from dsr.core.holds import Hold, HoldKind, Holds, HoldScope
from dsr.core.matching import Match
from dsr.core.model import Collection, Field, FieldType, Reference
from dsr.core.periods import From, Period
from dsr.core.policy import (
    Anchor,
    Code,
    Controller,
    DirectLink,
    Duty,
    End,
    Entry,
    Export,
    FieldRef,
    FieldRule,
    Guards,
    Identifier,
    IdentifierLink,
    Link,
    NoPersonalData,
    Owner,
    Place,
    Policy,
    Refers,
    Rule,
    Start,
    StartField,
    StoreConfig,
    ThroughLink,
    ViaLink,
)
from dsr.core.progress import Silent
from dsr.core.select import Everything, Predicate
from dsr.core.store import Store
from dsr.core.subject import Subject
from dsr.core.text import Text
from dsr.engine.draft import Scope
from dsr.engine.estate import Estate, survey
from dsr.engine.planner import Planned, Planner
from dsr.stores.memory import MemoryStore

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = "retention.yaml:1"
INT, TEXT, WHEN = FieldType.INTEGER, FieldType.TEXT, FieldType.DATETIME


def text(words: str) -> Text:
    return Text(words, words)


def place(name: str) -> Place:
    store, _, collection = name.partition(".")
    return Place(store, collection)


def ref(name: str) -> FieldRef:
    head, _, field = name.rpartition(".")
    return FieldRef(place(head), (field,))


def duty(period: str, code: Code = Code.TAX, start: From = From.EVENT, when: Predicate = Everything()) -> Duty:  # noqa: B008
    return Duty(Period.parse(period, start), code, text("a law"), when, None, AT)


def rule(
    name: str,
    most: str | None = None,
    *duties: Duty,
    then: End = End.DELETE,
    on_erasure: End | None = None,
    must_not_exist: bool = False,
) -> Rule:
    limit = Period.parse(most) if most else None
    return Rule(
        name,
        text(name),
        (),
        (),
        None,
        duties,
        limit,
        then,
        then if on_erasure is None else on_erasure,
        must_not_exist,
        AT,
    )


def direct(*fields: str, anchor: str = "user", owner: Owner = Owner.SUBJECT, none: tuple[str, ...] = ()) -> Link:
    return Link(DirectLink(tuple((f,) for f in fields), anchor), owner, frozenset(none), AT)


def via(
    field: str | tuple[str, ...], to: str, keys: str | tuple[str, ...] = "id", owner: Owner = Owner.SUBJECT
) -> Link:
    return Link(via_link(field, to, keys), owner, frozenset(), AT)


def via_link(field: str | tuple[str, ...], to: str, keys: str | tuple[str, ...] = "id") -> ViaLink:
    fields = (field,) if isinstance(field, str) else field
    names = (keys,) if isinstance(keys, str) else keys
    return ViaLink(tuple((f,) for f in fields), place(to), tuple((k,) for k in names))


def through(to: str, keys: str, owner_field: str, *, owner: Owner = Owner.BY_LINKS, field: str = "id") -> Link:
    how = ThroughLink(((field,),), place(to), Everything(), ((keys,),), (owner_field,), "user")
    return Link(how, owner, frozenset(), AT)


def by_email(field: str) -> Link:
    return Link(IdentifierLink("email", tuple(field.split("."))), Owner.SUBJECT, frozenset(), AT)


def start(field: str, clock: Clock = Clock()) -> Start:  # noqa: B008
    return Start((StartField((field,), clock),))


def kept(field: str) -> FieldRule:
    return FieldRule((field,), "reference", None, Export.PLAIN, True, None, AT)


def personal(field: str, own_rule: str | None = None, become: str | None = None) -> FieldRule:
    return FieldRule((field,), "name", own_rule, Export.PLAIN, False, become, AT)


def entry(
    name: str,
    rule_name: str = "",
    *links: Link,
    starts: Start | None = None,
    fields: tuple[FieldRule, ...] = (),
    part_of: ViaLink | None = None,
    refers: tuple[Refers, ...] = (),
    where: Predicate = Everything(),  # noqa: B008
    number: int = 0,
) -> Entry:
    return Entry(place(name), number, where, rule_name, links, starts, fields, part_of, refers, AT)


def policy(
    rules: tuple[Rule, ...],
    entries: tuple[Entry, ...],
    *,
    emails: tuple[str, ...] = ("app.users.email",),
    none: tuple[str, ...] = (),
    stores: tuple[str, ...] = ("app",),
    zone: str = "UTC",
) -> Policy:
    """One anchor `user` at app.users.id, identifiers user_id and email."""
    controller = Controller(text("Example"), "privacy@example.com", "CN", zone, ("en", "zh"), ("gdpr",))
    identifiers = (
        Identifier("user_id", (ref("app.users.id"),), Match.EXACT, AT),
        Identifier("email", tuple(ref(e) for e in emails), Match.EMAIL, AT),
    )
    return Policy(
        controller,
        "sqlite:///state.db",
        tuple(config(name) for name in stores),
        (Anchor("user", ref("app.users.id"), AT),),
        identifiers,
        rules,
        entries,
        tuple(NoPersonalData(place(n), text("none"), AT) for n in none),
        (),
        Guards(None, None),
        Guards(None, None),
        "0" * 64,
        ("retention.yaml",),
    )


def config(name: str = "app", *options: tuple[str, str]) -> StoreConfig:
    return StoreConfig(name, "memory", "memory://", "UTC", options, AT)


def field(name: str, kind: FieldType = INT, *, nullable: bool = True, size: int | None = None) -> Field:
    return Field(name, kind, nullable, size)


def table(
    name: str,
    *fields: Field,
    key: tuple[str, ...] = ("id",),
    references: tuple[Reference, ...] = (),
    uniques: tuple[tuple[str, ...], ...] = (),
) -> Collection:
    return Collection(name, fields, key, references, uniques)


def memory(
    tables: Mapping[Collection, list[Mapping[str, object]]] | list[tuple[Collection, list]], name: str = "app"
) -> MemoryStore:
    store = MemoryStore(config(name, ("references", "enforce")))
    for collection, rows in tables if isinstance(tables, list) else tables.items():
        store.put(collection, rows)
    return store


def person(*ids: str, emails: tuple[str, ...] = (), **more: frozenset[str]) -> Subject:
    identifiers = [("email", frozenset(emails)), ("user_id", frozenset(ids)), *more.items()]
    return Subject("S-00000001", (("user", frozenset(ids)),), tuple(identifiers))


def hold(scope: HoldScope, id_: str = "H-1", kind: HoldKind = HoldKind.MATTER) -> Hold:
    return Hold(id_, "M-1", "chargeback", "bank", scope, "reviewer", NOW, kind=kind)


def estate(made: Policy, stores: Mapping[str, Store]) -> Estate:
    return survey(made, stores)


def plan(
    made: Policy,
    stores: Mapping[str, Store],
    *subjects: Subject,
    holds: tuple[Hold, ...] = (),
    as_of: datetime = NOW,
    rules: frozenset[str] | None = None,
) -> Planned:
    """An erasure of the subjects, or a purge when there are none; with `rules` an objection to these."""
    scope = Scope(subjects or None, rules)
    planner = Planner(survey(made, stores), scope, Holds(1 if holds else 0, holds), as_of)
    return planner.plan("P-1", NOW, Silent())
