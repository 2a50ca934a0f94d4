from dataclasses import replace

import pytest
from policytext_sample import (
    DELETION,
    ENTRIES,
    ORDERS,
    RULES,
    TAX_LAW,
    USERS,
    duty,
    entry,
    field,
    link,
    notice,
    policy,
    recipient,
    rule,
    start,
)

from dsr.core.matching import Match
from dsr.core.notice import Measure, Minors
from dsr.core.periods import From, Period
from dsr.core.policy import Anchor, Code, End, FieldRef, Identifier, Owner, Place, Policy, Refers, Rule, StoreConfig
from dsr.core.select import NOTHING, Everything, one_of
from dsr.core.text import Text
from dsr.engine.policydiff import Difference, Kind, diff

OLD = policy()
ACCOUNT, INVOICE = RULES[0], RULES[1]


def rules(changed: Rule) -> Policy:
    return policy(rules=tuple(changed if one.name == changed.name else one for one in RULES))


def entries(place: Place, **given) -> Policy:
    return policy(entries=tuple(replace(one, **given) if one.place == place else one for one in ENTRIES))


def only(new: Policy, old: Policy = OLD) -> Difference:
    (found,) = diff(old, new)
    return found


def test_a_policy_does_not_differ_from_itself():
    assert diff(OLD, policy()) == ()


def test_a_moved_line_a_new_digest_and_a_new_reading_of_the_law_are_no_difference():
    moved = tuple(
        replace(one, at="x:1", duties=tuple(replace(d, at="x:2", verified_on=None) for d in one.duties))
        for one in RULES
    )
    placed = tuple(
        replace(
            one,
            at="x:3",
            links=tuple(replace(way, at="x:4") for way in one.links),
            fields=tuple(replace(f, at="x:5") for f in one.fields),
        )
        for one in ENTRIES
    )
    assert diff(OLD, policy(rules=moved, entries=placed, digest="f" * 64, files=("other.yaml",))) == ()


@pytest.mark.parametrize(
    ("old", "new", "kind", "widens"),
    [
        (Period.parse("P30D"), Period.parse("P7D"), Kind.SHORTER, True),
        (Period.parse("P30D"), Period.parse("P31D"), Kind.LONGER, False),
        (Period.parse("P30D"), Period.parse("P1M"), Kind.PERIOD, True),  # February
        (Period.parse("P31D"), Period.parse("P1M"), Kind.SHORTER, True),
        (Period.parse("P1Y"), Period.parse("P12M"), Kind.PERIOD, False),  # the same, said otherwise
        (Period.parse("P1Y"), Period.parse("P365D"), Kind.SHORTER, True),  # a leap year
        (Period.parse("P5Y"), Period.parse("P5Y", From.YEAR_END), Kind.LONGER, False),
        (Period.parse("P1Y", From.YEAR_END), Period.parse("P13M"), Kind.PERIOD, True),
        (None, Period.parse("P10Y"), Kind.SHORTER, True),
        (Period.parse("P10Y"), None, Kind.LONGER, False),
        (Period.parse("P1D"), Period.parse("P0D"), Kind.SHORTER, True),
    ],
)
def test_a_period_is_shorter_or_longer_by_the_calendar(old, new, kind: Kind, widens: bool):
    before, after = (rules(replace(ACCOUNT, keep_at_most=period)) for period in (old, new))
    found = only(after, before)
    assert (found.kind, found.subject, found.widens) == (kind, "account", widens)


def test_both_values_are_given_in_words_in_both_languages():
    assert only(rules(replace(ACCOUNT, keep_at_most=Period.parse("P6M")))).text == Text(
        "Account details, kept at most: was “30 days”, is now “6 months”.",
        "账户资料，最长保存期限：由“30 天”改为“6 个月”。",
    )


def test_what_must_no_longer_exist_comes_into_reach_at_once():
    found = only(rules(replace(ACCOUNT, must_not_exist=True)))
    assert (found.kind, found.widens) == (Kind.SHORTER, True)
    assert "never to be stored" in found.text.en


def test_a_prohibition_passes_over_duties_even_where_the_limit_was_zero():
    zero = rules(replace(ACCOUNT, keep_at_most=Period.parse("P0D")))
    found = only(rules(replace(ACCOUNT, keep_at_most=Period.parse("P0D"), must_not_exist=True)), zero)
    assert (found.kind, found.widens) == (Kind.PERIOD, True)


