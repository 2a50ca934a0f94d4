"""Random histories: people are erased, held, released, purged, killed and resumed in any order, and a checker looks on.

It knows nothing of plans but whom they were for. After every act: what is covered by a hold that was acknowledged is
there still; nobody lost a row for whom nothing was planned. In the end: receipts, journals and certificates count what
is gone, each row once.
"""

from contextlib import suppress
from dataclasses import dataclass, field

from faults import Child, Scene

from dsr.core.errors import DsrError
from dsr.jobs import certifying, holds
from dsr.jobs.apply import resume
from dsr.jobs.covering import Wish
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.plans import cancel

PEOPLE, NOTES = 6, 12
_ALL = "SELECT id, user_id FROM notes"


@dataclass(slots=True)
class History:
    """What was seen so far. `held` are the notes that a hold covered when it was acknowledged."""

    at: Scene
    there: set[tuple[int, int]] = field(default_factory=set)
    planned: set[int] = field(default_factory=set)
    held: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    gone: int = 0

    def look(self) -> None:
        """Whatever disappeared since was allowed to."""
        now = {(int(id), int(who)) for id, who in self.at.made.rows(_ALL)}
        lost = self.there - now
        self.gone += len(lost)
        self.there = now
        assert {who for _, who in lost} <= self.planned, "somebody lost a row for whom nothing was planned"
        for hold, covered in self.held.items():
            assert not covered & lost, f"rows disappeared under {hold}"

    def erase(self) -> None:
        """In another process, which may be killed; meanwhile something else may happen."""
        who = self.at.dice.randrange(3, 3 + PEOPLE)
        with suppress(DsrError), self.at.made.session() as session:
            self.at.plan = plan_erasure(session, [Asked((("user_id", str(who)),))]).id
            self.planned.add(who)
        child = self.at.start(Child(kill=self.at.dice.choice((0, self.at.dice.randrange(1, 40)))))
        if self.at.dice.random() < 0.5:
            self.at.dice.choice((self.hold, self.release, self.cancel))()
        child.join()

    def resume(self) -> None:
        with suppress(DsrError), self.at.made.session() as session:
            resume(session)

    def cancel(self) -> None:
        with suppress(DsrError), self.at.made.session() as session:
            cancel(session, self.at.plan)

    def hold(self) -> None:
        who = self.at.dice.randrange(3, 3 + PEOPLE)
        with suppress(DsrError), self.at.made.session() as session:
            shown = holds.place(session, Wish("M-1", "a dispute", "a court"), [Asked((("user_id", str(who)),))])
            if not shown.pending:
                covered = {(int(id), int(one)) for id, one in self.at.made.rows(_ALL) if int(one) == who}
                self.held[shown.hold.id] = covered

    def release(self) -> None:
        if self.held:
            hold = self.at.dice.choice(sorted(self.held))
            self.look()
            del self.held[hold]
            with self.at.made.session() as session:
                holds.release(session, hold, "settled")


def random_history(at: Scene, acts: int = 12) -> None:
    """Some acts, then everything is released and resumed, and the sums are compared."""
    _people(at)
    seen = History(at)
    seen.there = {(int(id), int(who)) for id, who in at.made.rows(_ALL)}
    for _ in range(acts):
        at.dice.choice((seen.erase, seen.erase, seen.erase, seen.resume, seen.hold, seen.release, seen.cancel))()
        seen.look()
    while seen.held:
        seen.release()
    seen.resume()
    seen.look()
    _sums(at, seen.gone)


def _people(at: Scene) -> None:
    everyone = range(3, 3 + PEOPLE)
    rows = (f"({who * 100 + n}, {who}, '2026-11-01')" for who in everyone for n in range(NOTES))
    at.made.run(
        "INSERT INTO users VALUES " + ", ".join(f"({who}, 'p{who}@example.com', NULL)" for who in everyone),
        "INSERT INTO notes VALUES " + ", ".join(rows),
    )


def _sums(at: Scene, gone: int) -> None:
    """The receipts count every note once; journals of runs that ended, and certificates, count what the receipts do.

    The journal of a run that was killed and cancelled may lack the unit that was at work; what is shown does not.
    """
    kept = dict.fromkeys(at.made.rows("SELECT run, step FROM dsr_receipt"), 0) if at.receipts() else {}
    for run, step, records in at.made.rows("SELECT run, step, records FROM dsr_receipt") if kept else ():
        kept[run, step] += records
    counted = 0
    with at.made.session() as session:
        for row in session.state.plans():
            notes = {step.number for step in session.state.plan(row.id).steps if step.collection == "notes"}
            certified = {one.run for one in session.state.certificates(row.id)}
            for run in session.state.runs(row.id):
                for step in (one for one in session.state.steps(run) if one.number in notes):
                    receipts = kept.get((run.key, step.number), 0)
                    counted += receipts
                    assert step.effected <= receipts, f"the journal counts {step.effected} of {receipts}"
                    assert run.id not in certified or step.effected == receipts, "a certificate counts otherwise"
            if certified:
                certifying.show(session, row.id)
    assert counted == gone, f"the receipts count {counted} of {gone}"
