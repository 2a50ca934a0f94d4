"""Commands from the words that are typed to what is shown and left behind."""

import io
import json
import sqlite3
import zipfile
from pathlib import Path

import pyrage
import pytest
from clikit import CANARY, OTHER, POLICY, Dsr, count


def document(text: str) -> dict:
    """The one document on stdout."""
    return json.loads(text)


def token(dsr: Dsr, *who: str) -> str:
    return document(dsr("find", *who, "--json").out)["token"]


def test_find_says_where_records_lie_and_no_value(dsr: Dsr):
    ran = dsr("find", "--email", CANARY)
    assert ran.code == 0, ran.err
    assert "app.invoices" in ran.out
    assert CANARY not in ran.out + ran.err
    same = dsr("find", "--subject", token(dsr, "--user-id", "1"))
    assert same.out == ran.out


def test_people_come_from_a_file_or_stdin(dsr: Dsr, shop: Path, monkeypatch: pytest.MonkeyPatch):
    import io

    (shop / "people.txt").write_text(f"\ufeff{CANARY}\n\n", encoding="utf-8")
    assert dsr("find", "--from", "people.txt").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("user_id=2\n"))
    assert dsr("find", "--from", "-").code == 0
    (shop / "people.txt").write_text("canary wren\n", encoding="utf-8")
    ran = dsr("find", "--from", "people.txt")
    assert ran.code == 2
    assert "line 1" in ran.err
    assert "canary" not in ran.err


def test_an_unknown_person_ends_with_4(dsr: Dsr):
    ran = dsr("find", "--email", "nobody@example.org")
    assert ran.code == 4
    assert "nobody@" not in ran.err


def test_delete_without_a_terminal_needs_the_handle(dsr: Dsr, shop: Path):
    ran = dsr("delete", "--email", CANARY)
    assert ran.code == 5
    assert count(shop, "notes") == 3


def test_delete_plans_shows_asks_and_carries_out(dsr: Dsr, shop: Path):
    handle = token(dsr, "--email", CANARY)
    ran = dsr("delete", "--email", CANARY, "--confirm", handle)
    assert ran.code == 0, ran.err
    assert "Tax Act" in ran.out
    assert count(shop, "notes") == 1
    assert count(shop, "invoices") == 1
    assert CANARY.encode() not in (shop / "app.db").read_bytes() or "secure_delete" not in ran.out
    assert CANARY not in ran.out + ran.err


def test_plan_only_changes_nothing_and_says_how_to_go_on(dsr: Dsr, shop: Path):
    ran = dsr("delete", "--email", CANARY, "--plan-only")
    assert ran.code == 0, ran.err
    assert "dsr apply P-1" in ran.err
    assert count(shop, "notes") == 3


def test_a_deletion_in_json_is_one_document_with_plan_and_result(dsr: Dsr):
    handle = token(dsr, "--email", CANARY)
    made = document(dsr("delete", "--email", CANARY, "--confirm", handle, "--json").out)
    assert made["schema"] == "dsr/delete/1"
    assert made["plan"]["complete"] is True
    assert made["applied"]["exit_code"] == 0
    assert made["plan"]["subjects"] == [handle]


def test_a_rehearsal_in_the_future_is_shown_and_not_applied(dsr: Dsr, shop: Path):
    handle = token(dsr, "--email", CANARY)
    ran = dsr("delete", "--email", CANARY, "--as-of", "2090-01-01", "--confirm", handle)
    assert ran.code == 0, ran.err
    assert "rehearsal" in ran.out
    assert count(shop, "notes") == 3


def test_what_is_held_stays_and_ends_with_6(dsr: Dsr, shop: Path):
    placed = dsr(
        "hold", "place", "--email", CANARY, "--matter", "Case 7", "--reason", "claim", "--authority", "counsel"
    )
    assert placed.code == 0, placed.err
    assert "H-1" in placed.out
    ran = dsr("delete", "--email", CANARY, "--confirm", token(dsr, "--email", CANARY))
    assert ran.code == 6, ran.err
    assert count(shop, "notes") == 3
    listed = dsr("hold", "list")
    assert "Case 7" in listed.out
    assert CANARY not in dsr("hold", "list", "--json").out + dsr("hold", "show", "H-1", "--json").out
    assert dsr("hold", "release", "H-1", "--reason", "settled").code == 0
    assert dsr("hold", "show", "H-1").code == 0
    assert dsr("hold", "show", "H-9").code == 2


