"""Shows the estate: what the live stores hold against the map, what ails it, what decides about its records."""

from collections.abc import Iterable, Iterator

from dsr.console.plans import Footnotes, disposition
from dsr.console.screen import BAD, BOLD, GOOD, WARN, Cell, Column, Console
from dsr.jobs.doctor import Diagnosis, Grade
from dsr.jobs.explain import Explained
from dsr.jobs.init import Begun
from dsr.jobs.roles import Roles

MARKS = {Grade.GOOD: "+", Grade.REMARK: "-", Grade.TROUBLE: "!"}
GRADES = {Grade.GOOD: GOOD, Grade.REMARK: WARN, Grade.TROUBLE: BAD}


def show_begun(console: Console, begun: Begun) -> None:
    """The draft that was written, and what a person must do with it."""
    console.show("init.written", style=GOOD, path=begun.path, count=begun.collections)
    console.show("init.guesses", style=WARN, count=begun.guesses)
    for name in begun.variables:
        console.show("init.variable", style=WARN, name=name)
    console.say("init.next", path=begun.path)


def show_roles(console: Console, roles: Roles) -> None:
    """The scripts, and the stores that have none."""
    for path in roles.written:
        console.show("init.roles", style=GOOD, path=path)
    for store, why in roles.without:
        console.bullet(f"{store}: {console.told(why)}", style=WARN)


def show_diagnosis(console: Console, diagnosis: Diagnosis) -> None:
    """Every finding, trouble first."""
    for grade in (Grade.TROUBLE, Grade.REMARK, Grade.GOOD):
        for finding in diagnosis.findings:
            if finding.grade is grade:
                console.bullet(f"{finding.where}: {console.told(finding.text)}", MARKS[grade], GRADES[grade])
    console.line()
    count = sum(finding.grade is Grade.TROUBLE for finding in diagnosis.findings)
    if count:
        console.show("doctor.trouble", style=BAD, count=count)
    else:
        console.show("doctor.well", style=GOOD)


def show_explained(console: Console, entries: Iterable[Explained]) -> None:
    """The order of decision of every entry; with a record, the rung that decides is marked."""
    for entry in entries:
        console.show("explain.request" if entry.asked else "explain.calendar", BOLD, entry=entry.entry, rule=entry.rule)
        notes = Footnotes(console)
        columns = (Column("order", number=True), Column("what"), Column("why"), Column("applies"))
        console.table(columns, list(_rungs(notes, entry)))
        notes.show()
        console.line()


def _rungs(notes: Footnotes, entry: Explained) -> Iterator[tuple[object, ...]]:
    for number, rung in enumerate(entry.rungs):
        applies: object = "" if rung.holds is None else rung.holds
        if number == entry.decided:
            applies = Cell(notes.console.words("explain.decides"), BOLD)
        yield number + 1, disposition(notes.console, rung.disposition), notes.why((rung.reason,)), applies
