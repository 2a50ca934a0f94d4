"""The sample estate: the same bytes every time, invented people only, and every collection declared."""

import gzip
import hashlib
import json
import re
import shutil
import sqlite3
import struct
import zlib
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from dsr.core.errors import UsageError
from dsr.engine.policyfile.loader import load
from dsr.engine.policytext.check import problems
from dsr.jobs.sample import build

AS_OF = date(2026, 11, 23)
ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"[\w.+-]+@example\.(com|org|net)", re.IGNORECASE)
ANY_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
V4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("sample") / "demo", as_of=AS_OF)


@pytest.fixture(scope="module")
def app(built):
    with closing(sqlite3.connect(built.folder / "app.db")) as base:
        yield base


@pytest.fixture(scope="module")
def policy_data():
    return yaml.safe_load((ROOT / "retention.yaml").read_text(encoding="utf-8"))["data"]


def number(app, statement, *values):
    return app.execute(statement, values).fetchone()[0]


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            int(path.stat().st_mtime) if "media" in path.parts else 0,
        )
        for path in files
    }


def lines(folder, stream):
    for path in sorted(folder.glob(f"{stream}-*")):
        data = path.read_bytes()
        yield from (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()


def everything(built, app):
    """All text of the estate."""
    yield from app.iterdump()
    for stream in ("requests", "security"):
        yield from lines(built.folder / "logs", stream)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    one = build(tmp_path / "one", people=300, as_of=AS_OF)
    two = build(tmp_path / "two", people=300, as_of=AS_OF)
    assert one.counts == two.counts
    assert digests(one.folder) == digests(two.folder)


def test_another_seed_gives_another_estate(tmp_path):
    one = build(tmp_path / "one", people=60, as_of=AS_OF)
    two = build(tmp_path / "two", people=60, seed=8, as_of=AS_OF)
    assert digests(one.folder)["app.db"] != digests(two.folder)["app.db"]


def test_building_again_replaces_the_estate(tmp_path):
    first = build(tmp_path / "demo", people=80, as_of=AS_OF)
    (first.folder / "logs" / "requests-1999-01-01.jsonl").write_text("{}\n")
    before = digests(build(tmp_path / "demo", people=40, as_of=AS_OF).folder)
    shutil.rmtree(tmp_path / "demo")
    assert digests(build(tmp_path / "demo", people=40, as_of=AS_OF).folder) == before


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "app.db").write_text("somebody's own")
    with pytest.raises(UsageError, match="not empty"):
        build(tmp_path, people=20, as_of=AS_OF)
    assert (tmp_path / "app.db").read_text() == "somebody's own"
    assert len(list(tmp_path.iterdir())) == 1


def test_it_stays_small(built):
    size = sum(path.stat().st_size for path in built.folder.rglob("*") if path.is_file())
    assert size < 60_000_000


def test_references_hold(app):
    assert app.execute("PRAGMA foreign_key_check").fetchall() == []
    assert number(app, "PRAGMA integrity_check") == "ok"


def test_the_counts_are_those_of_the_stores(built, app):
    for name, count in built.counts:
        if name in ("requests", "security"):
            assert sum(1 for _ in lines(built.folder / "logs", name)) == count
        elif name == "assets":
            assert len(list((built.folder / "media" / "assets").rglob("*.png"))) == count
        else:
            assert number(app, f"SELECT count(*) FROM {name}") == count


@pytest.mark.parametrize("people", [1, 9, 10, 25, 200])
def test_any_size_can_be_built(tmp_path, people):
    made = build(tmp_path / "demo", people=people, as_of=date(2028, 2, 29))
    assert made.count("users") == made.people == max(people, 9)


# invented values -----------------------------------------------------------------------------------------------------


def test_every_address_is_an_example_address(built, app):
    found = {mail for text in everything(built, app) for mail in ANY_MAIL.findall(text)}
    assert len(found) > 3000
    assert [mail for mail in found if not EXAMPLE.fullmatch(mail)] == []


