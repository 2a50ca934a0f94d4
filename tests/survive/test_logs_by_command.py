"""Logs of every form through a whole erasure by commands, from a policy in several files."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
import zstandard
from calling import Caller
from company import USERS, USERS_DATA, company

DATA = "  logs.requests: {rule: notes, subject: user_id, start: at, fields: {page: usage.endpoint}}\n"
ROWS = [(1 + n % 2, "2026-11-01T00:00:00Z", f"/p{n}") for n in range(40)]


def as_json() -> bytes:
    return "".join(json.dumps(dict(zip(("user_id", "at", "page"), row, strict=True))) + "\n" for row in ROWS).encode()


def as_csv() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([("user_id", "at", "page"), *ROWS])
    return text.getvalue().encode()


PACKED = {
    "": (lambda raw: raw, lambda raw: raw),
    ".gz": (gzip.compress, gzip.decompress),
    ".zst": (zstandard.compress, lambda raw: zstandard.ZstdDecompressor().stream_reader(raw).read()),
}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize(("form", "lines"), [("jsonl", as_json()), ("csv", as_csv())], ids=["jsonl", "csv"])
def test_logs_of_every_form_lose_the_person_and_no_byte_of_others(
    tmp_path: Path, database, monkeypatch, capsys, form, lines, packed
):
    made = company(
        tmp_path,
        database,
        (USERS,),
        "  app.users: {}\n",
        stores="  logs: {kind: logs, url: logs}\ninclude: [data.yaml]\n",
    )
    made.policy.write_text(made.policy.read_text().partition("data:\n")[0])
    (tmp_path / "data.yaml").write_text("data:\n" + USERS_DATA + DATA)
    made.run("INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com')")
    (tmp_path / "logs").mkdir()
    file = tmp_path / "logs" / f"requests.{form}{packed}"
    pack, unpack = PACKED[packed]
    file.write_bytes(pack(lines))
    call = Caller(made, monkeypatch, capsys)
    token = json.loads(call("find", "--email", "a@example.com", "--json").out)["token"]
    ran = call("delete", "--email", "a@example.com", "--confirm", token)
    assert ran.code == 0, ran
    assert call("verify", "P-1", "--email", "a@example.com").code == 0
    theirs = [line for line in lines.splitlines(keepends=True) if not line.startswith((b"1,", b'{"user_id": 1,'))]
    assert unpack(file.read_bytes()) == b"".join(theirs)
    assert made.rows("SELECT id FROM users") == [(2,)]
