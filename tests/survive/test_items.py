"""No item of what the program must survive loses its test on either database."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from items import ITEMS

HERE = Path(__file__).parent


def collected() -> dict[str, set[str]]:
    """The databases on which each test of this folder runs when a change is gated."""
    asked = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-m", "not long", str(HERE))
    said = subprocess.run(asked, cwd=HERE.parent.parent, capture_output=True, text=True, check=True).stdout
    found: dict[str, set[str]] = defaultdict(set)
    for name, ids in re.findall(r"^\S*?(test_\w+\.py::test_\w+)\[(.*)\]$", said, flags=re.MULTILINE):
        found[name] |= {"sqlite", "postgres"} & set(ids.split("-"))
    return found


def test_every_item_is_tried_on_both_databases():
    found = collected()
    lost = {
        item: name
        for item, names in ITEMS.items()
        for name in names
        if found.get(name, set()) != {"sqlite", "postgres"}
    }
    assert lost == {}
    assert len(ITEMS) == 37
    assert all(ITEMS.values())
