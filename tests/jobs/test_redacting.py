"""Redaction of whole files: secrets go, every other byte stays, and nothing is left where it breaks off."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.core.errors import UsageError
from dsr.engine.detect.bounded import TooSlowError
from dsr.jobs.redacting import Redacted, Redaction

OWN = ("hk-[A-Za-z0-9]{20}",)
KEY = b"hk-" + b"zY9x8" * 4
LINES = [
    b'{"user": 1, "message": "no key here"}\n',
    b"\xff\xfe\x00 not UTF-8 at all \xd0\n",
    "日志：正常，１２３\r\n".encode(),
    b"\n",
]


def redact_file(source: Path, target: Path, own: tuple[str, ...], rules: tuple[Path, ...]) -> Redacted:
    redaction = Redaction(own, rules)
    redaction.file(source, target)
    return redaction.done()


@pytest.mark.parametrize("ending", ["log", "log.gz", "log.zst"])
def test_lines_without_a_secret_are_the_same_bytes(tmp_path, ending):
    source, packed = tmp_path / "app.log.gz", tmp_path / f"clean.{ending}"
    data = b"".join(LINES) * 3_000 + b"key " + KEY + b" leaked\n" + b"".join(LINES) * 20_000
    source.write_bytes(gzip.compress(data))
    done = redact_file(source, packed, OWN, ())
    plain = tmp_path / "again.log"
    assert redact_file(packed, plain, OWN, ()).secrets == ()
    assert done.secrets == (("own-key", 1),)
    assert plain.read_bytes() == data.replace(KEY, b"[secret:own-key:Y9x8]")


@given(st.lists(st.sampled_from([*LINES, KEY, b" ", b"password=", b"Hunter2!Hunter2", b"\x80"]), max_size=30))
def test_only_lines_that_hold_a_secret_change(pieces):
    text = b"".join(pieces).decode("utf-8", "surrogateescape")
    made = Redaction(OWN).text(text)
    assert len(made.split("\n")) == len(text.split("\n"))
    for before, after in zip(text.split("\n"), made.split("\n"), strict=True):
        assert before == after or "[secret:" in after


def test_a_damaged_file_or_a_rule_without_end_leaves_nothing(tmp_path: Path):
    broken, target = tmp_path / "app.log.gz", tmp_path / "clean.log"
    broken.write_bytes(gzip.compress(b"".join(LINES) * 50_000)[:-40])
    with pytest.raises(UsageError, match="damaged"):
        redact_file(broken, target, OWN, ())
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nid = "bad"\nregex = "(x+x+)+y"\n', encoding="utf-8")
    slow = tmp_path / "slow.log"
    slow.write_bytes(b"x" * 60)
    with pytest.raises(TooSlowError, match="bad"):
        redact_file(slow, target, OWN, (rules,))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.log.gz", "rules.toml", "slow.log"]


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path):
    source = tmp_path / "a.log"
    source.write_bytes(b"text")
    with pytest.raises(UsageError, match="exists"):
        redact_file(source, source, OWN, ())
    assert source.read_bytes() == b"text"
