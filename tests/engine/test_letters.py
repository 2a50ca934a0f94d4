"""Letters: golden in both languages and all forms, and never a word more than is true. `DSR_REGEN=1` writes anew."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.core.letters import Form, Kind
from dsr.core.periods import Period
from dsr.core.text import Text
from dsr.engine.letters.letter import Facts, Gone, Kept, Letter, Paragraph, Points, Told
from dsr.engine.letters.prose import load
from dsr.engine.letters.render import render
from dsr.engine.letters.writing import letter
from dsr.engine.policytext.periods import length
from dsr.engine.regimes import names, regime

GOLDEN = Path(__file__).parent.parent / "golden" / "letters"
INVOICES, ACCOUNT = Text("Invoices", "发票"), Text("Account details", "账户资料")
KEPT = Kept(INVOICES, 3, "tax", Text("Tax Act", "税法"), date(2036, 12, 31))
HELD = Kept(Text("Orders", "订单"), 1, "hold", Text("", ""), None)


def facts(kind: Kind, language: str = "en", *laws: str) -> Facts:
    return Facts(
        kind,
        "R-7",
        language,
        Text("Small Shop", "小店"),
        "privacy@shop.example",
        date(2026, 11, 24),
        date(2026, 11, 2),
        ("complaint",) if kind is Kind.COMPLAINT else ("access", "erasure"),
        tuple(regime(one) for one in laws or ("gdpr", "pipl")),
        due=date(2027, 2, 2) if kind is Kind.EXTENSION else date(2026, 12, 2),
        delay="complexity",
        ground="legal_obligation",
        reason="Invoices of 2025 and 2026 <b>only</b> *really*",
        kept=(KEPT, HELD),
        gone=(Gone(ACCOUNT, 1, emptied=True), Gone(Text("Notes", "备注"), 12)),
        copies=length(Period(days=65)),
        recipients=(
            Told("Lantern Pay", "https://pay.example", "told", length(Period(days=30))),
            Told("Quiet Cloud", "", "impossible"),
        ),
        recipient="Lantern Pay",
        hiding="view",
        fetch_by=date(2026, 12, 24),
        purposes=(Text("Advertising our own services", "推广自有服务"),),
        corrected=(Text("Accounts: Name", "账户：姓名"),),
        restricted=(ACCOUNT, INVOICES),
        acts=("erasure",),
        searched=("app", "logs"),
        balance=Text("It is refunded", "将予退还"),
    )


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", Kind)
def test_letters_are_golden(kind: Kind, language: str, form: Form):
    text = render(letter(facts(kind, language)), form)
    _golden(f"{kind.value}.{language}.{form.value}", text)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "acts", [("restriction",), ("rectification",), ("objection",), ("restriction", "rectification")]
)
def test_notices_are_golden(acts: tuple[str, ...], language: str, form: Form):
    text = render(letter(replace(facts(Kind.NOTICE, language), acts=acts)), form)
    _golden(f"notice_{'_'.join(acts)}.{language}.{form.value}", text)


def _golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("DSR_REGEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


_TITLES = st.sampled_from([INVOICES, ACCOUNT])
_COUNTS = st.integers(1, 9)


@pytest.mark.parametrize("language", ["en", "zh"])
@given(
    kept=st.lists(st.builds(replace, st.just(KEPT), count=_COUNTS, until=st.sampled_from([None, date(2030, 1, 1)]))),
    gone=st.lists(st.builds(Gone, _TITLES, _COUNTS, st.booleans())),
)
def test_that_all_is_gone_is_never_said_while_anything_is_kept(language: str, kept: list[Kept], gone: list[Gone]):
    made = letter(replace(facts(Kind.ERASURE, language), kept=tuple(kept), gone=tuple(gone)))
    said = {part.text for part in made.parts if isinstance(part, Paragraph)}
    whole = load(language).say("erasure.lead_whole") in said
    assert whole is (not kept and not any(one.emptied for one in gone))
    points = [point for part in made.parts if isinstance(part, Points) for point in part.points]
    text = "\n".join(points)
    for one in kept:
        assert (
            f"{one.title.in_(language)} ({one.count})" in text or f"{one.title.in_(language)}（{one.count} 条）" in text
        )
        assert one.cite.in_(language) in text


@pytest.mark.parametrize("law", names())
@pytest.mark.parametrize("kind", [Kind.REFUSAL, Kind.ERASURE, Kind.ACCESS, Kind.EXTENSION])
def test_every_law_says_its_remedies(law: str, kind: Kind):
    text = render(letter(facts(kind, "zh", law)), Form.TXT)
    assert regime(law).remedies
    for remedy in regime(law).remedies:
        assert remedy.text.zh in text
        assert remedy.cite.text.zh in text


def test_markup_in_facts_stays_text():
    page = render(letter(facts(Kind.REFUSAL)), Form.HTML)
    assert "&lt;b&gt;only" in page
    assert "<b>" not in page
    assert r"\*really\*" in render(letter(facts(Kind.REFUSAL)), Form.MD)


def test_an_identity_letter_does_not_tell_whether_there_is_an_account():
    with_account = letter(facts(Kind.IDENTITY))
    without = letter(replace(facts(Kind.IDENTITY), kept=(), gone=(), recipients=()))
    assert with_account == without


def test_a_page_has_no_remote_part_and_no_script():
    page = render(letter(facts(Kind.ERASURE, "zh")), Form.HTML)
    assert '<html lang="zh-Hans">' in page
    assert "default-src 'none'" in page
    for part in ("<script", "src=", "url(", "@import", "<link"):
        assert part not in page


def test_a_letter_has_every_part_in_its_language():
    for kind in Kind:
        made: Letter = letter(facts(kind, "zh"))
        for part in made.parts:
            for text in (part.text,) if isinstance(part, Paragraph) else (part.title, *part.points):
                assert any("\u4e00" <= char <= "\u9fff" for char in text), (kind, text)
