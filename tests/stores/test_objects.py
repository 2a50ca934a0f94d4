"""The objects store on a real folder and on real S3 servers."""

import os
import select
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers_s3 import S3Server

from dsr.core.clock import UTC_CLOCK
from dsr.core.errors import GuardError, StoreUnreachableError, UnknownOutcomeError, UnsupportedError
from dsr.core.matching import Match
from dsr.core.policy import StoreConfig
from dsr.core.select import And, Before, Everything, Linked, Not, OneOf, Or, Selection, StartsWith, both, one_of
from dsr.stores.objects.listing import Bound, bounds
from dsr.stores.objects.store import ObjectStore

ALL = 1_000_000
KEYS = ["assets/1/a.png", "assets/1/b c.png", "assets/10/x", "assets/2/é %41.txt", "assets/2", "docs/1/x", "top.txt"]


def store(url: str, options: tuple[tuple[str, str], ...] = ()) -> ObjectStore:
    return ObjectStore(StoreConfig("media", "objects", url, "UTC", options, "retention.yaml:1"))


def starts(*prefixes: str) -> StartsWith:
    return StartsWith(("key",), frozenset(prefixes))


def keys(opened: ObjectStore, selection: Selection) -> list[str]:
    return sorted(str(record.values["key"]) for record in opened.read(selection))


def delete(opened: ObjectStore, selection: Selection, ceiling: int = ALL) -> list[int]:
    return [unit.count for unit in opened.delete(selection, ceiling)]


