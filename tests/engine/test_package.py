"""The access package as a folder: what is in it, that it is whole, private, faithful, and never mistaken."""

import csv
import hashlib
import json
import os
import stat
import tracemalloc
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from package_sample import (
    COLLECTIONS,
    LOGS,
    MADE,
    MEDIA,
    POLICY,
    TICKETS,
    USER,
    USERS,
    collection,
    entry,
    entry_of,
    log,
    package,
    said,
    send,
    whole,
)

from dsr.core.errors import DsrError, StoreUnreachableError, UsageError
from dsr.core.model import FieldType, Record
from dsr.core.notice import Automated, Party
from dsr.core.policy import Export, Place
from dsr.core.text import Text
from dsr.engine.package.report import SearchResult
from dsr.engine.package.writer import Form

GOLDEN = Path(__file__).parent.parent / "golden" / "package"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def everything(folder: Path) -> str:
    return "".join((folder / name).read_text(encoding="utf-8", errors="replace") for name in files(folder))


def test_the_whole_package_is_as_it_was_reviewed(tmp_path):
    whole(tmp_path / "out")
    if os.environ.get("DSR_REGEN"):
        for old in files(GOLDEN):
            (GOLDEN / old).unlink()
        for name in files(tmp_path / "out"):
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_bytes((tmp_path / "out" / name).read_bytes())
    assert files(tmp_path / "out") == files(GOLDEN)
    for name in files(GOLDEN):
        assert (tmp_path / "out" / name).read_bytes() == (GOLDEN / name).read_bytes(), name


def test_the_manifest_names_size_and_digest_of_every_other_file(tmp_path):
    whole(tmp_path / "out")
    told = {one["path"]: one for one in manifest(tmp_path / "out")["files"]}
    assert sorted(told) == [name for name in files(tmp_path / "out") if name != "manifest.json"]
    for name, one in told.items():
        data = (tmp_path / "out" / name).read_bytes()
        assert (one["size"], one["sha256"]) == (len(data), hashlib.sha256(data).hexdigest()), name


def test_the_manifest_names_tool_policy_subject_and_time(tmp_path):
    whole(tmp_path / "out")
    made = manifest(tmp_path / "out")
    assert made["schema"] == "dsr/manifest/1"
    assert (made["subject"], made["policy"], made["made_at"]) == ("S-4f7a1c09", POLICY.digest, MADE.isoformat())
    assert made["tool"].startswith("dsr ")
    assert made["records"]["data/logs/requests.jsonl"] == 6


def test_a_place_that_failed_makes_the_package_incomplete(tmp_path):
    assert whole(tmp_path / "a", failed=False).complete is True
    assert whole(tmp_path / "b", failed=True).complete is False
    assert [manifest(tmp_path / name)["complete"] for name in ("a", "b")] == [True, False]
    assert "This copy is not complete" in (tmp_path / "b" / "index.html").read_text()
    assert "This copy is not complete" not in (tmp_path / "a" / "index.html").read_text()


def test_a_place_not_searched_makes_the_package_incomplete(tmp_path):
    made = package(tmp_path / "out")
    made.searched(USERS, SearchResult.NOT_SEARCHED, 0, MADE, "no rule reaches it")
    assert made.finish().complete is False


def test_everything_is_readable_by_the_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        whole(tmp_path / "out")
    finally:
        os.umask(before)
    for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_half_written_package_has_another_name_and_says_so(tmp_path):
    made = package(tmp_path / "out")
    send(made, entry_of(USERS), [USER], None)
    assert not (tmp_path / "out").exists()
    assert "not a package" in (tmp_path / "out.part" / "UNFINISHED.txt").read_text()
    made.finish()
    assert files(tmp_path) == [f"out/{name}" for name in files(tmp_path / "out")]
    assert "UNFINISHED.txt" not in files(tmp_path / "out")


