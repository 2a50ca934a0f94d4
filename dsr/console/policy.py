"""Shows what the owners of the policy file ask for: what is wrong with it, what it says, what changed."""

from collections.abc import Iterable

from dsr.console.plans import show_gaps
from dsr.console.screen import BAD, DIM, GOOD, WARN, Console
from dsr.engine.policytext.findings import Finding
from dsr.jobs.policy import Checked, Compared, Read, Written


def show_check(console: Console, checked: Checked) -> None:
    """Problems first, then gaps, then what is allowed but should be known."""
    console.facts(
        [
            ("policy", f"{checked.file} ({checked.digest[:12]})"),
            ("rules", checked.rules),
            ("stores", checked.stores),
            ("entries", checked.entries),
        ]
    )
    console.line()
    if checked.problems:
        console.show("policy.problems", style=BAD, count=len(checked.problems))
        for problem in checked.problems:
            console.bullet(console.told(problem), mark="!", style=BAD)
        console.line()
    if checked.gaps:
        show_gaps(console, checked.gaps)
        console.line()
    show_findings(console, checked.findings)
    for remark in checked.remarks:
        console.bullet(console.told(remark), style=DIM)
    if checked.remarks:
        console.line()
    if checked.sound and checked.seen:
        console.show("policy.good" if checked.live else "policy.good_file", style=GOOD, path=checked.file)
        if checked.proof:
            console.show("policy.proven", style=GOOD)
    elif checked.sound:
        console.show("policy.unseen", style=WARN)


def show_findings(console: Console, findings: Iterable[Finding]) -> None:
    """Each finding in a sentence, with the law that asks for it and where to write it."""
    found = tuple(findings)
    if not found:
        return
    console.show("policy.findings", style=BAD, count=len(found))
    for one in found:
        lines = [f"{one.item} {one.what.in_(console.lang)}".strip()]
        if law := one.law.in_(console.lang):
            lines.append(console.words("policy.law", law=law))
        lines.append(console.words("policy.write", where=one.write.in_(console.lang)))
        console.bullet("\n".join(lines), mark="!", style=BAD)
    console.line()


def show_read(console: Console, page: Read) -> None:
    """What a page lacks, or that it lacks nothing."""
    show_findings(console, page.findings)
    if not page.findings:
        console.show("policy.page_good", style=GOOD, path=page.file)


def show_text(console: Console, written: Written) -> None:
    """The text itself, or where it was written."""
    if written.out is None:
        console.raw(written.text)
    else:
        console.say("talk.written", path=written.out)


def show_compared(console: Console, compared: Compared) -> None:
    """Every difference in a sentence; what may delete more than before is marked and comes with a warning."""
    for one in compared.differences:
        console.bullet(one.text.in_(console.lang), "!" if one.widens else "-", BAD if one.widens else DIM)
    if not compared.differences:
        console.show("diff.same", style=GOOD)
    else:
        console.line()
        console.show("diff.widens" if compared.widens else "diff.safe", style=BAD if compared.widens else GOOD)
    for part in compared.reached or ():
        console.bullet(console.words("diff.reached", count=part.records, where=part.collection), "!", BAD)
    if compared.reached == ():
        console.show("diff.nothing_reached", style=GOOD)
