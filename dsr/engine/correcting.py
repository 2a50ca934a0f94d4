"""A correction (GDPR Art. 16), checked before anything is changed: what can hold the value, and what stays as it is."""

from dataclasses import dataclass

from dsr.core.errors import UsageError
from dsr.core.model import Collection
from dsr.core.plan import Disposition, Reason, Why
from dsr.core.policy import Entry, Export, FieldRef, FieldRule
from dsr.core.select import Become, Change, Predicate, Rewritten, both, negate
from dsr.engine.parts import Part
from dsr.engine.rewriting import fitting, links

DUTIES = frozenset({Why.LEGAL, Why.TAX, Why.PAYMENT, Why.SECURITY, Why.DISPUTE})


@dataclass(frozen=True, slots=True)
class Correction:
    """One field that gets another value; the value is somebody's and is nowhere written down."""

    field: FieldRef
    rule: FieldRule
    change: Change


def correction(field: FieldRef, entry: Entry, collection: Collection, value: str) -> Correction:
    """The change. Raises UsageError where the field is not one to correct, or cannot hold the value."""
    rule = next((one for one in entry.fields if one.path == field.path), None)
    if rule is None or not rule.personal:
        raise UsageError(f"{field}: the policy declares no personal data there, so there is nothing to correct.")
    if rule.export is not Export.PLAIN:
        raise UsageError(f"{field}: it is a secret or about our defences, and is not corrected on request.")
    found = collection.field(field.path[0])
    if found is None and not collection.open:
        raise UsageError(f"{field}: the store has no such field. Run dsr discover.")
    if found is None or len(field.path) > 1:
        return Correction(field, rule, Change(field.path, Become.VALUE, value))
    if found.generated:
        raise UsageError(f"{field}: the database computes it. Correct what it is made from.")
    if found.name in collection.key or found.name in links(entry, collection):
        raise UsageError(f"{field}: it is a key that leads to other records, and no statement about the person.")
    made = fitting(found, value)
    if isinstance(made, str):
        raise UsageError(f"{field}: it {made}.")
    return Correction(field, rule, made)


def require_free(part: Part, made: Correction, count: int) -> None:
    """Raise UsageError where records of the part must stay as they are: under a hold, or kept by law as they were."""
    reasons = [one for one in part.reasons if one.why is not Why.FIELD_RULE]
    if not count or not reasons:
        return
    deciding: Reason = reasons[0]
    if part.disposition is Disposition.HOLD and deciding.why is Why.HOLD:
        raise UsageError(
            f"{made.field}: the legal hold {deciding.hold} keeps the record as evidence, and as it is. Write down what "
            "the person says instead, and answer with dsr request refuse or close it in part."
        )
    alone = made.rule.rule is not None and made.rule.rule != deciding.rule
    if deciding.why in DUTIES and not alone:
        raise UsageError(
            f"{made.field}: the law has the record kept as it was issued ({deciding.cite_en}). Correct it by a new "
            "document, such as a credit note, and answer that."
        )


def correcting(entry: Entry, made: Correction, mine: Predicate, which: Predicate) -> Part:
    """The part that makes the change where it is not made yet."""
    cond = both(which, negate(Rewritten((made.change,))))
    reason = Reason(Why.CORRECTED, made.rule.rule or entry.rule)
    return Part(entry.place, entry, Disposition.REWRITE, mine, cond, (reason,), (made.change,))
