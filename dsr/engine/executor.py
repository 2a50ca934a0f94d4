"""The executor: does what a plan says, unit by unit, journalled, and checks every step on a new connection.

`resume` is this very path: finished steps are skipped, a started one goes on until nothing of it is left.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dsr.core.errors import DsrError, GuardError, StalePlanError, TransientError, UnknownOutcomeError, UnsupportedError
from dsr.core.fence import Permit, Receipts
from dsr.core.journal import HOLDS_CHANGED, Ending, Journal, Run, StepRow
from dsr.core.plan import Disposition, Outcome, Plan
from dsr.core.policy import Place, ViaLink
from dsr.core.progress import Progress
from dsr.core.select import Not, Rewritten, Selection, both
from dsr.core.store import Fences, Rewrites, Store, Unit
from dsr.engine.counting import Counter, together
from dsr.engine.estate import Estate
from dsr.engine.fencing import Admitted, admit
from dsr.engine.foreign import Foreign
from dsr.engine.ordering import needed_by
from dsr.engine.planner import Planned, Work
from dsr.engine.totalling import Totalling
from dsr.engine.walking import crosses

_ATTEMPTS = 3  # at a step whose answer got lost, before it is left as unknown
_CAME = "{} records came that the plan did not see; make a new plan for them"
_LOST = "{} records of the person were to go and are not found by this step any more; make a new plan for them"
_OUTCOMES: dict[type[DsrError], Outcome] = {
    UnknownOutcomeError: Outcome.UNKNOWN,
    TransientError: Outcome.PENDING,
    UnsupportedError: Outcome.UNSUPPORTED,
    GuardError: Outcome.FAILED,
}
_OPEN = (Outcome.UNKNOWN, Outcome.PENDING)  # `resume` takes these up again
_WAITS = "waits for records that refer to it, or may do so in a store that does not answer"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one step: how many records, and what was found when it was checked."""

    work: Work
    outcome: Outcome
    count: int
    detail: str = ""


