"""What the forms of retention.yaml come to mean."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from policyfile_support import meaning

from dsr.core.clock import Clock, Unit
from dsr.core.matching import Match
from dsr.core.periods import From, Period
from dsr.core.policy import (
    Code,
    DirectLink,
    End,
    Entry,
    Export,
    FieldRef,
    Guards,
    IdentifierLink,
    KeyLink,
    Owner,
    Place,
    Policy,
    StartField,
    ThroughLink,
    ViaLink,
)
from dsr.core.select import Compare, Everything, IsNull, Not, OneOf, Op, Or, both, either, negate, one_of
from dsr.engine.policyfile import nodes
from dsr.engine.policyfile.loader import load
from dsr.engine.policyfile.problems import Problems
from dsr.engine.policyfile.remarks import remarks

FOLDER = Path(__file__).parent / "policyfile"
ENV = {"CREEM_API_KEY": "invented"}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(FOLDER / "retention.yaml", ENV)


def dated(*given, **more) -> StartField:
    """A start that believes what every start believes."""
    return StartField(*given, **more, plausible=datetime(1971, 1, 1, tzinfo=UTC))


def entry(policy: Policy, name: str) -> Entry:
    return next(one for one in policy.entries if one.name == name)


def how(policy: Policy, name: str) -> list[object]:
    return [link.how for link in entry(policy, name).links]


def app(name: str) -> Place:
    return Place("app", name)


def test_the_controller_is_read_as_written(policy: Policy) -> None:
    assert policy.controller.name.zh == "纸灯笼中继"
    assert (policy.controller.country, policy.controller.timezone) == ("CN", "Asia/Shanghai")
    assert policy.controller.regimes == ("gdpr", "uk", "ccpa", "pipl")


def test_variables_fill_in_stores_and_state(policy: Policy) -> None:
    creem = next(store for store in policy.stores if store.name == "creem")
    assert dict(creem.options) == {"pack": "creem", "key": "invented"}
    assert policy.state == "sqlite:///.dsr/state.db"
    other = load(FOLDER / "retention.yaml", {**ENV, "DSR_STATE": "postgresql+psycopg://state.example/dsr"})
    assert other.state == "postgresql+psycopg://state.example/dsr"
    assert load(FOLDER / "retention.yaml", {**ENV, "DSR_STATE": ""}).state == policy.state


def test_a_store_has_its_own_zone_or_the_controllers(policy: Policy) -> None:
    assert {store.name: store.zone for store in policy.stores} == {
        "app": "UTC",
        "logs": "Asia/Shanghai",
        "media": "Asia/Shanghai",
        "creem": "Asia/Shanghai",
    }


def test_identifiers_and_anchors_name_fields(policy: Policy) -> None:
    assert policy.anchor("employee").ref == FieldRef(app("staff"), ("id",))
    email = policy.identifier("email")
    assert email is not None
    assert email.match is Match.EMAIL
    assert email.refs == (FieldRef(app("users"), ("email",)), FieldRef(app("old_emails"), ("address",)))


def test_duties_of_other_countries_are_left_out(policy: Policy) -> None:
    duties = policy.rule("invoice").duties
    assert [duty.period for duty in duties] == [Period(years=10, start=From.YEAR_END), Period(years=3)]
    assert [duty.code for duty in duties] == [Code.TAX, Code.DISPUTE]
    assert duties[0].verified_on == date(2026, 11, 23)
    assert duties[0].when == Everything()
    assert duties[1].when == negate(one_of(("kind",), ["free"]))


def test_what_a_request_ends_is_what_the_calendar_ends_unless_said(policy: Policy) -> None:
    assert (policy.rule("account").then, policy.rule("account").on_erasure) == (End.DELETE, End.DELETE)
    assert policy.rule("request_log").on_erasure is End.ANONYMISE
    assert policy.rule("invoice").on_erasure is End.RETAIN
    assert policy.rule("card_code").must_not_exist


def test_a_subject_names_the_account(policy: Policy) -> None:
    assert how(policy, "app.users") == [DirectLink((("id",),), "user")]
    assert how(policy, "app.staff") == [DirectLink((("id",),), "employee")]  # its own key, without saying
    assert how(policy, "app.old_emails") == [DirectLink((("user_id",),), "user")]


def test_several_links_are_a_union_each_with_its_owner(policy: Policy) -> None:
    direct, email = entry(policy, "app.orders").links
    assert (direct.how, direct.none, direct.owner) == (DirectLink((("user_id",),), "user"), {"0"}, Owner.SUBJECT)
    assert (email.how, email.owner) == (IdentifierLink("email", ("buyer_email",)), Owner.BY_LINKS)


def test_links_lead_through_parents_identifiers_keys_and_other_rows(policy: Policy) -> None:
    assert how(policy, "app.invoices") == [ViaLink((("order_id",),), app("orders"), (("id",),))]
    composite = ViaLink((("tenant_id",), ("user_id",)), app("seats"), (("tenant_id",), ("user_id",)))
    assert how(policy, "app.tenants.members") == [composite]
    assert how(policy, "app.webhooks") == [IdentifierLink("email", ("payload", "data", "customer", "email"))]
    assert how(policy, "media.assets") == [KeyLink("", "user_id", "/", whole=False)]
    assert how(policy, "media.avatars") == [KeyLink("avatars/", "user_id", "", whole=True)]
    meta = one_of(("meta_key",), ["_customer_user"])
    through = ThroughLink((("id",),), app("postmeta"), meta, (("post_id",),), ("meta_value",), "user")
    assert how(policy, "app.posts") == [through]


def test_a_composite_key_leads_to_the_accounts_record_by_its_primary_key() -> None:
    small = load(FOLDER / "small.yaml", {})
    assert how(small, "app.logs#1") == [ViaLink((("tenant_id",), ("user_id",)), app("users"), ())]


def test_names_with_dots_and_spaces_stand_in_quotes(policy: Policy) -> None:
    assert how(policy, "app.odd name.v2") == [DirectLink((("user.id",),), "user")]
    assert entry(policy, "app.invoices").fields[1].path == ("payload", "buyer", "tax.no")


def test_parts_have_no_rule_of_their_own(policy: Policy) -> None:
    lines = entry(policy, "app.invoice_lines")
    assert (lines.rule, lines.links, lines.start) == ("", (), None)
    assert lines.part_of == ViaLink((), app("invoices"), ())
    assert entry(policy, "app.line_notes").part_of == ViaLink((("line_id",),), app("invoice_lines"), ())
    files = ViaLink((("invoice_no",), ("year",)), app("invoices"), (("no",), ("year",)))
    assert entry(policy, "app.invoice_files").part_of == files


def test_conditions_take_values_lists_null_and_comparisons(policy: Policy) -> None:
    assert entry(policy, "app.logs").where == one_of(("type",), ["topup"])
    assert entry(policy, "app.logs#1").where == one_of(("type",), ["usage", "refund"])
    assert entry(policy, "app.logs#2").where == IsNull(("type",))
    assert entry(policy, "app.points").where == Compare(("amount",), Op.LT, 0)
    rest = negate(either(one_of(("kind",), ["a"]), IsNull(("kind",))))
    assert entry(policy, "app.points#1").where == both(Compare(("amount",), Op.GE, 0), rest)


def test_else_is_every_record_that_no_other_entry_matches(policy: Policy) -> None:
    others = [entry(policy, name).where for name in ("app.logs", "app.logs#1", "app.logs#2")]
    assert entry(policy, "app.logs#3").where == Not(Or(tuple(others)))


def test_a_start_is_read_by_its_own_clock_or_the_stores_zone(policy: Policy) -> None:
    def part(name: str) -> StartField:
        start = entry(policy, name).start
        assert start is not None
        return start.parts[0]

    assert part("app.logs").clock == Clock(Unit.EPOCH_SECONDS, "UTC")
    marks = {"0", "0000-00-00"}
    left = Clock(Unit.NATIVE, "Europe/Berlin", frozenset(marks), frozenset({"9999-12-31"}))
    assert part("app.staff") == dated(("left_at",), left)
    assert part("logs.requests").clock.zone == "Asia/Shanghai"
    assert part("app.replies") == dated(("closed_at",), Clock(), (("ticket_id",),), app("tickets"), ())


def test_a_start_is_the_latest_of_own_linked_and_the_same_persons_dates(policy: Policy) -> None:
    start = entry(policy, "app.users").start
    assert start is not None
    assert start.latest
    assert start.parts == (
        dated(("closed_at",), Clock()),
        dated(("at",), Clock(Unit.EPOCH_MILLIS, never=frozenset({"-1"})), (("id",),), app("logins"), (("user_id",),)),
        dated(("ended_at",), Clock(Unit.EPOCH_SECONDS), (("id",),), app("sessions"), (("user_id",),)),
    )
    earliest = entry(policy, "app.seats").start
    assert earliest is not None
    assert not earliest.latest


def test_fields_say_category_rule_and_what_becomes_of_them(policy: Policy) -> None:
    users = {".".join(one.path): one for one in entry(policy, "app.users").fields}
    assert users["email"].category == "contact.email"
    assert users["nickname"].become == ""
    assert users["password_hash"].export is Export.SECRET
    assert users["status"].keep
    assert users["settings.profile.birthday"].path == ("settings", "profile", "birthday")
    assert entry(policy, "app.invoices").fields[0].rule == "account"
    assert entry(policy, "app.users").refers[0].to == FieldRef(app("users"), ("id",))


def test_guards_have_defaults_and_none_means_no_limit(policy: Policy) -> None:
    assert (policy.purge_guards, policy.request_guards) == (Guards(200_000, 12.5), Guards(5000, None))
    small = load(FOLDER / "small.yaml", {})
    assert (small.purge_guards, small.request_guards) == (Guards(None, 10), Guards(None, None))


def test_zero_is_a_limit(tmp_path: Path) -> None:
    made = load(write(tmp_path, small().replace("percent: 10", "rows: 0, percent: 0")), {})
    assert made.purge_guards == Guards(0, 0)


def test_without_guards_a_purge_stops_at_a_fifth(tmp_path: Path) -> None:
    made = load(write(tmp_path, small().replace("guards:\n  purge: {percent: 10}\n", "")), {})
    assert (made.purge_guards, made.request_guards) == (Guards(None, 20), Guards(None, None))


def test_recipients_stand_in_a_list_or_by_name(policy: Policy) -> None:
    assert [one.name for one in policy.recipients] == ["Creem"]
    assert policy.recipients[0].categories == ("contact.email", "payment")
    assert [one.name for one in load(FOLDER / "small.yaml", {}).recipients] == ["Mailbird"]


def test_the_digest_is_over_the_bytes_of_all_files_in_order(policy: Policy) -> None:
    assert policy.files == ("retention.yaml", "more/data.yaml")
    read = b"".join((FOLDER / name).read_bytes() for name in policy.files)
    assert policy.digest == hashlib.sha256(read).hexdigest()


def test_norway_stays_norway_and_a_clock_time_stays_text(tmp_path: Path) -> None:
    source = (
        small().replace("country: DE", "country: NO").replace("{type: a}", "{type: [NO, 1:30, on, 0o_8, 2026-01-01]}")
    )
    made = load(write(tmp_path, source), {})
    assert made.recipients[0].country == "NO"
    assert entry(made, "app.logs").where == one_of(("type",), ["NO", "1:30", "on", "0o_8", "2026-01-01"])


def test_plain_numbers_and_truth_values_compare_in_their_canonical_form(tmp_path: Path) -> None:
    made = load(write(tmp_path, small().replace("{type: a}", "{type: [5, -1, 1.5, true, '007', '1.0']}")), {})
    assert entry(made, "app.logs").where == one_of(("type",), ["5", "-1", "1.5", "true", "007", "1.0"])


def test_null_among_values_is_said_apart(tmp_path: Path) -> None:
    made = load(write(tmp_path, small().replace("{type: a}", "{type: [a, null], 'n': {not: null, gt: 1.0}}")), {})
    wanted = both(
        either(OneOf((("type",),), frozenset({("a",)})), IsNull(("type",))),
        Not(IsNull(("n",))),
        Compare(("n",), Op.GT, 1.0),
    )
    assert entry(made, "app.logs").where == wanted


def test_the_longest_declared_collection_wins(tmp_path: Path) -> None:
    source = small().replace("  app.outbox:", "  app.orders.id: {rule: account}\n  app.outbox:")
    source = source.replace("to: app.orders.id}", "to: app.orders.id.ref}")
    made = load(write(tmp_path, source), {})
    assert how(made, "app.invoices") == [ViaLink((("order_id",),), app("orders.id"), (("ref",),))]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    source = small().encode()
    plain = load(write(tmp_path, small()), {})
    file = tmp_path / "retention.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + source.replace(b"\n", b"\r\n"))
    assert meaning(load(file, {})) == meaning(plain)


def test_a_tree_may_be_part_of_itself_when_its_roots_have_a_rule(tmp_path: Path) -> None:
    tree = "\n    - {where: {parent: null}, rule: account}\n    - {else: true, part_of: app.lines, via: parent}"
    made = load(write(tmp_path, small().replace(" {part_of: app.orders}", tree)), {})
    assert entry(made, "app.lines#1").part_of == ViaLink((("parent",),), app("lines"), ())


def test_a_field_named_in_full_and_a_doubled_quote_are_read(tmp_path: Path) -> None:
    source = (
        small()
        .replace("start: issued_at", "start: app.invoices.issued_at")
        .replace("{email: to_email}", """{email: '"a""b"'}""")
    )
    made = load(write(tmp_path, source), {})
    start = entry(made, "app.invoices").start
    assert start is not None
    assert (start.parts[0].path, start.parts[0].source) == (("issued_at",), None)
    assert how(made, "app.outbox") == [IdentifierLink("email", ('a"b',))]


def test_cyclic_links_are_legal(tmp_path: Path) -> None:
    source = small().replace("{via: order_id, to: app.orders.id}", "{via: parent, to: app.invoices.id}")
    assert how(load(write(tmp_path, source), {}), "app.invoices")


def test_a_duty_longer_than_the_limit_is_legal_and_remarked(tmp_path: Path) -> None:
    made = load(write(tmp_path, small().replace("{period: P10Y, from: year_end}", "P1Y")), {})
    assert any('rule "invoice" keeps at least P10Y but at most P1Y' in one for one in remarks(made))


def test_remarks_name_what_never_ends_by_itself(tmp_path: Path) -> None:
    source = small().replace("    keep_at_most: P30D\n", "")
    found = "\n".join(remarks(load(write(tmp_path, source), {})))
    assert 'retention.yaml:18: rule "account" has no `keep_at_most`' in found
    assert "app.logs#1 has no `start`" in found
    assert "is kept for good" in found


def test_remarks_name_unlinked_collections_and_unused_names(policy: Policy) -> None:
    found = remarks(policy)
    assert any("app.logs#2 names no `subject`" in one for one in found)
    assert all(one.startswith(("retention.yaml:", "more/data.yaml:")) for one in found)


def test_remarks_name_what_nothing_uses_and_what_no_request_deletes(tmp_path: Path) -> None:
    source = (
        small()
        .replace("stores:\n", "stores:\n  crm: {kind: sql}\n")
        .replace("{email: to_email}", "{email: to_email, owner: shared}")
    )
    source = source.replace("rules:\n", "rules:\n  idle: {title: {en: Idle, zh: 闲置}}\n")
    found = "\n".join(remarks(load(write(tmp_path, source), {})))
    assert 'store "crm" has no collection' in found
    assert 'rule "idle" is used by no collection' in found
    assert "app.outbox has only links to shared records" in found


@pytest.mark.parametrize("name", ["retention.yaml", "more/data.yaml", "small.yaml"])
def test_both_parsers_of_the_yaml_library_read_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (FOLDER / name).read_bytes()
    one = nodes.read(source, name, Problems())
    monkeypatch.setattr(nodes, "PARSER", yaml.SafeLoader)
    assert nodes.read(source, name, Problems()) == one


def small() -> str:
    return (FOLDER / "small.yaml").read_text(encoding="utf-8")


def write(folder: Path, source: str) -> Path:
    file = folder / "retention.yaml"
    file.write_text(source, encoding="utf-8")
    return file
