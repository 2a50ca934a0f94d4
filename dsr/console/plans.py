"""Shows plans and what became of them: how many records, and why."""

from collections.abc import Iterable

from dsr.console.screen import BAD, BOLD, DIM, GOOD, WARN, Cell, Column, Console
from dsr.core.plan import Disposition, Gap, Outcome, Plan, Reason, Step
from dsr.core.trust import SOLO
from dsr.jobs.apply import Applied, StepResult
from dsr.jobs.approving import Standing
from dsr.jobs.plans import PlanShown

STYLES = {
    Disposition.DELETE: BAD,
    Disposition.REWRITE: WARN,
    Disposition.ANONYMISE: WARN,
    Disposition.RETAIN: GOOD,
    Disposition.HOLD: "cyan",
}
_STEPS = (Column("what"), Column("where"), Column("records", number=True), Column("until"), Column("why"))
_KEPT = (Outcome.RETAINED, Outcome.HELD)


def show_plan(console: Console, plan: Plan) -> None:
    """The whole plan: totals, one row a step, gaps and notes."""
    about = {"subjects": ", ".join(plan.subjects), "as_of": console.when(plan.as_of)}
    console.show(f"plan.title_{plan.scope}", style=BOLD, id=plan.id, **about)
    console.line()
    _show_totals(console, plan)
    filled = [step for step in plan.steps if step.count]
    if filled:
        console.line()
        # The plan's own order is that of doing; people read what goes first, then what stays.
        ranks = list(Disposition)
        filled.sort(key=lambda step: ranks.index(step.disposition))
        notes = Footnotes(console)
        console.table(_STEPS, [_row(notes, step) for step in filled])
        notes.show()
    empty = len(plan.steps) - len(filled)
    if empty:
        console.line()
        console.show("plan.empty_steps", style=DIM, count=empty)
    console.line()
    show_gaps(console, plan.gaps)
    for note in plan.notes:
        console.show("plan.note", text=console.told(note))
    if plan.as_of > plan.made_at:
        console.show("plan.rehearsal", style=WARN, as_of=console.when(plan.as_of))
    elif not plan.appliable:
        console.show("plan.nothing_acts")


def show_saved(console: Console, shown: PlanShown) -> None:
    """A plan of the register, and where it stands."""
    show_plan(console, shown.plan)
    console.line()
    status = console.words.of("status", shown.status.value)
    console.facts([("state", status), ("made", shown.plan.made_at), ("digest", shown.plan.digest)])
    for run in shown.runs:
        console.show("plan.run", began=console.when(run.began_at), count=run.changed)
    if shown.approvals is not None:
        _show_approvals(console, shown.approvals)


def _show_approvals(console: Console, found: Standing) -> None:
    for one in found.given:
        role = console.words.of("role", "reviewer" if one.reviewer else "approver")
        console.show("certificate.approved", person=one.person, role=role, at=console.when(one.approved_at))
    for why in found.refused:
        console.bullet(console.words("trust.not_counted", why=console.told(why)), style=BAD)
    if found.mode != SOLO:
        style = WARN if found.missing else GOOD
        console.show("trust.missing" if found.missing else "trust.enough", style=style, count=found.missing)


def show_cancelled(console: Console, shown: PlanShown) -> None:
    """A plan that was taken back."""
    console.show("plan.cancelled", style=WARN, plan=shown.plan.id)
    if shown.missed:
        console.show("plan.missed", style=WARN, stores=", ".join(shown.missed))


def show_gaps(console: Console, gaps: Iterable[Gap]) -> None:
    """What keeps it from being complete, or that nothing does."""
    found = tuple(gaps)
    if not found:
        console.show("plan.complete", style=GOOD)
        return
    console.show("plan.incomplete", style=BAD, count=len(found))
    for text in dict.fromkeys(gap.text for gap in found):
        places = [gap.where for gap in found if gap.text == text]
        console.bullet(f"{console.told(text)}\n{', '.join(places)}", mark="!", style=BAD)