def test_export_writes_a_package(dsr: Dsr, shop: Path):
    ran = dsr("export", "--email", CANARY, "--unsealed", "package")
    assert ran.code == 0, ran.err
    assert (shop / "package" / "index.html").is_file()
    assert "package/index.html" in ran.err
    assert CANARY not in ran.out + ran.err


def test_a_package_lists_when_the_person_was_looked_up(dsr: Dsr, shop: Path):
    assert dsr("find", "--email", CANARY).code == 0
    assert dsr("find", "--email", OTHER).code == 0
    assert dsr("export", "--email", CANARY, "--unsealed", "one").code == 0
    assert dsr("export", "--email", CANARY, "--unsealed", "two").code == 0
    acts = [[line.split(",")[1] for line in (shop / n / "access.csv").read_text().splitlines()] for n in ("one", "two")]
    assert acts == [["what", "found"], ["what", "found", "exported"]]


def test_export_seals_unless_it_is_told_not_to(dsr: Dsr, shop: Path):
    ran = dsr("export", "--email", CANARY, "--out", "copy.zip.age", "--passphrase-file", "words", "--json")
    assert ran.code == 0, ran.err
    handle, words = (shop / "words").read_text().split()
    assert words not in ran.out + ran.err
    plain = pyrage.passphrase.decrypt((shop / "copy.zip.age").read_bytes(), words)
    assert zipfile.ZipFile(io.BytesIO(plain)).read(f"{handle}/manifest.json")
    assert not list(shop.glob("*.part"))
    again = dsr("export", "--email", CANARY, "--out", "copy.zip.age", "--passphrase-file", "other")
    assert again.code == 2
    assert "exists" in again.err


def test_every_person_of_several_gets_a_passphrase_of_their_own(dsr: Dsr, shop: Path):
    (shop / "people").write_text(f"{CANARY}\n{OTHER}\n")
    ran = dsr("export", "--from", "people", "--data", "--out", "all", "--passphrase-file", "words")
    assert ran.code == 0, ran.err
    pairs = [line.split() for line in (shop / "words").read_text().splitlines()]
    assert len({words for _, words in pairs}) == 2
    assert {path.name for path in (shop / "all").iterdir()} == {f"{handle}.zip.age" for handle, _ in pairs}
    handle, words = pairs[-1]  # to open one takes a second on purpose
    assert pyrage.passphrase.decrypt((shop / "all" / f"{handle}.zip.age").read_bytes(), words)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--json",),
        ("--unsealed", "plain", "--out", "copy"),
        ("--unsealed", "plain", "--recipient", "age1"),
        ("--recipient", "age1nonsense"),
        ("--recipient", "age1", "--passphrase-file", "words"),
        ("--passphrase-file", "retention.yaml"),
        ("--passphrase-file", "no/such/folder"),
        ("--passphrase-file", "words", "--part-size", "0"),
    ],
)
def test_an_export_that_nobody_could_open_is_refused_before_it_begins(dsr: Dsr, shop: Path, options: tuple[str, ...]):
    before = sorted(shop.iterdir())
    assert dsr("export", "--email", CANARY, *options).code == 2
    assert [path for path in sorted(shop.iterdir()) if path.name != ".dsr"] == [p for p in before if p.name != ".dsr"]


def test_what_is_not_declared_fails_discovery_and_the_check(dsr: Dsr, shop: Path):
    import sqlite3

    assert dsr("discover").code == 0
    base = sqlite3.connect(shop / "app.db")
    base.execute("CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT)")
    base.close()
    for command in (("discover",), ("policy", "check")):
        ran = dsr(*command)
        assert ran.code == 3
        assert "app.leads" in ran.out
    assert document(dsr("policy", "check", "--offline", "--json").out)["gaps"] == []