def test_abandoning_leaves_nothing(tmp_path):
    made = package(tmp_path / "out")
    send(made, entry_of(USERS), [USER], None)
    made.abandon()
    made.abandon()
    assert list(tmp_path.iterdir()) == []


def test_an_error_inside_a_with_block_leaves_nothing(tmp_path):
    def gone():
        yield from [USER] * 100
        raise StoreUnreachableError("the store went away")

    with pytest.raises(StoreUnreachableError), package(tmp_path / "out") as made:
        send(made, entry_of(USERS), gone(), None)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_files_in_it_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match="not empty"):
        package(tmp_path)
    assert files(tmp_path) == ["mine.txt"]


def test_a_file_or_a_link_in_the_way_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="not a folder"):
            package(tmp_path / name)


def test_an_empty_folder_may_become_the_package(tmp_path):
    (tmp_path / "out").mkdir()
    whole(tmp_path / "out")
    assert "index.html" in files(tmp_path / "out")


def test_a_folder_that_filled_up_meanwhile_is_not_mixed_with_the_package(tmp_path):
    made = package(tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match="not empty"):
        made.finish()
    assert files(tmp_path) == ["out/mine.txt"]


def test_two_exports_to_one_folder_do_not_meet(tmp_path):
    first = package(tmp_path / "out")
    with pytest.raises(UsageError, match="another export"):
        package(tmp_path / "out")
    assert first.finish().complete


def test_the_remains_of_a_killed_export_are_cleared_away(tmp_path):
    if (child := os.fork()) == 0:
        package(tmp_path / "out")
        os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / "out.part").is_dir()
    whole(tmp_path / "out")
    assert not (tmp_path / "out.part").exists()


def test_somebody_elses_folder_of_that_name_is_left_alone(tmp_path):
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match="in the way"):
        package(tmp_path / "out")
    assert files(tmp_path) == ["out.part/mine.txt"]


def test_a_subject_with_nothing_gets_a_package_that_says_so(tmp_path):
    made = package(tmp_path / "out")
    made.begin(entry_of(USERS), POLICY.rule("account"), COLLECTIONS[USERS])
    made.end(None)
    made.searched(USERS, SearchResult.EMPTY, 0, MADE, "")
    done = made.finish()
    assert (done.records, done.complete) == (0, True)
    assert not (tmp_path / "out" / "data").exists()
    assert "We found nothing about you" in (tmp_path / "out" / "index.html").read_text()


def test_the_data_form_has_lines_and_manifest_alone(tmp_path):
    done = whole(tmp_path / "out", form=Form.DATA)
    assert files(tmp_path / "out") == [
        "data.jsonl",
        "files.jsonl",
        "files/000001.png",
        "manifest.json",
    ]
    assert (done.records, done.files) == (11, 1)
    assert {one["code"] for one in manifest(tmp_path / "out")["withheld"]} >= {"secret", "third_party"}


def test_both_forms_hold_the_same_lines(tmp_path):
    whole(tmp_path / "full")
    whole(tmp_path / "data", form=Form.DATA)
    found = defaultdict(list)
    for line in lines(tmp_path / "data" / "data.jsonl"):
        found[line["store"], line["collection"]].append(line["record"])
    counts = {f"{store}.{collection}": len(records) for (store, collection), records in found.items()}
    assert manifest(tmp_path / "data")["records"] == counts
    expected = [
        lines(tmp_path / "full" / name)
        for name in files(tmp_path / "full")
        if name.startswith("data/") and name.endswith("l")
    ]
    assert sorted(found.values(), key=str) == sorted((part for part in expected if part), key=str)


def test_values_keep_their_meaning_in_json_lines(tmp_path):
    whole(tmp_path / "out")
    invoice = lines(tmp_path / "out/data/app/invoices.jsonl")[0]
    assert invoice == {
        "id": "6f1c9f58-0000-4000-8000-00000000000a",
        "user_id": 0,
        "number": "INV-2026-0001",
        "amount": "19.90",
        "issued_at": "2026-03-01T02:30:00+00:00",
        "paid": "card",
    }
    ticket = lines(tmp_path / "out/data/app/tickets.jsonl")[0]
    assert (ticket["attachment"], ticket["opened"]) == ("AAEC", "2026-05-02T09:00:00")


