"""What a change of the sample company's policy means for people, as the terminal says it, in both languages.

Write the files anew with `DSR_REGEN=1 pytest tests/cli/test_policy_diff_golden.py` and read the difference.
"""

import os
from pathlib import Path

import pytest
from clikit import Dsr

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "policydiff"

CHANGES = (
    ("    keep_at_most: P30D # time to undo a closing by mistake", "    keep_at_most: P14D"),
    (
        "  - name: Lumen Harbor AI\n    role: processor\n    country: US",
        "  - name: Lumen Harbor AI\n    role: processor\n    country: IE",
    ),
    ("privacy@howicodeeasy.example", "people@howicodeeasy.example"),
    ("    purposes: [authenticate, security]\n    sources: [use]", "    purposes: [authenticate]\n    sources: [use]"),
    (
        "  balance: {en: We refund it to the means of payment that you used,",
        "  balance: {en: We refund it within a week,",
    ),
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_change_of_the_sample_policy_is_told_as_reviewed(dsr: Dsr, shop: Path, language: str):
    before = (ROOT / "retention.yaml").read_text(encoding="utf-8")
    after = before
    for old, new in CHANGES:
        assert after.count(old) == 1, old
        after = after.replace(old, new)
    (shop / "before.yaml").write_text(before, encoding="utf-8")
    (shop / "after.yaml").write_text(after, encoding="utf-8")
    ran = dsr("policy", "diff", "before.yaml", "after.yaml", "--lang", language)
    assert ran.code == 0
    path = GOLDEN / f"diff.{language}.txt"
    if os.environ.get("DSR_REGEN") == "1":
        path.write_text(ran.out, encoding="utf-8")
    assert ran.out == path.read_text(encoding="utf-8")
