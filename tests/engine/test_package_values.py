"""Values in the package: JSON is faithful, no spreadsheet runs a cell, nothing hides or acts."""

import csv
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsr.engine.package.folder import Folder
from dsr.engine.package.names import Names
from dsr.engine.package.table import Sheet
from dsr.engine.package.text import csv_cell, csv_row, json_lines, visible

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def parsed(*records: Mapping[str, object]) -> list[dict]:
    return [json.loads(line) for line in json_lines(records).decode("utf-8").split("\n")[:-1]]


def plain(value: object) -> object:
    """What JSON can say of the value: NaN and infinities have no form but text."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


@given(st.lists(st.dictionaries(st.text(max_size=8), ANYTHING, max_size=4), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_every_json_value_comes_back_as_it_was(records):
    assert parsed(*records) == [plain(record) for record in records]


@given(st.text(st.characters(codec=None)))
@settings(max_examples=100, deadline=None)
def test_one_record_is_one_line_whatever_it_holds(text):
    data = json_lines([{"a": text}, {"b": [text]}])
    assert len(data.decode("utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("10.50"), "10.50"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (b"\x00\xff", "AP8="),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (timedelta(hours=1), "1:00:00"),
        (ip_address("198.51.100.7"), "198.51.100.7"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ({3, 1, 2}, [1, 2, 3]),
        ((1, "a"), [1, "a"]),
        (MappingProxyType({"a": 1}), {"a": 1}),
        ({(1, 2): "odd key"}, {"(1, 2)": "odd key"}),
        (0, 0),
        ("", ""),
        (False, False),
    ],
)
def test_each_type_has_one_form_in_json(value, told):
    assert parsed({"v": value}) == [{"v": told}]


def test_whole_numbers_too_long_to_print_are_still_told():
    told = parsed({"v": 10**5000})[0]["v"]
    assert told == "1" + "0" * 5000


def test_endless_nesting_is_cut_with_a_word_instead_of_failing():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    assert "nested more than" in json_lines([{"v": deep}]).decode()


def test_one_odd_record_does_not_change_its_neighbours():
    assert parsed({"a": 1}, {"a": float("nan")}, {"a": "中文"}) == [{"a": 1}, {"a": "nan"}, {"a": "中文"}]


@pytest.mark.parametrize(
    "sign", ["\x1b[31m", "\x00", "\x7f", "\x9b31m", "\u202e", "\u2066", "\ud800", "\u2028", "\ufeff"]
)
def test_signs_that_act_on_a_terminal_are_escaped_in_json(sign):
    data = json_lines([{"v": f"a{sign}中"}])
    assert sign[0].encode("utf-8", "surrogatepass") not in data
    assert "中".encode() in data
    assert json.loads(data)["v"] == f"a{sign}中"


@pytest.mark.parametrize("leader", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n"])
@pytest.mark.parametrize("before", ["", " ", "   ", "\u3000", "\u00a0", "\u200b", "\ufeff", "\t", "\n "])
def test_no_text_begins_a_formula(before, leader):
    (cell,), changed = csv_row([f"{before}{leader}1+1"])
    assert cell.startswith("'")
    assert changed == 1


@pytest.mark.parametrize("text", ["x;=1", "x; =1", "x\t@SUM(1)", "x;\u3000＝1"])
def test_no_second_cell_begins_where_another_separator_is_used(text):
    (cell,), changed = csv_row([text])
    assert "'" in cell
    assert changed == 1


@pytest.mark.parametrize(
    ("value", "cell"),
    [(-5, "-5"), (Decimal("-1.50"), "-1.50"), (-0.5, "-0.5"), (True, "true"), (None, "")],
)
def test_typed_numbers_stay_numbers(value, cell):
    assert csv_cell(value) == (cell, False)


def test_a_number_of_any_length_stays_a_number():
    assert csv_cell(10**5000) == ("1" + "0" * 5000, False)


def test_text_that_looks_like_a_number_is_still_text():
    assert csv_row(["-5", -5]) == (["'-5", -5], 1)
    assert csv_cell("+86 138 0000 0000") == ("'+86 138 0000 0000", True)


@pytest.mark.parametrize("text", ["mia@mail.example", "a-b", "5+5", "中文，好。", "line\nline", "a\tb", "👨‍👩‍👧", "é"])
def test_harmless_text_is_not_changed(text):
    assert csv_cell(text) == (text, False)


def test_binary_that_looks_like_a_formula_is_changed_too():
    assert csv_cell(b"\xf8\x00\x00") == ("'+AAA", True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "␛[31m"),
        ("a\x00b", "a␀b"),
        ("a\x7fb", "a␡b"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\ud800b", "a⟨U+D800⟩b"),
        ("a\x9bb", "a⟨U+009B⟩b"),
        ("a\u2028b", "a⟨U+2028⟩b"),
        ("a\nb\tc", "a\nb\tc"),
    ],
)
def test_what_hides_is_shown(text, shown):
    assert visible(text) == shown


@given(st.lists(st.fixed_dictionaries({"a": st.text(st.characters(codec=None)), "=b": ANYTHING}), max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_csv_reads_back_with_one_row_for_each_record_and_no_formula(records):
    with TemporaryDirectory() as place:
        folder = Folder(Path(place) / "out", "S-1")
        sheet = Sheet(folder, "x.csv", ("a", "=b"))
        sheet.add(records)
        sheet.flush()
        data = (folder.part / "x.csv").read_bytes()
        folder.discard()
    found = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))
    assert found[0] == ["a", "'=b"]
    assert len(found) == len(records) + 1
    for row, record in zip(found[1:], records, strict=True):
        for cell, value in zip(row, (record["a"], record["=b"]), strict=True):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            assert number or not cell.strip().startswith(tuple("=+-@＝＋－＠"))


@given(st.lists(st.text(st.characters(codec=None), max_size=300), max_size=20))
@settings(max_examples=100, deadline=None)
def test_names_are_safe_and_differ_even_where_case_is_ignored(originals):
    names = Names()
    given_names = {original: names.of(original) for original in originals}
    assert len({name.lower() for name in given_names.values()}) == len(given_names)
    for name in given_names.values():
        assert name.isascii()
        assert 0 < len(name) < 80
        assert not set(name) & set('/\\:*?"<>| \n')
        assert not name.startswith((".", "-"))
    assert {original: names.of(original) for original in originals} == given_names


def test_an_ordinary_name_stays_as_it_is():
    assert Names().of("public.users_2026") == "public.users_2026"


def test_the_quick_look_at_cells_never_passes_what_the_careful_one_changes():
    for sign in map(chr, (*range(0x250), *range(0x2000, 0x2070), *range(0xFE50, 0xFF20))):
        for text in (sign, f"{sign}1", f"a{sign}b", f"a;{sign}b"):
            assert csv_row([text])[0] == [csv_cell(text)[0]]
