"""The bars of the page: in scale, never longer than it, and none where nothing has an end."""

from datetime import date

import pytest
from package_sample import POLICY

from dsr.core.text import Text
from dsr.engine.package.report import Category, Kept
from dsr.engine.package.timeline import timeline

TODAY = date(2026, 7, 2)
RULE = POLICY.rules[0]


def category(until: date | None, *kept: date, by_request: bool = False) -> Category:
    made = Category(RULE, 1, until, by_request)
    made.kept.extend(Kept(one, Text("tax", "税"), "tax", None) for one in kept)
    return made


def test_bars_are_in_scale_and_what_is_kept_longer_follows():
    found = timeline([category(date(2028, 7, 2), date(2030, 12, 31)), category(date(2026, 7, 10))], TODAY)
    assert (found.first, found.last) == (2026, 2030)
    long, short = found.bars
    assert long.own == pytest.approx(44.5, abs=0.2)
    assert long.own + long.kept == pytest.approx(100)
    assert (short.own, short.kept) == (1.5, 0.0)


def test_what_is_past_or_has_no_end_is_still_seen():
    past, asked = timeline([category(date(2020, 1, 1)), category(None, by_request=True)], TODAY).bars
    assert past.own == 1.5
    assert asked.open
    assert asked.own == 100


def test_there_are_no_bars_without_an_end():
    assert timeline([category(None, by_request=True)], TODAY).bars == ()
