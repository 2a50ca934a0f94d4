"""Says in sentences what the facts of a request allow to be said, and never more: see `_erasure`."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dsr.core.errors import UsageError
from dsr.core.letters import Kind
from dsr.core.regimes import Event, Right
from dsr.core.text import Text
from dsr.engine.glossary import Group
from dsr.engine.glossary import load as glossary
from dsr.engine.letters.letter import Facts, Kept, Letter, Paragraph, Points
from dsr.engine.letters.prose import load
from dsr.engine.policytext.prose import Prose

Parts = Iterator[Paragraph | Points]


def letter(facts: Facts, root: Path | None = None) -> Letter:
    """The letter of the facts, in their language; in `root` a company has sentences of its own."""
    say = load(facts.language, root)
    common = {"request": facts.request, "name": facts.name.in_(facts.language)}
    parts = [*_WRITERS[facts.kind](say, facts)]
    return Letter(
        facts.language,
        say.say(_subject(facts), **common),
        say.day(facts.today),
        say.say("common.greeting_recipient" if facts.kind is Kind.NOTICE else "common.greeting", to=facts.recipient),
        (*parts, Paragraph(say.say("common.contact", contact=facts.contact))),
        common["name"],
    )


def _subject(facts: Facts) -> str:
    """A notice about one thing names it."""
    one = facts.kind is Kind.NOTICE and len(facts.acts) == 1
    return f"notice.subject_{facts.acts[0]}" if one else f"{facts.kind.value}.subject"


def _acknowledgement(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "acknowledgement.lead")
    if facts.due is not None:
        yield _line(say, "acknowledgement.due", due=say.day(facts.due))
    yield _line(say, "acknowledgement.identity")
    yield from _balance(say, facts)


def _identity(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "identity.lead")
    full = bool({Right.ACCESS.value, Right.PORTABILITY.value} & set(facts.rights))
    points = "identity.points_full" if full else "identity.points"
    yield Points(say.say("identity.ways"), tuple(say.say(one) for one in ("identity.account", "identity.code", points)))
    yield _line(say, "identity.no_document")
    clock = tuple(
        say.say(f"identity.{pause.effect.value}", law=law.title.in_(facts.language)) for law, pause in facts.pauses
    )
    if clock:
        yield Points(say.say("identity.clock"), clock)


def _extension(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    if facts.due is None or not facts.delay:
        raise UsageError(f"{facts.request}: it was not extended, so there is no extension to tell.")
    yield _line(say, "extension.lead", delay=say.say(f"delay.{facts.delay}"), due=say.day(facts.due))
    cites = (
        one.cite.text.in_(facts.language) for law in facts.regimes for one in law.terms if one.event is Event.EXTENDED
    )
    yield Points(say.say("common.law"), tuple(dict.fromkeys(cites)))
    yield from _remedies(say, facts)


def _refusal(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "refusal.lead")
    grounds = ((law, law.ground(facts.ground)) for law in facts.regimes)
    lines = tuple(
        say.say(
            "refusal.ground",
            law=law.title.in_(facts.language),
            ground=found.title.in_(facts.language),
            cite=found.cite.text.in_(facts.language),
        )
        for law, found in grounds
        if found is not None
    )
    yield Points(say.say("refusal.grounds"), lines)
    yield _line(say, "refusal.facts", reason=facts.reason)
    yield from _remedies(say, facts)


def _access(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    for name in ("lead", "open", "withheld"):
        yield _line(say, f"access.{name}")
    if facts.fetch_by is not None:
        yield _line(say, "access.until", day=say.day(facts.fetch_by))
    yield from _recipients(say, facts)
    yield from _remedies(say, facts)


def _erasure(say: Prose, facts: Facts) -> Parts:
    """What went, what stays and why. That all is gone is said only where nothing was kept or merely emptied.

    Where something stays of which nothing may be said, neither is: no word is untrue, and none tells.
    """
    yield _about(say, facts)
    whole = not facts.kept and not any(one.emptied for one in facts.gone)
    lead = "erasure.lead_silent" if facts.silent else "erasure.lead_whole" if whole else "erasure.lead_part"
    yield _line(say, lead)
    removed = tuple(_count(say, facts, one.title, one.count) for one in facts.gone if not one.emptied)
    emptied = tuple(_count(say, facts, one.title, one.count) for one in facts.gone if one.emptied)
    if removed:
        yield Points(say.say("erasure.removed"), removed)
    if emptied:
        yield Points(say.say("erasure.emptied"), emptied)
    if facts.kept:
        yield Points(say.say("erasure.kept"), tuple(_kept(say, facts, one) for one in facts.kept))
        yield _line(say, "erasure.restricted")
    if facts.copies is not None:
        yield _line(say, "erasure.copies", period=facts.copies.in_(facts.language))
    yield from _recipients(say, facts)
    yield from _balance(say, facts)
    yield _line(say, "erasure.register")
    yield from _remedies(say, facts)


def _retained(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "retained.lead")
    yield Points(say.say("retained.list"), tuple(_kept(say, facts, one) for one in facts.kept))
    yield from _remedies(say, facts)


def _released(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "released.lead")
    yield Points(say.say("released.list"), tuple(_count(say, facts, one.title, one.count) for one in facts.kept))
    yield _line(say, "released.next")


def _notice(say: Prose, facts: Facts) -> Parts:
    if not facts.recipient:
        raise UsageError("A notice goes to a recipient of the policy. Name one with --recipient.")
    erased = tuple(one.title for one in facts.gone)
    lists = {
        "erasure": (("list", erased),),
        "objection": (("purposes", facts.purposes), ("list", erased)),
        "restriction": (("list", facts.restricted),),
        "rectification": (("fields", facts.corrected),),
    }
    for act in facts.acts:
        yield _line(say, f"notice.lead_{act}", request=facts.request, day=say.day(facts.received))
        for title, texts in lists[act]:
            if texts:
                yield Points(say.say(f"notice.{title}"), tuple(dict.fromkeys(one.in_(facts.language) for one in texts)))
        yield _line(say, f"notice.ask_{act}")
    for name in ("proof", "person"):
        yield _line(say, f"notice.{name}", request=facts.request)


def _nothing(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "nothing.lead")
    yield Points(say.say("nothing.searched"), tuple(say.say("nothing.store", store=one) for one in facts.searched))
    yield _line(say, "nothing.other")
    yield _line(say, "erasure.register")
    yield from _remedies(say, facts)


def _restriction(say: Prose, facts: Facts) -> Parts:
    """How far others are kept away is said as it is: where a store cannot do it, that is part of the answer."""
    yield _about(say, facts)
    for name in ("lead", "means", f"hiding_{facts.hiding}", "ends"):
        yield _line(say, f"restriction.{name}")
    yield from _recipients(say, facts)
    yield from _remedies(say, facts)


def _lifting(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "lifting.lead")
    yield _line(say, "lifting.next")
    yield from _remedies(say, facts)


def _rectification(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "rectification.lead")
    yield Points(say.say("rectification.list"), tuple(one.in_(facts.language) for one in facts.corrected))
    yield from _recipients(say, facts)
    yield from _remedies(say, facts)


def _objection(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield Points(say.say("objection.lead"), tuple(one.in_(facts.language) for one in facts.purposes))
    if facts.gone:
        made = tuple(_count(say, facts, one.title, one.count) for one in facts.gone)
        yield Points(say.say("objection.removed"), made)
    if facts.kept:
        yield Points(say.say("erasure.kept"), tuple(_kept(say, facts, one) for one in facts.kept))
        yield _line(say, "erasure.restricted")
    yield from _recipients(say, facts)
    yield from _remedies(say, facts)


def _complaint(say: Prose, facts: Facts) -> Parts:
    yield _about(say, facts)
    yield _line(say, "complaint.lead")
    if facts.due is not None:
        yield _line(say, "complaint.due", due=say.day(facts.due))
    yield from _remedies(say, facts)


_WRITERS: dict[Kind, Callable[[Prose, Facts], Parts]] = {
    Kind.ACKNOWLEDGEMENT: _acknowledgement,
    Kind.IDENTITY: _identity,
    Kind.EXTENSION: _extension,
    Kind.REFUSAL: _refusal,
    Kind.ACCESS: _access,
    Kind.ERASURE: _erasure,
    Kind.RETAINED: _retained,
    Kind.RELEASED: _released,
    Kind.NOTICE: _notice,
    Kind.NOTHING: _nothing,
    Kind.COMPLAINT: _complaint,
    Kind.RESTRICTION: _restriction,
    Kind.LIFTING: _lifting,
    Kind.RECTIFICATION: _rectification,
    Kind.OBJECTION: _objection,
}


def _about(say: Prose, facts: Facts) -> Paragraph:
    rights = say.join(tuple(say.say(f"right.{one}") for one in facts.rights))
    return _line(say, "common.about", request=facts.request, day=say.day(facts.received), rights=rights)


def _remedies(say: Prose, facts: Facts) -> Parts:
    lines: Iterable[tuple[str, Text, Text]] = (
        (law.title.in_(facts.language), one.text, one.cite.text) for law in facts.regimes for one in law.remedies
    )
    made = tuple(
        say.say("common.remedy", law=law, text=text.in_(facts.language), cite=cite.in_(facts.language))
        for law, text, cite in lines
    )
    yield Points(say.say("common.remedies"), made)


def _recipients(say: Prose, facts: Facts) -> Parts:
    gone = facts.kind in (Kind.ERASURE, Kind.OBJECTION)
    if facts.recipients:
        lines = (
            say.say(
                "recipient.told_within" if one.within is not None and gone else f"recipient.{one.state}",
                name=one.name,
                contact=one.contact or facts.contact,
                period="" if one.within is None else one.within.in_(facts.language),
            )
            for one in facts.recipients
        )
        yield Points(say.say("recipient.title"), tuple(lines))


def _balance(say: Prose, facts: Facts) -> Parts:
    """An erasure is not blocked by money that is left: what becomes of it is the person's choice, and is said."""
    if facts.balance is not None:
        yield _line(say, "common.balance", balance=facts.balance.in_(facts.language))


def _kept(say: Prose, facts: Facts, one: Kept) -> str:
    why = glossary().words(Group.REASON, one.why).in_(facts.language)
    until = say.say("erasure.no_day") if one.until is None else say.say("erasure.until", day=say.day(one.until))
    cite = one.cite.in_(facts.language)
    about = say.say("erasure.cited", why=why, cite=cite) if cite else why
    return say.say("erasure.line", record=_count(say, facts, one.title, one.count), why=about, until=until)


def _count(say: Prose, facts: Facts, title: Text, count: int) -> str:
    return say.say("erasure.count", title=title.in_(facts.language), count=count)


def _line(say: Prose, name: str, **values: object) -> Paragraph:
    return Paragraph(say.say(name, **values))
