"""The sections about the company and its estate: controller, stores, subject, recipients, guards."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dsr.core.matching import Derive, Match
from dsr.core.policy import Anchor, Controller, FieldRef, Guards, Identifier, Recipient, StoreConfig
from dsr.core.text import Text
from dsr.engine.policyfile.convert import (
    DOTTED,
    LANGUAGE,
    NAME,
    Form,
    check_word,
    choice,
    country,
    form,
    mapping,
    number,
    period,
    sequence,
    text,
    word,
    word_list,
    words,
    zone,
)
from dsr.engine.policyfile.envvars import expanded
from dsr.engine.policyfile.links import RESERVED, People, keys_of
from dsr.engine.policyfile.names import Names
from dsr.engine.policyfile.nodes import Map, Node, Pair, Seq
from dsr.engine.policyfile.problems import Problems, Spot, shown

LANGUAGES = ("en", "zh")
ROLES = ("processor", "controller", "merchant_of_record")
DEFAULT_STATE = "sqlite:///.dsr/state.db"
_PURGE_PERCENT = 20.0


def together(pairs: Iterable[Pair], what: str, problems: Problems) -> tuple[Pair, ...]:
    """The keys of a section that may stand in several files; a key that stands in two is a problem."""
    found: dict[str, Pair] = {}
    for section in pairs:
        for pair in mapping(section.value, f"`{section.name}:`", problems):
            if pair.name in found:
                first = found[pair.name].key.at
                named = f"{what} {shown(pair.name)}"
                problems.add(pair.key.at, f"{named} stands twice, first at {first}. Keep one of them.")
            found.setdefault(pair.name, pair)
    return tuple(found.values())


def once(pairs: list[Pair], what: str, problems: Problems) -> Pair | None:
    """A section that may stand in one file only."""
    for pair in pairs[1:]:
        problems.add(pair.key.at, f"{what} stands twice, first at {pairs[0].key.at}. Keep one of them.")
    return pairs[0] if pairs else None


def controller(section: Pair | None, problems: Problems) -> Controller:
    """The company that decides."""
    if section is None:
        return Controller(Text("", ""), "", "", "UTC", LANGUAGES, ())
    known = ("name", "contact", "country", "timezone", "languages", "regimes")
    parts = form(section.value, "controller", known, problems, section.key.at)
    return Controller(
        words(parts.need("name"), parts.label("name"), problems),
        text(parts.need("contact"), parts.label("contact"), problems),
        country(parts.need("country"), parts.label("country"), problems),
        zone(parts.need("timezone"), parts.label("timezone"), "UTC", problems),
        _languages(parts, problems),
        word_list(parts.get("regimes"), parts.label("regimes"), problems),
    )


def stores(
    pairs: Iterable[Pair], default_zone: str, env: Mapping[str, str], problems: Problems
) -> tuple[StoreConfig, ...]:
    """Where the stores are. Keys beside kind, url and zone are the kind's own options."""
    return tuple(_store(pair, default_zone, env, problems) for pair in together(pairs, "store", problems))


def anchors(pairs: Iterable[Pair], names: Names) -> tuple[Anchor, ...]:
    """The fields whose values are accounts, by kind."""
    made = []
    for pair in together(pairs, "anchor", names.problems):
        what = f"anchor {shown(pair.name)}"
        check_word(pair.name, "anchor", pair.key.at, names.problems)
        _not_reserved(pair, "anchor", names.problems)
        found = keys_of(pair.value, what, names)
        if found is not None:
            place, (first, *more) = found
            made.append(Anchor(pair.name, FieldRef(place, first), str(pair.key.at), tuple(more)))
    return tuple(made)


