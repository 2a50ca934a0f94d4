"""Shows what is known of a person: handles and counts, never values."""

from collections.abc import Mapping
from pathlib import Path

from dsr.console.discovery import show_swept
from dsr.console.screen import BAD, BOLD, GOOD, WARN, Column, Console
from dsr.jobs.export import Exported
from dsr.jobs.people import FoundPerson


def show_person(console: Console, person: FoundPerson) -> None:
    """Who it is, and how many records lie where."""
    filled = [place for place in person.places if place.own or place.shared]
    console.show("who.title", style=BOLD, subject=person.token)
    kinds = ", ".join(f"{name} ({count})" for name, count in person.identifiers)
    console.facts(
        [
            ("accounts", person.accounts),
            ("identifiers", kinds or console.words("talk.none")),
            ("records", console.words("who.records", count=person.records, places=len(filled))),
        ]
    )
    if filled:
        console.line()
        columns = [Column("where"), Column("rule"), Column("records", number=True), Column("shared", number=True)]
        wide = len(columns) if any(place.shared for place in filled) else len(columns) - 1
        rows = ((place.entry, place.rule, place.own, place.shared or "") for place in filled)
        console.table(columns[:wide], (row[:wide] for row in rows))
    if person.swept is not None:
        console.line()
        show_swept(console, person.swept)
    if person.stops:
        console.line()
        console.show("who.stops", style=WARN, count=person.stops)


def show_packages(console: Console, exported: Exported) -> None:
    """What was written for whom, and whether it is complete."""
    columns = (
        Column("subject"),
        Column("records", number=True),
        Column("files", number=True),
        Column("withheld", number=True),
        Column("folder"),
    )
    console.table(columns, ((p.token, p.records, p.files, p.withheld, p.folder) for p in exported.packages))
    console.line()
    for package in exported.packages:
        if not package.complete:
            console.show("export.incomplete", style=BAD, subject=package.token)
    if all(package.complete for package in exported.packages):
        console.show("export.complete", style=GOOD)
    first = exported.packages[0]
    if any(package.sealed for package in exported.packages):
        _show_sealed(console, exported)
    elif len(exported.packages) == 1:
        console.say("export.open", path=f"{first.folder}/index.html")


def show_passphrases(console: Console, made: Mapping[str, str]) -> None:
    """The passphrases, on the terminal only: they are shown once and kept nowhere."""
    for token, passphrase in made.items():
        console.say("export.passphrase", subject=token, passphrase=passphrase)
    if made:
        console.say("export.apart")


def _show_sealed(console: Console, exported: Exported) -> None:
    for package in exported.packages:
        if len(package.sealed) > 1:
            files = ((Path(one.path).name, one.size, one.sha256) for one in package.sealed)
            console.table((Column("file"), Column("size", number=True), Column("sha256")), files)
    console.say("export.sealed")
    if exported.until is not None:
        console.say("export.until", until=exported.until.isoformat())
