"""The logs store on real files."""

import gzip
import json
import os
import random
import re
import signal
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from dsr.core.clock import UTC_CLOCK
from dsr.core.errors import GuardError, StoreUnreachableError, TransientError, UnsupportedError
from dsr.core.policy import StoreConfig
from dsr.core.select import Become, Change, Everything, Linked, Selection, StartsWith, one_of
from dsr.stores.logs import codec, scan
from dsr.stores.logs.names import DRAFT_PREFIX, described
from dsr.stores.logs.store import LogStore

GONE = Selection("s", one_of(("id",), [1]))
ALL = 1_000_000


def store(folder: Path) -> LogStore:
    return LogStore(StoreConfig("logs", "logs", str(folder), "UTC", (), "retention.yaml:1"))


def delete(folder: Path, selection: Selection = GONE, ceiling: int = ALL) -> list[int]:
    return [unit.count for unit in store(folder).delete(selection, ceiling)]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("path", "collection"),
    [
        ("requests.jsonl", "requests"),
        ("requests.jsonl.1", "requests"),
        ("requests.jsonl.2.gz", "requests"),
        ("requests.jsonl-20261101.gz", "requests"),
        ("requests.log.old", "requests"),
        ("requests-2026-11-01.jsonl.gz", "requests"),
        ("requests.2026-11-01T05.ndjson.zst", "requests"),
        ("requests/2026/11/01.jsonl", "requests"),
        ("requests/part-0001.csv", "requests"),
        ("2026/11/requests.jsonl", "requests"),
        ("dt=2026-11-01/requests.jsonl", "requests"),
        ("http2-access.log", "http2-access"),
        ("api.access.log", "api.access"),
        ("2026-11-01.jsonl", "2026-11-01.jsonl"),
        ("notes.txt", "notes.txt"),
        ("requests/readme.md", "requests/readme.md"),
        ("requests.parquet", "requests.parquet"),
    ],
)
def test_a_files_name_says_its_collection(tmp_path: Path, path: str, collection: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    assert described(file, Path(path).parts).collection == collection


def test_collections_are_open_and_show_the_fields_at_the_head_of_the_newest_files(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"id": 1, "at": 2}\nbroken\n{"id": 3, "who": null}\n')
    (tmp_path / "t.csv").write_text("id,email\n1,a@x.example\n")
    (tmp_path / "other.bin").write_bytes(b"\0")
    found = {c.name: c for c in store(tmp_path).collections()}
    assert {name: [f.name for f in c.fields] for name, c in found.items()} == {
        "other.bin": [],
        "s": ["id", "at", "who"],
        "t": ["id", "email"],
    }
    assert all(c.open and not c.key for c in found.values())


def test_a_file_of_another_kind_cannot_be_read_in_silence(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"\0")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "other.bin")
    for name in ("other.bin", "link.jsonl"):
        with pytest.raises(UnsupportedError):
            store(tmp_path).count(Selection(name))


def test_a_missing_folder_is_unreachable_when_it_is_looked_at(tmp_path: Path) -> None:
    opened = store(tmp_path / "nowhere")
    with pytest.raises(StoreUnreachableError):
        list(opened.collections())


def packed(packing: str, data: bytes) -> bytes:
    return {"": lambda: data, ".gz": lambda: gzip.compress(data), ".zst": lambda: zstandard.compress(data)}[packing]()


def unpacked(packing: str, data: bytes) -> bytes:
    if packing == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(data).read()
    return gzip.decompress(data) if packing else data