@pytest.fixture(params=["folder", "rclone", "rclone prefix", "moto", "moto versioned"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    """A store with KEYS; where a key would be a folder's name, the folder store has it not."""
    kind = request.param
    if kind == "folder":
        for key in KEYS:
            if key != "assets/2":
                (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / key).write_bytes(key.encode())
        opened = store(f"file://{tmp_path}")
    else:
        server: S3Server = request.getfixturevalue("s3_plain" if "rclone" in kind else "s3_versioned")
        bucket = server.bucket()
        if "versioned" in kind:
            server.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        below = "deep/er/" if "prefix" in kind else ""
        for key in KEYS:
            if "moto" in kind or key != "assets/2":
                server.client.put_object(Bucket=bucket, Key=below + key, Body=key.encode())
        if below:
            server.client.put_object(Bucket=bucket, Key="deep/erased/1", Body=b"")
        opened = store(f"s3://{bucket}/{below}", server.options)
    yield opened
    opened.close()


def test_the_first_part_of_a_key_is_the_collection(filled: ObjectStore) -> None:
    found = list(filled.collections())
    assert sorted(c.name for c in found) == [".", "assets", "docs"]
    assert all(c.key == ("key",) and not c.open for c in found)
    assert keys(filled, Selection(".")) == ["top.txt"]
    assert keys(filled, Selection("docs")) == ["1/x"]
    assert keys(filled, Selection("none")) == []


def test_a_record_says_size_and_date_and_gives_its_content(filled: ObjectStore) -> None:
    (record,) = filled.read(Selection("assets", one_of(("key",), ["1/b c.png"])))
    assert record.values["size"] == len("assets/1/b c.png")
    modified = record.values["modified"]
    assert isinstance(modified, datetime)
    assert modified.tzinfo is UTC
    assert abs(datetime.now(UTC) - modified) < timedelta(hours=1)
    assert b"".join(filled.content(record)) == b"assets/1/b c.png"
    assert filled.span(Selection("docs"), ("modified",), UTC_CLOCK).dated == 1


def test_beginnings_and_keys_select_and_delete(filled: ObjectStore) -> None:
    one = Selection("assets", starts("1/"))
    assert keys(filled, one) == ["1/a.png", "1/b c.png"]
    assert keys(filled, Selection("assets", starts("1", "1/"))) == ["1/a.png", "1/b c.png", "10/x"]
    hostile = Selection("assets", one_of(("key",), ["2/é %41.txt", "2/missing", "../docs/1/x", "/x", "", "1", "1/"]))
    assert keys(filled, hostile) == ["2/é %41.txt"]
    assert delete(filled, one) == [2]
    assert delete(filled, one) == []
    assert delete(filled, hostile) == [1]
    assert [k for k in keys(filled, Selection("assets")) if k != "2"] == ["10/x"]
    assert keys(filled, Selection("docs")) == ["1/x"]


def test_dates_and_negations_select(filled: ObjectStore) -> None:
    late = Before(("modified",), datetime.now(UTC) + timedelta(days=1))
    early = Before(("modified",), datetime.now(UTC) - timedelta(days=1))
    assert filled.count(Selection("docs", late)) == 1
    assert filled.count(Selection("docs", early)) == 0
    assert keys(
        filled,
        Selection(
            "assets",
            And(
                (
                    late,
                    Not(
                        starts("1/"),
                    ),
                    Not(starts("2")),
                )
            ),
        ),
    ) == ["10/x"]


def test_the_ceiling_is_never_passed(filled: ObjectStore) -> None:
    for ceiling in (0, 1):
        with pytest.raises(GuardError):
            delete(filled, Selection("assets", starts("1/")), ceiling)
    assert filled.count(Selection("assets", starts("1/"))) == 2
    assert delete(filled, Selection("none"), 0) == []


def test_links_inside_the_store(filled: ObjectStore) -> None:
    linked = Linked((("key",),), Selection("docs", Everything()), (("key",),))
    assert filled.count(Selection("assets", linked)) == 0
    assert filled.count(Selection("docs", linked)) == 1


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Everything(), {Bound("a/")}),
        (starts("1/"), {Bound("a/1/")}),
        (starts("1", "1/", "2/"), {Bound("a/1"), Bound("a/2/")}),
        (starts(""), {Bound("a/")}),
        (one_of(("key",), ["1/x", 7]), {Bound("a/1/x", exact=True), Bound("a/7", exact=True)}),
        (Or((one_of(("key",), ["1/x", "2/x"]), starts("1/"))), {Bound("a/1/"), Bound("a/2/x", exact=True)}),
        (Or((one_of(("size",), [1]), starts("1/"))), {Bound("a/")}),
        (And((one_of(("size",), [1]), starts("1/"))), {Bound("a/1/")}),
        (Not(starts("1/")), {Bound("a/")}),
        (one_of(("key",), ["x"], Match.EMAIL), {Bound("a/")}),
        (OneOf((("size",), ("key",)), frozenset({(1, "x")})), {Bound("a/x", exact=True)}),
        (one_of(("key",), []), set()),
    ],
)
def test_only_the_parts_that_can_match_are_listed(where: Any, expected: set[Bound]) -> None:
    assert set(bounds(where, "a/", shallow=False)) == expected


def test_a_missing_place_is_unreachable_when_it_is_looked_at(tmp_path: Path, s3_plain: S3Server) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = (("endpoint_url", f"http://127.0.0.1:{unused.getsockname()[1]}"), *s3_plain.options[1:])
        places = [
            store(f"file://{tmp_path}/none"),
            store("s3://no-such-bucket", s3_plain.options),
            store("s3://x", nobody),
        ]
        for opened in places:
            with pytest.raises(StoreUnreachableError):
                opened.count(Selection("assets", starts("1/")))
            opened.close()


# A folder


def test_links_are_objects_and_never_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    (outside / "secret").write_text("x")
    (root / "a").mkdir(parents=True)
    (root / "a/file").symlink_to(outside / "secret")
    (root / "a/folder").symlink_to(outside)
    (root / "b").symlink_to(outside)
    os.mkfifo(root / "a/pipe")
    opened = store(f"file://{root}")
    assert sorted(c.name for c in opened.collections()) == [".", "a"]
    assert keys(opened, Selection("a")) == ["file", "folder", "pipe"]
    assert keys(opened, Selection("a", one_of(("key",), ["folder/secret"]))) == []
    assert keys(opened, Selection("a", starts("folder/"))) == []
    assert keys(opened, Selection("b")) == []
    for record in opened.read(Selection("a")):
        with pytest.raises(UnsupportedError):
            list(opened.content(record))
    assert delete(opened, Selection("a")) == [3]
    assert (outside / "secret").read_text() == "x"


