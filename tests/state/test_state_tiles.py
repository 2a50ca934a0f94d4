"""The published ledger as files: the same bytes whatever the steps in which it grew."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.core.errors import StateError
from dsr.core.merkle import levels, root
from dsr.core.proof import ProofError
from dsr.state.durable import locked, read, write
from dsr.state.tiles import Folder, bundled, place, unbundle

ENTRIES = [b"entry %d" % number * (number % 7) for number in range(1200)]


def grown(folder: Path, sizes: list[int]) -> Folder:
    made, old = Folder(folder), 0
    for size in sizes:
        made.extend(old, size, ENTRIES[old // 256 * 256 : size])
        old = size
    return made


def full_files(folder: Path) -> dict[str, bytes]:
    found = (one for one in folder.rglob("*") if one.is_file() and ".p/" not in str(one))
    return {str(one.relative_to(folder)): one.read_bytes() for one in found}


@given(st.lists(st.integers(0, 1200), min_size=1, max_size=5).map(sorted))
def test_growing_in_any_steps_gives_the_tree_at_once(tmp_path_factory, sizes: list[int]):
    folder = grown(tmp_path_factory.mktemp("steps"), sizes)
    size = sizes[-1]
    whole = grown(tmp_path_factory.mktemp("whole"), [size])
    assert full_files(folder.path) == full_files(whole.path)
    assert list(folder.entries(size)) == ENTRIES[:size]
    assert root(folder.tiles(size), size) == root(levels(ENTRIES).tile, size)


@pytest.mark.parametrize("sizes", [[65_536 + 300], [65_000, 65_536, 65_537]])
def test_a_tree_with_a_full_tile_of_full_tiles(tmp_path: Path, sizes: list[int]):
    many = [b"%d" % number for number in range(sizes[-1])]
    folder, old = Folder(tmp_path), 0
    for size in sizes:
        folder.extend(old, size, many[old // 256 * 256 : size])
        old = size
    assert root(folder.tiles(old), old) == root(levels(many).tile, old)
    assert len((tmp_path / "tile/1/000").read_bytes()) == 256 * 32
    assert list(folder.entries(old)) == many


def test_paths_are_those_of_the_tiled_log_layout():
    assert place(0, 1234067, 256) == "tile/0/x001/x234/067"
    assert place(1, 5, 17) == "tile/1/005.p/17"
    assert place("entries", 1000, 256) == "tile/entries/x001/000"


def test_a_partial_tile_goes_when_it_is_full(tmp_path: Path):
    folder = grown(tmp_path, [100, 300])
    assert not (folder.path / "tile/0/000.p").exists()
    assert sorted(one.name for one in (folder.path / "tile/entries/001.p").iterdir()) == ["44"]
    read = folder.tiles(300)
    assert [len(read(level, n)) // 32 for level, n in ((0, 0), (0, 1), (1, 0), (0, 2), (2, 0))] == [256, 44, 1, 0, 0]


def test_an_entry_bundle_is_read_back_and_a_cut_one_refused():
    raw = bundled([b"", b"a" * 65_535, b"b"])
    assert unbundle(raw, 3) == [b"", b"a" * 65_535, b"b"]
    for cut in (1, len(raw) - 1, 3, 65_530):
        with pytest.raises(ProofError, match="cut short"):
            unbundle(raw[:cut], 3)


def test_a_missing_tile_is_named(tmp_path: Path):
    folder = grown(tmp_path, [300])
    (tmp_path / "tile/0/001.p/44").unlink()
    with pytest.raises(ProofError, match=r"lacks tile/0/001\.p/44"):
        root(folder.tiles(300), 300)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path):
    target = tmp_path / "a" / "file"
    write(target, b"before")
    (tmp_path / "b").write_bytes(b"")
    with pytest.raises(StateError, match="what was there before is intact"):
        write(tmp_path / "b" / "file", b"new")
    assert target.read_bytes() == b"before"
    assert [one.name for one in target.parent.iterdir()] == ["file"]


def test_what_is_no_file_is_refused_by_name(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StateError, match="cannot be read"):
        read(tmp_path)
    assert read(tmp_path / "a" / "b") is None
    with pytest.raises(StateError, match="cannot be opened"), locked(tmp_path / "a" / "lock"):
        pass
