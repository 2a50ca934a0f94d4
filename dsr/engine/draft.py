"""The draft: every entry's disjoint parts under one scope, by the order of decision, before references are settled."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from dsr.core.holds import Hold, Holds
from dsr.core.model import Path
from dsr.core.plan import Disposition, Gap, Reason, Why
from dsr.core.policy import DirectLink, End, Entry, FieldRule, Place, Policy, Rule, Totals, ViaLink
from dsr.core.select import NOTHING, Everything, Linked, Predicate, Selection, both, either, is_nothing, negate
from dsr.core.subject import Subject
from dsr.engine.decide import Case, Circumstances, disjoint, ladder, why_held
from dsr.engine.estate import Estate
from dsr.engine.holding import held_by, under_rules
from dsr.engine.parts import Part, Slot, rewriting, under
from dsr.engine.reach import Accounts, Persons, Reach
from dsr.engine.rewriting import Rewriting, anonymised, of_fields
from dsr.engine.starting import Starting, local
from dsr.engine.totalling import problems

_NOT_DISPOSED = (Why.WITHIN_PERIOD, Why.BY_RULE)
_Child = tuple[Entry, tuple[Path, ...], tuple[Path, ...]]
_DOUBTFUL = (Why.NO_START, Why.IMPLAUSIBLE, Why.FUTURE_START)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a plan is about: these subjects, or, without any, everything whose period is over.

    With `rules` the people object to what these rules keep, and to nothing else.
    """

    subjects: tuple[Subject, ...] | None = None
    rules: frozenset[str] | None = None

    def ends(self, rule: str) -> bool:
        """Whether what is asked for is about the rule."""
        return self.subjects is not None and (self.rules is None or rule in self.rules)


