"""The sections that few companies write: read as they say, and every slip named."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from dsr.core.decisions import Decided, Decision
from dsr.core.errors import PolicyError, UsageError
from dsr.core.periods import Period
from dsr.core.policy import Place, Policy
from dsr.core.select import Compare, IsNull, Op, both, one_of
from dsr.engine.policyfile import nodes
from dsr.engine.policyfile.deciding import record
from dsr.engine.policyfile.loader import load
from dsr.engine.policyfile.where import condition_of

BASE = (Path(__file__).parent / "policyfile" / "small.yaml").read_text(encoding="utf-8")
SECTIONS = """
requests:
  keep: P3Y
  packages: P60D
  regimes: [gdpr]
  calendar: DE
  identity: {account_key: "${APP_KEY}", outbox: mails, points: [app.orders.total], attempts: 4}
discovery:
  own_keys: ["hk-[A-Za-z0-9]{40}"]
  known_keys: [app.orders.token]
  decisions:
    app.users.code: {decision: not_personal, by: ada, on: 2026-11-24, reason: a shop's code, evidence: e-0123456789ab}
notice:
  address: {en: 1 Lane, zh: 一巷}
  officer: {name: {en: Ada, zh: 艾达}, contact: dpo@paperlantern.example}
  representatives: {gdpr: {name: {en: Rep, zh: 代表}, contact: rep@paperlantern.example}}
  authorities: {gdpr: {name: {en: Board, zh: 委员会}, contact: https://board.example}}
  automated:
    scoring: {what: {en: a, zh: 甲}, logic: {en: b, zh: 乙}, effect: {en: c, zh: 丙}, review: {en: d, zh: 丁}}
  sensitive: {card: {why: {en: to pay, zh: 付款}, effect: {en: little, zh: 很小}}}
  minors: {age: 14, what: {en: Not for children, zh: 不面向儿童}}
  measures: {access: {en: Roles, zh: 角色}}
  balance: {en: We asked, zh: 已权衡}
  versions:
    - {number: "1", date: 2026-01-01, changes: {en: First, zh: 首版}}
    - {number: "2", date: 2026-06-01, effective: 2026-07-01, changes: {en: Second, zh: 二版}}
deletion: {every: P1D, copies: P30D}
"""
SECRET = {"APP_KEY": "k" * 40}


def loaded(folder: Path, source: str, env: dict[str, str] = SECRET) -> Policy:
    file = folder / "retention.yaml"
    file.write_text(source, encoding="utf-8")
    return load(file, env)


def test_the_sections_are_read_as_they_say(tmp_path: Path) -> None:
    made = loaded(tmp_path, BASE + SECTIONS)
    work = made.casework
    assert work is not None
    assert (work.keep, work.packages, work.regimes, work.calendar) == (
        Period(years=3),
        Period(days=60),
        ("gdpr",),
        "DE",
    )
    assert (work.identity.account_key, work.identity.outbox, work.identity.attempts) == ("k" * 40, "mails", 4)
    assert [(one.collection, one.path) for one in work.identity.points] == [("orders", ("total",))]
    assert [(one.category, one.effect.en) for one in made.notice.sensitive or ()] == [("card", "little")]
    assert loaded(tmp_path, BASE + "notice: {sensitive: none}\n").notice.sensitive == ()
    assert [(one.name, one.review.en) for one in made.notice.automated or ()] == [("scoring", "d")]
    assert made.notice.minors is not None
    assert made.notice.minors.age == 14
    assert [(one.number, one.day, one.effective) for one in made.notice.versions] == [
        ("1", date(2026, 1, 1), date(2026, 1, 1)),
        ("2", date(2026, 6, 1), date(2026, 7, 1)),
    ]
    assert [(one.name, one.by) for one in made.decisions] == [("app.users.code", "ada")]


_SUMMED = "    then: {aggregate: {into: app.models, k: 5, count: n}}"
_MANY = "\n    ".join(f"- {{where: {{type: t{n}}}, rule: account, subject: user_id}}" for n in range(2000))


def decision(name: str, evidence: str) -> Decision:
    return Decision(name, Decided.IGNORE, "ada", date(2026, 11, 24), "a code", evidence, "")


SLIPS = {
    # what stands above, what replaces it, what the message must say
    "register too short": ("keep: P3Y", "keep: P1Y", "shorter than 24 months", "Write P24M"),
    "another regime": ("regimes: [gdpr]\n  cal", "regimes: [uk]\n  cal", "no regime of the controller", "gdpr, pipl"),
    "a regime twice": ("regimes: [gdpr]\n  cal", "regimes: [gdpr, gdpr]\n  cal", "twice", "Keep one of them"),
    "regimes in one word": ("regimes: [gdpr]\n  cal", "regimes: gdpr\n  cal", "is not a list", "[a, b]"),
    "short secret": ('"${APP_KEY}"', "short", "is shorter than", "Take a longer one"),
    "secret not set": ("${APP_KEY}", "${APP_KEYS}", "APP_KEYS, which is not set", "Set it"),
    "a variable elsewhere": ("calendar: DE", 'calendar: "${APP_KEY}"', "names a variable", "Write the value out"),
    "no number": ("attempts: 4", "attempts: many", "is not a whole number", "none for no limit"),
    "a point without a field": ("[app.orders.total]", "[app.orders]", "points", ""),
    "no points": ("[app.orders.total]", "[]", "is an empty list", "take it out"),
    "a format that is none": ("hk-[A-Za-z0-9]{40}", "x*", "matches nothing at all", "first characters"),
    "empty format": ('["hk-[A-Za-z0-9]{40}"]', '[""]', "has no value", "take the key out"),
    "a key without a name": ("known_keys: [app.orders.token]", "known_keys: ['']", "has no value", "Write it"),
    "an unknown key": ("known_keys: [app.orders.token]", "known_keys: [app.gone.token]", "known_keys", ""),
    "decision on a table": ("app.users.code:", "app.users:", "does not name a field", "store.collection.field"),
    "decision on an odd name": ("app.users.code:", "'app.users.':", "an empty part", "quotes"),
    "no digest": ("e-0123456789ab", "e-1", "is not a digest", "dsr discover"),
    "a day that is none": ("on: 2026-11-24", "on: 2026-02-30", "is not a date", "2026-11-23"),
    "a day in words": ("on: 2026-11-24", "on: yesterday", "is not a date", "2026-11-23"),
    "no day": ("on: 2026-11-24", "on: ''", "has no value", "Write it"),
    "an odd word": ("scoring: {what", "Scoring!: {what", "automated", ""),
    "versions out of order": ("date: 2026-06-01", "date: 2025-06-01", "not in order", "newest last"),
    "one version twice": ('number: "2"', 'number: "1"', "twice", "own number"),
    "effective too early": ("effective: 2026-07-01", "effective: 2026-05-01", "before its date", "publication"),
    "a version without a date": ("date: 2026-06-01, ", "", "has no `date:`", "Add it"),
    "minors without an age": ("minors: {age: 14, ", "minors: {", "has no `age:`", "Add it"),
    "purges without a pause": ("every: P1D", "every: P0D", "no purge runs without a pause", "P1D or more"),
    "odd condition": ("{type: a}", "{'type.': a}", "an empty part", "quotes"),
    "hexadecimal condition": ("{type: a}", "{type: 0x10}", "can be read in two ways", "16"),
    "endless condition": ("{type: a}", "{type: {lt: 1e999}}", "too long", "quotes"),
    "odd collection": ("part_of: app.orders", "part_of: 'app..orders'", "an empty part", "quotes"),
    "odd start": ("start: issued_at", "start: 'app..at'", "an empty part", "quotes"),
    "start of an unknown one": (
        "start: issued_at",
        "start: {via: order_id, field: app.gone.at, to: app.orders.id}",
        "app.gone",
        "",
    ),
    "start linked by nothing": ("start: issued_at", "start: {via: order_id, to: app.orders.id}", "`field:`", "Add it"),
    "refers without a target": ("start: issued_at", "start: issued_at, refers: {a: {on_erasure: empty}}", "`to:`", ""),
    "refers to an odd field": ("start: issued_at", "start: issued_at, refers: {'': {to: app.users.id}}", "", ""),
    "key of nobody": ("{user_id}/", "{user}{/", "does not hold exactly one name", "in braces"),
    "key of no identifier": ("{user_id}/", "{used_id}/", "is no identifier", "user_id"),
    "key without an end": ("{user_id}/", "{user_id}x", "1 would also find 10", "Put / or - or . after it"),
    "totals that are a word": ("then: delete", "then: {aggregate: all}", "is not a mapping", "key: value"),
    "totals without a mapping": ("then: delete", "then: {aggregate: }", "aggregate", ""),
    "totals of nothing": ("then: delete", "then: {aggregate: {into: app.models, k: 5}}", "adds nothing up", "count"),
    "totals for nobody": (
        "then: delete",
        "then: {aggregate: {into: app.models, k: 0, count: n}}",
        "is no number of people",
        "such as 10",
    ),
    "totals by two units": (
        "then: delete",
        "then: {aggregate: {into: app.models, k: 5, by: [day, month], count: n}}",
        "several calendar units",
        "the shortest",
    ),
    "totals by an odd field": (
        "then: delete",
        "then: {aggregate: {into: app.models, k: 5, by: ['a..b', ''], sum: {'c..d': e, f: ''}}}",
        "an empty part",
        "has no value",
    ),
    "totals written twice": (
        "then: delete",
        "then: {aggregate: {into: app.models, k: 5, by: {model: n}, count: n}}",
        "writes one field twice",
        "different fields",
    ),
    "totals without an end": ("    keep_at_most: P30D\n    then: delete", _SUMMED, "no `keep_at_most:`", "Add it"),
    "totals that name nothing": ("then: delete", "then: {total: 1}", "has no `aggregate:`", "total"),
    "totals without a number": ("then: delete", "then: {aggregate: {into: app.models, count: n}}", "no `k:`", "Add it"),
    "totals in one word": ("then: delete", "then: aggregate", "does not say what is added up", "k: 10"),
    "a part without keys": ("part_of: app.orders", "part_of: app.orders, via: {keys: [id]}", "has no `fields:`", "Add"),
    "a field without a name": ("fields: {email:", "fields: {'': x, email:", "an empty part", "quotes"),
    "entries that overlap by their order": (
        "- {where: {type: a}, rule: account, subject: user_id}",
        "- {where: {type: ab}, rule: account, subject: user_id}\n"
        "    - {where: {type: {lt: b}}, rule: account, subject: user_id}",
        "may match the same records",
        "different values",
    ),
    "many entries": ("- {where: {type: a}, rule: account, subject: user_id}", _MANY, "more than", "Put those with"),
    "a reference with an odd name": ("to: app.orders.id}", "to: 'app..id'}", "an empty part", "quotes"),
    "an identifier of nothing": (
        "match: email}",
        "match: email}\n    hash: {from: mail, derive: [sha256]}",
        "which is no identifier with `at:`",
        '"email"',
    ),
    "a derived one without a way": (
        "match: email}",
        "match: email}\n    hash: {from: email}",
        "no `derive:`",
        "Add it",
    ),
    "key without a value": ('{key: "{user_id}/"}', "{key: ''}", "has no value", "Write it"),
    "key of several parts": (
        "{user: app.users.id}",
        "{user: app.users.id, member: [app.addresses.id, app.addresses.of]}",
        "does not say which kind of account",
        "known names: user, member",
    ),
    "through into another store": (
        "{email: to_email}",
        "{through: logs.requests, from: id, field: user_id}",
        "into another store",
        "{via: …, to: …}",
    ),
    "through an unknown one": (
        "{email: to_email}",
        "{through: app.gone, from: id, field: user_id}",
        "app.gone",
        "",
    ),
    "through by several fields": (
        "{email: to_email}",
        "{through: app.orders, key: [a, b], from: [c, d], field: user_id}",
        "links by one field only",
        "its key",
    ),
    "include without a list": ("version: 1", "version: 1\ninclude: other.yaml", "not a list of files", "Write"),
    "include of a mapping": ("version: 1", "version: 1\ninclude: [{a: b}]", "not a list of files", "Write"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_named(name: str, tmp_path: Path) -> None:
    before, after, what, hint = SLIPS[name]
    source = BASE + SECTIONS
    assert before in source
    with pytest.raises(PolicyError) as raised:
        loaded(tmp_path, source.replace(before, after, 1))
    found = str(raised.value)
    assert what in found
    assert hint in found
    assert "k" * 40 not in found


@pytest.mark.parametrize("section", ["requests", "discovery", "notice", "deletion"])
def test_a_section_that_is_no_mapping_is_refused(section: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="is not a mapping"):
        loaded(tmp_path, f"{BASE}{section}: [a]\n")


COMPOSITE = BASE.replace("{user: app.users.id}", "{user: app.users.id, member: [app.addresses.id, app.addresses.of]}")


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("{user_id}/", "{member}/", "whose key has several parts"),
        ("{email: to_email}", "{through: app.orders, from: id, field: user_id, anchor: member}", "of several fields"),
    ],
)
def test_an_account_of_several_fields_is_not_named_by_one(before: str, after: str, what: str, tmp_path: Path) -> None:
    assert before in COMPOSITE
    with pytest.raises(PolicyError, match=what):
        loaded(tmp_path, COMPOSITE.replace(before, after, 1))


def test_identifiers_made_from_others_and_dates_that_are_all_believed(tmp_path: Path) -> None:
    source = BASE.replace("match: email}", "match: email}\n    hash: {from: email, derive: [lower, sha256]}")
    source = source.replace("start: issued_at", "start: {field: issued_at, plausible: any}")
    source = source.replace("part_of: app.orders", "part_of: app.orders, via: {fields: [order_id]}")
    made = loaded(tmp_path, source)
    (derived,) = (one for one in made.identifiers if one.source is not None)
    assert (derived.name, derived.source) == ("hash", "email")
    (invoices,) = made.entries_of(Place("app", "invoices"))
    assert invoices.start is not None
    assert invoices.start.parts[0].plausible is None
    (lines,) = made.entries_of(Place("app", "lines"))
    assert lines.part_of is not None
    assert (lines.part_of.fields, lines.part_of.keys) == ((("order_id",),), ())


def test_an_impossible_escape_is_refused_by_either_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = BASE.replace("contact: privacy@paperlantern.example", r'contact: "\UFFFFFFFF"')
    assert source != BASE
    for parser in (nodes.PARSER, yaml.SafeLoader):
        monkeypatch.setattr(nodes, "PARSER", parser)
        with pytest.raises(PolicyError):
            loaded(tmp_path, source)


def test_a_condition_alone_is_read_as_in_the_file() -> None:
    assert condition_of("{state: open, amount: {gt: 0x10}, at: null}") == both(
        one_of(("state",), ["open"]), Compare(("amount",), Op.GT, 16), IsNull(("at",))
    )
    for wrong in ("", "{}", "[a]", "{a: [}", "{a: {above: 3}}", "open", "\udc80"):
        with pytest.raises(UsageError, match="is not a condition") as raised:
            condition_of(wrong)
        assert "above" not in str(raised.value)


def test_a_decision_is_written_only_where_the_file_still_loads(tmp_path: Path) -> None:
    file = tmp_path / "retention.yaml"
    file.write_text(BASE, encoding="utf-8")
    record(
        file, Decision("app.users.code", Decided.IGNORE, "ada", date(2026, 11, 24), "a code", "e-0123456789ab", ""), {}
    )
    made = load(file, {})
    assert [(one.name, one.decided) for one in made.decisions] == [("app.users.code", Decided.IGNORE)]
    before = file.read_bytes()
    with pytest.raises(PolicyError, match="is not a digest"):
        record(file, decision("app.users.nick", "e-0"), {})
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["retention.yaml"]