@pytest.mark.parametrize(
    ("old", "new", "kind", "widens"),
    [
        ((), (duty(Period.parse("P5Y")),), Kind.DUTY_ADDED, False),
        ((duty(Period.parse("P5Y")),), (), Kind.DUTY_REMOVED, True),
        ((duty(Period.parse("P5Y")),), (duty(Period.parse("P4Y")),), Kind.DUTY_CHANGED, True),
        ((duty(Period.parse("P5Y")),), (duty(Period.parse("P6Y")),), Kind.DUTY_CHANGED, False),
        (
            (duty(Period.parse("P5Y")),),
            (duty(Period.parse("P5Y"), when=one_of(("a",), ["b"])),),
            Kind.DUTY_CHANGED,
            True,
        ),
        ((duty(Period.parse("P5Y")),), (duty(Period.parse("P5Y"), when=NOTHING),), Kind.DUTY_REMOVED, True),
        ((duty(Period.parse("P5Y")),), (duty(Period.parse("P5Y"), Code.LEGAL),), Kind.DUTY_CHANGED, False),
        ((duty(Period.parse("P5Y")),), (duty(Period.parse("P5Y"), cite=Text("Act", "法")),), Kind.DUTY_CHANGED, False),
    ],
)
def test_duties_protect_and_their_weakening_widens_reach(old, new, kind: Kind, widens: bool):
    before, after = (rules(replace(ACCOUNT, duties=duties)) for duties in (old, new))
    found = only(after, before)
    assert (found.kind, found.subject, found.widens) == (kind, "account", widens)


def test_two_duties_of_one_law_are_told_apart():
    small, large = (
        duty(Period.parse("P1Y"), when=one_of(("a",), ["s"])),
        duty(Period.parse("P9Y"), when=one_of(("a",), ["l"])),
    )
    before = rules(replace(ACCOUNT, duties=(small, large)))
    found = only(rules(replace(ACCOUNT, duties=(small,))), before)
    assert found.kind is Kind.DUTY_REMOVED
    assert f"9 years (Tax: {TAX_LAW.en})" in found.text.en


@pytest.mark.parametrize(
    ("old", "new", "widens"),
    [
        (End.RETAIN, End.DELETE, True),
        (End.RETAIN, End.ANONYMISE, True),
        (End.ANONYMISE, End.DELETE, True),
        (End.DELETE, End.ANONYMISE, False),
        (End.DELETE, End.RETAIN, False),
    ],
)
def test_an_end_that_destroys_more_widens_reach(old: End, new: End, widens: bool):
    for name in ("then", "on_erasure"):
        before, after = (rules(replace(ACCOUNT, **{name: end})) for end in (old, new))
        found = only(after, before)
        assert (found.kind, found.widens) == (Kind.END, widens)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"title": Text("Profile", "资料")}, Kind.RULE_WORDS),
        ({"starts": Text("the account ends", "账户终止")}, Kind.RULE_WORDS),
        ({"purposes": ("provide_service", "security")}, Kind.PURPOSE),
        ({"basis": (("gdpr", "consent"), ("pipl", "consent"))}, Kind.BASIS),
    ],
)
def test_words_purposes_and_bases_differ_without_widening_reach(given, kind: Kind):
    found = only(rules(replace(ACCOUNT, **given)))
    assert (found.kind, found.widens) == (kind, False)


def test_a_list_says_what_came_and_what_went():
    changed = replace(ACCOUNT, purposes=("security",))
    assert only(rules(changed)).text == Text(
        "Account details, purposes: added Security; removed Providing the service.",
        "账户资料，处理目的：新增安全保障；删去提供服务。",
    )


def test_rules_come_and_go():
    extra = policy(rules=(*RULES, rule("log", Text("Logs", "日志"))))
    came, went = only(extra), only(OLD, extra)
    assert (came.kind, came.subject, came.widens) == (Kind.RULE_ADDED, "log", False)
    assert came.text.zh == "新增记录种类：日志，最长保存期限：30 天。"
    assert (went.kind, went.subject, went.widens) == (Kind.RULE_REMOVED, "log", False)


def test_a_collection_that_comes_into_reach_widens_it():
    extra = policy(entries=(*ENTRIES, entry(Place("app", "notes"), "account")))
    came, went = only(extra), only(OLD, extra)
    assert (came.kind, came.subject, came.widens) == (Kind.COLLECTION_ADDED, "app.notes", True)
    assert "Account details" in came.text.en
    assert (went.kind, went.widens) == (Kind.COLLECTION_REMOVED, False)


