"""Drafts a `retention.yaml` for an estate nobody has mapped yet: keys, links and fields from the live schema.

Whatever is a guess carries `# confirm`. The draft loads, keeps everything until somebody asks, and deletes nothing by
the calendar: a wrong guess must not cost data.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsr.core.model import Collection, FieldType, Reference
from dsr.core.policy import Place
from dsr.engine.detect.assess import Assessed, Looked
from dsr.engine.detect.columns import Judged, Verdict
from dsr.engine.detect.included import Keys
from dsr.engine.detect.kinds import kinds

_PERSON = re.compile(r"(^|[._])(users?|accounts?|customers?|members?|people|persons?|profiles?)$", re.IGNORECASE)
_SHOWN = (FieldType.TEXT, FieldType.JSON, FieldType.BINARY, FieldType.UNKNOWN)
_IDENTIFIERS = ("email", "phone")
_PLAIN = re.compile("[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*")
_DOTTED = re.compile(rf"{_PLAIN.pattern}(?:\.{_PLAIN.pattern})*")


@dataclass(frozen=True, slots=True)
class Found:
    """One store to map: how it is opened, and what it holds."""

    name: str
    kind: str
    url: str
    collections: tuple[Collection, ...]
    looked: tuple[Looked, ...] = ()

    def judged(self, collection: Collection) -> Mapping[str, Judged]:
        """What discovery says of each field of a collection; of a field with an inside, the surest part."""
        made: dict[str, Judged] = {}
        for one in self._columns(collection):
            known = made.get(one.path[0])
            if known is None or (one.judged.personal, one.judged.confidence) > (known.personal, known.confidence):
                made[one.path[0]] = one.judged
        return made

    def holding(self, collection: Collection, name: str) -> tuple[tuple[str, ...], ...]:
        """The fields, also inside JSON, that are judged to be nothing but such identifiers."""
        return tuple(
            one.path
            for one in self._columns(collection)
            if one.judged.verdict is Verdict.IS and kinds()[one.judged.kind].category == f"contact.{name}"
        )

    def leads(self, collection: Collection, people: str) -> str | None:
        """The field whose values are keys of these people, though no foreign key says so."""
        linked = ((one.path, one.link) for one in self._columns(collection) if one.link and len(one.path) == 1)
        return next((path[0] for path, link in linked if (link.how, link.to) == ("values", people)), None)

    def _columns(self, collection: Collection) -> Iterator[Assessed]:
        return (one for looked in self.looked if looked.place.collection == collection.name for one in looked.columns)


@dataclass(frozen=True, slots=True)
class Drafted:
    """The text of the file, and how many places in it somebody must confirm."""

    text: str
    guesses: int


@dataclass(frozen=True, slots=True)
class _People:
    """The table of people, and which of its fields hold which identifiers."""

    store: Found
    table: Collection
    identifiers: Mapping[str, tuple[str, ...]]


def anchored(stores: tuple[Found, ...]) -> Keys | None:
    """The keys of the table of people."""
    anchor = _anchor(stores)
    if anchor is None:
        return None
    store, people = anchor
    return Keys(Place(store.name, people.name), people.key[0], people.type_of((people.key[0],)))


def draft(stores: tuple[Found, ...], *, timezone: str = "UTC", country: str = "CN") -> Drafted:
    """A policy file for these stores."""
    anchor = _anchor(stores)
    people = _People(*anchor, _identified(*anchor)) if anchor is not None else None
    lines = [*_head(stores, timezone, country), *_subject(people), *_RULES, "", "data:"]
    for store in stores:
        for collection in reversed(store.collections):  # parents stand before what is part of them
            lines.extend(_entry(store, collection, people))
    text = "\n".join(lines) + "\n"
    return Drafted(text, text.count("# confirm"))


_RULES = (
    "rules:",
    "  everything:                       # confirm: split into one rule per purpose, with periods and laws",
    "    title: {en: Customer records, zh: 客户资料}",
    "    purposes: [provide_service]",
    "    basis: {gdpr: contract, pipl: contract}",
    "    starts: {en: the record is made, zh: 记录产生}",
    "    then: delete",
)


def _head(stores: tuple[Found, ...], timezone: str, country: str) -> Iterator[str]:
    yield "# Drafted from the live stores. Lawyers own `rules`, engineers own `data`; every guess says `# confirm`."
    yield "version: 1"
    yield "controller:"
    yield "  name: {en: Your Company, zh: 贵公司}                 # confirm"
    yield "  contact: privacy@example.com                       # confirm"
    yield f"  country: {country}                                        # confirm"
    yield f"  timezone: {timezone}                                # confirm"
    yield "  languages: [en, zh]"
    yield "  regimes: [gdpr, pipl]                              # confirm"
    yield "stores:"
    for store in stores:
        yield f"  {store.name}: {{kind: {store.kind}, url: {_quoted(store.url)}}}"


def _subject(people: _People | None) -> Iterator[str]:
    yield "subject:"
    if people is None:
        yield "  anchors: {}                       # confirm: no table of people was recognised"
        yield "  identifiers: {}"
        return
    key = _quoted(_name(people.store.name, people.table.name, people.table.key[0]))
    yield f"  anchors: {{user: {key}}}     # confirm"
    yield "  identifiers:"
    yield f"    user_id: {{at: [{key}]}}"
    for name, fields in people.identifiers.items():
        places = ", ".join(_quoted(_name(people.store.name, people.table.name, field)) for field in fields)
        yield f"    {name}: {{at: [{places}], match: {name}}}     # confirm"


def _identified(store: Found, table: Collection) -> Mapping[str, tuple[str, ...]]:
    """The fields of the table of people that name a person elsewhere too: e-mail addresses and telephone numbers."""
    found = {name: tuple(path[0] for path in store.holding(table, name) if len(path) == 1) for name in _IDENTIFIERS}
    return {name: fields for name, fields in found.items() if fields}


def _anchor(stores: tuple[Found, ...]) -> tuple[Found, Collection] | None:
    """The table of people: the right sort of name and a simple key, the most referred to first."""
    candidates = [
        (sum(r.collection == c.name for o in store.collections for r in o.references), store, c)
        for store in stores
        for c in store.collections
        if len(c.key) == 1 and c.key != ("key",) and _PERSON.search(c.name)
    ]
    best = max(candidates, key=lambda one: (one[0], one[2].name), default=None)
    return (best[1], best[2]) if best else None


def _entry(store: Found, collection: Collection, people: _People | None) -> Iterator[str]:
    yield f"  {_quoted(_name(store.name, collection.name))}:"
    link, parent = _link(store, collection, people)
    if parent is not None:
        yield f"    part_of: {_quoted(_name(store.name, parent.collection))}"
        if len(parent.fields) > 1 or _several(collection, parent):
            yield f"    via: {{fields: {_list(parent.fields)}, keys: {_list(parent.keys)}}}"
    else:
        yield "    rule: everything"
        if link:
            yield f"    subject: {link}"
    fields = list(_fields(collection, store.judged(collection)))
    if fields:
        yield "    fields:"
        yield from fields
    if link is None and parent is None:
        yield "    # confirm: nobody is linked to it; say whose it is, or `no_personal_data:` and why"


def _link(store: Found, collection: Collection, known: _People | None) -> tuple[str | None, Reference | None]:
    """The link to the person, or the reference to the parent whose part this is."""
    if known is None:
        return None, None
    home, people = known.store.name, known.table
    if store.name == home and collection.name == people.name:
        return _quoted(_name(people.key[0])), None
    if store.name == home:
        own = [r for r in collection.references if r.collection == people.name and r.keys == people.key]
        if own:
            return f"{_quoted(_name(own[0].fields[0]))}     # confirm", None
        others = [r for r in collection.references if r.collection != collection.name]
        if others:
            return None, others[0]
    named = next(
        (f.name for f in collection.fields if f.name.lower() in ("user_id", "account_id", "customer_id")), None
    )
    link = named or store.leads(collection, f"{home}.{people.name}.{people.key[0]}")
    if link:
        return f"{_quoted(_name(link))}     # confirm", None
    return _by_identifier(store, collection, known), None


def _by_identifier(store: Found, collection: Collection, known: _People) -> str | None:
    """The link by the first address or number that stands in the record."""
    found = ((name, path) for name in known.identifiers for path in store.holding(collection, name))
    return next((f"{{{name}: {_quoted(_name(*path))}}}     # confirm" for name, path in found), None)


def _several(collection: Collection, parent: Reference) -> bool:
    return sum(r.collection == parent.collection for r in collection.references) > 1


def _fields(collection: Collection, judged: Mapping[str, Judged]) -> Iterator[str]:
    linking = set(collection.key) | {name for r in collection.references for name in r.fields}
    for field in collection.fields:
        guess = judged.get(field.name)
        personal = guess is not None and guess.personal and not kinds()[guess.kind].linked
        if field.name in linking or (field.type not in _SHOWN and not personal):
            continue
        category = kinds()[guess.kind].category if guess is not None and personal else "none"
        said = "{category: credential, export: secret}" if category == "credential" else category
        yield f"      {_quoted(_name(field.name))}: {said}     # confirm"


def _name(*parts: str) -> str:
    """A dotted name; parts that are not plain words stand in quotes. The collection may hold a schema."""
    return ".".join(part if _PLAIN.fullmatch(part) else _inner(part) for part in parts)


def _inner(part: str) -> str:
    pieces = part.split(".")
    return part if all(_PLAIN.fullmatch(piece) for piece in pieces) else '"' + part.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    if _DOTTED.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _list(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(_quoted(_name(name)) for name in names) + "]"


_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