def test_secret_fields_are_nowhere_and_are_listed(tmp_path):
    whole(tmp_path / "out")
    assert "CANARY" not in everything(tmp_path / "out")
    listed = {one["field"]: (one["code"], one["count"]) for one in rows(tmp_path / "out/withheld.csv")}
    assert listed == {
        "password_hash": ("secret", "1"),
        "settings.api_key": ("secret", "1"),
        "fraud_score": ("others_or_security", "1"),
        "": ("third_party", "2"),
    }
    assert lines(tmp_path / "out/data/app/users.jsonl")[0]["settings"] == {
        "theme": "dark",
        "alerts": {"mail": True, "hours": [8, 20]},
    }


@pytest.mark.parametrize(
    "value",
    [
        [{"key": "CANARY"}, [{"key": "CANARY"}]],
        '{"key": "CANARY", "rest": 1}',
        '{"key": "CANARY", "brok',
        b'{"key": "CANARY"}',
        '"{\\"key\\": \\"CANARY\\"}"',
    ],
)
def test_a_secret_inside_lists_or_text_is_found_too(tmp_path, value):
    hiding = entry(USERS, "account", said("blob.key", "credential", Export.SECRET))
    made = package(tmp_path / "out", policy=replace(POLICY, entries=(hiding,)))
    made.begin(hiding, POLICY.rule("account"), collection(USERS, id=FieldType.INTEGER, blob=FieldType.JSON))
    made.add(Record("users", {"id": 1, "blob": value}))
    made.end(None)
    assert made.finish().withheld == 1
    assert "CANARY" not in everything(tmp_path / "out")


def test_a_secret_that_no_record_has_is_not_listed(tmp_path):
    made = package(tmp_path / "out")
    send(made, entry_of(USERS), [{"id": 1, "password_hash": None}, {"id": 2}], None)
    assert made.finish().withheld == 0


def test_the_callers_record_is_not_changed_by_hiding(tmp_path):
    made = package(tmp_path / "out")
    send(made, entry_of(USERS), [USER], None)
    made.finish()
    assert USER["settings"]["api_key"] == "CANARY-key"


def test_two_entries_of_one_collection_share_its_files(tmp_path):
    whole(tmp_path / "out")
    assert [one["id"] for one in lines(tmp_path / "out/data/logs/requests.jsonl")] == [0, 1, 2, 3, 4, 99]
    assert [one["id"] for one in rows(tmp_path / "out/data/logs/requests.csv")] == ["0", "1", "2", "3", "4", "99"]


def test_what_an_open_collection_holds_beyond_its_fields_is_in_the_csv_too(tmp_path):
    whole(tmp_path / "out")
    assert rows(tmp_path / "out/data/logs/requests.csv")[0]["(other fields)"] == '{"ms":12.5}'


def test_each_kind_of_data_has_this_persons_latest_end(tmp_path):
    whole(tmp_path / "out")
    told = {one["rule"]: one for one in json.loads((tmp_path / "out/processing.json").read_text())["categories"]}
    assert told["invoice"]["until"] == "2036-12-31"
    assert told["invoice"]["records"] == 3
    assert told["invoice"]["stays_on_erasure"][0]["code"] == "tax"
    assert (told["support"]["until"], told["support"]["by_request"]) == (None, True)


def test_an_earlier_end_does_not_replace_a_later_one(tmp_path):
    made = package(tmp_path / "out")
    for until in (date(2030, 1, 1), date(2029, 1, 1), None):
        send(made, entry_of(LOGS), [log(1)], until)
    made.finish()
    told = json.loads((tmp_path / "out/processing.json").read_text())["categories"][0]
    assert (told["until"], told["by_request"], told["records"]) == ("2030-01-01", True, 3)


