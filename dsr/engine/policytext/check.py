"""What keeps the policy text from being written: missing words, unknown bases, rules without end.

The loader has checked the structure of the file; this looks at what the published text needs beyond it.
"""

from collections.abc import Iterator
from pathlib import Path

from dsr.core.policy import End, Entry, Policy, Recipient, Rule
from dsr.engine import glossary as words
from dsr.engine.glossary import Glossary, Group
from dsr.engine.policytext import prose

_SAME_BASES_AS = {"uk": "gdpr"}  # the UK GDPR kept the list of Art. 6(1)


def problems(policy: Policy, glossary: Glossary | None = None, root: Path | None = None) -> tuple[str, ...]:
    """Everything that must be settled before the text can be published, each with file and line; empty when ready."""
    terms = glossary if glossary is not None else words.load()
    found = [*_of_controller(policy, terms), *_of_languages(policy, root), *_of_notice(policy, terms)]
    for rule in policy.rules:
        found += _of_rule(policy, rule, terms)
    for entry in policy.entries:
        for field in entry.fields:
            if field.category:
                found += _unknown(field.at, Group.CATEGORY, field.category, terms)
        found += _of_entry(policy, entry)
    for recipient in policy.recipients:
        found += _of_recipient(recipient, terms)
    return tuple(dict.fromkeys(found))


def basis_of(rule: Rule, regime: str) -> str | None:
    """The legal basis that the rule names under a regime; UK law follows the EU's list where it is not named."""
    named = dict(rule.basis)
    return named.get(regime, named.get(_SAME_BASES_AS.get(regime, "")))


def known_bases(regime: str, glossary: Glossary) -> tuple[str, ...]:
    """The legal bases that a regime's law lists; none for a law that asks for no basis."""
    names = (name.partition(".") for name in glossary.names(Group.BASIS_ARTICLE))
    return tuple(basis for named, _, basis in names if named == regime)


def _of_controller(policy: Policy, terms: Glossary) -> Iterator[str]:
    at = policy.files[0] if policy.files else "retention.yaml"
    yield from _unknown(at, Group.COUNTRY, policy.controller.country, terms)
    for regime in policy.controller.regimes:
        yield from _unknown(at, Group.REGIME, regime, terms)
    if not policy.controller.contact.strip():
        yield f"{at}: the controller has no contact. Add `contact:`, where people can write."
    yield from _both(at, "the controller's name", policy.controller.name.en, policy.controller.name.zh)


def _of_languages(policy: Policy, root: Path | None) -> Iterator[str]:
    """A language beside English and Chinese has a folder of sentences, and words for all that the file says."""
    known = prose.languages(root)
    for language in policy.controller.languages:
        if language not in known:
            yield (
                f"{policy.files[0]}: the policy text has no folder for the language {language}. "
                f"Add templates/policy/{language}/words.yaml, or take the language out. Known: {', '.join(known)}."
            )


def _of_notice(policy: Policy, terms: Glossary) -> Iterator[str]:
    for party in (*policy.notice.representatives, *policy.notice.authorities):
        yield from _unknown(party.at, Group.REGIME, party.regime, terms)
    for one in policy.notice.sensitive or ():
        yield from _unknown(one.at, Group.CATEGORY, one.category, terms)


def _of_rule(policy: Policy, rule: Rule, terms: Glossary) -> Iterator[str]:
    named = f'rule "{rule.name}"'
    yield from _both(rule.at, f"{named}: the title", rule.title.en, rule.title.zh)
    if not rule.purposes:
        yield f"{rule.at}: {named} states no purpose. Add `purposes:`; the text must say what the data is used for."
    for purpose in rule.purposes:
        yield from _unknown(rule.at, Group.PURPOSE, purpose, terms)
    for source in rule.sources:
        yield from _unknown(rule.at, Group.SOURCE, source, terms)
    for regime in policy.controller.regimes:
        yield from _of_basis(rule, regime, terms)
    if rule.starts is not None:
        yield from _both(rule.at, f"{named}: `starts:`", rule.starts.en, rule.starts.zh)
    elif (rule.keep_at_most is not None or rule.duties) and not rule.must_not_exist:
        yield f"{rule.at}: {named} has a period but no words for its start. Add `starts: {{en: …, zh: …}}`."
    for duty in rule.duties:
        yield from _both(duty.at, f"{named}: `cite:`", duty.cite.en, duty.cite.zh)
    if rule.keep_at_most is None and rule.on_erasure is End.RETAIN and not rule.must_not_exist:
        yield (
            f"{rule.at}: {named} never ends: it has no `keep_at_most` and a request leaves it. "
            "Add `keep_at_most:`, or another `on_erasure:`."
        )
    if not rule.must_not_exist and not _used(policy, rule):
        yield (
            f"{rule.at}: {named} is used by no collection, so the text would promise what nothing keeps. "
            "Name it under `data:`, or take it out."
        )


def _of_basis(rule: Rule, regime: str, terms: Glossary) -> Iterator[str]:
    known = known_bases(regime, terms)
    basis = basis_of(rule, regime)
    if basis is None:
        if known and not rule.must_not_exist:
            yield (
                f'{rule.at}: rule "{rule.name}" names no legal basis for {regime}, which is enabled. '
                f"Add it under `basis:`; known: {', '.join(known)}."
            )
        return
    if known and basis not in known:
        yield (
            f'{rule.at}: rule "{rule.name}" rests on {basis}, which {regime} does not know as a legal basis. '
            f"Known: {', '.join(known)}."
        )
    else:
        yield from _unknown(rule.at, Group.BASIS, basis, terms)


def _of_entry(policy: Policy, entry: Entry) -> Iterator[str]:
    if entry.start is not None or entry.part_of is not None:
        return
    rule = policy.rule(entry.rule)
    if rule.keep_at_most is not None and rule.on_erasure is End.RETAIN and not rule.must_not_exist:
        yield (
            f'{entry.at}: {entry.name} never ends: it has no `start:`, and a request leaves rule "{rule.name}". '
            "Add `start:`, or another `on_erasure:` to the rule."
        )


def _of_recipient(recipient: Recipient, terms: Glossary) -> Iterator[str]:
    named = f'recipient "{recipient.name}"'
    yield from _unknown(recipient.at, Group.ROLE, recipient.role, terms)
    if not recipient.country.strip():
        yield f"{recipient.at}: {named} has no country. Add `country:`; people must learn where their data goes."
    else:
        yield from _unknown(recipient.at, Group.COUNTRY, recipient.country, terms)
    if not recipient.contact.strip():
        yield f"{recipient.at}: {named} has no contact. Add `contact:`, where people can write."
    if not recipient.categories:
        yield f"{recipient.at}: {named} has no categories. Add `categories:`, what it receives."
    for category in recipient.categories:
        yield from _unknown(recipient.at, Group.CATEGORY, category, terms)
    for method in recipient.methods:
        yield from _unknown(recipient.at, Group.METHOD, method, terms)
    yield from _both(recipient.at, f"{named}: the purpose", recipient.purpose.en, recipient.purpose.zh)


def _used(policy: Policy, rule: Rule) -> bool:
    return any(
        entry.rule == rule.name or any(field.rule == rule.name for field in entry.fields) for entry in policy.entries
    )


def _unknown(at: str, group: Group, name: str, terms: Glossary) -> Iterator[str]:
    if terms.find(group, name) is None:
        yield f"{at}: {terms.missing(group, name)}"


def _both(at: str, what: str, en: str, zh: str) -> Iterator[str]:
    for language, text in (("en", en), ("zh", zh)):
        if not text.strip():
            yield f"{at}: {what} has no words in {language}. Add them."
