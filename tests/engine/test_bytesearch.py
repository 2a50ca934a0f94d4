"""Values in raw bytes: every form is found, wherever a piece ends, and nothing else is."""

import base64
import json
from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st

from dsr.engine.bytesearch import SHORTEST, ByteSearch

WRITERS = {
    "utf-8": lambda v: v.encode(),
    "utf-16le": lambda v: v.encode("utf-16-le"),
    "utf-16be": lambda v: v.encode("utf-16-be"),
    "json": lambda v: json.dumps({"x": v}).encode(),
    "url": lambda v: quote_plus(v, safe="").encode(),
    "hex": lambda v: v.encode().hex().upper().encode(),
}
values = st.text(st.sampled_from("abcxyz01@._-äß字😀"), min_size=8, max_size=30).filter(lambda v: len(v.encode()) > 7)


@given(value=values, form=st.sampled_from([*WRITERS, "base64"]), around=st.binary(max_size=5), cut=st.integers(1, 9))
def test_every_form_is_found_across_every_edge(value: str, form: str, around: bytes, cut: int) -> None:
    raw = base64.b64encode(around + value.encode() + b"tail") if form == "base64" else WRITERS[form](value)
    data = around + raw + around
    pieces = [data[start : start + cut] for start in range(0, len(data), cut)]
    assert sum(ByteSearch([value]).hits(pieces).values()) >= 1


@given(value=values, data=st.binary(max_size=300))
def test_what_is_not_there_is_not_found(value: str, data: bytes) -> None:
    assert not ByteSearch([value]).hits([data])


def test_each_place_counts_once() -> None:
    search = ByteSearch(["ann@example.com"])
    data = b"Ann@Example.com, ann@example.com;" * 3
    for size in (1, 7, 40, 1000):
        assert search.hits(data[n : n + size] for n in range(0, len(data), size)) == {"utf-8": 6}


def test_short_values_are_counted_and_not_looked_for() -> None:
    search = ByteSearch(["1", "x" * (SHORTEST - 1), "", "long enough"])
    assert search.short == 3
    assert not search.hits([b"1 xxxxx 1"])
