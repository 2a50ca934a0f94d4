"""The gate: what was found against what the policy declares and what people decided. Pure; no store is asked here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from dsr.core.decisions import Decided, Decision
from dsr.core.model import Collection
from dsr.core.policy import NO_DATA, Place, Policy
from dsr.engine.coverage import declared_paths
from dsr.engine.detect.assess import Assessed, Looked
from dsr.engine.detect.columns import Verdict
from dsr.engine.detect.kinds import kinds


class Standing(Enum):
    """How a column stands to the policy."""

    DECLARED = "declared"
    STRUCTURAL = "structural"  # a key, a reference, an identifier: its meaning is known from elsewhere
    NOTHING = "nothing"  # not declared, and no personal data was found in it
    DECIDED = "decided"  # somebody looked and said that it is not personal
    UNDECLARED = "undeclared"
    CONTRADICTED = "contradicted"  # declared as nobody's data, and the values say otherwise
    CHANGED = "changed"  # declared as one kind, and the values are of another
    REOPENED = "reopened"  # decided once, on other evidence

    @property
    def fails(self) -> bool:
        """Whether the gate closes."""
        return self in (Standing.UNDECLARED, Standing.CONTRADICTED, Standing.CHANGED, Standing.REOPENED)


@dataclass(frozen=True, slots=True)
class Placed:
    """One column with how it stands. `category` is what the policy file says of it, or ""."""

    column: Assessed
    standing: Standing
    category: str

    @property
    def open(self) -> bool:
        """Whether a person should look at it: the gate closes, or the answer is unsure."""
        unsure = self.column.judged.confidence < _UNSURE and self.standing in (Standing.NOTHING, Standing.DECLARED)
        return self.standing.fails or (unsure and self.standing is Standing.NOTHING)


_UNSURE = 0.7


def place_columns(policy: Policy, live: Mapping[Place, Collection], looked: Iterable[Looked]) -> tuple[Placed, ...]:
    """How every column stands."""
    decisions = {decision.name: decision for decision in policy.decisions}
    return tuple(placed for one in looked for placed in _collection(policy, live[one.place], one, decisions))


def _collection(
    policy: Policy, collection: Collection, looked: Looked, decisions: Mapping[str, Decision]
) -> Iterator[Placed]:
    place = looked.place
    entries = policy.entries_of(place)
    nobody = any(statement.place == place for statement in policy.none)
    categories: dict[tuple[str, ...], str] = {}
    for entry in entries:
        categories |= {field.path: field.category for field in entry.fields}
    known = declared_paths(policy, place, collection, entries) if entries else set()
    naming = _naming(policy) if nobody else frozenset()
    for column in looked.columns:
        category = _category(column.path, categories)
        standing = _standing(column, category, nobody=nobody, known=column.path in known)
        if column.path[-1].casefold() in naming:
            standing = Standing.CONTRADICTED
        yield Placed(column, _decided(column, standing, decisions.get(column.name)), category)


def _naming(policy: Policy) -> frozenset[str]:
    """What columns are called that lead to people: pseudonyms with a mapping, hashes of an identifier.

    A collection that has one is nobody's in name alone (GDPR Rec. 26, PIPL Art. 73(3)).
    """
    declared = {field.path[-1] for entry in policy.entries for field in entry.fields if field.category == "identifier"}
    derived = {one.name for one in policy.identifiers if one.source}
    return frozenset(name.casefold() for name in declared | derived)


def _category(path: tuple[str, ...], categories: Mapping[tuple[str, ...], str]) -> str:
    """What is declared at the path, or at the nearest parent of it."""
    for size in range(len(path), 0, -1):
        if path[:size] in categories:
            return categories[path[:size]]
    return ""


def _standing(column: Assessed, category: str, *, nobody: bool, known: bool) -> Standing:
    judged = column.judged
    shown = any(reason.code in ("values", "inside") for reason in judged.reasons)
    if nobody or category == NO_DATA:
        return Standing.CONTRADICTED if judged.personal and shown and kinds()[judged.kind].sure else Standing.DECLARED
    if category:
        return (
            Standing.CHANGED
            if judged.verdict is Verdict.IS and shown and _differs(judged.kind, category)
            else Standing.DECLARED
        )
    if known:
        return Standing.STRUCTURAL
    if judged.personal:
        return Standing.UNDECLARED
    return Standing.NOTHING


def _decided(column: Assessed, standing: Standing, decision: Decision | None) -> Standing:
    if decision is None or not standing.fails:
        return standing
    if decision.evidence != column.evidence:
        return Standing.REOPENED
    return standing if decision.decided is Decided.PERSONAL else Standing.DECIDED


def _differs(kind: str, category: str) -> bool:
    """Whether values of the kind cannot be what the category says: both are told apart, and neither holds the other."""
    told = {one.category for one in kinds().values() if one.sure}
    own = kinds()[kind].category
    if not kinds()[kind].sure or category not in told:
        return False
    return not (own == category or own.startswith(f"{category}.") or category.startswith(f"{own}."))
