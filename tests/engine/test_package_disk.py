"""A disk that fills up, a folder that cannot be written: one clear message, and nothing half-written stays."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from package_sample import LOGS, MEDIA, USER, USERS, entry_of, log, package, send, whole

from dsr.core.errors import TransientError, UsageError
from dsr.core.model import Record
from dsr.engine.package.writer import Form

FDS = Path("/proc/self/fd")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to let any file grow past the size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 KiB."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this test needs the right to mount a small file system (root)")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("form", list(Form))
def test_a_full_disk_while_records_stream_ends_cleanly(tmp_path, form):
    made = package(tmp_path / "out", form=form)
    with files_of_at_most(200_000), pytest.raises(TransientError, match="Free space") as caught:
        send(made, entry_of(LOGS), (log(number) for number in range(10_000)), None)
    assert list(tmp_path.iterdir()) == []
    assert "198.51.100.7" not in str(caught.value)
    made.abandon()


def test_a_full_disk_while_an_object_is_copied_ends_cleanly(tmp_path):
    made = package(tmp_path / "out")
    with files_of_at_most(200_000), pytest.raises(TransientError, match="Free space"):
        made.file(entry_of(MEDIA), Record("assets/u"), "mia@mail.example.png", (b"x" * 65536 for _ in range(10)))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_while_the_pages_are_written_ends_cleanly(tmp_path):
    made = package(tmp_path / "out")
    send(made, entry_of(USERS), [USER], None)
    with files_of_at_most(8_000), pytest.raises(TransientError, match="S-4f7a1c09"):
        made.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_real_disk_without_room_ends_cleanly(small_disk):
    with pytest.raises(TransientError, match="Free space"):
        whole(small_disk / "out", logs=20_000)
    assert list(small_disk.iterdir()) == []


def test_a_real_disk_with_just_no_room_for_the_pages_ends_cleanly(small_disk):
    (small_disk / "ballast").write_bytes(b"x" * 330_000)
    with pytest.raises(TransientError, match="Free space"):
        whole(small_disk / "out", logs=150)
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]


def test_a_folder_that_cannot_be_made_is_a_clear_message(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        package(tmp_path / "file" / "out")
    with pytest.raises(UsageError, match="cannot be written"):
        package(tmp_path / ("n" * 300))


def test_many_packages_are_written_at_once_with_few_open_files(tmp_path):
    before = len(list(FDS.iterdir())) if FDS.exists() else 0
    made = [package(tmp_path / str(number), form=Form.DATA) for number in range(50)]
    for one in made:
        send(one, entry_of(LOGS), [log(1)], None)
    if before:
        assert len(list(FDS.iterdir())) <= before + 50 + 2
    for one in made:
        one.finish()
    assert len(list(tmp_path.iterdir())) == 50


def test_too_many_packages_at_once_is_a_clear_message(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    made = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))
    try:
        with pytest.raises(UsageError, match="at once"):
            made.extend(package(tmp_path / str(number), form=Form.DATA) for number in range(100))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for one in made:
        one.abandon()
    assert list(tmp_path.iterdir()) == []