KEPT = b'{"id":  2, "t":"\\u00e9\xc3\xa9 1.10 1e2"}\r\n\n{broken 1\n[1]\n"1"\n{"id": "\xff"}\n  \n{"id": 11}'
REMOVED = b'{"id": 1}\n{"x": "1", "id": "1"}\r\n'


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_lines_that_stay_are_the_same_bytes(tmp_path: Path, packing: str) -> None:
    file = tmp_path / f"s-2026-11-01.jsonl{packing}"
    file.write_bytes(packed(packing, b"\xef\xbb\xbf" + REMOVED + KEPT))
    assert delete(tmp_path) == [2]
    assert unpacked(packing, file.read_bytes()) == b"\xef\xbb\xbf" + KEPT
    assert names(tmp_path) == {file.name}


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "without the fast packages"])
@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_any_mixture_of_lines_in_any_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str, fast: bool
) -> None:
    if not fast:
        for module in ("isal", "ahocorasick_rs"):
            monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(scan, "BLOCK", 97)
    monkeypatch.setattr(codec, "_MEMBER", 211)
    gone = (b'{"id": 1}', b'{"id": "1", "n": {"id": 2}}')
    kept = (b'{"id": 11}', b'{"id": 2, "t": "' + b"\xc3\xa9" * 50 + b'"}', b"", b"  ")
    broken = (b"{1", b'1"id": 1}', b'{"id": 1}1', b'{"id": "\xff"}', b"[1]", b"x}")
    numbers = random.Random(3)
    file = tmp_path / f"s.jsonl{packing}"
    for _ in range(10):
        lines = [numbers.choice(numbers.choice((gone, kept, broken))) for _ in range(40)]
        endings = [numbers.choice((b"\n", b"\r\n")) for _ in lines[1:]] + [b""]
        file.write_bytes(packed(packing, b"".join(a + b for a, b in zip(lines, endings, strict=True))))
        opened = store(tmp_path)
        assert sum(unit.count for unit in opened.delete(GONE, ALL)) == sum(line in gone for line in lines)
        left = [a + b for a, b in zip(lines, endings, strict=True) if a not in gone]
        assert unpacked(packing, file.read_bytes()) == b"".join(left)
        expected = {n for n, line in enumerate(lines, 1) if line in broken}
        said = " ".join(opened.problems())
        assert sum(int(count) for count in re.findall(r"(\d+) records", said)) == len(expected)
        shown = {int(n) for part in re.findall(r"\(line ([\d, ]+)", said) for n in part.rstrip(", ").split(", ")}
        assert shown <= expected
        assert min(expected) in shown


def test_csv_rows_that_stay_are_the_same_bytes(tmp_path: Path) -> None:
    head = b'\xef\xbb\xbfid;"note";t\r\n'
    kept = b'2;"a\n1;x;y\n""b""";  q \r\n"2";5" disk;\r\n3;too;many;cells\n3;few\n"open;1;1\n4;\xff;1\n11;;""'
    (tmp_path / "s.csv").write_bytes(head + b'1;"two\r\nlines";x\r\n"1";;\n' + kept)
    opened = store(tmp_path)
    assert [unit.count for unit in opened.delete(GONE, ALL)] == [2]
    assert (tmp_path / "s.csv").read_bytes() == head + kept
    assert [r.values for r in opened.read(Selection("s"))] == [
        {"id": "2", "note": 'a\n1;x;y\n"b"', "t": "  q "},
        {"id": "2", "note": '5" disk', "t": None},
        {"id": "11", "note": None, "t": ""},
    ]
    assert sum(int(text.split()[1]) for text in opened.problems()) == 4


def test_what_cannot_be_read_is_reported_by_line_and_never_by_content(tmp_path: Path) -> None:
    secret = "ann@x.example"
    (tmp_path / "s.jsonl").write_text(f'{{"id": 2}}\n{{"{secret}\n{secret}\n["{secret}"]\n' + "\0\n" * 9)
    opened = store(tmp_path)
    assert opened.count(GONE) == 0
    assert opened.problems() == (
        "s.jsonl: 11 records cannot be read, not JSON (line 2, 3, 5, 6, 7, …); they stay as they are",
        "s.jsonl: 1 records cannot be read, not a JSON object (line 4); they stay as they are",
    )
    assert secret not in str(opened.problems())


