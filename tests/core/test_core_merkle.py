"""Roots and proofs against their definition in RFC 6962, and against two strangers' libraries."""

import hashlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore.errors import VerificationError

from dsr.core.merkle import consistency, inclusion, levels, root, widths
from dsr.core.proof import EMPTY_ROOT, ProofError, consistent, included, leaf_hash

MANY = 70_000  # three levels of tiles
ENTRIES = [b"entry %d" % number for number in range(600)]
SIZES = st.integers(1, 600)


@dataclass
class _Proof:
    log_index: int
    tree_size: int
    root_hash: bytes
    hashes: list[bytes]


@dataclass
class _Inner:
    canonicalized_body: bytes
    inclusion_proof: _Proof


@dataclass
class _Entry:
    """What sigstore's verifier reads of a log entry."""

    _inner: _Inner = field()


@pytest.fixture(scope="module")
def tiles():
    return levels(ENTRIES).tile


@pytest.fixture(scope="module")
def pymerkle_tree() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in ENTRIES:
        tree.append_entry(entry)
    return tree


def by_definition(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    half = 1
    while half * 2 < len(entries):
        half *= 2
    left, right = by_definition(entries[:half]), by_definition(entries[half:])
    return hashlib.sha256(b"\1" + left + right).digest()


def path_by_definition(index: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    half = 1
    while half * 2 < len(entries):
        half *= 2
    if index < half:
        return [*path_by_definition(index, entries[:half]), by_definition(entries[half:])]
    return [*path_by_definition(index - half, entries[half:]), by_definition(entries[:half])]


def consistency_by_definition(old: int, entries: list[bytes], *, whole: bool = True) -> list[bytes]:
    if old == len(entries):
        return [] if whole else [by_definition(entries)]
    half = 1
    while half * 2 < len(entries):
        half *= 2
    if old <= half:
        return [*consistency_by_definition(old, entries[:half], whole=whole), by_definition(entries[half:])]
    return [*consistency_by_definition(old - half, entries[half:], whole=False), by_definition(entries[:half])]


@given(SIZES)
def test_the_root_is_that_of_the_definition_and_of_pymerkle(tiles, pymerkle_tree, size: int):
    assert root(tiles, size) == by_definition(ENTRIES[:size]) == pymerkle_tree.get_root(size)


def test_the_root_of_nothing_is_the_hash_of_nothing(tiles):
    assert root(tiles, 0) == EMPTY_ROOT == by_definition([])


@given(SIZES, st.data())
def test_a_path_proves_its_entry_to_us_and_to_sigstore_and_no_other_entry(tiles, size: int, data):
    index = data.draw(st.integers(0, size - 1))
    path, top = inclusion(tiles, index, size), by_definition(ENTRIES[:size])
    assert list(path) == path_by_definition(index, ENTRIES[:size])
    assert included(leaf_hash(ENTRIES[index]), index, size, path, top)
    verify_merkle_inclusion(_Entry(_Inner(ENTRIES[index], _Proof(index, size, top, list(path)))))
    with pytest.raises(VerificationError):
        verify_merkle_inclusion(_Entry(_Inner(b"other", _Proof(index, size, top, list(path)))))
    assert not included(leaf_hash(b"other"), index, size, path, top)


@given(SIZES, st.data())
def test_a_path_is_that_of_pymerkle(tiles, pymerkle_tree, size: int, data):
    index = data.draw(st.integers(0, size - 1))
    theirs = pymerkle_tree.prove_inclusion(index + 1, size)
    assert {leaf_hash(ENTRIES[index]), *inclusion(tiles, index, size)} == set(theirs.path)


@given(SIZES, st.data())
def test_a_path_that_was_tampered_with_proves_nothing(tiles, size: int, data):
    index = data.draw(st.integers(0, size - 1))
    path, top, leaf = list(inclusion(tiles, index, size)), by_definition(ENTRIES[:size]), leaf_hash(ENTRIES[index])
    wrong = [[*path, top], path[:-1], [*path[:1], *path], [path[-1][::-1], *path[1:]] if path else [leaf]]
    for made in wrong:
        assert made == path or not included(leaf, index, size, made, top)
    assert not included(leaf, size, size, path, top)
    assert not included(leaf, -1, size, path, top)
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index)) if size > 1 else 1
    assert not included(leaf, other, size, path, top)


@given(SIZES, st.data())
def test_an_older_tree_is_proven_to_be_the_beginning_and_no_other_tree_is(tiles, size: int, data):
    old = data.draw(st.integers(1, size))
    path, top, before = list(consistency(tiles, old, size)), by_definition(ENTRIES[:size]), by_definition(ENTRIES[:old])
    assert path == consistency_by_definition(old, ENTRIES[:size])
    assert consistent(old, size, path, before, top)
    forked = by_definition([*ENTRIES[: old - 1], b"forked"])
    assert not consistent(old, size, path, forked, top)
    assert not consistent(old, size, path, before, forked)
    assert not consistent(old, size, [*path, top], before, top)
    if path:
        assert not consistent(old, size, path[:-1], before, top)
        assert not consistent(old, size, [], before, top)
        assert not consistent(old, size, [path[0][::-1], *path[1:]], before, top)


def test_everything_follows_nothing_and_nothing_follows_a_longer_tree(tiles):
    top = root(tiles, 5)
    assert consistent(0, 5, [], EMPTY_ROOT, top)
    assert not consistent(0, 5, [], top, top)
    assert not consistent(0, 5, [top], EMPTY_ROOT, top)
    assert not consistent(6, 5, [], root(tiles, 6), top)
    assert not consistent(5, 5, [], root(tiles, 4), top)


def test_a_tree_of_three_levels_of_tiles_is_that_of_the_definition():
    entries = [b"%d" % number for number in range(MANY)]
    tree = levels(entries)
    assert root(tree.tile, MANY) == by_definition(entries)
    assert {level for level, _, _ in widths(MANY)} == {0, 1, 2}
    assert list(widths(MANY))[-1] == (2, 0, 1)
    for size in (65_535, 65_536, 65_537):
        path = consistency(tree.tile, size, MANY)
        assert consistent(size, MANY, path, by_definition(entries[:size]), root(tree.tile, MANY))


def test_a_tree_that_lacks_hashes_is_refused(tiles):
    with pytest.raises(ProofError, match="cut short"):
        root(tiles, 601)


def test_full_tiles_leave_none_that_is_cut_short() -> None:
    assert list(widths(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(widths(512)) == [(0, 0, 256), (0, 1, 256), (1, 0, 2)]
    assert list(widths(0)) == []


@pytest.mark.parametrize(("old", "new"), [(0, 9), (9, 9), (10, 9)])
def test_between_nothing_and_one_tree_there_is_no_path(tiles, old: int, new: int) -> None:
    assert consistency(tiles, old, new) == ()
