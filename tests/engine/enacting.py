"""Plans and runs of drawn worlds, with a journal in memory that can stop the executor at any call."""

from collections.abc import Iterable
from dataclasses import replace

from building import NOW
from generating import World
from grounds import Stores

from dsr.core.holds import Hold, HoldKind, Holds, HoldScope
from dsr.core.journal import Ending, Run, StepRow, StepState
from dsr.core.plan import Outcome
from dsr.core.progress import Silent
from dsr.core.subject import Subject
from dsr.engine.draft import Scope
from dsr.engine.estate import survey
from dsr.engine.executor import Executor, Result
from dsr.engine.identity import Ask, Resolver
from dsr.engine.planner import Planned, Planner

RUN = Run(1, "P-1", NOW, key="drawn/1", token=1)
GENERATION = 7


class Stopped(BaseException):
    """Stands for the end of the process."""


class Notes:
    """A journal in memory. With `stop` it ends the process at that call, before anything is written."""

    def __init__(self, planned: Planned, stop: int | None = None) -> None:
        self._rows = {work.step.number: StepRow(work.step.number, work.step.count) for work in planned.works}
        self.stop, self.calls, self._generation = stop, 0, planned.plan.holds

    def step_started(self, run: Run, number: int) -> StepRow:
        self._call()
        before = self._rows[number]
        self._rows[number] = replace(before, state=StepState.STARTED)
        return before

    def unit_begins(self, run: Run, number: int, store: str, holds: int) -> None:
        self._call()

    def unit_ends(self, run: Run) -> None:
        self._call()

    def step_settled(self, run: Run, number: int, units: int, count: int) -> None:
        self._call()
        self._rows[number] = replace(self._rows[number], units=units, count=count, effected=count)

    def unit_done(self, run: Run, number: int, count: int) -> None:
        self._call()
        row = self._rows[number]
        self._rows[number] = replace(row, units=row.units + 1, count=row.count + count, effected=row.effected + count)

    def step_finished(self, run: Run, number: int, outcome: Outcome, count: int, detail: str = "") -> None:
        self._call()
        row = self._rows[number]
        self._rows[number] = replace(row, state=StepState.FINISHED, outcome=outcome, count=count, detail=detail)

    def steps_finished(self, run: Run, endings: Iterable[Ending]) -> None:
        for one in endings:
            self.step_finished(run, one.number, one.outcome, one.count, one.detail)

    def steps(self, run: Run) -> tuple[StepRow, ...]:
        return tuple(self._rows[number] for number in sorted(self._rows))

    def generation(self) -> int:
        return self._generation

    def _call(self) -> None:
        if self.calls == self.stop:
            raise Stopped
        self.calls += 1


def resolver(world: World, stores: Stores, token: str) -> Resolver:
    """Finds people, all under one token."""
    return Resolver(survey(world.policy, stores), lambda accounts, values: token)


class People:
    """The subjects of a world: those asked for, those of each hold, and the restricted ones."""

    def __init__(self, world: World, stores: Stores) -> None:
        self._resolver = resolver(world, stores, "S-00000001")
        self.asked = self._found(*world.asked)
        matters = tuple(
            Hold(
                f"H-{number}",
                "M-1",
                "a dispute",
                "a court",
                HoldScope(
                    None if one.accounts is None else self._found(*(("user_id", a) for a in one.accounts)),
                    one.rules,
                    one.collections,
                    one.fields,
                    one.where,
                    one.since,
                    one.until,
                ),
                "a reviewer",
                NOW,
            )
            for number, one in enumerate(world.holds)
        )
        theirs = HoldScope(self._found(*(("user_id", account) for account in world.restricted)))
        own = Hold("H-99", "R-1", "", "", theirs, "a clerk", NOW, kind=HoldKind.RESTRICTION)
        self.holds = (*((own,) if world.restricted else ()), *matters)

    def _found(self, *asks: tuple[str, str]) -> tuple[Subject, ...]:
        answers = self._resolver.resolve(Ask((ask,), merge=True) for ask in asks)
        return tuple(answer.subject for answer in answers if answer.subject is not None)


def subjects(world: World, stores: Stores) -> People:
    """Everybody whom a world names, found once."""
    return People(world, stores)


def planned(world: World, stores: Stores, people: People) -> Planned:
    """A plan."""
    return _planner(world, stores, people).plan("P-1", NOW, Silent())


def again(world: World, stores: Stores, people: People, made: Planned) -> Planned:
    """The works of a plan, computed anew."""
    return _planner(world, stores, people).again(made.plan)


def enact(world: World, stores: Stores, checking: Stores, made: Planned, notes: Notes) -> tuple[Result, ...]:
    """Apply a plan."""
    return Executor(survey(world.policy, stores), checking, notes, Silent()).apply(made, RUN)


def _planner(world: World, stores: Stores, people: People) -> Planner:
    scope = Scope(people.asked if world.asked else None)
    return Planner(survey(world.policy, stores), scope, Holds(GENERATION, people.holds), world.as_of)