def test_every_ip_address_is_for_documentation(built, app):
    found = {ip for text in everything(built, app) for ip in V4.findall(text)}
    assert found
    assert {ip.rpartition(".")[0] for ip in found} <= {"192.0.2", "198.51.100", "203.0.113"}
    columns = (("users", "last_login_ip"), ("sessions", "ip"), ("orders", "ip"), ("logs", "ip"), ("consents", "ip"))
    for table, column in columns:
        six = {ip for (ip,) in app.execute(f"SELECT {column} FROM {table} WHERE {column} LIKE '%:%'")}
        assert all(ip.startswith("2001:db8:") for ip in six)


def test_every_phone_number_is_from_a_fictional_range(app):
    fiction = re.compile(r"\+44 7700 900\d{3}|\+1 \d{3} 555 01\d{2}|\+46 70 17406\d{2}")
    found = [phone for (phone,) in app.execute("SELECT phone FROM users WHERE phone IS NOT NULL")]
    assert len(found) > 500
    assert [phone for phone in found if not fiction.fullmatch(phone)] == []


def test_hostile_values_are_there(app):
    nicknames = [name for (name,) in app.execute("SELECT nickname FROM users")]
    assert any("<script>" in name for name in nicknames)
    assert any(name.startswith("=") for name in nicknames)
    assert any("\x1b[" in name for name in nicknames)
    assert any("../" in name for name in nicknames)
    assert any(len(name.encode()) == 300 for name in nicknames)
    assert number(app, "SELECT count(*) FROM attachments WHERE file_name LIKE '../%'") > 0


def test_pictures_are_valid_png(built):
    path = next((built.folder / "media" / "assets").rglob("*.png"))
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, pixels = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        pixels += body if kind == b"IDAT" else b""
        at += 12 + size
    assert len(zlib.decompress(pixels)) == 16 * (1 + 16 * 3)


# the people of the story ---------------------------------------------------------------------------------------------


def test_the_customer_has_everything_the_demo_needs(built, app):
    (person,) = app.execute("SELECT id FROM users WHERE email = ?", (built.story.customer,)).fetchone()
    counts = {
        table: number(app, f"SELECT count(*) FROM {table} WHERE user_id = ?", person)
        for table in ("orders", "media_files", "tickets", "old_emails", "balance_ledger")
    }
    assert counts == {"orders": 6, "media_files": 4, "tickets": 2, "old_emails": 1, "balance_ledger": 6}
    bought = "SELECT count(*) FROM {} JOIN orders ON orders.id = order_id WHERE user_id = ?"
    assert number(app, bought.format("invoices"), person) == number(app, bought.format("payments"), person) == 6
    assert number(app, "SELECT address FROM old_emails WHERE user_id = ?", person) == built.story.customer_old
    assert number(app, "SELECT count(*) FROM logs WHERE user_id = ? AND type = 'usage'", person) == 90
    assert len(list((built.folder / "media" / "assets" / str(person)).iterdir())) == 4
    calls = [json.loads(line) for line in lines(built.folder / "logs", "requests")]
    assert sum(call["user_id"] == person for call in calls) == 90


def test_the_customer_shares_her_address(built, app):
    sharing = app.execute(
        "SELECT email FROM users WHERE address_id = (SELECT address_id FROM users WHERE email = ?) ORDER BY id",
        (built.story.customer,),
    ).fetchall()
    assert sharing == [(built.story.customer,), (built.story.housemate,)]


def test_an_invitation_leads_to_the_customer(built, app):
    inviter = "SELECT i.email FROM users u JOIN users i ON i.id = u.inviter_id WHERE u.email = ?"
    assert number(app, inviter, built.story.housemate) == built.story.customer
    assert number(app, inviter, built.story.customer) == built.story.zero


def test_one_customer_disputes_an_order(built, app):
    statuses = app.execute(
        "SELECT orders.status FROM orders JOIN users u ON u.id = user_id WHERE u.email = ?", (built.story.disputed,)
    ).fetchall()
    assert sorted(statuses) == [("completed",)] * 3 + [("disputed",)]
    event = "event = 'dispute.created' AND json_extract(payload, '$.data.customer.email') = ?"
    assert number(app, f"SELECT count(*) FROM webhooks WHERE {event}", built.story.disputed) == 1


