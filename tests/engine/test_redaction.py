"""Free text in packages: secrets and other people's data are marked and counted, the person's own words stay."""

import base64
import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from package_sample import COLLECTIONS, MADE, MEDIA, POLICY, SUBJECT, TICKETS, USER, USERS, entry_of, package, send

from dsr.core.errors import StoreUnreachableError
from dsr.core.model import Record
from dsr.engine.detect.others import Others, Own
from dsr.engine.package.redaction import Shared
from dsr.engine.package.writer import Form, Package

KEY = "hk-" + "a1B2" * 10
OTHERS = Others(("hk-[A-Za-z0-9]{40}",), None)
OWN = Own(["mia@mail.example", "+86 138 0000 0000"])


def withheld(folder: Path) -> list[dict[str, str]]:
    with (folder / "withheld.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def ticket(text: object) -> dict[str, object]:
    return {"id": 1, "subject": "Hello", "message": text}


class Tables:
    """What the company's tables hold, as `KnownValues` answers from stores."""

    def __init__(self, keys: set[str] = frozenset(), names: set[str] = frozenset(), down: bool = False) -> None:
        self._keys, self._names, self._down = keys, names, down

    def keys(self, forms: frozenset[str]) -> frozenset[str]:
        if self._down:
            raise StoreUnreachableError("app does not answer.")
        return forms & self._keys

    def names(self, names: frozenset[str]) -> frozenset[str]:
        return names & self._names


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Write to bo@mail.example please", "Write to [redacted:email] please"),
        ("Write to MIA@mail.example please", "Write to MIA@mail.example please"),
        (
            "我的邮箱是mia@mail.example，同事的是bo@mail.example。",
            "我的邮箱是mia@mail.example，同事的是[redacted:email]。",
        ),
        ("Call 13800000000 or 13911112222.", "Call 13800000000 or [redacted:phone]."),
        ("联系＋８６１３９１１１１２２２２", "联系[redacted:phone]"),
        (f"my key {KEY} fails", "my key [secret:own-key:a1B2] fails"),
        ("password: Hunter2-Hunter2!", "password: [secret:named-secret:]"),
        ("order 4711 of 2026-05-02 for 19.90", "order 4711 of 2026-05-02 for 19.90"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\nbye", "[secret:private-key:]\nbye"),
    ],
)
def test_secrets_and_other_people_are_marked_and_the_persons_own_stay(text, marked):
    made, _ = OTHERS.hide(text, OWN)
    assert made == marked
    assert OTHERS.hide(made, OWN) == (made, [])


def test_keys_given_out_are_known_by_their_hash_or_their_beginning_whatever_they_look_like():
    keys = ["plain0123456789plain", "AA11-BB22-CC33-DD44-EE55", "q9" * 12]
    digests = {
        hashlib.sha256(keys[0].encode()).hexdigest(),
        base64.b64encode(hashlib.sha512(keys[1].encode()).digest()).decode().rstrip("="),
        keys[2][:9],
    }
    known = Others((), Tables(digests))
    text = f"these {keys[0]} and {keys[1]}，{keys[2]} but not other0123456789other"
    made, parts = known.hide(text, OWN)
    assert len(parts) == 3
    assert all(part.secret for part in parts)
    assert not any(key in made for key in keys)
    assert "other0123456789other" in made


def test_names_that_are_other_peoples_identifiers_are_marked_and_common_words_are_not():
    known = Others((), Tables(names={"bo_77", "Bo Quartz", "石英波", "support", "谢谢"}))
    made, _ = known.hide("谢谢 support, ask bo_77, Bo Quartz and Mia; 请找石英波吧", Own(["Mia"]))
    assert made == "谢谢 support, ask [redacted:person], [redacted:person] and Mia; 请找[redacted:person]吧"
    own, _ = known.hide("I am Bo Quartz", Own(["Bo Quartz"]))
    assert own == "I am Bo Quartz"


@pytest.mark.parametrize("form", list(Form))
def test_no_file_of_the_package_holds_what_is_hidden_and_the_list_says_so(tmp_path, form):
    made = package(tmp_path / "p", form=form)
    send(made, entry_of(USERS), [USER], None)
    text = f"Bo is bo@mail.example, +86 139 1111 2222; I am mia@mail.example, 13800000000; {KEY} AKIAQ7RSTUVWXY234567"
    send(made, entry_of(TICKETS), [ticket(text), ticket({"deep": [text, {"more": text}]}), ticket("fine")], None)
    made.begin(entry_of(MEDIA), POLICY.rule("media"), COLLECTIONS[MEDIA])
    made.add(Record("assets/u", {"key": "0/notes.txt"}))
    made.file(entry_of(MEDIA), Record("assets/u"), "0/notes.txt", iter([text.encode(), b"\nmore"]))
    made.end(None)
    done = made.finish()
    found = everything(tmp_path / "p")
    for hidden in (b"bo@mail.example", b"139 1111 2222", b"AKIAQ7RSTUVWXY234567"):
        assert hidden not in found
    assert b"[redacted:email]" in found
    assert b"13800000000" in found
    assert b"mia@mail.example" in found
    assert done.withheld == 15
    if form is Form.FULL:
        rows = {(row["collection"], row["field"], row["code"]): row for row in withheld(tmp_path / "p")}
        assert rows["tickets", "message", "others"]["count"] == "6"
        assert rows["tickets", "message", "others"]["law_en"] == "Art. 15(4) GDPR"
        assert rows["tickets", "message", "secret"]["remedy_en"].startswith("You can replace it")
        assert rows["assets/u", "", "others"]["count"] == "2"


