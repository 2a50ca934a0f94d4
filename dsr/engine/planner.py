"""The planner: from a scope to the frozen list of dispositions. Purge and erasure are one planner with two scopes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from dsr.core.errors import StalePlanError, StoreUnreachableError
from dsr.core.holds import Holds
from dsr.core.plan import Disposition, Gap, Plan, Step, Why, sealed
from dsr.core.policy import Place
from dsr.core.progress import Progress
from dsr.core.select import Change, Selection
from dsr.core.store import Reports, Rewrites
from dsr.engine.counting import Counted, Counter, kept_with_parents, together
from dsr.engine.draft import Draft, Scope
from dsr.engine.estate import Estate
from dsr.engine.ordering import order
from dsr.engine.parts import Part
from dsr.engine.references import Knot, settle
from dsr.engine.rewriting import in_words
from dsr.engine.totalling import Adding, adding

_TIED = (
    "{} records are named by records of {} that cannot be deleted before them, nor after them; they are emptied and "
    "stay. Let a column of this circle that does not say whose the record is be empty, and make a new plan."
)
_UNDATED = (Why.NO_START, Why.IMPLAUSIBLE)
_ACTS = {Disposition.REWRITE: 0, Disposition.ANONYMISE: 1, Disposition.DELETE: 2}


@dataclass(frozen=True, slots=True)
class Work:
    """A step with what is needed to do it. It is recomputed from the policy and the frozen subjects, never stored."""

    step: Step
    part: Part
    adding: Adding | None = None

    @property
    def place(self) -> Place:
        """Where the records lie."""
        return self.part.place

    @property
    def selection(self) -> Selection:
        """The records."""
        return self.part.selection

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is rewritten in them."""
        return self.part.changes


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan and its works, step by step."""

    plan: Plan
    works: tuple[Work, ...]


class Planner:
    """Plans one scope on one estate, at one date, under the holds of one moment."""

    def __init__(self, estate: Estate, scope: Scope, holds: Holds, as_of: datetime) -> None:
        self._estate, self._scope, self._holds, self._as_of = estate, scope, holds, as_of
        self._gaps: list[Gap] = list(estate.gaps)
        self._knots: tuple[Knot, ...] = ()

    def plan(self, plan_id: str, made_at: datetime, progress: Progress, extra: tuple[Gap, ...] = ()) -> Planned:
        """Decide, settle references, count. `extra` gaps are what coverage found."""
        works = self._counted(self.parts(), progress)
        self._gaps.extend(self._tied())
        self._gaps.extend(unreadable(self._estate))
        subjects = self._scope.subjects
        plan = Plan(
            id=plan_id,
            scope="expired" if subjects is None else "subject" if self._scope.rules is None else "objection",
            subjects=tuple(sorted(subject.token for subject in subjects or ())),
            as_of=self._as_of,
            made_at=made_at,
            policy=self._estate.policy.digest,
            holds=self._holds.generation,
            schema=self._estate.fingerprints(),
            steps=tuple(work.step for work in works),
            gaps=tuple(dict.fromkeys((*self._gaps, *extra))),
            rules=tuple(sorted(self._scope.rules or ())),
        )
        return Planned(sealed(plan), works)

    def parts(self) -> list[Part]:
        """The parts in the order of execution: referring records first, rewriting before deleting."""
        draft = Draft(self._estate, self._scope, self._holds, self._as_of)
        settled = settle(self._estate, draft.parts(), self._holds, self._as_of)
        self._gaps.extend((*draft.gaps, *settled.gaps))
        self._knots = settled.knots
        rank = {place: number for number, place in enumerate(order(self._estate))}
        return sorted(settled.parts, key=lambda p: (rank[p.ahead_of or p.place], not p.ahead_of, _act_rank(p)))

    def again(self, plan: Plan) -> Planned:
        """The works of a plan that was made before from the same policy, subjects and holds; nothing is counted.

        A part's place in the order is the step's number, so they fit whatever has happened to the data since.
        """
        parts = self.parts()
        works = [self._work(s, parts[s.number - 1]) for s in plan.steps if s.number <= len(parts)]
        fits = len(works) == len(plan.steps) and all(
            (work.place.store, work.place.collection) == (work.step.store, work.step.collection)
            and tuple(in_words(change) for change in work.changes) == work.step.changes
            and _into(work.adding) == work.step.into
            for work in works
        )
        if not fits:
            raise StalePlanError(f"Plan {plan.id} no longer fits its policy and stores. Make a new plan.")
        return Planned(plan, tuple(works))

    def _counted(self, parts: list[Part], progress: Progress) -> tuple[Work, ...]:
        found = kept_with_parents(parts, self._counts(parts, progress))
        works: list[Work] = []
        for place, part in enumerate(parts):
            counted = found.get(place)
            if counted is not None and (counted.count or part.disposition.acts):
                self._check(part, counted.count)
                works.append(self._work(_step(place + 1, part, counted), part))
        return tuple(works)

    def _counts(self, parts: list[Part], progress: Progress) -> dict[int, Counted]:
        """Counts by the part's place in the list; parts in stores that do not answer have none."""
        counter = Counter(self._estate)
        found: dict[int, Counted] = {}
        lost: set[str] = {gap.where for gap in self._gaps if gap.kind == "unreachable"}
        progress.begin("plan", len(parts))
        for places in together(parts):
            some = [parts[place] for place in places]
            store = some[0].place.store
            if store not in lost:
                try:
                    found |= zip(places, counter.count(some), strict=True)
                except StoreUnreachableError as error:
                    lost.add(store)
                    self._gaps.append(Gap("unreachable", store, str(error)))
            progress.advance(len(some))
        progress.end()
        return found

    def _tied(self) -> Iterator[Gap]:
        """Records that refer to each other so that none can go first, where there are any."""
        counter = Counter(self._estate)
        lost = {gap.where for gap in self._gaps if gap.kind == "unreachable"}
        for knot in self._knots if not lost else ():
            count = counter.plain(knot.place.store, knot.selection)
            if count:
                yield Gap("unsupported", str(knot.place), _TIED.format(count, knot.child))

    def _work(self, step: Step, part: Part) -> Work:
        added = None
        limit = self._estate.policy.rule(step.rule).keep_at_most if part.entry and part.totals else None
        if part.disposition is Disposition.DELETE and part.entry and part.totals and limit is not None:
            cutoff = limit.cutoff(self._as_of, self._estate.policy.controller.timezone)
            added = adding(self._estate, part.entry, part.totals, cutoff)
        work = Work(step, part, added)
        return work if step.into else replace(work, step=replace(step, into=_into(added)))

    def _check(self, part: Part, count: int) -> None:
        # a field that goes early is the first reason, and says nothing of why the record stays
        why = next((reason.why for reason in part.reasons if reason.why is not Why.FIELD_RULE), None)
        if count and self._scope.subjects is not None and why in _UNDATED:
            what = "no start date" if why is Why.NO_START else "a start date too early to be true"
            text = f"{count} records have {what}; the law's period cannot be computed. Enter the date."
            self._gaps.append(Gap(why.value, _name(part), text))
        if part.changes and count and not isinstance(self._estate.stores[part.place.store], Rewrites):
            text = "The store cannot change fields in place; let the records be deleted instead."
            self._gaps.append(Gap("unsupported", str(part.place), text))


def unreadable(estate: Estate) -> tuple[Gap, ...]:
    """What stores met on the way and could not read: nobody knows whose it is, so nothing is complete."""
    reporting = ((name, store) for name, store in estate.stores.items() if isinstance(store, Reports))
    return tuple(Gap("unreadable", name, problem) for name, store in reporting for problem in store.problems())


def _act_rank(part: Part) -> int:
    return _ACTS.get(part.disposition, 3)


def _into(added: Adding | None) -> str:
    return "" if added is None else str(added.totals.into)


def _name(part: Part) -> str:
    return part.entry.name if part.entry else str(part.place)


def _step(number: int, part: Part, counted: Counted) -> Step:
    return Step(
        number=number,
        store=part.place.store,
        collection=part.place.collection,
        entry=_name(part),
        rule=part.reasons[0].rule,
        disposition=part.disposition,
        count=counted.count,
        reasons=part.reasons,
        changes=tuple(in_words(change) for change in part.changes),
        until=counted.until,
    )