class Executor:
    """Applies one plan. `checking` are stores opened anew: verification shares no connection with the act."""

    def __init__(self, estate: Estate, checking: Mapping[str, Store], journal: Journal, progress: Progress) -> None:
        self._estate, self._journal, self._progress = estate, journal, progress
        self._foreign = Foreign(estate.stores, estate.live)
        self._fenced: Mapping[str, Fences] = {}
        self._planned: Planned | None = None
        self._again = Counter(estate, checking)
        self._totalling = Totalling(estate)

    def apply(self, planned: Planned, run: Run) -> tuple[Result, ...]:
        """Do every step in order. A failed step keeps everything that its records refer to untouched."""
        self._planned = planned
        rows = {row.number: row for row in self._journal.steps(run)}
        results: dict[int, Result] = {}
        waiting = self._lost(planned.plan)
        admitted = admit(self._estate.stores, planned, run, self._journal.generation)
        self._fenced = admitted.fenced
        acting = [work for work in planned.works if work.step.disposition.acts]
        self._progress.begin("apply", sum(work.step.count for work in acting))
        for work in planned.works:
            number, acts = work.step.number, work.step.disposition.acts
            row = rows[number]
            if number in results or (not acts and not crosses(work.selection.where)):
                continue  # kept ones are looked at in the end; what one of another store leads to may be gone by then
            if row.outcome is not None and row.outcome.settled:
                results[number] = Result(work, row.outcome, row.count, row.detail)
                continue
            if acts and work.place in waiting:
                results[number] = Result(work, Outcome.PENDING, 0, _WAITS)
                continue
            made = self._made(work, planned.plan, run, admitted, _empty_beside(work, acting, rows))
            results |= {result.work.step.number: result for result in made}
            if not all(result.outcome.settled for result in made):
                waiting |= needed_by(self._estate, work.place)
        self._progress.end()
        kept = self._still_there([work for work in planned.works if work.step.number not in results], run)
        return tuple(sorted((*results.values(), *kept), key=lambda r: r.work.step.number))

    def _made(self, work: Work, plan: Plan, run: Run, admitted: Admitted, beside: Iterator[Work]) -> tuple[Result, ...]:
        """What becomes of one step now, or of several that nothing has to be done for."""
        if not work.step.disposition.acts:
            return self._still_there([work], run)
        silent = admitted.silent.get(work.place.store)
        if silent is not None:
            return (Result(work, Outcome.PENDING, 0, silent),)
        return self._empty(beside, plan, run) if _is_empty(work) else (self._step(work, run, plan),)

    def _still_there(self, works: Sequence[Work], run: Run) -> tuple[Result, ...]:
        """Kept records, looked at and written down."""
        kept = tuple(self._kept(works))
        self._journal.steps_finished(run, [_ending(result) for result in kept])
        return kept

    def _lost(self, plan: Plan) -> set[Place]:
        """What waits for stores that did not answer the plan: the accounts, and all that records there may refer to.

        Without the account nobody could find those records again.
        """
        lost = {gap.where for gap in plan.gaps if gap.kind == "unreachable"}
        if not lost:
            return set()
        found = {anchor.ref.place for anchor in self._estate.policy.anchors}
        for entry in self._estate.policy.entries:
            links = (entry.part_of, *(link.how for link in entry.links)) if entry.place.store in lost else ()
            parents = {link.to for link in links if isinstance(link, ViaLink) and link.to in self._estate.live}
            found |= parents.union(*(needed_by(self._estate, parent) for parent in parents))
        return found

    def _empty(self, works: Iterable[Work], plan: Plan, run: Run) -> tuple[Result, ...]:
        """Steps for which the plan saw no record: nothing is done in them, and nothing may have come meanwhile."""
        some = tuple(works)
        if self._journal.generation() != plan.holds:
            raise StalePlanError(HOLDS_CHANGED)
        results: tuple[Result, ...]
        try:
            results = tuple(
                Result(work, Outcome.FAILED, 0, _CAME.format(count)) if count else Result(work, Outcome.ABSENT, 0)
                for work, count in zip(some, self._numbers(some), strict=True)
            )
        except DsrError as error:
            results = tuple(_failed(work, 0, error) for work in some)
        self._journal.steps_finished(run, [_ending(one) for one in results if one.outcome not in _OPEN])
        return results

    def _step(self, work: Work, run: Run, plan: Plan) -> Result:
        row = self._journal.step_started(run, work.step.number)
        done = 0
        try:
            done = self._done(work, run, plan, row)
            result = self._checked(work, done)
        except StalePlanError:
            raise
        except (UnknownOutcomeError, TransientError, UnsupportedError, GuardError) as error:
            result = _failed(work, done, error)
        if result.outcome not in _OPEN:
            self._journal.steps_finished(run, [_ending(result)])
        return result

    def _done(self, work: Work, run: Run, plan: Plan, row: StepRow) -> int:
        """Draw all units of a step; how many records they took, interrupted attempts included.

        Where the store keeps receipts a lost answer is settled by reading them, and the step goes on.
        """
        store = self._fenced.get(work.place.store)
        if store is None:
            return sum(self._drawn(work, run, plan, work.step.ceiling))
        number = work.step.number
        written = Receipts(row.units, row.count) if row.count == row.effected else None
        for attempt in range(_ATTEMPTS):
            try:
                before = store.permit(Permit(run.key, number, run.token, plan.holds))
                written = self._settled(run, number, before, written)
                for count in self._drawn(work, run, plan, work.step.ceiling - before.records):
                    written = Receipts(written.units + 1, written.records + count)
                return self._settled(run, number, store.receipts(run.key, number), written).records
            except UnknownOutcomeError:
                if attempt + 1 == _ATTEMPTS:
                    raise
            finally:
                store.permit(None)
        raise AssertionError("unreachable")

    def _settled(self, run: Run, number: int, found: Receipts, written: Receipts | None) -> Receipts:
        """The receipts that were found; the journal is told where it says otherwise."""
        if found != written:
            self._journal.step_settled(run, number, found.units, found.records)
        return found

    def _drawn(self, work: Work, run: Run, plan: Plan, ceiling: int) -> Iterator[int]:
        for unit in self._units(work, run, plan, ceiling):
            self._journal.unit_done(run, work.step.number, unit.count)
            self._progress.advance(unit.count)
            yield unit.count

    def _units(self, work: Work, run: Run, plan: Plan, left: int) -> Iterator[Unit]:
        """The units of a step; before each one the hold register is read again."""
        units = self._acts(work, plan, left)
        while (unit := self._unit(units, work, run, plan.holds)) is not None:
            yield unit

    def _acts(self, work: Work, plan: Plan, left: int) -> Iterator[Unit]:
        store = self._estate.stores[work.place.store]
        if work.adding is not None:
            yield from self._totalling.units(work.place, work.selection, work.adding, plan.digest, left)
            return
        for piece in self._foreign.expand(work.selection, work.place.store):
            for unit in self._act(store, work, piece, left):
                left -= unit.count
                yield unit

    def _unit(self, units: Iterator[Unit], work: Work, run: Run, generation: int) -> Unit | None:
        """The next unit. A store without fences acts only while its gate is open, so that a hold can wait for it."""
        if work.place.store in self._fenced:
            if self._journal.generation() != generation:
                raise StalePlanError(HOLDS_CHANGED)
            return next(units, None)
        self._journal.unit_begins(run, work.step.number, work.place.store, generation)
        unit = None
        try:
            unit = next(units, None)
        finally:
            if unit is None:
                self._journal.unit_ends(run)
        return unit

    def _act(self, store: Store, work: Work, piece: Selection, ceiling: int) -> Iterator[Unit]:
        if work.step.disposition is Disposition.DELETE:
            return store.delete(piece, ceiling)
        if not isinstance(store, Rewrites):
            raise UnsupportedError(f"{work.place}: the store cannot change fields in place.")
        return store.rewrite(piece, work.changes, ceiling)

    def _checked(self, work: Work, done: int) -> Result:
        """Look again over another connection: nothing of the step may be left."""
        where = work.selection.where
        if work.changes:
            where = both(where, Not(Rewritten(work.changes)))
        left = self._count(Selection(work.selection.collection, where), work.place.store)
        if left:
            return Result(work, Outcome.FAILED, done, f"{left} records are still there")
        lost = self._lost_sight_of(work) if done < work.step.count else 0
        if lost:
            return Result(work, Outcome.FAILED, done, _LOST.format(lost))
        deleted = work.step.disposition is Disposition.DELETE
        # without receipts the honest count is what was planned and is absent now
        count = done if work.place.store in self._fenced else work.step.count
        outcome = Outcome.ABSENT if count == 0 else Outcome.REMOVED if deleted else Outcome.REWRITTEN
        return Result(work, outcome, count)

    def _lost_sight_of(self, work: Work) -> int:
        """Records of the person that no step accounts for, where fewer went than were planned.

        What decides about them may have gone before them: then nothing chooses them any more, and they are there.
        """
        part, planned = work.part, self._planned
        if planned is None or planned.plan.scope != "subject" or part.entry is None or part.entry.part_of is not None:
            return 0
        if work.step.disposition is not Disposition.DELETE:
            return 0
        beside = (one for one in planned.works if one is not work and one.part.scope == part.scope)
        there = sum(
            one.step.count
            for one in beside
            if one.place == work.place
            and (one.step.disposition is not Disposition.DELETE or one.step.number > work.step.number)
        )
        return max(0, self._count(Selection(part.place.collection, part.scope), work.place.store) - there)

    def _kept(self, works: Iterable[Work]) -> Iterator[Result]:
        """Retained and held records must all be there afterwards."""
        for some in _together(works):
            try:
                counts = self._numbers(some)
            except DsrError as error:
                yield from (Result(work, Outcome.UNKNOWN, work.step.count, str(error)) for work in some)
                continue
            for work, count in zip(some, counts, strict=True):
                held = work.step.disposition is Disposition.HOLD
                result = Result(work, Outcome.HELD if held else Outcome.RETAINED, work.step.count)
                if count < work.step.count:
                    text = f"{work.step.count - count} records that had to stay are not there"
                    result = Result(work, Outcome.FAILED, count, text)
                yield result

    def _numbers(self, works: Sequence[Work]) -> tuple[int, ...]:
        """How many records each selects now, seen over the other connection."""
        return self._again.numbers([work.part for work in works])

    def _count(self, selection: Selection, store: str) -> int:
        return self._again.plain(store, selection)


