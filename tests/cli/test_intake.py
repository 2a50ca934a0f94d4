"""Requests from files: tables whole or not at all, mailboxes message by message, nothing twice, nothing lost."""

import json
import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from clikit import CANARY, OTHER, Dsr

HEAD = "right,received,email,regime\n"
ROW = f"access,2026-01-31,{CANARY},gdpr\n"


def lines(dsr: Dsr) -> list[dict]:
    found = json.loads(dsr("request", "list", "--all", "--json").out)["lines"]
    return sorted((one["request"] for one in found), key=lambda one: int(one["id"][2:]))


def brought(dsr: Dsr, *args: str) -> dict:
    ran = dsr("request", "import", *args, "--json")
    return json.loads(ran.out) | {"code": ran.code}


def mail(subject: str, body: str = "", sender: str = CANARY, id: str = "<1@x.example>") -> EmailMessage:
    made = EmailMessage()
    made["From"] = f"Canary Wren <{sender}>"
    made["Subject"] = subject
    made["Message-ID"] = id
    made["Received"] = "from mx.example by mail.shop.example; Sat, 31 Jan 2026 09:00:00 +0800"
    made["Date"] = "Sun, 1 Feb 2026 09:00:00 +0800"
    made.set_content(body)
    return made


def test_a_table_comes_in_once(dsr: Dsr, shop: Path):
    (shop / "old.csv").write_text(HEAD + ROW + f'"erasure;access",2026-02-01,{OTHER},uk\n', encoding="utf-8-sig")
    assert brought(dsr, "old.csv")["opened"] == ["R-1", "R-2"]
    again = brought(dsr, "old.csv")
    assert (again["opened"], again["known"], again["code"]) == ([], 2, 0)
    assert [one["rights"] for one in lines(dsr)] == [["access"], ["erasure", "access"]]


def test_a_table_with_one_bad_row_changes_nothing_and_names_each(dsr: Dsr, shop: Path):
    rows = [ROW, f"acess,2026-01-31,{CANARY},gdpr\n", f"access,31.1.26,{CANARY},gdpr\n", "access,2026-01-31\n"]
    rows += [f"access,2099-01-31,{CANARY},gdpr\n", f"access,2026-01-31,{CANARY},moon\n", "access,2026-01-31,,gdpr\n"]
    (shop / "old.csv").write_text(HEAD + "".join(rows), encoding="utf-8")
    ran = dsr("request", "import", "old.csv")
    assert ran.code == 2
    for line in range(3, 9):
        assert f"old.csv:{line}: " in ran.err
    assert "old.csv:2:" not in ran.err
    assert CANARY not in ran.err
    assert lines(dsr) == []
    assert "有 2 个单元格" in dsr("request", "import", "old.csv", "--lang", "zh").err


@pytest.mark.parametrize(
    ("row", "says", "says_zh"),
    [
        ("access,2026-01-31,,,,", "nobody is named by any of: contact, email, user, user_id", "均未指明任何人"),
        (",2026-01-31,a@x.example,,,", "`right` is empty", "`right` 为空"),
        ("access,2099-01-31,a@x.example,,,", "`received` is in the future", "`received` 在将来"),
        ("access,2026-01-31,a@x.example,fr,,", "`language` is neither en nor zh", "`language` 既不是"),
        ("access,2026-01-31,a@x.example,,agent,", "`name` or `contact` has to say who asks", "须写明申请人"),
    ],
)
def test_a_bad_row_names_its_column_and_no_option_of_the_program(
    dsr: Dsr, shop: Path, row: str, says: str, says_zh: str
):
    (shop / "old.csv").write_text(f"right,received,email,language,requester,name\n{row}\n", encoding="utf-8")
    ran, chinese = dsr("request", "import", "old.csv"), dsr("request", "import", "old.csv", "--lang", "zh")
    assert (ran.code, chinese.code) == (2, 2)
    assert "old.csv:2: " in ran.err
    assert says in ran.err
    assert says_zh in chinese.err
    assert "--" not in ran.err + chinese.err
    assert lines(dsr) == []


def test_what_columns_mean_is_asked_once_and_remembered(dsr: Dsr, shop: Path):
    head = "Recht;Eingang;E-Mail;Kommentar\n"
    (shop / "a.csv").write_text(head + f"access;2026-01-31;{CANARY};x\n", encoding="utf-8")
    (shop / "b.csv").write_text(head + f"erasure;2026-01-30;{OTHER};y\n", encoding="utf-8")
    ran = dsr("request", "import", "a.csv")
    assert ran.code == 2
    assert "Recht, Eingang, E-Mail, Kommentar" in ran.err
    wanted = ("--map", "Recht=right", "--map", "Eingang=received", "--map", "E-Mail=email", "--map", "Kommentar=-")
    assert dsr("request", "import", "a.csv", *wanted).code == 0
    assert dsr("request", "import", "b.csv").code == 0
    assert len(lines(dsr)) == 2
    assert dsr("request", "import", "b.csv", "--map", "Nichts=right").code == 2


