"""The section of discovery: what people decided about fields that it asked about, and the company's own key formats."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from dsr.core.decisions import Decided, Decision
from dsr.core.errors import PolicyError
from dsr.core.policy import FieldRef
from dsr.engine.policyfile.convert import Form, choice, day, form, sequence, text
from dsr.engine.policyfile.names import Names, split
from dsr.engine.policyfile.nodes import Pair
from dsr.engine.policyfile.problems import Spot, shown
from dsr.engine.policyfile.sections import together

_KEYS = ("decisions", "own_keys", "known_keys")
_EVIDENCE = re.compile(r"e-[0-9a-f]{12}")
_PARTS = 3  # store, collection, field


@dataclass(frozen=True, slots=True)
class Section:
    """What the section says: decisions, forms of own keys, and the fields that know the keys given out."""

    decisions: tuple[Decision, ...]
    own_keys: tuple[str, ...]
    known_keys: tuple[FieldRef, ...]


def discovery(pairs: Iterable[Pair], names: Names) -> Section:
    """The whole section."""
    decisions: list[Pair] = []
    own: list[str] = []
    known: list[FieldRef] = []
    for section in pairs:
        parts = form(section.value, "`discovery:`", _KEYS, names.problems, section.key.at)
        decisions += [pair for pair in parts.pairs if pair.name == "decisions"]
        node = parts.get("own_keys")
        for item in sequence(node, parts.label("own_keys"), names.problems) if node is not None else ():
            made = text(item, parts.label("own_keys"), names.problems)
            _check_format(made, item.at, names)
            own.append(made)
        known += _known(parts, names)
    decided = tuple(_decision(pair, names) for pair in together(decisions, "decision", names.problems))
    return Section(decided, tuple(own), tuple(known))


def _known(parts: Form, names: Names) -> Iterator[FieldRef]:
    what, node = parts.label("known_keys"), parts.get("known_keys")
    for item in sequence(node, what, names.problems) if node is not None else ():
        name = text(item, what, names.problems)
        ref = names.ref(name, what, item.at) if name else None
        if ref is not None:
            yield ref


def _check_format(made: str, at: Spot, names: Names) -> None:
    from dsr.engine.detect.secrets import own_format  # few companies have a format of their own; many patterns load

    try:
        own_format((made,) if made else (), str(at))
    except PolicyError as error:
        names.problems.add(at, str(error).partition(": ")[2])


def _decision(pair: Pair, names: Names) -> Decision:
    what = f"decision {shown(pair.name)}"
    known = ("decision", "by", "on", "reason", "evidence")
    parts = form(pair.value, what, known, names.problems, pair.key.at)
    split_name = split(pair.name, what, pair.key.at, names.problems)
    if split_name is not None and (len(split_name) < _PARTS or split_name[0].text not in names.stores):
        names.problems.add(pair.key.at, f"{what} does not name a field of a store. Write store.collection.field.")
    evidence = text(parts.need("evidence"), parts.label("evidence"), names.problems)
    if evidence and _EVIDENCE.fullmatch(evidence) is None:
        hint = "Copy it from `dsr discover`, such as e-0123456789ab."
        names.problems.add(pair.key.at, f"{parts.label('evidence')} {shown(evidence)} is not a digest. {hint}")
    return Decision(
        ".".join(part.text for part in split_name or ()),
        choice(parts.need("decision"), parts.label("decision"), Decided, Decided.IGNORE, names.problems),
        text(parts.need("by"), parts.label("by"), names.problems),
        day(parts.need("on"), parts.label("on"), names.problems) or date.min,
        text(parts.need("reason"), parts.label("reason"), names.problems),
        evidence,
        str(pair.key.at),
    )