def test_the_dictionary_explains_fields_in_both_languages(tmp_path):
    whole(tmp_path / "out")
    told = {(one["collection"], one["field"]): one for one in rows(tmp_path / "out/fields.csv")}
    assert told["users", "email"]["category_en"] == "Email address"
    assert told["users", "email"]["category_zh"] == "电子邮箱"
    assert told["users", "settings.api_key"]["shown"] == "secret"


def test_a_category_without_translation_reads_as_its_own_name(tmp_path):
    odd = entry(USERS, "account", said("email", "zodiac_sign"))
    made = package(tmp_path / "out", policy=replace(POLICY, entries=(odd,)))
    made.begin(odd, POLICY.rule("account"), COLLECTIONS[USERS])
    made.add(Record("users", {"email": "x"}))
    made.end(None)
    made.finish()
    assert "zodiac sign" in (tmp_path / "out/index.html").read_text()


def test_places_that_hold_nobodys_data_are_listed_with_their_reason(tmp_path):
    whole(tmp_path / "out")
    told = rows(tmp_path / "out/searched.csv")[-1]
    assert (told["collection"], told["result"]) == ("models", "nobodys_data")
    assert told["note"] == "Catalogue of models / 模型目录"


def test_copied_objects_have_our_names_and_keep_theirs_as_values(tmp_path):
    whole(tmp_path / "out")
    told = rows(tmp_path / "out/files.csv")[0]
    assert (told["file"], told["own_name"]) == ("files/000001.png", "0/../<b>cat</b>.png")
    assert (tmp_path / "out/files/000001.png").read_bytes() == b"\x89PNG"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a.html", "x.svg", "x.exe", "n" * 300 + ".js", "\x00.bin", ""])
def test_nothing_that_could_run_keeps_its_ending(tmp_path, name):
    made = package(tmp_path / "out")
    made.file(entry_of(MEDIA), Record("assets/u"), name, iter([b"x"]))
    made.finish()
    assert [one for one in files(tmp_path / "out") if one.startswith("files/")] == ["files/000001.bin"]


def test_an_object_that_breaks_off_leaves_no_part_and_the_package_goes_on(tmp_path):
    def broken():
        yield b"half"
        raise StoreUnreachableError("gone")

    made = package(tmp_path / "out")
    with pytest.raises(StoreUnreachableError):
        made.file(entry_of(MEDIA), Record("assets/u"), "a.png", broken())
    made.file(entry_of(MEDIA), Record("assets/u"), "b.png", iter([b"whole"]))
    assert made.finish().files == 1
    assert (tmp_path / "out/files/000001.png").read_bytes() == b"whole"


def test_an_error_of_the_source_is_not_explained_as_ours(tmp_path):
    def broken():
        yield b"half"
        raise OSError(28, "the source says so")

    made = package(tmp_path / "out")
    with pytest.raises(OSError, match="the source says so"):
        made.file(entry_of(MEDIA), Record("assets/u"), "a.png", broken())
    assert made.finish().complete


def test_collections_with_hostile_names_stay_inside_the_folder(tmp_path):
    names = ["../../up", "a/b", "c" * 300, "CON", "con.txt", "Users", "users", "订单", ".hidden", "=cmd", "\ud800", ""]
    made = package(tmp_path / "out")
    for name in names:
        made.begin(entry(Place("app", name), "account"), POLICY.rule("account"), collection(Place("app", name)))
        made.add(Record(name, {"id": name}))
        made.end(None)
    made.finish()
    found = [one for one in files(tmp_path / "out") if one.endswith(".jsonl") and one.startswith("data/")]
    assert len(found) == len({one.lower() for one in found}) == len(names)
    assert all(one.startswith("data/app/") and one.count("/") == 2 and len(one) < 100 for one in found)
    assert files(tmp_path) == [f"out/{name}" for name in files(tmp_path / "out")]