class Draft:
    """Drafts one scope on one estate, at one date, under the holds of one moment. `gaps` fills while drafting."""

    def __init__(self, estate: Estate, scope: Scope, holds: Holds, as_of: datetime) -> None:
        self.gaps: list[Gap] = []
        self._estate, self._scope, self._holds, self._as_of = estate, scope, holds, as_of
        self._policy: Policy = estate.policy
        self._zone = self._policy.controller.timezone
        self._reach = Reach(estate, Persons(scope.subjects)) if scope.subjects is not None else None
        self._decided_parts: dict[Slot, list[Part]] = {}
        self._made: dict[Slot, list[Part]] = {}

    def parts(self) -> dict[Place, list[Part]]:
        """All parts by collection."""
        for entry in self._estate.entries():
            self._of(entry, ())
        grouped: dict[Place, list[Part]] = defaultdict(list)
        for (place, _), parts in self._made.items():
            grouped[place].extend(part for part in parts if not is_nothing(part.where))
        return grouped

    def cases(self, entry: Entry) -> tuple[Case, ...]:
        """The ladder of an entry that has a rule of its own."""
        rule = self._policy.rule(entry.rule)
        return ladder(entry, rule, Starting(self._estate, entry), self._around(entry, rule))

    def _of(self, entry: Entry, path: tuple[Slot, ...]) -> list[Part]:
        """The parts as decided, before fields leave early: a child follows its parent's record, not its fields."""
        slot = (entry.place, entry.number)
        if slot in self._made or slot in path:
            return self._decided_parts.get(slot, [])
        if entry.part_of is None:
            raw = list(self._decided(entry))
        else:
            raw = [
                piece
                for parent in self._policy.entries_of(entry.part_of.to)
                if parent.place in self._estate.live
                for part in self._of(parent, (*path, slot))
                for piece in self._held_alone(entry, self._child(entry, part))
            ]
        self._decided_parts[slot] = raw
        made = [piece for part in raw for piece in self._changed(entry, part)]
        self._made[slot] = [*made, *self._ended_fields(entry, made)]
        return raw

    def _decided(self, entry: Entry) -> Iterator[Part]:
        rule = self._policy.rule(entry.rule)
        pieces = disjoint(self.cases(entry))
        if self._reach is None:
            yield from self._by_calendar(entry, rule, pieces)
            return
        mine, start = self._reach.mine(entry), local(entry)
        if not self._scope.ends(rule.name):
            pieces = ((Case(Disposition.RETAIN, Everything(), Reason(Why.OTHER_PURPOSE, rule.name)), Everything()),)
        for number, (case, where) in enumerate(pieces):
            later = (other.reason for other, _ in pieces[number + 1 :])
            lost = tuple(reason for reason in later if reason.why not in _NOT_DISPOSED)
            reasons = (case.reason, *lost)
            yield Part(entry.place, entry, case.disposition, mine, where, reasons, (), case.period, start)
        shared, others = self._reach.shared(entry), self._reach.third_party(entry)
        for predicate, why in ((shared, Why.SHARED), (others, Why.THIRD_PARTY)):
            yield Part(entry.place, entry, Disposition.RETAIN, predicate, Everything(), (Reason(why, rule.name),))

    def _by_calendar(self, entry: Entry, rule: Rule, pieces: tuple[tuple[Case, Predicate], ...]) -> Iterator[Part]:
        """What the calendar reaches: everything past the limit, and the records that have no usable date."""
        limit = rule.keep_at_most
        if limit is None and not rule.must_not_exist:
            return
        over: Predicate = Everything()
        if limit is not None:
            over = Starting(self._estate, entry).before(limit.cutoff(self._as_of, self._zone))
        wrong = self._not_added_up(entry, rule.totals)
        for case, where in pieces:
            if case.reason.why in _NOT_DISPOSED:
                continue
            reached = case.disposition.acts or case.reason.why in _DOUBTFUL
            cond = where if reached else both(where, over)
            reasons = (case.reason,) if reached else (case.reason, Reason(Why.EXPIRED, rule.name))
            made = Part(entry.place, entry, case.disposition, entry.where, cond, reasons, (), case.period, local(entry))
            if case.reason.why is Why.EXPIRED:
                made = replace(made, disposition=Disposition.RETAIN) if wrong else replace(made, totals=rule.totals)
            yield made

    def _not_added_up(self, entry: Entry, totals: Totals | None) -> bool:
        """Whether totals are wanted and cannot be made: the records stay until they can."""
        found = problems(self._estate, entry, totals) if totals is not None else ()
        self.gaps.extend(Gap("unsupported", entry.name, problem) for problem in found)
        return bool(found)

    def _child(self, entry: Entry, parent: Part) -> Part:
        via = entry.part_of
        if via is None:
            raise ValueError(f"{entry.name} has no parent")
        keys = via.keys or tuple((name,) for name in self._estate.collection(via.to).key)
        reasons = (*parent.reasons, Reason(Why.PART_OF, note=str(via.to)))
        cond = under(parent, entry, keys)
        return Part(entry.place, entry, parent.disposition, entry.where, cond, reasons, (), parent.period)

    def _held_alone(self, entry: Entry, part: Part) -> Iterator[Part]:
        """A hold on the child's own collection protects it although the parent goes (and so keeps the parent)."""
        for hold in () if part.reasons[0].why is Why.PROHIBITED else self._holds.active:
            if hold.scope.narrow and hold.scope.names(entry.place):
                where = held_by(self._estate, entry, hold.scope)
                reasons = (Reason(why_held(hold), part.reasons[0].rule, hold=hold.id), *part.reasons[:1])
                yield replace(part, disposition=Disposition.HOLD, cond=both(part.cond, where), reasons=reasons)
                part = replace(part, cond=both(part.cond, negate(where)))
        yield part

    # fields -----------------------------------------------------------------------------------------------------

    def _changed(self, entry: Entry, part: Part) -> Iterator[Part]:
        """Anonymised parts, and retained parts that lose the fields of another rule."""
        collection = self._estate.collection(entry.place)
        if part.disposition is Disposition.ANONYMISE:
            yield from self._rewritten(part, Disposition.ANONYMISE, anonymised(entry, collection), None)
            return
        fixed = part.reasons[0].why in (Why.SHARED, Why.THIRD_PARTY) or self._scope.subjects is None
        early = () if part.disposition is not Disposition.RETAIN or fixed else self._leaving(entry, part)
        if early:
            reason = Reason(Why.FIELD_RULE, early[0].rule or "")
            yield from self._rewritten(part, Disposition.REWRITE, of_fields(entry, collection, early), reason)
        else:
            yield part

    def _rewritten(
        self, part: Part, disposition: Disposition, found: Rewriting, reason: Reason | None
    ) -> Iterator[Part]:
        self._unsupported(part, found)
        if not found.changes:
            yield replace(part, disposition=Disposition.RETAIN)
            return
        todo, rest = rewriting(part, disposition, found.changes)
        yield replace(todo, reasons=(reason, *part.reasons)) if reason else todo
        if self._scope.subjects is not None:
            yield rest

    def _unsupported(self, part: Part, found: Rewriting) -> None:
        name = part.entry.name if part.entry else str(part.place)
        self.gaps.extend(Gap("unsupported", name, problem) for problem in found.problems)

    def _leaving(self, entry: Entry, part: Part) -> tuple[FieldRule, ...]:
        """The fields whose own rule ends with the request although the record stays."""
        return tuple(
            field
            for field in entry.fields
            if field.rule is not None and field.rule != part.reasons[0].rule and self._ends_on_request(field.rule)
        )

    def _ends_on_request(self, name: str) -> bool:
        rule = self._policy.rule(name)
        asked = self._scope.subjects is None or self._scope.ends(name)
        return asked and rule.on_erasure is not End.RETAIN and not rule.duties

    def _ended_fields(self, entry: Entry, made: list[Part]) -> Iterator[Part]:
        """By the calendar: fields of another rule leave when that rule has ended for the person's account."""
        if self._scope.subjects is not None:
            return
        collection = self._estate.collection(entry.place)
        names = dict.fromkeys(f.rule for f in entry.fields if f.rule is not None and f.rule != entry.rule)
        for name in names:
            mine = Reach(self._estate, accounts_over(self._estate, name, self._as_of)).mine(entry)
            found = of_fields(entry, collection, tuple(f for f in entry.fields if f.rule == name))
            if is_nothing(mine) or not found.changes or not self._ends_on_request(name):
                continue
            acted = either(*(part.where for part in made if part.disposition.acts))
            own = under_rules(self._estate, entry, frozenset((name,)))
            kept = negate(either(acted, own, *(where for _, where in self._held(entry))))
            part = Part(
                entry.place, entry, Disposition.RETAIN, mine, kept, (Reason(Why.EXPIRED, name),), (), None, None
            )
            self._unsupported(part, found)
            todo, _ = rewriting(part, Disposition.REWRITE, found.changes)
            yield replace(todo, reasons=(Reason(Why.FIELD_RULE, name), *part.reasons))

    # surroundings -----------------------------------------------------------------------------------------------

    def _around(self, entry: Entry, rule: Rule) -> Circumstances:
        newer = self._newer(entry, rule) if self._reach is None else NOTHING
        asked, objected = self._scope.subjects is not None, self._scope.rules is not None
        return Circumstances(self._as_of, self._zone, asked, self._held(entry), newer, objected)

    def _held(self, entry: Entry) -> tuple[tuple[Hold, Predicate], ...]:
        found = ((hold, held_by(self._estate, entry, hold.scope)) for hold in self._holds.active)
        return tuple((hold, where) for hold, where in found if not is_nothing(where))

    def _newer(self, entry: Entry, rule: Rule) -> Predicate:
        """Parents with children newer than the parent's own cut-off: something is wrong with the parent's date."""
        if rule.keep_at_most is None:
            return NOTHING
        cutoff = rule.keep_at_most.cutoff(self._as_of, self._zone)
        found: list[Predicate] = []
        for child, fields, keys in self._children.get(entry.place, ()):
            starting = Starting(self._estate, child)
            late = both(child.where, starting.dated(), negate(starting.before(cutoff)), negate(self._going(child)))
            found.append(Linked(keys, Selection(child.place.collection, late), fields))
        return either(*found)

    def _going(self, entry: Entry) -> Predicate:
        """What goes before its parents by its own rule: asked again after that, the parents must not look otherwise."""
        rule = self._policy.rule(entry.rule)
        around = Circumstances(self._as_of, self._zone, False, self._held(entry), NOTHING, False)
        cases = disjoint(ladder(entry, rule, Starting(self._estate, entry), around))
        return either(*(where for case, where in cases if case.disposition is Disposition.DELETE))

    @cached_property
    def _children(self) -> dict[Place, list[_Child]]:
        """The dated entries of the same store that name a record of a collection, and how they name it."""
        made: dict[Place, list[_Child]] = defaultdict(list)
        for child in self._estate.entries():
            if child.start is None:
                continue
            for parent, fields, keys in _names(self._policy, child):
                if parent.store == child.place.store and parent != child.place:
                    made[parent].append((child, fields, keys))
        return made


def accounts_over(estate: Estate, rule_name: str, as_of: datetime) -> Accounts:
    """Everybody whose account record is past the limit of a rule."""
    where: dict[str, Predicate] = {}
    limit = estate.policy.rule(rule_name).keep_at_most
    for anchor in estate.policy.anchors:
        for entry in estate.policy.entries_of(anchor.ref.place):
            if limit is not None and entry.rule == rule_name:
                cutoff = limit.cutoff(as_of, estate.policy.controller.timezone)
                starting = Starting(estate, entry)
                over = both(starting.before(cutoff), negate(starting.implausible()))
                where[anchor.kind] = both(entry.where, over)
    return Accounts(estate.policy, where)


def _names(policy: Policy, child: Entry) -> Iterator[tuple[Place, tuple[Path, ...], tuple[Path, ...]]]:
    """How a child names its parents: the parent, the child's fields, and the parent's keys."""
    for link in child.links:
        if isinstance(link.how, ViaLink) and link.how.keys:
            yield link.how.to, link.how.fields, link.how.keys
        elif isinstance(link.how, DirectLink):
            anchor = policy.anchor(link.how.anchor)
            yield anchor.ref.place, link.how.fields, anchor.paths