def test_somebody_only_wrote_to_support(built, app):
    assert number(app, "SELECT count(*) FROM users WHERE email = ?", built.story.writer) == 0
    assert number(app, "SELECT count(*) FROM contacts WHERE email = ?", built.story.writer) == 1
    wrote = "SELECT count(*) FROM tickets WHERE user_id IS NULL AND requester_email = ?"
    assert number(app, wrote, built.story.writer) == 2


def test_two_accounts_differ_only_in_upper_and_lower_case(built, app):
    found = app.execute(
        "SELECT email FROM users WHERE lower(email) = ? ORDER BY id", (built.story.twin_one,)
    ).fetchall()
    assert found == [(built.story.twin_one,), (built.story.twin_two,)]


def test_account_zero_has_records_with_zero_in_their_keys(built, app):
    assert number(app, "SELECT id FROM users WHERE email = ?", built.story.zero) == 0
    assert number(app, "SELECT count(*) FROM balance_ledger WHERE user_id = 0 AND seq = 0") == 1
    assert number(app, "SELECT count(*) FROM orders WHERE user_id = 0") == 1


def test_a_closed_account_still_has_invoices(built, app):
    closed = number(app, "SELECT closed_at FROM users WHERE email = ?", built.story.closed)
    assert datetime.fromisoformat(closed).date() < AS_OF - timedelta(days=365)
    bought = "SELECT count(*) FROM orders JOIN users u ON u.id = user_id WHERE u.email = ?"
    assert number(app, bought, built.story.closed) == 2


def test_somebody_wrote_after_closing_the_account(built, app):
    after = "t.created_at > u.closed_at AND u.email = ?"
    assert (
        number(
            app,
            f"SELECT count(*) FROM tickets t JOIN users u ON u.id = t.user_id WHERE {after}",
            built.story.late_writer,
        )
        == 1
    )


# what the calendar finds ---------------------------------------------------------------------------------------------

OVER = [
    ("users", "closed_at", timedelta(days=31)),
    ("consents", "withdrawn_at", timedelta(days=1097)),
    ("sessions", "last_used_at", timedelta(days=31)),
    ("api_keys", "revoked_at", timedelta(days=185)),
    ("orders", "completed_at", None),
    ("invoices", "issued_at", None),
    ("payments", "paid_at", None),
    ("balances", "updated_at", None),
    ("balance_ledger", "created_at", None),
    ("webhooks", "received_at", timedelta(days=366)),
    ("usage_monthly", "month", timedelta(days=732)),
    ("error_samples", "created_at", timedelta(days=8)),
    ("media_files", "generated_at", timedelta(days=31)),
    ("tickets", "closed_at", timedelta(days=366)),
    ("contacts", "last_wrote_at", timedelta(days=366)),
    ("outbox", "sent_at", timedelta(days=91)),
    ("addresses", "unused_since", timedelta(days=31)),
]


