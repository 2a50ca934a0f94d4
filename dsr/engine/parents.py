"""Entries that are part of others: what they take from these."""

from dsr.core.policy import Entry, Policy


def rules_of(policy: Policy, entry: Entry, seen: tuple[Entry, ...] = ()) -> tuple[str, ...]:
    """The rules that records of an entry fall under; those of a part are its parents'."""
    if entry.part_of is None or entry in seen:
        return (entry.rule,)
    parents = policy.entries_of(entry.part_of.to)
    named = (name for parent in parents for name in rules_of(policy, parent, (*seen, entry)))
    return tuple(dict.fromkeys(named))