def test_a_file_left_empty_stays(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b'{"id": 1}\n')
    (tmp_path / "s-1.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1}\n'))
    (tmp_path / "s.csv").write_bytes(b"id\n1\n")
    assert delete(tmp_path) == [1, 1, 1]
    assert (tmp_path / "s.jsonl").read_bytes() == b""
    assert gzip.decompress((tmp_path / "s-1.jsonl.gz").read_bytes()) == b""
    assert (tmp_path / "s.csv").read_bytes() == b"id\n"
    assert store(tmp_path).count(Selection("s")) == 0


def test_files_without_hits_are_not_written_and_others_keep_mode_and_time(tmp_path: Path) -> None:
    for number, text in enumerate((b'{"id": 2}\n', b'{"id": 1}\n{"id": 2}\n')):
        file = tmp_path / f"s.jsonl.{number}"
        file.write_bytes(text)
        file.chmod(0o640)
        os.utime(file, ns=(10**18, 10**18 + 5))
    before = [(tmp_path / f"s.jsonl.{n}").stat() for n in (0, 1)]
    assert delete(tmp_path) == [1]
    after = [(tmp_path / f"s.jsonl.{n}").stat() for n in (0, 1)]
    assert after[0].st_ino == before[0].st_ino
    assert after[1].st_ino != before[1].st_ino
    kept = [(s.st_mode, s.st_uid, s.st_gid, s.st_mtime_ns) for s in after]
    assert kept == [(s.st_mode, s.st_uid, s.st_gid, s.st_mtime_ns) for s in before]


def test_the_ceiling_is_never_passed(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl.1").write_bytes(b'{"id": 1}\n' * 2)
    (tmp_path / "s.jsonl.2").write_bytes(b'{"id": 1}\n' * 2)
    with pytest.raises(GuardError):
        delete(tmp_path, ceiling=0)
    drawn = store(tmp_path).delete(GONE, 3)
    assert next(drawn).count == 2
    with pytest.raises(GuardError):
        next(drawn)
    assert store(tmp_path).count(GONE) == 2
    assert names(tmp_path) == {"s.jsonl.1", "s.jsonl.2"}
    assert delete(tmp_path, ceiling=2) == [2]
    assert delete(tmp_path, ceiling=0) == []


def test_a_unit_that_is_not_drawn_has_not_happened(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b'{"id": 1}\n')
    drawn = store(tmp_path).delete(GONE, ALL)
    assert store(tmp_path).count(GONE) == 1
    assert next(drawn).count == 1


@pytest.mark.parametrize("ending", [b"", b"tail"])
@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_damaged_files_are_reported_and_kept(tmp_path: Path, packing: str, ending: bytes) -> None:
    good = packed(packing, b'{"id": 2}\n')
    whole = packed(
        packing, b"".join(b'{"id": %d, "x": "%s"}\n' % (n, os.urandom(9).hex().encode()) for n in range(9999))
    )
    data = good + (whole[:-7] if not ending else whole + ending)
    (tmp_path / f"s.jsonl{packing}").write_bytes(data)
    opened = store(tmp_path)
    with pytest.raises(UnsupportedError, match="1 selected"):
        list(opened.delete(GONE, ALL))
    assert (tmp_path / f"s.jsonl{packing}").read_bytes() == data
    assert names(tmp_path) == {f"s.jsonl{packing}"}
    assert any("compressed data" in text for text in opened.problems())
    assert opened.count(Selection("s", one_of(("id",), [2]))) == 2


def test_a_log_that_a_program_holds_open_is_refused_and_the_others_are_done(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b'{"id": 1}\n')
    (tmp_path / "s.jsonl.1").write_bytes(b'{"id": 1}\n')
    done: list[int] = []
    with (tmp_path / "s.jsonl").open("ab"):
        with pytest.raises(TransientError, match="open for writing"):
            done.extend(unit.count for unit in store(tmp_path).delete(GONE, ALL))
        assert done == [1]
        assert (tmp_path / "s.jsonl").read_bytes() == b'{"id": 1}\n'
    assert delete(tmp_path) == [1]


def on_call(name: str, act: Callable[[], None]) -> Callable[[object, str, object], None]:
    """A profiler that acts before the first call of that C function."""
    left = [act]

    def profile(frame: object, event: str, called: object) -> None:
        if event == "c_call" and getattr(called, "__name__", "") == name and left:
            left.pop()()

    return profile


def test_lines_that_arrive_during_the_rewrite_are_not_lost(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    file.write_bytes(b'{"id": 1}\n{"id": 2}\n')

    def append() -> None:
        with file.open("ab") as log:
            log.write(b'{"id": 1}\n{"id": 3}\n')

    sys.setprofile(on_call("fsync", append))
    try:
        done = delete(tmp_path)
    finally:
        sys.setprofile(None)
    assert done == [2]
    assert file.read_bytes() == b'{"id": 2}\n{"id": 3}\n'


def test_a_log_that_never_rests_is_given_up_unharmed(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    file.write_bytes(b'{"id": 1}\n')

    def profile(frame: object, event: str, called: object) -> None:
        if event == "c_call" and getattr(called, "__name__", "") == "fsync":
            with file.open("ab") as log:
                log.write(b'{"id": 3}\n')

    sys.setprofile(profile)
    try:
        with pytest.raises(TransientError, match="keeps changing"):
            delete(tmp_path)
    finally:
        sys.setprofile(None)
    assert file.read_bytes().startswith(b'{"id": 1}\n{"id": 3}\n')
    assert names(tmp_path) == {"s.jsonl"}


CALLS = {
    "open",
    "flock",
    "write",
    "writev",
    "fsync",
    "fchmod",
    "replace",
    "rename",
    "unlink",
    "copystat",
    "utime",
    "chmod",
}


def killed_at(folder: Path, number: int) -> bool:
    """Delete in a child that kills itself before its n-th call of the system; whether it came to that."""
    child = os.fork()
    if child == 0:
        count = 0

        def profile(frame: object, event: str, called: object) -> None:
            nonlocal count
            if event == "c_call" and getattr(called, "__name__", "") in CALLS:
                count += 1
                if count > number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(profile)
        try:
            delete(folder)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


@pytest.mark.parametrize("packing", ["", ".gz"])
def test_a_kill_at_any_point_leaves_the_old_or_the_new_file_and_a_second_run_ends_it(
    tmp_path: Path, packing: str
) -> None:
    old = [b'{"id": 2}\n{"id": 1}\n{"id": 3}\n', b'{"id": 1}\n']
    new = [b'{"id": 2}\n{"id": 3}\n', b""]
    points = 0
    while True:
        folder = tmp_path / str(points)
        folder.mkdir()
        files = [folder / f"s.jsonl.{n}{packing}" for n in (1, 2)]
        for file, data in zip(files, old, strict=True):
            file.write_bytes(packed(packing, data))
        killed = killed_at(folder, points)
        for file, *states in zip(files, old, new, strict=True):
            assert unpacked(packing, file.read_bytes()) in states
        delete(folder)
        assert [unpacked(packing, file.read_bytes()) for file in files] == new
        assert names(folder) == {file.name for file in files}
        points += 1
        if not killed:
            break
    assert points > 10


def test_only_drafts_of_dead_runs_are_cleared(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "s.jsonl").write_bytes(b'{"id": 2}\n')
    (tmp_path / f"{DRAFT_PREFIX}dead").write_bytes(b"x")
    with (tmp_path / f"{DRAFT_PREFIX}live").open("wb") as live:
        fcntl.flock(live, fcntl.LOCK_EX)
        assert delete(tmp_path) == []
        assert names(tmp_path) == {"s.jsonl", f"{DRAFT_PREFIX}live"}
        assert [c.name for c in store(tmp_path).collections()] == ["s"]


@pytest.mark.parametrize(
    ("line", "changes", "after"),
    [
        ('{"id": 1, "e": "a",  "n": 1.10}', (Change(("e",)),), '{"id": 1, "e": null,  "n": 1.10}'),
        ('{"e":"a","id":1,"e":"b"}', (Change(("e",), Become.VALUE, "x"),), '{"e":"x","id":1,"e":"x"}'),
        (
            '{"id": 1, "p": {"q": {"e": "a", "k": 1}}}',
            (Change(("p", "q", "e")),),
            '{"id": 1, "p": {"q": {"k": 1}}}',
        ),
        ('{"id": 1, "p": {"k" : 1 , "e":"a" }}', (Change(("p", "e")),), '{"id": 1, "p": {"k" : 1 }}'),
        ('{"id": 1, "p": {"e":"b", "e":"a"}}', (Change(("p", "e")),), '{"id": 1, "p": {}}'),
        ('{"id": 1}', (Change(("p", "q"), Become.VALUE, "x"),), '{"id": 1, "p": {"q": "x"}}'),
        ('{"id": 1, "p": {}}', (Change(("p", "q"), Become.VALUE, 5),), '{"id": 1, "p": {"q": 5}}'),
        ('{"id": 1, "p": null}', (Change(("p", "q"), Become.VALUE, "x"),), '{"id": 1, "p": {"q": "x"}}'),
        ('{"id": 1, "\\u0065": "é"}', (Change(("e",), Become.VALUE, "ü"),), '{"id": 1, "\\u0065": "ü"}'),
        ('{"id": 1, "e": "a"}', (Change(("e",), Become.VALUE, "ü"),), '{"id": 1, "e": "\\u00fc"}'),
        ('{"id": 1, "e": null}', (Change(("e",), Become.VALUE_IF_EMPTY, "x"),), '{"id": 1, "e": "x"}'),
        (
            '{"id": 1, "e": "a", "f": [1, {"e": 2}]}',
            (Change(("e",)), Change(("f",))),
            '{"id": 1, "e": null, "f": null}',
        ),
    ],
)
def test_a_rewrite_changes_the_value_and_no_other_byte(
    tmp_path: Path, line: str, changes: tuple[Change, ...], after: str
) -> None:
    rest = '{"id": 2, "e": "a"}\r\n{broken\n'
    (tmp_path / "s.jsonl").write_text(f"{rest}{line}\r\n{rest}", encoding="utf-8", newline="")
    assert [unit.count for unit in store(tmp_path).rewrite(GONE, changes, ALL)] == [1]
    assert (tmp_path / "s.jsonl").read_bytes() == f"{rest}{after}\r\n{rest}".encode()
    assert list(store(tmp_path).rewrite(GONE, changes, ALL)) == []


def test_a_rewrite_of_csv_changes_the_cell_and_no_other_byte(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(b'id,e,n\n 1,keep,"x"\n1,"a, b",  q\r\n"1",,"z"\n')
    changes = (Change(("e",), Become.VALUE, 'q"'), Change(("n",)))
    assert [unit.count for unit in store(tmp_path).rewrite(GONE, changes, ALL)] == [2]
    assert (tmp_path / "s.csv").read_bytes() == b'id,e,n\n 1,keep,"x"\n1,"q""",\r\n"1","q""",\n'
    assert list(store(tmp_path).rewrite(GONE, changes, ALL)) == []


def test_records_across_many_blocks_and_giants_are_handled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "BLOCK", 64)
    monkeypatch.setattr(scan, "LONGEST", 256)
    giant = b'{"id": 1, "x": "' + b"y" * 1000 + b'"}\n'
    parts = [b'{"id": %d}\n' % (n % 3) if n != 40 else giant for n in range(100)]
    (tmp_path / "s.jsonl").write_bytes(b"".join(parts))
    (tmp_path / "s.csv").write_bytes(b"id,x\n" + b"".join(b'%d,"a\n""b"\n' % (n % 3) for n in range(99)))
    opened = store(tmp_path)
    assert [unit.count for unit in opened.delete(GONE, ALL)] == [33, 32]
    assert (tmp_path / "s.jsonl").read_bytes() == b"".join(p for p in parts if p != b'{"id": 1}\n')
    assert (tmp_path / "s.csv").read_bytes().count(b'"a\n""b"\n') == 66
    assert [text for text in opened.problems() if "longer than" in text and "(line 41)" in text]


def test_span_and_links_inside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(
        '{"id": 1, "at": "2026-01-01T00:00:00Z"}\n{"id": 2, "at": "2025-01-01"}\n{"id": 3}\n'
    )
    (tmp_path / "t.jsonl").write_text('{"s": 1, "k": "x"}\n{"s": 3, "k": "x"}\n{"s": 2, "k": "y"}\n')
    linked = Linked((("id",),), Selection("t", StartsWith(("k",), frozenset({"x"}))), (("s",),))
    span = store(tmp_path).span(Selection("s", linked), ("at",), UTC_CLOCK)
    day = datetime(2026, 1, 1, tzinfo=UTC)
    assert (span.count, span.dated, span.first, span.last) == (2, 1, day, day)
    assert delete(tmp_path, Selection("s", linked)) == [2]


def test_reading_gives_only_the_named_fields(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"id": 1, "a": {"b": 2, "c": 3}, "z": 9}\n')
    found: Iterable[object] = [
        r.values for r in store(tmp_path).read(Selection("s", Everything()), (("id",), ("a", "b")))
    ]
    assert json.dumps(list(found)) == '[{"id": 1, "a": {"b": 2, "c": 3}}]'


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    import resource

    (tmp_path / "s.jsonl").write_bytes(b'{"id": 1}\n' + b'{"id": 2}\n' * 20_000)
    before = (tmp_path / "s.jsonl").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(TransientError, match="cannot be rewritten"):
            delete(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (tmp_path / "s.jsonl").read_bytes() == before
    assert names(tmp_path) == {"s.jsonl"}
