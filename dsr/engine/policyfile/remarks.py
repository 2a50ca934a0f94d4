"""What is legal in a policy and yet worth a look: data that only a request ends, duties longer than limits …"""

from collections.abc import Iterator

from dsr.core.periods import Period
from dsr.core.policy import End, Entry, Owner, Policy, Rule


def remarks(policy: Policy) -> tuple[str, ...]:
    """One line per finding, each with file and line."""
    found: list[str] = []
    rules = {rule.name: rule for rule in policy.rules}
    used = {entry.rule for entry in policy.entries} | {f.rule for entry in policy.entries for f in entry.fields}
    for rule in policy.rules:
        if rule.name not in used:
            found.append(
                f'{rule.at}: rule "{rule.name}" is used by no collection. Name it under `data:`, or take it out.'
            )
        if not rule.must_not_exist:
            found += _of_rule(rule)
    for entry in policy.entries:
        if entry.part_of is None:
            found += _of_entry(rules[entry.rule], entry)
    found += _of_stores(policy)
    return tuple(found)


def _of_rule(rule: Rule) -> Iterator[str]:
    named = f'{rule.at}: rule "{rule.name}"'
    if rule.keep_at_most is None:
        end = " And `on_erasure: retain` leaves it then too: it never ends." if rule.on_erasure is End.RETAIN else ""
        yield f"{named} has no `keep_at_most`: its data ends only by request.{end}"
        return
    for duty in rule.duties:
        if _longer(duty.period, rule.keep_at_most):
            yield (
                f'{duty.at}: rule "{rule.name}" keeps at least {duty.period} but at most {rule.keep_at_most}. '
                "The record is retained and restricted until the duty ends, then deleted."
            )


def _of_entry(rule: Rule, entry: Entry) -> Iterator[str]:
    named = f"{entry.at}: {entry.name}"
    if entry.start is None and not rule.must_not_exist and (rule.keep_at_most is not None or rule.duties):
        fate = (
            "ends only by request"
            if not rule.duties
            else "is kept for good, since its duties have no date to count from"
        )
        yield f'{named} has no `start`, so it never expires by rule "{rule.name}" and {fate}.'
    if not entry.links:
        yield f"{named} names no `subject`: it is found for nobody and ends only by the calendar."
    elif all(link.owner in (Owner.THIRD_PARTY, Owner.SHARED) for link in entry.links):
        yield f"{named} has only links to shared records or third parties: no request ever deletes it."


def _of_stores(policy: Policy) -> Iterator[str]:
    used = {entry.place.store for entry in policy.entries} | {one.place.store for one in policy.none}
    for store in policy.stores:
        if store.name not in used:
            yield f'{store.at}: store "{store.name}" has no collection under `data:`. Declare what it holds.'


def _longer(duty: Period, limit: Period) -> bool:
    """Whether the duty is longer by any way of counting; days of months and years are taken at their average."""
    return _days(duty) > _days(limit)


def _days(period: Period) -> float:
    return period.years * 365.2425 + period.months * 30.436875 + period.days
