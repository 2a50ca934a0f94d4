"""Shows what discovery found: collections against the map, personal columns, and where the gate closes."""

from dsr.console.plans import show_gaps
from dsr.console.screen import BAD, BOLD, DIM, GOOD, WARN, Cell, Column, Console
from dsr.engine.detect.columns import Verdict
from dsr.engine.detect.gate import Standing
from dsr.engine.detect.kinds import kinds
from dsr.jobs.discover import Discovered, SeenCollection, SeenColumn
from dsr.jobs.redacting import Redacted
from dsr.jobs.sweep import Swept, Trace

_STYLES = {Standing.UNDECLARED: BAD, Standing.CONTRADICTED: BAD, Standing.CHANGED: BAD, Standing.REOPENED: WARN}


def show_discovered(console: Console, found: Discovered) -> None:
    """Every collection and every column that is personal or asks for a decision; the reasons of what fails."""
    if found.seen:
        columns = (Column("where"), Column("declared"), Column("fields", number=True), Column("records", number=True))
        console.table(columns, (_row(console, seen) for seen in found.seen))
        console.line()
    shown = [
        one
        for one in found.columns
        if (one.standing.fails if found.check else one.verdict is not Verdict.NO or one.standing.fails)
    ]
    if shown:
        heads = (Column("where"), Column("kind"), Column("sure", number=True), Column("declared"))
        console.table(heads, (_column(console, one) for one in shown))
        console.line()
    for one in found.failures:
        console.show(
            f"discovery.{one.standing.value}", style=_STYLES[one.standing], name=one.name, evidence=one.evidence
        )
        console.line(f"  {one.reason.zh if console.lang == 'zh' else one.reason.en}", DIM)
    show_gaps(console, found.gaps)
    if found.check and found.exit_code == 0:
        console.show("discovery.clean", style=GOOD, count=len(found.columns))


def show_swept(console: Console, swept: Swept) -> None:
    """Where a person's identifiers stand, what of it the map leads to, and where nobody could look."""
    if swept.traces:
        heads = (
            *(Column(name) for name in ("where", "identifier", "written", "level")),
            Column("records", number=True),
            Column("outside", number=True),
        )
        console.table(heads, (_trace(console, one) for one in swept.traces))
        console.line()
    style = WARN if swept.outside else GOOD
    console.show(
        "sweep.outside" if swept.outside else "sweep.inside", style=style, count=swept.outside, records=swept.records
    )
    show_gaps(console, swept.gaps)


def show_redacted(console: Console, redacted: Redacted) -> None:
    """The text on stdout; what was hidden on stderr."""
    console.raw(redacted.text)
    for rule, count in redacted.secrets:
        console.say("redact.hidden", rule=rule, count=count)
    for problem in redacted.problems:
        console.say("redact.problem", style=WARN, text=problem)


def _trace(console: Console, one: Trace) -> tuple[object, ...]:
    written = console.words.of("written", one.how)
    return one.where, one.identifier, written, one.level, one.records, Cell(one.outside, WARN if one.outside else DIM)


def kind_title(console: Console, kind: str) -> str:
    """What a kind is called in the language of the screen."""
    known = kinds().get(kind)
    return kind if known is None else known.title.zh if console.lang == "zh" else known.title.en


def _row(console: Console, seen: SeenCollection) -> tuple[object, ...]:
    style = {"undeclared": BAD, "no_personal_data": DIM}.get(seen.declared, "")
    declared = ", ".join(seen.rules) or console.words.of("declared", seen.declared)
    return seen.place, Cell(declared, style), seen.fields, seen.records


def _column(console: Console, one: SeenColumn) -> tuple[object, ...]:
    title = kind_title(console, one.kind)
    what = console.words("discovery.contains", kind=title) if one.verdict is Verdict.CONTAINS else title
    standing = one.category or console.words.of("standing", one.standing.value)
    style = _STYLES.get(one.standing, DIM if one.standing is Standing.STRUCTURAL else BOLD if not one.category else "")
    return one.name, what, f"{one.confidence:.0%}", Cell(standing, style)
