"""The oracle: what becomes of every record, found by walking each one alone over the raw data.

It is written from DESIGN's words (sections 4 and 5) and shares nothing with the engine but the types of the policy.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from generating import Values, World
from oracle_facts import Facts, Row, holds_true
from oracle_time import NEVER, end, stored

from dsr.core.model import Collection, FieldType, canon
from dsr.core.plan import Disposition, Why
from dsr.core.policy import Code, DirectLink, End, Entry, FieldRule, Place, Rule, ThroughLink, ViaLink

ENDS = {End.DELETE: Disposition.DELETE, End.ANONYMISE: Disposition.ANONYMISE, End.RETAIN: Disposition.RETAIN}
BLANKS = {
    FieldType.TEXT: "",
    FieldType.INTEGER: 0,
    FieldType.DATE: date(1970, 1, 1),
    FieldType.DATETIME: datetime(1970, 1, 1),
}
OTHERS = (Why.SHARED, Why.THIRD_PARTY)


KEPT = (Why.HOLD, Why.PROHIBITED)
"""What a hold on a child alone has no say in."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a record, and the reason that decides."""

    disposition: Disposition
    why: Why
    almost: frozenset[Why] = frozenset()  # duties that keep the record about as long: the engine may name any

    def among(self, answers: list[tuple[Disposition, Why]]) -> list[tuple[Disposition, Why]]:
        """What has to be answered; the one answer given, where it is as good."""
        if len(answers) == 1 and answers[0][0] is self.disposition and answers[0][1] in self.almost:
            return answers
        return [(self.disposition, self.why)]


@dataclass(slots=True)
class Outcome:
    """The verdict of every record that has one, what holds protect, and the data afterwards."""

    verdicts: dict[Row, Verdict]
    protected: set[Row]
    left: dict[Row, Values] = field(default_factory=dict)

    def rows(self, place: Place) -> list[Values]:
        """What is left of a collection."""
        return [values for row, values in self.left.items() if row.place == place]


@dataclass(frozen=True, slots=True)
class Reference:
    """A way in which rows of `child` name rows of another collection of the same store."""

    child: Place
    fields: tuple[tuple[str, ...], ...]
    to: Place
    keys: tuple[tuple[str, ...], ...]
    key: bool  # a foreign key: the database knows it


