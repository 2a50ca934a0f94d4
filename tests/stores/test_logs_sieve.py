"""The sieve never holds back a line that `matches` accepts."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsr.core.clock import Clock, Unit
from dsr.core.matching import Match
from dsr.core.model import Record
from dsr.core.policy import StoreConfig
from dsr.core.select import And, Before, Everything, Not, OneOf, Or, Predicate, Selection, matches, one_of
from dsr.stores.logs.sieve import sieve
from dsr.stores.logs.store import LogStore

VALUES = [
    "5",
    "-5",
    "0",
    "50",
    "5.5",
    "ann@x.example",
    "Ann@X.example",
    "",
    "a b",
    'q"q',
    "b\\s",
    "s/s",
    "é",
    "true",
    "05",
]
NAMES = ["id", "e mail", "é", "a/b"]
TOKENS = ["5", "5.0", "50e-1", "0.5E1", "-0", "-5", "-0.0", "5e1", "null", "true", "[5]", '{"id": 5}', "5.50", "1e999"]


def escaped(text: str, how: int) -> str:
    """The text as a JSON string, written in one of the ways that writers use."""
    if how == 0:
        return json.dumps(text)
    if how == 1:
        return json.dumps(text, ensure_ascii=False)
    if how == 2:
        return '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"'
    return json.dumps(text).replace("/", "\\/")


def written(draw: st.DrawFn) -> str:
    return escaped(draw(st.sampled_from(NAMES)), draw(st.integers(0, 3)))


@st.composite
def token(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        return draw(st.sampled_from(TOKENS))
    text = draw(st.sampled_from(VALUES))
    if draw(st.booleans()):
        text = f" {text.upper()} "
    return escaped(text, draw(st.integers(0, 3)))


@st.composite
def line(draw: st.DrawFn) -> str:
    members = draw(st.lists(token(), max_size=3))
    gap = draw(st.sampled_from(["", " ", "  ", "\t"]))
    before = draw(st.sampled_from(["", " "]))
    inner = ",".join(f"{written(draw)}{before}:{gap}{value}" for value in members)
    return "{" + inner + "}" + draw(st.sampled_from(["", "\r", " "]))


@st.composite
def wanted(draw: st.DrawFn) -> Predicate:
    match = draw(st.sampled_from(Match))
    keys = draw(st.frozensets(st.sampled_from(VALUES), max_size=4))
    one = OneOf(((draw(st.sampled_from(NAMES)),),), frozenset((key,) for key in keys), match)
    other = one_of(("id",), draw(st.frozensets(st.sampled_from(VALUES), min_size=1, max_size=2)))
    return draw(st.sampled_from([one, Or((one, other)), And((Not(other), one)), And((one, other))]))


@pytest.fixture(params=["automaton", "no automaton"])
def installed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "no automaton":
        monkeypatch.setitem(__import__("sys").modules, "ahocorasick_rs", None)


class Nothing:
    def records(self, selection: Selection) -> list[Record]:
        return []

    def key_of(self, collection: str) -> tuple[str, ...]:
        return ()


def store(folder: Path) -> LogStore:
    return LogStore(StoreConfig("logs", "logs", str(folder), "UTC", (), "retention.yaml:1"))


@pytest.mark.usefixtures("installed")
def test_a_sieved_read_finds_what_matches_accepts(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"

    @settings(max_examples=100, deadline=None)
    @given(st.lists(line(), max_size=12), wanted())
    def check(lines: list[str], where: Predicate) -> None:
        file.write_text("\n".join(lines), encoding="utf-8", newline="")
        records = [Record("s", json.loads(text)) for text in lines]
        expected = [record.values for record in records if matches(where, record, Nothing())]
        assert [record.values for record in store(tmp_path).read(Selection("s", where))] == expected

    check()


DATES = [
    "2026-01-01T00:59:59Z",
    "2026-01-01 01:00:00",
    "2026-01-01T01:00:00.5+01:00",
    "2025-12-31",
    "junk",
    "2026-13-01T00:00:00Z",
]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(DATES), st.integers(-5, 2_000_000_000), st.none()), max_size=9),
    st.sampled_from(Unit),
    st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin"]),
    st.integers(-3, 3),
    st.booleans(),
)
def test_the_search_for_dates_holds_back_only_what_is_not_before(
    values: list[object], unit: Unit, zone: str, hours: int, again: bool
) -> None:
    where = Before(("at",), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours, minutes=30), Clock(unit, zone))
    lines = [json.dumps({"x": 1, "at": value}) for value in values]
    if again:
        lines = [*lines, '{"at": "2030-01-01T00:00:00Z", "at": "2000-01-01T00:00:00Z"}', '{"m": {"at": 1}, "at": 1}']
    block = "".join(text + "\n" for text in lines).encode()
    find = sieve(And((Everything(), where)))
    assert find is not None
    passed = {block.count(b"\n", 0, at) for at in find(block)}
    must = {n for n, text in enumerate(lines) if matches(where, Record("s", json.loads(text)), Nothing())}
    assert must <= passed


def test_most_lines_are_never_read() -> None:
    block = b"".join(b'{"id": %d, "email": "u%d@x.example"}\n' % (n, n) for n in range(1000))
    for where in (one_of(("id",), [5]), one_of(("email",), ["U5@X.example"], Match.EMAIL)):
        find = sieve(where)
        assert find is not None
        assert len(find(block)) == 1


def test_a_sieve_works_through_gzip(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl.gz").write_bytes(gzip.compress(b"".join(b'{"id": %d}\n' % n for n in range(100_000))))
    assert store(tmp_path).count(Selection("s", one_of(("id",), [5, "99999", "05"]))) == 2