def test_a_part_is_told_by_its_parent():
    part = replace(ENTRIES[2], place=Place("app", "notes"), rule="")
    assert only(policy(entries=(*ENTRIES, part))).text == Text(
        "app.notes comes into reach, as: part of app.orders.", "app.notes 纳入处理范围，归入：app.orders 的一部分。"
    )


@pytest.mark.parametrize(
    "given",
    [
        {"where": one_of(("kind",), ["a"])},
        {"links": (link(Owner.SHARED),)},
        {"links": ()},
        {"start": start("other")},
        {"start": None},
        {"refers": (Refers(("inviter_id",), FieldRef(USERS, ("id",)), "retention.yaml:1"),)},
    ],
)
def test_a_collection_reached_otherwise_is_assumed_to_widen_reach(given):
    found = only(entries(USERS, **given))
    assert (found.kind, found.subject, found.widens) == (Kind.COLLECTION_REACH, "app.users", True)


def test_a_collection_under_another_rule_is_told_with_both_titles():
    found = only(entries(ORDERS, rule="account"))
    assert (found.kind, found.widens) == (Kind.COLLECTION_RULE, True)
    assert found.text.en == "app.orders, kind of record: was “Orders”, is now “Account details”."


def test_fields_come_go_and_change():
    users = ENTRIES[0]
    phone = entries(USERS, fields=(*users.fields, field("phone", "contact.phone")))
    kept = entries(USERS, fields=(*users.fields, field("phone", "contact.phone", keep=True)))
    ruled = entries(USERS, fields=(*users.fields, field("phone", "contact.phone", "order")))
    assert only(phone) == Difference(
        Kind.FIELD_ADDED,
        "app.users.phone",
        Text(
            "New personal field app.users.phone: Telephone number.",
            "新增个人信息字段 app.users.phone：电话号码。",
        ),
        True,
    )
    assert not only(kept).widens
    assert (only(OLD, phone).kind, only(OLD, phone).widens) == (Kind.FIELD_REMOVED, False)
    assert (only(phone, kept).kind, only(phone, kept).widens) == (Kind.FIELD_CHANGED, True)
    assert not only(kept, phone).widens
    assert only(ruled, phone).widens


@pytest.mark.parametrize(
    ("given", "kind", "subject"),
    [
        ({"anchors": (Anchor("user", FieldRef(ORDERS, ("id",)), "x"),)}, Kind.IDENTITY, "user"),
        (
            {"identifiers": (Identifier("email", (FieldRef(USERS, ("email",)),), Match.EMAIL, "x"),)},
            Kind.IDENTITY,
            "email",
        ),
        ({"stores": (StoreConfig("app", "sql", "sqlite:///secret-password.db", "UTC", (), "x"),)}, Kind.STORE, "app"),
    ],
)
def test_other_ways_to_find_people_are_assumed_to_widen_reach(given, kind: Kind, subject: str):
    found = only(policy(**given))
    assert (found.kind, found.subject, found.widens) == (kind, subject, True)
    assert "password" not in found.text.en


def test_recipients_come_go_and_change():
    one = policy(recipients=OLD.recipients[:1])
    came, went = only(OLD, one), only(one)
    assert (came.kind, came.subject, came.widens) == (Kind.RECIPIENT_ADDED, "Local Mail", False)
    assert went.kind is Kind.RECIPIENT_REMOVED
    abroad = policy(recipients=(recipient(country="US"), OLD.recipients[1]))
    assert only(abroad).text == Text(
        "Creem, location: was “Estonia”, is now “United States”.", "Creem，所在地：由“爱沙尼亚”改为“美国”。"
    )
    more = policy(recipients=(recipient(categories=("contact.email", "payment", "name")), OLD.recipients[1]))
    assert only(more).text.en == "Creem, data: added Name."


def test_another_time_zone_moves_every_end_and_is_assumed_to_widen_reach():
    controller = OLD.controller
    assert only(policy(controller=replace(controller, timezone="UTC"))).widens
    assert not only(policy(controller=replace(controller, contact="dpo@relay.example"))).widens
    found = only(policy(controller=replace(controller, regimes=("gdpr",))))
    assert "removed United Kingdom (UK GDPR), California (CCPA), China (PIPL)" in found.text.en


