"""The `subject:` of an entry: every form in which a record can say whose it is."""

from dataclasses import dataclass

from dsr.core.model import Path
from dsr.core.policy import (
    Anchor,
    DirectLink,
    IdentifierLink,
    KeyLink,
    Link,
    Owner,
    Place,
    ThroughLink,
    ViaLink,
)
from dsr.core.select import Everything
from dsr.engine.policyfile.convert import Form, choice, form, sequence, text
from dsr.engine.policyfile.names import Names, node_path
from dsr.engine.policyfile.nodes import Map, Node, Scalar, Seq
from dsr.engine.policyfile.problems import Problems, Spot, shown
from dsr.engine.policyfile.where import condition, equals

FORMS = {
    "field": ("field", "anchor"),
    "via": ("via", "to"),
    "key": ("key",),
    "through": ("through", "where", "from", "key", "field", "anchor"),
}
COMMON = ("owner", "none")
RESERVED = frozenset({*COMMON, "derive", *(key for keys in FORMS.values() for key in keys), "to"})
"""Words that no identifier may be called: they are keys of `subject:`."""
How = DirectLink | ViaLink | IdentifierLink | KeyLink | ThroughLink


@dataclass(frozen=True, slots=True)
class People:
    """How people are found: the kinds of account and the identifiers."""

    anchors: tuple[Anchor, ...]
    identifiers: frozenset[str]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of account."""
        return tuple(anchor.kind for anchor in self.anchors)

    def on(self, place: Place) -> tuple[Anchor, ...]:
        """The kinds of account whose records lie in a collection."""
        return tuple(anchor for anchor in self.anchors if anchor.ref.place == place)


class Links:
    """Reads the links of entries."""

    def __init__(self, names: Names, people: People) -> None:
        self._names, self.people = names, people
        self._problems: Problems = names.problems

    def read(self, node: Node | None, place: Place, at: Spot) -> tuple[Link, ...]:
        """All links of an entry; on a collection of accounts its own key is one, said or not."""
        own = self.people.on(place)
        if node is None:
            return tuple(_plain(DirectLink(anchor.paths, anchor.kind), at) for anchor in own)
        made = self._union(node, place)
        for anchor in own:
            direct = DirectLink(anchor.paths, anchor.kind)
            if made and all(link.how != direct for link in made):
                field = _written(anchor.paths)
                what = f"{place} holds the accounts of kind {anchor.kind}, so its subject is `{field}`"
                self._problems.add(node.at, f"{what}. Write `subject: {field}`, or put it first in a list of links.")
        return made

    def _union(self, node: Node, place: Place) -> tuple[Link, ...]:
        if not isinstance(node, Seq) or (node.items and all(isinstance(item, Scalar) for item in node.items)):
            one = self._one(node, place)
            return () if one is None else (one,)
        items = sequence(node, "`subject`", self._problems)
        made = []
        for item in items:
            if isinstance(item, Map):
                made.append(self._one(item, place))
            else:
                hint = "Write {field: user_id} in a list of links; a list of names alone is one composite key."
                self._problems.add(item.at, f"`subject` mixes links and names. {hint}")
        return tuple(link for link in made if link is not None)

    def _one(self, node: Node, place: Place) -> Link | None:
        if not isinstance(node, Map):
            how = self._direct(node, None, place)
            return None if how is None else _plain(how, node.at)
        if self._misplaced(node):
            return None
        chosen = next((name for name in ("through", "via", "key", "field") if node.get(name) is not None), None)
        keys = FORMS[chosen] if chosen else self._identifier_key(node)
        if keys is None:
            return None
        parts = form(node, "`subject`", (*keys, *COMMON), self._problems)
        how = self._how(chosen, parts, place)
        owner = choice(parts.get("owner"), parts.label("owner"), Owner, Owner.SUBJECT, self._problems)
        none = self._none(parts, how)
        return None if how is None else Link(how, owner, none, str(node.at))

    def _misplaced(self, node: Map) -> bool:
        """Whether the link has a key that is thought to belong there."""
        derive, kind = node.get("derive"), node.get("as")
        if derive is not None:
            hint = "Declare it: `identifiers: {email_hash: {from: email, derive: [lower, sha256]}}`; link by its name."
            self._problems.add(derive.at, f"`derive` belongs to an identifier, not to a link. {hint}")
        elif kind is not None and len(node.pairs) > 1:
            hint = "A key is the same whether a column holds it as a number or as text. Take it out."
            self._problems.add(kind.at, f"`as` converts nothing in a link. {hint}")
        else:
            return False
        return True

    def _how(self, chosen: str | None, parts: Form, place: Place) -> How | None:
        match chosen:
            case "field":
                return self._direct(parts.get("field"), parts.get("anchor"), place)
            case "via":
                return self._via(parts)
            case "key":
                return self._key(parts.get("key"))
            case "through":
                return self._through(parts, place)
            case _:
                return self._identifier(parts)

    def _none(self, parts: Form, how: How | None) -> frozenset[str]:
        node = parts.get("none")
        if node is None:
            return frozenset()
        if isinstance(how, KeyLink | ThroughLink):
            what = "`none` says nothing for this form of link: no field of the record itself names the person"
            self._problems.add(node.at, f"{what}. Take it out.")
        return equals(sequence(node, parts.label("none"), self._problems), parts.label("none"), self._problems)

    def _direct(self, node: Node | None, anchor: Node | None, place: Place) -> How | None:
        fields = paths(node, "`subject`", self._problems)
        if node is None or not fields:
            return None
        kind = self._kind(anchor, fields, place, node.at)
        if kind is None:
            return None
        if len(fields) == len(kind.paths):
            return DirectLink(fields, kind.kind)
        if kind.ref.place == place or kind.more:
            what = f"an account of kind {kind.kind} is named by {len(kind.paths)} field(s), here by {len(fields)}"
            self._problems.add(node.at, f"{what}. Write `subject: {_written(kind.paths)}`, with this record's names.")
        return ViaLink(fields, kind.ref.place, ())  # a composite key names the account's record by its primary key

    def _kind(self, node: Node | None, fields: tuple[Path, ...], place: Place, at: Spot) -> Anchor | None:
        known = {anchor.kind: anchor for anchor in self.people.anchors}
        if node is not None:
            made = text(node, "`anchor`", self._problems)
            if made and made not in known:
                self._problems.add(node.at, f"there is no anchor {shown(made)}; {self._problems.unknown(made, known)}")
            return known.get(made)
        own = [one for one in self.people.on(place) if one.paths == fields]
        if own or len(known) == 1:
            return own[0] if own else next(iter(known.values()))
        if known:
            hint = f"Write {{field: …, anchor: {next(iter(known))}}}; {self._problems.unknown('', known)}"
            self._problems.add(at, f"`subject` does not say which kind of account it names. {hint}")
        else:
            hint = "Add one under `subject: anchors:`, or link by an identifier: {email: …}."
            self._problems.add(at, f"`subject` names an account, but there is no anchor. {hint}")
        return None

    def _via(self, parts: Form) -> ViaLink | None:
        fields = paths(parts.get("via"), parts.label("via"), self._problems)
        target = keys_of(parts.need("to"), parts.label("to"), self._names)
        if not fields or target is None:
            return None
        to, keys = target
        same_number(fields, keys, parts, self._problems)
        return ViaLink(fields, to, keys)

    def _identifier_key(self, node: Map) -> tuple[str, ...] | None:
        found = [pair for pair in node.pairs if pair.name not in COMMON]
        known = (*FORMS, *sorted(self.people.identifiers))
        if len(found) == 1 and found[0].name in self.people.identifiers:
            return (found[0].name,)
        if len(found) == 1 and found[0].name in self.people.kinds:
            name = found[0].name
            hint = f"Write {{field: …, anchor: {name}}}."
            self._problems.add(found[0].key.at, f"{shown(name)} is an anchor, not an identifier. {hint}")
        elif found:
            name = found[0].name
            what = f"`subject` has no form {shown(name)}; {self._problems.unknown(name, known)}"
            self._problems.add(found[0].key.at, f"{what} Identifiers are declared under `subject: identifiers:`.")
        else:
            self._problems.add(node.at, "`subject` says no way to the person. Write {field: …}, {via: …, to: …} …")
        return None

    def _identifier(self, parts: Form) -> IdentifierLink | None:
        pair = next(pair for pair in parts.pairs if pair.name not in COMMON)
        made = text(pair.value, parts.label(pair.name), self._problems)
        field = node_path(pair.value, made, parts.label(pair.name), self._problems)
        return IdentifierLink(pair.name, field) if field else None

    def _key(self, node: Node | None) -> KeyLink | None:
        made = text(node, "`key`", self._problems)
        if not made or node is None:
            return None
        before, opened, rest = made.partition("{")
        name, closed, after = rest.partition("}")
        if not opened or not closed or set("{}") & set(before + name + after):
            hint = 'Write one in braces: "media/{user_id}/".'
            self._problems.add(node.at, f"`key` {shown(made)} does not hold exactly one name. {hint}")
            return None
        known = (*sorted(self.people.identifiers), *self.people.kinds)
        if name not in known:
            self._problems.add(
                node.at, f"`key` names {shown(name)}, which is no identifier; {self._problems.unknown(name, known)}"
            )
            return None
        if any(anchor.kind == name and anchor.more for anchor in self.people.anchors):
            self._problems.add(node.at, f"`key` names {shown(name)}, whose key has several parts. Name an identifier.")
        if after and after[0].isalnum():
            what = f"`key` {shown(made)} does not end the name with a sign, so 1 would also find 10"
            self._problems.add(node.at, f"{what}. Put / or - or . after it.")
        return KeyLink(before, name, after, not after)

    def _through(self, parts: Form, place: Place) -> ThroughLink | None:
        label, problems = parts.label, self._problems
        source = parts.get("through")
        name = text(source, label("through"), problems)
        through = self._names.place(name, label("through"), source.at) if name and source else None
        keys = paths(parts.need("from"), label("from"), problems)
        fields = paths(parts.get("key"), label("key"), problems) if parts.has("key") else (("id",),)
        owner = parts.need("field")
        owned = node_path(owner, text(owner, label("field"), problems), label("field"), problems)
        kind = self._kind(parts.get("anchor"), ((),), place, parts.at)
        if kind is not None and kind.more:
            hint = "Link the record by an identifier, or by fields of its own."
            problems.add(parts.at, f"`through` leads to accounts of several fields, and reads one. {hint}")
        where = parts.get("where")
        chosen = Everything() if where is None else condition(where, label("where"), problems)
        if through is not None and through.store != place.store:
            hint = "Link through a collection of the same store, or with {via: …, to: …}."
            problems.add(parts.at, f"`through` leads from {place} into another store. {hint}")
        if through is None or not keys or not fields or not owned or kind is None:
            return None
        same_number(fields, keys, parts, problems)
        if len(fields) > 1:
            problems.add(parts.at, "`through` links by one field only. Name the field of the record that is its key.")
        return ThroughLink(fields, through, chosen, keys, owned, kind.kind)


def paths(node: Node | None, what: str, problems: Problems) -> tuple[Path, ...]:
    """One field, or the list of them that makes a composite key."""
    if node is None:
        return ()
    if isinstance(node, Map):
        problems.add(node.at, f"{what} is a mapping where a field belongs. Write its name.")
        return ()
    items = sequence(node, what, problems) if isinstance(node, Seq) else (node,)
    made = tuple(node_path(item, text(item, what, problems), what, problems) for item in items)
    if len(set(made)) < len(made):
        problems.add(node.at, f"{what} names a field twice. Keep one of them.")
    return () if () in made else made


def keys_of(
    node: Node | None, what: str, names: Names, *, personal: bool = True
) -> tuple[Place, tuple[Path, ...]] | None:
    """The fields of another collection, all of the same one, that a link points to."""
    if node is None:
        return None
    items = sequence(node, what, names.problems) if isinstance(node, Seq) else (node,)
    refs = []
    for item in items:
        name = text(item, what, names.problems)
        refs.append(names.ref(name, what, item.at, personal=personal) if name else None)
    found = [ref for ref in refs if ref is not None]
    if not found or len(found) < len(refs):
        return None
    if any(ref.place != found[0].place for ref in found):
        names.problems.add(node.at, f"{what} names fields of several collections. Name fields of one.")
        return None
    return found[0].place, tuple(ref.path for ref in found)


def same_number(fields: tuple[Path, ...], keys: tuple[Path, ...], parts: Form, problems: Problems) -> None:
    """Note a link whose two sides differ in their number of fields."""
    if len(fields) != len(keys):
        what = f"{parts.what} links {len(fields)} field(s) to {len(keys)}"
        problems.add(parts.at, f"{what}. Name as many on both sides, in the same order.")


def _written(fields: tuple[Path, ...]) -> str:
    names = [".".join(path) for path in fields]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _plain(how: How, at: Spot) -> Link:
    return Link(how, Owner.SUBJECT, frozenset(), str(at))