@pytest.mark.parametrize(
    "content", [b"", b"right,received,email\n\xff\xfe,x,y\n", b'right,received,email\n"access,2026-01-31,a@x.example\n']
)
def test_what_is_no_table_is_refused_with_a_reason(dsr: Dsr, shop: Path, content: bytes):
    (shop / "old.csv").write_bytes(content)
    ran = dsr("request", "import", "old.csv")
    assert ran.code == 2
    assert "old.csv" in ran.err
    assert lines(dsr) == []


def test_a_long_register_shows_what_is_urgent_and_counts_the_rest(dsr: Dsr, shop: Path):
    rows = "".join(f"access,2026-0{1 + n % 9}-01,p{n}@x.example,gdpr\n" for n in range(120))
    (shop / "old.csv").write_text(HEAD + rows, encoding="utf-8")
    assert dsr("request", "import", "old.csv").code == 0
    ran = dsr("request", "list")
    assert ran.out.count("gdpr") == 100
    assert "20 more" in ran.out
    assert "2026-01-01" in ran.out
    assert "2026-10-01" not in ran.out
    assert len(lines(dsr)) == 120


def test_cases_of_the_past_keep_their_end(dsr: Dsr, shop: Path):
    text = f"right,received,email,closed,ending\naccess,2025-01-01,{CANARY},2025-01-20,fulfilled\n"
    (shop / "old.csv").write_text(text, encoding="utf-8")
    assert brought(dsr, "old.csv")["code"] == 0
    (one,) = lines(dsr)
    assert (one["ending"], one["days"], one["status"]) == ("fulfilled", 19, "fulfilled")


@pytest.mark.parametrize("kind", ["mbox", "maildir", "drop"])
def test_a_mailbox_is_read_message_by_message(dsr: Dsr, shop: Path, kind: str):
    away = mail("Out of office", id="<3@x.example>")
    away["Auto-Submitted"] = "auto-replied"
    nobody = mail("Delete my account", id="<4@x.example>")
    nobody.replace_header("From", "undisclosed")
    every = [
        mail("Request", "Please send me a copy of my data. 谢谢"),
        mail("Hello", "How are you?", sender=OTHER, id="<2@x.example>"),
        away,
        nobody,
    ]
    path = shop / "box"
    if kind == "drop":
        path.mkdir()
        for number, one in enumerate(every):
            (path / f"{number}.eml").write_bytes(bytes(one))
    else:
        box = mailbox.mbox(path) if kind == "mbox" else mailbox.Maildir(path)
        for one in every:
            box.add(one)
        box.flush()
        box.close()
    made = brought(dsr, "box")
    assert (made["opened"], made["unsorted"], made["code"]) == (["R-1", "R-2"], made["unsorted"], 7)
    assert len(made["unsorted"]) == len(made["skipped"]) == len(made["unreadable"]) == 1
    again = brought(dsr, "box")
    assert (again["opened"], again["known"]) == ([], 2)
    clear = next(one for one in lines(dsr) if one["id"] not in made["unsorted"])
    assert (clear["rights"], clear["language"]) == (["access"], "zh")
    assert clear["received_at"].startswith("2026-01-31T01:00")
    assert dsr("request", "sort", made["unsorted"][0], "--right", "complaint").code == 0
    assert next(one for one in lines(dsr) if one["id"] in made["unsorted"])["rights"] == ["complaint"]


def test_hostile_mail_is_text_and_reply_to_is_not_believed(dsr: Dsr, shop: Path):
    one = mail("\u202eDelete my data")
    one["Reply-To"] = "thief@evil.example"
    one.set_content("<p>erase my data</p><script>steal()</script><img src=x onerror=run()>", subtype="html")
    (shop / "a.eml").write_bytes(bytes(one))
    assert brought(dsr, "a.eml")["opened"] == ["R-1"]
    seen = dsr("request", "show", "R-1", "--reveal").out
    assert "erase my data" in seen
    for part in ("thief", "steal", "onerror", "\u202e"):
        assert part not in seen


def test_a_form_drops_json(dsr: Dsr, shop: Path):
    drop = shop / "drop"
    drop.mkdir()
    (drop / "1.json").write_text(json.dumps({"right": "access", "received": "2026-01-31", "email": CANARY}))
    (drop / "2.json").write_text(json.dumps({"right": "access", "received": "2026-01-31", "ssn": "1"}))
    (drop / "3.json").write_text("{" * 5000)
    (drop / "note.txt").write_text("not read")
    made = brought(dsr, "drop")
    assert (made["opened"], [one["line"] for one in made["unreadable"]]) == (["R-1"], [2, 3])
    assert lines(dsr)[0]["channel"] == "form"
