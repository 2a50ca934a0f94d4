"""The `data:` section: what is declared of every collection."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dsr.core.policy import Entry, Export, FieldRule, Link, NoPersonalData, Place, Refers, ViaLink
from dsr.core.select import Everything, Predicate, either, negate
from dsr.engine.policyfile.convert import DOTTED, Form, choice, form, mapping, sequence, text, truth, word, words
from dsr.engine.policyfile.disjoint import disjoint, shape
from dsr.engine.policyfile.links import Links, People, paths, same_number
from dsr.engine.policyfile.names import Names, path
from dsr.engine.policyfile.nodes import Map, Node, Pair, Seq
from dsr.engine.policyfile.problems import Problems, Spot, shown
from dsr.engine.policyfile.starts import Starts
from dsr.engine.policyfile.where import condition

KEYS = ("where", "else", "rule", "subject", "start", "fields", "part_of", "via", "refers")
_MOST_ENTRIES = 200
FIELD_KEYS = ("category", "rule", "export", "keep", "become")


@dataclass(frozen=True, slots=True)
class Declared:
    """The collections of the file: their keys of `data:` resolved, in order."""

    entries: tuple[tuple[Place, Pair], ...]
    none: tuple[NoPersonalData, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before its start is read: starts may lean on the links of others."""

    entry: Entry
    parts: Form
    rest: bool  # `else: true`


def declare(pairs: Iterable[Pair], names: Names) -> Declared:
    """Which collections there are, before anything refers to them."""
    entries: list[tuple[Place, Pair]] = []
    none: list[NoPersonalData] = []
    for section in pairs:
        for pair in mapping(section.value, "`data:`", names.problems):
            place = names.declare(pair.name, pair.key.at)
            if place is None:
                continue
            if isinstance(pair.value, Map) and pair.value.get("no_personal_data") is not None:
                none.append(_without(place, pair, names))
            else:
                entries.append((place, pair))
    return Declared(tuple(entries), tuple(none))


def entries(declared: Declared, people: People, names: Names) -> tuple[Entry, ...]:
    """All entries, checked against one another."""
    links = Links(names, people)
    drafts = [draft for place, pair in declared.entries for draft in _drafts(place, pair, links, names)]
    by_place: dict[Place, list[Draft]] = defaultdict(list)
    for draft in drafts:
        by_place[draft.entry.place].append(draft)
    starts = Starts(names, {place: [one.entry.links for one in some] for place, some in by_place.items()})
    for draft in drafts:
        starts.note(draft.parts.get("start"), draft.entry.place)
    made: list[Entry] = []
    for place, some in by_place.items():
        _no_overlap(some, names.problems)
        others = either(*(one.entry.where for one in some if not one.rest))
        for one in some:
            node = one.parts.get("start") if one.entry.part_of is None else None
            start = starts.read(node, place, one.entry.links)
            made.append(replace(one.entry, start=start, where=negate(others) if one.rest else one.entry.where))
    _rooted(drafts, names.problems)
    return tuple(made)


def _without(place: Place, pair: Pair, names: Names) -> NoPersonalData:
    names.without.add(place)
    parts = form(pair.value, str(place), ("no_personal_data",), names.problems, pair.key.at)
    reason = words(parts.get("no_personal_data"), parts.label("no_personal_data"), names.problems)
    return NoPersonalData(place, reason, str(pair.key.at))


def _drafts(place: Place, pair: Pair, links: Links, names: Names) -> Iterator[Draft]:
    if not isinstance(pair.value, Seq):
        yield _draft(place, 0, pair.value, pair.key.at, links, names)
        return
    for number, node in enumerate(sequence(pair.value, str(place), names.problems)):
        yield _draft(place, number, node, node.at, links, names)


