"""What a policy may include, and that nothing stands in two files."""

from pathlib import Path

import pytest

from dsr.core.errors import PolicyError
from dsr.engine.policyfile.loader import load

BASE = (Path(__file__).parent / "policyfile" / "small.yaml").read_text(encoding="utf-8")


def lay(folder: Path, **files: str) -> Path:
    for name, source in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".yaml").write_text(source, encoding="utf-8")
    return folder / "retention.yaml"


def refused(path: Path) -> str:
    with pytest.raises(PolicyError) as raised:
        load(path, {})
    return str(raised.value)


def including(*names: str, source: str = BASE) -> str:
    return source + f"include: [{', '.join(names)}]\n"


def test_included_files_hold_the_same_sections_and_include_others(tmp_path: Path) -> None:
    path = lay(
        tmp_path,
        retention=including("a/one.yaml"),
        a__one="include: [../b/two.yaml]\nrules: {extra: {title: {en: Extra, zh: 其他}}}\n",
        b__two="data: {app.extra: {rule: extra, subject: user_id}}\nstores: {crm: {kind: sql}}\n",
    )
    made = load(path, {})
    assert made.files == ("retention.yaml", "a/one.yaml", "b/two.yaml")
    assert made.rule("extra").at == "a/one.yaml:2"
    assert made.entries[-1].at == "b/two.yaml:1"
    assert made.stores[-1].name == "crm"


def test_the_digest_changes_with_an_included_file(tmp_path: Path) -> None:
    path = lay(tmp_path, retention=including("one.yaml"), one="rules: {}\n")
    before = load(path, {}).digest
    (tmp_path / "one.yaml").write_text("rules: {} # changed\n", encoding="utf-8")
    assert load(path, {}).digest != before


TWICE = {
    "rules: {account: {title: {en: A, zh: B}}}": 'rule "account"',
    "stores: {app: {kind: sql}}": 'store "app"',
    "data: {app.users: {rule: account}}": "collection app.users",
    'data: {app."users": {rule: account}}': "collection app.users",
    "subject: {anchors: {user: app.users.id}}": 'anchor "user"',
    "subject: {identifiers: {email: {at: [app.users.email]}}}": 'identifier "email"',
    "controller: {}": "section `controller:`",
    "guards: {purge: {rows: 1}}": 'guard "purge"',
    "recipients: [{name: Mailbird, role: processor, country: DE, purpose: {en: m, zh: 邮}}]": 'recipient "Mailbird"',
}


@pytest.mark.parametrize("source", TWICE)
def test_what_stands_in_two_files_is_named_with_both_places(source: str, tmp_path: Path) -> None:
    found = refused(lay(tmp_path, retention=including("one.yaml"), one=source + "\n"))
    assert f"one.yaml:1: {TWICE[source]} stands twice, first at retention.yaml:" in found


def test_a_state_stands_once(tmp_path: Path) -> None:
    path = lay(tmp_path, retention=including("one.yaml", source=BASE + "state: a\n"), one="state: b\n")
    assert "section `state:` stands twice" in refused(path)


def test_an_included_circle_and_a_second_inclusion_are_refused(tmp_path: Path) -> None:
    path = lay(tmp_path, retention=including("one.yaml", "one.yaml"), one="include: [retention.yaml]\n")
    found = refused(path)
    assert 'one.yaml:1: include "retention.yaml" goes round in a circle' in found
    assert 'include "one.yaml" stands twice, first at retention.yaml:' in found


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside.yaml", "a/../../outside.yaml", "link.yaml"])
def test_nothing_outside_the_folder_is_read(name: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    path = lay(inner, retention=including(name))
    (tmp_path / "outside.yaml").write_text("rules: {}\n", encoding="utf-8")
    (inner / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    assert "leads out of the folder of the policy" in refused(path)


def test_a_policy_reached_by_a_link_reads_beside_the_link(tmp_path: Path) -> None:
    """Mounted configuration is a folder of links into a hidden one."""
    lay(tmp_path / "shown" / "..data", retention=including("one.yaml"), one="rules: {}\n")
    for name in ("retention.yaml", "one.yaml"):
        (tmp_path / "shown" / name).symlink_to(Path("..data") / name)
    assert len(load(tmp_path / "shown" / "retention.yaml", {}).files) == 2


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("missing.yaml", "there is no file"),
        ("folder", "there is no file"),
        ("loop.yaml", "cannot be followed"),
        ("x" * 5000, "cannot be"),
        ("''", "names no file"),
        ("~", "names no file"),
        ("{a: b}", "is not a list of files"),
    ],
)
def test_an_include_that_cannot_be_read_is_named_with_its_line(name: str, what: str, tmp_path: Path) -> None:
    path = lay(tmp_path, retention=including(name))
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    found = refused(path)
    assert what in found
    assert found.startswith("retention.yaml:")


def test_a_fault_in_an_included_file_is_named_there(tmp_path: Path) -> None:
    path = lay(
        tmp_path, retention=including("one.yaml"), one="rules:\n  a: {title: {en: x, zh: y}, keep_at_most: 30}\n"
    )
    assert refused(path).startswith('one.yaml:2: rule "a": `keep_at_most` "30" has no unit')


def test_a_chain_of_files_ends(tmp_path: Path) -> None:
    path = lay(tmp_path, retention=including("f0.yaml"))
    for number in range(250):
        (tmp_path / f"f{number}.yaml").write_text(f"include: [f{number + 1}.yaml]\n", encoding="utf-8")
    assert "more than 200 files are included" in refused(path)