def test_hostile_names_are_names(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    names = [b"\xff\xfe", b"new\nline", b"x" * 255, b" ", b"...", b"~", b"%2e%2e", b"*", "\u202e".encode()]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(name)
    opened = store(f"file://{tmp_path}")
    for record in list(opened.read(Selection("a"))):
        key = str(record.values["key"])
        assert b"".join(opened.content(record)) == os.fsencode(key)
        assert delete(opened, Selection("a", one_of(("key",), [key]))) == [1]
    assert list(folder.iterdir()) == []
    assert opened.count(Selection("a", one_of(("key",), ["x" * 5000, "a\0b", "..", "../a"]))) == 0


def test_more_than_a_thousand_objects_go_in_units(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for number in range(1500):
        (tmp_path / f"a/{number}").touch()
    drawn = store(str(tmp_path)).delete(Selection("a"), ALL)
    assert next(drawn).count == 1000
    assert len(list((tmp_path / "a").iterdir())) == 500
    assert [unit.count for unit in drawn] == [500]


def protect(path: Path, sign: str) -> bool:
    """Make a folder refuse changes ("+") or take them again ("-"); root needs an attribute of the file system."""
    if os.geteuid() != 0:
        path.chmod(0o555 if sign == "+" else 0o755)
        return True
    return shutil.which("chattr") is not None and subprocess.run(["chattr", f"{sign}i", path]).returncode == 0


def test_a_folder_that_keeps_its_files_is_an_error_that_counts(tmp_path: Path) -> None:
    for name in ("a", "a/kept"):
        (tmp_path / name).mkdir()
    (tmp_path / "a/kept/1").touch()
    (tmp_path / "a/2").touch()
    if not protect(tmp_path / "a/kept", "+"):
        pytest.skip("this file system has no immutable folders, and root may delete everything else")
    try:
        opened = store(str(tmp_path))
        drawn = opened.delete(Selection("a"), ALL)
        assert next(drawn).count == 1
        with pytest.raises(UnsupportedError, match="1 objects are still there"):
            next(drawn)
    finally:
        protect(tmp_path / "a/kept", "-")


# Versions


def versioned(server: S3Server) -> str:
    bucket = server.bucket()
    server.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key, bodies in {"a/1": 3, "a/2": 2, "a/3": 1, "b/1": 2}.items():
        for number in range(bodies):
            server.client.put_object(Bucket=bucket, Key=key, Body=f"{key} {number}".encode())
    server.client.delete_object(Bucket=bucket, Key="a/2")
    made = server.client.put_object(Bucket=bucket, Key="a/only-marker", Body=b"")
    server.client.delete_object(Bucket=bucket, Key="a/only-marker")
    server.client.delete_object(Bucket=bucket, Key="a/only-marker", VersionId=made["VersionId"])
    return bucket


def rows(server: S3Server, bucket: str) -> list[str]:
    page = server.client.list_object_versions(Bucket=bucket)
    return sorted(row["Key"] for row in [*page.get("Versions", []), *page.get("DeleteMarkers", [])])


def test_every_version_and_delete_marker_goes(s3_versioned: S3Server) -> None:
    bucket = versioned(s3_versioned)
    opened = store(f"s3://{bucket}", s3_versioned.options)
    assert keys(opened, Selection("a")) == ["1", "2", "3", "only-marker"]
    content = {r.values["key"]: b"".join(opened.content(r)) for r in opened.read(Selection("a"))}
    assert content == {"1": b"a/1 2", "2": b"a/2 1", "3": b"a/3 0", "only-marker": b""}
    assert delete(opened, Selection("a", one_of(("key",), ["2"]))) == [1]
    assert rows(s3_versioned, bucket) == ["a/1", "a/1", "a/1", "a/3", "a/only-marker", "b/1", "b/1"]
    assert delete(opened, Selection("a")) == [3]
    assert rows(s3_versioned, bucket) == ["b/1", "b/1"]
    opened.close()


def test_old_versions_go_where_versioning_was_switched_off(s3_versioned: S3Server) -> None:
    bucket = s3_versioned.bucket()
    switch = s3_versioned.client.put_bucket_versioning
    switch(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        s3_versioned.client.put_object(Bucket=bucket, Key="a/1", Body=body)
    switch(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    opened = store(f"s3://{bucket}", s3_versioned.options)
    assert len(rows(s3_versioned, bucket)) == 2
    assert delete(opened, Selection("a", starts("1"))) == [1]
    assert rows(s3_versioned, bucket) == []
    opened.close()


def test_versions_of_a_key_that_cross_pages_are_one_record(s3_versioned: S3Server) -> None:
    bucket = s3_versioned.bucket()
    s3_versioned.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for number in range(1101):
        s3_versioned.client.put_object(Bucket=bucket, Key="a/1" if number else "a/0", Body=b"")
    opened = store(f"s3://{bucket}", s3_versioned.options)
    assert keys(opened, Selection("a")) == ["0", "1"]
    assert delete(opened, Selection("a", one_of(("key",), ["1"]))) == [1]
    assert rows(s3_versioned, bucket) == ["a/0"]
    opened.close()


def test_a_locked_object_is_an_error_that_counts(s3_versioned: S3Server) -> None:
    bucket = f"{s3_versioned.bucket()}-locked"
    s3_versioned.client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC) + timedelta(days=99)
    for key, lock in {"a/1": {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}, "a/2": {}}.items():
        s3_versioned.client.put_object(Bucket=bucket, Key=key, Body=b"x", **lock)
    opened = store(f"s3://{bucket}", s3_versioned.options)
    drawn = opened.delete(Selection("a"), ALL)
    assert next(drawn).count == 1
    with pytest.raises(UnsupportedError, match=r"1 objects are still there \(AccessDenied: 1\)"):
        next(drawn)
    assert keys(opened, Selection("a")) == ["1"]
    opened.close()


@contextmanager
def cutting_proxy(endpoint: str) -> Iterator[str]:
    """Passes bytes on to a server, and hangs up when they ask to delete objects."""
    host, port = endpoint.removeprefix("http://").split(":")

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((host, int(port))) as server:
                while True:
                    ready, _, _ = select.select([self.request, server], [], [])
                    for side in ready:
                        data = side.recv(1 << 16)
                        if not data or (side is self.request and b"?delete" in data.split(b"\r\n", 1)[0]):
                            return
                        (server if side is self.request else self.request).sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as proxy:
        proxy.daemon_threads = True
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()
        thread.join()


def test_no_answer_to_a_delete_is_an_unknown_outcome(s3_versioned: S3Server) -> None:
    bucket = s3_versioned.bucket()
    s3_versioned.client.put_object(Bucket=bucket, Key="a/1", Body=b"x")
    with cutting_proxy(s3_versioned.endpoint) as endpoint:
        opened = store(f"s3://{bucket}", (("endpoint_url", endpoint), *s3_versioned.options[1:]))
        with pytest.raises(UnknownOutcomeError):
            delete(opened, Selection("a", both(starts("1"))))
        opened.close()


@pytest.mark.parametrize(("url", "whole"), [("s3://media/eu", True), ("s3a://media", True), ("file:///media", False)])
def test_only_a_bucket_forgets_with_the_delete(url: str, whole: bool) -> None:
    """What a folder held stays on the disk until its blocks are used again."""
    config = StoreConfig("media", "objects", url, "UTC", (), "retention.yaml:1")
    assert ObjectStore(config).traits.versions is whole
