"""Rectification (GDPR Art. 16): one field of one record, planned, shown, and carried out like every other plan.

The value is given with the command and kept nowhere: the ledger has keyed digests of what was there and what is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dsr.core.errors import StalePlanError, SubjectNotFoundError, UsageError
from dsr.core.model import Record, canon
from dsr.core.plan import Plan, Step, sealed
from dsr.core.policy import Entry, FieldRef
from dsr.core.regimes import Right
from dsr.core.requests import Request
from dsr.core.select import Everything, Predicate, Selection, both, is_nothing, negate, one_of
from dsr.core.subject import Subject
from dsr.core.text import Text
from dsr.engine.correcting import Correction, correcting, correction, require_free
from dsr.engine.counting import Counter
from dsr.engine.draft import Scope
from dsr.engine.foreign import Foreign
from dsr.engine.glossary import Group, load
from dsr.engine.parts import Part
from dsr.engine.planner import Planned, Planner, Work
from dsr.engine.reach import Persons, Reach
from dsr.jobs.covering import field_of
from dsr.jobs.held import holds_now
from dsr.jobs.notices import expect
from dsr.jobs.people import resolve
from dsr.jobs.planning import saved
from dsr.jobs.session import Session
from dsr.jobs.tying import Named, tie
from dsr.state.plans import PlanStatus

SCOPE = "rectification"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants corrected. `key` names the record where several are theirs."""

    field: str
    value: str
    key: tuple[str, ...] = ()
    plan: str | None = None  # made before, and approved since


def plan_rectification(session: Session, id: str, wanted: Wanted) -> Plan:
    """The plan that corrects one field of the person of a verified request; it is carried out in this session."""
    tied = tie(session, Named((), id), frozenset({Right.RECTIFICATION}))
    subjects = resolve(session, tied.people)
    field = field_of(session, wanted.field)
    entry, mine, which = _found(session, field, subjects, wanted)
    made = correction(field, entry, session.estate.collection(field.place), wanted.value)
    _unique(session, made, both(mine, which))
    _require_free(session, made, subjects, which)
    part = correcting(entry, made, mine, which)
    record = next(_records(session, part), None)
    if record is None:
        raise UsageError(f"{field}: the record holds that value already. There is nothing to correct.")
    if wanted.plan is not None:
        return _again(session, id, wanted, Work(_step(part), part))
    plan = saved(session, _planned(session, part, subjects), subjects, session.policy.request_guards)
    before = canon(record.at(field.path)) or ""
    session.state.correcting(id, plan.id, (str(field), before, wanted.value), session.actor)
    expect(session, id, plan)
    return plan


def corrected(session: Session, request: Request) -> tuple[Text, ...]:
    """What was corrected for a request: kind of record and kind of field, as people call them."""
    applied = {one.id for one in session.state.plans() if one.status is PlanStatus.APPLIED}
    names = [name for plan, name in session.state.corrections(request.id) if plan in applied]
    return tuple(_title(session, field_of(session, name)) for name in names)


def _title(session: Session, field: FieldRef) -> Text:
    for entry in session.policy.entries_of(field.place):
        for one in entry.fields:
            if one.path == field.path:
                words = load().find(Group.CATEGORY, one.category) or Text(one.category, one.category)
                rule = session.policy.rule(_root(session, entry).rule).title
                return Text(f"{rule.en}: {words.en}", f"{rule.zh}：{words.zh}")
    return Text(str(field), str(field))


def _root(session: Session, entry: Entry) -> Entry:
    while entry.part_of is not None:
        entry = session.policy.entries_of(entry.part_of.to)[0]
    return entry


def _found(
    session: Session, field: FieldRef, subjects: tuple[Subject, ...], wanted: Wanted
) -> tuple[Entry, Predicate, Predicate]:
    """The entry in which the one record lies, and what selects it."""
    collection = session.estate.live.get(field.place)
    if collection is None:
        raise UsageError(f"{field}: the store does not answer, or has no such collection. Run dsr doctor.")
    if wanted.key and len(wanted.key) != len(collection.key):
        names = ", ".join(collection.key) or "(none)"
        raise UsageError(f"The key of {field.place} has {len(collection.key)} parts: {names}. Give each with --key.")
    pairs = zip(collection.key, wanted.key, strict=False)
    which = both(Everything(), *(one_of((name,), (value,)) for name, value in pairs))
    reach, counter, found = Reach(session.estate, Persons(subjects)), Counter(session.estate), []
    for entry in session.estate.entries():
        mine = reach.mine(entry) if entry.place == field.place else None
        if mine is not None and not is_nothing(mine):
            selection = Selection(field.place.collection, both(mine, which))
            count = counter.plain(field.place.store, selection)
            if count:
                found.append((entry, mine, count))
    total = sum(count for _, _, count in found)
    if not total:
        raise SubjectNotFoundError(f"{field.place} holds no such record of the person.")
    if total > 1:
        raise UsageError(f"{field.place} holds {total} records of the person. Name one with --key.")
    return found[0][0], found[0][1], which


def _unique(session: Session, made: Correction, mine: Predicate) -> None:
    collection = session.estate.collection(made.field.place)
    if (made.field.path[0],) in collection.uniques:
        taken = both(one_of(made.field.path, (str(canon(made.change.value)),)), negate(mine))
        if Counter(session.estate).plain(made.field.place.store, Selection(collection.name, taken)):
            raise UsageError(f"{made.field}: the value must be unique, and another record has it.")


def _require_free(session: Session, made: Correction, subjects: tuple[Subject, ...], which: Predicate) -> None:
    planner = Planner(session.estate, Scope(subjects), holds_now(session), session.now())
    counter = Counter(session.estate)
    for part in planner.parts():
        if part.place == made.field.place:
            chosen = Selection(part.place.collection, both(part.where, which))
            require_free(part, made, counter.plain(part.place.store, chosen))


def _records(session: Session, part: Part) -> Iterator[Record]:
    foreign = Foreign(session.estate.stores, session.estate.live)
    for piece in foreign.expand(part.selection, part.place.store):
        yield from session.estate.stores[part.place.store].read(piece)


def _planned(session: Session, part: Part, subjects: tuple[Subject, ...]) -> Planned:
    now, step = session.now(), _step(part)
    plan = Plan(
        id=session.state.next_plan_id(),
        scope=SCOPE,
        subjects=tuple(sorted(one.token for one in subjects)),
        as_of=now,
        made_at=now,
        policy=session.policy.digest,
        holds=session.state.generation(),
        schema=session.estate.fingerprints(),
        steps=(step,),
        gaps=(),
    )
    return Planned(sealed(plan), (Work(step, part),))


def _step(part: Part) -> Step:
    changes = tuple((".".join(one.field), "corrected") for one in part.changes)
    name, place = part.entry.name if part.entry else str(part.place), part.place
    rule = part.reasons[0].rule
    return Step(1, place.store, place.collection, name, rule, part.disposition, 1, part.reasons, changes)


def _again(session: Session, id: str, wanted: Wanted, work: Work) -> Plan:
    """The plan of before, where it is about the same field and the same value."""
    plan = session.state.plan(wanted.plan or "")
    same = session.state.corrects(id, plan.id, wanted.field, wanted.value)
    if not same or plan.steps != (work.step,):
        raise StalePlanError(f"Plan {plan.id} was made for another field, record or value. Make a new plan.")
    session.planned = Planned(plan, (work,))
    return plan
