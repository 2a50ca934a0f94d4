"""Who asks: no copy and no erasure without knowing it, and the published attacks on access requests."""

import base64
import hashlib
import hmac
import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa
from clikit import CANARY, OTHER, POLICY, Dsr, count

from dsr.core.progress import Silent
from dsr.jobs import session as sessions

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
KEY = "a-key-that-only-tests-know"
SECTION = f"""
requests:
  identity: {{account_key: {KEY}, outbox: outbox, points: [app.users.name, app.notes.body, app.invoices.note]}}
recipients:
  - name: Lantern Pay
    role: merchant_of_record
    country: EE
    purpose: {{en: payments, zh: 收款}}
    categories: [contact]
  - {{name: Quiet Cloud, role: processor, country: IE, purpose: {{en: storage, zh: 存储}}, categories: [media]}}
"""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, shop: Path) -> list[datetime]:
    """The tests' own clock: its last entry is the present."""
    found = [NOW]
    monkeypatch.setattr(sessions.Session.__init__, "__defaults__", (lambda: found[-1],))
    (shop / "retention.yaml").write_text(POLICY + SECTION, encoding="utf-8")
    return found


def opened(dsr: Dsr, *args: str) -> str:
    ran = dsr("request", "open", *(args or ("--email", CANARY)), "--right", "access", "--right", "erasure", "--json")
    return json.loads(ran.out)["request"]["id"]


def code(shop: Path) -> str:
    (message,) = (shop / "outbox").glob("*.eml")
    text = message.read_text()
    assert f"To: {CANARY}" in text
    message.unlink()
    return re.search(r"Code: (\d{8})", text)[1]


def token(request: str, account: str = "1", key: str = KEY, until: datetime = NOW + timedelta(minutes=5)) -> str:
    said = {"request": request, "kind": "user", "account": account, "until": int(until.timestamp())}
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=")
    mac = base64.urlsafe_b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).rstrip(b"=")
    return f"{body.decode()}.{mac.decode()}"


def test_nothing_is_given_out_or_deleted_without_knowing_who_asks(dsr: Dsr, shop: Path):
    id = opened(dsr)
    for args in (("--email", CANARY), ("--request", id)):
        assert dsr("export", *args, "--unsealed", "package").code == 13
        assert dsr("delete", *args, "--confirm", "x").code == 13
    assert not (shop / "package").exists()
    assert count(shop, "notes") == 3
    assert dsr("request", "close", id).code == 2


def test_a_verified_request_is_answered_step_by_step(dsr: Dsr, shop: Path):
    id = opened(dsr)
    assert dsr("request", "verify", id, "--send-code").code == 0
    assert dsr("request", "verify", id, "--code", code(shop)).code == 0
    early = dsr("delete", "--request", id, "--plan-only")
    assert (early.code, "Export first" in early.err) == (2, True)
    assert dsr("export", "--request", id, "--unsealed", "package").code == 0
    handle = json.loads(dsr("request", "show", id, "--json").out)["request"]["subject"]
    assert "no erasure" in dsr("request", "close", id).err
    assert dsr("delete", "--request", id, "--confirm", handle).code == 0
    assert count(shop, "notes") == 1
    ran = dsr("request", "close", id)
    assert (ran.code, "Lantern Pay" in ran.err, "Quiet Cloud" in ran.err) == (2, True, False)
    assert dsr("request", "notices", id, "--recipient", "Lantern Pay", "--proof", " ").code == 2
    assert dsr("request", "notices", id, "--recipient", "Lantern Pay", "--proof", "ticket 88").code == 0
    assert dsr("request", "close", id).code == 0
    listed = json.loads(dsr("request", "notices", id, "--json").out)["notices"]
    assert [(one["recipient"], one["role"], one["notice"]["state"]) for one in listed] == [
        ("Lantern Pay", "merchant_of_record", "told")
    ]