def identifiers(pairs: Iterable[Pair], kinds: tuple[str, ...], names: Names) -> tuple[Identifier, ...]:
    """The values by which people are found."""
    made = []
    for pair in together(pairs, "identifier", names.problems):
        check_word(pair.name, "identifier", pair.key.at, names.problems)
        _not_reserved(pair, "identifier", names.problems)
        if pair.name in kinds:
            what = f"identifier {shown(pair.name)} has the name of an anchor"
            names.problems.add(pair.key.at, f"{what}. Give one of them another name, such as {pair.name}_id.")
        known = ("at", "match", "from", "derive")
        parts = form(pair.value, f"identifier {shown(pair.name)}", known, names.problems, pair.key.at)
        match = choice(parts.get("match"), parts.label("match"), Match, Match.EXACT, names.problems)
        source, steps = _derived(parts)
        node = parts.get("at") if source else parts.need("at")
        items = sequence(node, parts.label("at"), names.problems) if node is not None else ()
        texts = ((text(item, parts.label("at"), names.problems), item.at) for item in items)
        refs = [names.ref(name, parts.label("at"), at) for name, at in texts if name]
        found = tuple(dict.fromkeys(ref for ref in refs if ref is not None))
        made.append(Identifier(pair.name, found, match, str(pair.key.at), source, steps))
    _sources(made, pairs, names.problems)
    return tuple(made)


def _derived(parts: Form) -> tuple[str | None, tuple[Derive, ...]]:
    """From which identifier the values are made, and how."""
    source, node = parts.get("from"), parts.get("derive")
    if source is None and node is None:
        return None, ()
    named = text(parts.need("from"), parts.label("from"), parts.problems) or None
    wanted = parts.need("derive")
    items = sequence(wanted, parts.label("derive"), parts.problems) if isinstance(wanted, Seq) else (wanted,)
    steps = [choice(one, parts.label("derive"), Derive, Derive.LOWER, parts.problems) for one in items if one]
    return named, tuple(steps)


def _sources(made: list[Identifier], pairs: Iterable[Pair], problems: Problems) -> None:
    """Derived identifiers are made from ones that are held somewhere."""
    held = [one.name for one in made if one.source is None]
    spots = {pair.name: pair.key.at for section in pairs for pair in mapping(section.value, "", problems)}
    for one in made:
        if one.source is not None and one.source not in held:
            what = (
                f"identifier {shown(one.name)} is derived from {shown(one.source)}, which is no identifier with `at:`"
            )
            problems.add(spots[one.name], f"{what}; {problems.unknown(one.source, held)}")


def people(pairs: list[Pair], names: Names) -> tuple[People, tuple[Identifier, ...]]:
    """The `subject` section."""
    inner: dict[str, list[Pair]] = {"anchors": [], "identifiers": []}
    for section in pairs:
        for pair in form(section.value, "`subject:`", tuple(inner), names.problems).pairs:
            inner.get(pair.name, []).append(pair)
    found = anchors(inner["anchors"], names)
    kinds = tuple(anchor.kind for anchor in found)
    named = identifiers(inner["identifiers"], kinds, names)
    if pairs and not inner["anchors"] and not inner["identifiers"]:
        names.problems.add(pairs[0].key.at, "`subject:` says no way to find a person. Add `anchors:`, `identifiers:`.")
    return People(found, frozenset(one.name for one in named)), named


def recipients(pairs: Iterable[Pair], problems: Problems) -> tuple[Recipient, ...]:
    """The other parties, as a list with names or as a mapping of names."""
    made: list[tuple[Recipient, Spot]] = []
    for section in pairs:
        if isinstance(section.value, Seq):
            made += [(_recipient(item, None, item.at, problems), item.at) for item in section.value.items]
        else:
            for pair in mapping(section.value, "`recipients:`", problems):
                made.append((_recipient(pair.value, pair.name, pair.key.at, problems), pair.key.at))
    seen: dict[str, Spot] = {}
    for one, at in made:
        if one.name in seen:
            problems.add(at, f"recipient {shown(one.name)} stands twice, first at {seen[one.name]}. Keep one of them.")
        seen.setdefault(one.name, at)
    return tuple(one for one, _ in made)


def guards(pairs: Iterable[Pair], problems: Problems) -> tuple[Guards, Guards]:
    """The limits of a purge and of a request, per collection."""
    found = {pair.name: pair for pair in together(pairs, "guard", problems)}
    for name, pair in found.items():
        if name not in ("purge", "request"):
            problems.add(
                pair.key.at, f"there are no guards {shown(name)}; {problems.unknown(name, ('purge', 'request'))}"
            )
    purge, request = (found[name].value if name in found else None for name in ("purge", "request"))
    return _guards(purge, "purge", _PURGE_PERCENT, problems), _guards(request, "request", None, problems)