def test_memory_does_not_grow_with_the_records(tmp_path):
    peaks = []
    for number, count in enumerate((2_000, 20_000)):
        tracemalloc.start()
        made = package(tmp_path / str(number))
        send(made, entry_of(LOGS), (log(one) for one in range(count)), None)
        made.finish()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000


def test_calls_in_the_wrong_order_are_refused(tmp_path):
    made = package(tmp_path / "out")
    with pytest.raises(DsrError, match="not begun"):
        made.end(None)
    made.begin(entry_of(USERS), POLICY.rule("account"), COLLECTIONS[USERS])
    with pytest.raises(DsrError, match="begun before"):
        made.begin(entry_of(TICKETS), POLICY.rule("support"), COLLECTIONS[TICKETS])
    with pytest.raises(DsrError, match="not ended"):
        made.finish()
    made.end(None)
    made.finish()
    with pytest.raises(UsageError, match="closed"):
        send(made, entry_of(USERS), [USER], None)


def test_the_policys_withheld_reasons_stand_in_both_languages(tmp_path):
    whole(tmp_path / "out")
    for one in rows(tmp_path / "out/withheld.csv"):
        assert one["reason_en"]
        assert one["reason_zh"]
        assert one["remedy_zh"]


def words(said_: str) -> Text:
    return Text(said_, f"{said_}（中文）")


def test_processing_says_where_data_comes_from_who_decides_and_where_to_complain(tmp_path):
    rules = tuple(replace(rule, sources=("public",)) for rule in POLICY.rules)
    recipients = tuple(replace(one, safeguard=words("standard contractual clauses")) for one in POLICY.recipients)
    decision = Automated("abuse", words("keys"), words("rates"), words("stops"), words("a person"), "retention.yaml:1")
    authority = Party("gdpr", words("an authority"), "https://authority.example", "retention.yaml:2")
    notice = replace(POLICY.notice, automated=(decision,), authorities=(authority,))
    policy = replace(POLICY, rules=rules, recipients=recipients, notice=notice)
    made = package(tmp_path / "out", policy=policy)
    made.begin(entry_of(USERS), policy.rule("account"), COLLECTIONS[USERS])
    made.add(Record("users", USER))
    made.end(None)
    made.finish()
    told = json.loads((tmp_path / "out" / "processing.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in told["categories"][0]["sources"]] == ["public"]
    assert told["recipients"][0]["safeguard"]["en"] == "standard contractual clauses"
    assert told["authorities"][0]["contact"] == "https://authority.example"
    assert told["automated_decisions"][0]["effect"]["zh"] == "stops（中文）"
    page = (tmp_path / "out" / "processing.html").read_text(encoding="utf-8")
    for shown in ("standard contractual clauses", "https://authority.example", "a person（中文）", "rates"):
        assert shown in page


@pytest.mark.parametrize(("said_", "shown"), [(None, "is not described here"), ((), "No decision about you")])
def test_processing_says_when_no_decision_is_automated_and_when_nothing_is_known(tmp_path, said_, shown):
    made = package(tmp_path / "out", policy=replace(POLICY, notice=replace(POLICY.notice, automated=said_)))
    made.finish()
    assert shown in (tmp_path / "out" / "processing.html").read_text(encoding="utf-8")


def test_the_package_says_when_data_was_looked_at_and_by_nobody_s_name(tmp_path):
    made = package(tmp_path / "out")
    times = [(MADE.replace(day=1 + n % 20, hour=n % 23), "exported" if n % 2 else "found") for n in range(25)]
    made.looked(times)
    made.finish()
    told = rows(tmp_path / "out" / "access.csv")
    assert [(one["at"], one["what"]) for one in told] == [(at.isoformat(), what) for at, what in times]
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("Looked up to answer") + page.count("Copied into a package") == 20
    assert "Times: 25" in page