def test_doctor_report_and_explain_answer(dsr: Dsr):
    assert dsr("doctor").code == 0
    overview = dsr("report", "overview")
    assert overview.code == 0, overview.err
    assert "Invoices" in overview.out
    ladder = dsr("explain", "app.notes", "--key", "2", "--request")
    assert ladder.code == 0, ladder.err
    assert "decides" in ladder.out


def test_verify_finds_what_came_back(dsr: Dsr, shop: Path):
    import sqlite3

    handle = token(dsr, "--email", CANARY)
    assert dsr("delete", "--email", CANARY, "--confirm", handle).code == 0
    assert dsr("verify", "P-1", "--user-id", "1").code == 0
    base = sqlite3.connect(shop / "app.db")
    base.execute("INSERT INTO notes VALUES (9, 1, '2026-11-01 10:00:00', 'back')")
    base.commit()
    base.close()
    ran = dsr("verify", "P-1", "--user-id", "1")
    assert ran.code == 7
    assert "1 record is left" in ran.out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_render_writes_the_text_in_the_language(dsr: Dsr, shop: Path, lang: str):
    ran = dsr("policy", "render", "--lang", lang, "--as-of", "2026-11-24")
    assert ran.code == 0, ran.err
    assert {"en": "Invoices", "zh": "发票"}[lang] in ran.out
    assert dsr("policy", "render", "--lang", lang, "--format", "html", "--out", "page.html").code == 0
    assert (shop / "page.html").read_text(encoding="utf-8").startswith("<!")
    assert dsr("policy", "render", "--out", "no/such/folder.md").code == 2


def test_diff_marks_what_deletes_more_than_before(dsr: Dsr, shop: Path):
    (shop / "old.yaml").write_text(POLICY.replace("keep_at_most: P6M", "keep_at_most: P1Y"), encoding="utf-8")
    ran = dsr("policy", "diff", "old.yaml")
    assert ran.code == 0, ran.err
    assert "!" in ran.out
    back = dsr("policy", "diff", "retention.yaml", "old.yaml")
    assert "!" not in back.out
    assert document(dsr("policy", "diff", "old.yaml", "--json").out)["widens"] is True
    assert dsr("policy", "diff", "nowhere.yaml").code == 2


def test_the_schema_is_json_as_it_stands(dsr: Dsr):
    assert "$schema" in json.loads(dsr("policy", "schema").out)
    assert document(dsr("policy", "schema", "--json").out)["schema"] == "dsr/policy-schema/1"