def _together(works: Iterable[Work]) -> Iterator[tuple[Work, ...]]:
    some = tuple(works)
    for numbers in together([work.part for work in some]):
        yield tuple(some[number] for number in numbers)


def _empty_beside(work: Work, acting: Iterable[Work], rows: Mapping[int, StepRow]) -> Iterator[Work]:
    """The step, and the other empty ones in its collection that are as open as it is."""
    for one in acting:
        outcome = rows[one.step.number].outcome
        beside = (one.part.place, one.part.scope) == (work.part.place, work.part.scope)
        if beside and _is_empty(one) and (outcome is None or not outcome.settled):
            yield one


def _is_empty(work: Work) -> bool:
    return work.step.disposition.acts and work.step.count == 0 and work.adding is None


def _failed(work: Work, done: int, error: DsrError) -> Result:
    for kind, outcome in _OUTCOMES.items():
        if isinstance(error, kind):
            return Result(work, outcome, done, str(error))
    raise error


def _ending(result: Result) -> Ending:
    return Ending(result.work.step.number, result.outcome, result.count, result.detail)


def overall(results: tuple[Result, ...]) -> Outcome:
    """The outcome of a whole run: the worst of its steps."""
    outcomes = {result.outcome for result in results}
    for bad in (Outcome.UNKNOWN, Outcome.FAILED, Outcome.UNSUPPORTED, Outcome.PENDING):
        if bad in outcomes:
            return bad
    if outcomes and outcomes <= {Outcome.HELD}:
        return Outcome.HELD
    for good in (Outcome.REMOVED, Outcome.REWRITTEN, Outcome.RETAINED, Outcome.HELD):
        if good in outcomes:
            return good
    return Outcome.ABSENT