def test_names_inside_json_are_text_too_and_none_of_them_is_lost(tmp_path):
    made = package(tmp_path / "p")
    votes = {"bo@mail.example": "yes", "ann@mail.example": "no", "mia@mail.example": "maybe"}
    send(made, entry_of(TICKETS), [ticket(votes), ticket(json.dumps(votes))], None)
    made.finish()
    first, second = map(json.loads, (tmp_path / "p/data/app/tickets.jsonl").read_text(encoding="utf-8").splitlines())
    assert first["message"] == json.loads(second["message"])
    assert first["message"] == {"[redacted:email]": "yes", "[redacted:email] (2)": "no", "mia@mail.example": "maybe"}


def test_a_record_that_cannot_be_checked_is_withheld_and_the_others_are_not(tmp_path):
    shared = Shared(POLICY, Tables(down=True))
    made = Package(tmp_path / "p", SUBJECT, POLICY, "en", MADE, shared=shared)
    send(made, entry_of(TICKETS), [ticket("nothing in it"), ticket("a CANARY plain0123456789plain")], None)
    made.finish()
    found = everything(tmp_path / "p")
    assert b"CANARY" not in found
    assert b"nothing in it" in found
    (row,) = withheld(tmp_path / "p")
    assert (row["code"], row["count"]) == ("unchecked", "1")
    assert row["remedy_zh"]


def test_a_form_of_own_keys_that_never_ends_withholds_the_record(tmp_path):
    policy = replace(POLICY, own_keys=("(?:a+)+!",))
    made = package(tmp_path / "p", policy=policy)
    send(made, entry_of(TICKETS), [ticket("CANARY " + "a" * 60)], None)
    made.finish()
    assert b"CANARY" not in everything(tmp_path / "p")
    assert [row["code"] for row in withheld(tmp_path / "p")] == ["unchecked"]


@pytest.mark.parametrize(
    ("name", "data", "made"),
    [
        ("picture", b"\x89PNG\r\n\x1a\n\x00\x00bo@mail.example", None),
        ("paper", b"%PDF-1.7\nbo@mail.example", None),
        ("latin", "Gr\xfc\xdfe, bo@mail.example\r\n".encode("latin-1"), b"Gr\xfc\xdfe, [redacted:email]\r\n"),
        ("wide", "\ufeffbo@mail.example 好".encode("utf-16-le"), "\ufeff[redacted:email] 好".encode("utf-16-le")),
        ("long", b"x,y\n" * 300_000 + b"bo@mail.example", b"x,y\n" * 300_000 + b"[redacted:email]"),
    ],
)
def test_contents_are_marked_where_they_are_text_and_every_other_byte_stays(tmp_path, name, data, made):
    packed = package(tmp_path / "p")
    pieces = io.BytesIO(data)
    packed.file(entry_of(MEDIA), Record("assets/u"), f"{name}.txt", iter(lambda: pieces.read(5000), b""))
    packed.finish()
    (path,) = (tmp_path / "p" / "files").iterdir()
    assert path.read_bytes() == (data if made is None else made)


def test_a_private_key_over_the_border_of_two_blocks_is_hidden_whole(tmp_path):
    key = b"-----BEGIN PRIVATE KEY-----\n" + b"QkFSRUtFWQ\n" * 500 + b"-----END PRIVATE KEY-----\n"
    data = b"line\n" * 209_000 + key + b"after\n"
    packed = package(tmp_path / "p")
    pieces = io.BytesIO(data)
    packed.file(entry_of(MEDIA), Record("assets/u"), "trace.log", iter(lambda: pieces.read(4096), b""))
    packed.finish()
    (path,) = (tmp_path / "p" / "files").iterdir()
    assert b"QkFSRUtFWQ" not in path.read_bytes()
    assert path.read_bytes().endswith(b"after\n")


def test_a_text_file_that_is_not_what_it_begins_as_is_withheld(tmp_path):
    packed = package(tmp_path / "p")
    packed.file(entry_of(MEDIA), Record("assets/u"), "a.txt", iter([b"\xff\xfeb\x00\x00\xd8x\x00CANARY"]))
    packed.finish()
    assert b"CANARY" not in everything(tmp_path / "p")
    assert [row["code"] for row in withheld(tmp_path / "p")] == ["unchecked"]


PIECES = st.sampled_from(
    [
        *("mia@mail.example", "bo@mail.example", "13800000000", "13911112222", KEY, "password", ": ", "=", "\n", " "),
        *(
            "[redacted:email]",
            "[secret:own-key:a1B2]",
            "Tel ",
            "＠",
            "密码：",
            "@",
            "/",
            "“",
            "12",
            "-",
            "key-",
            "Hunter2!x",
        ),
        *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "AKIAQ7RSTUVWXY234567", "https://u:", "请", "x"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS)
def test_hiding_twice_changes_nothing_more(text):
    made, _ = OTHERS.hide(text, OWN)
    assert OTHERS.hide(made, OWN) == (made, [])


@given(st.lists(PIECES, max_size=8).map(" ".join))
def test_nothing_of_another_person_is_left_that_stands_for_itself(text):
    made, _ = OTHERS.hide(text, OWN)
    assert not [one for one in ("bo@mail.example", KEY, "13911112222") if one in made]


@given(st.lists(TEXTS, max_size=4))
def test_texts_that_are_not_suspicious_together_hide_nothing_each(texts):
    if not OTHERS.suspicious("\n".join(texts)):
        assert [OTHERS.hide(text, OWN)[1] for text in texts] == [[] for _ in texts]