def _draft(place: Place, number: int, node: Node, at: Spot, links: Links, names: Names) -> Draft:
    if isinstance(node, Map) and node.get("no_personal_data") is not None:
        hint = "Let it stand alone, for the whole collection, or give the fields `category: none`."
        names.problems.add(at, f"{place}: `no_personal_data` stands among entries. {hint}")
        node = Map(tuple(pair for pair in node.pairs if pair.name != "no_personal_data"), node.at)
    parts = form(node, str(place), KEYS, names.problems, at)
    where, rest = _where(parts)
    part_of = _part_of(parts, place, names) if parts.has("part_of") else None
    if parts.has("part_of") and links.people.on(place):
        names.problems.add(at, f"{place} holds accounts, so it is `part_of` nothing. Write its `rule:` instead.")
    rule = ""
    found: tuple[Link, ...] = ()
    if not parts.has("part_of"):
        rule = _rule(parts.need("rule") if isinstance(node, Map) else None, parts.label("rule"), names)
        found = links.read(parts.get("subject"), place, at)
        if parts.has("via"):
            names.problems.add(at, f"{place}: `via` stands without `part_of`. Write `subject: {{via: …, to: …}}`.")
    fields, refers = _fields(parts, names), _refers(parts, names)
    entry = Entry(place, number, where, rule, found, None, fields, part_of, refers, str(at))
    return Draft(entry, parts, rest)


def _where(parts: Form) -> tuple[Predicate, bool]:
    node, rest = parts.get("where"), parts.get("else")
    if rest is None:
        return (Everything() if node is None else condition(node, parts.label("where"), parts.problems)), False
    if not truth(rest, parts.label("else"), parts.problems, default=True):
        parts.problems.add(rest.at, f"{parts.label('else')} is only ever true. Write `else: true`, or take it out.")
    if node is not None:
        parts.problems.add(node.at, f"{parts.what} has both `where` and `else`. Keep one of them.")
    return Everything(), True


def _rule(node: Node | None, what: str, names: Names) -> str:
    made = text(node, what, names.problems)
    if node is not None:
        names.known_rule(made, what, node.at)
    return made