def test_somebody_of_ours_may_answer_for_it_and_that_is_kept(dsr: Dsr, shop: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DSR_ACTOR", "ada")
    assert dsr("export", "--email", CANARY, "--unsealed", "package", "--identity", " ").code == 2
    assert dsr("export", "--email", CANARY, "--unsealed", "package", "--identity", "known from the contract").code == 0
    assert "contract" not in dsr("request", "show", "R-2", "--json").out
    seen = json.loads(dsr("request", "show", "R-2", "--reveal", "--json").out)
    acts = {one["act"]: one for one in seen["acts"]}
    assert (acts["overridden"]["actor"], acts["overridden"]["note"]) == ("ada", "known from the contract")
    assert "exported" in acts
    with sessions.Session(shop / "retention.yaml", {}, "x", Silent()) as session:
        entries = [json.loads(one) for one in session.state.ledger_entries()]
    (entry,) = [one for one in entries if one.get("act") == "overridden"]
    assert entry["request"] == "R-2"
    assert len(entry["digest"]) == 64
    assert "contract" not in json.dumps(entries)


def test_the_code_goes_to_the_address_on_file_whatever_the_request_says(dsr: Dsr, shop: Path):
    id = opened(dsr, "--user-id", "1", "--contact", "thief@evil.example", "--email", "thief@evil.example")
    assert dsr("request", "verify", id, "--send-code").code == 0
    digits = code(shop)  # asserts whom it is addressed to
    for form in ((), ("--json",)):
        assert digits not in dsr("request", "show", id, "--reveal", *form).out
    assert all(digits.encode() not in path.read_bytes() for path in (shop / ".dsr").glob("state*"))
    assert dsr("request", "verify", id, "--code", digits).code == 0
    handle = json.loads(dsr("request", "show", id, "--json").out)["request"]["subject"]
    assert handle == json.loads(dsr("find", "--user-id", "1", "--json").out)["token"]


def test_a_code_serves_once_for_its_request_and_an_hour(dsr: Dsr, shop: Path, clock: list[datetime]):
    one, two = opened(dsr), opened(dsr)
    dsr("request", "verify", one, "--send-code")
    digits = code(shop)
    dsr("request", "verify", two, "--send-code")
    assert dsr("request", "verify", two, "--code", digits).code == 13
    clock.append(NOW + timedelta(minutes=61))
    expired = dsr("request", "verify", one, "--code", digits, "--lang", "zh")
    assert (expired.code, "已过期" in expired.err) == (13, True)
    assert json.loads(dsr("request", "show", one, "--json").out)["request"]["verified_at"] is None


def test_guesses_are_limited_over_requests_and_processes(dsr: Dsr, shop: Path):
    ids = [opened(dsr) for _ in range(3)] + [opened(dsr, "--user-id", "1")]
    codes = [dsr("request", "verify", id, "--token", "x.y").code for id in ids for _ in range(3)]
    assert codes == [13] * 12
    told = [dsr("request", "verify", id, "--token", token(id)) for id in ids]
    assert [one.code for one in told] == [13] * 4
    assert all("too many attempts" in one.err for one in told)


def _try(root: str, id: str) -> bool:
    with sessions.Session(Path(root) / "retention.yaml", {}, "x", Silent()) as session:
        return session.state.may_try(frozenset({session.state.request_tag("tries-request", id)}), 5)


def test_many_processes_at_once_get_no_more_attempts(dsr: Dsr, shop: Path):
    id = opened(dsr)
    with get_context("spawn").Pool(4) as pool:
        got = pool.starmap(_try, [(str(shop), id)] * 12)
    assert sum(got) == 5


def test_attempts_are_counted_while_nobody_else_can_write(dsr: Dsr, shop: Path):
    """Between reading a count and writing it no other process gets the writer's lock; a race would rarely show it."""
    tried: list[str] = []

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT") and "attempt" in statement:
            other = sqlite3.connect(shop / ".dsr" / "state.db", timeout=0)
            try:
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("BEGIN IMMEDIATE")
                tried.append("locked")
            finally:
                other.close()

    id = opened(dsr)
    sa.event.listen(sa.Engine, "after_cursor_execute", meanwhile)
    try:
        assert _try(str(shop), id)
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", meanwhile)
    assert tried == ["locked"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "2"},
        {"key": "another-key-entirely"},
        {"until": NOW - timedelta(seconds=1)},
        {"until": NOW + timedelta(days=1)},
        {"request": "R-9"},
    ],
)
def test_a_token_of_another_account_key_time_or_request_proves_nothing(dsr: Dsr, wrong: dict):
    id = opened(dsr)
    assert dsr("request", "verify", id, "--token", token(**({"request": id} | wrong))).code == 13
    assert dsr("request", "verify", id, "--token", token(id)).code == 0


