"""The executor: does what a plan says, unit by unit, journalled, and checks every step on a new connection.

`resume` is this very path: finished steps are skipped, a started one goes on until nothing of it is left.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsr.core.errors import DsrError, GuardError, StalePlanError, TransientError, UnknownOutcomeError, UnsupportedError
from dsr.core.journal import Journal, Run
from dsr.core.plan import Disposition, Outcome, Plan
from dsr.core.policy import Place, ViaLink
from dsr.core.progress import Progress
from dsr.core.select import Not, Rewritten, Selection, both
from dsr.core.store import Rewrites, Store, Unit
from dsr.engine.estate import Estate
from dsr.engine.foreign import Foreign
from dsr.engine.planner import Planned, Work
from dsr.engine.references import needed_by
from dsr.engine.totalling import Totalling

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
        self._checking = checking
        self._recheck = Foreign(checking, estate.live)
        self._totalling = Totalling(estate)

    def apply(self, planned: Planned, run: Run) -> tuple[Result, ...]:
        """Do every step in order. A failed step keeps everything that its records refer to untouched."""
        rows = {row.number: row for row in self._journal.steps(run)}
        results: list[Result] = []
        waiting = self._lost(planned.plan)
        acting = sum(work.step.count for work in planned.works if work.step.disposition.acts)
        self._progress.begin("apply", acting)
        for work in planned.works:
            row = rows[work.step.number]
            if not work.step.disposition.acts:
                continue
            if row.outcome is not None and row.outcome.settled:
                results.append(Result(work, row.outcome, row.count, row.detail))
                continue
            if work.place in waiting:
                results.append(Result(work, Outcome.PENDING, 0, _WAITS))
                continue
            result = self._step(work, run, planned.plan)
            results.append(result)
            if not result.outcome.settled:
                waiting |= needed_by(self._estate, work.place)
        self._progress.end()
        results.extend(self._kept(work) for work in planned.works if not work.step.disposition.acts)
        for result in results:
            if not result.work.step.disposition.acts:
                number = result.work.step.number
                self._journal.step_finished(run, number, result.outcome, result.count, result.detail)
        return tuple(sorted(results, key=lambda r: r.work.step.number))

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

    def _step(self, work: Work, run: Run, plan: Plan) -> Result:
        self._journal.step_started(run, work.step.number)
        done = 0
        try:
            for unit in self._units(work, plan):
                self._journal.unit_done(run, work.step.number, unit.count)
                self._progress.advance(unit.count)
                done += unit.count
            result = self._checked(work)
        except StalePlanError:
            raise
        except UnknownOutcomeError as error:
            result = Result(work, Outcome.UNKNOWN, done, str(error))
        except TransientError as error:
            result = Result(work, Outcome.PENDING, done, str(error))
        except UnsupportedError as error:
            result = Result(work, Outcome.UNSUPPORTED, done, str(error))
        except GuardError as error:
            result = Result(work, Outcome.FAILED, done, str(error))
        if result.outcome not in (Outcome.UNKNOWN, Outcome.PENDING):  # these stay open for `resume`
            self._journal.step_finished(run, work.step.number, result.outcome, result.count, result.detail)
        return result

    def _units(self, work: Work, plan: Plan) -> Iterator[Unit]:
        """The units of a step; before each one the hold register is read again."""
        units = self._acts(work, plan)
        while True:
            self._unheld(plan.holds)
            unit = next(units, None)
            if unit is None:
                return
            yield unit

    def _acts(self, work: Work, plan: Plan) -> Iterator[Unit]:
        store, left = self._estate.stores[work.place.store], work.step.ceiling
        if work.adding is not None:
            yield from self._totalling.units(work.place, work.selection, work.adding, plan.digest, left)
            return
        for piece in self._foreign.expand(work.selection, work.place.store):
            for unit in self._act(store, work, piece, left):
                left -= unit.count
                yield unit

    def _act(self, store: Store, work: Work, piece: Selection, ceiling: int) -> Iterator[Unit]:
        if work.step.disposition is Disposition.DELETE:
            return store.delete(piece, ceiling)
        if not isinstance(store, Rewrites):
            raise UnsupportedError(f"{work.place}: the store cannot change fields in place.")
        return store.rewrite(piece, work.changes, ceiling)

    def _unheld(self, generation: int) -> None:
        if self._journal.generation() != generation:
            raise StalePlanError(
                "The register of holds changed while the plan was applied; nothing more was done. "
                "Make a new plan: it will respect the holds of now."
            )

    def _checked(self, work: Work) -> Result:
        """Look again over another connection: nothing of the step may be left."""
        where = work.selection.where
        if work.changes:
            where = both(where, Not(Rewritten(work.changes)))
        left = self._count(Selection(work.selection.collection, where), work.place.store)
        if left:
            return Result(work, Outcome.FAILED, work.step.count, f"{left} records are still there")
        deleted = work.step.disposition is Disposition.DELETE
        outcome = Outcome.ABSENT if work.step.count == 0 else Outcome.REMOVED if deleted else Outcome.REWRITTEN
        return Result(work, outcome, work.step.count)

    def _kept(self, work: Work) -> Result:
        """Retained and held records must all be there afterwards."""
        held = work.step.disposition is Disposition.HOLD
        good = Outcome.HELD if held else Outcome.RETAINED
        try:
            count = self._count(work.selection, work.place.store)
        except DsrError as error:
            return Result(work, Outcome.UNKNOWN, work.step.count, str(error))
        if count < work.step.count:
            lost = work.step.count - count
            return Result(work, Outcome.FAILED, count, f"{lost} records that had to stay are not there")
        return Result(work, good, work.step.count)

    def _count(self, selection: Selection, store: str) -> int:
        opened = self._checking[store]
        return sum(opened.count(piece) for piece in self._recheck.expand(selection, store))


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