def version(pairs: list[Pair], problems: Problems) -> None:
    """Every file that says its version says 1."""
    for pair in pairs:
        made = text(pair.value, "`version`", problems)
        if made and made != "1":
            problems.add(pair.value.at, f"version {shown(made)} is not known here. Write 1, or install a newer dsr.")


def _languages(parts: Form, problems: Problems) -> tuple[str, ...]:
    node = parts.get("languages")
    if node is None:
        return LANGUAGES
    made = word_list(node, parts.label("languages"), problems)
    for one in made:
        if LANGUAGE.fullmatch(one) is None:
            what = f"{parts.label('languages')} {shown(one)} is not a language"
            problems.add(node.at, f"{what}. Write its code of two letters (ISO 639), such as en.")
    if isinstance(node, Seq) and not node.items:
        problems.add(node.at, f"{parts.label('languages')} is empty. Write [en, zh], or one of them.")
    return made


def _store(pair: Pair, default_zone: str, env: Mapping[str, str], problems: Problems) -> StoreConfig:
    what = f"store {shown(pair.name)}"
    check_word(pair.name, "store", pair.key.at, problems, NAME)
    parts = Form(mapping(pair.value, what, problems), pair.key.at, what, problems)
    options = []
    for option in parts.pairs:
        if option.name not in ("kind", "url", "zone", "backups"):
            check_word(option.name, f"{what}: option", option.key.at, problems)
            options.append((option.name, expanded(option.value, parts.label(option.name), env, problems)))
    return StoreConfig(
        pair.name,
        word(parts.need("kind"), parts.label("kind"), problems, NAME),
        expanded(parts.get("url"), parts.label("url"), env, problems),
        zone(parts.get("zone"), parts.label("zone"), default_zone, problems),
        tuple(options),
        str(pair.key.at),
        period(parts.get("backups"), parts.label("backups"), problems),
    )


def _recipient(node: Node, name: str | None, at: Spot, problems: Problems) -> Recipient:
    what = f"recipient {shown(name)}" if name is not None else "recipient"
    known = ("name", "role", "country", "purpose", "categories", "contact", "methods", "safeguard", "lag")
    parts = form(node, what, known, problems, at)
    if name is None or parts.has("name"):
        name = text(parts.need("name"), parts.label("name"), problems)
        parts = replace(parts, what=f"recipient {shown(name)}") if name else parts
    safeguard = parts.get("safeguard")
    role = text(parts.need("role"), parts.label("role"), problems)
    if role and role not in ROLES:
        problems.add(at, f"{parts.label('role')} {shown(role)} is not known; {problems.unknown(role, ROLES)}")
    return Recipient(
        name,
        role,
        country(parts.need("country"), parts.label("country"), problems),
        words(parts.need("purpose"), parts.label("purpose"), problems),
        word_list(parts.get("categories"), parts.label("categories"), problems, DOTTED),
        text(parts.get("contact"), parts.label("contact"), problems),
        str(at),
        word_list(parts.get("methods"), parts.label("methods"), problems),
        None if safeguard is None else words(safeguard, parts.label("safeguard"), problems),
        period(parts.get("lag"), parts.label("lag"), problems),
    )


def _guards(node: Node | None, name: str, percent: float | None, problems: Problems) -> Guards:
    if node is None:
        return Guards(None, percent)
    parts = form(node, f"guards {name}", ("rows", "percent"), problems)
    if isinstance(node, Map) and not node.pairs:
        problems.add(node.at, f"guards {name} are empty. Write {{rows: 100000, percent: 20}}, or take the key out.")
    rows, share = parts.get("rows"), parts.get("percent")
    most = number(rows, parts.label("rows"), problems) if rows is not None else None
    limit = number(share, parts.label("percent"), problems, 100) if share is not None else percent
    return Guards(None if most is None else int(most), limit)


def _not_reserved(pair: Pair, what: str, problems: Problems) -> None:
    if pair.name in RESERVED:
        listed = ", ".join(sorted(RESERVED))
        problems.add(pair.key.at, f"{what} {shown(pair.name)} has a name that links use ({listed}). Give it another.")
