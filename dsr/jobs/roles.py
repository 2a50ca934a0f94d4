"""Roles in the databases: what the policy names is what the executor may do, and nobody else may do anything."""

from dataclasses import dataclass
from pathlib import Path

from dsr.core.errors import UnsupportedError, UsageError
from dsr.core.model import Collection
from dsr.core.policy import End, Entry, Place, Policy
from dsr.core.store import Allowance, Grants
from dsr.jobs.session import Session
from dsr.state.grants import statements


@dataclass(frozen=True, slots=True)
class Roles:
    """The scripts that were written, and why other stores have none."""

    written: tuple[str, ...]
    without: tuple[tuple[str, str], ...]


def write_roles(session: Session, folder: Path) -> Roles:
    """Write one script for every database, the state's too. Nothing is run: that is for the owner of the database."""
    if folder.exists():
        raise UsageError(f"{folder} is there already; nothing was written. Name a new folder with --out.")
    scripts: list[tuple[str, str]] = []
    without: list[tuple[str, str]] = []
    live = session.estate.live
    for name, store in session.stores.items():
        if not isinstance(store, Grants):
            without.append((name, "The store knows no roles of its own. Give its files or keys to the executor alone."))
            continue
        places = sorted(place for place in live if place.store == name)
        try:
            allowed = [_allowed(session.policy, place, session.estate.collection(place)) for place in places]
            scripts.append((name, store.grants(allowed)))
        except UnsupportedError as error:
            without.append((name, str(error)))
    state = statements(session.policy.state)
    if state is not None:
        session.state.generation()  # its tables are there before anybody is granted them
        scripts.append(("state", state))
    folder.mkdir(parents=True)
    for name, text in scripts:
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    return Roles(tuple(str(folder / f"{name}.sql") for name, _ in scripts), tuple(without))


def _allowed(policy: Policy, place: Place, collection: Collection) -> Allowance:
    """What plans may do to a collection: rows go by its rules, all but its keys may be emptied, totals are added."""
    entries = policy.entries_of(place)
    totals = any(rule.totals is not None and rule.totals.into == place for rule in policy.rules)
    ends = {end for entry in entries for end in _ends(policy, entry)}
    delete = bool(ends & {End.DELETE, End.AGGREGATE})
    names = tuple(field.name for field in collection.fields if field.name not in collection.key)
    return Allowance(collection.name, delete, names if entries or totals else (), totals)


def _ends(policy: Policy, entry: Entry) -> set[End]:
    """The ends of an entry's rule, or of its parent's."""
    seen: set[Place] = set()
    found: set[End] = set()
    open_ = [entry]
    while open_:
        one = open_.pop()
        if one.part_of is None:
            rule = policy.rule(one.rule)
            found |= {rule.then, rule.on_erasure}
        elif one.part_of.to not in seen:
            seen.add(one.part_of.to)
            open_.extend(policy.entries_of(one.part_of.to))
    return found
