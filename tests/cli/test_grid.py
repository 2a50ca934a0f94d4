"""Tables on screens of any width: words whole, nothing cut, nothing wider than the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.console.grid import widths
from dsr.console.helping import wide
from dsr.console.screen import Column, Console

COLUMNS = [Column("what"), Column("where"), Column("records", number=True), Column("until"), Column("why")]
ROWS = [
    ["hold", "app.balance_ledger", 1234, None, "a legal hold protects the records"],
    ["delete", "logs.requests", 5, None, "the period is over"],
]


def shown(capsys: pytest.CaptureFixture[str], columns: int, lang: str = "en", rows: list | None = None) -> str:
    Console(lang=lang, width=columns).table(COLUMNS, ROWS if rows is None else rows)
    return capsys.readouterr().out


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", [30, 40, 60, 80, 120])
def test_words_stay_whole_and_lines_fit(capsys: pytest.CaptureFixture[str], lang: str, columns: int):
    seen = shown(capsys, columns, lang)
    assert all(wide(line.rstrip()) <= columns for line in seen.splitlines())
    assert {"hold", "app.balance_ledger", "1,234", "protects", "logs.requests", "period"} <= set(seen.split())


@pytest.mark.parametrize("columns", [30, 120])
def test_in_a_pipe_no_line_ends_with_blanks(capsys: pytest.CaptureFixture[str], columns: int):
    console = Console(width=columns)
    console.table(COLUMNS, ROWS)
    console.facts([("state", "done"), ("digest", "x")])
    console.bullet("a short one", mark="!")
    seen = capsys.readouterr().out
    assert "app.balance_ledger" in seen
    assert [line for line in seen.splitlines() if line != line.rstrip()] == []


def test_a_narrow_screen_shows_each_row_as_a_block(capsys: pytest.CaptureFixture[str]):
    lines = [line.split() for line in shown(capsys, 30).splitlines() if line.strip()]
    assert lines[:3] == [["What", "hold"], ["Where", "app.balance_ledger"], ["Records", "1,234"]]


@pytest.mark.parametrize("columns", [50, 54, 58, 62, 66])
def test_a_day_and_its_hour_stay_on_one_line(capsys: pytest.CaptureFixture[str], columns: int):
    row = ["what reaches its limit soon, or has passed it", "2026-11-25 05:07", 5, "2026-11-26", "a store is down"]
    seen = shown(capsys, columns, rows=[row])
    assert "2026-11-25 05:07" in seen


def test_a_column_without_values_is_left_out(capsys: pytest.CaptureFixture[str]):
    assert "Until" not in shown(capsys, 120)
    assert "Until" in shown(capsys, 120, rows=[[*ROWS[0][:3], "2030-01-01", "x"]])
    assert "Until" in shown(capsys, 120, rows=[])


@given(
    st.lists(st.lists(st.text("ab ._发票", max_size=30), min_size=3, max_size=3), min_size=1, max_size=4),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.integers(0, 90),
)
def test_a_table_never_takes_more_than_there_is(rows: list[list[str]], whole: list[bool], room: int):
    texts = [list(column) for column in zip(*rows, strict=True)]
    found = widths(texts, whole, room)
    if found is not None:
        assert sum(found) + 3 * 2 <= room
        for width, column, fixed in zip(found, texts, whole, strict=True):
            assert not fixed or width >= max(map(wide, column[1:]), default=0)
