"""What must hold for any file: an edit never crashes the loader, and entries that are let through never overlap."""

import random
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from policyfile_support import meaning

from dsr.core.errors import PolicyError
from dsr.core.model import Record
from dsr.core.select import Everything, Predicate, matches
from dsr.engine.policyfile import nodes
from dsr.engine.policyfile.disjoint import disjoint, shape
from dsr.engine.policyfile.loader import load
from dsr.engine.policyfile.problems import Problems
from dsr.engine.policyfile.where import condition

FOLDER = Path(__file__).parent / "policyfile"
BASE = (FOLDER / "small.yaml").read_text(encoding="utf-8")
SIGNS = "aZ09 :,-.{}[]\"'#&*!|>%@`~?\n\t\r\\/$_=+<\0\x1b\x85中\u2028\ufeff😀"


def outcome(folder: Path, source: str) -> object:
    """The meaning of the policy, or that it was refused with file and line."""
    file = folder / "retention.yaml"
    file.write_bytes(source.encode("utf-8", "surrogatepass"))
    try:
        return meaning(load(file, {}))
    except PolicyError as error:
        for line in error.problems:
            name, number, _ = line.split(":", 2)
            assert name == "retention.yaml"
            assert int(number) >= 1
            assert "\x1b" not in line
            assert "\n" not in line
        return None


@pytest.mark.parametrize("parser", ["fast", "python"])
def test_a_one_character_edit_loads_or_is_refused_with_its_line(
    parser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if parser == "python":
        monkeypatch.setattr(nodes, "PARSER", yaml.SafeLoader)
    chance = random.Random(20261123)
    unedited = outcome(tmp_path, BASE)
    assert unedited is not None
    seen = {"same": 0, "other": 0, "refused": 0}
    for _ in range(400 if parser == "fast" else 60):
        at, sign = chance.randrange(len(BASE)), chance.choice(SIGNS)
        edits = [BASE[:at] + sign + BASE[at:], BASE[:at] + BASE[at + 1 :], BASE[:at] + sign + BASE[at + 1 :]]
        found = outcome(tmp_path, chance.choice(edits))
        seen["refused" if found is None else "same" if found == unedited else "other"] += 1
    assert all(seen.values()), seen
    assert seen["refused"] > seen["other"], seen


def test_a_lost_line_loads_or_is_refused(tmp_path: Path) -> None:
    lines = BASE.splitlines(keepends=True)
    for number in range(len(lines)):
        outcome(tmp_path, "".join(lines[:number] + lines[number + 1 :]))
        outcome(tmp_path, "".join(lines[:number]))
        outcome(tmp_path, "".join([*lines[:number], "    " + lines[number], *lines[number + 1 :]]))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=SIGNS + "abc:- \n", max_size=80))
@example("a: !<\n")
@example("%YAML 9999999999999999999999.1\n---\n")
@example('- "\\UFFFFFFFF"')
def test_any_text_is_read_or_refused(text: str) -> None:
    problems = Problems()
    root = nodes.read(text.encode(), "retention.yaml", problems)
    assert root is not None or problems


VALUES = st.sampled_from(["null", "a", "b", "5", "'5'", "-1", "7", "1.5", "true", "''", "'05'", "Infinity", "NaN", "m"])
ORDERED = st.sampled_from(["5", "-1", "7", "1.5", "'5'", "a", "m", "''"])
OPS = st.dictionaries(st.sampled_from(["lt", "le", "gt", "ge"]), ORDERED, min_size=1, max_size=2)
LISTS = st.lists(VALUES, min_size=1, max_size=3)


def flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)


SIMPLE = st.one_of(VALUES, LISTS, OPS)
TESTS = st.one_of(
    SIMPLE, SIMPLE.map(lambda inner: {"not": inner}), st.builds(lambda a, b: {**a, "not": b}, OPS, VALUES)
)
WHERES = st.dictionaries(st.sampled_from(["x", "z"]), TESTS, min_size=1, max_size=2)
FOUND = st.sampled_from(
    [
        None,
        "a",
        "b",
        "5",
        5,
        5.0,
        -1,
        7,
        1.5,
        6,
        True,
        "",
        "05",
        "m",
        "Infinity",
        float("inf"),
        float("nan"),
        "NaN",
        "1.5",
        "z",
    ]
)