class Oracle:
    """Decides one world."""

    def __init__(self, world: World) -> None:
        self.world, self.policy, self.facts = world, world.policy, Facts(world)
        self.zone = self.policy.controller.timezone
        self.asked = bool(world.asked)
        self.matters = self.facts.protected()
        self.alone = self.facts.protected(alone=True)
        self.restricted = self.facts.restricted()
        self.protected = self.matters | self.restricted
        self.mine, self.shared, self.others = (
            self.facts.belonging(self.facts.person(*world.asked)) if self.asked else (set(), set(), set())
        )
        self.references = list(self._references())

    def decide(self) -> Outcome:
        """Every record, then the rows that others need, then the data."""
        facts = self.facts
        drafts = {row: verdict for row in facts.rows if (verdict := self._draft(row)) is not None}
        doomed = {row for row, verdict in drafts.items() if verdict.disposition is Disposition.DELETE}
        gone = self._unneeded(doomed)
        outcome = Outcome({}, self.protected)
        for row, draft in drafts.items():
            outcome.verdicts[row] = draft if row in gone or row not in doomed else self._stone(row)
        for row in facts.rows:
            if row not in gone:
                outcome.left[row] = self._after(row, drafts.get(row), gone, stone=row in doomed)
        self._fields(outcome, drafts)
        return outcome

    def prohibited(self, row: Row) -> bool:
        """Whether the record must not exist, which not even a hold changes."""
        rule = self.facts.rule_of(row)
        return rule is not None and rule.must_not_exist

    # one record -------------------------------------------------------------------------------------------------

    def _draft(self, row: Row) -> Verdict | None:
        facts, entry = self.facts, self.facts.entry[row]
        if entry is None:
            return None
        if entry.part_of is not None:
            parents = facts.named(row, entry.part_of.fields, entry.part_of.to, entry.part_of.keys)
            verdict = self._draft(parents[0]) if parents else None
            alone = verdict is not None and row in self.alone and verdict.why not in KEPT
            return Verdict(Disposition.HOLD, Why.HOLD) if alone else verdict
        if not self.asked:
            return self._by_calendar(row, self.policy.rule(entry.rule))
        if row in self.mine:
            return self._ladder(row, self.policy.rule(entry.rule))
        if row in self.shared:
            return Verdict(Disposition.RETAIN, Why.SHARED)
        return Verdict(Disposition.RETAIN, Why.THIRD_PARTY) if row in self.others else None

    def _ladder(self, row: Row, rule: Rule, *, children: bool = True) -> Verdict:
        """DESIGN section 5, one to seven."""
        start, as_of = self.facts.start(row), self.world.as_of
        if rule.must_not_exist:
            return Verdict(Disposition.DELETE, Why.PROHIBITED)
        if row in self.matters:
            return Verdict(Disposition.HOLD, Why.HOLD)
        if row in self.restricted:
            return Verdict(Disposition.HOLD, Why.RESTRICTION)
        duties = [duty for duty in rule.duties if holds_true(duty.when, self.facts.values(row))]
        if start is None and (duties if self.asked else rule.keep_at_most is not None):
            return Verdict(Disposition.RETAIN, Why.NO_START)
        if not self.asked and start is not None and start is not NEVER and start > as_of:
            return Verdict(Disposition.RETAIN, Why.FUTURE_START)
        running = [d for d in duties if start is not None and end(start, d.period, self.zone) > as_of]
        if running and start is not None:
            ends = {duty.code: end(as_of if start is NEVER else start, duty.period, self.zone) for duty in running}
            last = max(ends.values())
            same = {code for code, until in ends.items() if last - until < timedelta(days=370)}
            return Verdict(Disposition.RETAIN, Why(max(ends, key=lambda c: ends[c]).value), _named(same))
        if self.asked and rule.on_erasure is not End.RETAIN:
            return Verdict(ENDS[rule.on_erasure], Why.REQUESTED)
        if self._over(row, rule):
            if not self.asked and children and self._newer_children(row, rule):
                return Verdict(Disposition.RETAIN, Why.NEWER_CHILDREN)
            return Verdict(ENDS[rule.then], Why.EXPIRED)
        return Verdict(Disposition.RETAIN, Why.BY_RULE if self.asked else Why.WITHIN_PERIOD)

    def _over(self, row: Row, rule: Rule) -> bool:
        start = self.facts.start(row)
        if rule.keep_at_most is None or start is None:
            return False
        return end(start, rule.keep_at_most, self.zone) <= self.world.as_of

    def _by_calendar(self, row: Row, rule: Rule) -> Verdict | None:
        """The calendar lists what it ends, what keeps it from ending what is over, and dates that cannot be right."""
        if rule.keep_at_most is None and not rule.must_not_exist:
            return None
        verdict = self._ladder(row, rule)
        listed = verdict.disposition in (Disposition.DELETE, Disposition.ANONYMISE)
        listed = listed or verdict.why in (Why.NO_START, Why.FUTURE_START) or self._over(row, rule)
        return verdict if listed else None

    def _going(self, child: Row, entry: Entry) -> bool:
        """Whether a child goes by its own rule, before its parent is looked at."""
        own = self._ladder(child, self.policy.rule(entry.rule), children=False)
        return own.disposition is Disposition.DELETE

    def _newer_children(self, row: Row, rule: Rule) -> bool:
        for child in self.facts.rows:
            entry = self.facts.entry[child]
            if entry is None or child.place.store != row.place.store or child.place == row.place:
                continue
            start = self.facts.start(child)
            if start is None or start is NEVER or rule.keep_at_most is None or self._going(child, entry):
                continue
            late = end(start, rule.keep_at_most, self.zone) > self.world.as_of
            if late and any(row in self.facts.named(child, f, to, k) for f, to, k in self._parents(entry)):
                return True
        return False

    def _parents(self, entry: Entry) -> Iterator[tuple[tuple, Place, tuple]]:
        """How records of an entry name those that they hang on."""
        if entry.part_of is not None:
            yield entry.part_of.fields, entry.part_of.to, entry.part_of.keys
        for link in entry.links:
            if isinstance(link.how, ViaLink):
                yield link.how.fields, link.how.to, link.how.keys
            elif isinstance(link.how, DirectLink):
                ref = self.policy.anchor(link.how.anchor).ref
                if (entry.place, link.how.fields) != (ref.place, (ref.path,)):
                    yield link.how.fields, ref.place, (ref.path,)

    # rows that others need --------------------------------------------------------------------------------------

    def _references(self) -> Iterator[Reference]:
        for place, collection in self.world.collections.items():
            for one in collection.references:
                fields, keys = (tuple((n,) for n in names) for names in (one.fields, one.keys))
                yield Reference(place, fields, Place(place.store, one.collection), keys, True)
        for entry in self.policy.entries:
            for fields, to, keys in self._parents(entry):
                if to.store == entry.place.store:
                    yield Reference(entry.place, fields, to, keys, False)
            for one in entry.refers:
                if one.to.place.store == entry.place.store:
                    yield Reference(entry.place, (one.field,), one.to.place, (one.to.path,), False)

    def _unneeded(self, doomed: set[Row]) -> set[Row]:
        """Of the rows that are to go, those that nothing needs which stays. A circle of doomed rows goes as one."""
        gone = set(doomed)
        while True:
            needed = {row for row in gone if any(other not in gone for other in self._needing(row, doomed))}
            if not needed:
                return gone
            gone -= needed

    def _needing(self, row: Row, doomed: set[Row]) -> Iterator[Row]:
        """The rows that name this one in a way that cannot or must not be cut. No hold keeps what must not exist."""
        for one, child in self._naming(row):
            if not self._cuttable(one, child) or child in self.protected - doomed:
                yield child

    def _naming(self, row: Row) -> Iterator[tuple[Reference, Row]]:
        for one in self.references:
            if one.to == row.place:
                for child in self.facts.of(one.child):
                    if self._counts(one, child) and row in self.facts.named(child, one.fields, one.to, one.keys):
                        yield one, child

    def _counts(self, one: Reference, child: Row) -> bool:
        """What only the policy says of an entry is said of that entry's records."""
        if one.key:
            return True
        entry = self.facts.entry[child]
        if entry is None:
            return False
        said = [(fields, to) for fields, to, _ in self._parents(entry)]
        return (one.fields, one.to) in said or any(
            ((refers.field,), refers.to.place) == (one.fields, one.to) for refers in entry.refers
        )

    def _cuttable(self, one: Reference, child: Row) -> bool:
        """A reference that does not say whose the record is is cut where the column allows it; undeclared collections
        are not touched.
        """
        declared = self.policy.entries_of(one.child) or any(n.place == one.child for n in self.policy.none)
        entry = self.facts.entry[child]
        owning = entry is not None and any((one.fields, one.to) == (f, to) for f, to, _ in self._parents(entry))
        return bool(declared) and not owning and bool(self._loose(one))

    def _loose(self, one: Reference) -> list[str]:
        collection = self.world.collections[one.child]
        fields = [collection.field(path[0]) for path in one.fields]
        return [f.name for f in fields if f is not None and f.nullable and f.name not in collection.key]

    def _stone(self, row: Row) -> Verdict:
        changed = self._tombstone(row) != dict(self.facts.values(row))
        return Verdict(Disposition.REWRITE if changed else Disposition.RETAIN, Why.REFERENCED)

    # the data afterwards ----------------------------------------------------------------------------------------

    def _after(self, row: Row, draft: Verdict | None, gone: set[Row], *, stone: bool) -> Values:
        values = self._tombstone(row) if stone else dict(self.facts.values(row))
        if draft is not None and draft.disposition is Disposition.ANONYMISE:
            entry = self.facts.entry[row]
            values |= self._erased(row, entry.fields if entry else ())
        if row not in self.protected or stone:
            for one in self.references:
                named = self.facts.named(row, one.fields, one.to, one.keys) if one.child == row.place else []
                if self._counts(one, row) and self._cuttable(one, row) and any(other in gone for other in named):
                    values |= dict.fromkeys(self._loose(one))
        return values

    def _fields(self, outcome: Outcome, drafts: dict[Row, Verdict]) -> None:
        """Fields of another rule in records that stay, and what an anonymised record still has to change."""
        for row, draft in drafts.items():
            entry = self.facts.entry[row]
            if entry is None or draft.disposition is Disposition.DELETE:
                continue
            if draft.disposition is Disposition.ANONYMISE:
                made = self._erased(row, entry.fields)
                if not self._changes(row, made):
                    outcome.verdicts[row] = Verdict(Disposition.RETAIN, draft.why)
                    if made and not self.asked:
                        del outcome.verdicts[row]  # done before: the calendar says nothing of it again
            elif self.asked and draft.disposition is Disposition.RETAIN and draft.why not in OTHERS:
                made = self._erased(row, self._leaving(row, entry, draft))
                if self._changes(row, made):
                    outcome.verdicts[row] = Verdict(Disposition.REWRITE, Why.FIELD_RULE)
                    outcome.left[row] |= made
        if not self.asked:
            self._ended_fields(outcome, drafts)

    def _leaving(self, row: Row, entry: Entry, draft: Verdict) -> tuple[FieldRule, ...]:
        own = self.facts.rule_of(row)
        return tuple(f for f in entry.fields if f.rule and own and f.rule != own.name and self._by_request(f.rule))

    def _by_request(self, name: str) -> bool:
        rule = self.policy.rule(name)
        return rule.on_erasure is not End.RETAIN and not rule.duties

    def _ended_fields(self, outcome: Outcome, drafts: dict[Row, Verdict]) -> None:
        """By the calendar a field leaves when its rule has ended for the account of the record's person."""
        for name in {f.rule for entry in self.policy.entries for f in entry.fields if f.rule}:
            rule = self.policy.rule(name)
            over = {
                str(canon(self.facts.values(row)["id"]))
                for row in self.facts.rows
                if row.place.collection == "users" and self.facts.rule_of(row) == rule and self._over(row, rule)
            }
            theirs = self.facts.by_accounts(frozenset(over))
            for row in theirs - self.protected:
                entry, own, draft = self.facts.entry[row], self.facts.rule_of(row), drafts.get(row)
                acts = draft is not None and draft.disposition in (Disposition.DELETE, Disposition.ANONYMISE)
                if entry and own and own.name != name and self._by_request(name) and not acts:
                    fields = tuple(f for f in entry.fields if f.rule == name)
                    outcome.left[row] |= self._erased(row, fields)

    def _changes(self, row: Row, made: Values) -> bool:
        return any(self.facts.values(row)[name] != value for name, value in made.items())

    def _erased(self, row: Row, rules: tuple[FieldRule, ...]) -> Values:
        """What declared fields become: nothing, or what the column allows in its place."""
        collection = self.world.collections[row.place]
        fields = [rule for rule in rules if not rule.keep]
        return {rule.path[0]: self._blank(row, collection, rule.path[0], rule.become) for rule in fields}

    def _blank(self, row: Row, collection: Collection, name: str, become: str | None = None) -> object:
        found = collection.field(name)
        assert found is not None
        if become is not None:
            return become
        if found.nullable:
            return None
        if (name,) in collection.uniques:
            return "erased-" + "-".join(str(canon(self.facts.values(row)[part])) for part in collection.key)
        return BLANKS[found.type]

    def _tombstone(self, row: Row) -> Values:
        """Nothing but keys, what says whose it is and when it began, and fields declared `keep`."""
        entry, collection = self.facts.entry[row], self.world.collections[row.place]
        assert entry is not None
        values = dict(self.facts.values(row))
        kept = self._structure(entry, collection) | {rule.path[0] for rule in entry.fields if rule.keep}
        become = {rule.path[0]: rule.become for rule in entry.fields}
        for one in collection.fields:
            if one.name not in kept:
                values[one.name] = self._blank(row, collection, one.name, become.get(one.name))
        return values | self._closed(row, entry, values)

    def _closed(self, row: Row, entry: Entry, values: Values) -> Values:
        """An account that stays as a tombstone is closed by the request, if it was not before."""
        parts = entry.start.parts if entry.start else ()
        if row.place.collection != "users" or len(parts) != 1 or parts[0].source is not None:
            return {}
        name, clock = parts[0].path[0], parts[0].clock
        if values[name] is not None or clock.missing or clock.never:
            return {}
        return {name: stored(self.world.as_of, clock, self.world.collections[row.place].field(name))}

    def _structure(self, entry: Entry, collection: Collection) -> set[str]:
        names = set(collection.key)
        names |= _where_names(entry)
        hows = [link.how for link in entry.links] + ([entry.part_of] if entry.part_of else [])
        for how in hows:
            if isinstance(how, DirectLink | ViaLink | ThroughLink):
                names |= {path[0] for path in how.fields}
        for part in entry.start.parts if entry.start else ():
            names |= {path[0] for path in (part.fields or (part.path,))}
        for one in self.policy.entries:  # dates that others' periods begin with
            for part in one.start.parts if one.start else ():
                if part.source == entry.place:
                    names.add(part.path[0])
        for reference in collection.references:
            names |= {n for n in reference.fields if (f := collection.field(n)) is not None and not f.nullable}
        return names


def _named(codes: Iterable[Code]) -> frozenset[Why]:
    return frozenset(Why(code.value) for code in codes)


def _where_names(entry: Entry) -> set[str]:
    return {"kind"} if "kind" in repr(entry.where) else set()