def test_data_points_all_fit_or_nothing_is_said(dsr: Dsr, shop: Path):
    id = opened(dsr)
    good = ("--point", "app.users.name=canary  WREN", "--point", f"app.notes.body=by {CANARY}")
    wrong = dsr("request", "verify", id, *good, "--point", "app.invoices.note=guess")
    assert wrong.code == 13
    for part in ("invoices", "note", "guess", CANARY):
        assert part not in wrong.err
    right = (*good, "--point", f"app.invoices.note=thanks, {CANARY}")
    assert dsr("request", "verify", id, *right).code == 13  # a copy needs a declaration too
    (shop / "signed.pdf").write_bytes(b"I am Canary Wren")
    assert dsr("request", "verify", id, *right, "--declaration", "signed.pdf").code == 0
    assert not (shop / "signed.pdf").exists()
    stored = b"".join(path.read_bytes() for path in (shop / ".dsr").glob("state*"))
    assert b"canary  WREN" not in stored


def test_a_suspected_session_is_not_enough(dsr: Dsr, shop: Path):
    id = opened(dsr)
    assert dsr("request", "verify", id, "--suspect", "signed in from a new place", "--token", token(id)).code == 13
    dsr("request", "verify", id, "--send-code")
    assert dsr("request", "verify", id, "--code", code(shop)).code == 0


def test_who_asks_for_another_shows_the_authority_first(dsr: Dsr):
    id = opened(dsr, "--email", CANARY, "--requester", "guardian", "--name", "Robin Wren")
    assert "authority" in dsr("request", "verify", id, "--token", token(id)).err
    assert dsr("request", "verify", id, "--authority", "birth certificate, seen", "--token", token(id)).code == 0


def test_equal_answers_and_equal_work_whether_the_account_exists_or_not(dsr: Dsr, shop: Path):
    """The same words and kinds of statements to stores and state; only the letter box knows."""
    seen: list[str] = []
    hear = lambda *given: seen.append(re.sub(r"\d+", "n", str(given[2])))  # noqa: E731
    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        told, work = [], []
        for email in (CANARY, "nobody@example.org"):
            id = opened(dsr, "--email", email)
            seen.clear()
            ran = [
                dsr("request", "verify", id, "--send-code"),
                dsr("request", "verify", id, "--code", "00000000"),
                dsr("request", "verify", id, "--token", "x.y"),
                dsr("request", "verify", id, "--point", "app.users.name=Somebody Else"),
            ]
            told.append([(one.code, re.sub(r"R-\d+", "R", one.out + one.err)) for one in ran])
            work.append(sorted(set(seen)))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
    assert told[0] == told[1]
    assert work[0] == work[1]
    assert len(list((shop / "outbox").iterdir())) == 1


def test_a_letter_box_that_takes_nothing_answers_alike_whether_the_account_exists_or_not(dsr: Dsr, shop: Path):
    """A code is written for nobody too, so that a full disk or a lost folder tells nothing."""
    (shop / "outbox").write_text("a file where a folder should be", encoding="utf-8")
    ids = [opened(dsr, "--email", email) for email in (CANARY, "nobody@example.org")]
    ran = [dsr("request", "verify", id, "--send-code") for id in ids]
    told = [(one.code, re.sub(r"R-\d+", "R", one.out + one.err)) for one in ran]
    assert told[0] == told[1]
    assert told[0][0] != 0


def test_two_accounts_of_one_address_are_not_verified_together(dsr: Dsr, shop: Path):
    base = sqlite3.connect(shop / "app.db")
    base.execute("UPDATE users SET email = ? WHERE id = 2", (CANARY,))
    base.commit()
    base.close()
    id = opened(dsr)
    assert dsr("request", "verify", id, "--token", token(id)).code == 13
    one = opened(dsr, "--user-id", "2")
    assert dsr("request", "verify", one, "--token", token(one, "2")).code == 0
    assert OTHER not in dsr("request", "show", one).out


def erased(dsr: Dsr, shop: Path, email: str, *args: str) -> str:
    ran = dsr("request", "open", "--email", email, "--right", "erasure", "--regime", "gdpr", *args, "--json")
    id = json.loads(ran.out)["request"]["id"]
    dsr("request", "verify", id, "--token", token(id, "1" if email == CANARY else "2"))
    handle = json.loads(dsr("request", "show", id, "--json").out)["request"]["subject"]
    assert dsr("delete", "--request", id, "--confirm", handle).code == 0
    return id