@pytest.mark.parametrize(("table", "field", "kept"), OVER, ids=[over[0] for over in OVER])
def test_some_records_are_over_and_far_fewer_than_the_guard(app, table, field, kept):
    midnight = datetime.combine(AS_OF, datetime.min.time(), UTC)
    cutoff = midnight - kept if kept else datetime(AS_OF.year - 10, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    stored = cutoff.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    over = number(app, f"SELECT count(*) FROM {table} WHERE {field} < ?", stored)
    assert 0 < over < 0.1 * number(app, f"SELECT count(*) FROM {table}")


def test_some_log_lines_are_over_and_far_fewer_than_the_guard(built, app):
    for stream, days in (("requests", 185), ("security", 366)):
        first = (AS_OF - timedelta(days=days)).isoformat()
        over = sum(json.loads(line)["ts"] < first for line in lines(built.folder / "logs", stream))
        assert 0 < over < 0.1 * built.count(stream)
    usage = "SELECT count(*) FROM logs WHERE type = 'usage' AND created_at < ?"
    half_a_year = datetime.combine(AS_OF - timedelta(days=185), datetime.min.time(), UTC).timestamp()
    assert 0 < number(app, usage, half_a_year) < 0.1 * built.count("logs")


def test_some_dates_are_missing_or_in_the_future(app):
    assert number(app, "SELECT count(*) FROM orders WHERE completed_at IS NULL") > 0
    assert number(app, "SELECT count(*) FROM invoices WHERE issued_at IS NULL") == 1
    assert number(app, "SELECT count(*) FROM invoices WHERE issued_at > '2030-01-01 00:00'") == 1
    assert number(app, "SELECT count(*) FROM sessions WHERE last_used_at > '2027-01-01 00:00'") == 1


def test_only_the_late_writer_has_records_newer_than_the_closing(app):
    """Otherwise a purge would report closed accounts instead of removing them."""
    dated = [
        ("orders", "created_at"),
        ("sessions", "last_used_at"),
        ("tickets", "created_at"),
        ("consents", "given_at"),
    ]
    dated += [("media_files", "generated_at"), ("error_samples", "created_at"), ("abuse_flags", "raised_at")]
    late = set()
    for table, field in dated:
        found = f"SELECT u.email FROM {table} t JOIN users u ON u.id = t.user_id WHERE u.closed_at < t.{field}"
        late |= {email for (email,) in app.execute(found)}
    assert late == {"teal.wharf@example.com"}


# the policy file -----------------------------------------------------------------------------------------------------


def test_every_table_stream_and_prefix_is_declared(built, app, policy_data):
    tables = {f"app.{name}" for (name,) in app.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    streams = {f"logs.{path.name.split('-')[0]}" for path in (built.folder / "logs").iterdir()}
    prefixes = {f"media.{path.name}" for path in (built.folder / "media").iterdir()}
    assert tables | streams | prefixes == set(policy_data)


def test_every_declared_field_exists(built, app, policy_data):
    known = {
        f"logs.{stream}": set().union(*(json.loads(line) for line in lines(built.folder / "logs", stream)))
        for stream in ("requests", "security")
    }
    for name in policy_data:
        if name.startswith("app."):
            known[name] = {row[1] for row in app.execute(f"PRAGMA table_info({name.removeprefix('app.')})")}
    for name, declared in policy_data.items():
        for entry in declared if isinstance(declared, list) else [declared]:
            fields = {field.split(".")[0] for field in entry.get("fields", {})}
            assert fields <= known.get(name, set()), name


def test_no_field_that_looks_personal_is_left_out(app, policy_data):
    telling = re.compile(r"email|name|ip|phone|agent|hash|prompt|body|line1|postcode|note|subject|address")
    innocent = {"app.models.name", "app.orders.address_id", "app.users.address_id"}
    for name, declared in policy_data.items():
        entries = declared if isinstance(declared, list) else [declared]
        if not name.startswith("app.") or "no_personal_data" in entries[0]:
            continue
        said = {field.split(".")[0] for entry in entries for field in entry.get("fields", {})}
        columns = {row[1] for row in app.execute(f"PRAGMA table_info({name.removeprefix('app.')})")}
        parts = {column for column in columns if telling.fullmatch(column) or telling.search(column.split("_")[-1])}
        assert {column for column in parts - said if f"{name}.{column}" not in innocent} == set()


def test_the_policy_loads_and_can_be_published():
    policy = load(ROOT / "retention.yaml", {})
    assert problems(policy) == ()
    assert {one.contact.rpartition("@")[2] for one in policy.recipients if one.name != "Creem"} <= {
        "lumenharbor.example",
        "cindercove.example",
        "paperkite.example",
        "deskfern.example",
    }
    assert [rule.name for rule in policy.rules if rule.keep_at_most is None] == ["leaked_secret"]


def test_every_duty_is_cited_and_dated_in_both_languages():
    policy = load(ROOT / "retention.yaml", {})
    duties = [duty for rule in policy.rules for duty in rule.duties]
    assert len(duties) >= 7
    assert all(duty.cite.en and duty.cite.zh and duty.verified_on for duty in duties)


def test_the_stores_can_be_elsewhere():
    env = {"DSR_APP_URL": "sqlite:///other.db", "DSR_MEDIA_URL": "file://other"}
    policy = load(ROOT / "retention.yaml", env)
    assert [store.url for store in policy.stores] == ["sqlite:///other.db", "demo/logs", "file://other"]
