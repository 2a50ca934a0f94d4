"""`then: {aggregate: …}`: what is added up of records whose period is over, and where the totals go."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dsr.core.policy import Place, Rule, Totals
from dsr.core.totals import Column, Grain
from dsr.engine.policyfile.convert import Form, form, mapping, number, sequence, text
from dsr.engine.policyfile.names import Names, Part, split
from dsr.engine.policyfile.nodes import Map, Node, Pair
from dsr.engine.policyfile.problems import Problems

KEYS = ("into", "by", "sum", "count", "k")


def totals(rules: tuple[Rule, ...], pairs: Iterable[Pair], names: Names) -> tuple[Rule, ...]:
    """The rules with their totals; read when it is known which collections are declared."""
    made: dict[str, Totals | None] = {}
    for section in pairs:
        for pair in section.value.pairs if isinstance(section.value, Map) else ():
            then = pair.value.get("then") if isinstance(pair.value, Map) else None
            if isinstance(then, Map) and isinstance(pair.value, Map):
                made.setdefault(pair.name, _then(then, f'rule "{pair.name}"', names, pair.value))
    return tuple(replace(rule, totals=made.get(rule.name)) for rule in rules)


def _then(node: Map, rule: str, names: Names, whole: Map) -> Totals | None:
    problems = names.problems
    outer = form(node, f"{rule}: `then`", ("aggregate",), problems)
    inner = outer.need("aggregate")
    if inner is None:
        return None
    parts = form(inner, f"{rule}: `aggregate`", KEYS, problems)
    if whole.get("keep_at_most") is None:
        problems.add(node.at, f"{rule} adds up at the end of a period but has no `keep_at_most:`. Add it.")
    into = _into(parts, names)
    listed = tuple(_columns(parts, "by", parts.get("by")))
    cut = [(Grain(part.text), to) for (part, *more), to in listed if not more and _is_grain(part)]
    groups = tuple(_column(found, to) for found, to in listed if len(found) > 1 or not _is_grain(found[0]))
    if len(cut) > 1:
        problems.add(inner.at, f"{parts.label('by')} names several calendar units. Keep the shortest of them.")
    sums = tuple(_column(found, to) for found, to in _columns(parts, "sum", parts.get("sum")))
    count = text(parts.get("count"), parts.label("count"), problems)
    if not sums and not count and isinstance(inner, Map):
        problems.add(inner.at, f"{parts.what} adds nothing up. Add `count: field`, or `sum: [field]`.")
    written = [to for _, to in listed] + [one.into for one in sums] + ([count] if count else [])
    if len(set(written)) < len(written):
        problems.add(inner.at, f"{parts.what} writes one field twice. Name different fields of the totals.")
    grain, period = cut[0] if cut else (None, "")
    return None if into is None else Totals(into, grain, period, groups, sums, count, _k(parts), str(inner.at))


def _into(parts: Form, names: Names) -> Place | None:
    node = parts.need("into")
    name = text(node, parts.label("into"), names.problems)
    return names.place(name, parts.label("into"), node.at, personal=False) if name and node is not None else None


def _k(parts: Form) -> int:
    node = parts.need("k")
    if node is None:
        return 1
    made = number(node, parts.label("k"), parts.problems)
    if made is None or made < 1:
        hint = "Write the fewest people a group may have, such as 10; 1 keeps every group."
        parts.problems.add(node.at, f"{parts.label('k')} is no number of people. {hint}")
    return max(1, int(made or 1))


def _columns(parts: Form, name: str, node: Node | None) -> Iterator[tuple[tuple[Part, ...], str]]:
    """Each field and the field of the totals: of the same name in a list, as said in a mapping."""
    problems: Problems = parts.problems
    if node is None:
        return
    if isinstance(node, Map):
        for pair in mapping(node, parts.label(name), problems):
            found = split(pair.name, parts.label(name), pair.key.at, problems)
            to = text(pair.value, parts.label(name), problems)
            if found and to:
                yield found, to
        return
    for item in sequence(node, parts.label(name), problems):
        written = text(item, parts.label(name), problems)
        found = split(written, parts.label(name), item.at, problems) if written else None
        if found:
            yield found, found[-1].text


def _column(found: tuple[Part, ...], to: str) -> Column:
    return Column(tuple(part.text for part in found), to)


def _is_grain(part: Part) -> bool:
    return not part.quoted and part.text in {grain.value for grain in Grain}
