"""Shows the trust file and keys."""

from dsr.console.screen import BAD, BOLD, DIM, GOOD, WARN, Cell, Column, Console
from dsr.core.trust import SOLO, Key
from dsr.jobs.approving import Approved
from dsr.jobs.trust import Changed, Made

_SHORT = 16
_KEYS = (Column("person"), Column("roles"), Column("key"), Column("since"), Column("ends"), Column("state"))


def show_trust(console: Console, changed: Changed) -> None:
    """The mode, how many are needed, and every key."""
    version = changed.version
    console.show("trust.title", style=BOLD, number=version.number)
    facts: list[tuple[str, object]] = [("origin", version.origin), ("mode", console.words.of("mode", version.mode))]
    facts += [("roots", version.roots), ("approvers", version.approvers), ("reviewers", version.reviewers)]
    for one in version.rules:
        facts.append(("rule", console.words("trust.rule", rule=one.rule, n=one.approvers, m=one.reviewers)))
    console.facts([*facts, ("ends", version.expires), ("digest", changed.digest)])
    console.line()
    console.table(_KEYS, (_key(console, key) for key in version.keys))
    console.line()
    if version.mode == SOLO:
        console.show("trust.solo", style=WARN)
    if changed.in_force:
        console.show("trust.in_force", style=GOOD, path=changed.path)
    else:
        console.show("trust.draft", style=BAD, path=changed.path)


def show_made(console: Console, made: Made) -> None:
    """The public line is data; where the secret half lies is talk."""
    console.raw(made.line)
    console.say("trust.made", style=DIM, path=made.path, person=made.person)


def show_approved(console: Console, approved: Approved) -> None:
    """Of what, by whom, until when, and how many are still missing."""
    what = approved.plan or console.words("trust.policy")
    if approved.path is not None:
        console.show("trust.approval_written", style=GOOD, what=what, person=approved.person, path=approved.path)
        return
    console.show("trust.approved", style=GOOD, what=what, person=approved.person, at=console.when(approved.expires))
    console.show("trust.missing" if approved.missing else "trust.enough", count=approved.missing)


def _key(console: Console, key: Key) -> tuple[object, ...]:
    roles = ", ".join(console.words.of("role", role) for role in key.roles)
    state = Cell(console.words("trust.revoked", at=console.when(key.revoked)), BAD) if key.revoked else ""
    return key.person, roles, key.id[:_SHORT], console.day(key.since), console.day(key.until), state
