"""Shows what is known of a person: handles and counts, never values."""

from dsr.console.screen import BOLD, WARN, Column, Console
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
        console.table(columns, ((place.entry, place.rule, place.own, place.shared or "") for place in filled))
    if person.stops:
        console.line()
        console.show("who.stops", style=WARN, count=person.stops)