def test_the_erasure_letter_says_what_was_kept_why_and_until_when(dsr: Dsr, shop: Path):
    id = erased(dsr, shop, CANARY)
    text = dsr("request", "letter", id, "--kind", "erasure").out
    for part in ("Invoices (1)", "Tax Act", "December 31, 2035", "Lantern Pay", "being told", "GDPR Art. 77"):
        assert part in text
    assert "We have erased a part" in text
    assert CANARY not in text
    other = erased(dsr, shop, OTHER, "--language", "zh")
    assert "我们已删除在系统中找到的与您有关的记录" in dsr("request", "letter", other, "--kind", "erasure").out


def test_a_letter_says_nothing_that_is_not_so(dsr: Dsr, shop: Path):
    id = opened(dsr)
    for kind in ("erasure", "access", "refusal", "extension", "retained", "released", "complaint", "notice"):
        ran = dsr("request", "letter", id, "--kind", kind)
        assert (ran.code, ran.out) == (2, ""), kind
    assert dsr("request", "letter", id, "--kind", "acknowledgement", "--format", "html", "--out", "a.html").code == 0
    again = dsr("request", "letter", id, "--kind", "acknowledgement", "--format", "html", "--out", "a.html")
    assert (again.code, (shop / "a.html").read_text().startswith("<!DOCTYPE")) == (2, True)
    assert dsr("request", "refuse", id, "--ground", "others_rights", "--reason", "two people <wrote>").code == 0
    assert "two people <wrote>" in dsr("request", "letter", id, "--kind", "refusal").out


def test_what_was_kept_is_told_again_when_it_is_gone(dsr: Dsr, shop: Path, clock: list[datetime]):
    (shop / "retention.yaml").write_text(POLICY.replace("P10Y", "P2Y") + SECTION, encoding="utf-8")
    id = erased(dsr, shop, CANARY)
    assert dsr("request", "letter", id, "--kind", "retained").code == 2
    clock.append(datetime(2028, 1, 2, 9, tzinfo=UTC))
    assert dsr("request", "letter", id, "--kind", "retained").code == 2  # its time is over, but nobody has purged
    assert dsr("purge").code == 0
    assert count(shop, "invoices") == 0
    text = dsr("request", "letter", id, "--kind", "retained").out
    assert "Invoices (1)" in text
    notice = dsr("request", "letter", id, "--kind", "notice", "--recipient", "Lantern Pay").out
    assert "To Lantern Pay" in notice
    assert CANARY not in notice


def test_a_released_hold_is_told(dsr: Dsr, shop: Path):
    placed = ("--matter", "Case 7", "--reason", "claim", "--authority", "counsel", "--collection", "app.notes")
    assert dsr("hold", "place", "--email", CANARY, *placed).code == 0
    id = erased(dsr, shop, CANARY)
    assert count(shop, "notes") == 3
    assert "Notes (2)" in dsr("request", "letter", id, "--kind", "erasure").out
    assert dsr("request", "letter", id, "--kind", "released").code == 2
    assert dsr("hold", "release", "H-1", "--reason", "settled").code == 0
    assert "Notes (2)" in dsr("request", "letter", id, "--kind", "released").out


def test_the_secret_shared_with_the_app_may_come_from_the_environment_and_nothing_beside_it(
    dsr: Dsr, shop: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DSR_ACCOUNT_KEY", KEY)
    named = SECTION.replace(KEY, '"${DSR_ACCOUNT_KEY}"')
    (shop / "retention.yaml").write_text(POLICY + named, encoding="utf-8")
    id = opened(dsr)
    assert dsr("request", "verify", id, "--token", token(id)).code == 0
    for other in ('outbox: "${BOX}"', 'calendar: "${DAYS}"'):
        wrong = (
            named.replace("outbox: outbox", other)
            if "outbox" in other
            else named.replace("  identity", f"  {other}\n  identity")
        )
        (shop / "retention.yaml").write_text(POLICY + wrong, encoding="utf-8")
        ran = dsr("request", "list")
        assert (ran.code, "names a variable" in ran.err) == (3, True)
