"""Sealed packages: who opens them, what is in them, and that nothing stays when sealing breaks off."""

import io
import stat
import subprocess
import zipfile
from pathlib import Path

import pyrage
import pytest
from package_sample import COLLECTIONS, MADE, MEDIA, POLICY, SUBJECT, entry_of, whole
from test_package_disk import files_of_at_most

from dsr.core.errors import TransientError, UsageError
from dsr.core.model import Record
from dsr.engine.package import sealing
from dsr.engine.package.sealing import Sealing, generated
from dsr.engine.package.writer import Form, Package

WORDS = "a passphrase of the test"
GIGABYTES = 2_000_000_000


def by_passphrase(part: int = GIGABYTES) -> Sealing:
    return Sealing((), lambda _: WORDS, part)


def sealed(path: Path, sealing: Sealing, size: int = 4) -> Package:
    """A package with one object of that size, which compression does not shrink."""
    made = Package(path, SUBJECT, POLICY, "en", MADE, Form.FULL, sealing)
    made.begin(entry_of(MEDIA), POLICY.rule("media"), COLLECTIONS[MEDIA])
    record = Record("assets/u", {"key": "0/photo.png", "size": size, "modified": MADE})
    made.add(record)
    made.file(entry_of(MEDIA), record, "0/photo.png", iter([bytes(size)]))
    made.end(None)
    return made


def plain(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name.removeprefix(f"{SUBJECT.token}/"): archive.read(name) for name in archive.namelist()}


def opened(path: Path, key: "pyrage.x25519.Identity") -> dict[str, bytes]:
    return unzipped(pyrage.decrypt(path.read_bytes(), [key]))


def test_the_passphrase_opens_the_same_files_as_the_plain_folder(tmp_path):
    whole(tmp_path / "plain")
    done = whole(tmp_path / "copy.zip.age", sealing=by_passphrase())
    data = (tmp_path / "copy.zip.age").read_bytes()
    assert unzipped(pyrage.passphrase.decrypt(data, WORDS)) == plain(tmp_path / "plain")
    assert b"INV-2026" not in data
    assert [(one.path, one.size) for one in done.sealed] == [(str(tmp_path / "copy.zip.age"), len(data))]
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(data, WORDS + "?")


def test_only_the_sealed_file_is_left_and_only_its_owner_reads_it(tmp_path):
    sealed(tmp_path / "copy.zip.age", by_passphrase()).finish()
    assert [path.name for path in tmp_path.iterdir()] == ["copy.zip.age"]
    assert stat.S_IMODE((tmp_path / "copy.zip.age").stat().st_mode) == 0o600


def test_keys_of_both_kinds_open_a_package_and_no_passphrase_is_made(tmp_path):
    age = pyrage.x25519.Identity.generate()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "ssh"], check=True)
    public = (tmp_path / "ssh.pub").read_text()
    nobody = Sealing((str(age.to_public()), public), lambda _: pytest.fail("a passphrase was made"), GIGABYTES)
    nobody.check()
    sealed(tmp_path / "copy.zip.age", nobody).finish()
    assert opened(tmp_path / "copy.zip.age", age)["files/000001.png"] == bytes(4)
    private = pyrage.ssh.Identity.from_buffer((tmp_path / "ssh").read_bytes())
    assert opened(tmp_path / "copy.zip.age", private)["files/000001.png"] == bytes(4)


def test_a_large_package_is_opened_by_the_key_that_the_passphrase_opens(tmp_path, monkeypatch):
    monkeypatch.setattr(sealing, "_AT_ONCE", 1000)
    done = sealed(tmp_path / "copy.zip.age", by_passphrase(), 50_000).finish()
    assert [Path(one.path).name for one in done.sealed] == ["copy.zip.age", "copy.zip.age.key.age"]
    key = pyrage.passphrase.decrypt((tmp_path / "copy.zip.age.key.age").read_bytes(), WORDS).decode().strip()
    files = opened(tmp_path / "copy.zip.age", pyrage.x25519.Identity.from_str(key))
    assert files["files/000001.png"] == bytes(50_000)


def test_parts_hold_at_most_what_was_asked_and_open_when_put_together(tmp_path):
    key = pyrage.x25519.Identity.generate()
    done = sealed(tmp_path / "copy.zip.age", Sealing((str(key.to_public()),), str, 20_000), 90_000).finish()
    assert all(one.size <= 20_000 for one in done.sealed)
    assert [Path(one.path).name for one in done.sealed] == [
        f"copy.zip.age.{n:03d}" for n in range(1, len(done.sealed) + 1)
    ]
    assert len(done.sealed) > 4
    (tmp_path / "whole").write_bytes(b"".join(Path(one.path).read_bytes() for one in done.sealed))
    assert opened(tmp_path / "whole", key)["files/000001.png"] == bytes(90_000)
    with pytest.raises(UsageError, match="exists"):
        sealed(tmp_path / "copy.zip.age", by_passphrase())


@pytest.mark.parametrize("text", ["", "age1xyz", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1QQQ"])
def test_what_is_no_public_key_is_refused_and_not_repeated(text):
    with pytest.raises(UsageError, match="key 1 is not") as caught:
        Sealing((text,), str, 1).check()
    assert not text or text not in str(caught.value)


def test_a_full_disk_while_sealing_ends_cleanly(tmp_path):
    key = pyrage.x25519.Identity.generate()
    made = sealed(tmp_path / "copy.zip.age", Sealing((str(key.to_public()),), str, GIGABYTES), 200_000)
    with files_of_at_most(100_000), pytest.raises(TransientError, match="Free space"):
        made.finish()
    assert list(tmp_path.iterdir()) == []


def test_passphrases_are_long_distinct_and_easy_to_read_out():
    made = {generated() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one) == 29 and not set(one) & set("01OI") for one in made)