def show_applied(console: Console, applied: Applied) -> None:
    """What became of every step, what is kept and why, and the outcome of the whole."""
    done = [step for step in applied.steps if step.outcome not in _KEPT and (step.count or not step.outcome.settled)]
    kept = [step for step in applied.steps if step.outcome in _KEPT and step.count]
    if done:
        columns = (Column("outcome"), Column("where"), Column("records", number=True), Column("detail"))
        console.table(columns, ((_outcome(console, s.outcome), s.entry, s.count, console.told(s.detail)) for s in done))
        console.line()
    if kept:
        console.show("applied.kept", style=BOLD)
        columns = (Column("outcome"), Column("where"), Column("records", number=True), Column("why"))
        notes = Footnotes(console)
        console.table(columns, [_kept(notes, step) for step in kept])
        notes.show()
        console.line()
    if applied.gaps:
        show_gaps(console, applied.gaps)
    style = BAD if not applied.outcome.settled or applied.gaps else GOOD
    key = "applied.gaps" if applied.gaps and applied.outcome.settled else f"applied.{applied.outcome.value}"
    counts = {one.value: applied.count(one) for one in (Outcome.REMOVED, Outcome.REWRITTEN, *_KEPT)}
    console.show("applied.counts", "", plan=applied.plan, **counts)
    console.show(key, style=style, plan=applied.plan)


def show_resumed(console: Console, results: tuple[Applied, ...]) -> None:
    """What became of every plan that was gone on with."""
    if not results:
        console.show("applied.nothing_open", style=GOOD)
    for applied in results:
        show_applied(console, applied)


def confirmation(plan: Plan) -> str:
    """What a person types to agree to the plan: the handle of the one subject, else a count.

    For several people it is their number, for the calendar the number of records that change.
    """
    if len(plan.subjects) == 1:
        return plan.subjects[0]
    return str(len(plan.subjects) or acting(plan))


def acting(plan: Plan) -> int:
    """How many records the plan changes."""
    return plan.count(*(one for one in Disposition if one.acts))


class Footnotes:
    """Citations and lists of fields under a table, so that its rows stay short."""

    def __init__(self, console: Console) -> None:
        """No notes yet."""
        self.console = console
        self._numbers: dict[str, int] = {}

    def mark(self, text: str) -> str:
        """The mark of a note; the same text has the same mark."""
        return f"[{self._numbers.setdefault(text, len(self._numbers) + 1)}]" if text else ""

    def why(self, reasons: tuple[Reason, ...]) -> str:
        """The deciding reason in a few words; the law, the hold and what else is said stand in the notes."""
        if not reasons:
            return ""
        reason = reasons[0]
        cite = reason.cite_zh if self.console.lang == "zh" else reason.cite_en
        said, note = self.console.words.of("why", reason.why.value), self.console.told(reason.note)
        return " ".join(part for part in (said, reason.hold, self.mark(cite), self.mark(note)) if part)

    def show(self) -> None:
        """All notes, in order."""
        if self._numbers:
            self.console.line()
        for text, number in self._numbers.items():
            self.console.bullet(text, mark=f"[{number}]", style=DIM)


def disposition(console: Console, what: Disposition) -> Cell:
    """A disposition in its colour."""
    return Cell(console.words.of("disposition", what.value), STYLES[what])


def _outcome(console: Console, what: Outcome) -> Cell:
    style = "cyan" if what is Outcome.HELD else GOOD if what.settled else BAD
    return Cell(console.words.of("outcome", what.value), style)


def _show_totals(console: Console, plan: Plan) -> None:
    counted = [(one, plan.count(one)) for one in Disposition]
    rows = ((disposition(console, one), count) for one, count in counted if count)
    console.table((Column("what"), Column("records", number=True)), rows)


def _row(notes: Footnotes, step: Step) -> tuple[object, ...]:
    changed: dict[str, list[str]] = {}
    for field, becomes in step.changes:
        changed.setdefault(becomes, []).append(field)
    words = {becomes: notes.console.words.of("become", becomes.replace(" ", "_")) for becomes in changed}
    fields = "; ".join(f"{', '.join(names)} → {words[becomes]}" for becomes, names in changed.items())
    added = notes.console.words("plan.totals", into=step.into) if step.into else ""
    said = (notes.why(step.reasons), notes.mark(f"{step.entry}: {fields}" if fields else ""), notes.mark(added))
    reason = " ".join(part for part in said if part)
    return (
        disposition(notes.console, step.disposition),
        step.entry,
        step.count,
        notes.console.kept_until(step.until),
        reason,
    )


def _kept(notes: Footnotes, step: StepResult) -> tuple[object, ...]:
    return _outcome(notes.console, step.outcome), step.entry, step.count, notes.why(step.reasons)