def _part_of(parts: Form, place: Place, names: Names) -> ViaLink | None:
    problems = names.problems
    for key in ("rule", "subject", "start"):
        node = parts.get(key)
        if node is not None:
            problems.add(node.at, f"{place}: `{key}` is the parent's, since it is `part_of` one. Take one of them out.")
    node, via = parts.get("part_of"), parts.get("via")
    name = text(node, parts.label("part_of"), problems)
    to = names.place(name, parts.label("part_of"), node.at) if name and node is not None else None
    fields: tuple[tuple[str, ...], ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    if isinstance(via, Map):
        inner = form(via, parts.label("via"), ("fields", "keys"), problems)
        fields = paths(inner.need("fields"), inner.label("fields"), problems)
        keys = paths(inner.get("keys"), inner.label("keys"), problems)
        if keys:
            same_number(fields, keys, inner, problems)
    elif via is not None:
        fields = paths(via, parts.label("via"), problems)
    if to is not None and to.store != place.store and via is None:
        what = f"{place} is `part_of` {to} in another store, where no foreign key says how"
        problems.add(parts.at, f"{what}. Add `via: {{fields: [order_id], keys: [id]}}`.")
    return None if to is None else ViaLink(fields, to, keys)


def _fields(parts: Form, names: Names) -> tuple[FieldRule, ...]:
    node = parts.get("fields")
    if node is None:
        return ()
    made: dict[tuple[str, ...], FieldRule] = {}
    for pair in mapping(node, parts.label("fields"), names.problems):
        what = f"{parts.what}: field {shown(pair.name)}"
        field = path(pair.name, what, pair.key.at, names.problems)
        if field and field in made:
            names.problems.add(pair.key.at, f"{what} stands twice, first at {made[field].at}. Keep one of them.")
        elif field:
            made[field] = _field(field, pair, what, names)
    return tuple(made.values())


def _field(field: tuple[str, ...], pair: Pair, what: str, names: Names) -> FieldRule:
    problems = names.problems
    if not isinstance(pair.value, Map):
        category = word(pair.value, f"{what}: category", problems, DOTTED)
        return FieldRule(field, category, None, Export.PLAIN, False, None, str(pair.key.at))
    parts = form(pair.value, what, FIELD_KEYS, problems, pair.key.at)
    rule = _rule(parts.get("rule"), parts.label("rule"), names) if parts.has("rule") else None
    keep = truth(parts.get("keep"), parts.label("keep"), problems)
    become = parts.get("become")
    if keep and become is not None:
        problems.add(become.at, f"{what} is both kept and rewritten. Keep `keep` or `become`.")
    return FieldRule(
        field,
        word(parts.need("category"), parts.label("category"), problems, DOTTED),
        rule,
        choice(parts.get("export"), parts.label("export"), Export, Export.PLAIN, problems),
        keep,
        _become(become, parts.label("become"), problems),
        str(pair.key.at),
    )


def _become(node: Node | None, what: str, problems: Problems) -> str | None:
    if node is None or isinstance(node, Map | Seq) or node.null:
        if node is not None:
            problems.add(node.at, f"{what} is not a text. Write one, '' for none, or take it out for NULL.")
        return None
    return node.text


def _refers(parts: Form, names: Names) -> tuple[Refers, ...]:
    node = parts.get("refers")
    if node is None:
        return ()
    made = []
    for pair in mapping(node, parts.label("refers"), names.problems):
        what = f"{parts.label('refers')} {shown(pair.name)}"
        field = path(pair.name, what, pair.key.at, names.problems)
        inner = form(pair.value, what, ("to", "on_erasure"), names.problems, pair.key.at)
        target, end = inner.need("to"), inner.get("on_erasure")
        name = text(target, inner.label("to"), names.problems)
        ref = names.ref(name, inner.label("to"), target.at) if name and target is not None else None
        if end is not None and text(end, inner.label("on_erasure"), names.problems) not in ("", "empty"):
            names.problems.add(end.at, f"{inner.label('on_erasure')} is only ever empty. Write `on_erasure: empty`.")
        if field and ref is not None:
            made.append(Refers(field, ref, str(pair.key.at)))
    return tuple(made)


def _no_overlap(drafts: list[Draft], problems: Problems) -> None:
    """Two entries for one record would give it two fates."""
    rest = [draft for draft in drafts if draft.rest]
    for draft in rest[1:]:
        problems.add(draft.parts.at, f"{draft.entry.place} has `else: true` twice, first at {rest[0].entry.at}.")
    plain = [draft for draft in drafts if not draft.rest]
    if len(plain) > _MOST_ENTRIES:
        what = f"{plain[0].entry.place} has more than {_MOST_ENTRIES} entries"
        problems.add(plain[0].parts.at, f"{what}. Put those with one fate together: {{where: {{type: [a, b]}}}}.")
        return
    shapes = [shape(draft.entry.where) for draft in plain]
    for number, later in enumerate(plain):
        for earlier, known in zip(plain[:number], shapes, strict=False):
            if not disjoint(known, shapes[number]):
                what = f"{later.entry.place}: this entry may match the same records as the one at {earlier.entry.at}"
                hint = "Give one field different values in the `where` of both, or make this one `else: true`."
                problems.add(later.parts.at, f"{what}. {hint}")
                break


def _rooted(drafts: list[Draft], problems: Problems) -> None:
    """A part needs a whole: following `part_of` must end at an entry with a rule."""
    parts = [(draft, via.to) for draft in drafts if (via := draft.entry.part_of) is not None]
    below: dict[Place, list[Place]] = defaultdict(list)
    for draft, to in parts:
        below[to].append(draft.entry.place)
    todo = [draft.entry.place for draft in drafts if not draft.parts.has("part_of")]
    wholes: set[Place] = set()
    while todo:
        place = todo.pop()
        if place not in wholes:
            wholes.add(place)
            todo += below[place]
    for draft, to in parts:
        if to not in wholes and draft.entry.place not in wholes:
            what = f"{draft.entry.place} is `part_of` {to}, which leads round in a circle and never to a rule"
            problems.add(draft.parts.at, f"{what}. Give one of them `rule:` instead.")