def test_the_order_is_fixed_controller_rules_data_finding_recipients():
    new = policy(
        controller=replace(OLD.controller, contact="dpo@relay.example"),
        rules=(replace(ACCOUNT, keep_at_most=Period.parse("P7D")), *RULES[1:], rule("log", Text("Logs", "日志"))),
        entries=(*ENTRIES, entry(Place("app", "logs"), "log", where=Everything())),
        stores=(StoreConfig("app", "sql", "sqlite:///a.db", "UTC", (), "x"),),
        recipients=(),
    )
    expected = [
        Kind.CONTROLLER,
        Kind.SHORTER,
        Kind.RULE_ADDED,
        Kind.COLLECTION_ADDED,
        Kind.STORE,
        Kind.RECIPIENT_REMOVED,
        Kind.RECIPIENT_REMOVED,
    ]
    assert [found.kind for found in diff(OLD, new)] == expected
    assert diff(OLD, new) == diff(OLD, new)


FULL = policy(notice=notice(), deletion=DELETION)


@pytest.mark.parametrize(
    ("change", "about", "en", "zh"),
    [
        ({"address": Text("Oak Street 1", "橡树街1号")}, "address", "is now “Oak Street 1”", "改为“橡树街1号”"),
        (
            {"officer": None},
            "officer",
            "No longer stated: In charge of data protection",
            "不再写明：个人信息保护负责人",
        ),
        ({"representatives": ()}, "representatives.gdpr", "No longer stated: Representative, ", "不再写明：代表，"),
        ({"authorities": ()}, "authorities.gdpr", "No longer stated: Authority, ", "不再写明：监管机构，"),
        (
            {"measures": (Measure("locks", Text("Doors lock", "门已上锁"), "x"),)},
            "measures.locks",
            "Doors lock",
            "门已上锁",
        ),
        ({"minors": Minors(16, Text("We ask guardians", "征得监护人同意"), "x")}, "minors", "age of 16", "16 周岁"),
        ({"automated": ()}, "automated.", "No longer stated: Automated decision", "不再写明：自动化决策"),
        ({"balance": Text("Paid out", "退还")}, "balance", "Paid out", "退还"),
    ],
)
def test_every_part_of_the_notice_is_told_in_both_languages(change: dict, about: str, en: str, zh: str):
    found = diff(FULL, policy(notice=replace(notice(), **change), deletion=DELETION))
    told = [one for one in found if one.subject.startswith(about)]
    assert told != []
    assert {one.kind for one in found} == {Kind.NOTICE}
    assert any(en in one.text.en for one in told), told
    assert any(zh in one.text.zh for one in told), told
    assert not any(one.widens for one in found)


def test_a_promise_about_the_deletion_itself_is_told():
    later = replace(DELETION, every=Period.parse("P7D"))
    found = only(policy(notice=notice(), deletion=later), FULL)
    assert (found.kind, found.subject) == (Kind.DELETION, "deletion.every")
    assert "is now “7 days”" in found.text.en
    assert "改为“7 天”" in found.text.zh
    gone = {one.subject for one in diff(FULL, policy(notice=notice()))}
    assert gone == {"deletion.every", "deletion.copies"}


@pytest.mark.parametrize(
    ("change", "en", "zh"),
    [
        ({"methods": ("sends",)}, "methods", "处理方式"),
        ({"safeguard": Text("Standard contract", "标准合同")}, "safeguard", "保障措施"),
        ({"lag": Period.parse("P9D")}, "deletes within: was “nothing”, is now “9 days”", "删除时限"),
    ],
)
def test_how_a_recipient_handles_data_is_told(change: dict, en: str, zh: str):
    old = recipient()
    bare = replace(old, methods=(), safeguard=None, lag=None)
    found = only(policy(recipients=(replace(bare, **change),)), policy(recipients=(bare,)))
    assert found.kind is Kind.RECIPIENT_CHANGED
    assert en in found.text.en
    assert zh in found.text.zh


def test_sources_and_interests_of_a_rule_are_told():
    found = diff(OLD, rules(replace(ACCOUNT, sources=("you",), interest=Text("Defence", "防护"))))
    assert [one.kind for one in found] == [Kind.NOTICE, Kind.NOTICE]
    assert "Defence" in found[1].text.en
