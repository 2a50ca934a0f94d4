"""Shows certificates: to whom it may concern, in words that claim no more than was verified."""

from collections.abc import Iterable
from datetime import datetime

from dsr.console.plans import Footnotes
from dsr.console.screen import BAD, BOLD, DIM, GOOD, WARN, Cell, Column, Console
from dsr.core.certificate import GONE, KEPT, OPEN, Certificate, CertifiedStep
from dsr.core.levels import StoreLevel
from dsr.jobs.certifying import Exported

_COUNTS = (Column("store"), Column("outcome"), Column("records", number=True))
_LEVELS = (Column("store"), Column("level"), Column("reached"), Column("shown_by"), Column("copies_by"))
_KEPT = (Column("outcome"), Column("where"), Column("records", number=True), Column("until"), Column("why"))


def show_certificate(console: Console, found: Certificate) -> None:
    """Who, what, when; store by store; what was kept; who agreed; and where the ledger says the same."""
    console.show("certificate.title", style=BOLD, plan=found.plan)
    console.facts(_facts(console, found))
    console.line()
    console.table(_COUNTS, _counts(console, found))
    if found.stores:
        console.line()
        console.table(_LEVELS, (_level(console, one, found.issued_at) for one in found.stores))
    _show_remains(console, found)
    kept = [step for step in found.steps if step.outcome in KEPT and step.records]
    if kept:
        console.line()
        notes = Footnotes(console)
        console.table(_KEPT, [_kept(notes, step) for step in kept])
        notes.show()
    for gap in found.gaps:
        console.bullet(console.words("certificate.gap", where=gap.where, kind=gap.kind), mark="!", style=BAD)
    console.line()
    _show_verdict(console, found)
    if found.copies_by is not None:
        console.show("certificate.copies", day=console.day(found.copies_by))
    _show_approvals(console, found)
    people = ", ".join(found.certifiers)
    console.show("certificate.ledger", style=DIM, index=found.index, size=found.checkpoint.size, people=people)


def show_exported(console: Console, exported: Exported) -> None:
    """Where it lies, and how to check it."""
    console.show("certificate.exported", style=GOOD, plan=exported.plan, path=exported.path)
    console.show("certificate.check", style=DIM, path=exported.path)


def _facts(console: Console, found: Certificate) -> Iterable[tuple[str, object]]:
    yield "kind", console.words.of("scope", found.scope)
    if found.people:
        yield "people", found.people
    yield "planned", found.planned_at
    yield "began", found.began_at
    yield "ended", found.finished_at
    yield "zone", console.zone
    yield "mode", console.words.of("mode", found.mode)
    yield "policy", found.policy
    yield "digest", found.envelope


def _counts(console: Console, found: Certificate) -> Iterable[tuple[object, ...]]:
    """One row for each store and outcome."""
    for store in dict.fromkeys(step.store for step in found.steps):
        for outcome in (*GONE, *KEPT, *OPEN):
            steps = [step for step in found.steps if (step.store, step.outcome) == (store, outcome)]
            records = sum(step.records for step in steps)
            if records or (steps and outcome in OPEN):
                words = Cell(console.words.of("outcome", outcome), BAD if outcome in OPEN else GOOD)
                yield store, words, records


def _level(console: Console, one: StoreLevel, at: datetime) -> tuple[object, ...]:
    way = console.words(f"certificate.by_{one.shown.value}", count=one.values) if one.shown is not None else ""
    copies = "" if one.copies_by is None else console.day(one.copies_by)
    return one.store, Cell(one.level(at), BAD if one.open else ""), one.reached(at), way, copies


def _show_remains(console: Console, found: Certificate) -> None:
    """What a delete leaves behind in a store, though nothing is found there any more."""
    left = {step.store: step.remains for step in found.steps if step.remains}
    left |= {one.store: one.remains for one in found.stores}
    for store, remains in left.items():
        if remains:
            console.bullet(console.words("certificate.remains", store=store, what=console.told(remains)), style=WARN)


def _kept(notes: Footnotes, step: CertifiedStep) -> tuple[object, ...]:
    console = notes.console
    cite = step.cite_zh if console.lang == "zh" else step.cite_en
    why = console.words.of("why", step.why) if step.why else ""
    until = console.kept_until(step.until)
    return (
        console.words.of("outcome", step.outcome),
        step.entry,
        step.records,
        until,
        " ".join(part for part in (why, step.hold, notes.mark(cite)) if part),
    )


def _show_verdict(console: Console, found: Certificate) -> None:
    if found.outcome == "partial":
        console.show("certificate.partial", style=BAD)
    elif found.all_gone:
        console.show("certificate.all_gone", style=GOOD)
    else:
        console.show("certificate.complete", style=GOOD, count=found.count(*KEPT))


def _show_approvals(console: Console, found: Certificate) -> None:
    if found.mode == "solo":
        console.show("certificate.solo", style=WARN)
    for one in found.approvals:
        role = console.words.of("role", "reviewer" if one.reviewer else "approver")
        console.show("certificate.approved", person=one.person, role=role, at=console.when(one.approved_at))