def read(where: object) -> Predicate:
    problems = Problems()
    root = nodes.read(f"where: {flow(where)}".encode(), "retention.yaml", problems)
    assert root is not None
    made = condition(root.pairs[0].value, "where", problems)
    assert not problems, problems.lines([])
    return made


class Nothing:
    def records(self, selection: object) -> list[Record]:
        return []

    def key_of(self, collection: str) -> tuple[str, ...]:
        return ()


@settings(max_examples=100, deadline=None)
@given(WHERES, WHERES, st.lists(st.fixed_dictionaries({"x": FOUND, "z": FOUND}), min_size=1, max_size=30))
def test_no_record_meets_two_conditions_that_were_found_disjoint(
    one: object, other: object, rows: list[dict[str, object]]
) -> None:
    first, second = read(one), read(other)
    if disjoint(shape(first), shape(second)):
        for row in rows:
            record = Record("t", row)
            assert not (matches(first, record, Nothing()) and matches(second, record, Nothing()))


APART = [
    ("{x: a}", "{x: b}"),
    ("{x: [a, b]}", "{x: [c, null]}"),
    ("{x: null}", "{x: a}"),
    ("{x: null}", "{x: {lt: 5}}"),
    ("{x: {lt: 5}}", "{x: {ge: 5}}"),
    ("{x: {lt: 5}}", "{x: 5}"),
    ("{x: {lt: 5}}", "{x: a}"),
    ("{x: {lt: 5}}", "{x: {not: {lt: 5}}}"),
    ("{x: {lt: 5}}", "{x: {gt: a}}"),
    ("{x: {not: [a, null]}}", "{x: [a, null]}"),
    ("{x: {gt: 1, le: 5}}", "{x: {gt: 5, le: 9}}"),
    ("{x: a, z: 1}", "{x: a, z: 2}"),
    ("{x.y: a}", "{x.y: b}"),
]
TOGETHER = [
    ("{x: a}", "{z: b}"),
    ("{x: a}", "{x: {not: b}}"),
    ("{x: {lt: 5}}", "{x: {lt: 7}}"),
    ("{x: {le: 5}}", "{x: {ge: 5}}"),
    ("{x: {not: a}}", "{x: {not: b}}"),
    ("{x: null}", "{x: {not: a}}"),
    ("{x: '5'}", "{x: {not: {lt: 7}}}"),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_conditions_that_cannot_meet_are_found_so(one: str, other: str) -> None:
    assert disjoint(shape(read(one)), shape(read(other)))
    assert disjoint(shape(read(other)), shape(read(one)))


@pytest.mark.parametrize(("one", "other"), TOGETHER)
def test_conditions_that_may_meet_are_not_called_disjoint(one: str, other: str) -> None:
    assert not disjoint(shape(read(one)), shape(read(other)))
    assert not disjoint(shape(Everything()), shape(read(one)))


LARGE = {
    "undeclared references": lambda n: f"  app.c{n}: {{rule: r{n}, subject: {{via: x, to: app.d{n}.id}}}}\n",
    "bad zones": lambda n: f"  app.c{n}: {{rule: account, start: {{field: a, zone: Z{n}}}}}\n",
    "a chain of parts": lambda n: f"  app.c{n}: {{part_of: app.c{n + 1}}}\n",
    "names of many parts": lambda n: f"  app.c{n}{'.x' * 40}: {{rule: account}}\n",
    "open variables": lambda n: f"  app.c{n}: {{rule: '{'${A:-' * 50}'}}\n",
    "entries of one collection": lambda n: (
        f"{'' if n else '  app.c:' + chr(10)}    - {{where: {{t: {n}}}, rule: account}}\n"
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_full_of_slips_is_refused_without_work_that_grows_with_its_square(
    name: str, tmp_path: Path
) -> None:
    lines = "".join(LARGE[name](number) for number in range(1500))
    assert outcome(tmp_path, BASE.replace("data:\n", f"data:\n{lines}", 1)) is None