def test_a_broken_policy_names_file_and_line(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").write_text(POLICY.replace("keep_at_most: P6M", "keep_at_most: 180"), encoding="utf-8")
    ran = dsr("policy", "check")
    assert ran.code == 3
    assert "retention.yaml:" in ran.err


def test_init_drafts_a_policy_file(dsr: Dsr, shop: Path):
    ran = dsr("init", "app=sqlite:///app.db", "--out", "draft.yaml")
    assert ran.code == 0, ran.err
    assert "app.notes" in (shop / "draft.yaml").read_text(encoding="utf-8")
    assert dsr("init", "app=sqlite:///app.db", "--out", "draft.yaml").code == 2


def test_purge_runs_unattended_under_the_guards(dsr: Dsr, shop: Path):
    planned = dsr("purge", "--plan-only")
    assert planned.code == 0, planned.err
    assert count(shop, "notes") == 3
    ran = dsr("purge")
    assert ran.code == 0, ran.err
    assert count(shop, "notes") == 1
    assert count(shop, "users") == 1
    assert dsr("purge").code == 0


def test_a_purge_over_the_guards_ends_with_8_and_changes_nothing(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").write_text(POLICY.replace("percent: 100", "percent: 20"), encoding="utf-8")
    ran = dsr("purge")
    assert ran.code == 8
    assert "20 %" in ran.err
    assert count(shop, "notes") == 3


def test_purge_with_a_count_goes_on_only_if_it_is_the_plans(dsr: Dsr, shop: Path):
    ran = dsr("purge", "--confirm", "2")
    assert ran.code == 5
    assert count(shop, "notes") == 3
    assert dsr("purge", "--confirm", "3").code == 0


def test_frozen_purges_end_with_12_until_they_are_thawed(dsr: Dsr, shop: Path):
    assert dsr("purge", "freeze", "--reason", "restore drill").code == 0
    ran = dsr("purge")
    assert ran.code == 12
    assert "restore drill" in ran.err
    assert count(shop, "notes") == 3
    assert dsr("purge", "--plan-only", "thaw").code == 2
    assert "run again" in dsr("purge", "thaw").out
    assert "not frozen" in dsr("purge", "thaw").out
    assert dsr("purge").code == 0


def test_a_plan_with_nothing_to_apply_is_not_listed_as_open(dsr: Dsr):
    assert [dsr("purge").code, dsr("purge").code] == [0, 0]
    listed = dsr("plan", "list").out
    assert "applied" in listed
    assert "nothing to do" in listed
    assert "open" not in listed
    assert "无需执行" in dsr("plan", "list", "--lang", "zh").out


def test_a_plan_is_listed_shown_and_applied(dsr: Dsr, shop: Path):
    assert "no plan" in dsr("plan", "list").out
    assert dsr("delete", "--email", CANARY, "--plan-only").code == 0
    handle = token(dsr, "--email", CANARY)
    assert "P-1" in dsr("plan", "list").out
    assert handle in dsr("plan", "show", "P-1").out
    assert document(dsr("plan", "show", "P-1", "--json").out)["plan"]["id"] == "P-1"
    assert dsr("apply", "P-1").code == 5
    assert dsr("apply", "P-1", "--confirm", "S-00000000").code == 5
    ran = dsr("apply", "P-1", "--confirm", handle)
    assert ran.code == 0, ran.err
    assert count(shop, "notes") == 1
    assert dsr("plan", "show", "P-9").code != 0


def test_a_plan_that_no_longer_fits_ends_with_9(dsr: Dsr, shop: Path):
    assert dsr("delete", "--email", CANARY, "--plan-only").code == 0
    (shop / "retention.yaml").write_text(POLICY + "\n# edited\n", encoding="utf-8")
    ran = dsr("apply", "P-1", "--confirm", token(dsr, "--email", CANARY))
    assert ran.code == 9
    assert count(shop, "notes") == 3


def test_a_cancelled_plan_is_never_applied(dsr: Dsr, shop: Path):
    assert dsr("delete", "--email", CANARY, "--plan-only").code == 0
    assert dsr("plan", "cancel", "P-1").code == 0
    assert "cancelled" in dsr("plan", "show", "P-1").out
    ran = dsr("apply", "P-1", "--confirm", token(dsr, "--email", CANARY))
    assert ran.code == 9
    assert "cancelled" in ran.err
    assert count(shop, "notes") == 3


def test_resume_with_nothing_open_is_done(dsr: Dsr):
    ran = dsr("resume")
    assert (ran.code, ran.out) == (0, "No run is unfinished.\n")


def test_a_lease_of_another_machine_is_named_then_broken_when_it_stays_silent(shop: Path, dsr: Dsr) -> None:
    assert dsr("purge", "--plan-only").code == 0
    base = sqlite3.connect(shop / ".dsr" / "state.db")
    with base:
        base.execute(
            "INSERT INTO dsr_lease VALUES "
            "('apply', 'cron', 'm', 'far-away|pid:[1]', 7, '', strftime('%s', 'now') * 1000000)"
        )
    locked = dsr("purge", "--confirm", "3")
    assert locked.code == 12
    assert "held by cron (process 7 on far-away)" in locked.err
    assert "dsr unlock" in locked.err
    held = dsr("unlock")
    assert held.code == 12
    assert "cron on far-away may be at work" in held.out
    with base:
        base.execute("UPDATE dsr_lease SET since = since - 3600000000")
    base.close()
    assert "was left behind by cron on far-away" in dsr("doctor").out
    freed = dsr("unlock", "--json")
    assert freed.code == 0
    assert json.loads(freed.out)["leases"][0]["broken"] is True
    assert "Nobody is at work" in dsr("unlock").out
    assert dsr("purge", "--confirm", "3").code == 0
